//! What all table tasks share: compiled to a neutral job, checked, run by the engine, reported.

use std::sync::{Arc, Mutex, PoisonError};

use tidemill_core::diagnostic::{Diagnostic, failure_of};
use tidemill_core::ids::TaskName;
use tidemill_core::spec::{At, EngineKind, SqlText};
use tidemill_core::sql::expression_warnings;
use tidemill_core::table::{
    Check, CheckResult, DecidingRows, JobOptions, Location, Rel, Scan, Schema, TableJob, TablePlace, TaskReport,
    Unsupported,
};
use tidemill_core::task::{
    CheckContext, Edge, EdgeKind, Io, LogLevel, Promised, RunContext, Task, TaskChecks, TaskFailure, TaskResult,
    TaskSource, Volatile,
};

/// A type of table task: parameters that compile to a relation.
pub trait TableLogic: serde::Serialize + Send + Sync + 'static {
    /// What it reads, beside what its checks read.
    fn io(&self) -> Io;

    /// What it does, in a few words.
    fn describe(&self) -> String;

    /// Its relation over the columns of the tables before it.
    ///
    /// # Errors
    /// All mistakes found; none where the columns of a table before it are not known.
    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>>;

    /// Its expressions over rows of a table, as they are written; a query is none.
    fn expressions(&self) -> Vec<&SqlText> {
        Vec::new()
    }

    /// What is no mistake and yet worth knowing before it runs, beside what its expressions hold.
    fn warnings(&self, _cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// Whether rows behind the head of its source may have further columns.
    fn has_open_columns(&self) -> bool {
        false
    }

    /// What its `columns` promise.
    fn contract(&self) -> Promised {
        Promised::default()
    }

    /// The source that it reads, if it is a load.
    fn source(&self, _cx: &CheckContext<'_>) -> Option<Scan> {
        None
    }

    /// Where its rejects file goes if nothing else is said; None if it can reject nothing.
    fn rejects(&self, _task: &TaskName) -> Option<At<Location>> {
        None
    }
}

/// A table task with its checks.
struct TableTask<L> {
    id: At<TaskName>,
    logic: L,
    checks: TaskChecks,
    /// What is to compute its table.
    engine: EngineKind,
    /// What its job is to an engine that is not this machine, as it was last compiled.
    elsewhere: Mutex<Option<Elsewhere>>,
}

/// A job that need not be done on this machine.
struct Elsewhere {
    engine: &'static str,
    /// With `engine: auto`: the job, and how many rows may come in for this machine.
    auto: Option<(TableJob, u64)>,
}

/// Makes the task of a type's parameters.
///
/// # Errors
/// The mistakes in its `checks`.
pub fn table_task<L: TableLogic>(logic: L, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
    let checks = TaskChecks::read(source)?;
    let engine = source.spec.common.engine.unwrap_or(source.pipeline.engine.kind);
    Ok(Arc::new(TableTask { id: source.spec.id.clone(), logic, checks, engine, elsewhere: Mutex::default() }))
}

/// The columns of a table before this one.
///
/// # Errors
/// With no diagnostic if they are not known: what is wrong has been said elsewhere.
pub fn upstream<'a>(cx: &'a CheckContext<'_>, task: &str) -> Result<&'a Schema, Vec<Diagnostic>> {
    cx.tables.get(task).and_then(Option::as_ref).ok_or_else(Vec::new)
}

/// An edge to a table.
pub fn reads(task: &At<String>, role: &str) -> Edge {
    Edge { task: task.clone(), role: role.to_owned(), what: EdgeKind::Table }
}

/// A column that is not there, with the nearest that is.
pub fn unknown_column(column: &At<String>, schema: &Schema) -> Diagnostic {
    Diagnostic::error(format!("unknown column `{}`", column.value))
        .at(column.span, "no such column here")
        .suggest(&column.value, schema.names())
}

impl<L: TableLogic> TableTask<L> {
    fn compile(&self, cx: &CheckContext<'_>) -> Result<TableJob, Vec<Diagnostic>> {
        let rel = self.logic.compile(cx)?;
        let checks = self.checks.compile(&rel.schema(), cx)?;
        let job = TableJob { rel, checks };
        if self.engine == EngineKind::Local {
            return Ok(job);
        }
        cx.engine.accept(&job).map_err(|refusals| {
            let mistake = |step: Unsupported| Diagnostic::error(step.message).at(self.id.span, "").help(step.help);
            refusals.into_iter().map(mistake).collect::<Vec<_>>()
        })?;
        let elsewhere = cx.engine.place(&job).map(|engine| {
            let is_open = self.engine == EngineKind::Auto;
            Elsewhere { engine, auto: is_open.then(|| (job.clone(), cx.engine.local_rows())) }
        });
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = elsewhere;
        Ok(job)
    }
}

impl<L: TableLogic> Task for TableTask<L> {
    fn io(&self) -> Io {
        let mut io = self.logic.io();
        io.table = true;
        io.reads.extend(self.checks.reads());
        io.volatile = io.volatile.or_else(|| self.checks.look_at_time().then_some(Volatile::Fresh));
        io.rejects = self.logic.rejects(&self.id.value);
        io
    }

    fn parameters(&self) -> serde_json::Value {
        let mut parameters = serde_json::to_value(&self.logic).unwrap_or_default();
        if let (Some(map), false) = (parameters.as_object_mut(), self.checks.is_empty()) {
            map.insert("checks".to_owned(), self.checks.parameters());
        }
        parameters
    }

    fn describe(&self) -> String {
        self.logic.describe()
    }

    fn place(&self, rows: &dyn Fn(&str) -> Option<u64>) -> TablePlace {
        match &*self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) {
            None => TablePlace::default(),
            Some(Elsewhere { engine, auto: None }) => {
                TablePlace { engine: Some((*engine).to_owned()), ..TablePlace::default() }
            }
            Some(Elsewhere { engine, auto: Some((job, limit)) }) => {
                TablePlace::by_rows(engine, DecidingRows { rows: job.rows_in(rows), limit: *limit })
            }
        }
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        self.compile(cx).map(|job| Some(job.schema()))
    }

    fn warnings(&self, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        let expressions = self.logic.expressions();
        let mut warnings: Vec<Diagnostic> =
            expressions.into_iter().flat_map(|text| expression_warnings(text, cx.sources)).collect();
        warnings.extend(self.logic.warnings(cx));
        warnings
    }

    fn has_open_columns(&self) -> bool {
        self.logic.has_open_columns()
    }

    fn columns_despite_mistakes(&self, cx: &CheckContext<'_>) -> Option<Schema> {
        self.logic.compile(cx).ok().map(|rel| rel.schema())
    }

    fn job(&self, cx: &CheckContext<'_>) -> Result<Option<TableJob>, Vec<Diagnostic>> {
        self.compile(cx).map(Some)
    }

    fn checks(&self, table: &Schema, cx: &CheckContext<'_>) -> Result<Vec<Check>, Vec<Diagnostic>> {
        self.checks.compile(table, cx)
    }

    fn contract(&self) -> Promised {
        self.logic.contract()
    }

    fn source(&self, cx: &CheckContext<'_>) -> Option<Scan> {
        self.logic.source(cx)
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        let job = self.compile(&cx.check(&cx.columns())).map_err(|mistakes| {
            let mut failure = failure_of(&mistakes, cx.sources);
            failure.help.extend(misfits(cx));
            failure
        })?;
        let origins = cx.origins;
        let origin = |task: &str| origins.of(task);
        let options = JobOptions { inputs: cx.tables, origin: &origin, cancelled: cx.cancelled };
        // By what really came in: a table may have grown since the last run.
        let auto = self.place(&|task| options.input(task).map(|table| table.rows)).auto;
        let is_here = auto.map_or(self.engine == EngineKind::Local, DecidingRows::are_few);
        let mut report = if is_here { cx.engine.run_here(&job, &options)? } else { cx.engine.run(&job, &options)? };
        report.account.place.auto = auto;
        let account = &report.account;
        let mut warnings: Vec<String> = account.joins.iter().filter_map(super::join::fan_out_warning).collect();
        warnings.extend(unaccounted(&job.rel, account));
        warnings.extend(account.joins.iter().filter_map(super::join::unmatched_warning));
        warnings.extend(account.checks.iter().filter(|check| check.bad_rows > 0).map(CheckResult::warning));
        // The engine's own come with its report.
        account.warnings.iter().chain(&warnings).for_each(|warning| (cx.log)(LogLevel::Warn, warning));
        Ok(TaskResult { table: Some(report), warnings, ..TaskResult::default() })
    }
}

/// Says so if rows are lost that no step has accounted for. Where rows are joined, grouped or queried, their number has other
/// reasons.
fn unaccounted(rel: &Rel, report: &TaskReport) -> Option<String> {
    let rows_in: u64 = report.rows_in.iter().map(|rows| rows.rows).sum();
    let rejected = report.rejected_rows();
    let dropped: u64 = report.dropped.iter().map(|dropped| dropped.rows).sum();
    let rows = report.rows?;
    (keeps_account(rel) && rows_in != rejected + dropped + rows).then(|| {
        format!(
            "the rows do not add up: {rows_in} came in, {rejected} were rejected, {dropped} dropped, {rows} came out"
        )
    })
}

/// Whether every step says which rows it takes out.
fn keeps_account(rel: &Rel) -> bool {
    match rel {
        Rel::Input { .. } | Rel::Scan(_) => true,
        Rel::Project { input, .. }
        | Rel::Convert { input, .. }
        | Rel::Fill { input, .. }
        | Rel::Reject { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Filter { input, account: Some(_), .. } => keeps_account(input),
        _ => false,
    }
}

/// Where the sources before a task differ from what their heads promised, which is all that `check` sees: the first value
/// of each column that is not of the type expected.
fn misfits(cx: &RunContext<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for scan in cx.origins.all() {
        let Ok(whole) = cx.engine.infer(&scan, cx.cancelled) else { continue };
        for field in scan.schema.fields().iter().filter(|field| whole.get(&field.name) != Some(field.data_type)) {
            let schema = [(field.name.as_str(), field.data_type)].into_iter().collect();
            let job = TableJob { rel: Rel::Scan(Scan { schema, ..scan.clone() }), checks: Vec::new() };
            let read = cx.engine.run(&job, &JobOptions { inputs: &[], origin: &|_| None, cancelled: cx.cancelled });
            if let Err(error) = read {
                found.push(format!("{error}; the first rows, which `check` looks at, were {}", field.data_type));
            }
        }
    }
    found
}
