//! The columns on the way, and how they hang together.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::{Plan, TaskSchemas, resolve};
use tidemill_core::table::{Location, Origin, Rel, TableJob, Way};
use tidemill_core::task::{EdgeKind, OutputFile};

use super::sources::source_of;
use super::wording::plain;

/// A column of a task's table, a column of a file, or the rows of either.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineageNode {
    /// `orders.total_amount`, `rows of orders`, `data/shop.db, orders.total_amount`.
    pub name: String,
    /// The task; None for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The `foreach` task that the task is an instance of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The file or files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The column; None for the rows as such.
    pub column: Option<String>,
    /// The task's type, or `file`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The column's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// What is done with what it is made of, the last step first.
    pub made: Vec<String>,
    /// What it is made of: places in the list of nodes.
    pub from: Vec<usize>,
    /// What else decides about it.
    pub decided_by: Vec<Decided>,
}

/// A step that decides about a column by others whose values do not enter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    /// The step.
    pub step: String,
    /// The columns, by their names.
    pub from: Vec<String>,
}

/// All that a lineage is drawn from.
pub struct Web<'a> {
    /// The nodes, each once, however many ways lead to it.
    pub nodes: Vec<LineageNode>,
    plan: &'a Plan,
    columns: &'a TaskSchemas,
    jobs: &'a BTreeMap<TaskIx, TableJob>,
    known: HashMap<(TaskIx, Option<String>), usize>,
    files: HashMap<(String, Option<String>), usize>,
    /// Who publishes which path.
    publishers: HashMap<PathBuf, &'a TaskName>,
}

impl<'a> Web<'a> {
    /// Nothing yet.
    pub fn new(plan: &'a Plan, columns: &'a TaskSchemas, jobs: &'a BTreeMap<TaskIx, TableJob>) -> Self {
        let path = |output: &OutputFile| resolve(&plan.spec.project, &output.path.value);
        let publishers =
            plan.tasks.iter().flat_map(|task| task.outputs.iter().map(move |output| (path(output), &task.name)));
        let publishers = publishers.collect();
        Self { nodes: Vec::new(), plan, columns, jobs, known: HashMap::new(), files: HashMap::new(), publishers }
    }

    /// The node of a column with all that is before it. Of several instances of a `foreach`, one node above theirs.
    pub fn root(&mut self, named: &str, tasks: &[TaskIx], column: &str) -> usize {
        if let [task] = tasks {
            return self.grow(*task, Some(column.to_owned()));
        }
        let from = tasks.iter().map(|task| self.grow(*task, Some(column.to_owned()))).collect();
        self.nodes.push(LineageNode {
            name: format!("{named}.{column}"),
            task: Some(named.to_owned()),
            group: None,
            file: None,
            column: Some(column.to_owned()),
            kind: "foreach".to_owned(),
            data_type: None,
            made: vec![format!("the rows of all {} instances", tasks.len())],
            from,
            decided_by: Vec::new(),
        });
        self.nodes.len() - 1
    }

    /// Goes back from one column. A list of what is to be looked at, not recursion: a chain may have thousands of tasks.
    fn grow(&mut self, task: TaskIx, column: Option<String>) -> usize {
        let mut next = Vec::new();
        let first = self.node(task, column, &mut next);
        while let Some((at, task, column)) = next.pop() {
            let (way, from) = match self.jobs.get(&task) {
                Some(job) => self.through(task, job, column.as_deref(), &mut next),
                None => self.through_others(task, &mut next),
            };
            let decided_by = way.decided_by.into_iter().map(|decision| Decided {
                step: plain(&decision.what),
                from: decision.from.iter().flat_map(|origin| self.names(task, origin)).collect(),
            });
            self.nodes[at].decided_by = decided_by.collect();
            self.nodes[at].made = way.made.iter().map(|made| plain(made)).collect();
            self.nodes[at].from = from;
        }
        first
    }

    /// Through the steps of a table task.
    fn through(
        &mut self,
        task: TaskIx,
        job: &TableJob,
        column: Option<&str>,
        next: &mut Vec<(usize, TaskIx, Option<String>)>,
    ) -> (Way, Vec<usize>) {
        let way = column.map_or_else(|| Some(job.rel.way_of_rows()), |column| job.rel.way_of(column));
        let way = way.unwrap_or_default();
        let mut from = Vec::new();
        for origin in &way.from {
            match &origin.task {
                Some(named) => {
                    for before in self.before(task, named) {
                        from.push(self.node(before, origin.column.clone(), next));
                    }
                }
                None => from.push(self.file(task, &job.rel, origin.column.as_deref())),
            }
        }
        (way, from)
    }

    /// Through a task that computes elsewhere, a command: its table may be made of anything that it reads.
    fn through_others(&mut self, task: TaskIx, next: &mut Vec<(usize, TaskIx, Option<String>)>) -> (Way, Vec<usize>) {
        let planned = self.plan.task(task);
        let mut from = Vec::new();
        for need in planned.needs.iter().filter(|need| need.what == EdgeKind::Table) {
            from.push(self.node(need.task, None, next));
        }
        for file in &planned.io.files {
            from.push(self.file_node(file.path.value.as_str().to_owned(), None, file.path.value.as_str()));
        }
        (
            Way {
                made: vec![format!("by the {} `{}`", planned.task_type.name, planned.task.describe())],
                ..Way::default()
            },
            from,
        )
    }

    /// The tasks that a name means in the file of that task.
    fn before(&self, task: TaskIx, named: &str) -> Vec<TaskIx> {
        let needs = self.plan.task(task).needs.iter();
        let mut found: Vec<TaskIx> =
            needs.filter(|need| need.what == EdgeKind::Table && need.named == named).map(|need| need.task).collect();
        found.dedup();
        found
    }

    fn names(&self, task: TaskIx, origin: &Origin) -> Vec<String> {
        match &origin.task {
            Some(named) => vec![named_column(named, origin.column.as_deref())],
            None => {
                self.jobs.get(&task).map(|job| source_of(&job.rel, origin.column.as_deref()).name).into_iter().collect()
            }
        }
    }

    fn node(&mut self, task: TaskIx, column: Option<String>, next: &mut Vec<(usize, TaskIx, Option<String>)>) -> usize {
        if let Some(at) = self.known.get(&(task, column.clone())) {
            return *at;
        }
        let planned = self.plan.task(task);
        let schema = self.columns.get(task.index()).and_then(Option::as_ref);
        self.nodes.push(LineageNode {
            name: named_column(planned.name.as_str(), column.as_deref()),
            task: Some(planned.name.to_string()),
            group: planned.name.key().map(|_| planned.name.base().to_owned()),
            file: None,
            data_type: column.as_deref().and_then(|column| Some(schema?.get(column)?.to_string())),
            column: column.clone(),
            kind: planned.task_type.name.to_owned(),
            made: Vec::new(),
            from: Vec::new(),
            decided_by: Vec::new(),
        });
        let at = self.nodes.len() - 1;
        self.known.insert((task, column.clone()), at);
        next.push((at, task, column));
        at
    }

    /// The node of a file's column.
    fn file(&mut self, task: TaskIx, rel: &Rel, column: Option<&str>) -> usize {
        let source = source_of(rel, column);
        let path = match rel {
            Rel::Scan(_) => self.plan.task(task).io.files.first().map(|file| file.path.value.as_str().to_owned()),
            _ => None,
        };
        self.file_node(source.name, source.column, &path.unwrap_or_default())
    }

    fn file_node(&mut self, name: String, column: Option<String>, path: &str) -> usize {
        if let Some(at) = self.files.get(&(name.clone(), column.clone())) {
            return *at;
        }
        let location = resolve(&self.plan.spec.project, &Location::new(path));
        let publisher = self.publishers.get(&location);
        self.nodes.push(LineageNode {
            name: name.clone(),
            task: None,
            group: None,
            file: Some(path.to_owned()),
            column: column.clone(),
            kind: "file".to_owned(),
            data_type: None,
            made: publisher.map(|task| format!("published by {task}")).into_iter().collect(),
            from: Vec::new(),
            decided_by: Vec::new(),
        });
        self.files.insert((name, column), self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// For programs: the columns asked for, and all nodes.
    pub fn json(&self, roots: &[usize]) -> Value {
        json!({"columns": roots, "nodes": self.nodes})
    }
}

fn named_column(task: &str, column: Option<&str>) -> String {
    column.map_or_else(|| format!("rows of {task}"), |column| format!("{task}.{column}"))
}
