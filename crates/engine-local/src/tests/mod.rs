//! Jobs built by hand over small tables, and what must come of them.

mod aggregates;
mod checks;
mod conversions;
mod expressions;
mod functions;
mod joins;
mod objects;
mod oracle;
mod ordered_oracle;
mod postgres;
mod rewritten;
mod steps;
mod windows;

use std::path::Path;
use tidemill_core::attempt::CancelToken;

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::*;

use crate::arrays::types;
use crate::engine::LocalEngine;
use crate::io::files::Files;
use crate::store::output_table::OutputTable;
use crate::store::table_handle::in_memory;

pub const D2: DataType = DataType::Decimal { precision: 18, scale: 2 };

/// Files that give one table for every scan, whose lines are those of a CSV file with a header.
pub struct OneFile(pub DataFrame);

impl Files for OneFile {
    fn rows_are_lines(&self, _: &Scan) -> bool {
        true
    }

    fn infer(&self, _: &Path, _: &Scan, _: Option<usize>, _: &CancelToken) -> Result<Schema, EngineError> {
        types::schema_of(&self.0)
    }

    fn read(&self, _: &Path, _: &Scan, _: &CancelToken) -> Result<(DataFrame, Vec<String>), EngineError> {
        Ok((self.0.clone(), Vec::new()))
    }

    fn places(&self, _: &Path, scan: &Scan, rows: &[u64], _: &CancelToken) -> Result<Vec<(String, u64)>, EngineError> {
        Ok(rows.iter().map(|row| (scan.files[0].to_string(), row + 2)).collect())
    }

    fn write(&self, _: &OutputTable, sink: &Sink, _: &Path) -> Result<Written, EngineError> {
        Err(EngineError::Sink { path: sink.path.to_string(), message: "nothing is written here".to_owned() })
    }
}

/// A column of that type from values written as they print; `-` is NULL.
pub fn column_of(data_type: DataType, cells: &[&str]) -> Series {
    let texts: Vec<Option<&str>> = cells.iter().map(|cell| (*cell != "-").then_some(*cell)).collect();
    let texts: Series = polars::prelude::NamedFrom::new("".into(), texts);
    crate::expr::cast(&texts, data_type, &|row| row as u64 + 1).unwrap()
}

/// A table from `name: type` and its cells, split at blanks.
pub fn table(columns: &[(&str, DataType, &str)]) -> DataFrame {
    let columns = columns
        .iter()
        .map(|(name, data_type, cells)| {
            let cells: Vec<&str> = cells.split_whitespace().collect();
            column_of(*data_type, &cells).with_name((*name).into()).into()
        })
        .collect();
    DataFrame::new_infer_height(columns).unwrap()
}

pub fn input(task: &str, frame: &DataFrame) -> Rel {
    Rel::Input { task: task.to_owned(), schema: types::schema_of(frame).unwrap() }
}

pub fn engine() -> LocalEngine {
    LocalEngine::with_files("/nowhere", Box::new(OneFile(DataFrame::empty())))
}

pub fn run_job(job: &TableJob, inputs: &[(&str, &DataFrame)]) -> Result<TableReport, EngineError> {
    let inputs: Vec<(String, TableRef)> =
        inputs.iter().map(|(name, frame)| ((*name).to_owned(), in_memory((*frame).clone()).unwrap())).collect();
    engine().run(job, &JobOptions { inputs: &inputs, origin: &|_| None, cancelled: &CancelToken::new() })
}

pub fn try_run(rel: Rel, inputs: &[(&str, &DataFrame)]) -> Result<TableReport, EngineError> {
    run_job(&TableJob { rel, checks: vec![] }, inputs)
}

pub fn run(rel: Rel, inputs: &[(&str, &DataFrame)]) -> TableReport {
    let schema = rel.schema();
    let report = try_run(rel, inputs).unwrap();
    assert_eq!(report.table.as_ref().unwrap().schema, schema, "the result has the columns that the relation says");
    report
}

/// The rows as text, cells split by blanks, NULL as `-`.
pub fn rows(table: &TableRef) -> Vec<String> {
    let plain = engine().fetch(table, None, None).unwrap();
    (0..plain.rows)
        .map(|row| {
            let cells: Vec<String> = plain
                .columns
                .iter()
                .map(|column| match column.data.value(row) {
                    Value::Null => "-".to_owned(),
                    other => other.to_string(),
                })
                .collect();
            cells.join(" ")
        })
        .collect()
}

/// The result's rows as text.
pub fn result(rel: Rel, inputs: &[(&str, &DataFrame)]) -> Vec<String> {
    rows(run(rel, inputs).table.as_ref().unwrap())
}

pub fn message<T>(result: Result<T, EngineError>) -> String {
    match result {
        Ok(_) => panic!("it should have failed"),
        Err(error) => error.to_string(),
    }
}

pub fn col(name: &str, data_type: DataType) -> Expr {
    Expr::column(name, data_type)
}

pub fn int(value: i64) -> Expr {
    Expr::literal(Value::Int(value))
}

pub fn text(value: &str) -> Expr {
    Expr::literal(Value::String(value.to_owned()))
}

pub fn null() -> Expr {
    Expr::literal(Value::Null)
}

pub fn arith(op: ArithOp, left: Expr, right: Expr, data_type: DataType) -> Expr {
    Expr { kind: ExprKind::Arith(op, Box::new(left), Box::new(right)), data_type }
}

pub fn compare(op: CmpOp, left: Expr, right: Expr) -> Expr {
    Expr { kind: ExprKind::Compare(op, Box::new(left), Box::new(right)), data_type: DataType::Bool }
}

pub fn call(function: Function, args: Vec<Expr>, data_type: DataType) -> Expr {
    Expr { kind: ExprKind::Call(function, args), data_type }
}

pub fn agg(func: AggFunc, args: Vec<Expr>, data_type: DataType) -> AggCall {
    AggCall::new(func, args, data_type)
}

pub fn ascending(expr: Expr) -> SortKey {
    SortKey { expr, descending: false, nulls_first: false }
}

pub fn descending(expr: Expr) -> SortKey {
    SortKey { expr, descending: true, nulls_first: false }
}

/// The value of an expression over each row of a table.
pub fn values(frame: &DataFrame, expr: Expr) -> Vec<String> {
    result(project(frame, expr), &[("t", frame)])
}

pub fn project(frame: &DataFrame, expr: Expr) -> Rel {
    Rel::Project { input: Box::new(input("t", frame)), columns: vec![("x".to_owned(), expr)] }
}
