//! The rows of a task's table that do not pass its checks.

use std::collections::BTreeMap;

use tidemill_core::attempt::CancelToken;
use tidemill_core::diagnostic::failure_of;
use tidemill_core::table::{
    AggCall, CheckKind, CmpOp, DataType, Expr, ExprKind, JobOptions, JoinKind, JoinStep, PlainTable, Rel, Schema,
    TableEngine, TableJob, TableRef, Value, WindowCall, WindowFrame, WindowFunc,
};
use tidemill_core::task::CheckContext;
use tidemill_runner::project::Project;

use crate::commands::cached_tables::CachedTables;
use crate::commands::stored_table::engine_failure;
use crate::failure::Failure;

/// How often a key occurs; no name in a pipeline holds a control character.
const TIMES: &str = "\u{1}times";
/// The other table's column.
const THERE: &str = "\u{1}there";

/// The rows that do not pass one check.
pub struct FailedRows {
    /// The check's name.
    pub check: String,
    /// How many there are.
    pub rows: u64,
    /// The first of them.
    pub head: PlainTable,
}

/// Computes the task's table from the tables in the cache before it, and finds the rows that do not pass: of each check the
/// first `number`. A check of the number of rows has none.
pub fn of(project: &Project, engine: &dyn TableEngine, task: &str, number: u64) -> Result<Vec<FailedRows>, Failure> {
    let Some(ix) = project.plan.find(task) else {
        return Err(Failure::wrong(format!("there is no task `{task}`")).help("`tidemill graph` shows the tasks"));
    };
    let mut tables = CachedTables::open(project, engine)?;
    let mut inputs = tables.inputs(project, ix, |_| true).map_err(Failure::wrong)?;
    let known: BTreeMap<String, Option<Schema>> =
        inputs.iter().map(|(name, table)| (name.clone(), Some(table.schema.clone()))).collect();
    let cx = CheckContext::new(engine, &project.sources, &project.spec.project, &project.plan.storages)
        .tables(&known)
        .whole_sources();
    let planned = &project.plan.task(ix).task;
    let job = planned.job(&cx).map_err(|mistakes| Failure::broken(failure_of(&mistakes, &project.sources).message))?;
    let Some(TableJob { rel, checks }) = job.filter(|job| !job.checks.is_empty()) else {
        return Err(
            Failure::wrong(format!("`{task}` has no checks")).help("`checks:` states what must hold of its table")
        );
    };
    let table = run(engine, rel, &inputs)?;
    let name = task.to_owned();
    let schema = table.schema.clone();
    inputs.push((name.clone(), table));
    let mut broken = Vec::new();
    for check in checks {
        let input = Rel::Input { task: name.clone(), schema: schema.clone() };
        let Some(rel) = failing(check.kind, input, &schema, &known) else { continue };
        let found = run(engine, rel, &inputs)?;
        if found.rows > 0 {
            let head = engine.fetch(&found, None, Some(number)).map_err(engine_failure)?;
            broken.push(FailedRows { check: check.name, rows: found.rows, head });
        }
    }
    Ok(broken)
}

fn run(engine: &dyn TableEngine, rel: Rel, inputs: &[(String, TableRef)]) -> Result<TableRef, Failure> {
    let never = CancelToken::new();
    let options = JobOptions { inputs, origin: &|_| None, cancelled: &never };
    let report = engine.run(&TableJob { rel, checks: Vec::new() }, &options).map_err(engine_failure)?;
    report.table.ok_or_else(|| Failure::broken("the engine made no table".to_owned()))
}

/// The rows that do not pass; none where a check speaks of no rows.
fn failing(kind: CheckKind, input: Rel, schema: &Schema, others: &BTreeMap<String, Option<Schema>>) -> Option<Rel> {
    let column = |name: &str| Some(Expr::column(name, schema.get(name)?));
    Some(match kind {
        CheckKind::NotNull(name) => filtered(input, is_null(column(&name)?, false)),
        CheckKind::RowsSatisfy { predicate, .. } => filtered(input, bool_of(ExprKind::Not(Box::new(predicate)))),
        CheckKind::Unique(names) => {
            let keys = names.iter().map(|name| column(name)).collect::<Option<Vec<_>>>()?;
            repeated(input, schema, keys)
        }
        CheckKind::Relationship { column: name, task, other } => {
            let there = others.get(&task)?.clone()?;
            unrelated(input, column(&name)?, Rel::Input { task, schema: there.clone() }, (&other, there.get(&other)?))
        }
        CheckKind::RowCount { .. } | CheckKind::Newest { .. } => return None,
    })
}

fn bool_of(kind: ExprKind) -> Expr {
    Expr { kind, data_type: DataType::Bool }
}

fn is_null(operand: Expr, negated: bool) -> Expr {
    bool_of(ExprKind::IsNull { operand: Box::new(operand), negated })
}

fn filtered(input: Rel, predicate: Expr) -> Rel {
    Rel::Filter { input: Box::new(input), predicate, account: None }
}

/// The rows whose keys another row has; a row with a NULL among them equals none.
fn repeated(input: Rel, schema: &Schema, keys: Vec<Expr>) -> Rel {
    let known = keys.iter().cloned().fold(input, |rel, key| filtered(rel, is_null(key, true)));
    let count = AggCall::rows();
    let times = WindowCall {
        func: WindowFunc::Agg(count),
        partition_by: keys,
        order_by: Vec::new(),
        frame: WindowFrame::PARTITION,
        data_type: DataType::Int,
    };
    let counted = Rel::Window { input: Box::new(known), columns: vec![(TIMES.to_owned(), times)] };
    let once = Box::new(Expr::literal(Value::Int(1)));
    let often = ExprKind::Compare(CmpOp::Gt, Box::new(Expr::column(TIMES, DataType::Int)), once);
    let columns = schema.fields().iter().map(|field| (field.name.clone(), Expr::column(&field.name, field.data_type)));
    Rel::Project { input: Box::new(filtered(counted, bool_of(often))), columns: columns.collect() }
}

/// The rows whose value the other column does not have; NULL passes.
fn unrelated(input: Rel, here: Expr, right: Rel, (other, data_type): (&str, DataType)) -> Rel {
    let common = match (here.data_type, data_type) {
        (here, there) if here == there => here,
        (here, there) if here.is_numeric() && there.is_numeric() => DataType::Float,
        _ => DataType::String,
    };
    let left = filtered(input, is_null(here.clone(), true));
    let there = vec![(THERE.to_owned(), Expr::column(other, data_type).cast(common))];
    let right = Rel::Project { input: Box::new(right), columns: there };
    Rel::Join(Box::new(JoinStep {
        left,
        right,
        kind: JoinKind::Anti,
        on: vec![(here.cast(common), Expr::column(THERE, common))],
        condition: None,
        expect: None,
        diagnose: None,
    }))
}
