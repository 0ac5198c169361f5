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
const FATAL_SIGNALS: [i32; 6] = [SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGXCPU];

/// The signals that this program receives, and what they mean at this instant.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    under_way: Arc<Mutex<Option<UnderWay>>>,
}

/// What ends in order when a signal comes, and then has its outcome written: the report, the last words.
#[derive(Debug)]
struct UnderWay {
    /// Takes its signals; none once it has ended, and its outcome is being written.
    sender: Option<UnboundedSender<Signal>>,
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
        let hangup = [SIGHUP].into_iter().chain(FATAL_SIGNALS);
        let numbers = [SIGINT, SIGTERM].into_iter();
        let numbers = numbers.chain(hangup.filter(|number| !ignores(*number)));
        let mut received = signal_hook::iterator::Signals::new(numbers)?;
        let signals = self.clone();
        let watch = move || {
            for number in received.forever() {
                if FATAL_SIGNALS.contains(&number) {
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
        *self.under_way() = Some(UnderWay {
            sender: Some(sender),
            stop: stop.clone(),
            received: Vec::new(),
        });
        SignalSubscription {
            signals: self.clone(),
            receiver,
        }
    }

    fn under_way(&self) -> MutexGuard<'_, Option<UnderWay>> {
        let under_way = self.under_way.lock();
        under_way.unwrap_or_else(PoisonError::into_inner)
    }

    /// With nothing under way that would need an end in order, a signal ends the program.
    fn receive(&self, signal: Signal) {
        match &mut *self.under_way() {
            None => end_program(None, signal),
            Some(under_way) => under_way.receive(signal),
        }
    }
}

impl UnderWay {
    /// A signal is given to what is under way, and a second one gives it [`GRACE_PERIOD`]. What is
    /// being written has so long from the first one. Any more end the program.
    fn receive(&mut self, signal: Signal) {
        self.received.push(signal);
        let (count, first) = (self.received.len(), self.received[0]);
        let (by, goes_on) = match &self.sender {
            None => (signal, count == 1 && self.end_later(signal)),
            Some(sender) => {
                let is_given = sender.send(signal).is_ok();
                let goes_on = is_given && (count == 1 || count == 2 && self.end_later(first));
                (first, goes_on)
            }
        };
        if !goes_on {
            end_program(self.stop.reason().as_ref(), by);
        }
    }

    /// Whether the program ends after [`GRACE_PERIOD`].
    fn end_later(&self, signal: Signal) -> bool {
        let stop = self.stop.clone();
        let end_after_grace = move || {
            std::thread::sleep(GRACE_PERIOD);
            end_program(stop.reason().as_ref(), signal)
        };
        let thread = Builder::new().name("grace period".into());
        thread.spawn(end_after_grace).is_ok()
    }
}

/// The subscription of something that ends in order when it is asked to.
#[derive(Debug)]
pub struct SignalSubscription {
    signals: Signals,
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
        if let Some(under_way) = &mut *self.signals.under_way() {
            under_way.sender = None;
        }
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
fn end_program(stop: Option<&Stop>, signal: Signal) -> ! {
    remove_temporaries();
    let exit = stop.map_or(Exit::Signal(signal), Exit::of_stop);
    signal_hook::low_level::exit(exit.code().into())
}
