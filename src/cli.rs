//! The command line: flags become requests.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};

use crate::commands;
use crate::failure::{self, Failure};
use crate::global::Global;

/// A declarative DAG workflow runner for data: checked before it runs, explained, cached, in one binary.
#[derive(Parser, Debug)]
#[command(name = "tidemill", version, about, disable_help_subcommand = true, arg_required_else_help = true)]
#[command(
    after_help = "Data goes to stdout, the story to stderr. Exit codes: 0 done, 1 a task or check failed, 2 the file or the\n\
command line is wrong, 3 another run holds the project, 130 interrupted."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
}

/// The whole command line, with all commands.
pub fn command() -> clap::Command {
    let commands = commands::all().into_iter().map(|command| command.clap);
    Cli::command().subcommand_required(true).subcommands(commands)
}

/// Reads the command line, does what it asks, says what went wrong.
pub fn main() -> ExitCode {
    let matches = command().get_matches_from(with_follow(std::env::args_os().collect()));
    // What the command line demands has been checked; what is left to fail is the reading of values.
    let Cli { global } = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match dispatch(&global, &matches) {
        Ok(code) => code,
        Err(failure) => {
            failure::print(&failure, global.color);
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

fn dispatch(global: &Global, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    if let Some(folder) = &global.directory {
        std::env::set_current_dir(folder)
            .map_err(|error| Failure::wrong(format!("cannot go to {}: {error}", folder.display())))?;
    }
    let asked = matches.subcommand();
    // clap has refused a command line without one of them.
    let known =
        commands::all().into_iter().find(|command| asked.is_some_and(|(name, _)| name == command.clap.get_name()));
    let (Some(command), Some((_, flags))) = (known, asked) else { return Err(Failure::wrong("no command is given")) };
    if global.files.len() > 1 && !command.takes_several_files {
        return Err(Failure::wrong("`-f` is given several times").help("only `tidemill schedule` serves several files"));
    }
    (command.run)(global, flags)
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
        command().debug_assert();
    }

    #[test]
    fn only_behind_logs_does_f_mean_follow() {
        assert_eq!(words("tidemill -f logs -C x logs a -f").join(" "), "tidemill -f logs -C x logs a --follow");
        assert_eq!(words("tidemill run logs -f x").join(" "), "tidemill run logs -f x");
        assert_eq!(words("tidemill -f").join(" "), "tidemill -f");
    }
}
