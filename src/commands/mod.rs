//! The commands, one file each, and the list of them.
//!
//! A new command is its flags with [`CliCommand`] in a file of its own, and a line in [`all`].

pub mod backfill;
pub mod cache;
mod cached_tables;
pub mod check;
mod clean;
mod completions;
pub mod diff;
mod docs;
pub mod doctor;
mod dry_run;
mod effects;
mod fire_summary;
mod functions;
pub mod graph;
pub mod history;
#[cfg(test)]
mod history_fixture;
mod import;
pub mod init;
pub mod lineage;
pub mod logs;
mod lsp;
mod man;
pub mod notify;
pub mod params;
pub mod pause;
pub mod pipeline_history;
pub mod plan;
pub mod preview;
pub mod rerun;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod schema;
pub mod selection;
pub mod serve;
pub mod show;
pub mod status;
mod stored_table;
pub mod test;

use std::process::ExitCode;

use clap::{ArgMatches, Parser};

use crate::failure::Failure;
use crate::global::Global;

/// A command: its flags, its name and what the help says of it, which clap derives, and what it does.
trait CliCommand: Parser {
    /// Whether `-f` may stand several times.
    const TAKES_SEVERAL_FILES: bool = false;

    /// Does it.
    fn run(self, global: &Global) -> Result<ExitCode, Failure>;
}

/// A command in the list of all.
pub struct ListedCommand {
    /// Its part of the command line.
    pub clap: clap::Command,
    /// Whether `-f` may stand several times.
    pub takes_several_files: bool,
    /// Does what its flags ask.
    pub run: fn(&Global, &ArgMatches) -> Result<ExitCode, Failure>,
}

fn listed<C: CliCommand>() -> ListedCommand {
    let run = |global: &Global, flags: &ArgMatches| {
        C::from_arg_matches(flags).unwrap_or_else(|error| error.exit()).run(global)
    };
    ListedCommand { clap: C::command(), takes_several_files: C::TAKES_SEVERAL_FILES, run }
}

/// All commands, in the order of the help.
pub fn all() -> Vec<ListedCommand> {
    vec![
        listed::<run::RunArgs>(),
        listed::<rerun::RerunArgs>(),
        listed::<retry::RetryArgs>(),
        listed::<plan::PlanArgs>(),
        listed::<graph::GraphArgs>(),
        listed::<check::CheckArgs>(),
        listed::<test::TestArgs>(),
        listed::<schedule::ScheduleArgs>(),
        listed::<serve::ServeArgs>(),
        listed::<backfill::BackfillArgs>(),
        listed::<notify::NotifyArgs>(),
        listed::<pause::PauseArgs>(),
        listed::<pause::ResumeArgs>(),
        listed::<status::StatusArgs>(),
        listed::<history::HistoryArgs>(),
        listed::<show::ShowArgs>(),
        listed::<logs::LogsArgs>(),
        listed::<preview::PreviewArgs>(),
        listed::<diff::DiffArgs>(),
        listed::<lineage::LineageArgs>(),
        listed::<docs::DocsArgs>(),
        listed::<functions::FunctionsArgs>(),
        listed::<lsp::LspArgs>(),
        listed::<cache::CacheArgs>(),
        listed::<clean::CleanArgs>(),
        listed::<import::ImportArgs>(),
        listed::<init::InitArgs>(),
        listed::<doctor::DoctorArgs>(),
        listed::<schema::SchemaArgs>(),
        listed::<completions::CompletionsArgs>(),
        listed::<man::ManArgs>(),
    ]
}
