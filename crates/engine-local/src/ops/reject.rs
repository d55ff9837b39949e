//! Rows taken out with a reason, and the table of them.

use polars::prelude::{Column, DataFrame, IdxSize, Int64Chunked, IntoColumn, IntoSeries, NamedFrom, Series};
use tidemill_core::table::{RejectRule, RejectedRows, Rel, Scan};

use crate::arrays::select::{filter, take};
use crate::error::{Outcome, internal, unsupported};
use crate::exec::run::{ROW, Runner, numbered};
use crate::expr::Eval;

/// What is rejected in a job, and what it was rejected from.
pub(crate) struct Rejects<'a> {
    /// The relation whose rows the rejects are: where the chain of steps that keep a row a row begins.
    source: &'a Rel,
    frame: Option<DataFrame>,
    /// Rows of the source, from 0, and why.
    rows: Vec<(IdxSize, String)>,
    counts: Vec<RejectedRows>,
}

impl<'a> Rejects<'a> {
    /// For the job of that relation.
    pub fn of(rel: &'a Rel) -> Self {
        let mut source = rel;
        while let Rel::Project { input, .. }
        | Rel::Filter { input, .. }
        | Rel::Convert { input, .. }
        | Rel::Fill { input, .. }
        | Rel::Reject { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Window { input, .. }
        | Rel::Sort { input, .. }
        | Rel::Limit { input, .. } = source
        {
            source = input;
        }
        Self { source, frame: None, rows: vec![], counts: vec![] }
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
        let numbers = Int64Chunked::from_vec("_row".into(), rows.iter().map(|row| i64::from(*row) + 1).collect());
        let mut columns: Vec<Column> = vec![numbers.into_series().into()];
        if let Some(scan) = origin(self.source) {
            let wanted: Vec<u64> = rows.iter().map(|row| u64::from(*row)).collect();
            let found = if wanted.is_empty() { vec![] } else { places(&scan, &wanted)? };
            let files: Vec<&str> = found.iter().map(|(file, _)| file.as_str()).collect();
            let lines: Vec<i64> = found.iter().map(|(_, line)| i64::try_from(*line).unwrap_or(i64::MAX)).collect();
            columns.push(Series::new("_file".into(), files).into());
            columns.push(Int64Chunked::from_vec("_line".into(), lines).into_column());
        }
        columns.push(Series::new("_reason".into(), reasons).into());
        for column in take(source, &rows)?.into_columns() {
            let mut name = column.name().to_string();
            while columns.iter().any(|other| other.name().as_str() == name) {
                name.push('_');
            }
            columns.push(column.with_name(name.into()));
        }
        DataFrame::new(rows.len(), columns).map_err(internal)
    }
}

/// The rows' numbers in the source, which jobs that can reject carry along.
pub(crate) fn source_rows(frame: &DataFrame) -> Outcome<Vec<IdxSize>> {
    let rows = frame.column(ROW).map_err(|_| unsupported("rows are rejected after a step that does not keep rows"))?;
    Ok(rows.idx().map_err(internal)?.into_no_null_iter().collect())
}

impl Runner<'_> {
    /// Takes out the rows that a rule applies to; the first such rule gives the reason.
    pub(crate) fn reject(&mut self, frame: DataFrame, rules: &[RejectRule]) -> Outcome<DataFrame> {
        let mut rule_of: Vec<Option<usize>> = vec![None; frame.height()];
        for (number, rule) in rules.iter().enumerate() {
            let mask = Eval::new(&frame, &self.notes).mask(&rule.predicate)?;
            for (row, applies) in rule_of.iter_mut().zip(mask.iter()) {
                if row.is_none() && applies == Some(true) {
                    *row = Some(number);
                }
            }
        }
        if rule_of.iter().all(Option::is_none) {
            return Ok(frame);
        }
        let rows = source_rows(&frame)?;
        let rejects = self.rejects.as_mut().ok_or_else(|| unsupported("the job does not collect rejects"))?;
        for (row, rule) in rows.iter().zip(&rule_of) {
            if let Some(number) = rule {
                let reason = &rules[*number].reason;
                rejects.add(*row, reason.clone(), reason);
            }
        }
        filter(&frame, &rule_of.iter().map(|rule| Some(rule.is_none())).collect())
    }
}
