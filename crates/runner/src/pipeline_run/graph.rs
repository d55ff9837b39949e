//! One graph of a run: its tasks, or handlers, as the scheduler does them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tidemill_core::cache::Object;
use tidemill_core::clock::SystemClock;
use tidemill_core::ids::{RunId, TaskIx, TaskName};
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::run::{Interrupts, RunOptions, RunSummary};
use tidemill_core::sched::{Dep, Pool, SchedGraph, SchedTask};

use super::Runner;
use crate::Failure;
use crate::execute::{ExecutionContext, TaskExecutor};

/// How long slow observers may take at the end of a run.
const GRACE: Duration = Duration::from_secs(5);

impl Runner<'_> {
    /// Does the tasks wanted of a graph: how they ended, and the stored tables that there are then.
    pub(super) fn graph(
        &self,
        plan: &Arc<Plan>,
        wanted: &Selection,
        context: ExecutionContext,
        interrupts: &Interrupts,
    ) -> Result<(RunSummary, Vec<Object>), Failure> {
        let expected = context.state.lock().unwrap_or_else(PoisonError::into_inner).durations(&context.cache.pipeline);
        let graph = sched_graph(plan, wanted, &expected.unwrap_or_default())
            .map_err(|error| Failure::broken(format!("the graph cannot be run: {error}")))?;
        let mut observers = self.reporter.observers();
        self.watchers.watch(plan, &mut observers);
        let options = RunOptions {
            run: RunId::new(self.project.run.id.as_str()),
            jobs: self.request.jobs,
            keep_going: self.request.keep_going,
            seed: seed_of(&self.project.run.id),
        };
        let clock = SystemClock::new();
        let executor = Arc::new(TaskExecutor::new(plan.clone(), wanted, context));
        let done =
            tidemill_core::run::run(Arc::new(graph), executor.clone(), &mut observers, &clock, &options, interrupts);
        executor.tidy_up();
        for note in observers.finish(GRACE) {
            self.reporter.warning(&note);
        }
        let written = executor.write_down_rest();
        match done.error.clone().map_or(written, Err) {
            Ok(()) => Ok((done, executor.objects())),
            Err(error) => Err(Failure::broken(error)),
        }
    }
}

/// Jitter is the same in a run that is told again.
fn seed_of(run: &str) -> u64 {
    run.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The plan as the scheduler sees it.
fn sched_graph(
    plan: &Plan,
    wanted: &Selection,
    expected: &HashMap<TaskName, Duration>,
) -> Result<SchedGraph, tidemill_core::sched::GraphError> {
    let pools: Vec<Pool> = plan
        .spec
        .pools
        .iter()
        .map(|(name, capacity)| Pool { name: name.clone(), capacity: *capacity as usize })
        .collect();
    let tasks = plan
        .tasks
        .iter()
        .enumerate()
        .map(|(at, task)| {
            let common = &task.spec.common;
            let pool = common.pool.as_ref().and_then(|pool| pools.iter().position(|known| known.name == pool.value));
            SchedTask {
                selected: wanted.contains(&TaskIx(at as u32)),
                deps: task.needs.iter().map(|need| Dep { task: need.task, kind: need.what }).collect(),
                rule: common.trigger_rule,
                retries: common.retries.clone(),
                timeout: common.timeout,
                pool,
                expected: expected.get(&task.name).copied(),
                awaited: task.task_type.supervised,
                ..SchedTask::new(task.name.clone())
            }
        })
        .collect();
    SchedGraph::new(tasks, pools)
}
