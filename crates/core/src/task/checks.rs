//! `checks`: what must hold of a task's table.

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Span};
use crate::spec::{self, CheckKeys, Node, NodeValue};
use crate::table::{Check, Schema};

use super::{CheckContext, Edge, Statement, TaskSource};

/// The checks of one task.
pub struct TaskChecks(Vec<TaskCheck>);

/// An item of `checks`.
struct TaskCheck {
    check: &'static str,
    statement: Box<dyn Statement>,
    keys: CheckKeys,
}

impl TaskChecks {
    /// Reads them from the task's common keys.
    ///
    /// # Errors
    /// All mistakes found in them.
    pub fn read(source: &TaskSource<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut mistakes: Vec<Diagnostic> = Vec::new();
        let read = source.spec.common.checks.iter().filter_map(|item| {
            let read = TaskCheck::read(item, source);
            read.map_err(|more| mistakes.extend(more)).ok()
        });
        let checks = read.collect();
        if mistakes.is_empty() { Ok(Self(checks)) } else { Err(mistakes) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In canonical form.
    pub fn parameters(&self) -> Value {
        self.0.iter().map(TaskCheck::parameters).collect()
    }

    /// The tables that they look into, beside that of their task.
    pub fn reads(&self) -> impl Iterator<Item = Edge> {
        self.0.iter().flat_map(|check| check.statement.reads())
    }

    /// Whether what one of them finds depends on when it looks.
    pub fn look_at_time(&self) -> bool {
        self.0.iter().any(|check| check.statement.looks_at_time())
    }

    /// Compiles them against the table's columns.
    ///
    /// # Errors
    /// Where one speaks of columns that the table does not have, or has with another type.
    pub fn compile(&self, table: &Schema, cx: &CheckContext<'_>) -> Result<Vec<Check>, Vec<Diagnostic>> {
        let (mut checks, mut mistakes) = (Vec::new(), Vec::new());
        for TaskCheck { statement, keys, .. } in &self.0 {
            let severity = keys.severity.unwrap_or_default();
            match statement.compile(table, cx) {
                Ok(found) => checks.extend(found.into_iter().map(|(name, kind)| Check {
                    name: keys.name.clone().unwrap_or(name),
                    severity,
                    kind,
                })),
                Err(more) => mistakes.extend(more),
            }
        }
        if mistakes.is_empty() { Ok(checks) } else { Err(mistakes) }
    }
}

impl TaskCheck {
    fn read(item: &Node, source: &TaskSource<'_>) -> Result<Self, Vec<Diagnostic>> {
        let (types, scope, sources) = (source.types.checks(), source.scope(), source.sources);
        let with = |entries| Node { value: NodeValue::Map(entries), span: item.span };
        let (mut statements, mut common, mut mistakes) = (Vec::new(), Vec::new(), Vec::new());
        for entry in item.entries() {
            // What is neither has been found by validation.
            let Some(check) = types.get(&entry.0.name) else {
                common.push(entry.clone());
                continue;
            };
            match check.read(&with(vec![entry.clone()]), scope, sources) {
                Ok(statement) => statements.extend(statement.map(|statement| (check.name(), statement))),
                Err(more) => mistakes.extend(more),
            }
        }
        let keys = spec::read(&with(common), scope, sources).unwrap_or_else(|more| {
            mistakes.extend(more);
            CheckKeys::default()
        });
        let mut statements = statements.into_iter();
        match (statements.next(), statements.next()) {
            _ if !mistakes.is_empty() => Err(mistakes),
            (Some((check, statement)), None) => Ok(Self { check, statement, keys }),
            _ => Err(vec![not_one(item.span, types.names())]),
        }
    }

    fn parameters(&self) -> Value {
        let mut map = Map::new();
        map.insert(self.check.to_owned(), self.statement.parameters());
        map.insert(
            "severity".to_owned(),
            serde_json::to_value(self.keys.severity.unwrap_or_default()).unwrap_or_default(),
        );
        map.extend(self.keys.name.clone().map(|name| ("name".to_owned(), name.into())));
        Value::Object(map)
    }
}

fn not_one(span: Span, names: impl Iterator<Item = &'static str>) -> Diagnostic {
    let names: Vec<&str> = names.collect();
    let help = format!("one of {}; each further one gets a `-` of its own", names.join(", "));
    Diagnostic::error("a check holds one statement").at(span, "this has none, or several").help(help)
}
