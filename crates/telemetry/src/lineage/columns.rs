//! What the columns of a task's table are made of.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{Plan, Selection, TaskSchemas};
use tidemill_core::table::{Origin, Schema, TableJob};
use tidemill_core::task::{EdgeKind, FileRole};

use super::datasets::Dataset;
use super::facets::facet;
use super::watcher::LineageSource;

/// The facet for the table of a task, if something is known of its columns.
pub(super) fn column_lineage(source: &LineageSource, namespace: &str, plan: &Plan, ix: TaskIx) -> Option<Value> {
    let schema = source.schema(plan, ix)?;
    let task = plan.task(ix);
    let reads_tables = task.needs.iter().any(|need| need.what == EdgeKind::Table);
    let fields = if reads_tables {
        let job = job(source, source.columns_of(plan)?, plan, ix)?;
        schema.names().map(|column| (column.to_owned(), made_of(&job, column, namespace, plan, ix))).collect()
    } else {
        taken_over(schema, plan, ix)?
    };
    Some(facet("ColumnLineageDatasetFacet", "1-2-0", json!({"fields": fields})))
}

fn job(source: &LineageSource, columns: &TaskSchemas, plan: &Plan, ix: TaskIx) -> Option<TableJob> {
    let outer = BTreeMap::new();
    let options = tidemill_core::plan::CheckOptions {
        engine: &*source.engine,
        sources: &source.sources,
        outer: &outer,
        offline: None,
    };
    tidemill_core::plan::jobs(plan, &Selection::from([ix]), columns, &options).remove(&ix)
}

/// Of a load: its columns are those of the one place that it reads. To ask again what is there would cost time.
fn taken_over(schema: &Schema, plan: &Plan, ix: TaskIx) -> Option<Map<String, Value>> {
    let is_source = |role: FileRole| matches!(role, FileRole::Source | FileRole::Sqlite);
    let file = plan.task(ix).io.files.iter().find(|file| is_source(file.role))?;
    let dataset = Dataset::of_location(plan, &file.path.value);
    let same = json!({"type": "DIRECT", "subtype": "IDENTITY"});
    let field = |column: &str| {
        let input = input(&dataset, column, vec![same.clone()]);
        (column.to_owned(), json!({"inputFields": [input]}))
    };
    Some(schema.names().map(field).collect())
}

fn input(dataset: &Dataset, column: &str, transformations: Vec<Value>) -> Value {
    json!({
        "namespace": dataset.namespace, "name": dataset.name, "field": column, "transformations": transformations,
    })
}

/// One column of a job: what enters its values, and what else decides about them.
fn made_of(job: &TableJob, column: &str, namespace: &str, plan: &Plan, ix: TaskIx) -> Value {
    let way = job.rel.way_of(column).unwrap_or_default();
    let mut inputs: BTreeMap<(Dataset, String), Vec<Value>> = BTreeMap::new();
    let direct = match way.made.is_empty() {
        true => json!({"type": "DIRECT", "subtype": "IDENTITY"}),
        false => json!({"type": "DIRECT", "subtype": "TRANSFORMATION", "description": way.made.join(", then ")}),
    };
    let mut add = |origin: &Origin, transformation: &Value| {
        let (Some(task), Some(column)) = (&origin.task, &origin.column) else { return };
        for before in plan.task(ix).needs.iter().filter(|need| need.what == EdgeKind::Table && need.named == *task) {
            let key = (Dataset::of_task(namespace, plan, before.task), column.clone());
            let known = inputs.entry(key).or_default();
            if !known.contains(transformation) {
                known.push(transformation.clone());
            }
        }
    };
    way.from.iter().for_each(|origin| add(origin, &direct));
    for decision in &way.decided_by {
        let mut told = json!({"type": "INDIRECT", "description": decision.what});
        if let (Some(told), Some(subtype)) = (told.as_object_mut(), subtype(&decision.what)) {
            told.insert("subtype".to_owned(), subtype.into());
        }
        decision.from.iter().for_each(|origin| add(origin, &told));
    }
    let fields: Vec<Value> =
        inputs.into_iter().map(|((dataset, column), known)| input(&dataset, &column, known)).collect();
    json!({"inputFields": fields})
}

/// The kind of a step that decides, where OpenLineage has a word for it.
fn subtype(step: &str) -> Option<&'static str> {
    let words = [
        ("join", "JOIN"),
        ("group by", "GROUP_BY"),
        ("window", "WINDOW"),
        ("case when", "CONDITIONAL"),
        ("where", "FILTER"),
        ("having", "FILTER"),
        ("order", "SORT"),
    ];
    words.into_iter().find(|(word, _)| step.contains(word)).map(|(_, subtype)| subtype)
}
