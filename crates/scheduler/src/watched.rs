//! One pipeline under watch: its trigger, its row in the ledger, its run.

mod notices;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tidemill_core::schedule::{FireClaim, GRACE, Policy, Timetable, Trigger, TriggerAction, TriggerInput};
use tidemill_core::spec::{Rhythm, Schedule};
use tidemill_state::{Fire, FireStatus, LOST, NOT_STARTABLE, NOT_STARTED, Process, State};

use self::notices::Notices;
use super::child::{Child, Launch, cancel_elsewhere};
use super::file_snapshot::FileSnapshot;
use super::{Event, Host, words};
use tidemill_runner::Failure;

/// A pipeline that is served.
pub(super) struct Watched {
    /// Its file.
    pub file: PathBuf,
    name: String,
    folder: PathBuf,
    /// None once the file has none any more: then it is dropped when its run has ended.
    schedule: Option<Schedule>,
    trigger: Trigger,
    texts: FileSnapshot,
    /// Whether what is on the disk is not what runs.
    is_broken: bool,
    paused: bool,
    /// What stands in the ledger as dealt with.
    settled: Timestamp,
    /// Whether the ledger has been looked at since this process began to watch.
    is_awake: bool,
    run: Option<Child>,
    /// Until when it is left alone, and why: something of it has failed.
    resting: Option<(Timestamp, String)>,
    notices: Notices,
}

/// For so long a pipeline is left alone of which something has failed, such as its state.
const REST: SignedDuration = SignedDuration::from_secs(60);

/// What an act needs of the scheduler.
struct Hands<'a> {
    host: &'a dyn Host,
    sender: &'a Sender<Event>,
    now: Timestamp,
    state: State,
}

impl Watched {
    /// Begins to watch a pipeline; None if it has no schedule. A source that is not there may be when a fire comes.
    pub fn open(host: &dyn Host, file: &Path, once: bool, now: Timestamp) -> Result<Option<Self>, Failure> {
        let opened = host.open(file)?;
        let Some(spec) = opened.spec.clone().filter(|_| !opened.diagnostics.has_lasting_errors()) else {
            return Err(opened.mistakes());
        };
        let Some(schedule) = spec.schedule.clone() else { return Ok(None) };
        let name = spec.name.value.clone();
        let mut state = State::open(&spec.project)?;
        let watch = state.watch(&name)?;
        let rhythm = rhythm_text(&schedule);
        let seen = match watch.filter(|watch| watch.rhythm == rhythm) {
            Some(watch) => watch.seen,
            // Whoever looks only now and then has come for the fire that has just been.
            None if once => now - SignedDuration::try_from(GRACE).unwrap_or_default(),
            None => now,
        };
        state.save_seen(&name, seen, &rhythm)?;
        let timetable = Timetable::new(&schedule).map_err(Failure::wrong)?;
        let texts = FileSnapshot::of(&spec.files, &opened.sources);
        let notices = Notices { wanted: !spec.notify.is_empty(), ..Notices::default() };
        if notices.wanted {
            texts.keep_for_notices(file)?;
        }
        Ok(Some(Self {
            file: file.to_owned(),
            trigger: Trigger::new(name.clone(), timetable, Policy::from(&schedule), seen),
            name,
            folder: spec.project.clone(),
            schedule: Some(schedule),
            texts,
            is_broken: false,
            paused: false,
            settled: seen,
            is_awake: false,
            run: None,
            resting: None,
            notices,
        }))
    }

    /// The pipeline's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The project's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The pipeline's files.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.texts.files()
    }

    /// Whether its file has no schedule any more.
    pub fn is_without_schedule(&self) -> bool {
        self.schedule.is_none()
    }

    /// Whether nothing runs or is about to.
    pub fn is_idle(&self) -> bool {
        (self.trigger.is_idle() || self.resting.is_some()) && self.run.is_none() && self.notices.telling == 0
    }

    /// The run that goes on, in words.
    pub fn running(&self) -> Option<String> {
        self.run.as_ref().map(|run| format!("the run of {} for {}", self.name, self.show(run.fire)))
    }

    /// What is served, in a line.
    pub fn introduce(&self, now: Timestamp) -> String {
        let words = self.schedule.as_ref().map(|schedule| words::schedule(schedule, self.trigger.timetable(), now));
        format!("{}: {}", self.name, words.unwrap_or_default())
    }

    /// Whether it is left alone.
    pub fn rests(&self, now: Timestamp) -> bool {
        self.resting.as_ref().is_some_and(|(until, _)| *until > now)
    }

    /// Leaves it alone for a while: something of it has failed. The same is told once.
    pub fn rest(&mut self, host: &dyn Host, failure: &Failure, now: Timestamp) {
        let why = host.failure_text(failure);
        if self.resting.as_ref().is_none_or(|(_, told)| *told != why) {
            host.tell(&why);
            let tries = format!("tries again every {} s", REST.as_secs());
            host.warning(&format!("{}: its schedule waits and {tries}; others go on", self.name));
        }
        self.resting = Some((now + REST, why));
    }

    /// Nothing of it fails any more.
    pub fn recover(&mut self) {
        self.resting = None;
    }

    /// How long until something is to be done.
    pub fn wait(&mut self, now: Timestamp) -> Duration {
        if let Some((until, _)) = &self.resting {
            return Duration::try_from(until.duration_since(now)).unwrap_or_default();
        }
        let insist = self.run.as_mut().and_then(Child::insist);
        let wake = self.schedule.as_ref().and_then(|_| self.trigger.wake_at());
        let wake = wake.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        insist.into_iter().chain(wake).chain(self.until_late(now)).min().unwrap_or(Duration::MAX)
    }

    /// Does what is due.
    pub fn wake(&mut self, host: &dyn Host, sender: &Sender<Event>, now: Timestamp) -> Result<(), Failure> {
        let is_due = self.trigger.wake_at().is_some_and(|at| at <= now);
        let is_late = self.until_late(now).is_some_and(|left| left.is_zero());
        if self.schedule.is_none() || (self.is_awake && !is_due && !is_late && !self.has_foreign_fires()) {
            return Ok(());
        }
        let is_first = !std::mem::replace(&mut self.is_awake, true);
        let mut hands = self.hands(host, sender, now)?;
        if is_first && self.notices.wanted {
            self.tell_last(&hands)?;
        }
        let watch = hands.state.watch(&self.name)?;
        let paused = watch.is_some_and(|watch| watch.paused.is_some());
        if paused != self.paused {
            self.paused = paused;
            self.tell(&mut hands, TriggerInput::Paused(paused))?;
        }
        let elsewhere = self.look_at_ledger(&mut hands)?;
        self.tell(&mut hands, TriggerInput::Woke { elsewhere })?;
        self.tell_late(&hands)
    }

    /// Starts nothing any more.
    pub fn stop(&mut self, host: &dyn Host, sender: &Sender<Event>, now: Timestamp) -> Result<(), Failure> {
        let mut hands = self.hands(host, sender, now)?;
        self.tell(&mut hands, TriggerInput::Stop)
    }

    /// Takes in the end of its run.
    pub fn ended(
        &mut self,
        host: &dyn Host,
        sender: &Sender<Event>,
        (fire, code): (Timestamp, Option<i32>),
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.run = None;
        let mut hands = self.hands(host, sender, now)?;
        let shown = self.show(fire);
        let known = hands.state.fire(&self.name, fire)?;
        match (known.filter(|known| known.status == FireStatus::Due), code) {
            (Some(Fire { run: None, .. }), code) => {
                let why = match code {
                    Some(2) => "the pipeline has mistakes".to_owned(),
                    Some(code) => format!("exit code {code}"),
                    None => "it was killed".to_owned(),
                };
                let reason = format!("{NOT_STARTED}: {why}");
                hands.state.give_up_fire(&self.name, fire, &reason)?;
                host.warning(&format!("{}: {shown} skipped: {reason}", self.name));
            }
            (Some(Fire { run: Some(run), .. }), _) => {
                hands.state.end_fire(&self.name, fire, &run)?;
                host.warning(&format!("{}: {shown}: its run {run} died", self.name));
            }
            (None, Some(0)) => host.note(&format!("{}: {shown} done", self.name)),
            (None, Some(130)) => host.warning(&format!("{}: {shown} cancelled", self.name)),
            (None, _) => host.warning(&format!("{}: {shown} failed; `tidemill show` tells more", self.name)),
        }
        self.tell_settled(&hands, fire)?;
        self.tell(&mut hands, TriggerInput::Ended(fire))
    }

    /// Takes in an edited file. One with mistakes changes nothing.
    pub fn read_again(&mut self, host: &dyn Host, sender: &Sender<Event>, now: Timestamp) -> Result<(), Failure> {
        if !self.texts.have_changed() {
            return Ok(());
        }
        self.texts.look_again();
        self.notices.is_broken_told = false;
        let opened = host.open(&self.file)?;
        let spec =
            opened.spec.clone().filter(|spec| !opened.diagnostics.has_lasting_errors() && spec.name.value == self.name);
        let Some(spec) = spec else {
            self.is_broken = true;
            if opened.diagnostics.has_lasting_errors() {
                host.tell(&host.failure_text(&opened.mistakes()));
            }
            let why = if opened.diagnostics.has_lasting_errors() { "has mistakes" } else { "has another `name`" };
            let name = &self.name;
            host.warning(&format!("{name}: the edited file {why}; what it was before stays in force"));
            return Ok(());
        };
        self.is_broken = false;
        self.texts = FileSnapshot::of(&spec.files, &opened.sources);
        self.notices.wanted = !spec.notify.is_empty();
        if self.notices.wanted {
            self.texts.keep_for_notices(&self.file)?;
        }
        let before = self.schedule.as_ref().map(rhythm_text);
        self.schedule.clone_from(&spec.schedule);
        let Some(schedule) = self.schedule.clone() else { return Ok(()) };
        let timetable = Timetable::new(&schedule).map_err(Failure::wrong)?;
        let timetable = (before != Some(rhythm_text(&schedule))).then(|| Box::new(timetable));
        let mut hands = self.hands(host, sender, now)?;
        self.tell(&mut hands, TriggerInput::Edited { timetable, policy: Policy::from(&schedule) })?;
        host.note(&format!("the edited file is in force; {}", self.introduce(now)));
        Ok(())
    }

    fn hands<'a>(&self, host: &'a dyn Host, sender: &'a Sender<Event>, now: Timestamp) -> Result<Hands<'a>, Failure> {
        let state = State::open(&self.folder)?;
        Ok(Hands { host, sender, now, state })
    }

    /// Settles fires whose processes have died; a fire whose run another process looks after.
    fn look_at_ledger(&mut self, hands: &mut Hands<'_>) -> Result<Option<Timestamp>, Failure> {
        let mut elsewhere = None;
        let due = hands.state.due_fires(&self.name)?;
        let own = self.run.as_ref().map(|run| run.fire);
        let is_over = |fire: &Timestamp| Some(*fire) != own && due.iter().all(|due| due.instant != *fire);
        let over: Vec<Timestamp> = self.notices.open.keys().copied().filter(is_over).collect();
        over.into_iter().try_for_each(|fire| self.tell_settled(hands, fire))?;
        for fire in due {
            let shown = self.show(fire.instant);
            if self.run.as_ref().is_some_and(|run| run.fire == fire.instant) {
                continue;
            } else if fire.is_looked_after() {
                elsewhere = Some(fire.instant);
                self.notices.open.entry(fire.instant).or_default();
            } else if let Some(run) = &fire.run {
                hands.state.end_fire(&self.name, fire.instant, run)?;
                hands.host.warning(&format!("{}: {shown}: its run {run} died", self.name));
                self.tell_settled(hands, fire.instant)?;
            } else if hands.state.give_up_fire(&self.name, fire.instant, LOST)? {
                let help = format!("`tidemill backfill --from {0} --to {0}` runs it", fire.instant);
                hands.host.warning(&format!("{}: {shown} {LOST}; {help}", self.name));
                self.tell_settled(hands, fire.instant)?;
            }
        }
        Ok(elsewhere)
    }

    /// Tells the trigger what has happened and does what it wants.
    fn tell(&mut self, hands: &mut Hands<'_>, input: TriggerInput) -> Result<(), Failure> {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut actions = Vec::new();
            self.trigger.handle(input, hands.now, &mut actions);
            self.skip(hands, &actions)?;
            for action in actions {
                inputs.extend(self.act(hands, action)?);
            }
        }
        let settled = self.trigger.settled();
        if let Some(schedule) = self.schedule.as_ref().filter(|_| settled != self.settled) {
            let saved = hands.state.save_seen(&self.name, settled, &rhythm_text(schedule));
            saved?;
            self.settled = settled;
        }
        Ok(())
    }

    /// Writes down all fires that are passed over, at once.
    fn skip(&self, hands: &mut Hands<'_>, actions: &[TriggerAction]) -> Result<(), Failure> {
        /// More than so many are counted, not told one by one.
        const TOLD: usize = 3;
        let skipped: Vec<Fire> = actions
            .iter()
            .filter_map(|action| match action {
                TriggerAction::Skip(fire, reason) => Some(Fire {
                    status: FireStatus::Skipped,
                    reason: Some(reason.to_string()),
                    owner: None,
                    ..self.fire(*fire, hands.now)
                }),
                _ => None,
            })
            .collect();
        if skipped.is_empty() {
            return Ok(());
        }
        let new = hands.state.commit_fires(&skipped)?;
        if new == 0 {
            return Ok(());
        }
        let told = skipped.len().saturating_sub(TOLD);
        if told > 0 {
            hands.host.note(&format!("{}: {told} fires skipped before these", self.name));
        }
        for fire in &skipped[told..] {
            let reason = fire.reason.as_deref().unwrap_or_default();
            hands.host.note(&format!("{}: {} skipped: {reason}", self.name, self.show(fire.instant)));
        }
        Ok(())
    }

    fn act(&mut self, hands: &mut Hands<'_>, action: TriggerAction) -> Result<Option<TriggerInput>, Failure> {
        match action {
            TriggerAction::Skip(..) => {}
            TriggerAction::Claim(fire, how) => {
                let row = self.fire(fire, hands.now);
                if !hands.state.commit_fire(&row)? {
                    return Ok(Some(TriggerInput::Refused(fire)));
                }
                let how = match how {
                    FireClaim::OnTime => "starts",
                    FireClaim::CaughtUp => "was missed and starts now",
                    FireClaim::Queued => "has waited and starts",
                };
                hands.host.note(&format!("{}: {} {how}", self.name, self.show(fire)));
                let is_told = self.notices.late_in_queue.remove(&fire);
                self.notices.open.insert(fire, is_told);
                return Ok(Some(TriggerInput::Claimed(fire)));
            }
            TriggerAction::Launch(fire) => return self.launch(hands, fire),
            TriggerAction::Cancel(fire) => self.cancel(hands, fire)?,
            TriggerAction::GiveUp(fire, reason) => {
                let given_up = hands.state.give_up_fire(&self.name, fire, &reason.to_string());
                given_up?;
                self.notices.open.remove(&fire);
                hands.host.note(&format!("{}: {} skipped: {reason}", self.name, self.show(fire)));
            }
        }
        Ok(None)
    }

    fn launch(&mut self, hands: &mut Hands<'_>, fire: Timestamp) -> Result<Option<TriggerInput>, Failure> {
        self.tell_broken(hands, fire)?;
        let texts = if self.is_broken { Some(self.texts.keep(&self.folder, &self.name)?) } else { None };
        let launch = Launch { host: hands.host, file: &self.file, texts: texts.as_ref() };
        match Child::start(launch, fire, hands.sender) {
            Ok(child) => {
                self.run = Some(child);
                Ok(None)
            }
            Err(error) => {
                let reason = format!("{NOT_STARTABLE}: {error}");
                let given_up = hands.state.give_up_fire(&self.name, fire, &reason);
                given_up?;
                hands.host.warning(&format!("{}: {} skipped: {reason}", self.name, self.show(fire)));
                self.tell_settled(hands, fire)?;
                Ok(Some(TriggerInput::Ended(fire)))
            }
        }
    }

    fn cancel(&mut self, hands: &mut Hands<'_>, fire: Timestamp) -> Result<(), Failure> {
        hands.host.note(&format!("{}: cancels the run for {}", self.name, self.show(fire)));
        match self.run.as_mut().filter(|run| run.fire == fire) {
            Some(run) => run.cancel(),
            None => {
                let known = hands.state.fire(&self.name, fire)?;
                let owner =
                    known.filter(Fire::is_looked_after).filter(|fire| fire.run.is_some()).and_then(|fire| fire.owner);
                if let Some(owner) = owner {
                    cancel_elsewhere(owner.pid);
                }
            }
        }
        Ok(())
    }

    /// The row of a fire that this process claims now.
    fn fire(&self, instant: Timestamp, now: Timestamp) -> Fire {
        Fire {
            pipeline: self.name.clone(),
            instant,
            status: FireStatus::Due,
            at: now,
            run: None,
            reason: None,
            owner: Some(Process::current()),
        }
    }

    fn show(&self, fire: Timestamp) -> String {
        words::fire(fire, self.trigger.timetable().zone())
    }
}

/// A schedule's fires as they are remembered: cron expression or interval, and zone.
pub fn rhythm_text(schedule: &Schedule) -> String {
    let zone = &schedule.timezone.value;
    match &schedule.rhythm {
        Rhythm::Cron(expression) => format!("{} {zone}", expression.value),
        Rhythm::Every(every) => format!("every {} ns", every.value.as_nanos()),
    }
}
