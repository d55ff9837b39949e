//! What people are told of a pipeline under watch.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tidemill_state::FireStatus;

use super::{Hands, Watched};
use crate::notices::begin;
use tidemill_runner::Failure;

/// A fire that was settled longer ago is not told when a scheduler begins.
const NEWS: SignedDuration = SignedDuration::from_hours(24);

/// What is to be told of a pipeline, and what goes on.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// Whether anybody is to be told.
    pub wanted: bool,
    /// Processes that tell.
    pub telling: usize,
    /// The fires whose runs have not ended, and whether it has been told that they are late.
    pub open: BTreeMap<Timestamp, bool>,
    /// Fires that wait for an older run and of which it has been told that they are late.
    pub late_in_queue: BTreeSet<Timestamp>,
    /// Whether it has been told that the file has mistakes.
    pub is_broken_told: bool,
}

impl Watched {
    /// Takes note that a process has told what it was to tell.
    pub fn told(&mut self) {
        self.notices.telling = self.notices.telling.saturating_sub(1);
    }

    /// Whether a fire's run is another process's to look after, so that nobody tells when it ends.
    pub(super) fn has_foreign_fires(&self) -> bool {
        let own = self.run.as_ref().map(|run| run.fire);
        self.notices.wanted && self.notices.open.keys().any(|fire| Some(*fire) != own)
    }

    /// The fires that may come to be late: those whose runs go on, and those that wait for one.
    fn not_told_late(&self) -> impl Iterator<Item = Timestamp> {
        let open = self.notices.open.iter().filter(|(_, told)| !**told).map(|(fire, _)| *fire);
        open.chain(self.trigger.queued().filter(|fire| !self.notices.late_in_queue.contains(fire)))
    }

    /// How long until a run is late that goes on, or waits.
    pub(super) fn until_late(&self, now: Timestamp) -> Option<Duration> {
        let late = self.not_told_late().filter_map(|fire| self.late_at(fire)).min()?;
        Some(Duration::try_from(late.duration_since(now)).unwrap_or_default())
    }

    fn late_at(&self, fire: Timestamp) -> Option<Timestamp> {
        let late = self.schedule.as_ref().filter(|_| self.notices.wanted)?.late?;
        late.of(fire, self.trigger.timetable().zone())
    }

    /// Tells of runs that are late by now, each once.
    pub(super) fn tell_late(&mut self, hands: &Hands<'_>) -> Result<(), Failure> {
        let is_late = |fire: &Timestamp| self.late_at(*fire).is_some_and(|late| late <= hands.now);
        let late: Vec<Timestamp> = self.not_told_late().filter(is_late).collect();
        for fire in late {
            match self.notices.open.get_mut(&fire) {
                Some(told) => *told = true,
                None => drop(self.notices.late_in_queue.insert(fire)),
            }
            self.notify(hands, &["--late", "--fire", &fire.to_string()])?;
        }
        Ok(())
    }

    /// Tells what became of a fire, if anybody wants to hear of it.
    pub(super) fn tell_settled(&mut self, hands: &Hands<'_>, fire: Timestamp) -> Result<(), Failure> {
        self.notices.open.remove(&fire);
        self.notify(hands, &["--fire", &fire.to_string()])
    }

    /// Tells once that the file has mistakes, when a fire has come that runs what it was before.
    pub(super) fn tell_broken(&mut self, hands: &Hands<'_>, fire: Timestamp) -> Result<(), Failure> {
        if !self.is_broken || std::mem::replace(&mut self.notices.is_broken_told, true) {
            return Ok(());
        }
        self.notify(hands, &["--broken", "now", "--fire", &fire.to_string()])
    }

    /// Tells what a scheduler that has died may have left untold: of the last fire, if that is news.
    pub(super) fn tell_last(&mut self, hands: &Hands<'_>) -> Result<(), Failure> {
        let last = hands.state.last_fire(&self.name)?.filter(|last| last.status != FireStatus::Due);
        match last.filter(|last| hands.now.duration_since(last.instant) < NEWS) {
            Some(last) => self.tell_settled(hands, last.instant),
            None => Ok(()),
        }
    }

    fn notify(&mut self, hands: &Hands<'_>, arguments: &[&str]) -> Result<(), Failure> {
        if !self.notices.wanted {
            return Ok(());
        }
        let texts = if self.is_broken { Some(self.texts.keep(&self.folder, &self.name)?) } else { None };
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        if begin(hands.host, &self.file, &arguments, texts.as_ref(), hands.sender) {
            self.notices.telling += 1;
        }
        Ok(())
    }
}
