//! Tables and queries of databases, as sources.

use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{Database, DatabaseSource};
use tidemill_core::table::{DataType, EngineError, Scan, Schema};

use super::files::SourceBatches;
use crate::arrays::plain::frame_of;

fn source_of(scan: &Scan) -> Result<DatabaseSource<'_>, EngineError> {
    match (&scan.table, &scan.query) {
        (_, Some(query)) => Ok(DatabaseSource::Query(query)),
        (Some(table), None) => Ok(DatabaseSource::Table(table)),
        (None, None) => Err(EngineError::Internal("a source of a database has neither table nor query".into())),
    }
}

/// The columns that tables can hold: as far as the statement says them, or as the values do.
pub(super) fn infer(
    database: &dyn Database,
    scan: &Scan,
    by_statement: bool,
    cancelled: &CancelToken,
) -> Result<Schema, EngineError> {
    let source = source_of(scan)?;
    let columns = match by_statement {
        true => database.describe(source, cancelled)?,
        false => database.infer(source, cancelled)?,
    };
    let mut schema = columns.schema;
    for wanted in scan.schema.fields() {
        let is_guess = columns.guessed.contains(&wanted.name);
        if schema.get(&wanted.name).is_some_and(|found| is_guess || holds(wanted.data_type, found)) {
            schema.set(&wanted.name, wanted.data_type);
        }
    }
    match columns.left_out.iter().find(|left_out| scan.schema.contains(&left_out.name)) {
        Some(left_out) => Err(EngineError::Source {
            path: scan.files.first().map(ToString::to_string).unwrap_or_default(),
            line: None,
            message: format!("column `{}` is of type {}, which tables cannot hold", left_out.name, left_out.data_type),
            help: Some(left_out.help.clone()),
            part: None,
        }),
        None => Ok(schema),
    }
}

/// Whether a decimal that is wanted holds every value of the one that was found.
fn holds(wanted: DataType, found: DataType) -> bool {
    let DataType::Decimal { precision: wanted, scale: wanted_scale } = wanted else { return false };
    let DataType::Decimal { precision, scale } = found else { return false };
    wanted_scale >= scale && wanted - wanted_scale >= precision.saturating_sub(scale)
}

/// The rows, as frames of exactly the columns and types of the scan's schema.
pub(super) fn batches(
    database: &dyn Database,
    scan: &Scan,
    cancelled: &CancelToken,
) -> Result<SourceBatches, EngineError> {
    let rows = database.read(source_of(scan)?, &scan.schema, cancelled)?;
    Ok(Box::new(rows.map(|batch| frame_of(batch?))))
}

/// Which columns are left out.
pub(super) fn remarks(
    database: &dyn Database,
    scan: &Scan,
    cancelled: &CancelToken,
) -> Result<Vec<String>, EngineError> {
    if scan.is_selection {
        return Ok(Vec::new());
    }
    let shown = scan.files.first().map(ToString::to_string).unwrap_or_default();
    let columns = database.describe(source_of(scan)?, cancelled)?;
    let left_out = columns.left_out.into_iter().map(|column| {
        let (name, data_type, help) = (column.name, column.data_type, column.help);
        format!("{shown}: column `{name}` is left out: it is of type {data_type}, which tables cannot hold; {help}")
    });
    Ok(left_out.collect())
}
