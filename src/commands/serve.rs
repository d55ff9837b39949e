//! `tidemill serve`: projects in a browser.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use clap::Parser;
use jiff::Timestamp;
use serde_json::Value;
use tidemill_core::plan::Selection;
use tidemill_core::spec::Spec;
use tidemill_core::table::TableEngine;
use tidemill_draw::DrawGraph;
use tidemill_runner::project::{self, Opened, Project, Wanted};
use tidemill_scheduler::Mode;
use tidemill_serve::{Program, Role, ScheduleFacts, Server, Settings, Tokens};
use tidemill_state::State;

use super::fires::Fires;
use super::graph::drawing_with_status;
use super::pipeline_history::WallClock;
use super::schedule::TerminalHost;
use super::selection::selected;
use super::{CliCommand, diff, lineage, preview};
use crate::failure::{self, Failure};
use crate::global::Global;
use crate::terminal::{Paint, Stream};

/// The variable with a token that may run.
const TOKEN: &str = "TIDEMILL_TOKEN";

/// Show projects in a browser, start their runs from there, and run their schedules
#[derive(Parser, Debug)]
#[command(name = "serve")]
pub struct ServeArgs {
    /// Folders with a `pipeline.yaml`, or pipeline files; default the one of `-f`
    #[arg(value_name = "DIR")]
    projects: Vec<PathBuf>,
    /// Where to listen; another address than this machine's own demands a token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Tokens by which programs and people are known: lines `read:TOKEN` and `run:TOKEN`
    #[arg(long, value_name = "F")]
    token_file: Option<PathBuf>,
    /// Show only; nothing can be started, stopped or changed
    #[arg(long)]
    read_only: bool,
    /// Do not run the schedules
    #[arg(long)]
    no_schedule: bool,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
}

impl CliCommand for ServeArgs {
    /// Answers until it is told to end.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let paint = Paint(global.color.wanted(Stream::Stderr));
        let files = files(&self.projects, global)?;
        let tokens = tokens(self.token_file.as_deref())?;
        if !self.listen.ip().is_loopback() {
            if tokens.is_empty() {
                return Err(Failure::wrong(format!(
                    "{} can be reached from elsewhere, and no token is set",
                    self.listen
                ))
                .help(format!("set {TOKEN}, or give `--token-file`")));
            }
            eprintln!("{} what goes over the network is readable: put TLS in front of it", paint.yellow("warning"));
        }
        let program = Arc::new(PageProgram { global: global.clone() });
        let settings = Settings {
            files: files.clone(),
            listen: self.listen,
            tokens,
            read_only: self.read_only,
            runs_schedules: !self.no_schedule,
        };
        let cannot = |error| Failure::broken(format!("cannot listen on {}: {error}", self.listen));
        let server = Server::open(program, settings).map_err(cannot)?;
        let address = format!("http://{}/", server.address());
        eprintln!("{} {address}", paint.green("serve"));
        if self.open {
            open_browser(&address);
        }
        let ended = |error| Failure::broken(format!("the page cannot go on: {error}"));
        if self.no_schedule {
            server.answer().map_err(ended)?;
            return Ok(ExitCode::SUCCESS);
        }
        // The schedules decide when the process ends: they wait for their runs.
        std::thread::spawn(move || {
            if let Err(error) = server.answer() {
                failure::print(&ended(error), crate::terminal::Color::Never);
            }
        });
        let host = Arc::new(TerminalHost { global: global.clone(), paint });
        tidemill_scheduler::serve(host, &files, Mode::Watch).map(|()| ExitCode::SUCCESS)
    }
}

/// The pipeline files that are meant.
fn files(projects: &[PathBuf], global: &Global) -> Result<Vec<PathBuf>, Failure> {
    let named: Vec<PathBuf> = match projects {
        [] => global.files.clone(),
        some => some.iter().map(|path| if path.is_dir() { path.join("pipeline.yaml") } else { path.clone() }).collect(),
    };
    let real = |path: &PathBuf| {
        path.canonicalize().map_err(|error| {
            Failure::wrong(format!("cannot read {}: {error}", path.display()))
                .help("name a folder with a `pipeline.yaml`, or a pipeline file")
        })
    };
    named.iter().map(real).collect()
}

/// The tokens of the environment and of the file.
fn tokens(file: Option<&Path>) -> Result<Tokens, Failure> {
    let mut tokens = Tokens::default();
    if let Some(token) = std::env::var(TOKEN).ok().filter(|token| !token.is_empty()) {
        tokens.add(&token, Role::Run);
    }
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))?;
        tokens.add_lines(&text).map_err(|line| {
            Failure::wrong(format!("{}:{line}: this is no token", path.display()))
                .help("write `read:TOKEN` or `run:TOKEN`, one a line")
        })?;
        if tokens.is_empty() {
            return Err(Failure::wrong(format!("{} has no token", path.display())));
        }
    }
    Ok(tokens)
}

/// Opens the page where the system does; that it cannot harms nothing.
fn open_browser(address: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(opener);
    let _ = command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// This program, as the page needs it.
struct PageProgram {
    global: Global,
}

impl PageProgram {
    /// The flags as they would stand before a command about that file.
    fn of(&self, file: &Path) -> Global {
        Global { files: vec![file.to_owned()], ..self.global.clone() }
    }
}

impl Program for PageProgram {
    fn open(&self, file: &Path, wanted: &Wanted) -> Result<Opened, Failure> {
        project::open(&self.global.pipeline(file), wanted)
    }

    fn engine(&self, opened: &Opened) -> Arc<dyn TableEngine> {
        crate::engine::engine_for(opened)
    }

    fn select(&self, project: &Project, engine: &dyn TableEngine, selectors: &[String]) -> Result<Selection, Failure> {
        selected(project, engine, selectors, &[])
    }

    fn graph(&self, project: &Project, tasks: &Selection) -> Result<DrawGraph, Failure> {
        drawing_with_status(project, tasks)
    }

    fn schedule(
        &self,
        spec: &Spec,
        state: Option<&State>,
        clock: &WallClock,
    ) -> Result<Option<ScheduleFacts>, Failure> {
        let now = Timestamp::now();
        let fires = Fires::of(spec, state, now)?;
        Ok(fires.map(|fires| ScheduleFacts { facts: fires.facts(clock, now), json: fires.json() }))
    }

    fn profile(&self, file: &Path, task: &str) -> Result<Value, Failure> {
        preview::profile(&self.of(file), task)
    }

    fn failed_rows(&self, file: &Path, task: &str, most: u64) -> Result<Value, Failure> {
        preview::failed(&self.of(file), task, most)
    }

    fn differences(&self, file: &Path, task: &str, runs: [Option<&str>; 2], most: usize) -> Result<Value, Failure> {
        diff::differences(&self.of(file), task, runs, most)
    }

    fn lineage(&self, file: &Path, column: &str) -> Result<Value, Failure> {
        lineage::way_back(&self.of(file), column)
    }

    fn markdown(&self, text: &str) -> String {
        tidemill_tasks::markdown_to_html(text)
    }

    fn command(&self, file: &Path) -> std::io::Result<Command> {
        self.global.again(file)
    }

    fn failure_text(&self, failure: &Failure) -> String {
        failure::text(failure, false)
    }
}
