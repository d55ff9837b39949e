//! A source that stays in its files: nothing of it is copied.

use tidemill_core::table::{Check, CheckKind, CheckResult, Rel, Schema};

use super::driver::drive;
use super::stages::{BatchSource, Pipeline};
use crate::check::Checking;
use crate::error::Outcome;
use crate::expr::{Notes, columns_of};
use crate::ops::batch::Batch;
use crate::ops::context::JobContext;
use crate::store::stored_table::{StoredTable, TableView};
use crate::store::table_handle::TableHandle;

/// The table of a source that stays where it is, and how its checks ended; none if it is to be read, as a small one is.
pub(crate) fn view(
    context: &mut JobContext<'_>,
    rel: &Rel,
    checks: &[Check],
) -> Outcome<Option<(TableHandle, Vec<CheckResult>)>> {
    let Rel::Scan(scan) = rel else { return Ok(None) };
    let options = context.options;
    let found = context.files.view(context.project, scan, options.cancelled)?;
    let is_large = |view: &dyn StoredTable| view.rows().saturating_mul(scan.schema.len()) > context.budget.view_cells;
    let Some((TableView(view), told)) = found.filter(|(view, _)| is_large(&*view.0)) else { return Ok(None) };
    context.count_in(scan.title(), view.rows());
    context.observed.warnings.extend(told);
    let mut checking = Checking::new(checks);
    if let Some(columns) = columns_looked_at(checks, &scan.schema, &*view) {
        let pipeline = Pipeline { source: BatchSource::File(view.clone(), columns), stages: vec![] };
        let look = |batch: Batch| Checking::look(checks, &batch, &scan.schema, options);
        drive(context, &pipeline, &Notes::default(), look, |seen| {
            checking.add(seen);
            Ok(())
        })?;
    }
    let table = TableHandle::OnDisk(view);
    let results = checking.finish(&table, options)?;
    Ok(Some((table, results)))
}

/// The columns that checks of single rows look at; none if there are no such checks.
fn columns_looked_at(checks: &[Check], schema: &Schema, view: &dyn StoredTable) -> Option<Vec<String>> {
    let mut columns = Vec::new();
    for check in checks {
        match &check.kind {
            CheckKind::NotNull(column) if view.has_no_nulls(column) => columns.push(column.clone()),
            // A row in which it is NULL is shown by its other columns.
            CheckKind::NotNull(_) => columns.extend(schema.names().map(str::to_owned)),
            CheckKind::RowsSatisfy { predicate, columns: shown } => {
                columns.extend(columns_of([predicate]).into_iter().chain(shown.iter().cloned()));
            }
            _ => {}
        }
    }
    let in_order: Vec<String> =
        schema.names().filter(|name| columns.iter().any(|column| column == name)).map(str::to_owned).collect();
    (!columns.is_empty()).then_some(in_order)
}
