use crate::job::Status;
use crate::support::counted;

/// The counts in one line: `40 rows: 37 copied, 2 failed, 1 uncertain, 0 pending`.
pub fn counts_line(count: impl Fn(Status) -> u64) -> String {
    let counts = Status::ALL.map(|status| (status, count(status)));
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let parts = counts.map(|(status, count)| format!("{count} {status}"));
    format!("{}: {}", counted(total, "row"), parts.join(", "))
}
