//! What must come out, said as simply as possible: by recursion, without time, queues or events.

use crate::ids::TaskIx;
use crate::sched::{AttemptEnd, FailedBy, How, SchedTask, SkipReason, Status, Verdict};
use crate::spec::TriggerRule;
use crate::task::EdgeKind;

use super::world::World;

/// How a task ends in a run that nothing stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedStatus {
    Good(How),
    Bad(FailedBy),
    /// Kept from running by a failure.
    Blocked,
    /// Not to run.
    Idle,
}

impl ExpectedStatus {
    pub fn of(status: Status) -> Option<Self> {
        Some(match status {
            Status::Success(how) => Self::Good(how),
            Status::Failed(by) => Self::Bad(by),
            Status::Skipped(SkipReason::Failure { .. }) => Self::Blocked,
            Status::Skipped(_) => Self::Idle,
            Status::Cancelled(_) => return None,
        })
    }
}

/// Whether a task is due, by the words of the fine print.
pub fn is_due(task: &SchedTask, expected: &dyn Fn(TaskIx) -> ExpectedStatus) -> bool {
    let good = |at: TaskIx| matches!(expected(at), ExpectedStatus::Good(_));
    let bad = |at: TaskIx| matches!(expected(at), ExpectedStatus::Bad(_) | ExpectedStatus::Blocked);
    let data = task.deps.iter().filter(|dep| dep.kind != EdgeKind::Order);
    data.map(|dep| dep.task).all(good)
        && match task.rule {
            TriggerRule::AllSuccess => task.deps.iter().all(|dep| good(dep.task)),
            TriggerRule::AllDone => true,
            TriggerRule::OneFailed => task.deps.iter().any(|dep| bad(dep.task)),
            TriggerRule::NoneFailed => !task.deps.iter().any(|dep| bad(dep.task)),
        }
}

/// The fates of all tasks.
pub fn expected_statuses(world: &World) -> Vec<ExpectedStatus> {
    let mut known = vec![None; world.tasks.len()];
    (0..world.tasks.len()).for_each(|at| _ = expected(world, TaskIx(at as u32), &mut known));
    known.into_iter().map(Option::unwrap).collect()
}

fn expected(world: &World, task: TaskIx, known: &mut Vec<Option<ExpectedStatus>>) -> ExpectedStatus {
    if let Some(expected) = known[task.index()] {
        return expected;
    }
    let spec = &world.tasks[task.index()];
    let found = if !spec.selected {
        ExpectedStatus::Good(How::Cached)
    } else {
        let before: Vec<(ExpectedStatus, EdgeKind)> =
            spec.deps.iter().map(|dep| (expected(world, dep.task, known), dep.kind)).collect();
        let of = |at: TaskIx| known[at.index()].unwrap();
        if is_due(spec, &of) {
            own_status(world, task)
        } else {
            let bad = |expected: &ExpectedStatus| matches!(expected, ExpectedStatus::Bad(_) | ExpectedStatus::Blocked);
            let lost_data = before.iter().any(|(expected, kind)| *kind != EdgeKind::Order && bad(expected));
            let idle_data = before
                .iter()
                .any(|(expected, kind)| *kind != EdgeKind::Order && !matches!(expected, ExpectedStatus::Good(_)));
            match spec.rule {
                _ if lost_data => ExpectedStatus::Blocked,
                _ if idle_data => ExpectedStatus::Idle,
                TriggerRule::AllSuccess | TriggerRule::NoneFailed
                    if before.iter().any(|(expected, _)| bad(expected)) =>
                {
                    ExpectedStatus::Blocked
                }
                _ => ExpectedStatus::Idle,
            }
        }
    };
    known[task.index()] = Some(found);
    found
}

fn own_status(world: &World, task: TaskIx) -> ExpectedStatus {
    let (spec, script) = (&world.tasks[task.index()], &world.scripts[task.index()]);
    match script.verdict {
        Verdict::Cached => return ExpectedStatus::Good(How::Cached),
        Verdict::Restored => return ExpectedStatus::Good(How::Restored),
        Verdict::Skip => return ExpectedStatus::Idle,
        Verdict::Fail => return ExpectedStatus::Bad(FailedBy::LookUp),
        Verdict::Run => {}
    }
    let mut last = FailedBy::Attempt;
    for attempt in &script.attempts {
        let late = spec.timeout.is_some_and(|timeout| attempt.takes > timeout);
        let published = spec.timeout.is_some_and(|timeout| attempt.commits_at.is_some_and(|at| at < timeout));
        let counts = !late || published;
        match attempt.end {
            AttemptEnd::Success if counts => return ExpectedStatus::Good(How::Ran),
            AttemptEnd::Failed { permanent, exit_code } if counts => {
                last = FailedBy::Attempt;
                let codes = &spec.retries.on_exit;
                if permanent || !(codes.is_empty() || exit_code.is_some_and(|code| codes.contains(&code))) {
                    break;
                }
            }
            _ => {
                last = FailedBy::Timeout;
                if !spec.retries.on_exit.is_empty() {
                    break;
                }
            }
        }
    }
    ExpectedStatus::Bad(last)
}
