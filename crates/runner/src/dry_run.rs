//! What a run would do and why, found without changing anything: `plan` and `run --dry-run`.

mod before;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use serde::Serialize;
use tidemill_core::fingerprint::Reason;
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::table::TableEngine;
use tidemill_core::task::TaskFacts;

use crate::Failure;
use crate::cache_index::{Archive, CacheIndex, Decision, Options, Question, ResultDigests};
use crate::condition::unmet;
use crate::project::Project;

pub use before::no_columns;
use before::{MentionedTasks, lacks_columns, running, skipped};

/// What would be done with one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// It runs.
    Run,
    /// Its files are published again from the cache.
    Restore,
    /// Nothing: its result is there.
    Cached,
    /// Nothing: it is not wanted.
    Skip,
}

/// What would be done with one task, and why.
#[derive(Clone, Debug)]
pub struct DryRunTask {
    /// The task.
    pub task: TaskIx,
    /// What would be done.
    pub act: Act,
    /// Why.
    pub reasons: Vec<String>,
    /// Whether there is a reason beside that tasks above it run.
    pub of_its_own: bool,
}

/// All tasks' actions, in the order in which they would come.
pub struct DryRun {
    /// Task by task.
    pub tasks: Vec<DryRunTask>,
    /// How long tasks took before.
    expected: HashMap<TaskName, Duration>,
}

impl DryRun {
    /// Looks at every task wanted, those before it first.
    pub fn of(
        project: &Project,
        engine: &dyn TableEngine,
        wanted: &Selection,
        forced: &Selection,
        resend: bool,
    ) -> Result<Self, Failure> {
        let plan = &*project.plan;
        let (cache, state) = CacheIndex::look(&plan.spec.project, &plan.spec.name.value)?;
        let expected = state.as_ref().and_then(|state| state.durations(&cache.pipeline).ok()).unwrap_or_default();
        let mut results: HashMap<TaskIx, ResultDigests> = HashMap::new();
        let mut facts: BTreeMap<String, TaskFacts> = BTreeMap::new();
        let mut runs: HashSet<TaskIx> = HashSet::new();
        let mut skips: HashSet<TaskIx> = HashSet::new();
        let mut tasks = Vec::new();
        for ix in plan.order.iter().copied().filter(|ix| wanted.contains(ix)) {
            let task = plan.task(ix);
            let mentioned = MentionedTasks::by(project, ix);
            if let Some(reason) = skipped(plan, ix, &skips)
                .or_else(|| lacks_columns(plan, ix, &results))
                .or_else(|| unwanted(project, ix, &mentioned, &facts, &runs))
            {
                skips.insert(ix);
                let known = TaskFacts { status: "skipped".to_owned(), ..TaskFacts::default() };
                facts.insert(task.name.to_string(), known);
                tasks.push(DryRunTask { task: ix, act: Act::Skip, reasons: vec![reason], of_its_own: true });
                continue;
            }
            let question = Question {
                plan,
                sources: &project.sources,
                engine: engine.name(),
                run: &project.run,
                results: &|other| results.get(&other).copied(),
                facts: &|| mentioned.facts(plan, &facts),
            };
            let fingerprint = cache
                .fingerprint(ix, &question)
                .map_err(|failure| Failure::broken(format!("task `{}`: {}", task.name, failure.message)))?;
            let above = running(plan, ix, &runs, &mentioned);
            let options = Options {
                forced: forced.contains(&ix),
                resend,
                scheduled: project.run.trigger != "manual",
                as_cached: false,
            };
            let archive = state.as_ref().map(|state| state as &dyn Archive);
            let decision = cache.decide(task, &fingerprint, options, archive);
            let last = cache.last.get(&task.name);
            let (act, mut reasons, found) = match decision {
                Decision::Run(reasons) => (Act::Run, reasons, last),
                Decision::Cached(_) if !above.is_empty() => (Act::Run, Vec::new(), last),
                Decision::Restore(_, reasons) if !above.is_empty() => (Act::Run, reasons, last),
                Decision::Cached(ref found) => (Act::Cached, Vec::new(), Some(&**found)),
                Decision::Restore(ref found, ref reasons) => (Act::Restore, reasons.clone(), Some(&**found)),
            };
            // For what comes below, a task that runs is taken to make what it made before: then only its running is new.
            if let Some(found) = found {
                results.extend(ResultDigests::of_last(found).map(|digests| (ix, digests)));
                facts.extend(found.facts().ok().map(|facts| (task.name.to_string(), facts)));
            }
            if act == Act::Run {
                runs.insert(ix);
                reasons.retain(|reason| !is_of_missing_upstream(reason, &above, plan));
                reasons.extend(above.iter().map(|ix| Reason::UpstreamRuns(plan.task(*ix).name.clone())));
            }
            let of_its_own = reasons.iter().any(|reason| !matches!(reason, Reason::UpstreamRuns(_)));
            tasks.push(DryRunTask {
                task: ix,
                act,
                reasons: reasons.iter().map(ToString::to_string).collect(),
                of_its_own,
            });
        }
        Ok(Self { tasks, expected })
    }

    /// Whether anything would be done.
    pub fn is_stale(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task.act, Act::Run | Act::Restore))
    }

    /// How long the tasks to run took before: all of it, and the longest way through. None where some never ran, or none runs.
    pub fn expected(&self, plan: &Plan) -> Option<(Duration, Duration)> {
        let mut ends: HashMap<TaskIx, Duration> = HashMap::new();
        let mut all = Duration::ZERO;
        for planned in self.tasks.iter().filter(|planned| planned.act == Act::Run) {
            let task = plan.task(planned.task);
            let own = self.expected.get(&task.name)?;
            let before = task.needs.iter().filter_map(|need| ends.get(&need.task)).max().copied().unwrap_or_default();
            ends.insert(planned.task, before + *own);
            all += *own;
        }
        Some((all, ends.values().max().copied()?))
    }
}

/// Why the task's `when` keeps it from running. What it says of a task that runs is not known yet.
fn unwanted(
    project: &Project,
    ix: TaskIx,
    mentioned: &MentionedTasks,
    facts: &BTreeMap<String, TaskFacts>,
    runs: &HashSet<TaskIx>,
) -> Option<String> {
    let spec = &project.plan.task(ix).spec;
    if spec.common.when.is_none() || mentioned.in_condition.iter().any(|ix| runs.contains(ix)) {
        return None;
    }
    // A condition that cannot be judged fails the run, not the plan.
    unmet(spec, &mentioned.facts(&project.plan, facts), &project.run, &project.sources).ok()?
}

/// An upstream task without a result yet looks as if it were read no longer, or newly; that it runs says it better.
fn is_of_missing_upstream(reason: &Reason, above: &[TaskIx], plan: &Plan) -> bool {
    match reason {
        Reason::NewInput(name) | Reason::InputRemoved(name) | Reason::UpstreamChanged(name) => {
            above.iter().any(|ix| plan.task(*ix).name == *name)
        }
        _ => false,
    }
}
