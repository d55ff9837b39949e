//! `sql`: a query over the tables of other tasks.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::plan::resolve;
use tidemill_core::spec::{At, SqlText};
use tidemill_core::sql::{bind_query, query_tables, query_warnings};
use tidemill_core::table::{Location, Rel};
use tidemill_core::task::{CheckContext, Descriptor, FileInput, FileRole, Io, Task, TaskSource};

use super::parameters::Parameters;
use super::table_task::{TableLogic, reads, table_task};

/// Computes a table by an SQL query over the tables of other tasks.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// The query; its tables are task ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sql: Option<SqlText>,
    /// A file that holds the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<At<Location>>,
}

/// The task: its query read and its tables known.
#[derive(Serialize)]
struct Query {
    #[serde(rename = "sql")]
    query: SqlText,
    #[serde(skip)]
    file: Option<At<Location>>,
    #[serde(skip)]
    tables: Vec<At<String>>,
}

impl Parameters for Sql {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "sql",
        // 2: large tables of which one side had runs of equal values once matched wrong columns in set operations.
        // 3: `round`, `trunc`, `floor` and `ceil` of decimals leave no more digits than they say.
        version: 3,
        summary: "Computes a table by an SQL query over the tables of other tasks.",
        colour: "#8a6a00",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let wrong = |message: &str, help: &str| {
            vec![Diagnostic::error(message).at(source.spec.id.span, "this task").help(help)]
        };
        let query = match (self.sql, &self.file) {
            (Some(sql), None) => sql,
            (None, Some(file)) => match source.sources.read(&resolve(source.project, &file.value)) {
                Ok(text) => {
                    let id = source.sources.add(file.value.as_str(), text.clone());
                    let span = tidemill_core::diagnostic::Span { file: id, start: 0, end: text.len() as u32 };
                    SqlText::parse(&text, span, source.scope(), source.sources)?
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => SqlText::default(),
                Err(error) => {
                    return Err(vec![
                        Diagnostic::error(format!("cannot read `{}`: {error}", file.value)).at(file.span, "the query"),
                    ]);
                }
            },
            (Some(_), Some(_)) => return Err(wrong("`sql` and `file` exclude each other", "keep one of them")),
            (None, None) => return Err(wrong("an sql task needs a query", "add `sql:` or `file:`")),
        };
        let is_missing = query.raw.is_empty() && self.file.is_some();
        let found = if is_missing { Vec::new() } else { query_tables(&query, source.sources)? };
        let place = |range| source.sources.within_scalar(query.span, &query.raw, range);
        let tables = found.into_iter().map(|(name, range)| At { value: name, span: place(range) }).collect();
        table_task(Query { query, file: self.file, tables }, source)
    }
}

impl TableLogic for Query {
    fn io(&self) -> Io {
        Io {
            reads: self.tables.iter().map(|table| reads(table, "sql")).collect(),
            files: self.file.iter().map(|file| FileInput::new(file.clone(), FileRole::Sql)).collect(),
            ..Io::default()
        }
    }

    fn describe(&self) -> String {
        let tables: Vec<&str> = self.tables.iter().map(|table| table.value.as_str()).collect();
        match &self.file {
            Some(file) => format!("{} over {}", file.value, tables.join(", ")),
            None => format!("query over {}", tables.join(", ")),
        }
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let is_known = |table: &At<String>| cx.tables.get(&table.value).is_some_and(Option::is_some);
        if self.query.raw.is_empty() || !self.tables.iter().all(is_known) {
            return Err(Vec::new());
        }
        let tables = |name: &str| cx.tables.get(name).cloned().flatten();
        bind_query(&self.query, &tables, cx.sources)
    }

    fn warnings(&self, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        let tables = |name: &str| cx.tables.get(name).cloned().flatten();
        if self.query.raw.is_empty() { Vec::new() } else { query_warnings(&self.query, &tables, cx.sources) }
    }
}
