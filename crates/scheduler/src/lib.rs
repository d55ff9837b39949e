//! The scheduler: one thread, one channel. What may happen to it (a signal, an edited file, the end of a run, the time) comes
//! in through the channel or as its timeout; what to do about it says [`tidemill_core::schedule::Trigger`]. See
//! `docs/design/schedule.md`.

mod backfill;
mod child;
mod edits;
mod file_snapshot;
mod host;
mod isolated;
mod jump;
mod notices;
mod service;
mod simulation;
mod watched;
pub mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use jiff::Timestamp;

use tidemill_runner::Failure;

pub use backfill::Backfill;
pub use file_snapshot::{FileSnapshot, kept_for_notices};
pub use host::Host;
use jump::Readings;
pub use service::Mode;
use service::SchedulerService;
pub use simulation::{Question, beyond};
use watched::Watched;
pub use watched::rhythm_text;

/// The longest sleep. A timeout is measured on a clock that stands still while the machine sleeps and knows nothing of the
/// wall clock's being set: after this time both are noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What may happen to the scheduler.
#[derive(Debug)]
enum Event {
    /// It is told to end, by that signal.
    Signal(i32),
    /// A file near a pipeline has changed.
    Edited,
    /// The run of a fire has ended.
    Ended {
        /// Whose.
        file: PathBuf,
        /// The fire.
        fire: Timestamp,
        /// Its exit code; None if it was killed.
        code: Option<i32>,
    },
    /// A process that tells people has ended.
    Told {
        /// Whose.
        file: PathBuf,
    },
}

/// Serves the schedules of these pipeline files, and of those in these folders.
///
/// # Errors
/// If a file that is named is wrong and not only watched, the state cannot be used, it was interrupted, or, with
/// [`Mode::Once`], a run has failed.
pub fn serve(host: Arc<dyn Host>, files: &[PathBuf], mode: Mode) -> Result<(), Failure> {
    let once = mode == Mode::Once;
    let (sender, events) = channel();
    listen_for_signals(&sender)?;
    let mut served = SchedulerService::open(host.clone(), files, mode, sender)?;
    let mut readings = Readings::take();
    let (mut is_told, mut is_interrupted) = (false, false);
    loop {
        if let Some(jump) = readings.jump() {
            host.note(&words::jump(jump));
        }
        served.wake(Timestamp::now())?;
        if served.is_idle() && (once || is_told) {
            break;
        }
        for event in next_events(&events, served.wait(Timestamp::now()).min(LONGEST_SLEEP)) {
            match event {
                Event::Signal(number) => {
                    is_told = true;
                    is_interrupted |= number == signal_hook::consts::SIGINT;
                    served.stop(Timestamp::now())?;
                }
                Event::Edited => served.read_again(Timestamp::now())?,
                Event::Told { file } => served.told(&file),
                Event::Ended { file, fire, code } => served.ended(&file, fire, code, Timestamp::now())?,
            }
        }
    }
    match is_interrupted {
        true => Err(Failure::Interrupted),
        false if once && served.has_failed() => Err(Failure::Task),
        false => Ok(()),
    }
}

/// What has happened, waiting for it at most so long. Edits that come together are one.
fn next_events(events: &Receiver<Event>, wait: Duration) -> Vec<Event> {
    let mut happened: Vec<Event> = match events.recv_timeout(wait) {
        Ok(event) => vec![event],
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Vec::new(),
    };
    happened.extend(events.try_iter());
    let mut was_edited = false;
    happened.retain(|event| !matches!(event, Event::Edited) || !std::mem::replace(&mut was_edited, true));
    happened
}

fn listen_for_signals(sender: &Sender<Event>) -> Result<(), Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]);
    let mut signals = signals.map_err(|error| Failure::broken(format!("signals cannot be listened for: {error}")))?;
    let sender = sender.clone();
    std::thread::spawn(move || {
        for number in signals.forever() {
            // Nobody listens once the scheduler has ended, and this thread ends with it.
            let _ = sender.send(Event::Signal(number));
        }
    });
    Ok(())
}
