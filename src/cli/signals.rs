//! What ends the program from outside. Signals are read by a thread of their own: neither a
//! terminal that takes no more nor a disk that hangs can swallow one.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use signal_hook::consts::{
    SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Exit;
use crate::executor::{Signal, Stop, StopSwitch};
use crate::support::remove_temporaries;

/// A run that was asked twice to end gets so long to record what it knows. Killed later on, it
/// would leave no less behind.
const GRACE_PERIOD: Duration = Duration::from_secs(2);

/// Signals that end a program there and then, and mean nothing to this one: as a kill does, but with
/// nothing temporary left.
const FATAL: [i32; 6] = [SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGXCPU];

/// The signals that this program receives, and what they mean at this instant.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    phase: Arc<Mutex<Phase>>,
}

#[derive(Debug, Default)]
enum Phase {
    /// Nothing is under way that would need an end in order: a signal ends the program.
    #[default]
    Free,
    /// Something ends in order when asked to.
    Subscribed(Subscribed),
    /// That has ended, and its outcome is being written.
    Finishing(Finishing),
}

/// What remains to be done once something has ended: the report is written, the end reported.
#[derive(Debug)]
struct Finishing {
    stop: StopSwitch,
    /// Whether a signal has come, during this or what was before.
    is_asked: bool,
}

#[derive(Debug)]
struct Subscribed {
    sender: UnboundedSender<Signal>,
    stop: StopSwitch,
    /// The signals so far.
    received: Vec<Signal>,
}

impl Signals {
    /// Reads signals from now on. One that the program was started to ignore stays ignored.
    ///
    /// # Errors
    /// When the system has no thread for that.
    pub fn watch(&self, ignores: impl Fn(i32) -> bool) -> io::Result<()> {
        let hangup = [SIGHUP].into_iter().chain(FATAL);
        let numbers = [SIGINT, SIGTERM].into_iter();
        let numbers = numbers.chain(hangup.filter(|number| !ignores(*number)));
        let mut received = signal_hook::iterator::Signals::new(numbers)?;
        let signals = self.clone();
        let watch = move || {
            for number in received.forever() {
                if FATAL.contains(&number) {
                    remove_temporaries();
                    // Ends the program.
                    let _ = signal_hook::low_level::emulate_default_handler(number);
                }
                signals.receive(signal_of(number));
            }
        };
        Builder::new().name("signals".into()).spawn(watch).map(drop)
    }

    /// Gives signals to the caller until what is returned is dropped. The second one gives it
    /// [`GRACE_PERIOD`], and the third ends the program.
    pub fn subscribe(&self, stop: &StopSwitch) -> SignalSubscription {
        let (sender, receiver) = unbounded_channel();
        *self.phase() = Phase::Subscribed(Subscribed {
            sender,
            stop: stop.clone(),
            received: Vec::new(),
        });
        SignalSubscription {
            phase: Arc::clone(&self.phase),
            stop: stop.clone(),
            receiver,
        }
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn receive(&self, signal: Signal) {
        let mut phase = self.phase();
        match &mut *phase {
            Phase::Free => end(None, signal),
            Phase::Finishing(finishing) => finishing.receive(signal),
            Phase::Subscribed(subscribed) => subscribed.receive(signal),
        }
    }
}

impl Finishing {
    /// The first signal leaves [`GRACE_PERIOD`] for what is being written, another one nothing.
    fn receive(&mut self, signal: Signal) {
        let was_asked = std::mem::replace(&mut self.is_asked, true);
        if was_asked || end_later(self.stop.clone(), signal).is_err() {
            end(self.stop.reason().as_ref(), signal);
        }
    }
}

impl Subscribed {
    fn receive(&mut self, signal: Signal) {
        self.received.push(signal);
        let first = self.received[0];
        let is_given = self.sender.send(signal).is_ok();
        match self.received.len() {
            1 if is_given => {}
            2 if is_given && end_later(self.stop.clone(), first).is_ok() => {}
            _ => end(self.stop.reason().as_ref(), first),
        }
    }
}

fn end_later(stop: StopSwitch, first: Signal) -> io::Result<()> {
    let end_after_grace = move || {
        std::thread::sleep(GRACE_PERIOD);
        end(stop.reason().as_ref(), first)
    };
    Builder::new()
        .name("grace period".into())
        .spawn(end_after_grace)
        .map(drop)
}

/// The subscription of something that ends in order when it is asked to.
#[derive(Debug)]
pub struct SignalSubscription {
    phase: Arc<Mutex<Phase>>,
    stop: StopSwitch,
    receiver: UnboundedReceiver<Signal>,
}

impl SignalSubscription {
    /// The next signal.
    pub async fn signal(&mut self) -> Signal {
        let signal = self.receiver.recv().await;
        signal.expect("the sender lives as long as the subscription")
    }

    /// Ends the subscription: from now on a signal ends the program. Gives one that came too late to
    /// be heard.
    pub fn close(mut self) -> Option<Signal> {
        self.leave();
        self.receiver.try_recv().ok()
    }

    fn leave(&self) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let stop = self.stop.clone();
        let is_asked = match &*phase {
            Phase::Subscribed(subscribed) => !subscribed.received.is_empty(),
            Phase::Finishing(finishing) => finishing.is_asked,
            Phase::Free => false,
        };
        *phase = Phase::Finishing(Finishing { stop, is_asked });
    }
}

impl Drop for SignalSubscription {
    fn drop(&mut self) {
        self.leave();
    }
}

fn signal_of(number: i32) -> Signal {
    match number {
        SIGHUP => Signal::Hangup,
        SIGINT => Signal::Interrupt,
        _ => Signal::Terminate,
    }
}

/// Ends the program at this instant, as a crash would but with nothing temporary left, and with the
/// code of what ended it first. Nothing is written and nothing waited for: whatever that might hang
/// on is the reason to be here.
fn end(stop: Option<&Stop>, signal: Signal) -> ! {
    remove_temporaries();
    let exit = stop.map_or(Exit::Signal(signal), Exit::of_stop);
    signal_hook::low_level::exit(exit.code().into())
}
