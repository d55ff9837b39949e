//! Thousands of random runs, each compared with what must come out of it.

mod oracle;
mod rules;
mod sim;
mod world;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use oracle::{ExpectedStatus, expected_statuses, is_due};
use sim::{Trace, simulate};
use world::World;

use super::{Action, CancelReason, FailedBy, How, SkipReason, Status, StopReason};
use crate::ids::TaskIx;
use crate::spec::TriggerRule;

/// How many runs are tried: `TIDEMILL_CASES`, or 20,000.
fn cases() -> u64 {
    std::env::var("TIDEMILL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20_000)
}

#[test]
fn random_runs_keep_every_promise() {
    let mut seen = BTreeSet::new();
    for seed in 0..cases() {
        let world = World::random(seed);
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let trace = simulate(&world);
            compare(&world, &trace);
            assert_eq!(trace.actions, simulate(&world).actions, "the same twice");
            seen.extend(trace.actions.iter().filter_map(|(_, action)| kind_of(action)));
        }));
        if let Err(panic) = checked {
            eprintln!("run number {seed} went wrong: {world:#?}");
            resume_unwind(panic);
        }
    }
    let all = "ran cached restored by-look-up by-attempt by-timeout when failure upstream no-failure not-reached stopped \
               timeout run-stopped kill retry-failed retry-timeout";
    let missed: Vec<&str> = all.split(' ').filter(|kind| !seen.contains(kind)).collect();
    assert!(missed.is_empty(), "no run shows {missed:?}: too few or too tame");
}

/// What is worth having seen.
fn kind_of(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::Done { status: Status::Success(How::Ran), .. } => "ran",
        Action::Done { status: Status::Success(How::Cached), .. } => "cached",
        Action::Done { status: Status::Success(How::Restored), .. } => "restored",
        Action::Done { status: Status::Failed(FailedBy::LookUp), .. } => "by-look-up",
        Action::Done { status: Status::Failed(FailedBy::Attempt), .. } => "by-attempt",
        Action::Done { status: Status::Failed(FailedBy::Timeout), .. } => "by-timeout",
        Action::Done { status: Status::Skipped(SkipReason::Verdict), .. } => "when",
        Action::Done { status: Status::Skipped(SkipReason::Failure { .. }), .. } => "failure",
        Action::Done { status: Status::Skipped(SkipReason::Upstream(_)), .. } => "upstream",
        Action::Done { status: Status::Skipped(SkipReason::NoFailure), .. } => "no-failure",
        Action::Done { status: Status::Cancelled(CancelReason::NotReached { .. }), .. } => "not-reached",
        Action::Done { status: Status::Cancelled(CancelReason::Stopped(_)), .. } => "stopped",
        Action::Stop { reason: StopReason::Timeout, .. } => "timeout",
        Action::Stop { reason: StopReason::RunStopped(_), .. } => "run-stopped",
        Action::Kill { .. } => "kill",
        Action::Retry { timed_out: false, .. } => "retry-failed",
        Action::Retry { timed_out: true, .. } => "retry-timeout",
        Action::LookUp(_) | Action::Start { .. } | Action::Finished => return None,
    })
}

/// A run against the oracle: as far as nothing has stopped it, every task has its fate.
fn compare(world: &World, trace: &Trace) {
    let expected_statuses = expected_statuses(world);
    let mut whole = vec![None; world.tasks.len()];
    for (at, task) in world.tasks.iter().enumerate() {
        let Some(status) = trace.statuses[at] else { continue };
        // What was publishing when the run was interrupted may still fail, and is not tried again.
        let cut_short = !world.halts.is_empty()
            && status == Status::Failed(FailedBy::Attempt)
            && trace.attempts[at] <= task.retries.max;
        if !cut_short && is_whole(world, trace, TaskIx(at as u32), &mut whole) {
            assert_eq!(ExpectedStatus::of(status), Some(expected_statuses[at]), "t{at}");
        }
        match status {
            Status::Cancelled(CancelReason::NotReached { after }) => {
                assert!(!world.options.keep_going && trace.first_failure == Some(after));
                assert_eq!(trace.attempts[at], 0, "t{at} was reached");
                let reached = |before: TaskIx| !matches!(trace.statuses[before.index()], Some(Status::Cancelled(_)));
                let all_reached = task.deps.iter().all(|dep| reached(dep.task));
                let tolerant = matches!(task.rule, TriggerRule::AllDone | TriggerRule::OneFailed);
                let due = !task.deps.is_empty() && all_reached && is_due(task, &|before| actual(trace, before));
                assert!(!(tolerant && due), "t{at} is made for failures and was not started");
            }
            Status::Cancelled(CancelReason::Stopped(_)) => assert!(!world.halts.is_empty()),
            _ => {}
        }
    }
    for task in &trace.started_after_failure {
        let spec = &world.tasks[task.index()];
        let tolerant = matches!(spec.rule, TriggerRule::AllDone | TriggerRule::OneFailed) && !spec.deps.is_empty();
        assert!(world.options.keep_going || tolerant, "{task:?} started after a failure");
    }
}

/// How a task before another ended; one outside the run counts as cached.
fn actual(trace: &Trace, task: TaskIx) -> ExpectedStatus {
    trace.statuses[task.index()].map_or(ExpectedStatus::Good(How::Cached), |status| ExpectedStatus::of(status).unwrap())
}

/// Whether neither a task nor any before it was cancelled.
fn is_whole(world: &World, trace: &Trace, task: TaskIx, known: &mut Vec<Option<bool>>) -> bool {
    if let Some(whole) = known[task.index()] {
        return whole;
    }
    let whole = !matches!(trace.statuses[task.index()], Some(Status::Cancelled(_)))
        && world.tasks[task.index()].deps.iter().all(|dep| is_whole(world, trace, dep.task, known));
    known[task.index()] = Some(whole);
    whole
}
