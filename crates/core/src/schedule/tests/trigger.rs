//! The trigger on a clock that is set as it pleases, beside a ledger that outlives it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{instant, timetable};
use crate::schedule::{
    Downtime, FireOutcome, FireSkipReason, GRACE, Policy, Simulation, Timetable, Trigger, TriggerAction, TriggerInput,
    simulate,
};
use crate::spec::{Catchup, Overlap};

const HOUR: Duration = Duration::from_secs(3600);

fn policy(catchup: Catchup, overlap: Overlap) -> Policy {
    Policy { catchup, overlap, ..Policy::default() }
}

/// What is written down of fires: `None` for one that was claimed, else when and why it was passed over.
#[derive(Default)]
struct World {
    rows: BTreeMap<Timestamp, Option<(Timestamp, FireSkipReason)>>,
    launched: Vec<Timestamp>,
    cancelled: Vec<Timestamp>,
}

impl World {
    /// Does what the trigger wants. A fire that was passed over by a clock that was ahead may still be claimed.
    fn tell(&mut self, trigger: &mut Trigger, input: TriggerInput, now: Timestamp) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut actions = Vec::new();
            trigger.handle(input, now, &mut actions);
            for action in actions {
                match action {
                    TriggerAction::Skip(fire, reason) => drop(self.rows.entry(fire).or_insert(Some((now, reason)))),
                    TriggerAction::Claim(fire, _) => {
                        let is_free = self.rows.get(&fire).is_none_or(|row| row.is_some_and(|(at, _)| at > now));
                        inputs.push(if is_free { TriggerInput::Claimed(fire) } else { TriggerInput::Refused(fire) });
                        if is_free {
                            self.rows.insert(fire, None);
                        }
                    }
                    TriggerAction::Launch(fire) => self.launched.push(fire),
                    TriggerAction::Cancel(fire) => {
                        self.cancelled.push(fire);
                        inputs.push(TriggerInput::Ended(fire));
                    }
                    TriggerAction::GiveUp(fire, reason) => drop(self.rows.insert(fire, Some((now, reason)))),
                }
            }
        }
    }

    fn wake(&mut self, trigger: &mut Trigger, now: Timestamp) {
        self.tell(trigger, TriggerInput::Woke { elsewhere: None }, now);
    }

    /// Wakes it, and lets every run end at once.
    fn wake_and_run(&mut self, trigger: &mut Trigger, now: Timestamp) {
        self.wake(trigger, now);
        while let Some(fire) = trigger.running() {
            self.tell(trigger, TriggerInput::Ended(fire), now);
        }
    }

    fn runs_once_each(&self) {
        let mut sorted = self.launched.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), self.launched.len(), "a fire ran twice: {:?}", self.launched);
    }

    fn skipped(&self, fire: &str) -> Option<FireSkipReason> {
        self.rows.get(&instant(fire)).copied().flatten().map(|(_, reason)| reason)
    }
}

fn hourly(policy: Policy, seen: &str) -> Trigger {
    Trigger::new("p", timetable("0 * * * *", "UTC"), policy, instant(seen))
}

#[test]
fn a_fire_starts_when_its_time_has_come_and_not_before() {
    let mut world = World::default();
    let mut trigger = hourly(Policy::default(), "2024-11-20T19:30:00Z");
    assert_eq!(trigger.wake_at(), Some(instant("2024-11-20T20:00:00Z")));
    world.wake(&mut trigger, instant("2024-11-20T19:59:59.999Z"));
    assert_eq!(world.launched, []);
    world.wake(&mut trigger, instant("2024-11-20T20:00:00Z"));
    assert_eq!(
        (world.launched, trigger.running()),
        (vec![instant("2024-11-20T20:00:00Z")], Some(instant("2024-11-20T20:00:00Z")))
    );
    assert_eq!(trigger.wake_at(), Some(instant("2024-11-20T21:00:00Z")));
}

#[test]
fn a_fire_during_a_run_is_skipped_or_waits_or_cancels() {
    let fires = ["2024-11-20T20:00:00Z", "2024-11-20T21:00:00Z", "2024-11-20T22:00:00Z"];
    for overlap in [Overlap::Skip, Overlap::Queue, Overlap::Cancel] {
        let mut world = World::default();
        let mut trigger = hourly(policy(Catchup::Latest, overlap), "2024-11-20T19:30:00Z");
        fires.iter().for_each(|fire| world.wake(&mut trigger, instant(fire)));
        let launched: Vec<Timestamp> = world.launched.clone();
        match overlap {
            Overlap::Skip => {
                assert_eq!(launched, [instant(fires[0])]);
                assert_eq!(world.skipped(fires[1]), Some(FireSkipReason::Overlap(instant(fires[0]))));
                assert_eq!(trigger.settled(), instant(fires[2]));
            }
            Overlap::Queue => {
                assert_eq!(launched, [instant(fires[0])]);
                assert!(trigger.settled() < instant(fires[1]), "what waits is not written down");
                world.wake_and_run(&mut trigger, instant("2024-11-20T22:30:00Z"));
                assert_eq!(world.launched, fires.map(instant));
            }
            Overlap::Cancel => {
                assert_eq!(launched, fires.map(instant));
                assert_eq!(world.cancelled, [instant(fires[0]), instant(fires[1])]);
            }
        }
        world.runs_once_each();
    }
}

#[test]
fn the_run_of_another_process_counts_too() {
    let (before, fire) = (instant("2024-11-20T20:00:00Z"), instant("2024-11-20T21:00:00Z"));
    for overlap in [Overlap::Skip, Overlap::Queue, Overlap::Cancel] {
        let mut world = World::default();
        let mut trigger = hourly(policy(Catchup::Latest, overlap), "2024-11-20T20:30:00Z");
        world.tell(&mut trigger, TriggerInput::Woke { elsewhere: Some(before) }, fire);
        assert_eq!(world.launched.contains(&fire), overlap != Overlap::Skip);
        assert_eq!(world.cancelled, if overlap == Overlap::Cancel { vec![before] } else { vec![] });
    }
}

#[test]
fn whoever_stops_waits_or_cancels() {
    let fire = instant("2024-11-20T20:00:00Z");
    for overlap in [Overlap::Skip, Overlap::Queue, Overlap::Cancel] {
        let mut world = World::default();
        let mut trigger = hourly(policy(Catchup::Latest, overlap), "2024-11-20T19:30:00Z");
        world.wake(&mut trigger, fire);
        world.tell(&mut trigger, TriggerInput::Stop, fire);
        assert_eq!(trigger.is_idle(), overlap == Overlap::Cancel);
        assert_eq!(trigger.wake_at(), None);
        world.tell(&mut trigger, TriggerInput::Stop, fire);
        assert!(trigger.is_idle() && world.cancelled == [fire], "the second time it is cancelled");
    }
}

#[test]
fn nothing_runs_during_a_pause_and_nothing_is_made_up_for_after_it() {
    let mut world = World::default();
    let mut trigger = hourly(policy(Catchup::All, Overlap::Skip), "2024-11-20T19:30:00Z");
    world.tell(&mut trigger, TriggerInput::Paused(true), instant("2024-11-20T19:40:00Z"));
    world.wake(&mut trigger, instant("2024-11-20T22:10:00Z"));
    world.tell(&mut trigger, TriggerInput::Paused(false), instant("2024-11-20T22:20:00Z"));
    world.wake(&mut trigger, instant("2024-11-20T23:00:00Z"));
    assert_eq!(world.launched, [instant("2024-11-20T23:00:00Z")]);
    assert_eq!(world.skipped("2024-11-20T21:00:00Z"), Some(FireSkipReason::Paused));
}

#[test]
fn another_timetable_counts_from_the_edit_on() {
    let mut world = World::default();
    let mut trigger = hourly(policy(Catchup::All, Overlap::Skip), "2024-11-20T19:30:00Z");
    let daily = timetable("15 6 * * *", "UTC");
    let edited = TriggerInput::Edited { timetable: Some(Box::new(daily)), policy: policy(Catchup::All, Overlap::Skip) };
    world.tell(&mut trigger, edited, instant("2024-11-20T19:50:00Z"));
    assert_eq!(trigger.wake_at(), Some(instant("2024-11-21T06:15:00Z")));
    assert_eq!(world.rows.len(), 0, "nothing was missed");
}

#[test]
fn jitter_is_the_same_for_all_and_within_its_bounds() {
    let jitter = Policy { jitter: Duration::from_secs(600), ..Policy::default() };
    let fires: Vec<Timestamp> = timetable("0 * * * *", "UTC").after(Timestamp::UNIX_EPOCH).take(500).collect();
    let waits: Vec<Duration> =
        fires.iter().map(|fire| Duration::try_from(jitter.start("p", *fire).duration_since(*fire)).unwrap()).collect();
    assert!(waits.iter().all(|wait| *wait <= jitter.jitter));
    assert!(
        waits.iter().any(|wait| *wait > jitter.jitter * 9 / 10) && waits.iter().any(|wait| *wait < jitter.jitter / 10)
    );
    assert_eq!(jitter.start("p", fires[3]), jitter.start("p", fires[3]));
    assert_ne!(jitter.start("p", fires[3]), jitter.start("q", fires[3]));
    let mut trigger = Trigger::new("p", timetable("0 * * * *", "UTC"), jitter, Timestamp::UNIX_EPOCH);
    let (mut world, at) = (World::default(), jitter.start("p", fires[0]));
    assert_eq!(trigger.wake_at(), Some(at));
    world.wake(&mut trigger, at - SignedDuration::from_nanos(1));
    assert_eq!(world.launched, []);
    world.wake(&mut trigger, at);
    assert_eq!(world.launched, [fires[0]]);
}

#[test]
fn a_clock_that_was_a_year_ahead_silences_nothing() {
    let mut world = World::default();
    let mut trigger = hourly(Policy::default(), "2024-11-20T19:30:00Z");
    world.wake_and_run(&mut trigger, instant("2025-11-20T20:30:00Z"));
    assert_eq!(world.launched, [instant("2025-11-20T20:00:00Z")]);
    world.wake_and_run(&mut trigger, instant("2024-11-20T19:31:00Z"));
    assert_eq!(trigger.wake_at(), Some(instant("2024-11-20T20:00:00Z")));
    world.wake_and_run(&mut trigger, instant("2024-11-20T20:00:00Z"));
    assert_eq!(world.launched.last(), Some(&instant("2024-11-20T20:00:00Z")));
}

/// So far a clock is set: from a second to a year, either way.
fn jump() -> impl Strategy<Value = SignedDuration> {
    let size = prop_oneof![1..60i64, 60..7_200i64, 7_200..864_000i64, 864_000..31_536_000i64];
    (size, any::<bool>()).prop_map(|(size, back)| SignedDuration::from_secs(if back { -size } else { size }))
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let catchup = prop_oneof![Just(Catchup::None), Just(Catchup::Latest), Just(Catchup::All)];
    let overlap = prop_oneof![Just(Overlap::Skip), Just(Overlap::Queue), Just(Overlap::Cancel)];
    let most = prop_oneof![Just(None), (1..200u64).prop_map(|hours| Some(HOUR * hours as u32))];
    (catchup, overlap, most).prop_map(|(catchup, overlap, max_catchup)| Policy {
        catchup,
        overlap,
        max_catchup,
        jitter: Duration::ZERO,
    })
}

fn some_timetable() -> impl Strategy<Value = Timetable> {
    let expressions = ["0 * * * *", "30 2 * * *", "*/20 1-3 * * *", "45 19 * * MON-FRI", "15 */6 * * *"];
    let zones = ["UTC", "Europe/Paris", "Australia/Lord_Howe"];
    (prop::sample::select(expressions.to_vec()), prop::sample::select(zones.to_vec()))
        .prop_map(|(expression, zone)| timetable(expression, zone))
}

proptest! {
    /// Whatever the clock does, no fire runs twice, every fire that the clock has passed is written down, and none is lost
    /// that came on time.
    #[test]
    fn a_clock_may_be_set_as_it_pleases(
        timetable in some_timetable(),
        policy in any_policy(),
        jumps in prop::collection::vec((jump(), 0..20usize), 1..8),
    ) {
        let mut now = instant("2024-03-20T12:00:00Z");
        let mut world = World::default();
        let mut trigger = Trigger::new("p", timetable.clone(), policy, now);
        for (jump, fires) in jumps {
            now += jump;
            world.wake_and_run(&mut trigger, now);
            // A clock that goes well for a while.
            for _ in 0..fires {
                let Some(next) = trigger.wake_at() else { break };
                prop_assert!(next > now, "it wakes for what is to come");
                now = next;
                world.wake_and_run(&mut trigger, now);
                prop_assert_eq!(world.rows.get(&now), Some(&None), "the fire of {} came on time and did not run", now);
            }
            prop_assert_eq!(trigger.settled(), trigger.settled().min(now));
        }
        world.runs_once_each();
    }

    /// A downtime of any length: which fires run afterwards follows from the list of those that were missed.
    #[test]
    fn a_downtime_is_made_up_for_by_the_rule(
        timetable in some_timetable(),
        policy in any_policy(),
        before in 0..100_000i64,
        down in prop_oneof![0..600i64, 600..90_000i64, 90_000..20_000_000i64],
    ) {
        let from = instant("2024-03-20T12:00:00Z");
        let stop = from + SignedDuration::from_secs(before);
        let back = stop + SignedDuration::from_secs(down);
        let to = back + SignedDuration::from_secs(1);
        let told = simulate(&Simulation {
            pipeline: "p".into(),
            timetable: timetable.clone(),
            policy,
            from,
            to,
            down: vec![Downtime { from: stop, to: back }],
            takes: Duration::ZERO,
        });
        let fires: Vec<Timestamp> =
            timetable.after(from - SignedDuration::from_nanos(1)).take_while(|fire| *fire <= back).collect();
        prop_assert_eq!(told.iter().map(|told| told.fire).collect::<Vec<_>>(), fires.clone(), "each is told once");
        let ran = |fire: Timestamp| told.iter().any(|told| told.fire == fire && matches!(told.fate, FireOutcome::Ran(_)));
        let missed: Vec<Timestamp> = fires.iter().copied().filter(|fire| *fire >= stop && *fire + GRACE < back).collect();
        let on_time: Vec<Timestamp> = fires.iter().copied().filter(|fire| *fire >= stop && *fire + GRACE >= back).collect();
        for fire in fires.iter().copied().filter(|fire| *fire < stop) {
            prop_assert!(ran(fire), "{} came before the downtime", fire);
        }
        for (at, fire) in missed.iter().copied().enumerate() {
            let age = back.duration_since(fire);
            let young = policy.max_catchup.is_none_or(|most| age <= SignedDuration::try_from(most).unwrap());
            let expected = young && match policy.catchup {
                Catchup::None => false,
                Catchup::Latest => at + 1 == missed.len() && on_time.is_empty(),
                Catchup::All => true,
            };
            // Under `cancel` a fire that comes on time replaces those that still wait.
            let replaced = policy.overlap == Overlap::Cancel && !on_time.is_empty();
            prop_assert_eq!(ran(fire), expected && !replaced, "{}, missed for {:?}", fire, age);
        }
    }
}
