//! `tidemill doctor`: whether all is there that runs need. Nothing on the disk changes, and nothing is sent.

mod channels;
mod finding;
mod machine;
mod project;
mod server;

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidemill_core::plan::Plan;

use super::CliCommand;
use super::pipeline_history::{json_lines, put};
use super::serve::ServerArgs;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use finding::{Finding, FindingStatus, screen};
use tidemill_runner::project::{Wanted, zone_of};

/// Whether all is there that runs need: the file, the state, the disk, the mail server, the clock
#[derive(Parser, Debug)]
#[command(name = "doctor")]
pub struct DoctorArgs {
    /// Each finding as an object on a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl CliCommand for DoctorArgs {
    /// Looks at everything, says what to do; the exit code is 1 if a run would fail over something.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut opened = global.open(&Wanted::default())?;
        let name = global.file().display().to_string();
        let mut findings = vec![project::file(&mut opened, &name)];
        let mut title = format!("{name} of tidemill {}", env!("CARGO_PKG_VERSION"));
        if let Some(spec) = opened.spec.clone() {
            let plans: Vec<&Plan> = opened.plan.iter().chain(opened.handlers.iter().map(|(_, plan)| plan)).collect();
            let pipeline = spec.name.value.as_str();
            title = format!("{pipeline} in {}, tidemill {}", spec.project.display(), env!("CARGO_PKG_VERSION"));
            findings.push(project::sources(&plans));
            findings.extend(project::secrets(&spec));
            findings.extend(project::connections(&opened));
            findings.extend(project::cluster(&opened));
            findings.extend(project::outside(&opened, &plans));
            findings.extend(channels::channels(&opened, &spec));
            findings.extend(machine::folder(&spec.project));
            let (state, last) = machine::state(&spec.project, pipeline);
            findings.extend(state);
            findings.push(machine::lock(&spec.project, pipeline));
            let zone = zone_of(&spec).unwrap_or(TimeZone::UTC);
            let zone_name = spec.schedule.as_ref().map_or("UTC", |schedule| schedule.timezone.value.as_str());
            findings.push(machine::clock(Timestamp::now(), &zone, zone_name, last.as_ref()));
        }
        findings.push(machine::sqlite());
        if self.server.is_given() {
            findings.extend(server::findings(&self.server));
        }
        if self.json {
            let objects: Vec<serde_json::Value> =
                findings.iter().map(|finding| serde_json::to_value(finding).unwrap_or_default()).collect();
            put(&json_lines(&objects))?;
        } else {
            put(&screen(&title, &findings, Stream::Stdout.room(), Paint(global.color.wanted(Stream::Stdout))))?;
        }
        let is_bad = |finding: &Finding| finding.status == FindingStatus::Bad;
        Ok(if findings.iter().any(is_bad) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
