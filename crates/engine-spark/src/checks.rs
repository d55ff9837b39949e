//! Statements about a table, asked of the cluster before the table is held.

use tidemill_core::table::{CHECK_SAMPLES, Check, CheckKind, CheckResult, DataType, EngineError, Schema, Value};

use crate::failure::engine_error;
use crate::job::JobContext;
use crate::lower::{Lowered, Scope, cast, order_by};

/// What every check finds.
///
/// # Errors
/// If one cannot be asked.
pub(crate) fn run(
    checks: &[Check],
    table: &Lowered,
    rows: u64,
    context: &JobContext<'_>,
) -> Result<Vec<CheckResult>, EngineError> {
    let (from, order, schema) = (table.nested(), order_by(&table.order), &table.schema);
    let table = Table { from, order, schema, scope: Scope::of(schema, ""), context };
    checks.iter().map(|check| table.one(check, rows)).collect()
}

/// The table that is looked at.
struct Table<'a> {
    from: String,
    /// What orders its rows.
    order: String,
    schema: &'a Schema,
    scope: Scope,
    context: &'a JobContext<'a>,
}

impl Table<'_> {
    fn one(&self, check: &Check, rows: u64) -> Result<CheckResult, EngineError> {
        let mut result = CheckResult::holds(check);
        match &check.kind {
            CheckKind::RowCount { min, max } => {
                let expected = match (min, max) {
                    (Some(min), _) if rows < *min => Some(format!("at least {min}")),
                    (_, Some(max)) if rows > *max => Some(format!("at most {max}")),
                    _ => None,
                };
                if let Some(expected) = expected {
                    result.bad_rows = 1;
                    result.detail = Some(format!("expected {expected} rows, found {rows}"));
                }
            }
            CheckKind::Newest { column, at_least, age } => {
                result.detail = self.too_old(column, *at_least, age)?;
                result.bad_rows = u64::from(result.detail.is_some());
            }
            CheckKind::NotNull(column) => {
                // A NULL says nothing about its row; the other columns do.
                let mut shown: Vec<String> = self.schema.names().take(4).map(str::to_owned).collect();
                shown.retain(|name| name != column);
                shown.insert(0, column.clone());
                self.bad(&mut result, &format!("{} is null", self.column(column)?), &self.from, &shown)?;
            }
            CheckKind::RowsSatisfy { predicate, columns } => {
                let holds = self.scope.expr(predicate).map_err(|refused| EngineError::Internal(refused.message))?;
                self.bad(&mut result, &format!("not {holds}"), &self.from, columns)?;
            }
            CheckKind::Unique(columns) => {
                let keys = columns.iter().map(|name| self.column(name)).collect::<Result<Vec<_>, _>>()?;
                let is_there: Vec<String> = keys.iter().map(|key| format!("{key} is not null")).collect();
                let repeated = format!("times > 1 and {}", is_there.join(" and "));
                let times = format!("count(*) over (partition by {}) as times", keys.join(", "));
                let from = format!("(select *, {times} from {} t)", self.from);
                self.bad(&mut result, &repeated, &from, columns)?;
            }
            CheckKind::Relationship { column, task, other } => {
                self.unrelated(&mut result, column, task, other)?;
            }
        }
        Ok(result)
    }

    fn column(&self, name: &str) -> Result<String, EngineError> {
        self.scope.column(name).map_err(|refused| EngineError::Internal(refused.message))
    }

    fn type_of(&self, name: &str) -> DataType {
        self.schema.get(name).unwrap_or(DataType::Null)
    }

    /// Counts the rows for which that is true, and shows the first of them.
    fn bad(&self, result: &mut CheckResult, is_bad: &str, from: &str, shown: &[String]) -> Result<(), EngineError> {
        let counted = self.rows(&format!("select count(*) from {from} t where {is_bad}"))?;
        result.bad_rows = counted.count(0, 0);
        if result.bad_rows == 0 {
            return Ok(());
        }
        let mut list = Vec::new();
        for name in shown {
            let text = cast(&self.column(name)?, self.type_of(name), DataType::String);
            list.push(text.map_err(|refused| EngineError::Internal(refused.message))?);
        }
        let mut from = from.to_owned();
        if shown.is_empty() {
            // There is nothing to say of a row but its number.
            from = format!("(select *, row_number() over (order by {}) as number from {from} t)", self.order);
            list.push("cast(number as bigint)".to_owned());
        }
        // Equal samples are shown once, so some more are looked at.
        let sql = format!(
            "select {} from {from} t where {is_bad} order by {} limit {}",
            list.join(", "),
            self.order,
            CHECK_SAMPLES * 20
        );
        let found = self.rows(&sql)?;
        for row in 0..found.len() {
            let parts: Vec<String> = shown
                .iter()
                .enumerate()
                .map(|(at, name)| format!("{name}={}", shown_value(found.text(row, at), self.type_of(name))))
                .collect();
            let sample = match (parts.is_empty(), found.int(row, shown.len())) {
                (true, Some(number)) => format!("row {number}"),
                _ => parts.join(", "),
            };
            if result.samples.len() < CHECK_SAMPLES && !result.samples.contains(&sample) {
                result.samples.push(sample);
            }
        }
        Ok(())
    }

    fn unrelated(&self, result: &mut CheckResult, column: &str, task: &str, other: &str) -> Result<(), EngineError> {
        let missing = || EngineError::Internal(format!("the table of {task} was not handed to the engine"));
        let table = self.context.options.input(task).ok_or_else(missing)?;
        let rel = tidemill_core::table::Rel::Input { task: task.to_owned(), schema: table.schema.clone() };
        let there = self.context.lowered(&rel)?;
        let scope = Scope::of(&there.schema, "");
        let place = scope.column(other).map_err(|refused| EngineError::Internal(refused.message))?;
        let is_bad = format!("not_there and {} is not null", self.column(column)?);
        let from = format!(
            "(select t.*, r.v is null as not_there from {} t left join (select distinct {place} as v from {} t) r on t.{} = r.v)",
            self.from,
            there.nested(),
            self.column(column)?
        );
        self.bad(result, &is_bad, &from, std::slice::from_ref(&column.to_owned()))
    }

    /// That the newest value of a column is older than it may be, if it is.
    fn too_old(&self, column: &str, at_least: i64, age: &str) -> Result<Option<String>, EngineError> {
        let (name, data_type) = (self.column(column)?, self.type_of(column));
        let text = cast(&format!("max({name})"), data_type, DataType::String);
        let text = text.map_err(|refused| EngineError::Internal(refused.message))?;
        let is_fresh =
            format!("max(cast({name} as timestamp_ntz)) >= cast(timestamp_micros({at_least}L) as timestamp_ntz)");
        let found = self.rows(&format!("select {text}, cast({is_fresh} as string) from {} t", self.from))?;
        let least = Value::Datetime(at_least);
        let newest = shown_value(found.text(0, 0), data_type);
        let is_fresh = found.text(0, 1).as_deref() == Some("true");
        Ok((!is_fresh).then(|| format!("the newest value is {newest}, older than {age}: it may be from {least} on")))
    }

    fn rows(&self, sql: &str) -> Result<crate::client::Rows, EngineError> {
        let context = self.context;
        let found = context.session.rows(sql, context.tag, context.options.cancelled);
        found.map_err(|error| engine_error(&error))
    }
}

/// A value, given as its text, as messages show it: NULL by name, a text in quotes and cut at 60 characters.
pub(crate) fn shown_value(text: Option<String>, data_type: DataType) -> String {
    match (text, data_type) {
        (None, _) => "NULL".to_owned(),
        (Some(text), DataType::String) => match text.char_indices().nth(60) {
            Some((end, _)) => format!("{:?}…", &text[..end]),
            None => format!("{text:?}"),
        },
        (Some(text), _) => text,
    }
}
