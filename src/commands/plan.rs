//! `tidemill plan`: what would run, in what order, and why.

use std::process::ExitCode;

use clap::Args;
use tidemill_core::plan::Selection;

use super::dry_run;
use super::params::ParamArgs;
use super::selection::selected;
use crate::cli::Global;
use crate::failure::Failure;
use crate::terminal::{Paint, Stream, put};
use tidemill_runner::dry_run::DryRun;

/// Flags of `plan`.
#[derive(Args, Debug)]
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

/// Prints the plan.
pub fn run(global: &Global, args: PlanArgs) -> Result<ExitCode, Failure> {
    let (project, engine) = global.checked(&args.params.wanted()?)?;
    let wanted = project.plan.with_needs(&selected(&project, &*engine, &args.selectors, &args.exclude)?);
    let planned = DryRun::of(&project, &*engine, &wanted, &Selection::new(), false)?;
    let shown = put(&dry_run::shown(&planned, &project.plan, args.json, Paint(global.color.wanted(Stream::Stdout))))?;
    project.leave();
    if args.fail_if_stale && planned.is_stale() { Err(Failure::Task) } else { Ok(shown) }
}
