//! Operators that need one row at a time, over a source that is read batch by batch.

use std::sync::Arc;

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::{Expr, Fill};

use super::hash_probe::{HashProbe, ProbeReport, typed};
use super::row_group_filter::excludes;
use crate::arrays::select::{NONE, filter, only};
use crate::error::Outcome;
use crate::expr::{Eval, Notes};
use crate::keys::interner::KeyInterner;
use crate::ops::batch::Batch;
use crate::ops::context::JobContext;
use crate::ops::expand;
use crate::ops::fill;
use crate::ops::operator::KeyFilter;
use crate::ops::required_columns::RequiredColumns;
use crate::store::stored_table::StoredTable;

/// Where the rows come from.
pub(super) enum BatchSource {
    Frame(DataFrame),
    /// These columns of a table in files.
    File(Arc<dyn StoredTable>, Vec<String>),
}

/// An operator that needs one row at a time.
pub(super) enum Stage<'a> {
    Project(&'a [(String, Expr)]),
    /// The number among the job's dropped rows under which it is accounted; the columns that are needed of what is left.
    Filter(&'a Expr, Option<usize>, RequiredColumns),
    Fill(Vec<(&'a str, Filling<'a>)>),
    /// The columns that differ from time to time; those that are needed of what comes of it.
    Expand(&'a [(String, Vec<Expr>)], RequiredColumns),
    Probe(Box<HashProbe<'a>>),
    /// Only rows whose key is one of these.
    KeyFilter(Vec<&'a Expr>, Box<KeyInterner>),
}

/// What fills a column.
pub(super) enum Filling<'a> {
    /// Needs nothing but the type of the column.
    Constant(&'a (String, Fill)),
    /// One row.
    Known(Series),
}

/// A source and the stages that its rows go through: operators that need one row at a time.
pub(super) struct Pipeline<'a> {
    pub source: BatchSource,
    pub(super) stages: Vec<Stage<'a>>,
}

/// What a stage tells of a batch beside its rows.
pub(super) enum StageReport {
    /// So many rows dropped, to be accounted at that place.
    Dropped(usize, usize),
    /// What the join of that step found.
    Probed(usize, ProbeReport),
}

impl<'a> Pipeline<'a> {
    pub fn and(mut self, stage: Stage<'a>) -> Self {
        self.stages.push(stage);
        self
    }

    /// The same with only the rows whose keys are among those of other rows.
    pub fn filtered(self, by: KeyFilter<'a>) -> Outcome<Self> {
        let mut known = KeyInterner::default();
        known.intern(&by.among, by.rows)?;
        Ok(self.and(Stage::KeyFilter(by.keys, Box::new(known))))
    }

    /// Whether a batch may become larger than it came.
    pub fn multiplies(&self) -> bool {
        self.stages.iter().any(|stage| match stage {
            Stage::Probe(probe) => probe.multiplies(),
            Stage::Expand(..) => true,
            _ => false,
        })
    }

    /// What the first stage tells of a row group of which it leaves no row, if what is known of its values says so.
    pub fn leaves_out(&self, table: &dyn StoredTable, row_group: usize) -> Option<Option<StageReport>> {
        let Some(Stage::Filter(predicate, place, _)) = self.stages.first() else { return None };
        let is_left_out = excludes(predicate, &|column| table.bounds(row_group, column));
        is_left_out.then(|| place.map(|place| StageReport::Dropped(place, table.rows_of(row_group))))
    }

    /// The rows that the steps make of a batch of the source.
    pub fn apply(&self, batch: Batch, notes: &Notes, reports: &mut Vec<StageReport>) -> Outcome<Batch> {
        let mut batch = batch;
        for (number, stage) in self.stages.iter().enumerate() {
            batch = match stage {
                Stage::Project(columns) => batch.project(columns, notes)?,
                Stage::Filter(predicate, place, need) => {
                    let frame = batch.into_frame()?;
                    let mask = Eval::new(&frame, notes).mask(predicate)?;
                    let rows = frame.height();
                    let kept = filter(&only(frame, need)?, &mask)?;
                    reports.extend(place.map(|place| StageReport::Dropped(place, rows - kept.height())));
                    Batch::of_frame(kept)
                }
                Stage::KeyFilter(keys, known) => {
                    let frame = batch.into_frame()?;
                    let eval = Eval::new(&frame, notes);
                    let values: Vec<Series> = keys.iter().map(|key| typed(&eval, key)).collect::<Outcome<_>>()?;
                    let found = known.lookup(&values, frame.height())?;
                    Batch::of_frame(filter(&frame, &found.into_iter().map(|number| Some(number != NONE)).collect())?)
                }
                Stage::Expand(columns, required) => {
                    Batch::of_frame(expand::expand(batch.into_frame()?, columns, required, notes)?)
                }
                Stage::Fill(fillings) => {
                    for (name, filling) in fillings {
                        let frame = batch.holding(name);
                        match filling {
                            Filling::Known(value) => fill::put(frame, name, value)?,
                            Filling::Constant(how) => *frame = fill::fill(frame.clone(), std::slice::from_ref(*how))?,
                        }
                    }
                    batch
                }
                Stage::Probe(probe) => {
                    let (joined, probed) = probe.join(batch, notes)?;
                    reports.extend(probed.map(|probed| StageReport::Probed(number, probed)));
                    joined
                }
            };
        }
        Ok(batch)
    }

    /// Takes note of what a batch said; batches come in order.
    pub fn note(&self, context: &mut JobContext<'_>, reports: Vec<StageReport>) -> Outcome<()> {
        for report in reports {
            match report {
                StageReport::Dropped(place, rows) => context.observed.dropped[place].rows += rows as u64,
                StageReport::Probed(stage, probed) => {
                    if let Stage::Probe(probe) = &self.stages[stage] {
                        probe.note(probed)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reports what is known only now that all batches have gone through.
    pub fn finish(self, context: &mut JobContext<'_>) -> Outcome<()> {
        for stage in self.stages {
            if let Stage::Probe(probe) = stage {
                context.observed.joins.extend(probe.diagnosis()?);
            }
        }
        Ok(())
    }
}
