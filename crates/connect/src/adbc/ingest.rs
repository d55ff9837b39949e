//! Bringing rows into a table: they flow to the driver as it takes them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use adbc_core::options::{IngestMode, OptionStatement, OptionValue};
use adbc_core::{Connection, Optionable, Statement};
use adbc_driver_manager::{ManagedConnection, ManagedStatement};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind, DatabaseTable, DatabaseWrite};

use super::session::{Session, Stopper};
use super::{encode, error};

/// Batches that are ready before the driver takes them.
const READY: usize = 2;

/// Where rows go.
pub(super) enum Into<'a> {
    /// Into a table that is there.
    Target(&'a DatabaseTable),
    /// Into one that only this connection sees, which is made.
    Waiting(&'a str),
}

/// Brings rows into a table; how many comes back.
///
/// # Errors
/// If the driver cannot do that or the database refuses, a value does not fit, or the work is cancelled.
pub(super) fn ingest(
    session: &Session,
    connection: &mut ManagedConnection,
    into: &Into<'_>,
    schema: &SchemaRef,
    write: &mut DatabaseWrite<'_>,
    cancelled: &CancelToken,
) -> Result<u64, ConnectionError> {
    let mut statement = statement(session, connection, into)?;
    let (sender, receiver) = sync_channel(READY);
    statement
        .bind_stream(Box::new(Batches { schema: schema.clone(), receiver }))
        .map_err(|error| session.fault(&error))?;
    let _stopper = Stopper::of(&statement, cancelled);
    let (sent, taken) = thread::scope(|scope| {
        let taking = scope.spawn(move || {
            let taken = statement.execute_update();
            // With the statement goes the receiver: who still sends stops then.
            drop(statement);
            taken
        });
        let sent = send(session, &sender, schema, write, cancelled);
        if sent.is_err() {
            // The driver must not take the end for the end of all rows. It may have ended before: then nobody listens.
            let _ = sender.send(Err(ArrowError::ExternalError("the rows broke off".into())));
        }
        drop(sender);
        (sent, taking.join())
    });
    let taken = taken.map_err(|_| {
        ConnectionError::new(Kind::Query, &session.settings.name, "has a driver that failed without an error")
    })?;
    match (sent, taken) {
        _ if cancelled.is_cancelled() => Err(error::cancelled(&session.settings)),
        (Err(Some(error)), _) => Err(error),
        (_, Err(error)) => Err(session.fault(&error)),
        (Ok(rows), Ok(_)) => Ok(rows),
        (Err(None), Ok(_)) => {
            let message = "has a driver that took some of the rows and left the others";
            Err(ConnectionError::new(Kind::Query, &session.settings.name, message))
        }
    }
}

fn statement(
    session: &Session,
    connection: &mut ManagedConnection,
    into: &Into<'_>,
) -> Result<ManagedStatement, ConnectionError> {
    let text = |text: &str| OptionValue::String(text.to_owned());
    let (name, mode) = match into {
        Into::Target(table) => (table.name.as_str(), IngestMode::Append),
        Into::Waiting(name) => (*name, IngestMode::Create),
    };
    let mut options = vec![(OptionStatement::TargetTable, text(name)), (OptionStatement::IngestMode, mode.into())];
    match into {
        Into::Target(table) => {
            let mut parts = table.schema.iter().flat_map(|schema| schema.rsplitn(2, '.'));
            options.extend(parts.next().map(|schema| (OptionStatement::TargetDbSchema, text(schema))));
            options.extend(parts.next().map(|catalog| (OptionStatement::TargetCatalog, text(catalog))));
        }
        Into::Waiting(_) => options.push((OptionStatement::Temporary, text("true"))),
    }
    let mut statement = connection.new_statement().map_err(|error| session.fault(&error))?;
    for (name, value) in options {
        statement.set_option(name, value).map_err(|error| session.fault(&error))?;
    }
    Ok(statement)
}

/// Sends all rows; an error of None if the driver takes no more.
fn send(
    session: &Session,
    sender: &SyncSender<Result<RecordBatch, ArrowError>>,
    schema: &SchemaRef,
    write: &mut DatabaseWrite<'_>,
    cancelled: &CancelToken,
) -> Result<u64, Option<ConnectionError>> {
    let name = &session.settings.name;
    let mut rows = 0;
    for table in &mut write.rows {
        let table = table.map_err(|error| ConnectionError::of_rows(name, &error))?;
        if cancelled.is_cancelled() {
            return Err(Some(error::cancelled(&session.settings)));
        }
        let batch = encode::rows(&table, schema).map_err(|unfit| {
            let row = rows + unfit.row as u64 + 1;
            let message = format!("cannot take into column `{}`, row {row}, {}", unfit.column, unfit.why);
            ConnectionError::new(Kind::Value, name, message)
                .help("let the task make a value that the column holds, or alter the column")
        })?;
        rows += batch.num_rows() as u64;
        sender.send(Ok(batch)).map_err(|_| None)?;
    }
    Ok(rows)
}

/// Batches as they are sent.
struct Batches {
    schema: SchemaRef,
    receiver: Receiver<Result<RecordBatch, ArrowError>>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.receiver.recv().ok()
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
