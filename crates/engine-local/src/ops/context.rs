//! What all operators of a job share: what the caller gave, and what they tell of their work.

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::DataFrame;
use tidemill_core::table::{DroppedRows, EngineError, JobOptions, JoinDiagnosis, Rel, RowsIn, Scan, TableRef};

use super::reject_log::RejectLog;
use crate::error::Outcome;
use crate::expr::Notes;
use crate::io::files::Files;
use crate::runtime::memory;
use crate::runtime::memory_budget::MemoryBudget;

/// A job under way.
pub(crate) struct JobContext<'a> {
    pub project: &'a Path,
    pub files: &'a dyn Files,
    pub options: &'a JobOptions<'a>,
    pub budget: &'a MemoryBudget,
    /// Which rows are rejected, in jobs that can reject.
    pub rejects: Option<RejectLog<'a>>,
    pub notes: Notes,
    pub observed: Observed,
    /// For each `with recursive` under way, the rows of the round before.
    pub working: HashMap<String, DataFrame>,
}

/// What operators tell of their work.
#[derive(Clone, Default)]
pub(crate) struct Observed {
    pub rows_in: Vec<RowsIn>,
    pub dropped: Vec<DroppedRows>,
    pub joins: Vec<JoinDiagnosis>,
    pub warnings: Vec<String>,
}

/// What had been told at some time, to go back to.
pub(crate) struct Savepoint {
    observed: Observed,
    notes: [u64; 4],
}

impl<'a> JobContext<'a> {
    /// Of the job that computes that relation.
    pub fn new(
        project: &'a Path,
        files: &'a dyn Files,
        options: &'a JobOptions<'a>,
        budget: &'a MemoryBudget,
        rel: &'a Rel,
    ) -> Self {
        let rejects = rel.can_reject().then(|| RejectLog::of(rel));
        Self {
            project,
            files,
            options,
            budget,
            rejects,
            notes: Notes::default(),
            observed: Observed::default(),
            working: HashMap::new(),
        }
    }

    /// An error once the result is no longer wanted, or takes more memory than there may be.
    pub fn uncancelled(&self) -> Outcome<()> {
        if self.options.is_cancelled() { Err(EngineError::Cancelled) } else { memory::check() }
    }

    /// The table of an input.
    pub fn table(&self, task: &str) -> Outcome<&'a TableRef> {
        let table = self.options.input(task);
        table.ok_or_else(|| EngineError::Internal(format!("the table of {task} was not handed to the engine")))
    }

    /// What was loaded as the rows of that relation, one for one.
    pub fn origin(&self, rel: &Rel) -> Option<Scan> {
        match rel {
            Rel::Scan(scan) => Some(scan.clone()),
            Rel::Input { task, .. } => (self.options.origin)(task),
            _ => None,
        }
    }

    /// What was loaded as the rows of that relation, if its steps have kept every row since.
    pub fn source(&self, rel: &Rel) -> Option<Scan> {
        match rel {
            Rel::Project { input, .. } | Rel::Convert { input, .. } | Rel::Fill { input, .. } => self.source(input),
            _ => self.origin(rel),
        }
    }

    /// The file and line of a row of that relation, counted from 0, if its steps have kept every row since it was loaded.
    pub fn place(&self, rel: &Rel, row: u64) -> Option<String> {
        let scan = self.source(rel)?;
        let (file, line) = self.files.places(self.project, &scan, &[row], self.options.cancelled).ok()?.pop()?;
        Some(if self.files.rows_are_lines(&scan) { format!("{file}:{line}") } else { format!("{file}, row {line}") })
    }

    /// A table that a job reads twice came in once.
    pub fn count_in(&mut self, from: String, rows: usize) {
        let rows = RowsIn { from, rows: rows as u64 };
        if !self.observed.rows_in.contains(&rows) {
            self.observed.rows_in.push(rows);
        }
    }

    /// Accounts for rows that a step has dropped.
    pub fn drop_rows(&mut self, step: &str, rows: usize) {
        if rows > 0 {
            self.observed.dropped.push(DroppedRows { step: step.to_owned(), rows: rows as u64 });
        }
    }

    /// A place in the account for rows that a step is going to drop.
    pub fn reserve_drop(&mut self, step: &str) -> usize {
        self.observed.dropped.push(DroppedRows { step: step.to_owned(), rows: 0 });
        self.observed.dropped.len() - 1
    }

    /// What has been told so far.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint { observed: self.observed.clone(), notes: self.notes.counts() }
    }

    /// Forgets what has been told since.
    pub fn roll_back(&mut self, to: Savepoint) {
        self.observed = to.observed;
        self.notes = Notes::from_counts(to.notes);
    }
}
