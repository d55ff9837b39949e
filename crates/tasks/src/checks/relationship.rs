//! `relationship`: a column's values occur in a column of another task.

use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{At, OrderedMap};
use tidemill_core::table::CheckKind;
use tidemill_core::task::Edge;

use super::{CheckCompiler, CheckParameters};
use crate::table_task::{reads, unknown_column, upstream};

/// The other columns, `task.column`, by column.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct Relationship(#[serde(serialize_with = "OrderedMap::unordered")] OrderedMap<At<String>>);

impl CheckParameters for Relationship {
    const NAME: &'static str = "relationship";
    const SUMMARY: &'static str = "A column's values that occur in a column of another task: `{a: other.b}`.";

    type Form = OrderedMap<At<String>>;

    fn reads(&self) -> Vec<Edge> {
        let edge = |(_, other): &(_, At<String>)| {
            let (task, _) = other.value.rsplit_once('.')?;
            Some(reads(&At { value: task.to_owned(), span: other.span }, Self::NAME))
        };
        self.0.iter().filter_map(edge).collect()
    }

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        for (column, other) in &self.0 {
            if let Some(kind) = related(compiler, column, other) {
                compiler.check(format!("relationship: {} in {}", column.value, other.value), kind);
            }
        }
    }
}

fn related(compiler: &mut CheckCompiler<'_>, column: &At<String>, other: &At<String>) -> Option<CheckKind> {
    compiler.column(column)?;
    let Some((task, there)) = other.value.rsplit_once('.') else {
        let message = format!("`{}` does not name a column of a task", other.value);
        compiler.mistake(Diagnostic::error(message).at(other.span, "expected `task.column`"));
        return None;
    };
    let schema = upstream(compiler.cx, task).ok()?;
    if !schema.contains(there) {
        let at = At { value: there.to_owned(), span: other.span };
        compiler.mistake(unknown_column(&at, schema));
        return None;
    }
    Some(CheckKind::Relationship { column: column.value.clone(), task: task.to_owned(), other: there.to_owned() })
}
