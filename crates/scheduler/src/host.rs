//! What the schedule service needs of the program that it is part of.

use std::path::Path;
use std::process::Command;

use tidemill_runner::Failure;
use tidemill_runner::project::Opened;

/// The program around the schedule service: it opens pipelines, starts runs, and tells people what happens.
pub trait Host: Send + Sync {
    /// Reads and plans a pipeline file.
    ///
    /// # Errors
    /// As [`tidemill_runner::project::open`].
    fn open(&self, file: &Path) -> Result<Opened, Failure>;

    /// A process of this program for a run of that file; what is to be run is added as arguments.
    ///
    /// # Errors
    /// If the program's own path is not known.
    fn run_command(&self, file: &Path) -> std::io::Result<Command>;

    /// Something the user may want to know.
    fn note(&self, text: &str);

    /// Something the user should know.
    fn warning(&self, text: &str);

    /// Lines as they are.
    fn tell(&self, text: &str);

    /// A failure in words, for [`Host::tell`].
    fn failure_text(&self, failure: &Failure) -> String;
}
