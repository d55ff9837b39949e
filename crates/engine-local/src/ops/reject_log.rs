//! Rows taken out with a reason, and the table of them.

use polars::prelude::{Column, DataFrame, IdxSize, Int64Chunked, IntoColumn, IntoSeries, NamedFrom, Series};
use tidemill_core::table::{RejectedRows, Rel, Scan};

use crate::arrays::select::take;
use crate::error::{Outcome, internal, unsupported, value};

/// The hidden column of row numbers in the source, from 0, that jobs which can reject carry along. No name in a pipeline
/// holds a control character.
pub(crate) const ROW: &str = "\u{1}row";

/// What is rejected in a job, and what it was rejected from.
pub(crate) struct RejectLog<'a> {
    /// The relation whose rows the rejects are: where the chain of steps that keep a row a row begins.
    source: &'a Rel,
    frame: Option<DataFrame>,
    /// Rows of the source, from 0, and why.
    rows: Vec<(IdxSize, String)>,
    counts: Vec<RejectedRows>,
}

impl<'a> RejectLog<'a> {
    /// For the job of that relation.
    pub fn of(rel: &'a Rel) -> Self {
        Self { source: rel.rejected_from(), frame: None, rows: vec![], counts: vec![] }
    }

    /// Numbers the rows of the relation that is the source; passes on any other.
    pub fn note_source(&mut self, rel: &Rel, frame: DataFrame) -> Outcome<DataFrame> {
        if !std::ptr::eq(rel, self.source) {
            return Ok(frame);
        }
        let numbered = numbered(&frame)?;
        self.frame = Some(frame);
        Ok(numbered)
    }

    /// Takes note of a row of the source; `group` is the reason under which it is counted.
    pub fn add(&mut self, row: IdxSize, reason: String, group: &str) {
        self.rows.push((row, reason));
        match self.counts.iter_mut().find(|count| count.reason == group) {
            Some(count) => count.rows += 1,
            None => self.counts.push(RejectedRows { reason: group.to_owned(), rows: 1 }),
        }
    }

    /// Rows by reason.
    pub fn counts(&self) -> Vec<RejectedRows> {
        self.counts.clone()
    }

    /// The rejected rows as they came, in the source's order; `origin` says what a relation was
    /// loaded from, `places` finds them in its files.
    pub fn table(
        &self,
        origin: impl Fn(&Rel) -> Option<Scan>,
        places: impl Fn(&Scan, &[u64]) -> Outcome<Vec<(String, u64)>>,
    ) -> Outcome<DataFrame> {
        let source = self.frame.as_ref().ok_or_else(|| unsupported("rows are rejected that have no source"))?;
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|place| self.rows[*place].0);
        let rows: Vec<IdxSize> = order.iter().map(|place| self.rows[*place].0).collect();
        let reasons: Vec<&str> = order.iter().map(|place| self.rows[*place].1.as_str()).collect();
        let numbers: Vec<u64> = rows.iter().map(|row| u64::from(*row)).collect();
        let found = match origin(self.source) {
            Some(_) if numbers.is_empty() => Some(vec![]),
            Some(scan) => Some(places(&scan, &numbers)?),
            None => None,
        };
        rejects_table(&numbers, &reasons, found, take(source, &rows)?)
    }
}

/// The table of rejected rows: their numbers in the source from 0, the reasons, file and line where these are known, and the
/// source's columns of just these rows.
pub(crate) fn rejects_table(
    rows: &[u64],
    reasons: &[&str],
    places: Option<Vec<(String, u64)>>,
    source: DataFrame,
) -> Outcome<DataFrame> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let numbers = Int64Chunked::from_vec("_row".into(), rows.iter().map(|row| number(*row) + 1).collect());
    let mut columns: Vec<Column> = vec![numbers.into_series().into()];
    if let Some(found) = places {
        let files: Vec<&str> = found.iter().map(|(file, _)| file.as_str()).collect();
        let lines: Vec<i64> = found.iter().map(|(_, line)| number(*line)).collect();
        columns.push(Series::new("_file".into(), files).into());
        columns.push(Int64Chunked::from_vec("_line".into(), lines).into_column());
    }
    columns.push(Series::new("_reason".into(), reasons).into());
    for column in source.into_columns() {
        let mut name = column.name().to_string();
        while columns.iter().any(|other| other.name().as_str() == name) {
            name.push('_');
        }
        columns.push(column.with_name(name.into()));
    }
    DataFrame::new(rows.len(), columns).map_err(internal)
}

/// The rows' numbers in the source, which jobs that can reject carry along.
pub(crate) fn source_rows(frame: &DataFrame) -> Outcome<Vec<IdxSize>> {
    let rows = frame.column(ROW).map_err(|_| unsupported("rows are rejected after a step that does not keep rows"))?;
    Ok(rows.idx().map_err(internal)?.into_no_null_iter().collect())
}

/// Adds the numbers of the rows.
fn numbered(frame: &DataFrame) -> Outcome<DataFrame> {
    if frame.height() >= IdxSize::MAX as usize {
        return Err(value("a table of more than four billion rows"));
    }
    let mut columns = frame.columns().to_vec();
    columns.push(Series::new(ROW.into(), (0..frame.height() as IdxSize).collect::<Vec<_>>()).into());
    DataFrame::new(frame.height(), columns).map_err(internal)
}

/// All columns that the user knows of.
pub(crate) fn visible(frame: &DataFrame) -> Vec<Series> {
    let shown = frame.columns().iter().filter(|column| column.name() != ROW);
    shown.map(|column| column.as_materialized_series().clone()).collect()
}
