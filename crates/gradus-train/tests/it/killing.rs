//! A process killed at any moment leaves a folder from which the run goes on, to the same end; Ctrl-C saves first.
//!
//! The long form: `GRADUS_KILLS=500 cargo test --release -p gradus-train --test it -- --ignored kills_long`.
#![cfg(unix)]

use crate::resuming::{Batch, data, net};
use crate::{folder, seeded};
use gradus_nn::{Sequential, cross_entropy, to_bytes};
use gradus_optim::{Adam, Objective};
use gradus_train::rand::RngExt;
use gradus_train::{Checkpoints, Progress, Trainer};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn trainer(epochs: u64) -> Trainer<'static, Sequential, Batch, Adam> {
    Trainer::new(Objective::supervised(Sequential::forward, cross_entropy), Adam::new(0.01))
        .epochs(epochs)
        .batch_size(4)
        .progress(Progress::Quiet)
}

/// Goes on from the folder, saving after every step.
fn go_on(dir: &Path, epochs: u64) -> (Vec<u8>, u64) {
    let (mut net, train) = (net(), data(23));
    let mut trainer = trainer(epochs).checkpoint(Checkpoints::new(dir).every_steps(1)).resume(true);
    let report = trainer.fit(&mut net, &train, &mut seeded(4)).unwrap();
    (to_bytes(&net).unwrap(), report.steps())
}

#[test]
#[ignore = "the other process of the tests below"]
fn child() {
    if let Ok(dir) = std::env::var("GRADUS_KILL_FOLDER") {
        go_on(Path::new(&dir), u64::MAX / 1000);
    }
}

fn start(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["killing::child", "--exact", "--ignored", "--nocapture"])
        .env("GRADUS_KILL_FOLDER", dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The newest step that a state file names.
fn newest(dir: &Path) -> u64 {
    let names = std::fs::read_dir(dir).unwrap().filter_map(|e| e.unwrap().file_name().into_string().ok());
    names.filter_map(|n| n.strip_suffix(".state")?.parse().ok()).max().unwrap_or(0)
}

fn kills(times: usize) {
    let (dir, rng) = (folder("killed"), &mut seeded(77));
    let mut last = 0;
    for kill in 0..times {
        let mut process = start(&dir);
        // It must come as far as saving, wherever the machine is slow; then any moment will do.
        let patience = std::time::Instant::now();
        while newest(&dir) <= last && patience.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(rng.random_range(0..20_000)));
        process.kill().unwrap();
        process.wait().unwrap();
        let now = newest(&dir);
        assert!(now > last, "kill {kill}: it stood at step {last}, now at {now}");
        last = now;
        // Every state that is there opens: what a kill leaves half-written has another name.
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "state") {
                gradus_train::checkpoint::inspect(&std::fs::read(&path).unwrap()).unwrap();
            }
        }
    }
    // To the end of the epoch that it is in, or the next: the same weights as without a kill.
    let epochs = last / 6 + 1;
    let (killed, steps) = go_on(&dir, epochs);
    let (mut straight, train) = (net(), data(23));
    trainer(epochs).fit(&mut straight, &train, &mut seeded(4)).unwrap();
    assert_eq!((killed, steps), (to_bytes(&straight).unwrap(), epochs * 6));
}

#[test]
fn kills_short() {
    kills(20);
}

#[test]
#[ignore = "long: 500 kills, or as many as GRADUS_KILLS says"]
fn kills_long() {
    kills(std::env::var("GRADUS_KILLS").map_or(500, |n| n.parse().unwrap()));
}

#[test]
fn ctrl_c_finishes_the_step_saves_and_says_how_to_resume() {
    let dir = folder("interrupted");
    let mut process = start(&dir);
    while newest(&dir) == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    let output = std::io::read_to_string(process.stderr.take().unwrap()).unwrap();
    assert!(process.wait().unwrap().success(), "{output}");
    let step = newest(&dir);
    assert!(output.contains(&format!("stopped by Ctrl-C after step {step}")), "{output}");
    assert!(output.contains("resume(true)"), "{output}");
}
