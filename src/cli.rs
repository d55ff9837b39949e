//! The command line: flags become requests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory, Parser, Subcommand};

use tidemill_core::table::TableEngine;
use tidemill_runner::project::{self, Opened, PipelineFile, Project, Wanted};

use crate::commands;
use crate::engine::engine_for;
use crate::failure::{self, Failure};
use crate::terminal::{Color, put};

/// A declarative DAG workflow runner for data: checked before it runs, explained, cached, in one binary.
#[derive(Parser, Debug)]
#[command(name = "tidemill", version, about, disable_help_subcommand = true, arg_required_else_help = true)]
#[command(
    after_help = "Data goes to stdout, the story to stderr. Exit codes: 0 done, 1 a task or check failed, 2 the file or the\n\
command line is wrong, 3 another run holds the project, 130 interrupted."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    command: Command,
}

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
    /// Say more; twice, still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
}

impl Global {
    /// The pipeline file.
    pub fn file(&self) -> &Path {
        self.files.first().map_or(Path::new("pipeline.yaml"), PathBuf::as_path)
    }

    /// A pipeline file with what these flags say of it.
    pub fn pipeline(&self, path: &Path) -> PipelineFile {
        PipelineFile { path: path.to_owned(), profile: self.profile.clone(), types: Arc::new(tidemill_tasks::all()) }
    }

    /// Reads and plans the pipeline file; sources are not looked at yet.
    pub fn open(&self, wanted: &Wanted) -> Result<Opened, Failure> {
        project::open(&self.pipeline(self.file()), wanted)
    }

    /// The pipeline without mistakes, its columns checked, and the engine that has checked them.
    pub fn checked(&self, wanted: &Wanted) -> Result<(Project, Arc<dyn TableEngine>), Failure> {
        let mut opened = self.open(wanted)?;
        let engine = engine_for(&opened);
        opened.check_columns(&*engine);
        Ok((opened.into_project()?, engine))
    }

    /// This program again, with these flags, for another pipeline file.
    pub fn again(&self, file: &Path) -> std::io::Result<std::process::Command> {
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command.arg("-f").arg(file);
        if let Some(profile) = &self.profile {
            command.args(["--profile", profile]);
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

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the pipeline, or the tasks named with whatever they need
    Run(commands::run::RunArgs),
    /// One task again, from its cached inputs
    Rerun(commands::rerun::RerunArgs),
    /// What failed or was never reached in the last run, or in that one
    Retry(commands::retry::RetryArgs),
    /// What would run, in what order, and why; changes nothing
    Plan(commands::plan::PlanArgs),
    /// Draw the graph
    Graph(commands::graph::GraphArgs),
    /// Check the file, the graph and every column's type; reads only the head of each source
    Check(commands::check::CheckArgs),
    /// Run on schedule, in the foreground
    Schedule(commands::schedule::ScheduleArgs),
    /// Run for past fires of the schedule
    Backfill(commands::backfill::BackfillArgs),
    /// Let no fire of the schedule run until `resume`
    Pause,
    /// End a pause; the fires in it are not made up for
    Resume,
    /// What goes on now, how the last run ended, and the next fire
    Status(commands::status::StatusArgs),
    /// The runs there were
    History(commands::history::HistoryArgs),
    /// All that is known of a run
    Show(commands::show::ShowArgs),
    /// What a task wrote
    Logs(commands::logs::LogsArgs),
    /// The head, schema and profile of a task's table
    Preview(commands::preview::PreviewArgs),
    /// What changed in a task's table between two runs
    Diff(commands::diff::DiffArgs),
    /// The way of a column back to the files it comes from
    Lineage(commands::lineage::LineageArgs),
    /// What is kept of results, and taking it away
    Cache(commands::cache::CacheArgs),
    /// Write a pipeline to begin with
    Init(commands::init::InitArgs),
    /// Whether all is there that runs need: the file, the state, the disk, the mail server, the clock
    Doctor(commands::doctor::DoctorArgs),
    /// The JSON Schema of the pipeline file, for editors
    Schema,
    /// Completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page
    Man,
}

/// Reads the command line, does what it asks, says what went wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(with_follow(std::env::args_os().collect()));
    let color = cli.global.color;
    match dispatch(cli) {
        Ok(code) => code,
        Err(failure) => {
            failure::print(&failure, color);
            failure::exit_code(&failure)
        }
    }
}

/// Behind `logs`, `-f` is `--follow`, though everywhere else it names the file, which clap cannot tell apart.
fn with_follow(mut words: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    // The command is the first word that is neither a flag nor the value of one.
    while let Some(word) = words.get(at).and_then(|word| word.to_str()).filter(|word| word.starts_with('-')) {
        let has_value = ["-f", "--file", "-C", "--directory", "--profile", "--color"].contains(&word);
        at += 1 + usize::from(has_value);
    }
    if words.get(at).is_some_and(|word| word == "logs") {
        words[at + 1..].iter_mut().filter(|word| *word == "-f").for_each(|word| *word = "--follow".into());
    }
    words
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    if let Some(folder) = &cli.global.directory {
        std::env::set_current_dir(folder)
            .map_err(|error| Failure::wrong(format!("cannot go to {}: {error}", folder.display())))?;
    }
    let global = &cli.global;
    if global.files.len() > 1 && !matches!(cli.command, Command::Schedule(_)) {
        return Err(Failure::wrong("`-f` is given several times").help("only `tidemill schedule` serves several files"));
    }
    match cli.command {
        Command::Run(args) => commands::run::run(global, args),
        Command::Rerun(args) => commands::rerun::run(global, args),
        Command::Retry(args) => commands::retry::run(global, args),
        Command::Plan(args) => commands::plan::run(global, args),
        Command::Graph(args) => commands::graph::run(global, args),
        Command::Check(args) => commands::check::run(global, args),
        Command::Schedule(args) => commands::schedule::run(global, args),
        Command::Backfill(args) => commands::backfill::run(global, args),
        Command::Pause => commands::pause::pause(global),
        Command::Resume => commands::pause::resume(global),
        Command::Status(args) => commands::status::run(global, args),
        Command::History(args) => commands::history::run(global, args),
        Command::Show(args) => commands::show::run(global, args),
        Command::Logs(args) => commands::logs::run(global, args),
        Command::Preview(args) => commands::preview::run(global, args),
        Command::Diff(args) => commands::diff::run(global, args),
        Command::Lineage(args) => commands::lineage::run(global, args),
        Command::Cache(args) => commands::cache::run(global, args),
        Command::Init(args) => commands::init::run(args),
        Command::Doctor(args) => commands::doctor::run(global, args),
        Command::Schema => commands::schema::run(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "tidemill", &mut script);
            put(&String::from_utf8_lossy(&script))
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(|error| Failure::broken(format!("cannot write the manual page: {error}")))?;
            put(&String::from_utf8_lossy(&page))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let words = with_follow(line.split(' ').map(OsString::from).collect());
        words.into_iter().filter_map(|word| word.into_string().ok()).collect()
    }

    #[test]
    fn the_flags_of_all_commands_agree() {
        Cli::command().debug_assert();
    }

    #[test]
    fn only_behind_logs_does_f_mean_follow() {
        assert_eq!(words("tidemill -f logs -C x logs a -f").join(" "), "tidemill -f logs -C x logs a --follow");
        assert_eq!(words("tidemill run logs -f x").join(" "), "tidemill run logs -f x");
        assert_eq!(words("tidemill -f").join(" "), "tidemill -f");
    }
}
