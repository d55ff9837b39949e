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
use tidemill_serve::{Program, ScheduleFacts, Server, Settings, TlsFiles, TokenSource, is_open_to_all};
use tidemill_state::State;

use super::fire_summary::FireSummary;
use super::graph::drawing_with_status;
use super::pipeline_history::WallClock;
use super::schedule::TerminalHost;
use super::selection::selected;
use super::{CliCommand, diff, lineage, preview};
use crate::failure::{self, Failure};
use crate::global::{Global, TOKEN};
use crate::terminal::{Paint, Stream};

/// Show projects in a browser, start their runs from there, and run their schedules
#[derive(Parser, Debug)]
#[command(name = "serve")]
pub struct ServeArgs {
    /// Folders with a `pipeline.yaml`, or pipeline files; default the one of `-f`
    #[arg(value_name = "DIR")]
    projects: Vec<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
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

/// Where a server listens, and to whom: flags of `serve`, and of `doctor`, which looks at them.
#[derive(clap::Args, Debug)]
pub struct ServerArgs {
    /// Where the page listens, 127.0.0.1:8420 if not given; another address than this machine's own demands a token
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Tokens by which programs and people are known to the page: lines `read:TOKEN` and `run:TOKEN`
    #[arg(long, value_name = "F")]
    token_file: Option<PathBuf>,
    /// A certificate as PEM, with those that vouch for it: for the page to speak TLS
    #[arg(long, value_name = "F", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key as PEM
    #[arg(long, value_name = "F", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl CliCommand for ServeArgs {
    /// Answers until it is told to end.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let paint = Paint(global.color.wanted(Stream::Stderr));
        let files = files(&self.projects, global)?;
        let server = &self.server;
        let (tokens, tls) = (server.tokens(), server.tls());
        server.warn(&tokens, tls.as_ref(), paint)?;
        let program = Arc::new(PageProgram { global: global.clone(), paint });
        let settings = Settings {
            files: files.clone(),
            listen: server.address(),
            tokens,
            tls,
            read_only: self.read_only,
            runs_schedules: !self.no_schedule,
        };
        let server = Server::open(program, settings)?;
        eprintln!("{} {}", paint.green("serve"), server.address());
        if self.open {
            open_browser(&server.address());
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

impl ServerArgs {
    /// Whether anything is said of a server.
    pub fn is_given(&self) -> bool {
        self.listen.is_some() || self.token_file.is_some() || self.tls_cert.is_some()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8420)))
    }

    /// Whether others than this machine reach it.
    pub fn is_reachable(&self) -> bool {
        !self.address().ip().is_loopback()
    }

    /// The tokens of the environment and of the file.
    pub fn tokens(&self) -> TokenSource {
        let single = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
        TokenSource { single, file: self.token_file.clone() }
    }

    /// The files of the certificate.
    pub fn tls(&self) -> Option<TlsFiles> {
        let files = self.tls_cert.clone().zip(self.tls_key.clone());
        files.map(|(certificate, key)| TlsFiles { certificate, key })
    }

    /// Tells of what lets others in, and refuses what lets in everybody.
    fn warn(&self, tokens: &TokenSource, tls: Option<&TlsFiles>, paint: Paint) -> Result<(), Failure> {
        let warning = |text: &str| eprintln!("{} {text}", paint.yellow("warning"));
        if self.is_reachable() && tokens.is_none() {
            let message = format!("{} can be reached from elsewhere, and no token is set", self.address());
            return Err(Failure::wrong(message).help(format!("set {TOKEN}, or give `--token-file`")));
        }
        if self.is_reachable() && tls.is_none() {
            warning(
                "what goes over the network is readable: put TLS in front of it, or give `--tls-cert` and `--tls-key`",
            );
        }
        if let Some(tls) = tls
            && tls.has_expired()?
        {
            warning(&format!("the certificate in {} is not valid at this time", tls.certificate.display()));
        }
        // One that cannot be looked at cannot be read either, which is told then.
        for file in open_files(tokens, tls) {
            warning(&format!("{} can be read by everybody on this machine: `chmod 600` it", file.display()));
        }
        Ok(())
    }
}

/// The files with something secret that everybody may read.
pub fn open_files<'a>(tokens: &'a TokenSource, tls: Option<&'a TlsFiles>) -> impl Iterator<Item = &'a Path> {
    let files = tokens.file.iter().chain(tls.map(|tls| &tls.key)).map(PathBuf::as_path);
    files.filter(|file| is_open_to_all(file).unwrap_or(false))
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

/// Opens the page where the system does; that it cannot harms nothing.
fn open_browser(address: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(opener);
    let _ = command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// This program, as the page needs it.
struct PageProgram {
    global: Global,
    paint: Paint,
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
        let fires = FireSummary::of(spec, state, now)?;
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

    fn warning(&self, text: &str) {
        eprintln!("{} {text}", self.paint.yellow("warning"));
    }
}
