//! All that determines a task's result, gathered.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::fingerprint::{Fingerprint, FingerprintBuilder, Used};
use tidemill_core::ids::{Digest, TaskIx};
use tidemill_core::plan::{Plan, PlannedTask, resolve};
use tidemill_core::spec::{Node, NodeValue, Template};
use tidemill_core::table::TableEngine;
use tidemill_core::task::{EdgeKind, RunFacts, TaskFacts, TaskFailure};

use super::{CacheIndex, ResultDigests};
use tidemill_secrets::{masked, masked_value};

/// What a fingerprint is made of, beside the task and the files that it reads.
pub struct FingerprintInputs<'a> {
    /// The graph.
    pub plan: &'a Plan,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// What computes tables; its name is part of their fingerprints.
    pub engine: &'a dyn TableEngine,
    /// What is known of the run.
    pub run: &'a RunFacts,
    /// What is known of the tasks before.
    pub upstream: &'a dyn Upstream,
}

/// What is known of the tasks before the one that is decided on.
pub trait Upstream {
    /// What one of them has made, or in a dry run made last; None if that is not known.
    fn result(&self, task: TaskIx) -> Option<ResultDigests>;

    /// What texts and conditions may know of them.
    fn facts(&self) -> BTreeMap<String, TaskFacts>;
}

impl CacheIndex {
    /// The fingerprint of a task. A task before it whose result is not known has no part in it.
    ///
    /// # Errors
    /// If a file that it reads cannot be read.
    pub fn fingerprint(&self, ix: TaskIx, inputs: &FingerprintInputs<'_>) -> Result<Fingerprint, TaskFailure> {
        let task = inputs.plan.task(ix);
        let mut builder = Fingerprint::builder(task.task_type.name, task.task_type.version);
        if task.io.table {
            builder = builder.engine(inputs.engine.name());
        }
        let mut parameters = task.task.parameters();
        // Another secret is not another task, and what is remembered of this holds none.
        parameters = masked_value(&parameters);
        if is_started_by_hand(inputs.run) {
            blank(&mut parameters, &inputs.run.logical_time);
        }
        builder = builder.parameters(&parameters, |key| used_in(task, key, inputs.sources));
        for output in &task.outputs {
            let path = output.path.value.as_str();
            let sink = task.sinks.iter().find(|sink| sink.path.as_str() == path);
            let options = sink.map(|sink| serde_json::to_value(&sink.options).unwrap_or_default());
            builder = builder.output(path, options.unwrap_or_default());
        }
        builder = self.upstreams(builder, ix, inputs);
        builder = self.read_files(builder, inputs.plan, task)?;
        Ok(self.texts(builder, task, inputs).build())
    }

    fn upstreams(
        &self,
        mut builder: FingerprintBuilder,
        ix: TaskIx,
        inputs: &FingerprintInputs<'_>,
    ) -> FingerprintBuilder {
        let task = inputs.plan.task(ix);
        for need in &task.needs {
            let other = inputs.plan.task(need.task);
            let Some(result) = inputs.upstream.result(need.task) else { continue };
            let place = other.spec.foreach.as_ref().map(|group| group.order as u32);
            match need.what {
                EdgeKind::Table => {
                    if let Some(table) = result.table {
                        builder = builder.upstream(&other.name, EdgeKind::Table, place, table);
                    }
                }
                EdgeKind::Files => builder = builder.upstream(&other.name, EdgeKind::Files, place, result.files),
                EdgeKind::Order if task.task_type.reads_order => {
                    builder = builder.upstream(&other.name, EdgeKind::Order, place, result.files);
                }
                EdgeKind::Order => {}
            }
        }
        builder
    }

    fn read_files(
        &self,
        mut builder: FingerprintBuilder,
        plan: &Plan,
        task: &PlannedTask,
    ) -> Result<FingerprintBuilder, TaskFailure> {
        for file in &task.io.files {
            let path = file.path.value.as_str();
            let unreadable = |error: std::io::Error| TaskFailure::new(format!("cannot read {path}: {error}"));
            let absolute = resolve(&self.project, &file.path.value);
            // What other tasks publish has entered with them.
            let published = published_by(plan, task, path);
            if published.contains(&absolute) {
                continue;
            }
            if file.path.value.scheme().is_some() {
                self.files.unwatchable();
            }
            if let (Some(version), Some(database)) = (&file.version, plan.storages.database(&file.path.value)) {
                let digest = Digest::of(database.version(version, &NEVER_CANCELLED)?.as_bytes());
                builder = builder.file(path, file.role, Some(digest));
                continue;
            }
            let is_filled = !published.is_empty() && absolute.is_dir();
            let found = if is_filled {
                let beside = self.files.below(&self.project, [absolute]).map_err(unreadable)?;
                beside.into_iter().map(|(name, digest)| (name, Some(digest))).collect()
            } else {
                let storage = plan.storages.of(&file.path.value).map_err(unreadable)?;
                storage.digests(&self.project, &file.path.value, file.role, &self.files).map_err(unreadable)?
            };
            for (name, digest) in found.into_iter().filter(|(name, _)| !published.contains(&self.project.join(name))) {
                builder = builder.file(&name, file.role, digest);
            }
        }
        Ok(builder)
    }

    /// What the task's texts will say of params, the environment, the run and other tasks.
    fn texts(
        &self,
        mut builder: FingerprintBuilder,
        task: &PlannedTask,
        inputs: &FingerprintInputs<'_>,
    ) -> FingerprintBuilder {
        let names = task.task.names(&self.project, inputs.sources);
        if names.is_empty() {
            return builder;
        }
        let facts = if names.iter().any(|name| name[0] == "tasks") { inputs.upstream.facts() } else { BTreeMap::new() };
        for parts in names.iter().flat_map(|name| followed(name, task)) {
            match parts[..] {
                ["params", param, ..] => {
                    if let Ok(value) = task.spec.scope.find(["params", param]) {
                        let value = masked_value(value);
                        let used = vec![Used { name: param.to_owned(), value: value.clone() }];
                        builder = builder.key(&format!("params.{param}"), value, used);
                    }
                }
                ["params"] | ["item", ..] => {
                    if let Ok(value) = task.spec.scope.find([parts[0]]) {
                        builder = builder.key(parts[0], masked_value(value), Vec::new());
                    }
                }
                ["env", variable, ..] => {
                    let value = task.spec.scope.find(["env", variable]).ok().and_then(|value| value.as_str());
                    builder = builder.env(variable, value.map(masked).as_deref());
                }
                ["run", "date", ..] => builder = builder.fact("run.date", inputs.run.date.clone().into()),
                ["run", "logical_time", ..] if !is_started_by_hand(inputs.run) => {
                    builder = builder.fact("run.logical_time", inputs.run.logical_time.clone().into());
                }
                ["tasks", other, ..] => {
                    if let Some(known) = facts.get(other) {
                        builder = builder.fact(&format!("tasks.{other}"), lasting(known));
                    }
                }
                ["tasks"] => {
                    for (other, known) in &facts {
                        builder = builder.fact(&format!("tasks.{other}"), lasting(known));
                    }
                }
                _ => {}
            }
        }
        builder
    }
}

/// The files of the tasks from which a task reads what lies at a path: in a folder, or by a pattern.
fn published_by(plan: &Plan, task: &PlannedTask, path: &str) -> HashSet<PathBuf> {
    let needs = task.needs.iter().filter(|need| need.role == path && need.what == EdgeKind::Files);
    let outputs = needs.flat_map(|need| &plan.task(need.task).outputs);
    outputs.map(|output| resolve(&plan.spec.project, &output.path.value)).collect()
}

/// The names that a name stands for: a text that speaks of `env` or `run` as a whole may reach all that is under it.
fn followed<'a>(name: &'a [String], task: &'a PlannedTask) -> Vec<Vec<&'a str>> {
    let parts: Vec<&str> = name.iter().map(String::as_str).collect();
    match parts[..] {
        ["env"] => task.spec.scope.declared_env().map(|variable| vec!["env", variable]).collect(),
        ["run"] => vec![vec!["run", "date"], vec!["run", "logical_time"]],
        _ => vec![parts],
    }
}

/// Whether the run stands for no other time than the one at which somebody started it: that enters no fingerprint.
fn is_started_by_hand(run: &RunFacts) -> bool {
    run.trigger == "manual" && run.logical_time == run.started
}

/// Takes the time out of the texts of parameters, so that asking again is not another inputs.
fn blank(value: &mut serde_json::Value, time: &str) {
    use serde_json::Value;

    match value {
        Value::String(text) if text.contains(time) => *text = text.replace(time, "run.logical_time"),
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, time)),
        Value::Object(map) => map.values_mut().for_each(|item| blank(item, time)),
        _ => {}
    }
}

/// What of a task's facts does not change when it is only done again: all but its duration.
fn lasting(facts: &TaskFacts) -> serde_json::Value {
    serde_json::to_value(TaskFacts { duration: 0.0, ..facts.clone() }).unwrap_or_default()
}

/// The params that a key's value was made from.
fn used_in(task: &PlannedTask, key: &str, sources: &SourceMap) -> Vec<Used> {
    let mut names: Vec<String> = Vec::new();
    if let Some((_, node)) = task.spec.keys.get(key) {
        collect(node, sources, &mut names);
    }
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| {
            let value = masked_value(task.spec.scope.find(["params", name.as_str()]).ok()?);
            Some(Used { name, value })
        })
        .collect()
}

fn collect(node: &Node, sources: &SourceMap, names: &mut Vec<String>) {
    match &node.value {
        NodeValue::String(text) if text.contains("${{") => {
            let text = Template { text: text.clone(), span: node.span };
            names.extend(text.uses(sources).into_iter().filter_map(|used| match &used.parts[..] {
                [root, name, ..] if root == "params" => Some(name.clone()),
                _ => None,
            }));
        }
        NodeValue::List(items) => items.iter().for_each(|item| collect(item, sources, names)),
        NodeValue::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, sources, names)),
        _ => {}
    }
}
