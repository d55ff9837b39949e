//! Tables against what a test expects of them.

use std::collections::BTreeSet;

use tidemill_core::diagnostic::{Diagnostic, failure_of};
use tidemill_core::ids::TaskIx;
use tidemill_core::spec::{At, Expectation, ExpectationOf, Fixture, FixtureRow};
use tidemill_core::table::{PlainTable, Schema, TableRef, Value};
use tidemill_core::task::TaskFailure;

use super::compute::{Computed, table_of};
use super::difference::{Difference, DifferentRow, DiffersAs, Subject, TableDifference, align, same_rows};
use super::given::{file_table, unknown_column};
use super::scope::TestScope;
use super::{TestedPipeline, value};

/// What is wrong with the expectations of a test as far as the columns of its tables are known.
pub(super) fn check(pipeline: &TestedPipeline<'_>, scope: &TestScope<'_>) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for (tasks, expectation) in &scope.expected {
        let known = tasks.first().and_then(|ix| pipeline.columns[ix.index()].as_ref());
        if let (Some(schema), ExpectationOf::Table) = (known, expectation.of) {
            mistakes.extend(named_columns(expectation).filter_map(|column| unknown(expectation, column, schema)));
        }
    }
    mistakes
}

/// The columns that an expectation names.
fn named_columns(expectation: &Expectation) -> impl Iterator<Item = &At<String>> {
    let listed: &[FixtureRow] = match &expectation.rows {
        Some(Fixture::Rows(rows)) => rows,
        _ => &[],
    };
    let rows = listed.iter().chain(expectation.contains.iter().flatten());
    expectation.columns.iter().chain(rows.flatten().map(|(column, _)| column))
}

fn unknown(expectation: &Expectation, column: &At<String>, schema: &Schema) -> Option<Diagnostic> {
    let subject = match expectation.of {
        ExpectationOf::Table => expectation.task.value.clone(),
        ExpectationOf::Rejects => format!("rejects of {}", expectation.task.value),
    };
    (!schema.contains(column)).then(|| unknown_column(column, &subject, schema))
}

/// A row as texts, one for each column that is compared; None is NULL.
type TextRow = Vec<Option<String>>;

/// How the table of a task differs from what is expected of it.
///
/// # Errors
/// If that cannot be found out.
pub(super) fn compare(
    pipeline: &TestedPipeline<'_>,
    computed: &Computed,
    tasks: &[TaskIx],
    expectation: &Expectation,
) -> Result<Vec<Difference>, TaskFailure> {
    let table = subject_table(pipeline, computed, tasks, expectation)?;
    let mistakes: Vec<Diagnostic> =
        named_columns(expectation).filter_map(|column| unknown(expectation, column, &table.schema)).collect();
    if !mistakes.is_empty() {
        return Err(failure_of(&mistakes, pipeline.sources));
    }
    let mut found = Vec::new();
    if let Some(count) = expectation.count.as_ref().filter(|count| count.value != table.rows) {
        found.push(DiffersAs::Count { expected: count.value, found: table.rows });
    }
    if let Some(rows) = &expectation.rows {
        let (columns, expected) = expected_rows(pipeline, expectation, rows, &table)?;
        let plain = pipeline.engine.fetch(&table, Some(&columns), None)?;
        found.extend(Comparison { columns, expected, plain }.all());
    }
    if let Some(rows) = &expectation.contains {
        let columns = columns_of(expectation, rows);
        let expected = rows.iter().map(|row| text_row(row, &columns)).collect();
        let plain = pipeline.engine.fetch(&table, Some(&columns), None)?;
        found.extend(Comparison { columns, expected, plain }.among());
    }
    let subject = Subject::new(&expectation.task, expectation.of);
    Ok(found.into_iter().map(|differs| Difference { subject: subject.clone(), differs }).collect())
}

fn subject_table(
    pipeline: &TestedPipeline<'_>,
    computed: &Computed,
    tasks: &[TaskIx],
    expectation: &Expectation,
) -> Result<TableRef, TaskFailure> {
    match (expectation.of, tasks) {
        (ExpectationOf::Table, tasks) => table_of(pipeline, tasks, computed),
        (ExpectationOf::Rejects, [task]) => computed
            .rejects(*task)
            .cloned()
            .ok_or_else(|| TaskFailure::new(format!("`{}` can reject no rows", expectation.task.value))),
        (ExpectationOf::Rejects, several) => {
            let names: Vec<&str> = several.iter().map(|ix| pipeline.plan.task(*ix).name.as_str()).collect();
            let message = format!("`{}` has several tables of rejected rows", expectation.task.value);
            Err(TaskFailure { help: vec![format!("name one: {}", names.join(", "))], ..TaskFailure::new(message) })
        }
    }
}

/// The columns that are compared: those that are named, in the order in which they are.
fn columns_of(expectation: &Expectation, rows: &[FixtureRow]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let named = rows.iter().flatten().map(|(column, _)| &column.value);
    let wanted = expectation.columns.iter().map(|column| &column.value);
    let all: Vec<&String> = if expectation.columns.is_empty() { named.collect() } else { wanted.collect() };
    all.into_iter().filter(|name| seen.insert(*name)).cloned().collect()
}

fn text_row(row: &FixtureRow, columns: &[String]) -> TextRow {
    let cell = |name: &String| row.iter().find(|(column, _)| column.value == *name)?.1.value.clone();
    columns.iter().map(cell).collect()
}

/// The columns that are compared, and the rows that are expected.
fn expected_rows(
    pipeline: &TestedPipeline<'_>,
    expectation: &Expectation,
    rows: &Fixture,
    table: &TableRef,
) -> Result<(Vec<String>, Vec<TextRow>), TaskFailure> {
    let path = match rows {
        Fixture::Rows(rows) => {
            let columns = columns_of(expectation, rows);
            let rows = rows.iter().map(|row| text_row(row, &columns)).collect();
            return Ok((columns, rows));
        }
        Fixture::File(path) => path,
    };
    let file = file_table(pipeline, &expectation.task, &table.schema, path)?;
    let wanted = expectation.columns.iter().map(|column| column.value.clone());
    let columns: Vec<String> = if expectation.columns.is_empty() { file.columns } else { wanted.collect() };
    let plain = pipeline.engine.fetch(&file.table, Some(&columns), None)?;
    let rows = (0..plain.rows).map(|row| texts(&plain, &columns, row)).collect();
    Ok((columns, rows))
}

fn texts(table: &PlainTable, columns: &[String], row: usize) -> TextRow {
    let text = |value: Value| (value != Value::Null).then(|| value.to_string());
    columns.iter().map(|name| text(table.column(name)?.data.value(row))).collect()
}

/// Rows that are expected, and the table that there is.
struct Comparison {
    columns: Vec<String>,
    expected: Vec<TextRow>,
    plain: PlainTable,
}

impl Comparison {
    /// For each column, whether a row has what is expected.
    fn same_cells(&self, expected: usize, row: usize) -> Vec<bool> {
        let cells = self.columns.iter().zip(&self.expected[expected]);
        let is = |(name, text): (&String, &Option<String>)| {
            self.plain.column(name).is_some_and(|column| value::is(&column.data.value(row), text.as_deref()))
        };
        cells.map(is).collect()
    }

    fn is_same(&self, expected: usize, row: usize) -> bool {
        self.same_cells(expected, row).into_iter().all(|same| same)
    }

    /// All rows, in their order.
    fn all(&self) -> Option<DiffersAs> {
        let (expected, found) = (self.expected.len(), self.plain.rows);
        let same = |at: usize, row: usize| self.is_same(at, row);
        // Without a column there is nothing to compare but how many there are.
        if self.columns.is_empty() {
            let (expected, found) = (expected as u64, found as u64);
            return (expected != found).then_some(DiffersAs::Count { expected, found });
        }
        let different =
            |pair: &(Option<usize>, Option<usize>)| !matches!(pair, (Some(at), Some(row)) if same(*at, *row));
        let pairs: Vec<_> = align(expected, found, &same).into_iter().filter(different).collect();
        if pairs.is_empty() {
            return None;
        }
        if same_rows(expected, found, &same) {
            return Some(DiffersAs::Order);
        }
        let rows = pairs.into_iter().map(|(at, row)| self.row(at, row)).collect();
        Some(DiffersAs::Rows(self.differing(rows)))
    }

    /// Rows that must be somewhere, each of them another one.
    fn among(&self) -> Option<DiffersAs> {
        let mut free: Vec<usize> = (0..self.plain.rows).collect();
        let mut missing = Vec::new();
        for at in 0..self.expected.len() {
            match free.iter().position(|row| self.is_same(at, *row)) {
                Some(place) => _ = free.remove(place),
                None => missing.push(at),
            }
        }
        // Beside a row that is missing stands the one that is most like it.
        let like = |at: usize, row: &usize| self.same_cells(at, *row).iter().filter(|same| **same).count();
        let nearest = |at: usize| free.iter().rev().max_by_key(|row| like(at, row)).filter(|row| like(at, row) > 0);
        let rows: Vec<DifferentRow> = missing.into_iter().map(|at| self.row(Some(at), nearest(at).copied())).collect();
        (!rows.is_empty()).then(|| DiffersAs::Missing(self.differing(rows)))
    }

    fn differing(&self, rows: Vec<DifferentRow>) -> TableDifference {
        TableDifference {
            columns: self.columns.clone(),
            expected_rows: self.expected.len() as u64,
            found_rows: self.plain.rows as u64,
            rows,
        }
    }

    fn row(&self, expected: Option<usize>, row: Option<usize>) -> DifferentRow {
        DifferentRow {
            row: row.or(expected).map_or(0, |at| at as u64 + 1),
            expected: expected.map(|at| self.expected[at].clone()),
            found: row.map(|row| texts(&self.plain, &self.columns, row)),
            same: match (expected, row) {
                (Some(at), Some(row)) => self.same_cells(at, row),
                _ => vec![false; self.columns.len()],
            },
        }
    }
}
