//! Rows as they come: a thread takes them from the server, whoever reads them decodes them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use arrow_array::RecordBatch;
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::ConnectionError;
use tidemill_core::table::{PlainTable, Schema};

use super::decode;
use crate::client::Session;
use crate::failure::connection_error;

/// Batches of a few MB that may wait to be decoded.
const WAITING: usize = 2;

/// The rows of a statement, batch by batch.
pub(super) struct StatementRows {
    batches: Option<Receiver<Result<RecordBatch, ConnectionError>>>,
    reader: Option<JoinHandle<()>>,
    schema: Schema,
    is_first: bool,
}

impl StatementRows {
    /// Begins to read.
    pub fn begin(
        session: Arc<Session>,
        sql: String,
        tag: &'static str,
        schema: Schema,
        cancelled: CancelToken,
    ) -> Self {
        let (send, batches) = sync_channel(WAITING);
        let reader = std::thread::spawn(move || {
            let end = session.batches(&sql, tag, &cancelled, |batch| send.send(Ok(batch)).is_ok());
            if let Err(error) = end {
                // Whoever has dropped the rows needs no error.
                let _ = send.send(Err(connection_error(&error)));
            }
        });
        Self { batches: Some(batches), reader: Some(reader), schema, is_first: true }
    }
}

impl Iterator for StatementRows {
    type Item = Result<PlainTable, ConnectionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.batches.as_ref()?.recv() {
            Ok(batch) => batch.and_then(|batch| decode::table(&batch, &self.schema)),
            Err(_) => {
                self.batches = None;
                // Of no rows there is a batch too: it has the columns.
                return self.is_first.then(|| Ok(decode::nothing(&self.schema)));
            }
        };
        self.is_first = false;
        if batch.is_err() {
            self.batches = None;
        }
        Some(batch)
    }
}

/// Whoever drops the rows knows that the server works for them no longer.
impl Drop for StatementRows {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(reader) = self.reader.take() {
            // A thread that died has told nothing, and nobody waits for it.
            let _ = reader.join();
        }
    }
}
