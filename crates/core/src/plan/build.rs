//! From the tasks of a file to a graph.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::path::Path;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Diagnostic, Diagnostics, SourceMap, Span};
use crate::ids::{TaskIx, TaskName};
use crate::side_by_side::side_by_side;
use crate::spec::{At, OutputSpec, Spec, TaskSpec};
use crate::storage::StorageRegistry;
use crate::table::{FileFormat, FormatDescriptor, Formats, Location, Sink, SinkOptions};
use crate::task::{Edge, EdgeKind, FileRole, Io, MakesTable, OutputFile, TaskSource, TaskTypes};

use super::no_items::NoItems;
use super::paths::check_sources;
use super::published::Published;
use super::{Need, Plan, PlannedTask, cycle};

/// Builds the plan of `tasks` (the pipeline's own, or those of a handler) and adds all mistakes to `diagnostics`.
///
/// None if what is wrong leaves no graph to look at: a cycle. Tasks that could not be built are left out, and what is said
/// about them is not said again of those that need them.
pub fn build(
    spec: &Arc<Spec>,
    tasks: &IndexMap<TaskName, Arc<TaskSpec>>,
    sources: &SourceMap,
    types: &TaskTypes,
    diagnostics: &mut Diagnostics,
) -> Option<Plan> {
    let mut planned: Vec<PlannedTask> = Vec::with_capacity(tasks.len());
    let specs: Vec<&Arc<TaskSpec>> = tasks.values().collect();
    for task in side_by_side(&specs, |task| plan_task(spec, task, sources, types)) {
        match task {
            Ok(task) => planned.extend(task),
            Err(mistakes) => diagnostics.extend(mistakes),
        }
    }
    let by_name: HashMap<TaskName, TaskIx> =
        planned.iter().enumerate().map(|(at, task)| (task.name.clone(), TaskIx(at as u32))).collect();
    let mut instances: HashMap<String, Vec<TaskIx>> = HashMap::new();
    for (at, task) in planned.iter().enumerate().filter(|(_, task)| task.name.key().is_some()) {
        instances.entry(task.name.base().to_owned()).or_default().push(TaskIx(at as u32));
    }

    let published = Published::gather(spec, &planned, types.storages(), diagnostics);
    // Where a parameter has no value, paths made of it lead nowhere, and that has been said.
    let is_complete = spec.params.values().all(|param| param.default.is_some() || !param.value.is_null());
    for task in planned.iter().filter(|_| is_complete) {
        check_sources(&spec.project, task, &published, diagnostics);
    }
    let resolver = Resolver {
        broken: &spec.broken,
        tasks,
        planned: &planned,
        by_name: &by_name,
        instances: &instances,
        diagnostics,
    };
    let needs = resolver.all_needs(spec, &published);

    let mut graph: DiGraph<TaskIx, EdgeKind> = DiGraph::with_capacity(planned.len(), planned.len() * 2);
    for at in 0..planned.len() {
        graph.add_node(TaskIx(at as u32));
    }
    for (at, (task, needs)) in planned.iter_mut().zip(needs).enumerate() {
        // One edge a pair: several needs of one task become the last of them.
        let once: IndexMap<TaskIx, EdgeKind> = needs.iter().map(|need| (need.task, need.what)).collect();
        for (from, what) in once {
            graph.add_edge(NodeIndex::new(from.index()), NodeIndex::new(at), what);
        }
        task.needs = needs;
    }
    let order = topological(&graph);
    if order.len() < planned.len() {
        cycle::cycles(&graph).iter().for_each(|path| diagnostics.push(tell_cycle(path, &planned)));
        return None;
    }
    let storages = Arc::clone(types.storages());
    Some(Plan { spec: spec.clone(), tasks: planned, graph, order, storages, by_name, instances, published })
}

/// How rejects are written where the ending of their file says nothing.
const REJECTS_FORMAT: FileFormat = FileFormat("csv");

/// The format of what is published below the warehouse.
const IN_WAREHOUSE: &str = "parquet";

/// The options of an output that its format has no use for.
fn meaningless<'a>(
    output: &'a OutputSpec,
    format: &'a FormatDescriptor,
    formats: &'a Formats,
) -> impl Iterator<Item = Diagnostic> + 'a {
    output.given.iter().filter(|(key, _)| !format.sink_options.contains(key)).map(move |(key, span)| {
        let takes = formats.iter().filter(|known| known.sink_options.contains(key)).map(|known| known.name);
        Diagnostic::error(format!("`{key}` has no meaning for {}", format.name))
            .at(*span, format!("only for {}", takes.collect::<Vec<_>>().join(" and ")))
    })
}

/// Where rejected rows are written; under an ending that says no format, as CSV.
fn rejects(path: &At<Location>, types: &TaskTypes) -> Result<Sink, Vec<Diagnostic>> {
    let formats = types.formats();
    let format = match formats.of_output(path.value.as_str()) {
        Ok(format) => format.format(),
        Err(_) if formats.of_path(path.value.as_str()).is_none() => REJECTS_FORMAT,
        Err(wrong) => return Err(vec![no_output(wrong, path, types)]),
    };
    let (path, options) = (path.value.clone(), SinkOptions::default());
    Ok(Sink { path, format, options, table: "rejects".to_owned() })
}

fn no_output(wrong: String, path: &At<Location>, types: &TaskTypes) -> Diagnostic {
    let help = match path.value.below_warehouse() {
        Some(_) => "take the ending away".to_owned(),
        None => format!("end it with {}", types.formats().endings(true)),
    };
    Diagnostic::error(wrong).at(path.span, "a table is written here").help(help)
}

/// Reads one task by its type; None if the type is unknown, which reading the file has said.
fn plan_task(
    spec: &Spec,
    task: &Arc<TaskSpec>,
    sources: &SourceMap,
    types: &TaskTypes,
) -> Result<Option<PlannedTask>, Vec<Diagnostic>> {
    let Some(task_type) = types.get(&task.kind.value) else { return Ok(None) };
    let built = task_type.build(&TaskSource { spec: task, sources, project: &spec.project, pipeline: spec, types });
    let built = if task.has_no_items { Arc::new(NoItems::of(built.ok(), &task.outputs_of_items)) } else { built? };
    let io = built.io();
    let mut unsupported: Vec<Diagnostic> =
        paths(&io, task).flat_map(|path| types.storages().unsupported(path)).collect();
    if unsupported.is_empty() {
        // The texts of a pipeline lie on this machine, as its file does.
        let texts = io.files.iter().filter(|file| matches!(file.role, FileRole::Template | FileRole::Sql));
        unsupported.extend(texts.flat_map(|file| StorageRegistry::default().unsupported(&file.path)));
    }
    if !unsupported.is_empty() {
        return Err(unsupported);
    }
    // Types that publish files of another kind read `output` as a key of their own.
    let sinks = if io.table { sinks(task, types)? } else { Vec::new() };
    let elsewhere: Vec<Diagnostic> = no_tables(&io).collect();
    if !elsewhere.is_empty() {
        return Err(elsewhere);
    }
    let mut outputs = Vec::new();
    if io.table {
        outputs.extend(
            task.common.outputs.iter().map(|output| OutputFile { path: output.path.clone(), role: "table".into() }),
        );
    }
    outputs.extend(io.outputs.iter().cloned());
    outputs.extend(io.rejects.iter().map(|path| OutputFile { path: path.clone(), role: "rejects".into() }));
    let rejects = io.rejects.as_ref().map(|path| rejects(path, types)).transpose()?;
    Ok(Some(PlannedTask {
        name: task.id.value.clone(),
        spec: Arc::clone(task),
        task_type: task_type.descriptor(),
        task: built,
        io,
        needs: Vec::new(),
        outputs,
        sinks,
        rejects,
    }))
}

/// That an output says a table where there are files, or a file where there are tables.
fn mistaken_for(output: &OutputSpec, is_database: bool) -> Option<Diagnostic> {
    let (what, help) = match (is_database, output.options.database.is_some()) {
        (true, false) => ("is a database, which holds no files", "write `{connection: …, table: …}`"),
        (false, true) => ("is no database, and holds no tables", "write `{connection: …, path: …}`"),
        _ => return None,
    };
    let connection = output.path.value.scheme().unwrap_or_default();
    Some(Diagnostic::error(format!("`{connection}` {what}")).at(output.path.span, "").help(help))
}

/// The format of an output: its ending says it, and below the warehouse there is one.
fn output_format(path: &Location, formats: &Formats) -> Result<&'static FormatDescriptor, String> {
    if path.below_warehouse().is_none() {
        return formats.of_output(path.as_str());
    }
    let other = formats.of_path(path.as_str()).filter(|format| format.name != IN_WAREHOUSE);
    let parquet = formats.named(IN_WAREHOUSE).filter(|_| other.is_none());
    parquet.ok_or_else(|| format!("`{path}` is a folder of Parquet, whatever its ending says"))
}

/// What is no table of a task, and so cannot be published below the warehouse.
fn no_tables<'a>(io: &'a Io) -> impl Iterator<Item = Diagnostic> + 'a {
    let paths = io.outputs.iter().map(|output| &output.path).chain(&io.rejects);
    paths.filter(|path| path.value.below_warehouse().is_some()).map(|path| {
        Diagnostic::error(format!("`{}` is below the warehouse, where only tables of tasks are published", path.value))
            .at(path.span, "")
            .help("write to a path of this machine")
    })
}

/// The files that a task's table is written to.
fn sinks(task: &TaskSpec, types: &TaskTypes) -> Result<Vec<Sink>, Vec<Diagnostic>> {
    let (mut sinks, mut mistakes) = (Vec::new(), Vec::new());
    for output in &task.common.outputs {
        let is_database = types.storages().database(&output.path.value).is_some();
        if let Some(wrong) = mistaken_for(output, is_database) {
            mistakes.push(wrong);
            continue;
        }
        if is_database {
            sinks.push(Sink {
                path: output.path.value.clone(),
                format: FileFormat("database"),
                options: output.options.clone(),
                table: task.id.value.base().to_owned(),
            });
            continue;
        }
        match output_format(&output.path.value, types.formats()) {
            Ok(format) => {
                mistakes.extend(meaningless(output, format, types.formats()));
                sinks.push(Sink {
                    path: output.path.value.clone(),
                    format: format.format(),
                    options: output.options.clone(),
                    table: task.id.value.base().to_owned(),
                });
            }
            Err(wrong) => mistakes.push(no_output(wrong, &output.path, types)),
        }
    }
    if mistakes.is_empty() { Ok(sinks) } else { Err(mistakes) }
}

/// All paths that a task reads and publishes.
fn paths<'a>(io: &'a Io, task: &'a TaskSpec) -> impl Iterator<Item = &'a At<Location>> {
    let of_table = task.common.outputs.iter().filter(|_| io.table).map(|output| &output.path);
    let others = io.outputs.iter().map(|output| &output.path);
    io.files.iter().map(|file| &file.path).chain(of_table).chain(others).chain(&io.rejects)
}

/// Finds the tasks that ids and paths mean.
struct Resolver<'a> {
    broken: &'a IndexSet<TaskName>,
    tasks: &'a IndexMap<TaskName, Arc<TaskSpec>>,
    planned: &'a [PlannedTask],
    by_name: &'a HashMap<TaskName, TaskIx>,
    instances: &'a HashMap<String, Vec<TaskIx>>,
    diagnostics: &'a mut Diagnostics,
}

impl Resolver<'_> {
    fn all_needs(mut self, spec: &Spec, published: &Published) -> Vec<Vec<Need>> {
        self.planned.iter().map(|task| self.needs_of(spec, task, published)).collect()
    }

    fn needs_of(&mut self, spec: &Spec, task: &PlannedTask, published: &Published) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        let mut add = |need: Need| {
            if !needs.contains(&need) {
                needs.push(need);
            }
        };
        for Edge { task: id, role, what } in &task.io.reads {
            for ix in self.find(&id.value, id.span, &task.name) {
                let other = &self.planned[ix.index()];
                self.must_offer(other, *what, role, id.span, task);
                add(Need { task: ix, role: role.clone(), named: id.value.clone(), what: *what });
            }
        }
        for file in &task.io.files {
            for ix in published.publishers(&spec.project, &file.path.value) {
                let publisher = &self.planned[ix.index()];
                if publisher.name == task.name {
                    let absolute = |path: &At<Location>| published.absolute(&spec.project, &path.value);
                    let read = absolute(&file.path);
                    let is_read = |path: &At<Location>| Path::new(absolute(path).as_str()).starts_with(read.as_str());
                    let output = task.outputs.iter().find(|output| is_read(&output.path));
                    self.diagnostics.push(
                        Diagnostic::error(format!("task `{}` would overwrite what it reads", task.name))
                            .at(output.map_or(file.path.span, |output| output.path.span), "written here")
                            .at(file.path.span, "read here")
                            .help("write to another path"),
                    );
                } else {
                    let named = publisher.name.to_string();
                    add(Need { task: ix, role: file.path.value.to_string(), named, what: EdgeKind::Files });
                }
            }
        }
        for id in &task.spec.common.depends_on {
            for ix in self.find(&id.value, id.span, &task.name) {
                add(Need { task: ix, role: "depends_on".into(), named: id.value.clone(), what: EdgeKind::Order });
            }
        }
        needs
    }

    fn find(&mut self, id: &str, span: Span, from: &TaskName) -> Vec<TaskIx> {
        if let Some(ix) = self.by_name.get(id) {
            return vec![*ix];
        }
        if let Some(group) = self.instances.get(id) {
            return group.clone();
        }
        // A task that is in the file but has mistakes of its own is not unknown.
        let is_known = self.tasks.keys().any(|name| name.as_str() == id || name.base() == id)
            || self.broken.iter().any(|name| name.as_str() == id || name.base() == id);
        if !is_known {
            let mut known: BTreeSet<&str> = self.tasks.keys().map(|name| name.base()).collect();
            known.remove(from.base());
            if id.contains('@') {
                known.extend(self.tasks.keys().map(TaskName::as_str));
            }
            self.diagnostics
                .push(Diagnostic::error(format!("unknown task `{id}`")).at(span, "no such task").suggest(id, known));
        }
        Vec::new()
    }

    /// A table is read only from a task that makes one, files only from one that publishes some.
    fn must_offer(&mut self, other: &PlannedTask, what: EdgeKind, role: &str, span: Span, task: &PlannedTask) {
        if other.spec.has_no_items {
            return;
        }
        let (offers, thing) = match what {
            EdgeKind::Table => (other.io.table, "makes no table"),
            EdgeKind::Files => (!other.outputs.is_empty(), "publishes no file"),
            EdgeKind::Order => (true, ""),
        };
        if !offers {
            self.diagnostics.push(
                Diagnostic::error(format!("task `{}` {thing} that `{}` could read", other.name, task.name))
                    .at(span, format!("`{role}` needs one; this is a {} task", other.task_type.name))
                    .help(match (what, other.task_type.table) {
                        (EdgeKind::Files, _) => "give it an `output`, or name another task".to_owned(),
                        (_, MakesTable::WithKey(key)) => format!("name one of its outputs under `{key}`"),
                        _ => "if it only has to run first, name it under `depends_on`".to_owned(),
                    }),
            );
        }
    }
}

/// Kahn's algorithm; of the tasks that may come next, the first in the file does. Those in a cycle, and below one, are missing.
fn topological(graph: &DiGraph<TaskIx, EdgeKind>) -> Vec<TaskIx> {
    let mut missing: Vec<usize> =
        graph.node_indices().map(|node| graph.neighbors_directed(node, Direction::Incoming).count()).collect();
    let mut ready: BinaryHeap<Reverse<NodeIndex>> =
        graph.node_indices().filter(|node| missing[node.index()] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(missing.len());
    while let Some(Reverse(node)) = ready.pop() {
        order.push(graph[node]);
        for next in graph.neighbors(node) {
            missing[next.index()] -= 1;
            if missing[next.index()] == 0 {
                ready.push(Reverse(next));
            }
        }
    }
    order
}

/// The whole way round, each step pointing at the place that makes it.
fn tell_cycle(path: &[TaskIx], tasks: &[PlannedTask]) -> Diagnostic {
    let names: Vec<&str> = path.iter().chain(path.first()).map(|ix| tasks[ix.index()].name.as_str()).collect();
    let heading = match path {
        [one] => format!("task `{}` needs itself", tasks[one.index()].name),
        _ => format!("tasks need each other in a cycle: {}", names.join(" → ")),
    };
    let mut diagnostic = Diagnostic::error(heading);
    for (at, ix) in path.iter().enumerate() {
        let next = path[(at + 1) % path.len()];
        let task = &tasks[next.index()];
        let span = place_of_need(task, *ix).unwrap_or(task.spec.id.span);
        diagnostic = diagnostic.at(span, format!("`{}` needs `{}`", task.name, tasks[ix.index()].name));
    }
    diagnostic.help(match path {
        [_] => "take it away",
        _ => "an arrow leads from a task to one that needs it; take one of these needs away",
    })
}

/// Where in the file a task says that it needs the other.
fn place_of_need(task: &PlannedTask, other: TaskIx) -> Option<Span> {
    let need = task.needs.iter().find(|need| need.task == other)?;
    task.io
        .reads
        .iter()
        .map(|edge| &edge.task)
        .chain(&task.spec.common.depends_on)
        .find(|id| id.value == need.named)
        .map(|id| id.span)
        .or_else(|| {
            let file = task.io.files.iter().find(|file| file.path.value.as_str() == need.role)?;
            Some(file.path.span)
        })
}
