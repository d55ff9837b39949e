//! The flags of every command, and what they say of the pipeline.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tidemill_core::spec::EngineKind;
use tidemill_core::table::TableEngine;
use tidemill_core::trace::{TRACEPARENT, TRACESTATE};
use tidemill_runner::project::{self, Opened, PipelineFile, Project, Wanted};

use crate::engine::engine_for;
use crate::failure::Failure;
use crate::terminal::Color;

/// The variable with the token of the page, which no other process of this program inherits: a task could print it.
pub const TOKEN: &str = "TIDEMILL_TOKEN";

/// Flags of every command.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// The pipeline file
    #[arg(id = "file", short, long = "file", global = true, value_name = "FILE", default_value = "pipeline.yaml")]
    pub files: Vec<PathBuf>,
    /// Go to this folder first
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Apply one of the pipeline's profiles
    #[arg(long, global = true, value_name = "P")]
    pub profile: Option<String>,
    /// Compute tables there, whatever the pipeline's `engine` says
    #[arg(long, global = true, value_name = "ENGINE", value_parser = engines())]
    pub engine: Option<EngineKind>,
    /// Say more; twice, still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
}

/// The engines by their names.
fn engines() -> impl TypedValueParser<Value = EngineKind> {
    PossibleValuesParser::new(["local", "spark", "auto"]).try_map(|name| name.parse::<EngineKind>())
}

impl Global {
    /// The pipeline file.
    pub fn file(&self) -> &Path {
        self.files.first().map_or(Path::new("pipeline.yaml"), PathBuf::as_path)
    }

    /// A pipeline file with what these flags say of it.
    pub fn pipeline(&self, path: &Path) -> PipelineFile {
        PipelineFile {
            path: path.to_owned(),
            profile: self.profile.clone(),
            engine: self.engine,
            accepts_cluster: crate::engine::accepts_cluster,
            catalog: crate::engine::catalog,
            types: Arc::new(crate::engine::task_types()),
        }
    }

    /// Reads and plans the pipeline file; sources are not looked at yet.
    pub fn open(&self, wanted: &Wanted) -> Result<Opened, Failure> {
        project::open(&self.pipeline(self.file()), wanted)
    }

    /// The pipeline without mistakes, its columns checked, and the engine that has checked them.
    pub fn checked(&self, wanted: &Wanted) -> Result<(Project, Arc<dyn TableEngine>), Failure> {
        let mut opened = self.open(wanted)?;
        let engine = engine_for(&opened);
        opened.columns = opened.check_columns(&*engine).map(Arc::new);
        Ok((opened.into_project()?, engine))
    }

    /// The same for a run, in which data that do not fit may be the failure of a task instead of the file's.
    pub fn checked_for_run(&self, wanted: &Wanted) -> Result<(Project, Arc<dyn TableEngine>), Failure> {
        let mut opened = self.open(wanted)?;
        let engine = engine_for(&opened);
        opened.columns = opened.check_columns(&*engine).map(Arc::new);
        Ok((opened.into_run()?, engine))
    }

    /// This program again, with these flags, for another pipeline file.
    pub fn again(&self, file: &Path) -> std::io::Result<std::process::Command> {
        let mut command = std::process::Command::new(std::env::current_exe()?);
        // A run of the schedule is no part of the trace in which the scheduler was started.
        command.env_remove(TOKEN).env_remove(TRACEPARENT).env_remove(TRACESTATE).arg("-f").arg(file);
        if let Some(profile) = &self.profile {
            command.args(["--profile", profile]);
        }
        if let Some(engine) = self.engine {
            command.arg("--engine").arg(engine.to_string());
        }
        let color = match self.color {
            Color::Auto => "auto",
            Color::Always => "always",
            Color::Never => "never",
        };
        command.args(["--color", color]);
        command.args(std::iter::repeat_n("-v", usize::from(self.verbose)));
        Ok(command)
    }
}
