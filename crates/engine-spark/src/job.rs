//! A job on the cluster: its table is written, counted and known by a digest; then the rest is told of it.

use std::path::Path;
use std::sync::OnceLock;

use tidemill_core::table::{
    Cardinality, DataType, DroppedRows, EngineError, JobOptions, JoinStep, ListedCount, ListedStep, Rel, Scan, Schema,
    TableJob, TablePlace, TableReport, TaskReport, Unlisted, became_null, judged,
};

use crate::client::{Rows, Session};
use crate::failure::engine_error;
use crate::lower::{Folder, Inputs, Lowered, Lowerer, Source, quoted};
use crate::manifest::{Facts, Manifest};
use crate::source::Sources;
use crate::table::SparkTable;
use crate::uuid::uuid;
use crate::warehouse::{Warehouse, files, is_whole, uri};
use crate::{account, checks, diagnosis, warnings};

/// What tasks are told to be computed on.
pub(crate) const NAME: &str = "spark";

/// Files of one table, whose numbers have five digits in their names.
const MOST_FILES: usize = 99_999;

/// The folders of a job's inputs, by task, and what the cluster reads by itself.
pub(crate) struct Folders<'a> {
    pub folders: Vec<(String, Folder)>,
    pub sources: Sources<'a>,
}

impl Inputs for Folders<'_> {
    fn source(&self, scan: &Scan) -> Option<Source> {
        self.sources.of(scan)
    }

    fn folder(&self, task: &str) -> Option<Folder> {
        self.folders.iter().find(|(name, _)| name == task).map(|(_, folder)| folder.clone())
    }
}

/// What statements of a job need.
pub(crate) struct JobContext<'a> {
    pub session: &'a Session,
    pub options: &'a JobOptions<'a>,
    pub lowerer: Lowerer<'a>,
    /// What the cluster knows its statements by.
    pub tag: &'a str,
}

impl JobContext<'_> {
    /// The rows of a query.
    pub fn rows(&self, sql: &str) -> Result<Rows, EngineError> {
        self.session.rows(sql, self.tag, self.options.cancelled).map_err(|error| engine_error(&error))
    }

    /// A relation in SQL.
    pub fn lowered(&self, rel: &Rel) -> Result<Lowered, EngineError> {
        self.lowerer.rel(rel).map_err(|refused| EngineError::Internal(refused.message))
    }
}

/// Does the job; a table that is not right is not held.
pub(crate) fn run(
    job: &TableJob,
    context: &JobContext<'_>,
    warehouse: &Warehouse,
    run: &str,
) -> Result<TableReport, EngineError> {
    let lowered = context.lowered(&job.rel)?;
    for step in joins(&job.rel) {
        keep_promise(step, context)?;
    }
    let folder = warehouse.attempt(&format!("{run}-{}", uuid()));
    let written = context.session.write(&lowered.ordered(), &uri(&folder), context.tag, context.options.cancelled);
    written.map_err(|error| engine_error(&error))?;
    let facts = measure(&folder, &lowered.schema, context)?;
    let rows = facts.rows;
    let results = checks::run(&job.checks, &folder, &lowered.schema, rows, context)?;
    let lists = lists(&job.rel, context)?;
    let mut dropped = dropped(&job.rel, context)?;
    let unlisted = lists.iter().filter(|list| list.rows > 0);
    dropped.extend(unlisted.map(|list| DroppedRows { step: "in".to_owned(), rows: list.rows }));
    let mut warnings: Vec<String> = lists.into_iter().flat_map(|list| list.warnings).collect();
    warnings.extend(warned(&job.rel, context)?);
    let account = TaskReport {
        rows: Some(rows),
        rows_in: account::rows_in(&job.rel, context)?,
        dropped,
        joins: joins(&job.rel)
            .into_iter()
            .filter(|step| step.diagnose.is_some())
            .map(|step| diagnosis::diagnose(step, context))
            .collect::<Result<_, _>>()?,
        warnings,
        checks: judged(results)?,
        place: TablePlace { engine: Some(NAME.to_owned()), ..TablePlace::default() },
        ..TaskReport::default()
    };
    let table = SparkTable { folder, manifest: Manifest::new(facts), here: OnceLock::new() };
    Ok(TableReport { table: Some(table.into_ref()), rejects: None, account })
}

/// Whether the values of rows are those of lists, such as a pivot's.
fn lists(rel: &Rel, context: &JobContext<'_>) -> Result<Vec<Unlisted>, EngineError> {
    let told = |step: &ListedStep| {
        let counted = context.rows(&context.lowered(&step.counts())?.ordered())?;
        let count = |row| ListedCount {
            value: counted.text(row, 0),
            place: counted.int(row, 1).and_then(|place| u64::try_from(place).ok()),
            rows: counted.count(row, 2),
        };
        Ok(step.told(&(0..counted.len()).map(count).collect::<Vec<_>>()))
    };
    rel.lists().into_iter().map(told).collect()
}

/// What became NULL in expressions, counted.
fn warned(rel: &Rel, context: &JobContext<'_>) -> Result<Vec<String>, EngineError> {
    let query = warnings::query(rel, &context.lowerer).map_err(|refused| EngineError::Internal(refused.message))?;
    let Some(sql) = query else { return Ok(Vec::new()) };
    let counted = context.rows(&sql)?;
    Ok(became_null([counted.count(0, 0), counted.count(0, 1), counted.count(0, 2), 0]))
}

/// The joins of a job, those that are done first at first.
fn joins(rel: &Rel) -> Vec<&JoinStep> {
    let mut found = Vec::new();
    account::each_step(rel, &mut |step| {
        if let Rel::Join(join) = step {
            found.push(&**join);
        }
    });
    found
}

/// Fails if the keys of a join are not as its `expect` says.
fn keep_promise(step: &JoinStep, context: &JobContext<'_>) -> Result<(), EngineError> {
    let Some(expect) = step.expect.filter(|expect| *expect != Cardinality::ManyToMany) else { return Ok(()) };
    let (one_left, one_right) = expect.unique_sides();
    for (is_unique, name, is_left) in [(one_right, "right", false), (one_left, "left", true)] {
        if !is_unique {
            continue;
        }
        if let Some((key, times)) = diagnosis::most_frequent(step, is_left, context)? {
            return Err(expect.broken(name, &key, times));
        }
    }
    Ok(())
}

fn dropped(rel: &Rel, context: &JobContext<'_>) -> Result<Vec<DroppedRows>, EngineError> {
    let query = account::dropped(rel, &context.lowerer).map_err(|refused| EngineError::Internal(refused.message))?;
    let Some((sql, steps)) = query else { return Ok(Vec::new()) };
    let counted = context.rows(&sql)?;
    Ok(account::dropped_rows(steps, |column| counted.count(0, column)))
}

/// Rows, and a digest of the values with their order, of what was written.
///
/// The digest adds up a hash of every row with its number, so it does not depend on how the rows lie in files. A hash of Spark's
/// leaves NULLs out and takes -0.0 for 0.0, so both are told beside.
fn measure(folder: &Path, schema: &Schema, context: &JobContext<'_>) -> Result<Facts, EngineError> {
    let lost = |what: String| EngineError::Internal(format!("the warehouse is not as it was written: {what}"));
    if !is_whole(folder) {
        let help = "is it one folder for this machine and for all workers?";
        return Err(lost(format!("there is no _SUCCESS in {} ({help})", folder.display())));
    }
    let written = files(folder).map_err(|error| lost(error.to_string()))?;
    if written.len() > MOST_FILES {
        return Err(lost(format!("{} files are more than {MOST_FILES}", written.len())));
    }
    let from = format!("parquet.`{}`", uri(folder));
    let counted =
        context.rows(&format!("select _metadata.file_name as f, count(*) as n from {from} group by 1 order by 1"))?;
    let (mut rows, mut starts) = (0, Vec::new());
    for row in 0..counted.len() {
        let name = counted.text(row, 0).unwrap_or_default();
        starts.push(format!("({}, {rows}L)", quoted(&name)));
        rows += counted.count(row, 1);
    }
    let hashed = hashed(schema);
    let content = if starts.is_empty() {
        String::new()
    } else {
        let numbered = format!(
            "start + row_index as i, h.* from (select _metadata.file_name as f, _metadata.row_index as row_index, * from {from}) h join (values {}) s(name, start) on h.f = s.name",
            starts.join(", ")
        );
        let sum = format!("cast(sum(cast(xxhash64(i, {hashed}) as decimal(20,0))) as string)");
        let xor = format!("cast(bit_xor(xxhash64('2', i, {hashed})) as string)");
        let digest = context.rows(&format!("select {sum}, {xor} from (select {numbered}) t"))?;
        let part = |column| digest.text(0, column).unwrap_or_default();
        format!("{}:{}", part(0), part(1))
    };
    Ok(Facts { columns: schema.clone(), rows, content })
}

/// What of a row is hashed.
fn hashed(schema: &Schema) -> String {
    let nulls = (0..schema.len()).map(|i| format!("case when c{i} is null then '1' else '0' end"));
    let mut parts = vec![format!("concat({})", nulls.collect::<Vec<_>>().join(", "))];
    for (i, field) in schema.fields().iter().enumerate() {
        parts.push(format!("c{i}"));
        if field.data_type == DataType::Float {
            parts.push(format!("case when c{i} = 0D then cast(c{i} as string) else '' end"));
        }
    }
    parts.join(", ")
}
