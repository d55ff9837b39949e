//! `tidemill check --data`: the checks and contracts of the tables that are in the cache.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::json;
use tidemill_core::attempt::CancelToken;
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{PlannedTask, Selection};
use tidemill_core::table::{CheckResult, CheckSeverity, JobOptions, Rel, Schema, TableEngine, TableJob};
use tidemill_core::task::{CheckContext, Promised};

use crate::accounting::rows_of;
use crate::commands::cached_tables::CachedTables;
use crate::commands::pipeline_history::put;
use crate::failure::Failure;
use crate::terminal::Paint;
use tidemill_core::diagnostic::failure_of;
use tidemill_runner::project::Project;
use tidemill_tasks::fits;

/// How it is told.
pub struct Out {
    /// For programs.
    pub json: bool,
    /// Colours of stdout.
    pub paint: Paint,
}

/// Looks at the tables of the tasks wanted. All checks hold: exit code 0; one of severity `error` does not, or there is no
/// table to look at: 1.
pub fn check(project: &Project, engine: &dyn TableEngine, wanted: &Selection, out: &Out) -> Result<ExitCode, Failure> {
    let mut tables = CachedTables::open(project, engine)?;
    let mut tally = Tally::default();
    let mut text = String::new();
    for ix in project.plan.order.iter().copied().filter(|ix| wanted.contains(ix)) {
        let task = project.plan.task(ix);
        let contract = task.task.contract();
        if !task.io.table || task.spec.common.checks.is_empty() && contract.columns.is_empty() {
            continue;
        }
        let looked = match results(&mut tables, project, ix, &contract) {
            Ok((rows, results)) => Looked::Done { rows, results },
            Err(why) => Looked::Missing(why),
        };
        tally.count(&looked);
        text += &if out.json { lines(task, &looked) } else { story(task, &looked, out.paint) };
    }
    let done = put(&text)?;
    eprintln!("{}", tally.sentence(out.paint));
    Ok(if tally.failed + tally.missing > 0 { ExitCode::from(1) } else { done })
}

/// What became of one table.
enum Looked {
    /// There is none, or it cannot be looked at.
    Missing(String),
    /// It was looked at.
    Done { rows: u64, results: Vec<CheckResult> },
}

/// What the checks and the contract of a task say of its table.
fn results(
    tables: &mut CachedTables<'_>,
    project: &Project,
    ix: TaskIx,
    contract: &Promised,
) -> Result<(u64, Vec<CheckResult>), String> {
    let task = project.plan.task(ix);
    let engine = tables.engine;
    let table = tables.table(project, ix)?;
    let mut inputs = tables.inputs(project, ix, |need| need.role == "relationship")?;
    let known: BTreeMap<String, Option<Schema>> =
        inputs.iter().map(|(name, table)| (name.clone(), Some(table.schema.clone()))).collect();
    let cx = CheckContext::new(engine, &project.sources, &project.spec.project, &project.plan.storages).tables(&known);
    let mut results = held(contract, &table.schema);
    // A table made before the checks were written may lack what they speak of.
    let mut checks = task.task.checks(&table.schema, &cx).map_err(|mistakes| {
        format!("its table in the cache is an older one: {}", failure_of(&mistakes, &project.sources).message)
    })?;
    let severities: Vec<CheckSeverity> = checks.iter().map(|check| check.severity).collect();
    // All are wanted, also behind one that fails.
    checks.iter_mut().for_each(|check| check.severity = CheckSeverity::Warn);
    let name = task.name.to_string();
    let rel = Rel::Input { task: name.clone(), schema: table.schema.clone() };
    inputs.push((name, table.clone()));
    let never = CancelToken::new();
    let options = JobOptions { inputs: &inputs, origin: &|_| None, cancelled: &never };
    let report = engine.run(&TableJob { rel, checks }, &options).map_err(|error| error.to_string())?;
    let looked = report.account.checks.into_iter().zip(severities);
    results.extend(looked.map(|(result, severity)| CheckResult { severity, ..result }));
    Ok((table.rows, results))
}

/// What a contract says of the columns that a table has.
fn held(contract: &Promised, found: &Schema) -> Vec<CheckResult> {
    if contract.columns.is_empty() {
        return Vec::new();
    }
    let mut broken: Vec<String> = Vec::new();
    for (name, promised) in &contract.columns {
        match found.get(name) {
            None => broken.push(format!("there is no column `{name}`")),
            Some(is) if !fits(is, promised.data_type) => broken.push(format!("`{name}` is {is}, not {promised}")),
            Some(_) => {}
        }
    }
    if contract.strict {
        let extra = found.names().filter(|name| !contract.columns.iter().any(|(known, _)| known == name));
        broken.extend(extra.map(|name| format!("there is a column `{name}` too many")));
    }
    vec![CheckResult {
        name: format!("columns: {}", contract.columns.len()),
        severity: CheckSeverity::Error,
        bad_rows: broken.len() as u64,
        samples: Vec::new(),
        detail: (!broken.is_empty()).then(|| broken.join(", ")),
    }]
}

/// A table's checks for people.
fn story(task: &PlannedTask, looked: &Looked, paint: Paint) -> String {
    let (rows, results) = match looked {
        Looked::Missing(why) => return format!("{}  {}\n", paint.bold(&task.name), paint.yellow(why)),
        Looked::Done { rows, results } => (rows, results),
    };
    let mut text = format!("{}  {}\n", paint.bold(&task.name), paint.dim(rows_of(*rows)));
    for result in results {
        text += &match (result.bad_rows, result.severity) {
            (0, _) => format!("  {}      {}\n", paint.green("ok"), result.name),
            (_, CheckSeverity::Error) => format!("  {}  {}\n", paint.red("failed"), sentence(result)),
            (_, CheckSeverity::Warn) => format!("  {}    {}\n", paint.yellow("warn"), sentence(result)),
        };
    }
    text
}

fn sentence(result: &CheckResult) -> String {
    let told = result.warning();
    // The list says already that it is a check.
    told.strip_prefix("check `").map_or(told.clone(), |rest| rest.replacen('`', "", 1))
}

/// The same for programs, an object a line.
fn lines(task: &PlannedTask, looked: &Looked) -> String {
    let name = &task.name;
    match looked {
        Looked::Missing(why) => format!("{}\n", json!({"task": name, "status": "missing", "message": why})),
        Looked::Done { results, .. } => results
            .iter()
            .map(|result| {
                let status = match (result.bad_rows, result.severity) {
                    (0, _) => "ok",
                    (_, CheckSeverity::Error) => "failed",
                    (_, CheckSeverity::Warn) => "warn",
                };
                let line = json!({
                    "task": name, "status": status, "check": result.name, "severity": result.severity,
                    "bad_rows": result.bad_rows, "samples": result.samples, "detail": result.detail,
                });
                format!("{line}\n")
            })
            .collect(),
    }
}

#[derive(Default)]
struct Tally {
    held: usize,
    warned: usize,
    failed: usize,
    missing: usize,
}

impl Tally {
    fn count(&mut self, looked: &Looked) {
        match looked {
            Looked::Missing(_) => self.missing += 1,
            Looked::Done { results, .. } => {
                for result in results {
                    match (result.bad_rows, result.severity) {
                        (0, _) => self.held += 1,
                        (_, CheckSeverity::Warn) => self.warned += 1,
                        (_, CheckSeverity::Error) => self.failed += 1,
                    }
                }
            }
        }
    }

    fn sentence(&self, paint: Paint) -> String {
        let all = self.held + self.warned + self.failed;
        if all + self.missing == 0 {
            return format!("{} there are no checks and no contracts", paint.yellow("note"));
        }
        let word = if self.failed + self.missing > 0 { paint.red("failed") } else { paint.green("ok") };
        let mut parts = Vec::new();
        if all > 0 {
            parts.push(format!("{} of {all} checks hold", self.held));
        }
        let mut part = |count: usize, one: &str, many: &str| match count {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            _ => parts.push(format!("{count} {many}")),
        };
        part(self.failed, "fails", "fail");
        part(self.warned, "warns", "warn");
        part(self.missing, "table cannot be looked at", "tables cannot be looked at");
        format!("{word} {}", parts.join(", "))
    }
}
