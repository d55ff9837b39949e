//! What must come out, said as simply as possible: by recursion, without time, queues or events.

use crate::ids::TaskIx;
use crate::sched::{AttemptEnd, FailedBy, How, SchedTask, SkipReason, Status, Verdict};
use crate::spec::TriggerRule;
use crate::task::EdgeKind;

use super::world::World;

/// How a task ends in a run that nothing stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Good(How),
    Bad(FailedBy),
    /// Kept from running by a failure.
    Blocked,
    /// Not to run.
    Idle,
}

impl Fate {
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
pub fn is_due(task: &SchedTask, fate: &dyn Fn(TaskIx) -> Fate) -> bool {
    let good = |at: TaskIx| matches!(fate(at), Fate::Good(_));
    let bad = |at: TaskIx| matches!(fate(at), Fate::Bad(_) | Fate::Blocked);
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
pub fn fates(world: &World) -> Vec<Fate> {
    let mut known = vec![None; world.tasks.len()];
    (0..world.tasks.len()).for_each(|at| _ = fate(world, TaskIx(at as u32), &mut known));
    known.into_iter().map(Option::unwrap).collect()
}

fn fate(world: &World, task: TaskIx, known: &mut Vec<Option<Fate>>) -> Fate {
    if let Some(fate) = known[task.index()] {
        return fate;
    }
    let spec = &world.tasks[task.index()];
    let found = if !spec.selected {
        Fate::Good(How::Cached)
    } else {
        let before: Vec<(Fate, EdgeKind)> =
            spec.deps.iter().map(|dep| (fate(world, dep.task, known), dep.kind)).collect();
        let of = |at: TaskIx| known[at.index()].unwrap();
        if is_due(spec, &of) {
            own_fate(world, task)
        } else {
            let bad = |fate: &Fate| matches!(fate, Fate::Bad(_) | Fate::Blocked);
            let lost_data = before.iter().any(|(fate, kind)| *kind != EdgeKind::Order && bad(fate));
            let idle_data =
                before.iter().any(|(fate, kind)| *kind != EdgeKind::Order && !matches!(fate, Fate::Good(_)));
            match spec.rule {
                _ if lost_data => Fate::Blocked,
                _ if idle_data => Fate::Idle,
                TriggerRule::AllSuccess | TriggerRule::NoneFailed if before.iter().any(|(fate, _)| bad(fate)) => {
                    Fate::Blocked
                }
                _ => Fate::Idle,
            }
        }
    };
    known[task.index()] = Some(found);
    found
}

fn own_fate(world: &World, task: TaskIx) -> Fate {
    let (spec, script) = (&world.tasks[task.index()], &world.scripts[task.index()]);
    match script.verdict {
        Verdict::Cached => return Fate::Good(How::Cached),
        Verdict::Restored => return Fate::Good(How::Restored),
        Verdict::Skip => return Fate::Idle,
        Verdict::Fail => return Fate::Bad(FailedBy::LookUp),
        Verdict::Run => {}
    }
    let mut last = FailedBy::Attempt;
    for attempt in &script.attempts {
        let late = spec.timeout.is_some_and(|timeout| attempt.takes > timeout);
        let published = spec.timeout.is_some_and(|timeout| attempt.commits_at.is_some_and(|at| at < timeout));
        let counts = !late || published;
        match attempt.end {
            AttemptEnd::Success if counts => return Fate::Good(How::Ran),
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
    Fate::Bad(last)
}
