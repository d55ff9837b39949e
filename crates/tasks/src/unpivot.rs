//! `unpivot`: columns become rows.

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::At;
use tidemill_core::sql::common_type;
use tidemill_core::table::{DataType, Expr, ExprKind, Rel, Schema, Value};
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};

use super::parameters::Parameters;
use super::table_task::{TableLogic, reads, table_task, unknown_column, upstream};

/// Makes a row of each of several columns: a wide table becomes a long one.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unpivot {
    /// The table.
    from: At<String>,
    /// The columns that become rows, in this order.
    columns: Vec<At<String>>,
    /// The new column of their names.
    #[serde(default = "default_name")]
    name: At<String>,
    /// The new column of their values.
    #[serde(default = "default_value")]
    value: At<String>,
    /// Whether NULLs become rows too.
    #[serde(default)]
    keep_nulls: bool,
}

fn default_name() -> At<String> {
    At { value: "name".to_owned(), span: Default::default() }
}

fn default_value() -> At<String> {
    At { value: "value".to_owned(), span: Default::default() }
}

impl Parameters for Unpivot {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "unpivot",
        version: 1,
        summary: "Makes a row of each of several columns: a wide table becomes a long one.",
        colour: "#7a4f9a",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        if self.columns.is_empty() {
            return Err(vec![
                Diagnostic::error(format!("task `{}` unpivots no column", source.spec.id.value))
                    .at(source.spec.id.span, "`columns` is empty")
                    .help("name them: `columns: [jan, feb, mar]`"),
            ]);
        }
        table_task(self, source)
    }
}

impl Unpivot {
    /// The type that all of them become.
    fn value_type(&self, schema: &Schema) -> Result<DataType, Vec<Diagnostic>> {
        let (mut together, mut mistakes) = (DataType::Null, Vec::new());
        for column in &self.columns {
            let Some(data_type) = schema.get(&column.value) else {
                mistakes.push(unknown_column(column, schema));
                continue;
            };
            match common_type(together, data_type) {
                Some(common) => together = common,
                None => mistakes.push(
                    Diagnostic::error(format!("`{}` is {data_type}, and those before it {together}", column.value))
                        .at(column.span, data_type.to_string())
                        .help("give them one type in a `normalize` task before"),
                ),
            }
        }
        if mistakes.is_empty() { Ok(together) } else { Err(mistakes) }
    }

    /// Refuses a name that a column has that stays.
    fn free_names(&self, kept: &[(String, Expr)]) -> Result<(), Vec<Diagnostic>> {
        let taken = |name: &&At<String>| kept.iter().any(|(kept, _)| *kept == name.value);
        let mut mistakes: Vec<Diagnostic> = [&self.name, &self.value]
            .into_iter()
            .filter(taken)
            .map(|name| {
                Diagnostic::error(format!("there is a column `{}` already", name.value))
                    .at(name.span, "a new column of that name")
                    .help("choose others: `name: month` and `value: amount`")
            })
            .collect();
        if self.name.value == self.value.value {
            mistakes.push(Diagnostic::error("`name` and `value` are one name").at(self.value.span, "choose another"));
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }
}

impl TableLogic for Unpivot {
    fn io(&self) -> Io {
        Io { reads: vec![reads(&self.from, "from")], ..Io::default() }
    }

    fn describe(&self) -> String {
        let n = self.columns.len();
        format!("{n} {} of {} as rows", if n == 1 { "column" } else { "columns" }, self.from.value)
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let schema = upstream(cx, &self.from.value)?;
        let data_type = self.value_type(schema)?;
        let column = |name: &str, of_type| (name.to_owned(), Expr::column(name, of_type));
        let chosen: HashSet<&str> = self.columns.iter().map(|column| column.value.as_str()).collect();
        let kept: Vec<(String, Expr)> = schema
            .fields()
            .iter()
            .filter(|field| !chosen.contains(field.name.as_str()))
            .map(|field| column(&field.name, field.data_type))
            .collect();
        self.free_names(&kept)?;
        // Under names that no column has: the new ones may be called as one that goes.
        let source = |at: usize| format!("\u{1}{at}");
        let typed = |name: &At<String>| {
            Expr::column(&name.value, schema.get(&name.value).unwrap_or(DataType::Null)).cast(data_type)
        };
        let sources = self.columns.iter().enumerate().map(|(at, name)| (source(at), typed(name)));
        let below = Rel::Project {
            input: Box::new(Rel::Input { task: self.from.value.clone(), schema: schema.clone() }),
            columns: kept.iter().cloned().chain(sources).collect(),
        };
        let names = self.columns.iter().map(|name| Expr::literal(Value::String(name.value.clone()))).collect();
        let values = (0..self.columns.len()).map(|at| Expr::column(source(at), data_type)).collect();
        let expanded = Rel::Expand {
            input: Box::new(below),
            columns: vec![(self.name.value.clone(), names), (self.value.value.clone(), values)],
        };
        let value = Expr::column(&self.value.value, data_type);
        let rows = if self.keep_nulls {
            expanded
        } else {
            let there = ExprKind::IsNull { operand: Box::new(value), negated: true };
            let predicate = Expr { kind: there, data_type: DataType::Bool };
            Rel::Filter { input: Box::new(expanded), predicate, account: Some("NULLs".to_owned()) }
        };
        let new = [column(&self.name.value, DataType::String), column(&self.value.value, data_type)];
        Ok(Rel::Project { input: Box::new(rows), columns: kept.into_iter().chain(new).collect() })
    }
}
