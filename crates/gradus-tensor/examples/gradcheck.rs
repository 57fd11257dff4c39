//! Holds every op at every case of its room to the mathematics and prints the table.
//!
//! ```text
//! cargo run --release -p gradus-tensor --example gradcheck -- [OP] [--json FILE]
//! ```
//! With the table of PyTorch (values, first and second derivatives of every op that both have) behind it.
//! For each case: the value, derivatives of orders 1 to 3 in every nesting of reverse and forward mode (2, 4 and 8 of
//! them) against each other and against finite differences, and recorded against unrecorded rules. Ends with exit code
//! 1 if anything disagrees.

#[path = "../tests/it/torch_ops.rs"]
mod torch_ops;
#[path = "../tests/it/torch_table.rs"]
mod torch_table;

use std::process::ExitCode;

use gradus_tensor::case::Row;
use gradus_tensor::ops::table;
use gradus_tensor::{Outcome, nesting};

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("gradcheck: {message}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything agrees.
fn run(mut args: impl Iterator<Item = String>) -> Result<bool, String> {
    let (mut only, mut file) = (None, None);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => file = Some(args.next().ok_or("--json wants a file")?),
            flag if flag.starts_with('-') => return Err(format!("no flag `{flag}`; there are OP and --json FILE")),
            _ => only = Some(arg),
        }
    }
    let chosen: Vec<Row> =
        table().into_iter().filter(|r| only.as_ref().is_none_or(|o| r.name == o || r.room == o)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = table().iter().map(|r| r.name).collect();
        return Err(format!("no op `{}`; there are {}", only.unwrap_or_default(), names.join(", ")));
    }
    let (mut total, mut cases, mut rows) = (Outcome::default(), 0, Vec::new());
    println!(
        "{:<16} {:>5} {:>6} {:>6} {:>6} {:>6}  {:>8} {:>8}  formula",
        "op", "cases", "value", "1st", "2nd", "3rd", "exact", "diff"
    );
    for row in &chosen {
        let (outcome, count) = check(row);
        let [value, first, second, third] = outcome.checks;
        let (exact, difference) = (outcome.worst_exact, outcome.worst_difference);
        println!(
            "{:<16} {count:>5} {value:>6} {first:>6} {second:>6} {third:>6}  {exact:>8.1e} {difference:>8.1e}  {}",
            row.name, row.formula
        );
        rows.push(object(row.name, 1, count, &outcome));
        cases += count;
        total.add(outcome);
    }
    total.failures.iter().for_each(|f| println!("FAILED {f}"));
    for order in 1..4 {
        for bits in 0..1 << order {
            println!("{:>7} by {}", total.nestings[order][bits], nesting(order, bits));
        }
    }
    println!(
        "{} ops, {cases} cases, {} checks, {} failures",
        chosen.len(),
        total.checks.iter().sum::<usize>(),
        total.failures.len()
    );
    println!("worst relative error {:.1e}; against differences {:.1e}", total.worst_exact, total.worst_difference);
    let (peer, peers_fine) = if only.is_none() { against_pytorch() } else { (String::from("null"), true) };
    if let Some(path) = file {
        let all = object("all", chosen.len(), cases, &total);
        let all = all.strip_suffix('}').unwrap_or(&all);
        let text = format!("{all}, \"pytorch\": {peer}, \"rows\": [\n{}\n]}}\n", rows.join(",\n"));
        std::fs::write(&path, text).map_err(|e| format!("{path}: {e}"))?;
    }
    Ok(total.failures.is_empty() && peers_fine)
}

/// The table of PyTorch: printed, as JSON, and whether no error is above 1e-9.
fn against_pytorch() -> (String, bool) {
    let lines = torch_table::compare::<f64>(0.0);
    println!("\n{:<24} {:>9} {:>9} {:>9}", "against PyTorch", "value", "1st", "2nd");
    let (mut worst, mut rows) = ([0.0_f64; 3], Vec::new());
    for line in &lines {
        let [value, first, second] = line.errors;
        println!("{:<24} {value:>9.1e} {first:>9.1e} {second:>9.1e}", line.name);
        rows.push(format!("{{\"op\": \"{}\", \"worst\": [{value:e}, {first:e}, {second:e}]}}", line.name));
        (0..3).for_each(|k| worst[k] = worst[k].max(line.errors[k]));
        (0..3).filter(|&k| line.errors[k] > 1e-9).for_each(|k| println!("FAILED {}: {}", line.name, line.words[k]));
    }
    let [value, first, second] = worst;
    println!("{} functions, worst relative errors {value:.1e}, {first:.1e}, {second:.1e}", lines.len());
    let json = format!(
        "{{\"functions\": {}, \"worst\": [{value:e}, {first:e}, {second:e}], \"rows\": [{}]}}",
        lines.len(),
        rows.join(", ")
    );
    (json, worst.iter().all(|e| *e <= 1e-9))
}

/// All cases of a row to the third order.
fn check(row: &Row) -> (Outcome, usize) {
    let (mut sum, cases) = (Outcome::default(), (row.cases)());
    let count = cases.len();
    for case in cases {
        let mut outcome = case.check(3);
        outcome.failures.iter_mut().for_each(|f| f.insert_str(0, &format!("{}: ", row.name)));
        if outcome.checks == [0; 4] {
            outcome.failures.push(format!("{}: {}: nothing was checked", row.name, case.label));
        }
        sum.add(outcome);
    }
    if count == 0 {
        sum.failures.push(format!("{} brings no cases", row.name));
    }
    (sum, count)
}

/// The numbers as one JSON object; names of ops need no escapes.
fn object(name: &str, ops: usize, cases: usize, o: &Outcome) -> String {
    let [c0, c1, c2, c3] = o.checks;
    let order = |k: usize| {
        let one = |bits| format!("\"{}\": {}", nesting(k, bits), o.nestings[k][bits]);
        format!("\"order{k}\": {{{}}}", (0..1 << k).map(one).collect::<Vec<_>>().join(", "))
    };
    format!(
        "{{\"op\": \"{name}\", \"ops\": {ops}, \"cases\": {cases}, \"checks\": {{\"order0\": {c0}, \"order1\": {c1}, \
         \"order2\": {c2}, \"order3\": {c3}}}, \"nestings\": {{{}}}, \"failures\": {}, \"worst\": {:e}, \"worst_difference\": {:e}}}",
        (1..4).map(order).collect::<Vec<_>>().join(", "),
        o.failures.len(),
        o.worst_exact,
        o.worst_difference
    )
}
