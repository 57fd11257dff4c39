//! `cargo xtask bench peers`: our workloads in turn with those of other libraries, in one run.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::picture;
use super::program::{Program, ours};
use super::table::{Row, Times, markdown};
use super::targets::target;
use super::{machine, save, setup};
use crate::run::{Outcome, root};

/// Flags of `cargo xtask bench peers`.
#[derive(Args)]
pub(crate) struct Peers {
    /// Make the virtual environment of the Python peers, and stop.
    #[arg(long)]
    setup: bool,
    /// Numbers of threads, the same for all programs.
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    threads: Vec<usize>,
    /// Which peers; one that cannot start is left out with a line that says why.
    #[arg(long, value_delimiter = ',', default_value = "pytorch,jax,burn,candle")]
    peers: Vec<String>,
    /// Which workloads; without it all that gradus has.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Rounds, in each of which every program runs once.
    #[arg(long, default_value_t = 9)]
    reps: usize,
    /// Where the table, the pictures and the numbers go.
    #[arg(long, default_value = "runs/bench")]
    out: PathBuf,
}

impl Peers {
    /// Measures, and writes `peers.md`, `peers.json` and a picture for each number of threads.
    pub(crate) fn run(&self) -> Outcome {
        if self.setup {
            return setup::make();
        }
        let steps = ours(&root())?;
        let mut rows = Vec::new();
        for threads in self.threads.iter().copied() {
            let mut gradus = Program::start("gradus", &steps, threads)?;
            let mut peers = self.start(threads);
            let chosen = |w: &String| self.only.is_empty() || self.only.contains(w);
            for workload in gradus.workloads()?.into_iter().filter(chosen) {
                match self.row(&workload, threads, &mut gradus, &mut peers) {
                    Ok(row) => rows.push(row),
                    Err(why) => println!("{why}: no row"),
                }
                // After every row: a run of an hour that is cut short has not been for nothing.
                self.write(&rows)?;
            }
        }
        println!("\n{}", markdown(&rows, &machine(), self.reps));
        println!("wrote peers.md, peers.json and pictures below {}", self.out.display());
        Ok(())
    }

    fn start(&self, threads: usize) -> Vec<(Program, Vec<String>)> {
        let start = |name: &String| {
            let mut program = Program::start(name, &setup::peer(name)?, threads)?;
            let can = program.workloads()?;
            Ok((program, can))
        };
        let say = |(name, peer): (&String, Outcome<_>)| peer.map_err(|why| println!("{name} is left out: {why}")).ok();
        self.peers.iter().map(|name| (name, start(name))).filter_map(say).collect()
    }

    fn row(
        &self,
        workload: &str,
        threads: usize,
        gradus: &mut Program,
        peers: &mut [(Program, Vec<String>)],
    ) -> Outcome<Row> {
        let ours = Times::of(gradus, workload)?;
        let mut row = Row { workload: workload.to_owned(), threads, ours, peers: Vec::new() };
        let mut running: Vec<&mut Program> = Vec::new();
        for (peer, _) in peers.iter_mut().filter(|(_, can)| can.iter().any(|w| w == workload)) {
            match Times::of(peer, workload) {
                Ok(times) => {
                    row.peers.push(times);
                    running.push(peer);
                }
                Err(why) => println!("{why}: left out of the row"),
            }
        }
        for _ in 0..self.reps {
            row.ours.us.push(gradus.time(workload)?);
            for (peer, times) in running.iter_mut().zip(&mut row.peers) {
                // One that fails between rounds has fewer times than we have; the pairs that there are count.
                times.us.extend(peer.time(workload).map_err(|why| println!("{why}")));
            }
        }
        let best = row.best().map_or("no peer", |b| b.name.as_str());
        println!("{workload}, {threads} thread(s): {:.2} times {best}", row.ratio().unwrap_or(f64::NAN));
        Ok(row)
    }

    fn write(&self, rows: &[Row]) -> Outcome {
        save(&self.out, "peers.md", &markdown(rows, &machine(), self.reps))?;
        let times = |t: &Times| json!({ "name": t.name, "us": t.us, "loss5": t.loss });
        let row = |r: &Row| {
            json!({
                "workload": r.workload, "threads": r.threads, "ours": times(&r.ours),
                "peers": r.peers.iter().map(times).collect::<Vec<_>>(),
            })
        };
        let all = json!({ "machine": machine(), "rows": rows.iter().map(row).collect::<Vec<_>>() });
        save(&self.out, "peers.json", &format!("{all:#}\n"))?;
        for threads in self.threads.iter().copied() {
            let bar = |r: &Row| Some((r.workload.clone(), r.ratio()?, target(&r.workload, threads)));
            let bars: Vec<_> = rows.iter().filter(|r| r.threads == threads).filter_map(bar).collect();
            let title = format!("Times faster than the best peer, {threads} thread(s); black mark: the target");
            save(&self.out, &format!("peers-{threads}.svg"), &picture::bars(&title, &bars))?;
        }
        Ok(())
    }
}
