//! A job's steps, done one after the other.

use std::collections::BTreeSet;
use std::path::Path;

use polars::prelude::{Column, DataFrame, IdxSize, NamedFrom, Series};
use tidemill_core::table::{
    AggCall, DroppedRows, EngineError, Expr, FileFormat, JoinDiagnosis, Rel, RowsIn, RunOptions, Scan, SortKey,
    TableJob, TableRef, TableReport,
};

use crate::arrays::select::{filter, pick, take};
use crate::arrays::types;
use crate::check;
use crate::engine::Files;
use crate::error::{Outcome, internal, value, within};
use crate::exec::parallel;
use crate::exec::pipeline::Pace;
use crate::expr::{Eval, Notes, columns_of};
use crate::keys::groups::Groups;
use crate::ops::reject::Rejects;
use crate::ops::sort::{Key, sorted};
use crate::ops::{convert, fill, set_op};
use crate::store::table_handle::{Held, held, hold, hold_any};

/// The hidden column of row numbers in the source, from 0, that jobs which can reject carry along. No name in a pipeline
/// holds a control character.
pub(crate) const ROW: &str = "\u{1}row";

/// The columns that later steps read; none for all.
pub(crate) type Need = Option<BTreeSet<String>>;

/// One job under way.
pub(crate) struct Runner<'a> {
    project: &'a Path,
    files: &'a dyn Files,
    pub(crate) options: &'a RunOptions<'a>,
    pub(crate) pace: &'a Pace,
    /// Nothing goes piece by piece any more: a value was wrong, and the message has to name its row of the whole table.
    pub(crate) at_once: bool,
    /// What rejects speak of, in jobs that can reject.
    pub(crate) rejects: Option<Rejects<'a>>,
    pub(crate) notes: Notes,
    pub(crate) rows_in: Vec<RowsIn>,
    pub(crate) dropped: Vec<DroppedRows>,
    pub(crate) joins: Vec<JoinDiagnosis>,
    pub(crate) warnings: Vec<String>,
}

impl<'a> Runner<'a> {
    pub fn new(
        project: &'a Path,
        files: &'a dyn Files,
        options: &'a RunOptions<'a>,
        pace: &'a Pace,
        rel: &'a Rel,
    ) -> Self {
        Self {
            project,
            files,
            options,
            pace,
            at_once: false,
            rejects: rel.can_reject().then(|| Rejects::of(rel)),
            notes: Notes::default(),
            rows_in: vec![],
            dropped: vec![],
            joins: vec![],
            warnings: vec![],
        }
    }

    /// The whole job: nothing is held unless everything is right.
    pub fn job(mut self, job: &TableJob) -> Outcome<TableReport> {
        let (table, checks) = match self.table_flowing(&job.rel, &job.checks)? {
            Some(done) => done,
            None => {
                let schema = job.rel.schema();
                let frame = self.rel(&job.rel, None)?;
                let mut frame = pick(&frame, schema.names())?;
                frame.rechunk_mut_par();
                let checks = check::run(&job.checks, &frame, self.options)?;
                (Held::Frame(frame), checks)
            }
        };
        self.uncancelled()?;
        let places = |scan: &Scan, rows: &[u64]| self.files.places(self.project, scan, rows);
        let (rejects, rejected) = match &self.rejects {
            Some(rejects) => (Some(hold(rejects.table(|rel| self.origin(rel), places)?)?), rejects.counts()),
            None => (None, vec![]),
        };
        self.warnings.extend(self.notes.sentences());
        self.dropped.retain(|dropped| dropped.rows > 0);
        let table = hold_any(table)?;
        Ok(TableReport {
            schema: table.schema.clone(),
            rows: table.rows,
            table: Some(table),
            rows_in: self.rows_in,
            rejected,
            rejects,
            dropped: self.dropped,
            joins: self.joins,
            warnings: self.warnings,
            checks,
        })
    }

    /// Whether the result is no longer wanted.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.options.is_cancelled()
    }

    /// An error once the result is no longer wanted.
    pub(crate) fn uncancelled(&self) -> Outcome<()> {
        if self.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// The rows of a relation: all its columns, or at least those needed.
    pub(crate) fn rel(&mut self, rel: &Rel, need: Need) -> Outcome<DataFrame> {
        self.uncancelled()?;
        // The rejects show rows of the source as they were, so all of their columns are needed.
        let need = if self.rejects.is_some() { None } else { need };
        if let Some(frame) = self.rel_flowing(rel, need.clone())? {
            return Ok(frame);
        }
        let frame = match rel {
            Rel::Input { task, .. } => self.input(task, need)?,
            Rel::Scan(scan) => self.scan(scan, need)?,
            Rel::Unit => DataFrame::empty_with_height(1),
            Rel::Project { input, columns } => self.project(input, columns)?,
            Rel::Filter { input, predicate, account } => {
                let frame = self.rel(input, with(need, columns_of([predicate])))?;
                let mask = Eval::new(&frame, &self.notes).mask(predicate)?;
                let kept = filter(&frame, &mask)?;
                if let Some(step) = account {
                    self.drop_rows(step, frame.height() - kept.height());
                }
                kept
            }
            Rel::Convert { input, columns, on_invalid } => {
                let frame = self.rel(input, None)?;
                convert::convert(self, input, frame, columns, *on_invalid)?
            }
            Rel::Fill { input, columns } => {
                let frame = self.rel(input, with(need, columns.iter().map(|(name, _)| name.clone()).collect()))?;
                fill::fill(frame, columns)?
            }
            Rel::Reject { input, rules } => {
                let frame = self.rel(input, None)?;
                self.reject(frame, rules)?
            }
            Rel::Distinct { input, on } => {
                let need = on.as_ref().and_then(|on| with(need, on.iter().cloned().collect()));
                let frame = self.rel(input, need)?;
                let kept = distinct(&frame, on.as_deref())?;
                self.drop_rows("distinct", frame.height() - kept.height());
                kept
            }
            Rel::Join(step) => self.join(step, need)?,
            Rel::Aggregate { input, keys, metrics } => self.aggregate(input, keys, metrics)?,
            Rel::Window { input, columns } => self.window(input, columns, need)?,
            Rel::Sort { input, by } => self.sort(input, by, need)?,
            Rel::Limit { input, offset, count } => {
                let frame = self.rel(input, need)?;
                let kept = limit(&frame, *offset, *count);
                self.drop_rows("limit", frame.height() - kept.height());
                kept
            }
            Rel::SetOp { kind, all, left, right } => {
                let (left, right) = (self.rel(left, None)?, self.rel(right, None)?);
                set_op::set_op(*kind, *all, left, right)?
            }
        };
        match &mut self.rejects {
            Some(rejects) => rejects.note_source(rel, frame),
            None => Ok(frame),
        }
    }

    /// What was loaded as the rows of that relation, one for one.
    pub(crate) fn origin(&self, rel: &Rel) -> Option<Scan> {
        match rel {
            Rel::Scan(scan) => Some(scan.clone()),
            Rel::Input { task, .. } => (self.options.origin)(task),
            _ => None,
        }
    }

    /// The file and line of a row of that relation, counted from 0, if its steps have kept every row since it was loaded.
    pub(crate) fn place(&self, rel: &Rel, row: u64) -> Option<String> {
        match rel {
            Rel::Project { input, .. } | Rel::Convert { input, .. } | Rel::Fill { input, .. } => self.place(input, row),
            _ => {
                let scan = self.origin(rel)?;
                let (file, line) = self.files.places(self.project, &scan, &[row]).ok()?.pop()?;
                let in_lines = matches!(scan.format, FileFormat::Csv | FileFormat::Json | FileFormat::Ndjson);
                Some(if in_lines { format!("{file}:{line}") } else { format!("{file}, row {line}") })
            }
        }
    }

    /// The table of an input.
    pub(crate) fn table(&self, task: &str) -> Outcome<&'a TableRef> {
        let table = self.options.input(task);
        table.ok_or_else(|| EngineError::Internal(format!("the table of {task} was not handed to the engine")))
    }

    fn input(&mut self, task: &str, need: Need) -> Outcome<DataFrame> {
        let table = held(self.table(task)?)?;
        let names = need.map(|need| table.names().into_iter().filter(|name| need.contains(name)).collect::<Vec<_>>());
        let frame = table.frame(names.as_deref())?;
        self.count_in(task.to_owned(), frame.height());
        Ok(frame)
    }

    fn scan(&mut self, scan: &Scan, need: Need) -> Outcome<DataFrame> {
        let frame = self.files.read(self.project, scan)?;
        let from = match scan.files.as_slice() {
            [] => "no file".to_owned(),
            [file] => file.to_string(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        self.count_in(from, frame.height());
        needed(&frame, need)
    }

    /// A table that a job reads twice came in once.
    pub(crate) fn count_in(&mut self, from: String, rows: usize) {
        let rows = RowsIn { from, rows: rows as u64 };
        if !self.rows_in.contains(&rows) {
            self.rows_in.push(rows);
        }
    }

    pub(crate) fn drop_rows(&mut self, step: &str, rows: usize) {
        if rows > 0 {
            self.dropped.push(DroppedRows { step: step.to_owned(), rows: rows as u64 });
        }
    }

    /// A place for rows that a step is going to drop.
    pub(crate) fn reserve_drop(&mut self, step: &str) -> usize {
        self.dropped.push(DroppedRows { step: step.to_owned(), rows: 0 });
        self.dropped.len() - 1
    }

    /// What has been reported so far, to go back to.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            rows_in: self.rows_in.clone(),
            dropped: self.dropped.clone(),
            joins: self.joins.len(),
            warnings: self.warnings.len(),
            notes: self.notes.counts(),
        }
    }

    /// Forgets what has been reported since.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.rows_in = mark.rows_in;
        self.dropped = mark.dropped;
        self.joins.truncate(mark.joins);
        self.warnings.truncate(mark.warnings);
        self.notes = Notes::from_counts(mark.notes);
    }

    fn project(&mut self, input: &Rel, columns: &[(String, Expr)]) -> Outcome<DataFrame> {
        let read = columns_of(columns.iter().map(|(_, expr)| expr));
        let frame = self.rel(input, Some(read))?;
        project(&frame, columns, &self.notes)
    }

    fn sort(&mut self, input: &Rel, by: &[SortKey], need: Need) -> Outcome<DataFrame> {
        let frame = self.rel(input, with(need, columns_of(by.iter().map(|key| &key.expr))))?;
        let keys = self.sort_keys(&frame, by)?;
        take(&frame, &sorted(&keys, frame.height())?)
    }

    /// The keys' values over the frame.
    pub(crate) fn sort_keys(&self, frame: &DataFrame, by: &[SortKey]) -> Outcome<Vec<Key>> {
        let eval = Eval::new(frame, &self.notes);
        by.iter()
            .map(|key| {
                let values = eval.column(&key.expr)?;
                Ok(Key { values, descending: key.descending, nulls_first: key.nulls_first })
            })
            .collect()
    }

    fn aggregate(&mut self, input: &Rel, keys: &[(String, Expr)], metrics: &[(String, AggCall)]) -> Outcome<DataFrame> {
        let mut read = columns_of(keys.iter().map(|(_, expr)| expr));
        for (_, call) in metrics {
            read.extend(columns_of(call.args.iter().chain(&call.filter)));
        }
        if let Some(frame) = self.aggregate_flowing(input, keys, metrics, Some(read.clone()))? {
            return Ok(frame);
        }
        let frame = self.rel(input, Some(read))?;
        let rows = frame.height();
        let eval = Eval::new(&frame, &self.notes);
        let key_values: Vec<Series> = keys.iter().map(|(_, expr)| eval.column(expr)).collect::<Outcome<_>>()?;
        let mut groups = Groups::of(&key_values, rows)?;
        let mut result: Vec<Column> = vec![];
        let mut count = groups.len();
        if keys.is_empty() {
            count = 1;
        } else {
            let firsts: Vec<Series> = key_values
                .iter()
                .map(|values| values.take_slice(&groups.first).map_err(internal))
                .collect::<Outcome<_>>()?;
            let order = sorted(&firsts.iter().cloned().map(Key::ascending).collect::<Vec<_>>(), count)?;
            let mut place = vec![0 as IdxSize; count];
            order.iter().enumerate().for_each(|(to, from)| place[*from as usize] = to as IdxSize);
            groups.of_row.iter_mut().for_each(|group| *group = place[*group as usize]);
            for ((name, _), first) in keys.iter().zip(&firsts) {
                let values = first.take_slice(&order).map_err(internal)?;
                result.push(types::expand(name, values, count));
            }
        }
        self.uncancelled()?;
        result.extend(parallel::map(metrics, rows, |(name, call)| {
            crate::ops::aggregate::over_groups(&eval, call, &groups.of_row, count)
                .map(|values| types::expand(name, values, count))
                .map_err(|error| within(&format!("column {name}"), error))
        })?);
        DataFrame::new(count, result).map_err(internal)
    }
}

/// These columns and no others, computed from each row.
pub(crate) fn project(frame: &DataFrame, columns: &[(String, Expr)], notes: &Notes) -> Outcome<DataFrame> {
    let eval = Eval::new(frame, notes);
    let mut result = parallel::map(columns, frame.height(), |(name, expr)| {
        let series = eval.column(expr).and_then(|series| types::conform(series, expr.data_type));
        series
            .map(|series| types::expand(name, series, frame.height()))
            .map_err(|error| within(&format!("column {name}"), error))
    })?;
    result.extend(frame.column(ROW).ok().cloned());
    DataFrame::new(frame.height(), result).map_err(internal)
}

/// How far the report of a job was at some moment.
pub(crate) struct Mark {
    rows_in: Vec<RowsIn>,
    dropped: Vec<DroppedRows>,
    joins: usize,
    warnings: usize,
    notes: [u64; 3],
}

/// What a step needs beside what later steps need.
pub(crate) fn with(need: Need, more: BTreeSet<String>) -> Need {
    need.map(|mut need| {
        need.extend(more);
        need
    })
}

/// Only the columns needed, in the frame's order.
fn needed(frame: &DataFrame, need: Need) -> Outcome<DataFrame> {
    match need {
        None => Ok(frame.clone()),
        Some(need) => pick(
            frame,
            frame.get_column_names().into_iter().map(|name| name.as_str()).filter(|name| need.contains(*name)),
        ),
    }
}

/// The first of equal rows.
fn distinct(frame: &DataFrame, on: Option<&[String]>) -> Outcome<DataFrame> {
    let keys: Vec<Series> = match on {
        Some(names) => names.iter().map(|name| types::column(frame, name).cloned()).collect::<Outcome<_>>()?,
        None => visible(frame),
    };
    take(frame, &Groups::of(&keys, frame.height())?.first)
}

/// All columns that the user knows of.
pub(crate) fn visible(frame: &DataFrame) -> Vec<Series> {
    let shown = frame.columns().iter().filter(|column| column.name() != ROW);
    shown.map(|column| column.as_materialized_series().clone()).collect()
}

fn limit(frame: &DataFrame, offset: u64, count: Option<u64>) -> DataFrame {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(frame.height());
    let rest = frame.height() - offset;
    let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX).min(rest);
    if frame.width() == 0 {
        return DataFrame::empty_with_height(count);
    }
    frame.slice(offset as i64, count)
}

/// Adds the numbers of the rows.
pub(crate) fn numbered(frame: &DataFrame) -> Outcome<DataFrame> {
    if frame.height() >= IdxSize::MAX as usize {
        return Err(value("a table of more than four billion rows"));
    }
    let mut columns = frame.columns().to_vec();
    columns.push(Series::new(ROW.into(), (0..frame.height() as IdxSize).collect::<Vec<_>>()).into());
    DataFrame::new(frame.height(), columns).map_err(internal)
}
