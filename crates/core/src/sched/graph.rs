//! What the scheduler has to know of a pipeline: no parameters, no tables, only what decides when a task starts.

use std::time::Duration;

use crate::ids::{TaskIx, TaskName};
use crate::spec::{Retries, TriggerRule};
use crate::task::EdgeKind;

/// A task as the scheduler sees it.
#[derive(Clone, Debug)]
pub struct SchedTask {
    /// Its id, for reasons and events.
    pub name: TaskName,
    /// Whether this run is about it. A task that is not has no state and no events; who depends on it finds it in order.
    pub selected: bool,
    /// The tasks before it.
    pub deps: Vec<Dep>,
    /// Under which results of theirs it starts.
    pub rule: TriggerRule,
    /// How often it is tried again.
    pub retries: Retries,
    /// The longest that one attempt may take.
    pub timeout: Option<Duration>,
    /// Its pool, an index into the graph's pools.
    pub pool: Option<usize>,
    /// How long it took before, if that is known: the longest way to the end goes first.
    pub expected: Option<Duration>,
    /// Whether an interrupted run waits until its attempt has ended. True for what dies soon after it is told to, such as a
    /// child process; false for what cannot be stopped from outside, such as a table being computed.
    pub awaited: bool,
}

impl SchedTask {
    /// A task that depends on nothing, is tried once and has no limits.
    pub fn new(name: TaskName) -> Self {
        Self {
            name,
            selected: true,
            deps: Vec::new(),
            rule: TriggerRule::default(),
            retries: Retries::default(),
            timeout: None,
            pool: None,
            expected: None,
            awaited: false,
        }
    }
}

/// One task comes after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dep {
    /// The one before.
    pub task: TaskIx,
    /// What is read of it. A table or files need its success, whatever the trigger rule.
    pub kind: EdgeKind,
}

/// So many tasks of one kind at once.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Its name in the file.
    pub name: String,
    /// How many; 0 counts as 1, or its tasks would wait for ever.
    pub capacity: usize,
}

/// Why a graph cannot be run. The plan finds these first and says them better; here they only must not hang a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// An index out of range.
    #[error("task `{task}` refers to a task or pool that is not part of the graph")]
    Unknown {
        /// Who refers.
        task: TaskName,
    },
    /// Tasks that wait for each other.
    #[error("task `{task}` is part of a cycle or depends on one")]
    Cycle {
        /// One of them.
        task: TaskName,
    },
}

/// The tasks of a run with their edges in both directions; known to be without cycles.
#[derive(Clone, Debug)]
pub struct SchedGraph {
    tasks: Vec<SchedTask>,
    pools: Vec<Pool>,
    down: Vec<Vec<TaskIx>>,
    priority: Vec<Duration>,
}

impl SchedGraph {
    /// Takes tasks in the order of the file; `TaskIx(n)` is the n-th.
    ///
    /// # Errors
    /// If an index is out of range or there is a cycle.
    pub fn new(tasks: Vec<SchedTask>, pools: Vec<Pool>) -> Result<Self, GraphError> {
        let mut down = vec![Vec::new(); tasks.len()];
        let mut missing = Vec::with_capacity(tasks.len());
        for (at, task) in tasks.iter().enumerate() {
            let known = task.deps.iter().all(|dep| dep.task.index() < tasks.len());
            if !known || task.pool.is_some_and(|pool| pool >= pools.len()) {
                return Err(GraphError::Unknown { task: task.name.clone() });
            }
            for dep in &task.deps {
                down[dep.task.index()].push(ix(at));
            }
            missing.push(task.deps.len());
        }
        let order = topological(&down, &mut missing);
        if let Some(at) = missing.iter().position(|left| *left > 0) {
            return Err(GraphError::Cycle { task: tasks[at].name.clone() });
        }
        let mut priority = vec![Duration::ZERO; tasks.len()];
        for task in order.iter().rev() {
            let rest = down[task.index()].iter().map(|next| priority[next.index()]).max().unwrap_or_default();
            priority[task.index()] = rest.saturating_add(tasks[task.index()].expected.unwrap_or_default());
        }
        Ok(Self { tasks, pools, down, priority })
    }

    /// The tasks, in the order of the file.
    pub fn tasks(&self) -> &[SchedTask] {
        &self.tasks
    }

    /// One of them.
    pub fn task(&self, task: TaskIx) -> &SchedTask {
        &self.tasks[task.index()]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The pools.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The tasks directly after one, once for each edge.
    pub(super) fn down(&self, task: TaskIx) -> &[TaskIx] {
        &self.down[task.index()]
    }

    /// The expected time from its start to the end of the last task that depends on it; zero where nothing is known.
    pub fn critical_path(&self, task: TaskIx) -> Duration {
        self.priority[task.index()]
    }

    /// The indexes of all tasks.
    pub(crate) fn all(&self) -> impl Iterator<Item = TaskIx> + use<> {
        (0..self.tasks.len()).map(ix)
    }
}

/// An index of a slice as a task's. A graph of more than four thousand million tasks does not fit into memory.
fn ix(at: usize) -> TaskIx {
    TaskIx(at as u32)
}

/// The tasks in an order in which each comes after those before it. What stays above zero in `missing` lies on or behind a
/// cycle and is left out.
fn topological(down: &[Vec<TaskIx>], missing: &mut [usize]) -> Vec<TaskIx> {
    let mut order: Vec<TaskIx> = (0..down.len()).filter(|at| missing[*at] == 0).map(ix).collect();
    let mut at = 0;
    while let Some(task) = order.get(at).copied() {
        at += 1;
        for next in &down[task.index()] {
            missing[next.index()] -= 1;
            if missing[next.index()] == 0 {
                order.push(*next);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(edges: &[(usize, usize)], len: usize) -> Vec<SchedTask> {
        let mut tasks: Vec<SchedTask> = (0..len).map(|at| SchedTask::new(format!("t{at}").as_str().into())).collect();
        for (from, to) in edges {
            tasks[*to].deps.push(Dep { task: ix(*from), kind: EdgeKind::Order });
        }
        tasks
    }

    #[test]
    fn a_cycle_or_a_stranger_is_refused() {
        let cycle = SchedGraph::new(chain(&[(0, 1), (1, 2), (2, 1)], 3), Vec::new());
        assert_eq!(cycle.unwrap_err(), GraphError::Cycle { task: "t1".into() });
        let stranger = SchedGraph::new(chain(&[(7, 1)], 2), Vec::new());
        assert_eq!(stranger.unwrap_err(), GraphError::Unknown { task: "t1".into() });
    }

    #[test]
    fn the_critical_path_is_the_longest_way_to_the_end() {
        let mut tasks = chain(&[(0, 1), (0, 2), (1, 3), (2, 3)], 4);
        for (task, seconds) in tasks.iter_mut().zip([1, 10, 2, 4]) {
            task.expected = Some(Duration::from_secs(seconds));
        }
        let graph = SchedGraph::new(tasks, Vec::new()).unwrap();
        let paths: Vec<u64> = graph.all().map(|task| graph.critical_path(task).as_secs()).collect();
        assert_eq!(paths, [15, 14, 6, 4]);
    }
}
