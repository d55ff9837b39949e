//! Where a table is computed, and what decides where `engine: auto` leaves it open.

use serde::{Deserialize, Serialize};
use tidemill_format::quantity;

/// Where a table is computed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TablePlace {
    /// What computes it, if that is not this machine: `spark`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Where the engine itself tells of it: a page of the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_page: Option<String>,
    /// With `engine: auto`: the rows that decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto: Option<DecidingRows>,
}

/// The rows by which `engine: auto` decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidingRows {
    /// What comes in, as its job counts it; None if that is not known.
    pub rows: Option<u64>,
    /// No more than these are few enough for this machine.
    pub limit: u64,
}

impl DecidingRows {
    /// Whether this machine is to do it.
    pub fn are_few(self) -> bool {
        self.rows.is_some_and(|rows| rows <= self.limit)
    }
}

impl TablePlace {
    /// By the rows that come in: this machine if they are few, else that engine.
    pub fn by_rows(engine: &str, rows: DecidingRows) -> Self {
        Self { engine: (!rows.are_few()).then(|| engine.to_owned()), auto: Some(rows), ..Self::default() }
    }

    /// What is told of a table that has been computed: `on spark`; None where nothing else was to be expected.
    pub fn told(&self) -> Option<String> {
        self.because("came in")
    }

    /// What is told of one that will be, by what was there after the last run.
    pub fn planned(&self) -> Option<String> {
        match self.auto {
            Some(DecidingRows { rows: None, limit }) => {
                Some(format!("{}, or on this machine if no more than {} come in", self.name(), quantity(limit, "row")))
            }
            _ => self.because("in the last run"),
        }
    }

    fn because(&self, when: &str) -> Option<String> {
        match self.auto.and_then(|auto| auto.rows) {
            Some(rows) => Some(format!("{}: {} {when}", self.name(), quantity(rows, "row"))),
            None => self.engine.is_some().then(|| self.name()),
        }
    }

    fn name(&self) -> String {
        match &self.engine {
            Some(engine) => format!("on {engine}"),
            None => "on this machine".to_owned(),
        }
    }
}
