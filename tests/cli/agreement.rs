//! Random pipelines, read, checked and computed as in a run, against what SQLite makes of them.
//!
//! `TIDEMILL_ORACLE_SEED` chooses other cases than those of every build, `TIDEMILL_ORACLE_CASES` how many.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tidemill_core::attempt::CancelToken;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tidemill_core::diagnostic::Diagnostics;
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{self, CheckOptions, Plan};
use tidemill_core::spec::{self, LoadOptions};
use tidemill_core::table::{PlainTable, Scan, TableEngine, TableRef, TableReport, Value};
use tidemill_core::task::{EdgeKind, Origins, OutputLog, RunContext, TaskResult};
use tidemill_engine_local::{FormatCodecs, LocalEngine};

use crate::oracle::{Case, Expected, Table, numbers};
use tidemill_runner::project::run_by_hand;

/// Cases in every build.
const CASES: u32 = 2_000;
/// Threads that share them; each is a test of its own, so that all cores have something to do.
const SHARES: u32 = 4;

#[test]
fn the_first_quarter_of_random_pipelines_agrees() {
    agree(0);
}

#[test]
fn the_second_quarter_of_random_pipelines_agrees() {
    agree(1);
}

#[test]
fn the_third_quarter_of_random_pipelines_agrees() {
    agree(2);
}

#[test]
fn the_last_quarter_of_random_pipelines_agrees() {
    agree(3);
}

fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn agree(share: u32) {
    let seed = setting("TIDEMILL_ORACLE_SEED", 2024);
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    bytes[4..8].copy_from_slice(&share.to_le_bytes());
    let config = Config {
        cases: setting("TIDEMILL_ORACLE_CASES", CASES) / SHARES,
        failure_persistence: None,
        max_shrink_iters: 1_500,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(&numbers(), |numbers| {
        let case = Case::of(numbers, "");
        difference(&case).map_or(Ok(()), |difference| Err(TestCaseError::fail(difference)))
    });
    if let Err(TestError::Fail(difference, numbers)) = result {
        let case = Case::of(numbers, "");
        let files: Vec<String> = case
            .files
            .iter()
            .map(|(path, content)| format!("── {path}\n{}", String::from_utf8_lossy(content)))
            .collect();
        panic!("TIDEMILL_ORACLE_SEED={seed}: {difference}\n{}\n{}", text_of(&case), files.join("\n"));
    } else {
        result.expect("no case is given up");
    }
}

/// The whole pipeline file of a case.
fn text_of(case: &Case) -> String {
    format!("version: 1\nname: oracle\ntasks:\n{}", case.yaml)
}

/// The first thing in which the pipeline and SQLite differ.
fn difference(case: &Case) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in &case.files {
        std::fs::write(folder.path().join(path), content).expect("a file");
    }
    std::fs::write(folder.path().join("pipeline.yaml"), text_of(case)).expect("a file");
    let mut pipeline = match Pipeline::open(folder.path()) {
        Ok(pipeline) => pipeline,
        Err(mistakes) => return Some(format!("the pipeline is refused: {mistakes}")),
    };
    case.expected.iter().find_map(|(task, expected)| match (pipeline.compute(task), expected) {
        (Err(_), Expected::Failure) => None,
        (Ok(_), Expected::Failure) => Some(format!("{task} should fail")),
        (Err(error), Expected::Table(_)) => Some(format!("{task} fails: {error}")),
        (Ok(report), Expected::Table(table)) => {
            let found = pipeline.rows(&report);
            let differs = compare(&found, table, &report).or_else(|| unaccounted(&report));
            differs.map(|differs| format!("{task}: {differs}"))
        }
    })
}

fn compare(found: &PlainTable, expected: &Table, report: &TableReport) -> Option<String> {
    let schema = report.table.as_ref().map(|table| table.schema.clone()).unwrap_or_default();
    let columns: Vec<_> = schema.fields().iter().map(|field| (field.name.clone(), field.data_type)).collect();
    if columns != expected.columns {
        return Some(format!("the columns are {columns:?} and should be {:?}", expected.columns));
    }
    if found.rows != expected.rows.len() {
        return Some(format!("there are {} rows and should be {}: {found:?}", found.rows, expected.rows.len()));
    }
    for (number, row) in expected.rows.iter().enumerate() {
        for ((name, _), (column, value)) in expected.columns.iter().zip(found.columns.iter().zip(row)) {
            let is = column.data.value(number);
            if !same(&is, value) {
                return Some(format!("row {number}, column {name} is {is:?} and should be {value:?}"));
            }
        }
    }
    let mut rejected: Vec<_> = report.account.rejected.iter().map(|one| (one.reason.clone(), one.rows)).collect();
    rejected.sort();
    (rejected != expected.rejected).then(|| format!("rejected are {rejected:?} and should be {:?}", expected.rejected))
}

/// SQLite does not keep the sign of zero.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a == b,
        (a, b) => a == b,
    }
}

/// Rows that came in and whose fate the report does not tell.
fn unaccounted(report: &TableReport) -> Option<String> {
    let [only] = report.account.rows_in.as_slice() else { return None };
    let gone: u64 = report
        .account
        .rejected
        .iter()
        .map(|one| one.rows)
        .chain(report.account.dropped.iter().map(|one| one.rows))
        .sum();
    let rejects = report.rejects.as_ref().map_or(0, |table| table.rows);
    let told: u64 = report.account.rejected.iter().map(|one| one.rows).sum();
    if rejects != told {
        return Some(format!("{told} rows are rejected, and the table of rejects has {rejects}"));
    }
    let is_chain = report.rejects.is_some();
    let rows = report.account.rows?;
    (is_chain && only.rows != rows + gone)
        .then(|| format!("{} rows came in, {} went out, and only {gone} are accounted for", only.rows, rows))
}

/// A pipeline whose tasks are computed one by one.
struct Pipeline {
    plan: Plan,
    sources: tidemill_core::diagnostic::SourceMap,
    engine: Arc<dyn TableEngine>,
    tables: BTreeMap<String, TableRef>,
}

impl Pipeline {
    fn open(folder: &Path) -> Result<Self, String> {
        let types = tidemill_tasks::all().with_formats(FormatCodecs::all().formats());
        let loaded = spec::load(
            &LoadOptions {
                folder: folder.to_path_buf(),
                file: folder.join("pipeline.yaml"),
                profile: None,
                engine: None,
                params: Vec::new(),
                params_file: None,
                environment: BTreeMap::new(),
                run: run_by_hand(jiff::Timestamp::UNIX_EPOCH, &jiff::tz::TimeZone::UTC),
                texts: std::sync::Arc::default(),
            },
            &types,
        );
        let mut mistakes = loaded.diagnostics;
        let engine: Arc<dyn TableEngine> = Arc::new(LocalEngine::new(folder));
        let plan = loaded
            .spec
            .map(Arc::new)
            .and_then(|spec| plan::build(&spec, &spec.tasks, &loaded.sources, &types, &mut mistakes));
        if let Some(plan) = &plan {
            let options =
                CheckOptions { engine: &*engine, sources: &loaded.sources, outer: &BTreeMap::new(), offline: None };
            plan::check_columns(plan, &options, &mut mistakes);
        }
        match (plan, mistakes.has_errors()) {
            (Some(plan), false) => Ok(Self { plan, sources: loaded.sources, engine, tables: BTreeMap::new() }),
            _ => Err(told(mistakes, &loaded.sources)),
        }
    }

    fn compute(&mut self, task: &str) -> Result<TableReport, String> {
        let ix = self.plan.find(task).expect("the case has the task");
        let planned = self.plan.task(ix);
        let needs = planned.needs.iter().filter(|need| need.what == EdgeKind::Table);
        let mut tables: Vec<(String, TableRef)> =
            needs.map(|need| (need.named.clone(), self.tables[&need.named].clone())).collect();
        tables.dedup_by(|a, b| a.0 == b.0);
        let result = self.run(ix, &tables).map_err(|failure| failure.to_string())?;
        let report = result.table.ok_or("no table")?;
        self.tables.insert(task.to_owned(), report.table.clone().ok_or("no table")?);
        Ok(report)
    }

    fn run(&self, ix: TaskIx, tables: &[(String, TableRef)]) -> Result<TaskResult, tidemill_core::task::TaskFailure> {
        let planned = self.plan.task(ix);
        let no = CancelToken::new();
        planned.task.run(&RunContext {
            task: &planned.name,
            attempt: 1,
            engine: &self.engine,
            sources: &self.sources,
            project: &self.plan.spec.project,
            storages: &self.plan.storages,
            tables,
            origins: &NoOrigins,
            upstream: &BTreeMap::new(),
            run: &run_by_hand(jiff::Timestamp::UNIX_EPOCH, &jiff::tz::TimeZone::UTC),
            trace: None,
            secrets: &BTreeMap::new(),
            scratch: &self.plan.spec.project,
            stage: &|path| path.as_str().into(),
            places: &std::sync::Arc::default(),
            effect: "",
            failed: &[],
            retry: "",
            begin_effect: &|| Ok(()),
            log: &|_, _| {},
            output: &NoOutput,
            cancelled: &no,
            killed: &no,
            deadline: None,
        })
    }

    fn rows(&self, report: &TableReport) -> PlainTable {
        let table = report.table.as_ref().expect("a table task makes a table");
        self.engine.fetch(table, None, None).expect("a table in memory")
    }
}

fn told(mistakes: Diagnostics, sources: &tidemill_core::diagnostic::SourceMap) -> String {
    let lines = mistakes.into_sorted(sources).into_iter().map(|mistake| mistake.message);
    lines.collect::<Vec<_>>().join("\n")
}

/// Nothing is known of what lies behind a table.
struct NoOrigins;

impl Origins for NoOrigins {
    fn of(&self, _: &str) -> Option<Scan> {
        None
    }

    fn all(&self) -> Vec<Scan> {
        Vec::new()
    }
}

/// No task of the oracle writes anything.
struct NoOutput;

impl OutputLog for NoOutput {
    fn write(&self, _: &[u8]) {}

    fn end(&self) -> Vec<String> {
        Vec::new()
    }
}
