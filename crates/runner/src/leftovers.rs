//! Published files that no task makes any more: an item of a `foreach` is gone, a task, or the place of its output. A pattern or
//! a folder would count them for ever.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use serde_json::Value;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::fingerprint::digest_of_file;
use tidemill_core::plan::{Plan, PlannedTask, resolve};
use tidemill_core::spec::{TaskSpec, Template};
use tidemill_core::storage::is_glob;
use tidemill_core::table::Location;
use tidemill_core::task::RunFacts;
use tidemill_secrets::masked_value;
use tidemill_state::{PublishedFile, State, StateError};

use crate::project::Project;

/// So many files are named in a sentence.
const NAMED: usize = 3;

/// A published file that no task makes any more.
#[derive(Clone, Debug)]
pub struct Leftover {
    /// What was published.
    pub published: PublishedFile,
    /// Where it lies.
    pub file: PathBuf,
}

impl Leftover {
    /// Whether it is no longer what was published. What cannot be read is not known to be.
    pub fn is_changed(&self) -> bool {
        let is_file = self.file.symlink_metadata().is_ok_and(|found| found.is_file());
        !is_file
            || !digest_of_file(&self.file, &NEVER_CANCELLED).is_ok_and(|(digest, _)| digest == self.published.digest)
    }
}

/// The files that former runs of the pipeline have published, that are still there, and that none of its tasks makes or names
/// as its source. Those of tasks whose outputs are made of parameters or times count only where these are as they are now.
///
/// # Errors
/// If the state cannot be read.
pub fn leftovers(project: &Project, state: &State) -> Result<Vec<Leftover>, StateError> {
    let folder = project.spec.project.as_path();
    let plans: Vec<&Plan> =
        [&project.plan].into_iter().chain(project.handlers.iter().map(|(_, plan)| plan)).map(|plan| &**plan).collect();
    let tasks = || plans.iter().flat_map(|plan| &plan.tasks);
    let made = tasks().flat_map(|task| &task.outputs).map(|output| &output.path.value);
    let read =
        tasks().flat_map(|task| &task.io.files).map(|file| &file.path.value).filter(|path| !is_glob(path.as_str()));
    let wanted: HashSet<PathBuf> = made.chain(read).map(|path| resolve(folder, path)).collect();
    let specs: HashMap<&str, &TaskSpec> = tasks().map(|task| (task.name.base(), &*task.spec)).collect();
    let run = facts(&project.run);
    let is_of_now = |published: &PublishedFile| {
        let Some(spec) = specs.get(published.task.base()) else { return true };
        let is_same = |(name, value): (&String, &String)| value_of(name, spec, &run).is_none_or(|now| now == *value);
        published.path_values.iter().all(is_same)
    };
    let found = state.published(&project.spec.name.value)?.into_iter().filter_map(|published| {
        let file = resolve(folder, &Location::new(published.path.as_str()));
        let is_left = !wanted.contains(&file) && is_of_now(&published) && file.symlink_metadata().is_ok();
        is_left.then_some(Leftover { published, file })
    });
    Ok(found.collect())
}

/// What there is to say of them, if there are some.
pub fn sentence(left: &[Leftover]) -> Option<String> {
    let named: Vec<&str> = left.iter().take(NAMED).map(|left| left.published.path.as_str()).collect();
    let (named, more) = (named.join(", "), left.len().saturating_sub(NAMED));
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let help = "`tidemill clean` lists such files, `tidemill clean --yes` removes them";
    match left.len() {
        0 => None,
        1 => Some(format!("{named} is still there though no task makes it any more; {help}")),
        _ => Some(format!("{named}{rest} are still there though no task makes them any more; {help}")),
    }
}

/// The values of `params`, `env` and `run` that the path of a task's output is made of.
pub fn path_values(
    task: &PlannedTask,
    path: &Location,
    sources: &SourceMap,
    run: &RunFacts,
) -> BTreeMap<String, String> {
    let Some(output) = task.outputs.iter().find(|output| output.path.value == *path) else { return BTreeMap::new() };
    let span = output.path.span;
    let written = sources.get(span.file).and_then(|file| file.text.get(span.range()).map(str::to_owned));
    let Some(text) = written.filter(|text| text.contains("${{")) else { return BTreeMap::new() };
    let run = facts(run);
    let values = Template { text, span }.uses(sources).into_iter().filter_map(|used| {
        let name = used.parts.iter().take(2).cloned().collect::<Vec<_>>().join(".");
        let value = value_of(&name, &task.spec, &run)?;
        Some((name, value))
    });
    values.collect()
}

/// The value of `params.x`, `env.x` or `run.x` as JSON; None of any other name.
fn value_of(name: &str, task: &TaskSpec, run: &Value) -> Option<String> {
    let mut parts = name.split('.');
    let value = match parts.next()? {
        "run" => parts.next().map_or(Some(run), |field| run.get(field))?,
        "params" | "env" => task.scope.find(name.split('.')).ok()?,
        _ => return None,
    };
    Some(masked_value(value).to_string())
}

fn facts(run: &RunFacts) -> Value {
    serde_json::to_value(run).unwrap_or_default()
}
