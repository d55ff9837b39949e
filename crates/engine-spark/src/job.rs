//! A job on the cluster: its table is written, counted and known by a digest; then the rest is told of it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tidemill_core::fingerprint::digest_of_file;
use tidemill_core::ids::Digest;
use tidemill_core::table::{
    Cardinality, DataType, DroppedRows, EngineError, JobOptions, JoinDiagnosis, JoinStep, ListedCount, ListedStep, Rel,
    RowsIn, Scan, SourceCounts, TableEngine, TableJob, TablePlace, TableReport, TaskReport, Unlisted, became_null,
    judged,
};

use crate::client::{Rows, Session};
use crate::failure::engine_error;
use crate::lower::{Inputs, Lowered, Lowerer, Ordinal, Source, Stored};
use crate::manifest::{Facts, Manifest};
use crate::source::Sources;
use crate::table::SparkTable;
use crate::uuid::uuid;
use crate::warehouse::{SourceFile, TableFiles, Warehouse, files, is_whole, uri};
use crate::{account, checks, cleaning, diagnosis, profile, steps, warnings};

/// What tasks are told to be computed on.
pub(crate) const NAME: &str = "spark";

/// Files of one sorted table, whose numbers have five digits in their names.
const MOST_FILES: usize = 99_999;

/// The tables of a job's inputs, by task, and what the cluster reads by itself.
pub(crate) struct JobInputs<'a> {
    pub tables: Vec<(String, Stored)>,
    pub sources: Sources<'a>,
}

impl Inputs for JobInputs<'_> {
    fn source(&self, scan: &Scan) -> Option<Source> {
        self.sources.of(scan)
    }

    fn table(&self, task: &str) -> Option<Stored> {
        self.tables.iter().find(|(name, _)| name == task).map(|(_, table)| table.clone())
    }
}

/// What statements of a job need.
pub(crate) struct JobContext<'a> {
    pub session: &'a Session,
    pub options: &'a JobOptions<'a>,
    pub lowerer: Lowerer<'a>,
    /// What the cluster knows its statements by.
    pub tag: &'a str,
    /// The engine of this machine, which tells of rejects.
    pub local: &'a dyn TableEngine,
    /// The most bytes of a table that come to this machine.
    pub download_limit: u64,
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
    let joins = joins(&job.rel);
    for step in &joins {
        keep_promise(step, context)?;
    }
    let diagnoses = diagnoses(&joins, context).map_err(|error| first_misfit(error, job, context))?;
    let context =
        &JobContext { lowerer: Lowerer { single: single(&joins, &diagnoses), ..context.lowerer }, ..*context };
    let lowered = context.lowered(&job.rel)?;
    let made = match &job.rel {
        Rel::Scan(scan) => match context.lowerer.inputs.source(scan) {
            Some(Source::Table(_)) => sorted(&lowered, warehouse, run, context),
            _ => in_place(scan, &lowered, context),
        },
        rel => written(rel, &lowered, warehouse, run, context),
    };
    let made = made.map_err(|error| first_misfit(error, job, context))?;
    let table =
        SparkTable { rows: made.rows, manifest: Manifest::new(made.facts), nulls: made.nulls, here: OnceLock::new() };
    let facts = &table.manifest.facts;
    let rows = facts.rows;
    let results = checks::run(&job.checks, &table.stored().lowered(facts.columns.clone()), rows, context)?;
    let lists = lists(&job.rel, context)?;
    let mut dropped = dropped(&job.rel, context)?;
    let unlisted = lists.iter().filter(|list| list.rows > 0);
    dropped.extend(unlisted.map(|list| DroppedRows { step: "in".to_owned(), rows: list.rows }));
    let mut warnings = cleaning::warnings(&job.rel, context)?;
    warnings.extend(lists.into_iter().flat_map(|list| list.warnings));
    warnings.extend(warned(&job.rel, context)?);
    let checks = judged(results)?;
    let (rejects, rejected) = cleaning::rejects(&job.rel, context, warehouse, run)?;
    let account = TaskReport {
        rows: Some(rows),
        rejected,
        rows_in: match &job.rel {
            Rel::Scan(scan) => vec![RowsIn { from: scan.title(), rows }],
            rel => account::rows_in(rel, context)?,
        },
        dropped,
        joins: diagnoses.into_iter().flatten().collect(),
        warnings,
        checks,
        place: TablePlace { engine: Some(NAME.to_owned()), ..TablePlace::default() },
        ..TaskReport::default()
    };
    Ok(TableReport { table: Some(table.into_ref()), rejects, account })
}

/// What there is to say of joins, if it is asked for.
///
/// Before the table is written: a left row that has one pair at most needs no number of its right row, which the table would carry
/// from then on.
fn diagnoses(joins: &[&JoinStep], context: &JobContext<'_>) -> Result<Vec<Option<JoinDiagnosis>>, EngineError> {
    let one = |step: &&JoinStep| step.diagnose.as_ref().map(|_| diagnosis::diagnose(step, context)).transpose();
    joins.iter().map(one).collect()
}

/// The joins of which a left row has one pair at most.
fn single<'a>(joins: &[&'a JoinStep], diagnoses: &[Option<JoinDiagnosis>]) -> Vec<&'a JoinStep> {
    let is_single = |step: &JoinStep, diagnosis: &Option<JoinDiagnosis>| {
        let is_promised = step.expect.is_some_and(|expect| expect.unique_sides().1);
        is_promised || diagnosis.as_ref().is_some_and(|diagnosis| diagnosis.max_matches_per_left <= 1)
    };
    joins.iter().zip(diagnoses).filter(|(step, diagnosis)| is_single(step, diagnosis)).map(|(step, _)| *step).collect()
}

/// The error of the first value that does not fit, instead of one that only says that there is such a value.
fn first_misfit(error: EngineError, job: &TableJob, context: &JobContext<'_>) -> EngineError {
    let is_of_values = matches!(error, EngineError::Value { .. });
    // A query of its own finds the row; if it fails too, the first error is the one that matters.
    let misfit = if is_of_values { cleaning::misfit(&job.rel, context).ok().flatten() } else { None };
    misfit.unwrap_or(error)
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
    steps::each_step(rel, &mut |step| {
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

/// A table that was made, with what is known of it.
struct Made {
    rows: TableFiles,
    facts: Facts,
    nulls: Option<Vec<u64>>,
}

/// The table in a folder of the warehouse.
///
/// Its rows are not sorted: what orders them is kept beside them, which costs less than half as much.
fn written(
    rel: &Rel,
    lowered: &Lowered,
    warehouse: &Warehouse,
    run: &str,
    context: &JobContext<'_>,
) -> Result<Made, EngineError> {
    // Ordinals hardly repeat: a dictionary of them would be made and thrown away.
    let plain = |name: String| (format!("parquet.enable.dictionary#{name}"), "false".to_owned());
    let options = lowered.ordinals().into_iter().map(plain).collect();
    let folder = write(&lowered.stored(), options, warehouse, run, context)?;
    let rows = TableFiles::Written(folder);
    let table = rows.stored(lowered.order.clone()).lowered(lowered.schema.clone());
    let (facts, nulls) = measure(&table, !steps::has_input(rel), context)?;
    Ok(Made { rows, facts, nulls })
}

/// A table of the catalog, in a folder of the warehouse.
///
/// What orders its rows are all of its columns, so it is sorted: whatever is computed from it then carries one number for a row. In
/// that order it is known by its values alone.
fn sorted(lowered: &Lowered, warehouse: &Warehouse, run: &str, context: &JobContext<'_>) -> Result<Made, EngineError> {
    let folder = write(&lowered.ordered(), Vec::new(), warehouse, run, context)?;
    let found = files(&folder).map_err(|error| EngineError::Internal(format!("the warehouse: {error}")))?;
    if found.len() > MOST_FILES {
        return Err(EngineError::Internal(format!("{} files of one table are more than {MOST_FILES}", found.len())));
    }
    let rows = TableFiles::Sorted(folder);
    let order = vec![Ordinal::ASCENDING];
    let values = Lowered { order: Vec::new(), ..rows.stored(order.clone()).lowered(lowered.schema.clone()) };
    let (facts, nulls) = measure(&values, true, context)?;
    Ok(Made { rows, facts: Facts { order, ..facts }, nulls })
}

/// Writes a query's rows into a folder of their own.
pub(crate) fn write(
    sql: &str,
    options: Vec<(String, String)>,
    warehouse: &Warehouse,
    run: &str,
    context: &JobContext<'_>,
) -> Result<PathBuf, EngineError> {
    let folder = warehouse.attempt(&format!("{run}-{}", uuid()));
    let written = context.session.write(sql, &uri(&folder), options, context.tag, context.options.cancelled);
    written.map_err(|error| engine_error(&error))?;
    if is_whole(&folder) {
        return Ok(folder);
    }
    Err(EngineError::Internal(format!(
        "the warehouse is not as it was written: there is no _SUCCESS in {} (is it one folder for this machine and for all workers?)",
        folder.display()
    )))
}

/// A table in the files of a source, of which nothing is changed: it is known by their content. Their ends say how much is in them.
fn in_place(scan: &Scan, lowered: &Lowered, context: &JobContext<'_>) -> Result<Made, EngineError> {
    let gone = |error: std::io::Error| EngineError::Internal(format!("a source is gone: {error}"));
    let missing = || EngineError::Internal(format!("{} is not read by the cluster", scan.title()));
    let Some(Source::Files(paths)) = context.lowerer.inputs.source(scan) else { return Err(missing()) };
    let (mut files, mut content) = (Vec::new(), String::from("files"));
    for path in paths {
        files.push(SourceFile::of(&path).map_err(gone)?);
        let (digest, _) = digest_of_file(Path::new(&path), context.options.cancelled).map_err(gone)?;
        content += &format!(":{digest}");
    }
    let SourceCounts { rows, nulls } = context.local.counts(scan).ok_or_else(missing)?;
    let content = Digest::of(content.as_bytes()).to_string();
    let (columns, order) = (lowered.schema.clone(), lowered.order.clone());
    Ok(Made { rows: TableFiles::Source(files), facts: Facts { columns, rows, order, content }, nulls })
}

/// Rows, and a digest of the values with what orders them, of what was written; and NULLs, if somebody will ask for them.
///
/// The digest adds up a hash of every row with its ordinals, so it does not depend on how the rows lie in files. A hash of Spark's
/// leaves NULLs out and takes -0.0 for 0.0, so both are told beside.
fn measure(
    table: &Lowered,
    is_profiled: bool,
    context: &JobContext<'_>,
) -> Result<(Facts, Option<Vec<u64>>), EngineError> {
    // In parts, of which no table has so many that their sum does not fit; a sum of decimals takes several times as long.
    let part = |bits: u32| format!("cast(sum(shiftrightunsigned(h, {bits}) & 4194303L) as string)");
    let mut list = vec!["count(*)".to_owned()];
    list.extend([0, 22, 44].map(part));
    list.push("cast(bit_xor(h) as string)".to_owned());
    let before = list.len();
    if is_profiled {
        list.extend(profile::counts_of_nulls(table));
    }
    let from = format!("(select *, xxhash64({}) as h from {} t)", hashed(table), table.nested());
    let found = context.rows(&format!("select {} from {from} t", list.join(", ")))?;
    let content = (1..before).map(|column| found.text(0, column).unwrap_or_default()).collect::<Vec<_>>().join(":");
    let nulls = is_profiled.then(|| (before..list.len()).map(|column| found.count(0, column)).collect());
    let facts = Facts { columns: table.schema.clone(), rows: found.count(0, 0), order: table.order.clone(), content };
    Ok((facts, nulls))
}

/// What of a row is hashed.
fn hashed(table: &Lowered) -> String {
    let names = [table.columns(), table.ordinals()].concat();
    let mut parts: Vec<String> = names.iter().map(|name| format!("{name} is null")).collect();
    parts.extend(names);
    let floats = table.schema.fields().iter().enumerate().filter(|(_, field)| field.data_type == DataType::Float);
    parts.extend(floats.map(|(i, _)| format!("case when c{i} = 0D then cast(c{i} as string) else '' end")));
    parts.join(", ")
}
