//! What belongs to the project: its file, its sources, its secrets, the servers it speaks to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use tidemill_core::plan::{Plan, PlannedTask};
use tidemill_core::spec::Spec;
use tidemill_core::storage::{LocationMatch, StorageRegistry};
use tidemill_core::table::Location;
use tidemill_core::task::ProbeContext;

use super::finding::{Finding, FindingStatus};
use crate::summary::counted;
use tidemill_runner::project::Opened;
use tidemill_secrets as secrets;
use tidemill_secrets::Masker;

/// More names than these are only counted.
const NAMED: usize = 5;

/// The file, its graph and the columns of its tables.
pub fn file(opened: &mut Opened, name: &str) -> Finding {
    if opened.plan.is_some() {
        let engine = crate::engine::engine_for(opened);
        opened.check_columns(&*engine);
    }
    let found = opened.diagnostics.clone().into_sorted(&opened.sources);
    let is_error =
        |one: &&tidemill_core::diagnostic::Diagnostic| one.severity == tidemill_core::diagnostic::Severity::Error;
    let errors: Vec<_> = found.iter().filter(is_error).collect();
    let tasks = counted(opened.plan.as_ref().map_or(0, |plan| plan.tasks.len()), "task");
    match (errors.first(), found.len()) {
        (None, 0) => Finding::ok("file", format!("{name}: {tasks}, no mistakes")),
        (None, warnings) => Finding::note("file", format!("{name}: {tasks}, {}", counted(warnings, "warning")))
            .help("`tidemill check` shows them"),
        (Some(first), _) => {
            let mistakes = counted(errors.len(), "mistake");
            Finding::bad("file", format!("{name}: {mistakes}, first: {}", first.message))
                .help("`tidemill check` shows them with their places")
        }
    }
}

/// The files that tasks read and no other task publishes.
pub fn sources(plans: &[&Plan]) -> Finding {
    let (mut files, mut missing) = (BTreeSet::new(), Vec::new());
    for plan in plans {
        for task in &plan.tasks {
            for input in outer_files(task) {
                if !files.insert(input) {
                    continue;
                }
                let wrong = unreadable(&plan.storages, &plan.spec.project, &Location::new(input));
                missing.extend(wrong.map(|why| format!("{input} ({}): {why}", task.name)));
            }
        }
    }
    match missing.len() {
        0 => Finding::ok("sources", format!("{} can be read", counted(files.len(), "file"))),
        more => {
            let named = missing.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
            let rest = if more > NAMED { format!("; and {} more", more - NAMED) } else { String::new() };
            Finding::bad("sources", format!("cannot be read: {named}{rest}"))
                .help("put them there, or change the paths in the file")
        }
    }
}

fn outer_files(task: &PlannedTask) -> impl Iterator<Item = &str> {
    let is_published = |path: &str| task.needs.iter().any(|need| need.role == path);
    // Whether a database can be reached is told of its connection.
    let files = task.io.files.iter().filter(|file| file.path.value.scheme().is_none());
    files.map(|file| file.path.value.as_str()).filter(move |path| !is_published(path))
}

/// Why a source cannot be read, if so.
fn unreadable(storages: &StorageRegistry, project: &Path, location: &Location) -> Option<String> {
    let opened = storages.of(location).and_then(|storage| match storage.find(project, location)? {
        LocationMatch::Matches(found) => Ok(!found.is_empty()),
        LocationMatch::One | LocationMatch::Nothing => match storage.open(project, location) {
            Err(error) if error.kind() != ErrorKind::IsADirectory => Err(error),
            _ => Ok(true),
        },
    });
    match opened {
        Ok(true) => None,
        Ok(false) => Some("nothing matches".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// The secrets that the file declares.
pub fn secrets(spec: &Spec) -> Option<Finding> {
    let set = secrets::of(spec);
    let unset: Vec<&str> =
        spec.secrets.iter().map(|name| name.value.as_str()).filter(|name| !set.contains_key(*name)).collect();
    match (spec.secrets.len(), unset.len()) {
        (0, _) => None,
        (all, 0) => Some(Finding::ok(
            "secrets",
            format!("{} set", if all == 1 { "1 is".into() } else { format!("all {all} are") }),
        )),
        _ => Some(
            Finding::note("secrets", format!("not set: {}", unset.join(", ")))
                .help("set them in the environment, or in the file that `dotenv` names, if tasks are to use them"),
        ),
    }
}

/// The connections of the file, each tried.
pub fn connections(opened: &Opened) -> Vec<Finding> {
    let storages = opened.types.storages();
    let tried = storages.connections().map(|(name, storage)| match storage.probe() {
        Ok(found) => Finding::ok("connection", format!("{name}: {}", secrets::masked(found))),
        Err(error) => {
            let finding = Finding::bad("connection", secrets::masked(error.to_string()));
            error.help.iter().fold(finding, |finding, help| finding.help(secrets::masked(help.as_str())))
        }
    });
    let refused = storages.refused().flat_map(|(_, mistakes)| mistakes).map(|mistake| {
        let finding = Finding::note("connection", secrets::masked(mistake.message.as_str()));
        mistake.help.iter().fold(finding, |finding, help| finding.help(help.as_str()))
    });
    tried.chain(refused).collect()
}

/// The cluster that computes the tables, tried.
pub fn cluster(opened: &Opened) -> Option<Finding> {
    Some(match crate::engine::probe_cluster(opened)? {
        Ok(found) => Finding::ok("engine", secrets::masked(found)),
        Err(error) => Finding::bad("engine", secrets::masked(error.to_string()))
            .help("docs/spark.md says how a server is started and what the warehouse must be"),
    })
}

/// What tasks need of the world outside, each thing tried once.
pub fn outside(opened: &Opened, plans: &[&Plan]) -> Vec<Finding> {
    let Some(spec) = &opened.spec else { return Vec::new() };
    let secrets = secrets::of(spec);
    let masker = Masker::new(secrets.values().map(String::as_str));
    let cx = ProbeContext { sources: &opened.sources, project: &spec.project, run: &opened.run, secrets: &secrets };
    let mut needed: BTreeMap<String, (Vec<String>, tidemill_core::task::Probe)> = BTreeMap::new();
    for task in plans.iter().flat_map(|plan| &plan.tasks) {
        if let Some(probe) = task.task.probe(&cx) {
            let entry = needed.entry(probe.key.clone()).or_insert((Vec::new(), probe));
            entry.0.push(task.name.to_string());
        }
    }
    let mut findings = Vec::new();
    for (tasks, probe) in needed.into_values() {
        let more = tasks.len().saturating_sub(NAMED);
        let named = tasks.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let who = match (tasks.len(), more) {
            (1, _) => format!("task {named}"),
            (_, 0) => format!("tasks {named}"),
            (_, more) => format!("tasks {named} and {more} more"),
        };
        findings.push(match (probe.attempt)() {
            Ok(found) => Finding::ok("mail", format!("{} ({who})", masker.text(&found))),
            Err(failure) => {
                let mut finding = Finding::bad("mail", format!("{} ({who})", masker.text(&failure.message)));
                finding.help = failure.help.iter().map(|help| masker.text(help).into_owned()).collect();
                if !failure.permanent {
                    finding.status = FindingStatus::Bad;
                    finding = finding.help("it may get better by itself: try again in a while");
                }
                finding
            }
        });
    }
    findings
}
