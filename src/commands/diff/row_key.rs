//! By which columns a row of one table is the same row in the other.

use serde_json::Value;
use tidemill_core::diagnostic::nearest;
use tidemill_core::ids::TaskName;
use tidemill_core::table::Schema;

use crate::commands::pipeline_history::PipelineHistory;
use crate::failure::Failure;

/// The columns, and where they come from.
pub struct RowKey {
    /// Empty: whole rows.
    pub columns: Vec<String>,
    /// `--key`, `its unique check`, …
    pub source: &'static str,
}

/// The key that was asked for; else what the task says of itself, as long as both tables have those columns.
pub fn choose(
    history: &PipelineHistory,
    task: &TaskName,
    wanted: &[String],
    before: &Schema,
    after: &Schema,
) -> Result<RowKey, Failure> {
    for name in wanted {
        if !before.contains(name) || !after.contains(name) {
            let failure = Failure::wrong(format!("`--key {name}`: both tables must have that column"));
            return Err(match nearest(name, after.names()) {
                Some(near) if near != name => failure.help(format!("did you mean `{near}`?")),
                _ => failure,
            });
        }
    }
    if !wanted.is_empty() {
        return Ok(RowKey { columns: wanted.to_vec(), source: "--key" });
    }
    let plan = history.opened.plan.as_ref();
    let parameters = plan.and_then(|plan| Some(plan.task(plan.find(task.as_str())?).task.parameters()));
    let found = parameters.and_then(|parameters| from_parameters(&parameters, before, after));
    Ok(found.unwrap_or(RowKey { columns: Vec::new(), source: "whole rows" }))
}

fn from_parameters(parameters: &Value, before: &Schema, after: &Schema) -> Option<RowKey> {
    let checks = parameters.get("checks").and_then(Value::as_array).into_iter().flatten();
    let unique = checks.filter_map(|check| Some((names(check.get("unique")?), "its unique check")));
    let groups = parameters.get("group_by").map(|groups| (names(groups), "its group_by"));
    let usable = |columns: &[String]| {
        !columns.is_empty() && columns.iter().all(|name| before.contains(name) && after.contains(name))
    };
    let (columns, source) = unique.chain(groups).find(|(columns, _)| usable(columns))?;
    Some(RowKey { columns, source })
}

fn names(value: &Value) -> Vec<String> {
    match value {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidemill_core::table::DataType;

    use super::*;

    fn table(names: &[&str]) -> Schema {
        names.iter().map(|name| (*name, DataType::Int)).collect()
    }

    #[test]
    fn a_unique_check_outranks_groups_unless_its_columns_are_gone() {
        let parameters = json!({"group_by": ["day"], "checks": [{"row_count": {"min": 1}}, {"unique": ["id"]}]});
        let (full, partial) = (table(&["id", "day"]), table(&["day"]));
        let key = |before, after| from_parameters(&parameters, before, after).map(|key| key.columns);
        assert_eq!(key(&full, &full), Some(vec!["id".to_owned()]));
        assert_eq!(key(&full, &partial), Some(vec!["day".to_owned()]));
        assert_eq!(key(&table(&[]), &full), None);
    }
}
