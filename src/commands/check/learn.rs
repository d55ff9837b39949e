//! `tidemill check --learn TASK`: the columns that a source has today, written down as its contract.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::plan::PlannedTask;
use tidemill_core::spec::{contract_text, with_contract};
use tidemill_core::table::{DataType, Schema, TableEngine};
use tidemill_core::task::{CheckContext, Promised};
use tidemill_state::State;

use crate::commands::pipeline_history::put;
use crate::commands::stored_table::engine_failure;
use crate::failure::Failure;
use crate::summary::shown;
use crate::terminal::Paint;
use tidemill_runner::project::Opened;
use tidemill_tasks::fits;

/// Writes the contract into the file that has the task, if that can be done without harm; else prints it. Mistakes elsewhere
/// in the pipeline do not matter.
pub fn learn(opened: &Opened, engine: &dyn TableEngine, name: &str, paint: Paint) -> Result<ExitCode, Failure> {
    let Some(plan) = &opened.plan else { return Err(opened.mistakes()) };
    let tasks = plan.named(name);
    let Some(first) = tasks.first() else {
        let failure = Failure::wrong(format!("there is no task `{name}`"));
        let known = plan.tasks.iter().map(|task| task.name.as_str());
        return Err(match tidemill_core::diagnostic::nearest(name, known) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`tidemill graph` shows the tasks"),
        });
    };
    let task = plan.task(*first);
    let columns = today(opened, engine, task)?;
    for other in tasks.iter().skip(1).map(|ix| plan.task(*ix)) {
        if today(opened, engine, other)? != columns {
            return Err(Failure::wrong(format!("the instances of `{name}` have different columns"))
                .help(format!("one contract cannot be that of `{}` and of `{}`", task.name, other.name)));
        }
    }
    let contract = task.task.contract();
    if !contract.columns.is_empty() {
        return compare(name, &contract, &columns, paint);
    }
    let empty: Vec<String> = empty_columns(&columns).map(|name| format!("`{name}`")).collect();
    let columns = columns_of(&columns);
    if columns.is_empty() {
        return Err(Failure::wrong(format!("no column of `{name}` has values, so none has a type"))
            .help("write `columns` by hand, or learn them when the source has rows"));
    }
    let file = opened
        .sources
        .get(task.spec.id.span.file)
        .map(|source| PathBuf::from(&source.name))
        .ok_or_else(|| Failure::broken(format!("the file of `{name}` is not known")))?;
    let id = task.spec.foreach.as_ref().map_or(task.name.as_str(), |group| group.id.as_str());
    match write(&file, id, &columns) {
        Ok(()) => {
            let count = if columns.len() == 1 { "1 column".to_owned() } else { format!("{} columns", columns.len()) };
            eprintln!("{} {}: `{name}` has a contract of {count} now", paint.green("ok"), shown(&file));
            if !empty.is_empty() {
                let note = "left out, for they have no values and so no type:";
                eprintln!("{} {note} {}", paint.yellow("note"), empty.join(", "));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            put(&contract_text(&columns, 0))?;
            Err(Failure::wrong(format!("{} is left as it is: {why}", shown(&file)))
                .help("the contract is printed; put it below the keys of the task"))
        }
    }
}

/// The columns that the source of a load has today, as a whole; of a command, those of the table that it made last.
fn today(opened: &Opened, engine: &dyn TableEngine, task: &PlannedTask) -> Result<Schema, Failure> {
    let name = &task.name;
    let Some(spec) = &opened.spec else { return Err(opened.mistakes()) };
    let cx = CheckContext::new(engine, &opened.sources, &spec.project, opened.types.storages()).whole_sources();
    let scan = task.task.source(&cx);
    match scan {
        Some(scan) if scan.files.is_empty() => {
            Err(Failure::wrong(format!("`{name}` has no file to learn from")).help("no file matches its path today"))
        }
        Some(scan) => engine.infer(&scan, &NEVER_CANCELLED).map_err(engine_failure),
        None if task.task_type.supervised && task.io.table => {
            let state = State::open_read_only(&spec.project)?;
            let last = state.and_then(|state| state.last_results(&spec.name.value).ok()?.remove(name));
            last.and_then(|last| last.table?.schema().ok()).ok_or_else(|| {
                Failure::wrong(format!("`{name}` has made no table yet"))
                    .help(format!("`tidemill run {name}` makes it"))
            })
        }
        None => Err(Failure::wrong(format!("`{name}` is a {}, which has no contract", task.task_type.name))
            .help("contracts are of tables from outside: loads, and commands with a `table`")),
    }
}

/// Names and types as the file has them. A column without values has no type yet, and none is made up.
fn columns_of(schema: &Schema) -> Vec<(String, String)> {
    let typed = schema.fields().iter().filter(|field| field.data_type != DataType::Null);
    typed.map(|field| (field.name.clone(), field.data_type.to_string())).collect()
}

fn empty_columns(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.fields().iter().filter(|field| field.data_type == DataType::Null).map(|field| field.name.as_str())
}

/// Says where a contract and the source of today differ, and prints what it would be today.
fn compare(name: &str, contract: &Promised, today: &Schema, paint: Paint) -> Result<ExitCode, Failure> {
    let mut lines = Vec::new();
    for (column, promised) in &contract.columns {
        match today.get(column) {
            None => lines.push(paint.red(format!("  - {column}: {promised}  the source has it no longer"))),
            Some(found) if !fits(found, promised.data_type) => {
                lines.push(paint.red(format!("  ~ {column}: {promised} → {found}")));
            }
            Some(_) => {}
        }
    }
    let columns = columns_of(today);
    for (column, of_type) in columns.iter().filter(|(column, _)| !contract.columns.iter().any(|(own, _)| own == column))
    {
        lines.push(paint.green(format!("  + {column}: {of_type}  not in the contract")));
    }
    if lines.is_empty() {
        eprintln!("{} the contract of `{name}` is what its source has today", paint.green("ok"));
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} `{name}` has a contract, which stays as it is; today it would be another:", paint.yellow("note"));
    lines.iter().for_each(|line| eprintln!("{line}"));
    put(&contract_text(&columns, 0))
}

/// Puts the contract into the file: written beside it, synced, renamed over it.
fn write(file: &Path, task: &str, columns: &[(String, String)]) -> Result<(), String> {
    let wrong = |error: std::io::Error| error.to_string();
    // A link stays a link to the file that changes.
    let file = file.canonicalize().map_err(wrong)?;
    let text = std::fs::read_to_string(&file).map_err(wrong)?;
    let (mark, body) = text.strip_prefix('\u{feff}').map_or(("", text.as_str()), |body| ("\u{feff}", body));
    let changed = with_contract(body, task, columns)?;
    let folder = file.parent().ok_or("it lies in no folder")?;
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(wrong)?;
    beside.write_all(mark.as_bytes()).and_then(|()| beside.write_all(changed.as_bytes())).map_err(wrong)?;
    beside.as_file().set_permissions(std::fs::metadata(&file).map_err(wrong)?.permissions()).map_err(wrong)?;
    beside.as_file().sync_all().map_err(wrong)?;
    beside.persist(&file).map_err(|error| wrong(error.error))?;
    Ok(())
}
