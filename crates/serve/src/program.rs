//! What the page needs of the program that it is part of.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use tidemill_core::plan::Selection;
use tidemill_core::schedule::WallClock;
use tidemill_core::spec::Spec;
use tidemill_core::table::TableEngine;
use tidemill_draw::DrawGraph;
use tidemill_runner::Failure;
use tidemill_runner::project::{Opened, Project, Wanted};
use tidemill_state::State;

/// The program around the page. What both the command line and the page show, it answers for both.
pub trait Program: Send + Sync + 'static {
    /// Reads and plans a pipeline file.
    ///
    /// # Errors
    /// As [`tidemill_runner::project::open`].
    fn open(&self, file: &Path, wanted: &Wanted) -> Result<Opened, Failure>;

    /// The engine for its tables.
    fn engine(&self, opened: &Opened) -> Arc<dyn TableEngine>;

    /// The tasks that selectors mean, all if there is none.
    ///
    /// # Errors
    /// If one matches nothing.
    fn select(&self, project: &Project, engine: &dyn TableEngine, selectors: &[String]) -> Result<Selection, Failure>;

    /// The graph of these tasks with how they ended last.
    ///
    /// # Errors
    /// If the state cannot be read.
    fn graph(&self, project: &Project, tasks: &Selection) -> Result<DrawGraph, Failure>;

    /// How the schedule of a pipeline stands; None if it has none.
    ///
    /// # Errors
    /// If the schedule is wrong or the state cannot be read.
    fn schedule(&self, spec: &Spec, state: Option<&State>, clock: &WallClock)
    -> Result<Option<ScheduleFacts>, Failure>;

    /// The profile of a task's table, as `preview` tells it.
    ///
    /// # Errors
    /// If there is no such task or it has no table.
    fn profile(&self, file: &Path, task: &str) -> Result<Value, Failure>;

    /// The rows that do not pass the checks of a task, as `preview --failed` tells them: of each check at most so many.
    ///
    /// # Errors
    /// If there is no such task, or its table cannot be computed.
    fn failed_rows(&self, file: &Path, task: &str, most: u64) -> Result<Value, Failure>;

    /// What changed in a task's table between two runs, as `diff` tells it, with so many rows of each sort; None: the last
    /// ones that differ.
    ///
    /// # Errors
    /// If there is no such task or no such table.
    fn differences(&self, file: &Path, task: &str, runs: [Option<&str>; 2], most: usize) -> Result<Value, Failure>;

    /// The way of `task.column` back to the files it comes from, as `lineage` tells it.
    ///
    /// # Errors
    /// If there is no such column, or the file has mistakes.
    fn lineage(&self, file: &Path, column: &str) -> Result<Value, Failure>;

    /// Markdown as HTML, as reports have it.
    fn markdown(&self, text: &str) -> String;

    /// A process of this program for that pipeline file; what is to be done is added as arguments.
    ///
    /// # Errors
    /// If the program's own path is not known.
    fn command(&self, file: &Path) -> std::io::Result<Command>;

    /// A failure in words.
    fn failure_text(&self, failure: &Failure) -> String;

    /// Something whoever runs the server should know.
    fn warning(&self, text: &str);
}

/// How a schedule stands.
pub struct ScheduleFacts {
    /// Names and values for people.
    pub facts: Vec<(&'static str, String)>,
    /// For programs.
    pub json: Value,
}
