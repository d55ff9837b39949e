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

use crate::condition::unmet;
use crate::failure::Failure;
use crate::memory::{Archive, Memory, Options, Question, ResultDigests, Verdict};
use crate::project::Project;
use crate::summary::seconds;
use crate::terminal::Paint;

pub use before::no_columns;
use before::{SpokenOf, lacks_columns, running, skipped};

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

/// One task's outlook.
#[derive(Clone, Debug)]
pub struct Prospect {
    /// The task.
    pub task: TaskIx,
    /// What would be done.
    pub act: Act,
    /// Why.
    pub reasons: Vec<String>,
    /// Whether there is a reason beside that tasks above it run.
    pub of_its_own: bool,
}

/// All tasks' outlook, in the order in which they would come.
pub struct Outlook {
    /// Task by task.
    pub tasks: Vec<Prospect>,
    /// How long tasks took before.
    expected: HashMap<TaskName, Duration>,
}

#[derive(Serialize)]
struct Line<'a> {
    task: &'a TaskName,
    action: Act,
    reasons: &'a [String],
}

impl Outlook {
    /// Looks at every task wanted, those before it first.
    pub fn of(
        project: &Project,
        engine: &dyn TableEngine,
        wanted: &Selection,
        forced: &Selection,
        resend: bool,
    ) -> Result<Self, Failure> {
        let plan = &*project.plan;
        let (memory, state) = Memory::look(&plan.spec.project, &plan.spec.name.value)?;
        let expected = state.as_ref().and_then(|state| state.durations(&memory.pipeline).ok()).unwrap_or_default();
        let mut results: HashMap<TaskIx, ResultDigests> = HashMap::new();
        let mut facts: BTreeMap<String, TaskFacts> = BTreeMap::new();
        let mut runs: HashSet<TaskIx> = HashSet::new();
        let mut skips: HashSet<TaskIx> = HashSet::new();
        let mut tasks = Vec::new();
        for ix in plan.order.iter().copied().filter(|ix| wanted.contains(ix)) {
            let task = plan.task(ix);
            let spoken = SpokenOf::by(project, ix);
            if let Some(reason) = skipped(plan, ix, &skips)
                .or_else(|| lacks_columns(plan, ix, &results))
                .or_else(|| unwanted(project, ix, &spoken, &facts, &runs))
            {
                skips.insert(ix);
                let known = TaskFacts { status: "skipped".to_owned(), ..TaskFacts::default() };
                facts.insert(task.name.to_string(), known);
                tasks.push(Prospect { task: ix, act: Act::Skip, reasons: vec![reason], of_its_own: true });
                continue;
            }
            let question = Question {
                plan,
                sources: &project.sources,
                engine: engine.name(),
                run: &project.run,
                results: &|other| results.get(&other).copied(),
                facts: &|| spoken.facts(plan, &facts),
            };
            let fingerprint = memory
                .fingerprint(ix, &question)
                .map_err(|failure| Failure::broken(format!("task `{}`: {}", task.name, failure.message)))?;
            let above = running(plan, ix, &runs, &spoken);
            let options = Options {
                forced: forced.contains(&ix),
                resend,
                scheduled: project.run.trigger != "manual",
                as_cached: false,
            };
            let archive = state.as_ref().map(|state| state as &dyn Archive);
            let verdict = memory.verdict(task, &fingerprint, options, archive);
            let last = memory.last.get(&task.name);
            let (act, mut reasons, found) = match verdict {
                Verdict::Run(reasons) => (Act::Run, reasons, last),
                Verdict::Cached(_) if !above.is_empty() => (Act::Run, Vec::new(), last),
                Verdict::Restore(_, reasons) if !above.is_empty() => (Act::Run, reasons, last),
                Verdict::Cached(ref found) => (Act::Cached, Vec::new(), Some(&**found)),
                Verdict::Restore(ref found, ref reasons) => (Act::Restore, reasons.clone(), Some(&**found)),
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
            tasks.push(Prospect {
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
        self.tasks.iter().any(|prospect| matches!(prospect.act, Act::Run | Act::Restore))
    }

    /// What runs with its reasons, then what is restored, then how many are cached; as JSON, an object a line.
    pub fn shown(&self, plan: &Plan, json: bool, paint: Paint) -> String {
        if !json {
            return self.tell(plan, paint);
        }
        let line = |prospect: &Prospect| {
            let line = Line { task: &plan.task(prospect.task).name, action: prospect.act, reasons: &prospect.reasons };
            // Strings cannot fail to become JSON.
            serde_json::to_string(&line).unwrap_or_default() + "\n"
        };
        self.tasks.iter().map(line).collect()
    }

    fn tell(&self, plan: &Plan, paint: Paint) -> String {
        let shown: Vec<&Prospect> = self.tasks.iter().filter(|prospect| prospect.act != Act::Cached).collect();
        let width = shown.iter().map(|prospect| plan.task(prospect.task).name.as_str().len()).max().unwrap_or(0);
        let kinds = shown.iter().map(|prospect| plan.task(prospect.task).task_type.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for prospect in &shown {
            let task = plan.task(prospect.task);
            let act = match prospect.act {
                Act::Run => paint.cyan("run    "),
                Act::Restore => paint.yellow("restore"),
                Act::Skip => paint.dim("skip   "),
                Act::Cached => paint.dim("cached "),
            };
            let kind = paint.dim(format!("{:kinds$}", task.task_type.name));
            let why = told(&prospect.reasons);
            text += &format!("{act}  {:width$}  {kind}  {}\n", task.name, paint.dim(task.task.describe()));
            text += &format!("         {:width$}  {:kinds$}  because {why}\n", "", "");
        }
        let count = |act: Act| self.tasks.iter().filter(|prospect| prospect.act == act).count();
        let mut parts = vec![format!("{} to run", count(Act::Run))];
        if count(Act::Restore) > 0 {
            parts.push(format!("{} to restore", count(Act::Restore)));
        }
        if count(Act::Skip) > 0 {
            parts.push(format!("{} to skip", count(Act::Skip)));
        }
        parts.push(format!("{} cached", count(Act::Cached)));
        text += &format!("{}{}\n", parts.join(", "), self.duration(plan));
        text
    }

    /// How long it would take, as far as earlier runs tell: all of it, and the longest way through.
    fn duration(&self, plan: &Plan) -> String {
        let mut ends: HashMap<TaskIx, Duration> = HashMap::new();
        let mut all = Duration::ZERO;
        for prospect in self.tasks.iter().filter(|prospect| prospect.act == Act::Run) {
            let task = plan.task(prospect.task);
            let Some(own) = self.expected.get(&task.name) else { return String::new() };
            let before = task.needs.iter().filter_map(|need| ends.get(&need.task)).max().copied().unwrap_or_default();
            ends.insert(prospect.task, before + *own);
            all += *own;
        }
        match ends.values().max() {
            Some(longest) => format!("; expected {} of work, the longest way {}", seconds(all), seconds(*longest)),
            None => String::new(),
        }
    }
}

/// Reasons in a line; many of one sort are cut.
fn told(reasons: &[String]) -> String {
    const MOST: usize = 6;
    let mut text = reasons.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if reasons.len() > MOST {
        text += &format!(" and {} more", reasons.len() - MOST);
    }
    text
}

/// Why the task's `when` keeps it from running. What it says of a task that runs is not known yet.
fn unwanted(
    project: &Project,
    ix: TaskIx,
    spoken: &SpokenOf,
    facts: &BTreeMap<String, TaskFacts>,
    runs: &HashSet<TaskIx>,
) -> Option<String> {
    let spec = &project.plan.task(ix).spec;
    if spec.common.when.is_none() || spoken.in_condition.iter().any(|ix| runs.contains(ix)) {
        return None;
    }
    // A condition that cannot be judged fails the run, not the plan.
    unmet(spec, &spoken.facts(&project.plan, facts), &project.run, &project.sources).ok()?
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
