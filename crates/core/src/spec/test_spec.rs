//! `tests`: what the tables of a pipeline must be for given rows.

use std::borrow::Cow;
use std::collections::HashMap;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, SourceMap, Span};
use crate::table::Location;

use super::interpolate::{Filled, Text, as_text, fill};
use super::keys::Anything;
use super::{At, Key, Node, NodeValue, OneOrMany, Param, Scope};

/// The key below `expect` that speaks of rejected rows instead of a task's table.
const REJECTS: &str = "rejects";

/// A test of a pipeline, as the file has it.
#[derive(Clone, Debug)]
pub struct TestSpec {
    /// Its name.
    pub name: At<String>,
    /// The tasks under test; without any, those that `expect` names.
    pub tasks: Vec<At<String>>,
    /// Values of parameters, as texts of the command line.
    pub params: Vec<(At<String>, String)>,
    /// The run's logical time.
    pub at: Option<At<String>>,
    /// What stands for the tables of tasks.
    pub given: Vec<(At<String>, Fixture)>,
    /// What must come of it.
    pub expect: Vec<Expectation>,
}

/// What stands for a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Fixture {
    /// Rows of the pipeline file.
    Rows(Vec<FixtureRow>),
    /// A file in any format that `load` reads.
    File(At<Location>),
}

/// A row of the pipeline file: some columns with their values.
pub type FixtureRow = Vec<(At<String>, FixtureCell)>;

/// A value as the file writes it; None is NULL. Of which type it is says the column.
pub type FixtureCell = At<Option<String>>;

/// What a table must be.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The task.
    pub task: At<String>,
    /// What of it.
    pub of: ExpectationOf,
    /// How many rows there must be.
    pub count: Option<At<u64>>,
    /// The rows that there must be, all of them, in their order.
    pub rows: Option<Fixture>,
    /// Rows that must be among them.
    pub contains: Option<Vec<FixtureRow>>,
    /// The columns that are compared; without, those that the expected rows have.
    pub columns: Vec<At<String>>,
}

/// Which table of a task is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectationOf {
    /// Its own.
    Table,
    /// Its rejected rows, with `_row` and `_reason`.
    Rejects,
}

/// The keys of a test.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read with the places of all values; the struct says what there is")]
pub(crate) struct TestKeys {
    /// What is under test; default what `expect` names.
    pub tasks: Option<OneOrMany<At<String>>>,
    /// Values for parameters.
    #[schemars(with = "Option<IndexMap<String, Anything>>")]
    pub params: Option<Anything>,
    /// The run's logical time, such as `2024-11-20T19:45:00`.
    pub at: Option<At<String>>,
    /// What stands for the tables of tasks: rows, or a file.
    #[schemars(with = "Option<IndexMap<String, FixtureForms>>")]
    pub given: Option<Anything>,
    /// What their tables must be; below `rejects`, what is rejected.
    #[schemars(with = "ExpectForms")]
    pub expect: Anything,
}

/// Rows or a file.
pub(crate) struct FixtureForms;

impl JsonSchema for FixtureForms {
    fn schema_name() -> Cow<'static, str> {
        "Fixture".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["array", "string", "object"],
            "x-expected": "a list of rows, or the path of a file",
            "description": "Rows as maps from columns to values, or the path of a file.",
            "items": {"type": "object"},
            "properties": {"file": {"type": "string", "description": "A file in any format that `load` reads."}},
            "additionalProperties": false,
        })
    }
}

/// What a table must be.
struct ExpectationForms;

impl JsonSchema for ExpectationForms {
    fn schema_name() -> Cow<'static, str> {
        "Expectation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["array", "object"],
            "x-expected": "a list of rows, or a map with `rows`, `contains`, `columns` or `file`",
            "description": "All rows in their order, or a map that says less.",
            "items": {"type": "object"},
            "properties": {
                "rows": {
                    "type": ["integer", "array"],
                    "x-expected": "a number of rows, or a list of rows",
                    "description": "How many rows there are, or all of them in their order.",
                    "items": {"type": "object"},
                },
                "contains": {"type": "array", "items": {"type": "object"}, "description": "Rows that are among them."},
                "columns": {
                    "type": ["array", "string"],
                    "items": {"type": "string"},
                    "description": "The columns that are compared; default those that the rows have.",
                },
                "file": {"type": "string", "description": "A file that holds all rows in their order."},
            },
            "additionalProperties": false,
        })
    }
}

/// Expectations by task.
struct ExpectForms;

impl JsonSchema for ExpectForms {
    fn schema_name() -> Cow<'static, str> {
        "Expect".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of_task = generator.subschema_for::<ExpectationForms>();
        json_schema!({
            "type": "object",
            "description": "What the tables of tasks must be.",
            "properties": {
                REJECTS: {
                    "type": "object",
                    "description": "The rows that tasks must reject, with `_row` and `_reason`.",
                    "additionalProperties": of_task,
                },
            },
            "additionalProperties": of_task,
        })
    }
}

/// What tests are read with.
pub(crate) struct TestReader<'a> {
    /// What `${{ }}` in values may name.
    pub scope: &'a Scope,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The parameters of the pipeline.
    pub params: &'a IndexMap<String, Param>,
}

impl TestReader<'_> {
    /// The tests of all files. What has another shape than the schema says has been found by validation and is left out here.
    pub fn read_all(&self, trees: &[Node], found: &mut Vec<Diagnostic>) -> Vec<TestSpec> {
        let mut names: HashMap<&str, Span> = HashMap::new();
        let mut tests = Vec::new();
        for (key, node) in trees.iter().filter_map(|tree| tree.get("tests")).flat_map(|(_, node)| node.entries()) {
            if let Some(first) = names.insert(&key.name, key.span) {
                let twice = Diagnostic::error(format!("two tests have the name `{}`", key.name));
                found.push(twice.at(key.span, "again here").at(first, "first here"));
            }
            tests.push(self.test(key, node, found));
        }
        tests
    }

    fn test(&self, key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> TestSpec {
        let name = At::new(key.name.clone(), key.span);
        let entries = |name: &str| node.get(name).map_or(&[][..], |(_, node)| node.entries());
        let tasks = node.get("tasks").map(|(_, node)| texts(node)).unwrap_or_default();
        let at = node.get("at").and_then(|(_, node)| Some(At::new(self.written(node)?, node.span)));
        let given = entries("given").iter().filter_map(|(key, node)| Some((named(key), self.fixture(node, found)?)));
        let given = given.collect();
        let params = entries("params").iter().filter_map(|(key, node)| self.param(key, node, found)).collect();
        let mut expect = Vec::new();
        for (key, node) in entries("expect") {
            if key.name == REJECTS {
                let of = |(key, node): &(Key, Node)| self.expectation(key, node, ExpectationOf::Rejects, found);
                expect.extend(node.entries().iter().map(of));
            } else {
                expect.push(self.expectation(key, node, ExpectationOf::Table, found));
            }
        }
        if expect.is_empty() {
            let nothing = Diagnostic::error(format!("the test `{}` expects nothing", key.name));
            found.push(nothing.at(key.span, "").help("write below `expect` what the table of a task must be"));
        }
        TestSpec { name, tasks, params, at, given, expect }
    }

    fn param(&self, key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Option<(At<String>, String)> {
        if !self.params.contains_key(&key.name) {
            let unknown = Diagnostic::error(format!("there is no parameter `{}`", key.name)).at(key.span, "");
            found.push(unknown.suggest(&key.name, self.params.keys().map(String::as_str)));
            return None;
        }
        Some((named(key), self.written(node).unwrap_or_default()))
    }

    fn expectation(&self, key: &Key, node: &Node, of: ExpectationOf, found: &mut Vec<Diagnostic>) -> Expectation {
        let get = |name: &str| node.get(name).map(|(_, node)| node);
        let count = get("rows").and_then(|node| match node.value {
            NodeValue::Int(count) => u64::try_from(count).ok().map(|count| At::new(count, node.span)),
            _ => None,
        });
        let listed = if matches!(node.value, NodeValue::List(_)) { Some(node) } else { get("rows") };
        let listed = listed.filter(|node| matches!(node.value, NodeValue::List(_)));
        let file = get("file").and_then(|node| self.fixture(node, found));
        let rows = listed.map(|node| Fixture::Rows(self.rows(node, found))).or(file);
        Expectation {
            task: named(key),
            of,
            count,
            rows,
            contains: get("contains").map(|node| self.rows(node, found)),
            columns: get("columns").map(texts).unwrap_or_default(),
        }
    }

    fn fixture(&self, node: &Node, found: &mut Vec<Diagnostic>) -> Option<Fixture> {
        match &node.value {
            NodeValue::List(_) => Some(Fixture::Rows(self.rows(node, found))),
            NodeValue::String(path) => Some(Fixture::File(At::new(Location::new(path.as_str()), node.span))),
            _ => self.fixture(&node.get("file")?.1, found),
        }
    }

    fn rows(&self, node: &Node, found: &mut Vec<Diagnostic>) -> Vec<FixtureRow> {
        let NodeValue::List(rows) = &node.value else { return Vec::new() };
        let mut row = |row: &Node| {
            let cell = |(key, node): &(Key, Node)| (named(key), At::new(self.cell(node, found), node.span));
            row.entries().iter().map(cell).collect()
        };
        rows.iter().map(&mut row).collect()
    }

    fn cell(&self, node: &Node, found: &mut Vec<Diagnostic>) -> Option<String> {
        let NodeValue::String(text) = &node.value else { return self.written(node) };
        match fill(Text { text, span: node.span, sources: self.sources }, self.scope, None) {
            Ok(Filled::Text(text)) => Some(text),
            Ok(Filled::Value(serde_json::Value::Null)) => None,
            Ok(Filled::Value(value)) => Some(as_text(&value).unwrap_or_else(|| value.to_string())),
            Err(mistakes) => {
                found.extend(mistakes);
                None
            }
        }
    }

    /// A value as the file writes it: a number keeps its digits, a list or map is JSON.
    fn written(&self, node: &Node) -> Option<String> {
        match &node.value {
            NodeValue::Null => None,
            NodeValue::String(text) => Some(text.clone()),
            NodeValue::Bool(_) | NodeValue::Int(_) | NodeValue::Float(_) => {
                let text = self.sources.get(node.span.file).and_then(|file| file.text.get(node.span.range()));
                text.map(str::to_owned).or_else(|| node.value.scalar_text())
            }
            NodeValue::List(_) | NodeValue::Map(_) => Some(node.to_json().to_string()),
        }
    }
}

fn named(key: &Key) -> At<String> {
    At::new(key.name.clone(), key.span)
}

/// One text or a list of them.
fn texts(node: &Node) -> Vec<At<String>> {
    let text = |node: &Node| node.value.scalar_text().map(|text| At::new(text, node.span));
    match &node.value {
        NodeValue::List(items) => items.iter().filter_map(text).collect(),
        _ => text(node).into_iter().collect(),
    }
}
