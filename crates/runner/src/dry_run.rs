//! What a run would do and why, found without changing anything: `plan` and `run --dry-run`.

mod mentioned;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use serde::Serialize;
use tidemill_core::fingerprint::Reason;
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::spec::TriggerRule;
use tidemill_core::table::{TableEngine, TablePlace};
use tidemill_core::task::{EdgeKind, TaskFacts};
use tidemill_state::{LastGood, State};

use crate::Failure;
use crate::cache_index::{CacheIndex, FingerprintInputs, ResultDigests, ResultHistory, Upstream};
use crate::decision::{Decision, DecisionOptions, PendingUpstream, decide};
use crate::leftovers::{Leftover, leftovers};
use crate::project::Project;

use mentioned::MentionedTasks;

/// What would be done with one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DryRunAction {
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
    pub action: DryRunAction,
    /// Why.
    pub reasons: Vec<String>,
    /// Those of the reasons that are not that tasks above it run.
    pub own_reasons: Vec<String>,
    /// The result in the cache that is taken as it is.
    pub result: Option<Box<LastGood>>,
    /// Where its table would be computed, by the rows that the tables before it had last.
    pub place: TablePlace,
}

/// All tasks' actions, in the order in which they would come.
pub struct DryRun {
    /// Task by task.
    pub tasks: Vec<DryRunTask>,
    /// Published files that no task makes any more.
    pub leftovers: Vec<Leftover>,
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
        let spec = &project.plan.spec;
        let (cache, state) = CacheIndex::look(&spec.project, &spec.name.value)?;
        let expected = state.as_ref().and_then(|state| state.durations(&cache.pipeline).ok()).unwrap_or_default();
        let leftovers = state.as_ref().map(|state| leftovers(project, state)).transpose()?.unwrap_or_default();
        let mut simulation = Simulation { project, engine, cache, state, ends: SimulatedEnds::default() };
        let order = project.plan.order.iter().copied().filter(|ix| wanted.contains(ix));
        let tasks = order
            .map(|ix| {
                let options = DecisionOptions {
                    forced: forced.contains(&ix),
                    resend,
                    scheduled: project.run.trigger != "manual",
                    ..DecisionOptions::default()
                };
                simulation.task(ix, options)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { tasks, leftovers, expected })
    }

    /// Whether anything would be done.
    pub fn is_stale(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task.action, DryRunAction::Run | DryRunAction::Restore))
    }

    /// How long the tasks to run took before: all of it, and the longest way through. None where some never ran, or none runs.
    pub fn expected(&self, plan: &Plan) -> Option<(Duration, Duration)> {
        let mut ends: HashMap<TaskIx, Duration> = HashMap::new();
        let mut all = Duration::ZERO;
        for planned in self.tasks.iter().filter(|planned| planned.action == DryRunAction::Run) {
            let task = plan.task(planned.task);
            let own = self.expected.get(&task.name)?;
            let before = task.needs.iter().filter_map(|need| ends.get(&need.task)).max().copied().unwrap_or_default();
            ends.insert(planned.task, before + *own);
            all += *own;
        }
        Some((all, ends.values().max().copied()?))
    }
}

/// A run that does nothing.
struct Simulation<'a> {
    project: &'a Project,
    engine: &'a dyn TableEngine,
    cache: CacheIndex,
    state: Option<State>,
    ends: SimulatedEnds,
}

/// How the tasks so far would end.
#[derive(Default)]
struct SimulatedEnds {
    results: HashMap<TaskIx, ResultDigests>,
    facts: BTreeMap<String, TaskFacts>,
    runs: HashSet<TaskIx>,
    skips: HashSet<TaskIx>,
}

impl Simulation<'_> {
    /// What would be done with the next task.
    fn task(&mut self, ix: TaskIx, options: DecisionOptions) -> Result<DryRunTask, Failure> {
        let task = self.project.plan.task(ix);
        let decision = match skipped(&self.project.plan, ix, &self.ends.skips) {
            Some(reason) => Decision::Skip(reason),
            None => self.decide(ix, options)?,
        };
        // For what comes below, a task that runs is taken to make what it made before: then only its running is new.
        let (action, reasons, result) = match decision {
            Decision::Skip(reason) => {
                self.ends.skips.insert(ix);
                let skipped = TaskFacts { status: "skipped".to_owned(), ..TaskFacts::default() };
                self.ends.facts.insert(task.name.to_string(), skipped);
                let (action, reasons) = (DryRunAction::Skip, vec![reason]);
                let (own_reasons, place) = (reasons.clone(), self.place(ix));
                return Ok(DryRunTask { task: ix, action, own_reasons, reasons, result: None, place });
            }
            Decision::Run(reasons) => {
                self.ends.runs.insert(ix);
                if let Some(last) = self.cache.last.get(&task.name) {
                    self.ends.made(ix, &task.name, last);
                }
                (DryRunAction::Run, reasons, None)
            }
            Decision::Restore(result, reasons) => {
                self.ends.made(ix, &task.name, &result);
                (DryRunAction::Restore, reasons, Some(result))
            }
            Decision::Cached(result) => {
                self.ends.made(ix, &task.name, &result);
                (DryRunAction::Cached, Vec::new(), Some(result))
            }
        };
        let own = reasons.iter().filter(|reason| !matches!(reason, Reason::UpstreamRuns(_)));
        let own_reasons = own.map(ToString::to_string).collect();
        let reasons = reasons.iter().map(ToString::to_string).collect();
        Ok(DryRunTask { task: ix, action, reasons, own_reasons, result, place: self.place(ix) })
    }

    /// Where a task's table would be computed, by the rows that the tables before it had last.
    fn place(&self, ix: TaskIx) -> TablePlace {
        let plan = &*self.project.plan;
        let read = plan.task(ix).tables_read();
        let rows_of = |task: &TaskIx| self.ends.facts.get(plan.task(*task).name.as_str())?.report.rows;
        plan.task(ix).task.place(&|table| {
            let (_, tasks) = read.iter().find(|(name, _)| *name == table)?;
            tasks.iter().map(rows_of).sum()
        })
    }

    fn decide(&self, ix: TaskIx, options: DecisionOptions) -> Result<Decision, Failure> {
        let plan = &*self.project.plan;
        let mentioned = MentionedTasks::by(self.project, ix);
        let pending = PendingUpstream {
            read: pending(plan, ix, &self.ends.runs, &mentioned),
            in_condition: mentioned.in_condition.iter().any(|ix| self.ends.runs.contains(ix)),
        };
        let upstream = SimulatedUpstream { plan, ends: &self.ends, mentioned };
        let inputs = FingerprintInputs {
            plan,
            sources: &self.project.sources,
            engine: self.engine,
            run: &self.project.run,
            upstream: &upstream,
        };
        let history = self.state.as_ref().map(|state| state as &dyn ResultHistory);
        let decided = decide(&self.cache, ix, &inputs, Some(&pending), options, history);
        let (_, decision) = decided
            .map_err(|failure| Failure::broken(format!("task `{}`: {}", plan.task(ix).name, failure.message)))?;
        Ok(decision)
    }
}

impl SimulatedEnds {
    fn made(&mut self, ix: TaskIx, name: &TaskName, result: &LastGood) {
        self.results.extend(ResultDigests::of_last(result).map(|digests| (ix, digests)));
        self.facts.extend(result.facts().ok().map(|facts| (name.to_string(), facts)));
    }
}

/// What a dry run knows of the tasks before one.
struct SimulatedUpstream<'a> {
    plan: &'a Plan,
    ends: &'a SimulatedEnds,
    mentioned: MentionedTasks,
}

impl Upstream for SimulatedUpstream<'_> {
    fn result(&self, task: TaskIx) -> Option<ResultDigests> {
        self.ends.results.get(&task).copied()
    }

    fn facts(&self) -> BTreeMap<String, TaskFacts> {
        self.mentioned.facts(self.plan, &self.ends.facts)
    }
}

/// Why the scheduler would skip a task after those before it: they themselves would be, or it waits for a failure, which is not
/// expected.
fn skipped(plan: &Plan, ix: TaskIx, skips: &HashSet<TaskIx>) -> Option<String> {
    let task = plan.task(ix);
    let rule = task.spec.common.trigger_rule;
    let counts = |what: EdgeKind| what != EdgeKind::Order || rule == TriggerRule::AllSuccess;
    let above = task.needs.iter().find(|need| counts(need.what) && skips.contains(&need.task));
    match above {
        Some(need) => Some(format!("`{}` is skipped", plan.task(need.task).name)),
        None => (rule == TriggerRule::OneFailed).then(|| "it runs only if a task before it fails".to_owned()),
    }
}

/// The tasks above that would run and whose results or facts it reads, in the order of the file, each once.
fn pending(plan: &Plan, ix: TaskIx, runs: &HashSet<TaskIx>, mentioned: &MentionedTasks) -> Vec<TaskIx> {
    let reads_order = plan.task(ix).task_type.reads_order;
    let needs = plan.task(ix).needs.iter().filter(|need| need.what != EdgeKind::Order || reads_order);
    let read = needs.map(|need| need.task).chain(mentioned.in_texts.iter().copied());
    let mut above: Vec<TaskIx> = read.filter(|task| runs.contains(task)).collect();
    above.sort();
    above.dedup();
    above
}
