//! Metrics of a job, for Prometheus' node exporter: a text file, replaced whole every 15 seconds
//! and at the end of a run. Counts over rows and attempts come from the ledger, so that they go
//! on over runs; requests and pauses are those of the run. A run that is refused writes them too,
//! so that an alert on its exit code sees it.

mod file;
mod job_state;
mod prometheus_text;
mod request_counts;

pub use file::Metrics;
pub use prometheus_text::METRICS_START;
pub use request_counts::CountingTransport;
