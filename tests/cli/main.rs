//! The built program as its users run it, against the sandbox. The sandbox's count of commits
//! for each transaction id is the judge.

mod kit;

mod another_name;
mod attempts;
mod checks;
mod cron;
mod disk;
mod displaced_ledgers;
mod documents;
mod environment;
mod guards;
mod hostile;
mod html;
mod identity;
mod interrupted;
mod kept_signers;
mod last_lines;
mod lookalikes;
mod main_job;
mod manifests;
mod metrics;
mod names;
mod older_ledgers;
mod online;
mod packaging;
mod private;
mod problems;
mod progress;
mod proxy;
mod question;
mod recovery;
mod recovery_cells;
mod reports;
mod resolved;
mod retry;
mod samples;
mod secrets;
mod settling;
mod signals;
mod signers;
mod spreadsheets;
mod tables;
mod tampered;
mod texts;
mod words;
