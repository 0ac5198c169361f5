//! Why rows have no copy, in the last lines of a run.

use super::pipeline_context::PipelineContext;
use crate::cli::{Failure, Message};
use crate::job::{RowCounts, Status};
use crate::ledger::View;
use crate::report::{Reason, Reasons};
use crate::request::CONNECTION_LOST;
use crate::support::counted;

/// How many reasons are named.
const MAX_NAMED: usize = 3;

/// Why rows of a manifest have no copy.
#[derive(Debug, Default)]
pub struct EndReasons {
    /// Why rows failed, the commonest reason first.
    failed: Vec<Reason>,
    /// Why most of the uncertain rows are.
    uncertain: Option<Reason>,
}

impl EndReasons {
    /// Gathers them, where `counts` has such rows: to look for them is to go through all rows.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn of(view: &View, manifest_name: &str, counts: &RowCounts) -> Result<Self, Failure> {
        let Some(manifest) = view.manifest(manifest_name)? else {
            return Ok(Self::default());
        };
        let gather = |status| {
            let mut reasons = Reasons::default();
            if counts.of(status) == 0 {
                return Ok(Vec::new());
            }
            view.errors(&manifest, status, |error, http_status, count| {
                reasons.add(error, http_status, count);
            })?;
            Ok::<_, Failure>(reasons.commonest())
        };
        Ok(Self {
            failed: gather(Status::Failed)?,
            uncertain: gather(Status::Uncertain)?.into_iter().next(),
        })
    }

    /// Why rows failed, a line for each of the commonest reasons.
    pub fn lines(&self) -> Vec<String> {
        let named = self.failed.iter().take(MAX_NAMED);
        let named = named
            .map(|Reason { words, count }| format!("{} failed: {words}", counted(*count, "row")));
        let others: u64 = self
            .failed
            .iter()
            .skip(MAX_NAMED)
            .map(|reason| reason.count)
            .sum();
        let others =
            (others > 0).then(|| format!("{} failed for other reasons", counted(others, "row")));
        named.chain(others).collect()
    }

    /// The same for machines.
    pub fn add_to(&self, message: Message) -> Message {
        let named = self.failed.iter().take(MAX_NAMED);
        let named =
            named.map(|Reason { words, count }| serde_json::json!({"rows": count, "error": words}));
        message.with("reasons", named.collect::<Vec<_>>())
    }

    /// What helps where connections are lost.
    pub fn advice(&self, context: &PipelineContext<'_>) -> Option<String> {
        let is_lost = self
            .uncertain
            .as_ref()
            .is_some_and(|reason| reason.words.contains(CONNECTION_LOST));
        (is_lost && !context.settings.service.fresh_connections).then(|| {
            "the service closed connections before it answered: --fresh-connections opens a new one for every copy".into()
        })
    }
}
