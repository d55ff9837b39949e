//! `output`: where a table is published.

use crate::connection::WriteMode;
use crate::diagnostic::{Diagnostic, SourceMap, Span};
use crate::table::{DatabaseOptions, Location, SinkOptions};

use super::keys::{OutputKeys, OutputMode};
use super::{At, Node, NodeValue, Scope, read};

/// One file that a table is published to.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// The path.
    pub path: At<Location>,
    /// How it is written.
    pub options: SinkOptions,
    /// The options that stand there, each with its place.
    pub given: Vec<(&'static str, Span)>,
}

impl OutputSpec {
    /// What the keys say.
    ///
    /// # Errors
    /// If they do not go together.
    fn of(keys: OutputKeys, place: Span) -> Result<Self, Vec<Diagnostic>> {
        let given = [
            ("delimiter", keys.delimiter.as_ref().map(|at| at.span)),
            ("bom", keys.bom.as_ref().map(|at| at.span)),
            ("null", keys.null.as_ref().map(|at| at.span)),
            ("escape_formulas", keys.escape_formulas.as_ref().map(|at| at.span)),
        ];
        let given: Vec<(&str, Span)> = given.into_iter().filter_map(|(key, span)| Some((key, span?))).collect();
        let database = database_options(&keys, place, &given)?;
        if let Some(format) = &keys.format {
            must_be_of_warehouse(format, keys.path.as_ref())?;
        }
        Ok(Self {
            path: location(&keys, place)?,
            given,
            options: SinkOptions {
                delimiter: keys.delimiter.map(|at| at.value),
                bom: keys.bom.is_some_and(|at| at.value),
                null: keys.null.map(|at| at.value),
                escape_formulas: keys.escape_formulas.map(|at| at.value),
                database,
            },
        })
    }
}

/// Fails unless a format is the one of the outputs below the warehouse.
fn must_be_of_warehouse(format: &At<String>, path: Option<&At<Location>>) -> Result<(), Vec<Diagnostic>> {
    let is_there = path.is_some_and(|path| path.value.below_warehouse().is_some());
    let (message, help) = match (is_there, format.value == "parquet") {
        (true, true) => return Ok(()),
        (true, false) => ("below the warehouse all is Parquet", "write `format: parquet`, or nothing"),
        (false, _) => ("`format` is for outputs below the warehouse", "let the ending of the path say it"),
    };
    Err(vec![Diagnostic::error(message).at(format.span, "").help(help)])
}

/// `mart://daily_sales` of a table, `lake://reports/x.csv` of a file below the URL of a connection.
fn location(keys: &OutputKeys, place: Span) -> Result<At<Location>, Vec<Diagnostic>> {
    let mistake = |message: &str, help: &str| Err(vec![Diagnostic::error(message).at(place, "").help(help)]);
    match (&keys.connection, &keys.path, &keys.table) {
        (None, Some(path), None) => Ok(path.clone()),
        (Some(connection), Some(path), None) => {
            let below = path.value.as_str().trim_start_matches('/');
            Ok(At::new(Location::new(format!("{}://{below}", connection.value)), path.span))
        }
        (Some(connection), None, Some(table)) => {
            Ok(At::new(Location::new(format!("{}://{}", connection.value, table.value)), table.span))
        }
        (None, _, Some(_)) => mistake("a `table` is one of a database", "add `connection:`, a name from `connections`"),
        (Some(_), Some(_), Some(_)) => mistake("`path` and `table` exclude each other", "take one of them away"),
        _ => mistake("this output says no place", "add `path:`, or `connection:` with `table:`"),
    }
}

/// How a table of a database is written; none where there is none.
fn database_options(
    keys: &OutputKeys,
    place: Span,
    given: &[(&str, Span)],
) -> Result<Option<DatabaseOptions>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut mistake = |message: String, span: Span, help: &str| {
        mistakes.push(Diagnostic::error(message).at(span, "").help(help));
    };
    let key: Vec<String> = keys.key.iter().flat_map(|key| &key.0).map(|name| name.value.clone()).collect();
    let key_place = keys.key.as_ref().and_then(|key| key.0.first()).map_or(place, |name| name.span);
    let mode = keys.mode.as_ref().map_or(OutputMode::Replace, |mode| mode.value);
    match &keys.table {
        None => {
            let of_tables = [
                ("mode", keys.mode.as_ref().map(|at| at.span)),
                ("key", keys.key.as_ref().map(|_| key_place)),
                ("create", keys.create.as_ref().map(|at| at.span)),
            ];
            for (name, span) in of_tables {
                if let Some(span) = span {
                    mistake(format!("`{name}` has no meaning for a file"), span, "it is for a `table` of a database");
                }
            }
        }
        Some(_) => {
            for (name, span) in given {
                mistake(format!("`{name}` has no meaning for a table of a database"), *span, "take it away");
            }
            match (mode, key.is_empty()) {
                (OutputMode::Upsert, true) => {
                    mistake("`mode: upsert` needs a key".to_owned(), place, "add `key:` with columns that are unique");
                }
                (OutputMode::Replace | OutputMode::Append, false) => {
                    mistake(
                        "`key` is for `mode: upsert`".to_owned(),
                        key_place,
                        "take it away, or write `mode: upsert`",
                    );
                }
                _ => {}
            }
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(keys.table.as_ref().map(|table| DatabaseOptions {
        table: table.value.clone(),
        mode: match mode {
            OutputMode::Replace => WriteMode::Replace,
            OutputMode::Append => WriteMode::Append,
            OutputMode::Upsert => WriteMode::Upsert { key },
        },
        create: keys.create.as_ref().is_some_and(|at| at.value),
    }))
}

/// Reads an output, or a list of them.
pub(super) fn read_outputs(
    node: &Node,
    scope: &Scope,
    sources: &SourceMap,
    outputs: &mut Vec<OutputSpec>,
    found: &mut Vec<Diagnostic>,
) {
    let output = match &node.value {
        NodeValue::List(items) => {
            return items.iter().for_each(|item| read_outputs(item, scope, sources, outputs, found));
        }
        NodeValue::Map(_) => read::<OutputKeys>(node, scope, sources).and_then(|keys| OutputSpec::of(keys, node.span)),
        _ => read::<At<Location>>(node, scope, sources).map(|path| OutputSpec {
            path,
            options: SinkOptions::default(),
            given: Vec::new(),
        }),
    };
    match output {
        Ok(output) => outputs.push(output),
        Err(errors) => found.extend(errors),
    }
}
