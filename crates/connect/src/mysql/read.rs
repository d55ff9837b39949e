//! Reading rows: they are made into tables as they come, and never more than a few batches are there at a time.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use mysql_async::prelude::Queryable;
use mysql_async::{Column, Conn, Params, Row};
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind, DatabaseRows};
use tidemill_core::diagnostic::nearest;
use tidemill_core::table::{PlainTable, Schema};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;

use crate::runtime;

use super::decode::{Batch, Fault};
use super::error;
use super::query::Query;
use super::session::{Server, is_cancelled};
use super::snapshot::{Lent, Snapshots};

/// Rows of a batch at most.
const ROWS: usize = 65_536;

/// About how much memory a batch takes at most.
const BYTES: usize = 8 << 20;

/// Batches that are ready before the reader takes them.
const READY: usize = 1;

type Batches = Sender<Result<PlainTable, ConnectionError>>;

/// The rows of a query.
///
/// # Errors
/// If the server cannot be reached or refuses before the first row.
pub(super) fn rows(
    server: &Arc<Server>,
    snapshots: &Arc<Snapshots>,
    query: Query,
    schema: &Schema,
    cancelled: &CancelToken,
) -> Result<DatabaseRows, ConnectionError> {
    let (sender, receiver) = channel(READY);
    let reading = Reading {
        server: Arc::clone(server),
        snapshots: Arc::clone(snapshots),
        query,
        schema: schema.clone(),
        cancelled: cancelled.clone(),
    };
    runtime::spawn(reading.run(sender));
    let mut rows = Rows { receiver };
    // What is wrong with the query or the server is told at once.
    match rows.next() {
        Some(Err(error)) => Err(error),
        first => Ok(Box::new(first.into_iter().chain(rows))),
    }
}

/// Rows as they come; dropped, the reading ends.
struct Rows {
    receiver: Receiver<Result<PlainTable, ConnectionError>>,
}

impl Iterator for Rows {
    type Item = Result<PlainTable, ConnectionError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.receiver.blocking_recv()
    }
}

struct Reading {
    server: Arc<Server>,
    snapshots: Arc<Snapshots>,
    query: Query,
    schema: Schema,
    cancelled: CancelToken,
}

impl Reading {
    async fn run(self, sender: Batches) {
        let lent = match select(pin!(self.snapshots.lend(&self.server, &self.query.sql)), pin!(self.unwanted(&sender)))
            .await
        {
            Either::Left((lent, _)) => lent,
            Either::Right(_) => Err(error::cancelled(&self.server.settings)),
        };
        let end = match lent {
            Ok(lent) => self.through(lent, &sender).await,
            Err(error) => Err(error),
        };
        if let Err(error) = end {
            // Nobody waits any more: then nobody is to be told.
            let _ = sender.send(Err(error)).await;
        }
    }

    /// Waits until the work is cancelled or nobody takes the rows any more.
    async fn unwanted(&self, sender: &Batches) {
        select(pin!(is_cancelled(&self.cancelled)), pin!(sender.closed())).await;
    }

    /// Reads through a connection; when it is to stop, the query ends at the server, and the connection goes back.
    async fn through(&self, mut lent: Lent, sender: &Batches) -> Result<(), ConnectionError> {
        let (stopper, stopped) = watch::channel(false);
        let stop = async {
            self.unwanted(sender).await;
            stopper.send_replace(true);
        };
        let id = lent.conn().id();
        let done = self.server.stoppable(id, stop, self.read(lent.conn(), sender, stopped)).await;
        let is_stopped = *stopper.borrow();
        // Only a connection on which nothing is under way can be used again.
        if done.is_some() && lent.settle(&self.server, is_stopped).await {
            lent.give_back(&self.server);
        }
        match done {
            _ if self.cancelled.is_cancelled() => Err(error::cancelled(&self.server.settings)),
            Some(end) if !is_stopped => end,
            _ => Ok(()),
        }
    }

    async fn read(
        &self,
        conn: &mut Conn,
        sender: &Batches,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError> {
        let (server, id) = (&self.server, conn.id());
        let statement = server.answer(id, conn.prep(self.query.sql.as_str())).await?;
        let places = self.places(&statement.columns())?;
        let parameters = Params::Positional(self.query.parameters.clone());
        let mut result = server.answer(id, conn.exec_iter(&statement, parameters)).await?;
        let (mut batch, mut before) = (Batch::new(&self.schema, 1024), 0);
        let mut fault = None;
        while let Some(row) = server.answer(id, result.next()).await? {
            // What still comes of a query that was ended is passed over.
            if fault.is_some() || *stopped.borrow() {
                continue;
            }
            fault = self.push(&mut batch, row, &places, before).err();
            if batch.rows() >= ROWS || batch.bytes() >= BYTES || fault.is_some() {
                let full = std::mem::replace(&mut batch, Batch::new(&self.schema, ROWS / 4));
                before += full.rows();
                let table = fault.clone().map_or_else(|| Ok(full.finish()), Err);
                send(sender, table, &mut stopped).await;
            }
        }
        drop(result);
        server.answer(id, conn.close(statement)).await?;
        if fault.is_none() && (batch.rows() > 0 || before == 0) {
            send(sender, Ok(batch.finish()), &mut stopped).await;
        }
        Ok(())
    }

    /// Where in a row the columns are that are wanted, and whether they are bits.
    fn places(&self, columns: &[Column]) -> Result<Vec<(usize, bool)>, ConnectionError> {
        let names: Vec<_> = columns.iter().map(Column::name_str).collect();
        let place = |wanted: &str| {
            let at = names.iter().position(|name| name == wanted).ok_or_else(|| {
                let error = ConnectionError::new(
                    Kind::Missing,
                    &self.server.settings.name,
                    format!("gives no column `{wanted}` any more"),
                );
                match nearest(wanted, names.iter().map(AsRef::as_ref)) {
                    Some(near) => error.help(format!("is it `{near}` now?")),
                    None => error.help(format!("there are {}", names.join(", "))),
                }
            })?;
            Ok((at, columns[at].column_type() == mysql_async::consts::ColumnType::MYSQL_TYPE_BIT))
        };
        self.schema.names().map(place).collect()
    }

    fn push(
        &self,
        batch: &mut Batch,
        mut row: Row,
        places: &[(usize, bool)],
        before: usize,
    ) -> Result<(), ConnectionError> {
        let values = places.iter().map(|(at, is_bits)| (row.take(*at).unwrap_or(mysql_async::Value::NULL), *is_bits));
        let number = before + batch.rows() + 1;
        batch.push(values).map_err(|(at, fault)| self.refused(at, number, &fault))
    }

    fn refused(&self, at: usize, row: usize, fault: &Fault) -> ConnectionError {
        let name = &self.schema.fields()[at].name;
        let instead = fault.instead.replace("{}", &super::query::quoted(name));
        let message = format!("has in column `{name}`, row {row}, {}", fault.what);
        ConnectionError::new(Kind::Value, &self.server.settings.name, message)
            .help(format!("read a `query` that selects `{instead} as {name}` instead"))
    }
}

/// Waits until there is room for a batch, or nobody wants it any more.
async fn send(sender: &Batches, batch: Result<PlainTable, ConnectionError>, stopped: &mut watch::Receiver<bool>) {
    // Where nobody takes it, the reading is told to stop.
    select(pin!(sender.send(batch)), pin!(stopped.wait_for(|stopped| *stopped))).await;
}
