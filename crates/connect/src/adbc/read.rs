//! Reading rows: batch by batch, as the driver brings them.

use adbc_core::Statement;
use adbc_core::error::{Error, Status};
use adbc_driver_manager::{ManagedConnection, ManagedStatement};
use arrow_array::RecordBatch;
use arrow_array::RecordBatchReader;
use arrow_schema::{ArrowError, SchemaRef};
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind, DatabaseColumns};
use tidemill_core::diagnostic::nearest;
use tidemill_core::table::{Field, PlainColumn, PlainTable, Schema};

use super::query::Query;
use super::session::{Session, Shared, Stopper};
use super::snapshot::Lent;
use super::{column_type, decode, error};

/// Rows as they come. The fields are dropped in this order: what comes of a connection goes before it.
pub(super) struct Rows {
    waiting: Option<RecordBatch>,
    reader: Option<Box<dyn RecordBatchReader + Send>>,
    _stopper: Stopper,
    _statement: ManagedStatement,
    _lent: Lent,
    session: Shared,
    schema: Schema,
    /// Where each of its columns is in a batch.
    places: Vec<usize>,
    cancelled: CancelToken,
    read: usize,
    is_begun: bool,
}

/// Begins to read.
///
/// # Errors
/// If the database refuses, or a column is not there.
pub(super) fn rows(
    session: &Shared,
    mut lent: Lent,
    query: &Query,
    schema: &Schema,
    cancelled: &CancelToken,
) -> Result<Rows, ConnectionError> {
    let mut statement = session.statement(lent.connection(), query)?;
    let stopper = Stopper::of(&statement, cancelled);
    if cancelled.is_cancelled() {
        return Err(error::cancelled(&session.settings));
    }
    let reader = statement.execute();
    let reader = reader.map_err(|error| told(session, cancelled, session.fault(&error)))?;
    let places = places(session, &reader.schema(), schema)?;
    let mut rows = Rows {
        waiting: None,
        reader: Some(reader),
        _stopper: stopper,
        _statement: statement,
        _lent: lent,
        session: Shared::clone(session),
        schema: schema.clone(),
        places,
        cancelled: cancelled.clone(),
        read: 0,
        is_begun: false,
    };
    // What is wrong with the query mostly shows with the first rows.
    rows.waiting = rows.batch().transpose()?;
    Ok(rows)
}

/// An error, or that the work was cancelled, which was why.
fn told(session: &Session, cancelled: &CancelToken, error: ConnectionError) -> ConnectionError {
    if cancelled.is_cancelled() { error::cancelled(&session.settings) } else { error }
}

fn places(session: &Session, found: &SchemaRef, schema: &Schema) -> Result<Vec<usize>, ConnectionError> {
    let place = |name: &str| {
        // The last of a name is the one, as in what the columns are said to be.
        found.fields().iter().rposition(|field| field.name() == name).ok_or_else(|| {
            let wrong =
                ConnectionError::new(Kind::Missing, &session.settings.name, format!("has no column `{name}` there"));
            match nearest(name, found.fields().iter().map(|field| field.name().as_str())) {
                Some(near) => wrong.help(format!("did you mean `{near}`?")),
                None => wrong,
            }
        })
    };
    schema.names().map(place).collect()
}

/// An error that came with the rows.
fn of_batch(session: &Session, error: &ArrowError) -> ConnectionError {
    let text = error.to_string();
    let text = text.trim_start_matches("C Data interface error: ");
    session.fault(&Error::with_message_and_status(text, Status::InvalidData))
}

/// A batch as a table of those columns, which are at those places; `before` rows came before.
fn table(
    session: &Session,
    batch: &RecordBatch,
    schema: &Schema,
    places: &[usize],
    before: usize,
) -> Result<PlainTable, ConnectionError> {
    let column = |(field, place): (&Field, &usize)| {
        let data = decode::column(batch.column(*place), field.data_type).map_err(|fault| {
            let (row, name) = (before + fault.row + 1, &field.name);
            let message = format!("has in column `{name}`, row {row}, {}", fault.what);
            ConnectionError::new(Kind::Value, &session.settings.name, message).help(fault.help)
        })?;
        Ok(PlainColumn { name: field.name.clone(), data })
    };
    let columns = schema.fields().iter().zip(places).map(column).collect::<Result<_, _>>()?;
    Ok(PlainTable { columns, rows: batch.num_rows() })
}

impl Rows {
    fn batch(&mut self) -> Option<Result<RecordBatch, ConnectionError>> {
        let batch = self.reader.as_mut()?.next()?;
        Some(batch.map_err(|error| told(&self.session, &self.cancelled, of_batch(&self.session, &error))))
    }

    fn table(&mut self, batch: &RecordBatch) -> Result<PlainTable, ConnectionError> {
        let table = table(&self.session, batch, &self.schema, &self.places, self.read)?;
        self.read += batch.num_rows();
        Ok(table)
    }
}

impl Iterator for Rows {
    type Item = Result<PlainTable, ConnectionError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cancelled.is_cancelled() {
            return self.reader.take().map(|_| Err(error::cancelled(&self.session.settings)));
        }
        let schema = self.reader.as_ref()?.schema();
        let batch = match self.waiting.take().map(Ok).or_else(|| self.batch()) {
            Some(batch) => batch,
            None if !self.is_begun => Ok(RecordBatch::new_empty(schema)),
            None => {
                self.reader = None;
                return None;
            }
        };
        self.is_begun = true;
        let table = batch.and_then(|batch| self.table(&batch));
        if table.is_err() {
            self.reader = None;
        }
        Some(table)
    }
}

/// The columns of a query.
///
/// # Errors
/// If the database refuses.
pub(super) fn columns(
    session: &Session,
    connection: &mut ManagedConnection,
    query: &Query,
    cancelled: &CancelToken,
) -> Result<DatabaseColumns, ConnectionError> {
    let mut statement = session.statement(connection, query)?;
    let prepared = statement.execute_schema();
    drop(statement);
    if let Ok(schema) = prepared {
        return Ok(column_type::columns(&session.settings, &schema));
    }
    // SQLite's columns have the types of their values, so it must be asked for some.
    let query = if session.settings.is_for("sqlite") { query } else { &query.of_no_rows() };
    let mut statement = session.statement(connection, query)?;
    let _stopper = Stopper::of(&statement, cancelled);
    let reader = statement.execute();
    let reader = reader.map_err(|error| told(session, cancelled, session.fault(&error)))?;
    Ok(column_type::columns(&session.settings, &reader.schema()))
}

/// All rows of a query that has few, as texts.
///
/// # Errors
/// If the database refuses, or a value cannot be text.
pub(super) fn few(
    session: &Session,
    connection: &mut ManagedConnection,
    query: &Query,
    cancelled: &CancelToken,
) -> Result<Vec<Vec<String>>, ConnectionError> {
    let mut statement = session.statement(connection, query)?;
    let _stopper = Stopper::of(&statement, cancelled);
    let reader = statement.execute().map_err(|error| told(session, cancelled, session.fault(&error)))?;
    let columns = column_type::columns(&session.settings, &reader.schema());
    if let Some(column) = columns.left_out.first() {
        let message = format!("has in `{}` a {}, which is no value to compare", column.name, column.data_type);
        return Err(ConnectionError::new(Kind::Query, &session.settings.name, message).help(column.help.clone()));
    }
    let places = places(session, &reader.schema(), &columns.schema)?;
    let mut all = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| told(session, cancelled, of_batch(session, &error)))?;
        let table = table(session, &batch, &columns.schema, &places, 0)?;
        let row = |row: usize| table.columns.iter().map(|column| column.data.value(row).to_string()).collect();
        all.extend((0..table.rows).map(row));
    }
    Ok(all)
}
