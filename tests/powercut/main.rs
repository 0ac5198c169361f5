//! Power cuts, replayed: what the built program does to its folder and what it sends is recorded
//! in its true order; then for many instants, folders as a disk could hold them after a power cut
//! are built and opened. No copy may have begun to leave whose attempt such a ledger doesn't know.
//!
//! It models what fsync guarantees. A drive that lies about it is outside.
//! `ESIGN_COPY_LONG=1` looks at 10,000 images of a longer job, in which the -wal is folded in
//! while the job runs.

#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod recorded;
#[cfg(target_os = "linux")]
mod replay;
#[cfg(target_os = "linux")]
mod sent;
#[cfg(target_os = "linux")]
mod trace;

#[cfg(target_os = "linux")]
mod tests {
    use std::collections::BTreeSet;

    use crate::recorded::job;
    use crate::replay::{Found, cut_power};
    use crate::trace::Event;

    #[test]
    fn a_power_cut_leaves_no_copy_without_its_attempt() {
        let is_long = std::env::var("ESIGN_COPY_LONG").is_ok_and(|value| value == "1");
        let (rows, images) = if is_long { (1_500, 10_000) } else { (80, 300) };
        let found = cut_power(&job(rows), images, 1);
        assert!(found.with_wal > images / 4, "{found:?}");
        let harmless = Found {
            images: found.images,
            with_wal: found.with_wal,
            ..Found::default()
        };
        assert_eq!(found, harmless);
        assert!(found.images >= images);
    }

    /// The same trace without the syncs of the -wal: what a weaker setting would leave. If this
    /// finds nothing, the test above would find nothing either.
    #[test]
    fn a_ledger_that_does_not_sync_is_found_out() {
        let mut recorded = job(40);
        let wals: BTreeSet<u64> = recorded
            .trace
            .iter()
            .filter_map(|event| match event {
                Event::Create { name, inode } if name.ends_with("-wal") => Some(*inode),
                _ => None,
            })
            .collect();
        let is_kept =
            |event: &Event| !matches!(event, Event::Sync { inode } if wals.contains(inode));
        recorded.trace.retain(is_kept);
        let found = cut_power(&recorded, 100, 1);
        assert!(found.sent_without_intent > 20, "{found:?}");
    }
}

#[cfg(not(target_os = "linux"))]
#[test]
fn only_linux_can_record_a_process() {
    println!("skipped: the recording shim is for Linux");
}
