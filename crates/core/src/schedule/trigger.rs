//! The state machine of one pipeline's schedule: what has happened goes in, what is to be done comes out.
//!
//! A fire is first *claimed*, which whoever acts on this writes down so that no other process can claim it, and only then
//! launched. So two of these on one pipeline never run one fire twice, and neither has to know of the other.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::{FireSkipReason, GRACE, Policy, Timetable};
use crate::spec::{Catchup, Overlap};

/// So many missed fires are told one by one; those before them together.
const TOLD: usize = 10_000;

/// What has happened.
#[derive(Clone, Debug)]
pub enum TriggerInput {
    /// Time has passed. `elsewhere` is a fire of this pipeline whose run another process looks after.
    Woke {
        /// If there is one.
        elsewhere: Option<Timestamp>,
    },
    /// The schedule was paused, or goes on.
    Paused(bool),
    /// A fire was written down as this process's own.
    Claimed(Timestamp),
    /// Somebody has written that fire down before.
    Refused(Timestamp),
    /// The run of a fire has ended, however it did.
    Ended(Timestamp),
    /// The file says something else now. The fires of a new timetable count from now on.
    Edited {
        /// The new timetable, if it is not the old one.
        timetable: Option<Box<Timetable>>,
        /// The rules.
        policy: Policy,
    },
    /// No further fires. The second time, the run that is going on is cancelled, whatever `overlap` says.
    Stop,
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerAction {
    /// Write down that a fire is passed over, unless something is written about it.
    Skip(Timestamp, FireSkipReason),
    /// Write a fire down as one's own, unless somebody has; then tell [`TriggerInput::Claimed`] or [`TriggerInput::Refused`].
    Claim(Timestamp, FireClaim),
    /// Start the run of a fire that was claimed.
    Launch(Timestamp),
    /// End the run of a fire; tell [`TriggerInput::Ended`] when it has.
    Cancel(Timestamp),
    /// Write down that a fire that was claimed is passed over after all.
    GiveUp(Timestamp, FireSkipReason),
}

/// What brought a fire to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FireClaim {
    /// Its time had come.
    OnTime,
    /// It was missed and is made up for.
    CaughtUp,
    /// It waited for an older run.
    Queued,
}

/// The schedule of one pipeline.
#[derive(Clone, Debug)]
pub struct Trigger {
    pipeline: String,
    timetable: Timetable,
    policy: Policy,
    /// What was decided about every fire up to here.
    seen: Timestamp,
    /// The latest reading of the wall clock.
    now: Timestamp,
    paused: bool,
    stopping: bool,
    /// Fires that will run one after the other, not claimed yet.
    waiting: VecDeque<(Timestamp, FireClaim)>,
    /// The fire that is being claimed.
    claiming: Option<Timestamp>,
    /// A claimed fire that waits for the run it has cancelled.
    next: Option<Timestamp>,
    /// The fire whose run goes on.
    running: Option<Timestamp>,
    /// A fire whose run another process looks after.
    elsewhere: Option<Timestamp>,
}

impl Trigger {
    /// The schedule of a pipeline of which every fire up to `seen` has been dealt with.
    pub fn new(pipeline: impl Into<String>, timetable: Timetable, policy: Policy, seen: Timestamp) -> Self {
        Self {
            pipeline: pipeline.into(),
            timetable,
            policy,
            seen,
            now: seen,
            paused: false,
            stopping: false,
            waiting: VecDeque::new(),
            claiming: None,
            next: None,
            running: None,
            elsewhere: None,
        }
    }

    /// The fires whose time has come and that wait for an older run to end. Those that were missed and wait to be made up for are
    /// late in any case.
    pub fn queued(&self) -> impl Iterator<Item = Timestamp> {
        self.waiting.iter().filter(|(_, how)| *how == FireClaim::Queued).map(|(fire, _)| *fire)
    }

    /// Takes in what has happened and appends what is to be done. `now` is what the wall clock shows; it may have been set in
    /// either direction.
    pub fn handle(&mut self, input: TriggerInput, now: Timestamp, actions: &mut Vec<TriggerAction>) {
        if now < self.now {
            // The clock was put back. What comes again and was claimed will be refused.
            self.seen = self.seen.min(now);
        }
        self.now = now;
        match input {
            TriggerInput::Woke { elsewhere } => {
                self.elsewhere = elsewhere;
                self.look(actions);
            }
            TriggerInput::Paused(paused) => {
                self.paused = paused;
                if paused {
                    let waiting =
                        self.waiting.drain(..).map(|(fire, _)| TriggerAction::Skip(fire, FireSkipReason::Paused));
                    actions.extend(waiting);
                }
            }
            TriggerInput::Claimed(fire) => {
                self.claiming = None;
                self.claimed(fire, actions);
            }
            TriggerInput::Refused(_) => self.claiming = None,
            TriggerInput::Ended(fire) => {
                if self.running == Some(fire) {
                    self.running = None;
                }
                if self.running.is_none()
                    && let Some(next) = self.next.take()
                {
                    self.launch(next, actions);
                }
            }
            TriggerInput::Edited { timetable, policy } => {
                self.look(actions);
                self.policy = policy;
                if let Some(timetable) = timetable {
                    self.timetable = *timetable;
                    self.seen = now;
                }
            }
            TriggerInput::Stop => self.stop(actions),
        }
        self.start_waiting(actions);
    }

    /// When there is something to do again, if nothing happens before; None if never.
    pub fn wake_at(&self) -> Option<Timestamp> {
        if self.stopping {
            return None;
        }
        self.timetable.next(self.seen).map(|fire| self.policy.start(&self.pipeline, fire))
    }

    /// All fires up to here are written down: what the next scheduler need not look at again.
    pub fn settled(&self) -> Timestamp {
        let first = self.waiting.iter().map(|(fire, _)| *fire).chain(self.claiming).min();
        let before = first.map(|fire| fire.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(fire));
        before.map_or(self.seen, |before| before.min(self.seen))
    }

    /// The fire whose run goes on.
    pub fn running(&self) -> Option<Timestamp> {
        self.running
    }

    /// Whether nothing runs, and nothing will before a further fire comes.
    pub fn is_idle(&self) -> bool {
        let nothing_waits = self.stopping || self.waiting.is_empty();
        self.running.is_none() && self.next.is_none() && self.claiming.is_none() && nothing_waits
    }

    /// Its timetable.
    pub fn timetable(&self) -> &Timetable {
        &self.timetable
    }

    /// Decides about the fires whose time has come.
    fn look(&mut self, actions: &mut Vec<TriggerAction>) {
        if self.stopping {
            return;
        }
        let (mut due, left_out) = self.timetable.latest(self.seen, self.now, TOLD);
        // A fire that is to start later holds up those behind it.
        let ready = due.iter().take_while(|fire| self.policy.start(&self.pipeline, **fire) <= self.now).count();
        due.truncate(ready);
        let Some(last) = due.back().copied() else { return };
        self.seen = last;
        if left_out && let Some(first) = due.pop_front() {
            actions.push(TriggerAction::Skip(first, FireSkipReason::TooMany));
        }
        if self.paused {
            actions.extend(due.into_iter().map(|fire| TriggerAction::Skip(fire, FireSkipReason::Paused)));
            return;
        }
        let is_late = |fire: &Timestamp| {
            self.policy.start(&self.pipeline, *fire).saturating_add(GRACE).is_ok_and(|late| late < self.now)
        };
        let missed: Vec<Timestamp> = due.iter().copied().take_while(is_late).collect();
        let on_time = due.split_off(missed.len());
        self.catch_up(missed, on_time.is_empty(), actions);
        for fire in on_time {
            self.arrive(fire, actions);
        }
    }

    /// Decides about missed fires; `is_latest`: none has come behind them.
    fn catch_up(&mut self, missed: Vec<Timestamp>, is_latest: bool, actions: &mut Vec<TriggerAction>) {
        let last = missed.last().copied();
        for fire in missed {
            let age = self.now.duration_since(fire);
            let too_old = self.policy.max_catchup.filter(|most| age > SignedDuration::try_from(*most).unwrap_or(age));
            let reason = match (self.policy.catchup, too_old) {
                (Catchup::None, _) => Some(FireSkipReason::Missed),
                (_, Some(most)) => Some(FireSkipReason::TooOld(most)),
                (Catchup::Latest, _) => (!is_latest || Some(fire) != last).then_some(FireSkipReason::NotTheLatest),
                (Catchup::All, _) => None,
            };
            match reason {
                Some(reason) => actions.push(TriggerAction::Skip(fire, reason)),
                None => self.waiting.push_back((fire, FireClaim::CaughtUp)),
            }
        }
    }

    /// Decides about a fire that comes on time.
    fn arrive(&mut self, fire: Timestamp, actions: &mut Vec<TriggerAction>) {
        let before = self.running.or(self.next).or(self.claiming).or(self.elsewhere);
        let before = before.or_else(|| self.waiting.back().map(|(fire, _)| *fire));
        match (before, self.policy.overlap) {
            (None, _) => self.waiting.push_back((fire, FireClaim::OnTime)),
            (Some(other), Overlap::Skip) => actions.push(TriggerAction::Skip(fire, FireSkipReason::Overlap(other))),
            (Some(_), Overlap::Queue) => self.waiting.push_back((fire, FireClaim::Queued)),
            (Some(_), Overlap::Cancel) => {
                let replaced =
                    self.waiting.drain(..).map(|(old, _)| TriggerAction::Skip(old, FireSkipReason::Replaced(fire)));
                actions.extend(replaced);
                self.waiting.push_back((fire, FireClaim::OnTime));
            }
        }
    }

    /// Claims the first of those that wait, if nothing stands in its way.
    fn start_waiting(&mut self, actions: &mut Vec<TriggerAction>) {
        let is_held_up = match self.policy.overlap {
            // A fire that cancels is claimed first: if another process has it, nothing is to be cancelled.
            Overlap::Cancel => {
                self.running.is_some() && self.waiting.front().is_some_and(|(_, how)| *how != FireClaim::OnTime)
            }
            Overlap::Skip | Overlap::Queue => self.running.is_some() || self.next.is_some(),
        };
        if self.stopping || is_held_up || self.claiming.is_some() {
            return;
        }
        if let Some((fire, how)) = self.waiting.pop_front() {
            self.claiming = Some(fire);
            actions.push(TriggerAction::Claim(fire, how));
        }
    }

    fn claimed(&mut self, fire: Timestamp, actions: &mut Vec<TriggerAction>) {
        if self.stopping {
            actions.push(TriggerAction::GiveUp(fire, FireSkipReason::Stopped));
            return;
        }
        if let Some(running) = self.running {
            match self.next.replace(fire) {
                Some(replaced) => actions.push(TriggerAction::GiveUp(replaced, FireSkipReason::Replaced(fire))),
                None => actions.push(TriggerAction::Cancel(running)),
            }
            return;
        }
        if self.policy.overlap == Overlap::Cancel
            && let Some(other) = self.elsewhere.take().filter(|other| *other < fire)
        {
            actions.push(TriggerAction::Cancel(other));
        }
        self.launch(fire, actions);
    }

    fn launch(&mut self, fire: Timestamp, actions: &mut Vec<TriggerAction>) {
        self.running = Some(fire);
        actions.push(TriggerAction::Launch(fire));
    }

    fn stop(&mut self, actions: &mut Vec<TriggerAction>) {
        if let Some(running) = self.running
            && (self.stopping || self.policy.overlap == Overlap::Cancel)
        {
            actions.push(TriggerAction::Cancel(running));
        }
        self.stopping = true;
        // What waits is not written down yet: the next scheduler finds it missed.
        actions.extend(self.next.take().map(|fire| TriggerAction::GiveUp(fire, FireSkipReason::Stopped)));
    }
}
