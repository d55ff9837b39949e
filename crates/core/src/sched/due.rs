//! Whether a task whose upstream tasks have all ended is to run: the trigger rules, in one place.

use crate::ids::TaskIx;
use crate::spec::TriggerRule;
use crate::task::EdgeKind;

use super::{CancelReason, SchedTask, SkipReason, Status, TaskState};

/// What the tasks before one came to, the first of each sort in the order of its dependencies.
#[derive(Default)]
struct Before {
    /// Failed itself.
    failed: Option<TaskIx>,
    /// Did not run because of a failure: the task, and the one that failed.
    blocked: Option<(TaskIx, TaskIx)>,
    /// Was not reached.
    cancelled: Option<CancelReason>,
    /// Was skipped for its own reasons.
    skipped: Option<TaskIx>,
    /// Whether any was more than not reached.
    reached: bool,
}

impl Before {
    fn of(task: &SchedTask, states: &[TaskState], counts: impl Fn(EdgeKind) -> bool) -> Self {
        let mut before = Self::default();
        for dep in task.deps.iter().filter(|dep| counts(dep.kind)) {
            let state = states[dep.task.index()];
            if let TaskState::Done(Status::Cancelled(reason)) = state {
                before.cancelled.get_or_insert(reason);
                continue;
            }
            before.reached = true;
            match state {
                TaskState::Done(Status::Failed(_)) => _ = before.failed.get_or_insert(dep.task),
                TaskState::Done(Status::Skipped(SkipReason::Failure { root, .. })) => {
                    before.blocked.get_or_insert((dep.task, root));
                }
                TaskState::Done(Status::Skipped(_)) => _ = before.skipped.get_or_insert(dep.task),
                _ => {}
            }
        }
        before
    }

    /// The end of a task that cannot do with a failure before it.
    fn failure(&self) -> Option<Status> {
        if let Some(root) = self.failed {
            return Some(Status::Skipped(SkipReason::Failure { root, via: None }));
        }
        if let Some((via, root)) = self.blocked {
            return Some(Status::Skipped(SkipReason::Failure { root, via: Some(via) }));
        }
        self.cancelled.map(Status::Cancelled)
    }

    /// The end of a task that needs success of all before it.
    fn no_success(&self) -> Option<Status> {
        self.failure().or(self.skipped.map(|task| Status::Skipped(SkipReason::Upstream(task))))
    }
}

/// How `task` ends without having run, or None if it is due. All tasks before it have ended; `first_failure` is set when the
/// run is to go no further because of that task.
///
/// To the rules, a task that was skipped because of a failure counts as failed: else `none_failed` would let a task run two
/// steps behind a failure but not one.
pub(super) fn ends_unrun(task: &SchedTask, states: &[TaskState], first_failure: Option<TaskIx>) -> Option<Status> {
    let data = Before::of(task, states, |kind| kind != EdgeKind::Order);
    if let Some(status) = data.no_success() {
        return Some(status);
    }
    let before = Before::of(task, states, |_| true);
    let status = match task.rule {
        TriggerRule::AllSuccess => before.no_success(),
        TriggerRule::NoneFailed => before.failure(),
        TriggerRule::OneFailed if before.failed.is_some() || before.blocked.is_some() => None,
        TriggerRule::OneFailed => Some(match before.cancelled {
            Some(reason) => Status::Cancelled(reason),
            None => Status::Skipped(SkipReason::NoFailure),
        }),
        TriggerRule::AllDone => None,
    };
    if status.is_some() {
        return status;
    }
    first_failure
        .filter(|_| !(tolerates_failure(task) && before.reached))
        .map(|after| Status::Cancelled(CancelReason::NotReached { after }))
}

/// Whether a task may start in a run that goes no further after a failure. One that nothing comes before may not, whatever its
/// rule: no failure can be what it waits for.
pub(super) fn tolerates_failure(task: &SchedTask) -> bool {
    matches!(task.rule, TriggerRule::AllDone | TriggerRule::OneFailed) && !task.deps.is_empty()
}
