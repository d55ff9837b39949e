//! What the pages tell of a pipeline.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use tidemill_core::format::thousands;
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{CheckOptions, Plan, Selection, TaskSchemas, jobs};
use tidemill_core::schedule::Timetable;
use tidemill_core::table::{Origin, TableEngine, TableJob};
use tidemill_core::task::EdgeKind;
use tidemill_runner::cache_index::CacheIndex;
use tidemill_runner::project::{Project, zone_of};
use tidemill_scheduler::words;

use crate::failure::Failure;

/// So many coming fires are told.
const FIRES: usize = 3;

/// A pipeline.
pub struct PipelineFacts {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// When it runs, in words; and the times that come.
    pub schedule: Option<[String; 2]>,
    /// Its parameters: name, value, what it is for.
    pub params: Vec<[String; 3]>,
    /// Its tasks, in the order of the file.
    pub tasks: Vec<TaskDescription>,
    files: HashMap<String, usize>,
}

/// A task.
pub struct TaskDescription {
    /// Its id.
    pub id: String,
    /// The name of its page's file.
    pub file: String,
    /// Its type, and what that does.
    pub kind: [&'static str; 2],
    /// Its description.
    pub description: Option<String>,
    /// What it does, in a few words.
    pub does: String,
    /// The tasks that it needs, and those that need it.
    pub needs: Vec<String>,
    /// Those that need it.
    pub needed_by: Vec<String>,
    /// The columns of its table.
    pub columns: Vec<ColumnDescription>,
    /// Its checks, as the file has them.
    pub checks: Vec<String>,
    /// The files that it publishes.
    pub outputs: Vec<String>,
    /// As the file has it.
    pub text: String,
    /// What it made last, in words.
    pub last: Option<String>,
}

/// A column.
pub struct ColumnDescription {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// What it is made of: the task and the column, or a column of the source.
    pub from: Vec<(Option<String>, String)>,
    /// What is done on the way.
    pub made: Vec<String>,
}

impl PipelineFacts {
    /// Looks at a pipeline that was checked, and at what is remembered of it.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn gather(project: &Project, engine: &dyn TableEngine, columns: &TaskSchemas) -> Result<Self, Failure> {
        let (plan, spec) = (&*project.plan, &*project.spec);
        let none = BTreeMap::new();
        let options = CheckOptions { engine, sources: &project.sources, outer: &none, offline: None };
        let all: Selection = plan.order.iter().copied().collect();
        let known = jobs(plan, &all, columns, &options);
        let (cache, _) = CacheIndex::look(&spec.project, &spec.name.value)?;
        let zone = zone_of(spec).unwrap_or(TimeZone::UTC);
        let mut taken = BTreeSet::new();
        let mut tasks = Vec::new();
        for (at, task) in plan.tasks.iter().enumerate() {
            let ix = TaskIx(at as u32);
            let last = cache.last.get(&task.name).map(|last| {
                let when = last.made.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
                last.table.as_ref().map_or(when.clone(), |table| format!("{} rows, {when}", thousands(table.rows)))
            });
            tasks.push(TaskDescription {
                id: task.name.to_string(),
                file: file_of(task.name.as_str(), &mut taken),
                kind: [task.task_type.name, task.task_type.summary],
                description: task.spec.common.description.clone(),
                does: task.task.describe(),
                needs: named(plan, task.needs.iter().map(|need| need.task)),
                needed_by: named(plan, plan.needed_by(ix)),
                columns: described(plan, ix, columns, known.get(&ix)),
                checks: task.spec.common.checks.iter().map(|check| in_words(&check.to_json())).collect(),
                outputs: task.outputs.iter().map(|output| output.path.value.to_string()).collect(),
                text: task.spec.text(&project.sources).unwrap_or_default(),
                last,
            });
        }
        let files = tasks.iter().enumerate().map(|(at, task)| (task.id.clone(), at)).collect();
        let schedule = spec.schedule.as_ref().and_then(|schedule| {
            let (timetable, now) = (Timetable::new(schedule).ok()?, Timestamp::now());
            Some([words::schedule(schedule, &timetable, now), words::coming(&timetable, now, FIRES)])
        });
        let params = spec
            .params
            .iter()
            .map(|(name, param)| [name.clone(), param.value.to_string(), param.help.clone().unwrap_or_default()]);
        let params = params.collect();
        let description = spec.description.clone();
        Ok(Self { name: spec.name.value.clone(), description, schedule, params, tasks, files })
    }

    /// The file of a task's page.
    pub fn address(&self, task: &str) -> Option<&str> {
        self.files.get(task).map(|at| self.tasks[*at].file.as_str())
    }
}

/// The name of a file for a task's page: its id, with what a file's name cannot hold replaced, and a number if that is taken.
fn file_of(id: &str, taken: &mut BTreeSet<String>) -> String {
    let plain: String =
        id.chars().map(|letter| if letter.is_alphanumeric() || "-_".contains(letter) { letter } else { '-' }).collect();
    let plain: String = plain.to_lowercase().chars().take(100).collect();
    let candidates = std::iter::once(plain.clone()).chain((2..).map(|number| format!("{plain}-{number}")));
    let mut free = candidates.filter(|name| taken.insert(name.clone()));
    // There are more numbers than tasks.
    format!("{}.html", free.next().unwrap_or(plain))
}

/// A check as a line: `not_null: date, country`.
fn in_words(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key}: {}", in_words(value))).collect::<Vec<_>>().join("; ")
        }
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn named(plan: &Plan, tasks: impl Iterator<Item = TaskIx>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in tasks.map(|ix| plan.task(ix).name.to_string()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn described(plan: &Plan, ix: TaskIx, columns: &TaskSchemas, job: Option<&TableJob>) -> Vec<ColumnDescription> {
    let Some(schema) = columns.get(ix.index()).and_then(Option::as_ref) else { return Vec::new() };
    let one = |field: &tidemill_core::table::Field| {
        let way = job.and_then(|job| job.rel.way_of(&field.name)).unwrap_or_default();
        ColumnDescription {
            name: field.name.clone(),
            data_type: field.data_type.to_string(),
            from: way.from.iter().flat_map(|origin| origins(plan, ix, origin)).collect(),
            made: way.made,
        }
    };
    schema.fields().iter().map(one).collect()
}

/// Where a column comes from: of a `foreach`, all instances.
fn origins(plan: &Plan, ix: TaskIx, origin: &Origin) -> Vec<(Option<String>, String)> {
    let column = origin.column.clone().unwrap_or_else(|| "the rows".to_owned());
    let Some(task) = &origin.task else { return vec![(None, column)] };
    let needs = plan.task(ix).needs.iter().filter(|need| need.what == EdgeKind::Table && need.named == *task);
    needs.map(|need| (Some(plan.task(need.task).name.to_string()), column.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_a_file_of_its_own() {
        let mut taken = BTreeSet::new();
        let files = ["orders", "by@FR", "by/FR", "Orders"].map(|id| file_of(id, &mut taken));
        assert_eq!(files, ["orders.html", "by-fr.html", "by-fr-2.html", "orders-2.html"]);
    }
}
