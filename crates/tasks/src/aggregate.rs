//! `aggregate`: one row for each group.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{At, OneOrMany, OrderedMap, SqlText};
use tidemill_core::sql::{RowColumns, bind_aggregate, bind_predicate, bind_sort};
use tidemill_core::table::Rel;
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};

use super::parameters::Parameters;
use super::table_task::{TableLogic, reads, table_task, upstream};

/// Gathers rows into groups and computes metrics of each.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The table.
    from: At<String>,
    /// Only the rows for which this is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#where: Option<SqlText>,
    /// The columns whose equal values form a group; without, all rows are one.
    #[serde(default)]
    group_by: OneOrMany<At<String>>,
    /// New columns and their aggregates, such as `sum(amount)`.
    #[serde(default)]
    metrics: OrderedMap<SqlText>,
    /// Only the groups for which this is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    having: Option<SqlText>,
    /// The order of the result: columns, `-` before one for largest first; default the keys.
    #[serde(default)]
    sort: OneOrMany<At<String>>,
    /// At most so many rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

impl Parameters for Aggregate {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "aggregate",
        // 2: `round`, `trunc`, `floor` and `ceil` of decimals leave no more digits than they say.
        version: 2,
        summary: "Gathers rows into groups and computes metrics of each.",
        colour: "#a8570f",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        if self.group_by.is_empty() && self.metrics.is_empty() {
            return Err(vec![
                Diagnostic::error(format!("task `{}` computes nothing", source.spec.id.value))
                    .at(source.spec.id.span, "no `group_by` and no `metrics`")
                    .help("add `metrics:` such as `rows: count(*)`"),
            ]);
        }
        table_task(self, source)
    }
}

impl TableLogic for Aggregate {
    fn io(&self) -> Io {
        Io { reads: vec![reads(&self.from, "from")], ..Io::default() }
    }

    fn expressions(&self) -> Vec<&SqlText> {
        let metrics = self.metrics.iter().map(|(_, text)| text);
        self.r#where.iter().chain(metrics).chain(&self.having).collect()
    }

    fn describe(&self) -> String {
        let keys: Vec<&str> = self.group_by.iter().map(|key| key.value.as_str()).collect();
        match keys.is_empty() {
            true => format!("{} in one row", self.from.value),
            false => format!("{} by {}", self.from.value, keys.join(", ")),
        }
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let schema = upstream(cx, &self.from.value)?;
        let mut rel = Rel::Input { task: self.from.value.clone(), schema: schema.clone() };
        let mut mistakes = Vec::new();
        if let Some(text) = &self.r#where {
            match bind_predicate(text, &RowColumns::of(schema), cx.sources) {
                Ok(predicate) => {
                    rel = Rel::Filter { input: Box::new(rel), predicate, account: Some("where".to_owned()) };
                }
                Err(more) => mistakes.extend(more),
            }
        }
        let before = rel.clone();
        let bound = bind_aggregate(rel, &self.group_by, &self.metrics.entries, self.having.as_ref(), cx.sources);
        let mut rel = match bound {
            Ok(rel) => rel,
            Err(more) => {
                mistakes.extend(more);
                // The columns do not depend on `having`: without it the order may still be looked at.
                let columns = bind_aggregate(before, &self.group_by, &self.metrics.entries, None, cx.sources);
                if let Some(more) = columns.ok().and_then(|rel| bind_sort(&self.sort, &rel.schema()).err()) {
                    mistakes.extend(more);
                }
                return Err(mistakes);
            }
        };
        if !self.sort.is_empty() {
            match bind_sort(&self.sort, &rel.schema()) {
                Ok(by) => rel = Rel::Sort { input: Box::new(rel), by },
                Err(more) => mistakes.extend(more),
            }
        }
        if let Some(count) = self.limit {
            rel = Rel::Limit { input: Box::new(rel), offset: 0, count: Some(count) };
        }
        if mistakes.is_empty() { Ok(rel) } else { Err(mistakes) }
    }
}
