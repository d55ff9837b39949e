//! `pivot`: values of a column become columns.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{At, OneOrMany, OrderedMap, SqlText};
use tidemill_core::sql::{PivotColumn, RowColumns, bind_pivot, bind_predicate};
use tidemill_core::table::{Expr, Rel, Value};
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};

use super::fill::{constant, shown};
use super::parameters::Parameters;
use super::table_task::{TableLogic, reads, table_task, unknown_column, upstream};

/// Makes a column of each value of a column: a long table becomes a wide one.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pivot {
    /// The table.
    from: At<String>,
    /// Only the rows for which this is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#where: Option<SqlText>,
    /// The columns whose equal values make one row; without, all rows are one.
    #[serde(default)]
    group_by: OneOrMany<At<String>>,
    /// The column whose values become columns.
    on: At<String>,
    /// These values, in this order: the columns of a table are known before it is computed.
    r#in: Vec<At<serde_json::Value>>,
    /// What stands in the new columns, such as `sum(amount)`. With one metric a column is named by its value alone, with several
    /// `value_metric`.
    metrics: OrderedMap<SqlText>,
}

impl Parameters for Pivot {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "pivot",
        // 2: `round`, `trunc`, `floor` and `ceil` of decimals leave no more digits than they say; NULL may be listed.
        version: 2,
        summary: "Makes a column of each value of a column: a long table becomes a wide one.",
        colour: "#7a4f9a",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        if self.r#in.is_empty() || self.metrics.is_empty() {
            let missing = if self.metrics.is_empty() { "no `metrics`" } else { "no values in `in`" };
            return Err(vec![
                Diagnostic::error(format!("task `{}` computes nothing", source.spec.id.value))
                    .at(source.spec.id.span, missing)
                    .help("write `in: [2023, 2024]` and `metrics: {revenue: sum(amount)}`"),
            ]);
        }
        table_task(self, source)
    }
}

impl TableLogic for Pivot {
    fn io(&self) -> Io {
        Io { reads: vec![reads(&self.from, "from")], ..Io::default() }
    }

    fn expressions(&self) -> Vec<&SqlText> {
        self.r#where.iter().chain(self.metrics.iter().map(|(_, text)| text)).collect()
    }

    fn describe(&self) -> String {
        format!("{} with {} as {} columns", self.from.value, self.on.value, self.r#in.len() * self.metrics.len())
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let schema = upstream(cx, &self.from.value)?;
        let Some(data_type) = schema.get(&self.on.value) else { return Err(vec![unknown_column(&self.on, schema)]) };
        let on = Expr::column(&self.on.value, data_type);
        let mut columns = Vec::new();
        let mut mistakes = Vec::new();
        for value in &self.r#in {
            let found = if value.value.is_null() { Some(Value::Null) } else { constant(&value.value, data_type) };
            match found {
                Some(found) => {
                    let label = if found == Value::Null { "NULL".to_owned() } else { found.to_string() };
                    columns.push(PivotColumn { label, span: value.span, value: found });
                }
                None => mistakes.push(
                    Diagnostic::error(format!("`{}` does not fit column `{}`", shown(&value.value), self.on.value))
                        .at(value.span, format!("the column is {data_type}")),
                ),
            }
        }
        let mut input = Rel::Input { task: self.from.value.clone(), schema: schema.clone() };
        if let Some(text) = &self.r#where {
            match bind_predicate(text, &RowColumns::of(schema), cx.sources) {
                Ok(predicate) => {
                    input = Rel::Filter { input: Box::new(input), predicate, account: Some("where".to_owned()) };
                }
                Err(more) => mistakes.extend(more),
            }
        }
        match bind_pivot(input, &self.group_by, &on, &columns, &self.metrics.entries, cx.sources) {
            Ok(rel) if mistakes.is_empty() => Ok(rel),
            Ok(_) => Err(mistakes),
            Err(more) => Err(mistakes.into_iter().chain(more).collect()),
        }
    }
}
