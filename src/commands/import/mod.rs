//! `tidemill import`: a pipeline of command tasks from the file of another tool.

mod cron;
mod dagu;
mod dvc;
mod imported;
mod make;
mod snake;
mod yaml;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use tidemill_core::regular_file::read_text;

use self::imported::{Imported, Remark};
use super::CliCommand;
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::counted;
use crate::terminal::{Paint, Stream, put};

/// A tool whose files can be read.
struct Tool {
    /// Its name, for `--from`.
    name: &'static str,
    /// Whether a file is of it, by its name in lower case and its text.
    is_its: fn(name: &str, text: &str) -> bool,
    /// Reads a file. What is wrong is said with its line.
    read: fn(text: &str) -> Result<Imported, String>,
}

/// All of them. Of two that could have written a file, the first counts.
const TOOLS: [Tool; 5] = [make::TOOL, dvc::TOOL, snake::TOOL, cron::TOOL, dagu::TOOL];

/// Write a pipeline of command tasks from a Makefile, a dvc.yaml, a Snakefile, a crontab or a Dagu file
#[derive(Parser, Debug)]
#[command(name = "import")]
pub struct ImportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    from_file: PathBuf,
    /// Whose file it is, if its name does not say: make, dvc, snakemake, cron or dagu
    #[arg(long, value_name = "TOOL")]
    from: Option<String>,
    /// Into this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also if that file is there already
    #[arg(long, requires = "output")]
    force: bool,
}

impl CliCommand for ImportArgs {
    /// Writes the pipeline, and tells what it leaves out.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let shown = self.from_file.display();
        let text =
            read_text(&self.from_file).map_err(|error| Failure::wrong(format!("cannot read {shown}: {error}")))?;
        let tool = self.tool(&text)?;
        let mut imported = (tool.read)(&text).map_err(|wrong| Failure::wrong(format!("{shown}{wrong}")))?;
        for task in imported.tasks.iter().filter(|task| task.run.contains("${{")) {
            let text = format!("`${{{{` in `{}` is read by Tidemill now: write it otherwise", task.name);
            imported.remarks.push(Remark { line: 1, text });
        }
        imported.remarks.sort_by_key(|remark| remark.line);
        let folder = std::path::absolute(&self.from_file).ok().and_then(|path| name_of(path.parent()?));
        imported.name = imported.name.take().or(folder);
        let pipeline = yaml::write(&imported, tool.name);
        let paint = Paint(global.color.wanted(Stream::Stderr));
        for remark in &imported.remarks {
            eprintln!("{} {shown}:{}: {}", paint.yellow("warning"), remark.line, remark.text);
        }
        if imported.tasks.is_empty() {
            return Err(Failure::wrong(format!("{shown} has nothing that could become a task"))
                .help("`--from` says whose file it is: make, dvc, snakemake, cron or dagu"));
        }
        let Some(output) = &self.output else { return put(&pipeline) };
        if output.symlink_metadata().is_ok() && !self.force {
            return Err(Failure::wrong(format!("{} is there already", output.display())).help("`--force` replaces it"));
        }
        std::fs::write(output, pipeline)
            .map_err(|error| Failure::broken(format!("cannot write {}: {error}", output.display())))?;
        eprintln!("{}: {}", output.display(), counted(imported.tasks.len(), "task"));
        Ok(ExitCode::SUCCESS)
    }
}

impl ImportArgs {
    fn tool(&self, text: &str) -> Result<&'static Tool, Failure> {
        let names = "make, dvc, snakemake, cron or dagu";
        if let Some(wanted) = &self.from {
            return TOOLS.iter().find(|tool| tool.name == wanted).ok_or_else(|| {
                Failure::wrong(format!("`{wanted}` is not a tool whose files are read"))
                    .help(format!("there is {names}"))
            });
        }
        let name = name_of(&self.from_file).unwrap_or_default().to_lowercase();
        TOOLS.iter().find(|tool| (tool.is_its)(&name, text)).ok_or_else(|| {
            Failure::wrong(format!("it is not known whose file {} is", self.from_file.display()))
                .help(format!("say it: `--from {}`", names.replace(", ", "|").replace(" or ", "|")))
        })
    }
}

fn name_of(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}
