//! `tidemill docs`: the pipeline as a folder of pages, for whoever has no Tidemill.

mod facts;
mod page;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tidemill_core::plan::Selection;

use self::facts::PipelineFacts;
use super::CliCommand;
use super::graph::drawing;
use super::params::ParamArgs;
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::counted;

/// The look of the pages: that of `tidemill serve`.
const STYLE: &str = tidemill_serve::STYLE;
/// Finds tasks and columns by what is typed.
const SEARCH: &str = include_str!("search.js");

/// Write the pipeline as a folder of pages: graph, tasks, columns and where they come from, checks, last results
#[derive(Parser, Debug)]
#[command(name = "docs")]
pub struct DocsArgs {
    /// Into this folder
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    params: ParamArgs,
}

impl CliCommand for DocsArgs {
    /// Writes the pages.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut opened = global.open(&self.params.wanted()?)?;
        let engine = crate::engine::engine_for(&opened);
        let columns = opened.check_columns(&*engine).unwrap_or_default();
        let project = opened.into_project()?;
        let facts = PipelineFacts::gather(&project, &*engine, &columns)?;
        let all: Selection = project.plan.order.iter().copied().collect();
        let graph = drawing(&project.plan, &all);
        let picture =
            tidemill_draw::svg_with_links(&graph, &|node| facts.address(&node.id).map(|file| format!("tasks/{file}")));
        let mut files = vec![
            (PathBuf::from("style.css"), STYLE.to_owned()),
            (PathBuf::from("search.js"), SEARCH.to_owned()),
            (PathBuf::from("index.html"), page::index(&facts, &picture)),
        ];
        for task in &facts.tasks {
            files.push((PathBuf::from("tasks").join(&task.file), page::task(&facts, task)));
        }
        for (path, text) in files {
            let path = self.output.join(path);
            let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
            made.map_err(|error| Failure::broken(format!("cannot write {}: {error}", path.display())))?;
        }
        let index = self.output.join("index.html");
        eprintln!("{}: {}", index.display(), counted(facts.tasks.len(), "task"));
        Ok(ExitCode::SUCCESS)
    }
}
