//! Two schedulers on one project for hundreds of days on a fake clock, with the real ledger, killed at any moment.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tidemill_core::ids::RunId;
use tidemill_core::schedule::{Policy, Timetable, Trigger, TriggerAction, TriggerInput};
use tidemill_core::spec::{Catchup, Overlap};
use tidemill_state::{Fire, FireStatus, Process, State};

use crate::TestResult;

const LOST: &str = "recorded, not started";

/// What happens in the world of a test.
struct World {
    state: State,
    random: u64,
    now: Timestamp,
    timetable: Timetable,
    policy: Policy,
    schedulers: [Option<Scheduler>; 2],
    /// The processes that live, by number.
    alive: HashSet<u32>,
    processes: u32,
    /// Runs that wait for the lock, in the order in which they came.
    waiting: Vec<Run>,
    /// The one that has it, and when it ends.
    running: Option<(Run, Timestamp)>,
    /// How often each fire's run began.
    begun: BTreeMap<Timestamp, u32>,
    /// Fires that a scheduler claimed and did not live to start.
    orphaned: BTreeSet<Timestamp>,
    kills: u32,
}

struct Scheduler {
    process: Process,
    trigger: Trigger,
    /// Its own runs that have ended, to be told.
    ended: Vec<Timestamp>,
    /// What it has claimed and not yet launched.
    claimed: BTreeSet<Timestamp>,
}

#[derive(Clone)]
struct Run {
    fire: Timestamp,
    process: Process,
}

impl World {
    fn new(state: State, seed: u64, policy: Policy, from: Timestamp) -> Result<Self, String> {
        Ok(Self {
            state,
            random: seed,
            now: from,
            timetable: Timetable::of_cron(
                "15 */6 * * *",
                TimeZone::get("Europe/Paris").map_err(|error| error.to_string())?,
            )?,
            policy,
            schedulers: [None, None],
            alive: HashSet::new(),
            processes: 0,
            waiting: Vec::new(),
            running: None,
            begun: BTreeMap::new(),
            orphaned: BTreeSet::new(),
            kills: 0,
        })
    }

    /// From 0 to 1.
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    fn process(&mut self) -> Process {
        self.processes += 1;
        self.alive.insert(self.processes);
        Process { pid: self.processes, boot: "fake".into(), started: 1 }
    }

    fn is_dead(&self, process: Option<&Process>) -> bool {
        process.is_none_or(|process| !self.alive.contains(&process.pid))
    }

    fn start(&mut self, which: usize) -> TestResult {
        let seen = self.state.watch("p")?.map_or(self.now, |watch| watch.seen);
        let trigger = Trigger::new("p", self.timetable.clone(), self.policy, seen);
        let process = self.process();
        self.schedulers[which] = Some(Scheduler { process, trigger, ended: Vec::new(), claimed: BTreeSet::new() });
        self.wake(which)
    }

    fn kill(&mut self, which: usize) {
        if let Some(scheduler) = self.schedulers[which].take() {
            self.alive.remove(&scheduler.process.pid);
            self.orphaned.extend(scheduler.claimed);
            self.kills += 1;
        }
    }

    /// Settles what dead processes left, then tells the scheduler the time.
    fn wake(&mut self, which: usize) -> TestResult {
        let mut elsewhere = None;
        let mine = self.schedulers[which].as_ref().and_then(|scheduler| scheduler.trigger.running());
        for fire in self.state.due_fires("p")? {
            if mine == Some(fire.instant) {
                continue;
            }
            match (self.is_dead(fire.owner.as_ref()), &fire.run) {
                (false, _) => elsewhere = Some(fire.instant),
                (true, Some(run)) => self.state.end_fire("p", fire.instant, run)?,
                (true, None) => drop(self.state.give_up_fire("p", fire.instant, LOST)?),
            }
        }
        self.tell(which, TriggerInput::Woke { elsewhere })
    }

    /// Does what the trigger wants; before each act the scheduler may be killed.
    fn tell(&mut self, which: usize, input: TriggerInput) -> TestResult {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut actions = Vec::new();
            let Some(scheduler) = &mut self.schedulers[which] else { return Ok(()) };
            scheduler.trigger.handle(input, self.now, &mut actions);
            let owner = scheduler.process.clone();
            for action in actions {
                if self.chance() < 0.02 {
                    self.kill(which);
                    return Ok(());
                }
                let told = self.act(action, &owner)?;
                if let Some(scheduler) = &mut self.schedulers[which] {
                    match (action, &told) {
                        (_, Some(TriggerInput::Claimed(fire))) => drop(scheduler.claimed.insert(*fire)),
                        (TriggerAction::Launch(fire) | TriggerAction::GiveUp(fire, _), _) => {
                            _ = scheduler.claimed.remove(&fire);
                        }
                        _ => {}
                    }
                }
                inputs.extend(told);
            }
        }
        let settled = self.schedulers[which].as_ref().map(|scheduler| scheduler.trigger.settled());
        if let Some(settled) = settled {
            self.state.save_seen("p", settled, "r")?;
        }
        Ok(())
    }

    fn act(
        &mut self,
        action: TriggerAction,
        owner: &Process,
    ) -> Result<Option<TriggerInput>, Box<dyn std::error::Error>> {
        let due = Fire {
            pipeline: "p".into(),
            instant: self.now,
            status: FireStatus::Due,
            at: self.now,
            run: None,
            reason: None,
            owner: Some(owner.clone()),
        };
        match action {
            TriggerAction::Skip(instant, reason) => {
                let skipped = Fire { instant, status: FireStatus::Skipped, reason: Some(reason.to_string()), ..due };
                self.state.commit_fire(&skipped)?;
            }
            TriggerAction::Claim(instant, _) => {
                let is_mine = self.state.commit_fire(&Fire { instant, ..due })?;
                return Ok(Some(if is_mine { TriggerInput::Claimed(instant) } else { TriggerInput::Refused(instant) }));
            }
            TriggerAction::Launch(fire) => {
                let process = self.process();
                self.waiting.push(Run { fire, process });
            }
            TriggerAction::Cancel(fire) => {
                let is_waiting = self.waiting.iter().any(|run| run.fire == fire);
                self.waiting.retain(|run| run.fire != fire);
                let is_running = self.running.as_ref().is_some_and(|(run, _)| run.fire == fire);
                if is_running {
                    self.end_run()?;
                } else if is_waiting {
                    self.state.give_up_fire("p", fire, "cancelled")?;
                    self.told_of_end(fire);
                }
            }
            TriggerAction::GiveUp(fire, reason) => drop(self.state.give_up_fire("p", fire, &reason.to_string())?),
        }
        Ok(None)
    }

    /// Lets the first run that waits have the lock. The scheduler may have died before it said that it is there: then it may
    /// have been given up.
    fn begin_runs(&mut self) -> TestResult {
        while self.running.is_none() && !self.waiting.is_empty() {
            let run = self.waiting.remove(0);
            let id = RunId::new(format!("run-{}", run.process.pid));
            let is_adopted = self.state.adopt_fire("p", run.fire, &run.process)?;
            // A run may die as well, before it begins or while it goes on.
            let dies_early = self.chance() < 0.01;
            if is_adopted && dies_early {
                self.orphaned.insert(run.fire);
            }
            if !is_adopted || dies_early || !self.state.begin_fire("p", run.fire, &id)? {
                self.alive.remove(&run.process.pid);
                self.told_of_end(run.fire);
                continue;
            }
            *self.begun.entry(run.fire).or_default() += 1;
            let takes = SignedDuration::from_secs((self.chance().powi(3) * 50_000.0) as i64);
            self.running = Some((run, self.now + takes));
        }
        Ok(())
    }

    fn end_run(&mut self) -> TestResult {
        if let Some((run, _)) = self.running.take() {
            self.alive.remove(&run.process.pid);
            if self.chance() > 0.02 {
                let id = RunId::new(format!("run-{}", run.process.pid));
                self.state.end_fire("p", run.fire, &id)?;
            }
            self.told_of_end(run.fire);
        }
        Ok(())
    }

    fn told_of_end(&mut self, fire: Timestamp) {
        for scheduler in self.schedulers.iter_mut().flatten().filter(|one| one.trigger.running() == Some(fire)) {
            scheduler.ended.push(fire);
        }
    }

    /// Goes on until `to`.
    fn live(&mut self, to: Timestamp) -> TestResult {
        while self.now < to {
            for which in 0..2 {
                let ended = self.schedulers[which].as_mut().map(|scheduler| std::mem::take(&mut scheduler.ended));
                for fire in ended.into_iter().flatten() {
                    self.tell(which, TriggerInput::Ended(fire))?;
                }
            }
            self.begin_runs()?;
            let wakes = self.schedulers.iter().flatten().filter_map(|scheduler| scheduler.trigger.wake_at());
            let ends = self.running.as_ref().map(|(_, at)| *at);
            let next = wakes.chain(ends).min().unwrap_or(to).max(self.now);
            // Now and then something happens to a scheduler at any moment.
            let moment = self.now + SignedDuration::from_secs((self.chance() * 90_000.0) as i64 + 1);
            self.now = next.min(moment).min(to);
            if self.running.as_ref().is_some_and(|(_, at)| *at <= self.now) {
                self.end_run()?;
            }
            for which in 0..2 {
                let is_due = self.schedulers[which]
                    .as_ref()
                    .and_then(|scheduler| scheduler.trigger.wake_at())
                    .is_some_and(|at| at <= self.now);
                if self.schedulers[which].is_none() {
                    if self.chance() < 0.3 {
                        self.start(which)?;
                    }
                } else if moment <= next && self.chance() < 0.1 {
                    self.kill(which);
                } else if is_due {
                    self.wake(which)?;
                }
            }
        }
        Ok(())
    }
}

fn days(days: i64, policy: Policy, seed: u64) -> TestResult {
    // Not the disk is tried here.
    let memory = std::path::Path::new("/dev/shm");
    let dir = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let from: Timestamp = "2023-12-31T23:00:00Z".parse()?;
    let to = from + SignedDuration::from_hours(24 * days);
    let mut world = World::new(State::open(dir.path())?, seed, policy, from)?;
    world.state.save_seen("p", from, "r")?;
    world.live(to)?;
    // In the end one scheduler looks at all that was left, and what runs ends.
    world.kill(0);
    world.kill(1);
    while world.running.is_some() || !world.waiting.is_empty() {
        world.end_run()?;
        world.begin_runs()?;
    }
    while world.schedulers[0].is_none() {
        world.start(0)?;
    }
    let fires: Vec<Timestamp> = world.timetable.after(from).take_while(|fire| *fire <= to).collect();
    let rows = world.state.fires("p", from, to + SignedDuration::from_nanos(1000))?;
    let twice: Vec<_> = world.begun.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "ran twice: {twice:?}");
    let (mut ran, mut skipped, mut lost) = (0, 0, 0);
    for row in &rows {
        let has_begun = world.begun.contains_key(&row.instant);
        match (row.status, row.reason.as_deref()) {
            (FireStatus::Skipped, Some(LOST)) => {
                lost += 1;
                assert!(!has_begun && world.orphaned.contains(&row.instant), "{row:?} was not lost");
            }
            (FireStatus::Skipped, reason) => {
                skipped += 1;
                assert!(!has_begun && reason.is_some(), "{row:?} began, or nobody knows why it was skipped");
            }
            (FireStatus::Done | FireStatus::Due, _) => {
                ran += usize::from(has_begun);
                assert!(has_begun || row.status == FireStatus::Due, "{row:?} never began");
            }
        }
    }
    let claimed_at_the_end = rows.iter().filter(|row| row.status == FireStatus::Due).count();
    assert!(claimed_at_the_end <= 2, "only what the last scheduler has just claimed is open");
    let missing: Vec<&Timestamp> = fires.iter().filter(|fire| !rows.iter().any(|row| row.instant == **fire)).collect();
    let waiting = world.schedulers[0].as_ref().map_or(to, |scheduler| scheduler.trigger.settled());
    assert!(missing.iter().all(|fire| **fire > waiting), "nothing is known of {missing:?}");
    println!(
        "{days} days, {policy:?}: {} fires, {ran} ran, {skipped} skipped, {lost} recorded but not started; {} kills",
        fires.len(),
        world.kills
    );
    assert!(world.kills > 20 && lost > 0 && ran > 0, "too little happened");
    Ok(())
}

fn policy(catchup: Catchup, overlap: Overlap) -> Policy {
    Policy { catchup, overlap, max_catchup: Some(Duration::from_secs(5 * 86_400)), jitter: Duration::ZERO }
}

#[test]
fn no_fire_runs_twice_and_each_lost_one_is_known() -> TestResult {
    days(500, policy(Catchup::Latest, Overlap::Skip), 1)
}

#[test]
fn nor_when_runs_are_queued() -> TestResult {
    days(150, policy(Catchup::All, Overlap::Queue), 2)
}

#[test]
fn nor_when_older_runs_are_cancelled() -> TestResult {
    days(150, policy(Catchup::Latest, Overlap::Cancel), 3)
}
