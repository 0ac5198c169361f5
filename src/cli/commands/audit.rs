//! `audit`: a ledger held against what the service has.

use futures::stream::poll_fn;
use tokio::sync::mpsc;

use super::shared::{Job, Service, block_on, is_worked_on};
use crate::cli::exit::stopped;
use crate::cli::next_command::command_on_ledger;
use crate::cli::settings::Audit;
use crate::cli::{CommandContext, Endpoint, Exit, Failure, Message, print};
use crate::executor::{self, Difference, TransactionRows};
use crate::job::{SessionId, Status};
use crate::ledger::{LedgerError, View};
use crate::support::{command_line, counted, one_line};

/// TransactionRows ids that wait to be looked up.
const QUEUE_LENGTH: usize = 64;

/// `audit`: look every transaction id of a ledger up, read only, and list what is not as it is
/// recorded.
pub fn audit(settings: &Audit, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let output = command.output;
    let job = Job::find(&settings.job)?;
    let view = job.open()?;
    // Credentials may be those of the endpoint that the variable names.
    let asked = settings.job.endpoint.as_ref().map(Endpoint::identity);
    view.require_endpoint(&job.ledger, asked.as_deref())?;
    let endpoint = Endpoint::of_identity(&view.endpoint()?)?;
    if endpoint == Endpoint::Sandbox {
        return Err(Failure::usage(
            "this is the ledger of a rehearsal: its sandbox is gone, and all sessions with it",
        ));
    }
    if let (Endpoint::Url(url), None) = (&endpoint, &settings.job.endpoint) {
        let ledger = job.ledger.display();
        return Err(Failure::usage(format!(
            "{ledger} belongs to {url}. Credentials go only to stage, to production, or to an address that you \
             give yourself. If this address is right, add --endpoint {url}"
        )));
    }
    if is_worked_on(&job.ledger) {
        let text = "a run is working on this ledger; copies that it makes meanwhile are listed as not recorded";
        output.emit(&Message::warn("worked_on", text));
    }
    let service = Service::connect(&endpoint, &settings.service, command)?;
    let (transport, credentials) = service.client();
    let (sender, mut receiver) = mpsc::channel(QUEUE_LENGTH);
    let reader = std::thread::spawn(move || read(&view, &sender));
    let transactions = poll_fn(move |task| receiver.poll_recv(task));
    let resolve = command_on_ledger("resolve", &job.ledger, &endpoint);
    let mut found = Findings {
        resolve: command.environment.command_line(resolve),
        ..Findings::default()
    };
    let take = |transaction: TransactionRows, differences| found.take(&transaction, differences);
    let limits = &settings.service.client;
    let audited = executor::audit(transport, credentials, limits, transactions, take);
    let stop = block_on(audited)?.err();
    let read = reader.join();
    read.map_err(|_| Failure::internal("reading the ledger panicked"))??;
    if let Some(error) = found.broken {
        return Err(error);
    }
    let exit = match &stop {
        Some(stop) => Exit::of_stop(stop),
        None if found.differing > 0 => Exit::SomeUncertain,
        None if found.unanswered > 0 => Exit::Unavailable,
        None => Exit::Done,
    };
    if let Some(stop) = &stop {
        output.emit(&Message::warn("stopped", stopped(stop)));
    }
    output.emit(&found.summary(exit));
    Ok(exit)
}

/// Reads the ledger during the look-ups, so that it is never whole in memory. An audit that has
/// ended wants no more.
fn read(view: &View, sender: &mpsc::Sender<TransactionRows>) -> Result<(), LedgerError> {
    view.transactions(|transaction| {
        // Nobody takes it any more once the audit has stopped.
        let _ = sender.blocking_send(transaction);
        Ok(())
    })
}

#[derive(Default)]
struct Findings {
    /// The command that says what became of a row, without the row.
    resolve: String,
    transactions: u64,
    differing: u64,
    unanswered: u64,
    /// Standard output took no more.
    broken: Option<Failure>,
}

impl Findings {
    fn take(
        &mut self,
        transaction: &TransactionRows,
        differences: Result<Vec<Difference>, String>,
    ) {
        self.transactions += 1;
        let id = &transaction.id;
        let line = |difference| {
            let (text, remedy) = (describe(difference), self.remedy(difference));
            format!("{text}; transaction id {id}{remedy}")
        };
        let lines = match &differences {
            Ok(differences) => differences.iter().map(line).collect(),
            Err(reason) => {
                let rows: Vec<&str> = transaction.rows.iter().map(|row| &*row.name).collect();
                let rows = rows.join(", ");
                vec![format!("no answer: {rows}: {reason}; transaction id {id}")]
            }
        };
        self.unanswered += u64::from(differences.is_err());
        self.differing += u64::from(differences.is_ok() && !lines.is_empty());
        for line in lines {
            let written = print(format!("{}\n", one_line(&line, 2000)));
            self.broken = self.broken.take().or(written.err());
        }
    }

    /// What to do about a session that nobody has recorded, where it is clear.
    fn remedy(&self, difference: &Difference) -> String {
        match difference {
            Difference::Unrecorded {
                row_id,
                status: Status::Uncertain | Status::Pending,
                sessions,
                ..
            } if sessions.len() == 1 => {
                let row_id = command_line([row_id.as_str()]);
                let (resolve, session) = (&self.resolve, sessions[0]);
                format!(". If that is its copy: {resolve} {row_id} --copied {session}")
            }
            _ => String::new(),
        }
    }

    fn summary(&self, exit: Exit) -> Message {
        let Self {
            transactions,
            differing,
            unanswered,
            ..
        } = self;
        let ids = counted(*transactions, "transaction id");
        let as_recorded = transactions - differing - unanswered;
        let text = format!(
            "{ids} looked up: {as_recorded} as recorded, {differing} not as recorded, {unanswered} without an answer"
        );
        Message::new(exit.level(), "audited", text)
            .with("transactions", self.transactions)
            .with("differing", self.differing)
            .with("unanswered", self.unanswered)
            .with("exit_code", exit.code())
    }
}

fn describe(difference: &Difference) -> String {
    let listed = |sessions: &[SessionId]| {
        let texts: Vec<String> = sessions.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    match difference {
        Difference::Missing { row, session } => {
            format!("missing: {row} is copied, but the service does not find session {session}")
        }
        Difference::Twice { copied, sessions } => {
            let rows = copied
                .iter()
                .map(|(row, session)| format!("{row} is copied as {session}"));
            let (rows, sessions) = (rows.collect::<Vec<_>>().join(", "), listed(sessions));
            format!("twice: {rows}, but the service also has session {sessions}")
        }
        Difference::Unrecorded {
            row,
            status,
            sessions,
            ..
        } => format!(
            "not recorded: {row} is {status}, but the service has session {}",
            listed(sessions)
        ),
    }
}
