//! The events of a run and of its tasks.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tidemill_core::event::{RunOutcome, TaskEnd, TaskStatus};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::Plan;
use tidemill_core::task::{RunFacts, TaskFailure};

use super::columns::column_lineage;
use super::datasets::{Dataset, inputs};
use super::facets::{self, PRODUCER};
use super::settings::LineageSettings;
use super::watcher::LineageSource;

/// The events of one run.
pub(super) struct Events {
    namespace: String,
    pipeline: String,
    description: Option<String>,
    parent: Option<(String, String, String)>,
    run: RunFacts,
    /// The run's own id there.
    id: String,
    source: LineageSource,
}

impl Events {
    pub(super) fn new(settings: &LineageSettings, run: RunFacts, source: LineageSource) -> Self {
        let plan = &source.plan;
        Self {
            namespace: settings.namespace.clone(),
            pipeline: plan.spec.name.value.clone(),
            description: plan.spec.description.clone(),
            parent: settings.parent.clone(),
            id: uuid(&run.id, &plan.spec.project.to_string_lossy(), ""),
            run,
            source,
        }
    }

    /// The run begins.
    pub(super) fn run_starts(&self, at: Timestamp) -> Value {
        self.event("START", at, &self.run_facets(None), &self.pipeline, &self.pipeline_facets(), [vec![], vec![]])
    }

    /// The run has ended.
    pub(super) fn run_ends(&self, at: Timestamp, outcome: RunOutcome, first_failure: Option<&TaskFailure>) -> Value {
        let kind = match outcome {
            RunOutcome::Success => "COMPLETE",
            RunOutcome::Failed => "FAIL",
            RunOutcome::Interrupted => "ABORT",
        };
        let facets = self.run_facets(first_failure);
        self.event(kind, at, &facets, &self.pipeline, &self.pipeline_facets(), [vec![], vec![]])
    }

    /// A task begins.
    pub(super) fn task_starts(&self, plan: &Plan, ix: TaskIx, at: Timestamp) -> Value {
        self.task("START", plan, ix, at, None)
    }

    /// A task has ended.
    pub(super) fn task_ends(&self, plan: &Plan, ix: TaskIx, end: &TaskEnd) -> Value {
        let kind = match end.status {
            TaskStatus::Success => "COMPLETE",
            TaskStatus::Failed => "FAIL",
            TaskStatus::Skipped | TaskStatus::Cancelled => "ABORT",
        };
        self.task(kind, plan, ix, end.ended, Some(end))
    }

    fn task(&self, kind: &str, plan: &Plan, ix: TaskIx, at: Timestamp, end: Option<&TaskEnd>) -> Value {
        let task = plan.task(ix);
        let name = format!("{}.{}", self.pipeline, task.name);
        let mut job = Map::new();
        job.insert("jobType".to_owned(), facets::job_type(task.task_type.name));
        if let Some(text) = &task.spec.common.description {
            job.insert("documentation".to_owned(), facets::documentation(text));
        }
        if let Some(query) = query_of(&task.task.parameters()) {
            job.insert("sql".to_owned(), facets::sql(&query));
        }
        let mut run = Map::new();
        run.insert("parent".to_owned(), facets::parent(&self.id, &self.namespace, &self.pipeline));
        run.insert("processing_engine".to_owned(), facets::processing_engine());
        run.insert("nominalTime".to_owned(), facets::nominal_time(&self.run.logical_time));
        if let Some(failure) = end.and_then(|end| end.error.as_ref()) {
            run.insert("errorMessage".to_owned(), facets::error(failure));
        }
        let datasets = [self.inputs(plan, ix, end), self.outputs(plan, ix, end)];
        let id = uuid(&self.run.id, &self.id, task.name.as_str());
        self.whole(kind, at, json!({"runId": id, "facets": run}), &name, &job, datasets)
    }

    fn inputs(&self, plan: &Plan, ix: TaskIx, end: Option<&TaskEnd>) -> Vec<Value> {
        let rows_of = |told: &str| {
            let rows = end.into_iter().flat_map(|end| &end.report.rows_in).find(|rows| rows.from == told);
            rows.map(|rows| rows.rows)
        };
        let told = inputs(&self.namespace, plan, ix).into_iter().map(|input| {
            let (mut facets, mut own) = (Map::new(), Map::new());
            if let Some(schema) = input.task.and_then(|task| self.source.schema(plan, task)) {
                facets.insert("schema".to_owned(), facets::schema(schema));
            }
            if let Some(rows) = rows_of(&input.told) {
                own.insert("inputStatistics".to_owned(), facets::rows_read(rows));
            }
            input.dataset.json("inputFacets", facets, own)
        });
        told.collect()
    }

    fn outputs(&self, plan: &Plan, ix: TaskIx, end: Option<&TaskEnd>) -> Vec<Value> {
        let task = plan.task(ix);
        let is_done = end.is_some_and(|end| end.status == TaskStatus::Success);
        let mut table_facets = Map::new();
        if let Some(schema) = self.source.schema(plan, ix).filter(|_| task.io.table) {
            table_facets.insert("schema".to_owned(), facets::schema(schema));
        }
        // What columns are made of costs time, and is told once.
        if let Some(lineage) = end.and_then(|_| column_lineage(&self.source, &self.namespace, plan, ix)) {
            table_facets.insert("columnLineage".to_owned(), lineage);
        }
        let mut own = Map::new();
        if let Some(rows) = end.filter(|_| is_done).and_then(|end| end.report.rows) {
            own.insert("outputStatistics".to_owned(), facets::rows_written(rows));
        }
        let mut told = Vec::new();
        if task.io.table {
            let mut facets = table_facets.clone();
            if let Some(end) = end.filter(|end| !end.report.checks.is_empty()) {
                facets.insert("dataQualityAssertions".to_owned(), facets::assertions(&end.report.checks));
            }
            told.push(Dataset::of_task(&self.namespace, plan, ix).json("outputFacets", facets, own.clone()));
        }
        for output in &task.outputs {
            let is_table = task.sinks.iter().any(|sink| sink.path == output.path.value);
            let (facets, own) = if is_table { (table_facets.clone(), own.clone()) } else { Default::default() };
            told.push(Dataset::of_location(plan, &output.path.value).json("outputFacets", facets, own));
        }
        told
    }

    fn pipeline_facets(&self) -> Map<String, Value> {
        let mut facets = Map::new();
        facets.insert("jobType".to_owned(), facets::job_type("dag"));
        if let Some(text) = &self.description {
            facets.insert("documentation".to_owned(), facets::documentation(text));
        }
        facets
    }

    fn run_facets(&self, failure: Option<&TaskFailure>) -> Map<String, Value> {
        let mut facets = Map::new();
        if let Some((namespace, name, run)) = &self.parent {
            facets.insert("parent".to_owned(), facets::parent(run, namespace, name));
        }
        facets.insert("processing_engine".to_owned(), facets::processing_engine());
        facets.insert("nominalTime".to_owned(), facets::nominal_time(&self.run.logical_time));
        if let Some(failure) = failure {
            facets.insert("errorMessage".to_owned(), facets::error(failure));
        }
        facets
    }

    fn event(
        &self,
        kind: &str,
        at: Timestamp,
        run: &Map<String, Value>,
        name: &str,
        job: &Map<String, Value>,
        datasets: [Vec<Value>; 2],
    ) -> Value {
        self.whole(kind, at, json!({"runId": self.id, "facets": run}), name, job, datasets)
    }

    fn whole(
        &self,
        kind: &str,
        at: Timestamp,
        run: Value,
        name: &str,
        job: &Map<String, Value>,
        [inputs, outputs]: [Vec<Value>; 2],
    ) -> Value {
        json!({
            "eventType": kind,
            "eventTime": at.to_string(),
            "producer": PRODUCER,
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": run,
            "job": {"namespace": self.namespace, "name": name, "facets": job},
            "inputs": inputs,
            "outputs": outputs,
        })
    }
}

/// The query of a task that computes one; with values in it, its text.
fn query_of(parameters: &Value) -> Option<String> {
    let own = |name: &str| {
        let query = parameters.get(name)?;
        query.as_str().or_else(|| query.get("sql")?.as_str()).map(str::to_owned)
    };
    own("sql").or_else(|| own("query"))
}

/// The id of a run, or of a task in it, as OpenLineage wants ids: of version 8, which leaves their bits to whoever makes them.
fn uuid(run: &str, place: &str, task: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [run, place, task] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_their_own() {
        let id = uuid("20241120-194500-3f9a", "/project", "t");
        assert_eq!(id.len(), 36);
        assert_eq!((&id[14..15], id[19..20].contains(['8', '9', 'a', 'b'])), ("8", true));
        assert_eq!(id, uuid("20241120-194500-3f9a", "/project", "t"));
        assert_ne!(id, uuid("20241120-194500-3f9a", "/project", "u"));
        assert_ne!(id, uuid("20241120-194500-3f9a", "/other", "t"));
    }
}
