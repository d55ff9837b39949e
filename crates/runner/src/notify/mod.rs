//! Telling people what became of scheduled runs. What is to be told follows from what is written down of fires and runs, so it
//! may be asked for as often as one likes: the ledger lets each channel hear of each thing once. See `docs/design/notify.md`.

mod cause;
mod compose;
mod deliver;

use tidemill_core::diagnostic::SourceMap;
use tidemill_core::notify::NoticeSender;
use tidemill_core::spec::{NotifyEvent, Spec};
use tidemill_core::task::TaskFailure;
use tidemill_state::{Resend, State};

use crate::Failure;

pub use cause::NoticeCause;

/// Tells the channels of a pipeline.
pub struct Notifier<'a> {
    /// The pipeline.
    pub spec: &'a Spec,
    /// The texts that its spans point into.
    pub sources: &'a SourceMap,
    /// What brings notices to channels.
    pub sender: &'a dyn NoticeSender,
    /// What is remembered of the project.
    pub state: State,
    /// What is sent although the ledger has it.
    pub resend: Resend,
    /// The address of the page, if it is known.
    pub page: Option<String>,
}

/// What came of telling one channel of one thing.
#[derive(Debug)]
pub struct ToldChannel {
    /// The channel.
    pub channel: String,
    /// Of what it was to be told.
    pub event: NotifyEvent,
    /// What came of it, in a few words; None if it was told before.
    pub outcome: Result<Option<String>, TaskFailure>,
}

impl Notifier<'_> {
    /// Tells whoever wants to hear of it what has happened; of nothing that they have been told.
    ///
    /// # Errors
    /// If the state cannot be read or written. That a channel cannot be reached is no error: it is in what comes back.
    pub fn tell(&mut self, cause: &NoticeCause<'_>) -> Result<Vec<ToldChannel>, Failure> {
        let notices = self.notices(cause)?;
        let about = self.key(cause)?;
        let mut told = Vec::new();
        for (name, channel) in &self.spec.notify {
            let Some((event, notice)) = notices.iter().find(|(event, _)| channel.on.contains(event)) else { continue };
            let outcome = self.deliver(channel, &format!("{} {about}", event.word()), notice)?;
            told.push(ToldChannel { channel: name.clone(), event: *event, outcome });
        }
        Ok(told)
    }
}
