//! `tidemill clean`: published files that no task makes any more, listed or removed.

use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use tidemill_core::format::quantity;
use tidemill_runner::leftovers::{Leftover, leftovers};
use tidemill_state::State;

use super::CliCommand;
use super::cache::lock;
use super::params::ParamArgs;
use super::pipeline_history::{json_lines, put};
use crate::failure::Failure;
use crate::global::Global;

/// List the published files that no task makes any more; with --yes, remove them
#[derive(Parser, Debug)]
#[command(name = "clean")]
pub struct CleanArgs {
    /// Remove them
    #[arg(long)]
    yes: bool,
    /// Those, too, that were changed since they were published
    #[arg(long)]
    force: bool,
    /// An object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    params: ParamArgs,
}

/// A file in the list.
struct Listed {
    left: Leftover,
    is_changed: bool,
    is_removed: bool,
}

impl CliCommand for CleanArgs {
    /// Lists the files, and removes those that are as they were published.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        // A pipeline with mistakes may hide tasks whose files must stay.
        let project = global.open(&self.params.wanted()?)?.into_project()?;
        let folder = &project.spec.project;
        let Some(state) = State::open_read_only(folder)? else { return self.tell(&[]) };
        let _lock = if self.yes { Some(lock(&project.spec, "tidemill clean")?) } else { None };
        let mut listed: Vec<Listed> = Vec::new();
        for left in leftovers(&project, &state)? {
            let is_changed = left.is_changed();
            listed.push(Listed { left, is_changed, is_removed: false });
        }
        drop(state);
        if self.yes {
            listed.iter_mut().filter(|one| self.force || !one.is_changed).try_for_each(remove)?;
            let removed = listed.iter().filter(|one| one.is_removed);
            let mut state = State::open(folder)?;
            state.forget_published(removed.map(|one| one.left.published.path.as_str()))?;
        }
        self.tell(&listed)
    }
}

impl CleanArgs {
    fn tell(&self, listed: &[Listed]) -> Result<ExitCode, Failure> {
        if self.json {
            return put(&json_lines(listed.iter().map(object).collect::<Vec<_>>()));
        }
        let shown = put(&listed.iter().map(|one| self.line(one)).collect::<String>())?;
        eprintln!("{}", self.last_line(listed));
        Ok(shown)
    }

    fn line(&self, one: &Listed) -> String {
        let published = &one.left.published;
        let what = if one.is_removed { "removed  " } else { "" };
        let kept = match one.is_changed && !one.is_removed && !self.force {
            true => "  changed since it was published: only --force removes it",
            false => "",
        };
        format!("{what}{}  ({}){kept}\n", published.path, published.task)
    }

    fn last_line(&self, listed: &[Listed]) -> String {
        let files = |count: usize| quantity(count as u64, "file");
        let removed = listed.iter().filter(|one| one.is_removed).count();
        let goes = listed.iter().filter(|one| self.force || !one.is_changed).count();
        match (listed.len(), self.yes) {
            (0, _) => "every published file is still made by a task".to_owned(),
            (all, true) if all == removed => format!("{} removed", files(removed)),
            (all, true) => format!("{} removed, {} kept", files(removed), files(all - removed)),
            (_, false) if goes == 0 => "nothing is removed without --yes and --force".to_owned(),
            (_, false) => format!("`tidemill clean --yes` removes {}", files(goes)),
        }
    }
}

fn object(one: &Listed) -> serde_json::Value {
    let published = &one.left.published;
    json!({"file": published.path, "task": published.task, "changed": one.is_changed, "removed": one.is_removed})
}

fn remove(one: &mut Listed) -> Result<(), Failure> {
    // A folder at its place is nothing that was published.
    if one.left.file.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    std::fs::remove_file(&one.left.file)
        .map_err(|error| Failure::broken(format!("cannot remove {}: {error}", one.left.published.path)))?;
    one.is_removed = true;
    Ok(())
}
