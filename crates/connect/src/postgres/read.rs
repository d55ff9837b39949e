//! Rows as a stream of batches: a task brings them from the server, the reader decodes them.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::BufMut;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tidemill_core::connection::{ConnectionError, DatabaseSource};
use tidemill_core::table::{PlainTable, Schema};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{CopyOutStream, RowStream};

use super::catalog;
use super::decode::Decoder;
use super::error::{cancelled, of_statement};
use super::link::Link;
use super::session::{Session, Stop, or_stopped};
use super::source::{self, Source};
use crate::runtime;

/// Rows of a batch at most.
const ROWS: usize = 65_536;
/// Bytes of a batch, or a row more.
const BYTES: usize = 8 << 20;
/// Batches that wait to be decoded.
const WAITING: usize = 1;
/// How long a reading that nobody wants any more is waited for.
const ENDING: Duration = Duration::from_secs(10);

/// Rows in COPY's binary form.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    rows: usize,
}

/// The rows of a source, batch by batch.
pub(super) struct Rows {
    chunks: Receiver<Result<Chunk, ConnectionError>>,
    decoder: Decoder,
    task: Option<JoinHandle<()>>,
    is_first: bool,
    is_done: bool,
}

impl Rows {
    /// Begins to read.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses, or the source lacks one of the columns.
    pub async fn begin(
        link: Arc<Link>,
        source: DatabaseSource<'_>,
        schema: &Schema,
        stop: Stop,
    ) -> Result<Self, ConnectionError> {
        let session = or_stopped(link.name(), &stop, link.begin(source::text(source))).await?;
        let opened = session.until_stopped(link.name(), &stop, open(&link, &session, source, schema)).await;
        let (feed, decoder) = match opened {
            Ok(opened) => opened,
            Err(fault) => return Err(Link::with_nearest(&session, fault).await),
        };
        let (sender, chunks) = channel(WAITING);
        let task = runtime::spawn(bring(link, session, feed, sender, stop));
        Ok(Self { chunks, decoder, task: Some(task), is_first: true, is_done: false })
    }
}

impl Iterator for Rows {
    type Item = Result<PlainTable, ConnectionError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let batch = match self.chunks.blocking_recv() {
            Some(chunk) => chunk.and_then(|chunk| self.decoder.decode(&chunk.bytes, chunk.rows)),
            None => {
                self.is_done = true;
                // Of no rows there is a batch too: it has the columns.
                return self.is_first.then(|| self.decoder.decode(&[], 0));
            }
        };
        self.is_first = false;
        self.is_done = batch.is_err();
        Some(batch)
    }
}

/// Whoever drops the rows knows that the server works for them no longer.
impl Drop for Rows {
    fn drop(&mut self) {
        self.chunks.close();
        if let Some(task) = self.task.take() {
            runtime::block_on(async { tokio::time::timeout(ENDING, task).await.ok() });
        }
    }
}

async fn open(
    link: &Link,
    session: &Session,
    source: DatabaseSource<'_>,
    schema: &Schema,
) -> Result<(Feed, Decoder), ConnectionError> {
    let (client, name) = (&session.client, link.name());
    let source = Source::prepare(client, name, source, link.settings.schema.as_deref()).await?;
    let (sql, columns) = source.reading(name, schema)?;
    let key = match &source.table {
        Some(table) => catalog::primary_key(client, table).await.map_err(|fault| of_statement(name, &fault, None))?,
        None => Vec::new(),
    };
    let key: Vec<usize> =
        key.iter().filter_map(|name| columns.iter().position(|column| column.name == *name)).collect();
    let refused = |fault| of_statement(name, &fault, None);
    // COPY takes no parameters.
    let feed = if source.parameters.is_empty() {
        let copy = format!("copy ({sql}) to stdout (format binary)");
        Feed::Copy(Box::pin(client.copy_out(&copy).await.map_err(refused)?))
    } else {
        let statement = client.prepare(&sql).await.map_err(refused)?;
        Feed::Rows(Box::pin(client.query_raw(&statement, &source.parameters).await.map_err(refused)?))
    };
    Ok((feed, Decoder::new(name, columns, key)))
}

/// Brings the rows until there are no more, nobody wants them, or the work is cancelled.
async fn bring(
    link: Arc<Link>,
    session: Session,
    mut feed: Feed,
    sender: Sender<Result<Chunk, ConnectionError>>,
    stop: Stop,
) {
    let interrupter = session.interrupter();
    let ended =
        match select(pin!(pump(&mut feed, &sender)), pin!(select(pin!(stop.wanted()), pin!(sender.closed())))).await {
            Either::Left((Ok(()), _)) => None,
            Either::Left((Err(fault), _)) => Some(of_statement(link.name(), &fault, None)),
            Either::Right(_) => {
                interrupter.interrupt().await;
                Some(cancelled(link.name()))
            }
        };
    drop(feed);
    match ended {
        None => link.end(session).await,
        // Where nobody listens any more there is nobody to be told.
        Some(fault) => drop(sender.send(Err(fault)).await),
    }
}

async fn pump(feed: &mut Feed, sender: &Sender<Result<Chunk, ConnectionError>>) -> Result<(), tokio_postgres::Error> {
    let mut chunk = Chunk::default();
    while feed.next(&mut chunk.bytes).await? {
        chunk.rows += 1;
        if chunk.rows >= ROWS || chunk.bytes.len() >= BYTES {
            let next = Chunk { bytes: Vec::with_capacity(chunk.bytes.len()), rows: 0 };
            if sender.send(Ok(std::mem::replace(&mut chunk, next))).await.is_err() {
                return Ok(());
            }
        }
    }
    if chunk.rows > 0 {
        sender.send(Ok(chunk)).await.ok();
    }
    Ok(())
}

/// Where rows come from.
enum Feed {
    /// COPY: each message is a row.
    Copy(Pin<Box<CopyOutStream>>),
    /// A query with parameters.
    Rows(Pin<Box<RowStream>>),
}

impl Feed {
    /// Adds the next row, or what ends the rows; false if there is nothing more.
    async fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, tokio_postgres::Error> {
        match self {
            Self::Copy(stream) => {
                let Some(row) = stream.next().await.transpose()? else { return Ok(false) };
                out.extend_from_slice(&row);
            }
            Self::Rows(stream) => {
                let Some(row) = stream.next().await.transpose()? else { return Ok(false) };
                out.put_i16(row.len() as i16);
                for at in 0..row.len() {
                    let Raw(field) = row.try_get(at)?;
                    // No field is longer than a gigabyte.
                    out.put_i32(field.map_or(-1, |field| field.len() as i32));
                    out.extend_from_slice(field.unwrap_or_default());
                }
            }
        }
        Ok(true)
    }
}

/// The bytes of a field, whatever its type.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
