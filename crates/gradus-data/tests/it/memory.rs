//! The most memory that this process has held so far, as Linux counts it.

/// Bytes of address space (also what was asked for and never touched) and of memory in use, at their highest; `None`
/// where the system does not tell.
pub(crate) fn peak() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
    };
    Some((field("VmPeak:")?, field("VmHWM:")?))
}
