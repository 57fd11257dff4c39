//! Tabular: from a CSV file, with missing values and texts in it, to a classifier, a report and pictures.
//!
//! Minimises the mean cross-entropy of net(x) = W₂ relu(W₁ x + b₁) + b₂ by AdamW. x are the other columns of a row: numbers, the
//! missing ones the median, standardised as (x − mean)/deviation, and texts as columns of 0 and 1, all fitted on the training part.
//!
//! ```text
//! $ cargo run --release --example tabular
//! 344 rows
//! column               type                         missing
//! species              Adelie | Chinstrap | Gentoo        0
//! …
//! sex by 11 inputs: 266 rows to learn from, 67 to test on
//!
//! class                precision  recall     F1  rows
//! female                   0.875   0.848  0.862    33
//! male                     0.857   0.882  0.870    34
//! accuracy 0.866, macro F1 0.866, NLL 0.242, calibration error 0.062, area under the ROC curve 0.965
//! net and transforms read back from runs/tabular: answers equal
//! ```
use clap::Parser;
use gradus::data::{Pipeline, csv::Csv};
use gradus::nn::{Activation, Dropout, Linear, Sequential, cross_entropy, load, save};
use gradus::optim::{AdamW, Objective, schedule::Schedule, schedule::cosine};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Index, Mode, Tensor};
use gradus::train::metric::{Accuracy, CalibrationError, Confusion, Metric, Nll, RocAuc};
use gradus::train::{Goal, Scores, ToTensors, Trainer, plot};
use gradus_examples::{finish, flags, prepare_file, prepare_folder, refuse, write_json, write_picture};
use std::{path::PathBuf, process::ExitCode};

mod tabular_data;

/// The penguins of the Palmer Archipelago (Gorman, Williams & Fraser 2014; CC0).
const PENGUINS: &[u8] = include_bytes!("data/penguins.csv");

/// Learn to tell one column of a table from the others.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, help = "A CSV file with a header; without it the penguins, embedded")]
    data: Option<PathBuf>,
    #[arg(long, default_value = "sex", help = "The column to tell: one of categories")]
    target: String,
    #[arg(long, default_value_t = 60, help = "Times through the training part")]
    epochs: u64,
    #[arg(long, default_value_t = 32, help = "Units of the hidden layer")]
    width: usize,
    #[arg(long, default_value_t = 0, help = "Seed of split, weights and order")]
    seed: u64,
    #[arg(long, default_value = "runs/tabular", help = "Folder for weights, transforms, history and pictures")]
    out: PathBuf,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

fn net(inputs: usize, width: usize, classes: usize, rng: &mut Xoshiro256PlusPlus) -> Sequential {
    let hidden = Sequential::new().then(Linear::new(inputs, width, rng)).then(Activation::relu());
    hidden.then(Dropout::new(0.1)).then(Linear::new(width, classes, rng))
}

fn logits(net: &Sequential, x: &Tensor) -> Tensor {
    net.forward(x, &mut Mode::eval())
}

/// A metric of the test part.
fn of(mut metric: impl Metric<Tensor, Index>, z: &Tensor, y: &Index) -> f64 {
    metric.update(z, y);
    metric.value()
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.epochs == 0 || f.width == 0, "--epochs and --width must be at least 1")?;
    prepare_folder(&f.out)?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(f.seed);

    let table = match &f.data {
        Some(path) => Csv::new().read(path)?,
        None => Csv::new().parse(PENGUINS)?,
    };
    println!("{} rows\n{}", table.len(), tabular_data::columns(&table));
    let parts = tabular_data::prepare(&table, &f.target, &mut rng)?;
    let (classes, inputs) = (parts.classes.len(), parts.train.x.ncols());
    let (n, m) = (parts.train.len(), parts.test.len());
    println!("{} by {inputs} inputs: {n} rows to learn from, {m} to test on", f.target);

    let mut net = net(inputs, f.width, classes, &mut rng);
    let scores = || Scores::new(Sequential::forward, cross_entropy).with(Accuracy::new());
    let adam = AdamW::new(5e-3).weight_decay(0.01).schedule(cosine(f.epochs).by_epoch());
    let report = Trainer::new(Objective::supervised(Sequential::forward, cross_entropy), adam)
        .epochs(f.epochs)
        .validate(&parts.test)
        .scores(scores())
        .stop_early(Goal::falling("loss"), 20)
        .fit(&mut net, &parts.train, &mut rng)?;

    let (x, y) = parts.test.to_tensors();
    let z = logits(&net, &x);
    let (mut confusion, mut calibration) = (Confusion::new(), CalibrationError::new(10));
    confusion.update(&z, &y);
    calibration.update(&z, &y);
    println!("\n{:<20} precision  recall     F1  rows", "class");
    for (k, name) in parts.classes.iter().enumerate() {
        let (p, r, f1) = (confusion.precision(k), confusion.recall(k), confusion.f1(k));
        let rows: u64 = (0..classes).map(|j| confusion.count(k, j)).sum();
        println!("{name:<20} {p:>9.3} {r:>7.3} {f1:>6.3} {rows:>5}");
    }
    let accuracy = of(Accuracy::new(), &z, &y);
    let (f1, nll) = (confusion.macro_f1(), of(Nll::new(), &z, &y));
    let off = Metric::<Tensor, Index>::value(&calibration);
    let auc = (classes == 2).then(|| of(RocAuc::new(), &z, &y));
    let area = auc.map_or(String::new(), |auc| format!(", area under the ROC curve {auc:.3}"));
    println!("accuracy {accuracy:.3}, macro F1 {f1:.3}, NLL {nll:.3}, calibration error {off:.3}{area}");

    // What answers later is net and transforms together: both are saved, and asked again as they were read.
    let (weights, transforms) = (f.out.join("weights.safetensors"), f.out.join("pipeline.json"));
    save(&net, &weights)?;
    std::fs::write(&transforms, serde_json::to_string(&parts.pipeline)?)?;
    load(&mut net, &weights, true)?;
    let read: Pipeline = serde_json::from_str(&std::fs::read_to_string(&transforms)?)?;
    let again = logits(&net, &Tensor::from(&read.transform(&parts.raw)?));
    let equal = again.to_vec() == z.to_vec();
    println!(
        "net and transforms read back from {}: answers {}",
        f.out.display(),
        if equal { "equal" } else { "DIFFER" }
    );
    report.history().write_csv(f.out.join("history.csv"))?;
    write_picture(&f.out, "curve", &report.curve().picture())?;
    write_picture(&f.out, "confusion", &plot::confusion(&confusion))?;
    write_picture(&f.out, "calibration", &plot::calibration(&calibration).picture())?;
    let numbers = serde_json::json!({
        "test_accuracy": accuracy, "macro_f1": f1, "nll": nll, "calibration_error": off, "roc_auc": auc,
        "epochs": report.history().records().len(), "read_back_equal": equal,
    });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
