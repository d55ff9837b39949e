//! `calendar`: every day of a period, or every week, month, hour.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::At;
use tidemill_core::table::{DataType, Expr, Rel, SeriesStep, Value};
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};

use super::fill::constant;
use super::parameters::Parameters;
use super::table_task::{TableLogic, table_task};

/// Makes a row for every day of a period, or every week, month or hour: what has no rows on a day can be joined to it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// The first one: `2024-01-01`.
    from: At<String>,
    /// What none goes beyond: `2024-12-31`.
    to: At<String>,
    /// From one to the next: `day`, `week`, `month`, `quarter`, `year`, `hour`, `minute`, or several such as `2 weeks`.
    #[serde(default = "default_every")]
    every: At<String>,
    /// The column's name.
    #[serde(default = "default_column")]
    column: At<String>,
}

fn default_every() -> At<String> {
    At { value: "day".to_owned(), span: Default::default() }
}

fn default_column() -> At<String> {
    At { value: "date".to_owned(), span: Default::default() }
}

impl Parameters for Calendar {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "calendar",
        version: 1,
        summary: "Makes a row for every day of a period, or every week, month or hour.",
        colour: "#2b7f78",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        self.series()?;
        table_task(self, source)
    }
}

impl Calendar {
    fn series(&self) -> Result<Rel, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let step = self.step().unwrap_or_else(|| {
            let example = "write `day`, `week`, `month`, `quarter`, `year`, `hour`, `minute`, or such as `2 weeks`";
            mistakes.push(
                Diagnostic::error(format!("`{}` is no step of a calendar", self.every.value))
                    .at(self.every.span, "")
                    .help(example),
            );
            [0, 1, 0]
        });
        let data_type = if step[2] == 0 { DataType::Date } else { DataType::Datetime };
        let mut bound = |at: &At<String>| {
            constant(&serde_json::Value::String(at.value.clone()), data_type).unwrap_or_else(|| {
                let example = if step[2] == 0 { "2024-01-31" } else { "2024-01-31T00:00:00" };
                let message = format!("`{}` is no {data_type}", at.value);
                mistakes.push(Diagnostic::error(message).at(at.span, "").help(format!("write it as `{example}`")));
                Value::Null
            })
        };
        let (start, stop) = (bound(&self.from), bound(&self.to));
        let is_backwards = match (&start, &stop) {
            (Value::Date(start), Value::Date(stop)) => start > stop,
            (Value::Datetime(start), Value::Datetime(stop)) => start > stop,
            _ => false,
        };
        if is_backwards {
            mistakes.push(Diagnostic::error("`from` is after `to`").at(self.from.span, "").at(self.to.span, ""));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let [months, days, micros] = step;
        Ok(Rel::Series {
            input: Box::new(Rel::Unit),
            column: self.column.value.clone(),
            start: Expr::literal(start),
            stop: Expr::literal(stop),
            step: SeriesStep::Interval { months, days, micros },
        })
    }

    /// Months, days and microseconds; none if that is not what stands there.
    fn step(&self) -> Option<[i64; 3]> {
        let words: Vec<&str> = self.every.value.split_whitespace().collect();
        let (count, unit) = match *words.as_slice() {
            [unit] => (1, unit),
            [count, unit] => (count.parse::<u32>().ok().filter(|count| *count > 0)?, unit),
            _ => return None,
        };
        let count = i64::from(count);
        Some(match unit.strip_suffix('s').unwrap_or(unit) {
            "day" => [0, count, 0],
            "week" => [0, 7 * count, 0],
            "month" => [count, 0, 0],
            "quarter" => [3 * count, 0, 0],
            "year" => [12 * count, 0, 0],
            "hour" => [0, 0, 3_600_000_000 * count],
            "minute" => [0, 0, 60_000_000 * count],
            _ => return None,
        })
    }
}

impl TableLogic for Calendar {
    fn io(&self) -> Io {
        Io::default()
    }

    fn describe(&self) -> String {
        format!("every {} from {} to {}", self.every.value, self.from.value, self.to.value)
    }

    fn compile(&self, _: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        self.series()
    }
}
