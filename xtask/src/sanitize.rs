//! `cargo xtask sanitize`: the tests of the kernels under AddressSanitizer, every buffer from the system.

use crate::run::{Outcome, cargo, output, program, root, run};

/// Builds the kernels and their tests with the sanitizer, apart from all else, and runs them.
///
/// The flag is one of the nightly compiler; the variable lets the stable one take it, for this run alone.
pub(crate) fn sanitize() -> Outcome {
    let text = output(program("rustc").args(["--version", "--verbose"]))?;
    let host = host(&text)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), Into::into).join("sanitize");
    run(cargo()
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zsanitizer=address --cfg gradus_unpooled")
        .env("CARGO_TARGET_DIR", target)
        .args(["test", "--package", "gradus-kernels", "--lib", "--test", "it", "--target", host]))
}

/// The machine's own target, which has to be named: else the flags would reach build scripts too.
fn host(version: &str) -> Outcome<&str> {
    version.lines().find_map(|l| l.strip_prefix("host: ")).ok_or_else(|| "rustc --version names no host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_is_found() {
        assert_eq!(
            host("rustc 1.90.0\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n"),
            Ok("x86_64-unknown-linux-gnu")
        );
        assert!(host("rustc 1.90.0").is_err());
    }
}
