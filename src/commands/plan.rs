//! `tidemill plan`: what would run, in what order, and why.

use std::process::ExitCode;

use clap::Parser;
use tidemill_core::plan::Selection;

use super::CliCommand;
use super::dry_run;
use super::params::ParamArgs;
use super::selection::selected;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream, put};
use tidemill_runner::dry_run::DryRun;

/// What would run, in what order, and why; changes nothing
#[derive(Parser, Debug)]
#[command(name = "plan")]
pub struct PlanArgs {
    /// The tasks wanted; they come with whatever they need
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// Leave these out
    #[arg(long, value_name = "SEL")]
    exclude: Vec<String>,
    /// An object a line
    #[arg(long)]
    json: bool,
    /// Exit with 1 if anything would be done
    #[arg(long)]
    fail_if_stale: bool,
    #[command(flatten)]
    params: ParamArgs,
}

impl CliCommand for PlanArgs {
    /// Prints the plan.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let (project, engine) = global.checked(&self.params.wanted()?)?;
        let wanted = project.plan.with_needs(&selected(&project, &*engine, &self.selectors, &self.exclude)?);
        let planned = DryRun::of(&project, &*engine, &wanted, &Selection::new(), false)?;
        let shown =
            put(&dry_run::shown(&planned, &project.plan, self.json, Paint(global.color.wanted(Stream::Stdout))))?;
        dry_run::tell_leftovers(&planned, Paint(global.color.wanted(Stream::Stderr)));
        project.leave();
        if self.fail_if_stale && planned.is_stale() { Err(Failure::Task) } else { Ok(shown) }
    }
}
