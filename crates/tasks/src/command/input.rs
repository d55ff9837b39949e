//! The inputs of a command: paths, and tables written to files for it.

use std::borrow::Cow;
use std::fmt;
use std::io;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tidemill_core::ids::TaskName;
use tidemill_core::plan::resolve;
use tidemill_core::spec::{At, Node, NodeValue, Spec, TaskSpec};
use tidemill_core::storage::LocationMatch;
use tidemill_core::table::{FileFormat, Location, Sink, SinkOptions};
use tidemill_core::task::{Edge, EdgeKind, FileInput, FileRole, RunContext, TaskFailure, TaskSource, TaskTypes};

/// An input as it is written: a path, a task, or a task with a format.
#[derive(Clone)]
pub struct InputKey {
    named: String,
    format: Option<ExportFormat>,
    is_task: bool,
}

/// A task's table in a format.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskInput {
    /// The task whose table enters.
    task: String,
    /// The format of the file that the command reads; default csv.
    #[serde(default)]
    format: Option<ExportFormat>,
}

/// The format of a file that a table is written to for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema, Default)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Comma-separated values.
    #[default]
    Csv,
    /// Apache Parquet.
    Parquet,
    /// An array of objects.
    Json,
}

impl InputKey {
    /// The path or task, as it is written.
    pub fn named(&self) -> &str {
        &self.named
    }
}

impl ExportFormat {
    fn file(self) -> FileFormat {
        match self {
            Self::Csv => FileFormat("csv"),
            Self::Parquet => FileFormat("parquet"),
            Self::Json => FileFormat("json"),
        }
    }
}

impl<'de> Deserialize<'de> for InputKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InputVisitor;

        impl<'de> Visitor<'de> for InputVisitor {
            type Value = InputKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, a task, or a map with `task`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<InputKey, E> {
                Ok(InputKey { named: text.to_owned(), format: None, is_task: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<InputKey, A::Error> {
                let TaskInput { task, format } = TaskInput::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(InputKey { named: task, format, is_task: true })
            }
        }

        deserializer.deserialize_any(InputVisitor)
    }
}

impl Serialize for InputKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.format {
            Some(format) => serializer.collect_seq([self.named.clone(), format.file().name().to_owned()]),
            None => serializer.serialize_str(&self.named),
        }
    }
}

impl JsonSchema for InputKey {
    fn schema_name() -> Cow<'static, str> {
        "CommandInput".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        let long = generator.subschema_for::<TaskInput>();
        json_schema!({"anyOf": [{"type": "string", "x-expected": "a path or a task"}, long]})
    }
}

/// What an input is.
pub enum CommandInput {
    /// A file, or a pattern for several.
    Path(At<Location>),
    /// The table of a task, written to a file.
    Table(At<String>, ExportFormat),
    /// The files that a task publishes; of a `foreach`, those of all its instances, named in the order of the items.
    Files(At<String>, Vec<String>),
}

impl CommandInput {
    /// What is meant: a name that is a task's is the task, all else is a path.
    pub fn of(key: &At<InputKey>, source: &TaskSource<'_>) -> Self {
        let InputKey { named, format, is_task } = &key.value;
        let task = At { value: named.clone(), span: key.span };
        if *is_task {
            return Self::Table(task, format.unwrap_or_default());
        }
        let known = find(source.pipeline, named);
        let first = known.first().copied();
        let could_be = TaskName::is_valid(named.split_once('@').map_or(named, |(base, _)| base));
        let location = Location::new(named.as_str());
        match first {
            Some(other) if makes_table(other, source.types) => Self::Table(task, ExportFormat::default()),
            Some(_) => Self::Files(task, known.iter().map(|other| other.id.value.to_string()).collect()),
            // A mistyped task is said to be one.
            None if could_be && !exists(&location, source) && !is_filled(source.pipeline, named) => {
                Self::Table(task, ExportFormat::default())
            }
            None => Self::Path(At { value: location, span: key.span }),
        }
    }

    /// The task that it reads from.
    pub fn edge(&self, name: &str) -> Option<Edge> {
        let edge = |task: &At<String>, what| Some(Edge { task: task.clone(), role: name.to_owned(), what });
        match self {
            Self::Path(_) => None,
            Self::Table(task, _) => edge(task, EdgeKind::Table),
            Self::Files(task, _) => edge(task, EdgeKind::Files),
        }
    }

    /// The file that it reads.
    pub fn file(&self) -> Option<FileInput> {
        match self {
            Self::Path(path) => Some(FileInput::new(path.clone(), FileRole::Input)),
            Self::Table(..) | Self::Files(..) => None,
        }
    }

    /// The path that the command finds it at, or a list of several; a table is written first, with warnings of what its format
    /// could not hold.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub fn provide(&self, name: &str, cx: &RunContext<'_>, warnings: &mut Vec<String>) -> Result<Value, TaskFailure> {
        match self {
            Self::Path(path) => {
                let unreadable = |error: io::Error| TaskFailure::new(error.to_string());
                let storage = cx.storages.of(&path.value).map_err(unreadable)?;
                let local = |location: &Location| -> Result<Value, TaskFailure> {
                    Ok(storage.local_path(cx.project, location).map_err(unreadable)?.to_string_lossy().into())
                };
                match storage.find(cx.project, &path.value).map_err(unreadable)? {
                    LocationMatch::Matches(found) => found.iter().map(|entry| local(&entry.location)).collect(),
                    LocationMatch::One | LocationMatch::Nothing => local(&storage.absolute(cx.project, &path.value)),
                }
            }
            Self::Table(task, format) => {
                let (_, table) = cx
                    .tables
                    .iter()
                    .find(|(known, _)| *known == task.value)
                    .ok_or_else(|| TaskFailure::new(format!("the table of `{}` is not there", task.value)))?;
                let format = format.file();
                let folder = cx.scratch.join("inputs");
                let file = folder.join(format!("{name}.{}", format.name()));
                tidemill_core::private::folder(&folder)
                    .map_err(|error| TaskFailure::new(format!("cannot write {}: {error}", file.display())))?;
                let shown = Location::new(format!("the input {name}.{}", format.name()));
                let sink = Sink { path: shown, format, options: SinkOptions::default(), table: task.value.clone() };
                let path = Location::new(file.to_string_lossy());
                warnings.extend(cx.engine.write(table, &sink, &path)?.warnings);
                Ok(path.as_str().into())
            }
            Self::Files(_, tasks) => {
                let files =
                    tasks.iter().filter_map(|task| cx.upstream.get(task)).flat_map(|facts| &facts.report.outputs);
                let mut paths: Vec<Value> =
                    files.map(|path| resolve(cx.project, path).to_string_lossy().into()).collect();
                Ok(if paths.len() == 1 { paths.remove(0) } else { paths.into() })
            }
        }
    }
}

/// Whether there is a file or folder of that name.
fn exists(location: &Location, source: &TaskSource<'_>) -> bool {
    source.types.storages().of(location).is_ok_and(|storage| storage.exists(source.project, location))
}

/// The task of that id, or all instances of a `foreach` of that id.
fn find<'a>(pipeline: &'a Spec, id: &str) -> Vec<&'a TaskSpec> {
    let maps = [&pipeline.tasks, &pipeline.on_success, &pipeline.on_failure, &pipeline.finally];
    if let Some(task) = maps.into_iter().find_map(|tasks| tasks.get(id)) {
        return vec![task];
    }
    let all = maps.into_iter().flat_map(|tasks| tasks.values()).map(|task| &**task);
    all.filter(|task| task.id.value.base() == id).collect()
}

/// Whether a task writes below the folder of that name, which need not be there yet.
fn is_filled(pipeline: &Spec, folder: &str) -> bool {
    let is_below =
        |path: &str| path.trim_start_matches("./").strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let maps = [&pipeline.tasks, &pipeline.on_success, &pipeline.on_failure, &pipeline.finally];
    maps.into_iter().flat_map(|tasks| tasks.values()).any(|task| {
        let of_table = task.common.outputs.iter().any(|output| is_below(output.path.value.as_str()));
        let of_its_own = ["output", "outputs", "rejects"].into_iter().filter_map(|key| task.keys.get(key));
        of_table || of_its_own.into_iter().any(|(_, node)| has_text(node, &is_below))
    })
}

/// Whether one of the texts in a node is as wanted.
fn has_text(node: &Node, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    match &node.value {
        NodeValue::String(text) => is_wanted(text),
        NodeValue::List(items) => items.iter().any(|item| has_text(item, is_wanted)),
        NodeValue::Map(entries) => entries.iter().any(|(_, value)| has_text(value, is_wanted)),
        _ => false,
    }
}

/// Whether a task of this type makes a table.
fn makes_table(task: &TaskSpec, types: &TaskTypes) -> bool {
    types.get(&task.kind.value).is_none_or(|known| known.descriptor().table.with(&task.keys))
}
