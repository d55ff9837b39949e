//! A session that brings rows, in a task of its own.

use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::BufMut;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tidemill_core::connection::ConnectionError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, CopyOutStream, Error, RowStream, Statement};

use super::bound::Parameter;
use super::error::cancelled;
use super::link::Link;
use super::session::{Session, Stop};
use crate::runtime;

/// Rows of a batch at most.
const ROWS: usize = 65_536;
/// Bytes of a batch, or a row more.
const BYTES: usize = 8 << 20;
/// Batches that wait to be decoded.
const WAITING: usize = 1;

/// Rows in COPY's binary form.
#[derive(Default)]
pub(super) struct Chunk {
    /// The rows.
    pub bytes: Vec<u8>,
    /// How many they are.
    pub rows: usize,
    /// Whether no more rows of this part come.
    pub is_last: bool,
}

/// What gives the rows of a part.
pub(super) enum Part {
    /// COPY, by its statement.
    Copy(String),
    /// A query with parameters: COPY takes none.
    Query(Statement, Vec<Parameter>),
}

/// A session at work.
pub(super) struct Reader {
    chunks: Receiver<Result<Chunk, ConnectionError>>,
    task: JoinHandle<()>,
}

impl Reader {
    /// Has a session bring parts, one after another.
    pub fn start(link: Arc<Link>, session: Session, parts: Vec<Part>, stop: Stop) -> Self {
        let (sender, chunks) = channel(WAITING);
        Self { chunks, task: runtime::spawn(bring(link, session, parts, sender, stop)) }
    }

    /// The next rows; None where no more come.
    pub fn next(&mut self) -> Option<Result<Chunk, ConnectionError>> {
        self.chunks.blocking_recv()
    }

    /// Has it stop; what comes back ends when it has.
    pub fn stop(mut self) -> JoinHandle<()> {
        self.chunks.close();
        self.task
    }
}

/// Brings the rows until there are no more, nobody wants them, or the work is cancelled.
async fn bring(
    link: Arc<Link>,
    session: Session,
    parts: Vec<Part>,
    sender: Sender<Result<Chunk, ConnectionError>>,
    stop: Stop,
) {
    let unwanted = async { _ = select(pin!(stop.wanted()), pin!(sender.closed())).await };
    let ended = match select(pin!(pump(&session, parts, &sender)), pin!(unwanted)).await {
        Either::Left((ended, _)) => ended.err(),
        Either::Right(_) => {
            session.interrupter().interrupt().await;
            Some(cancelled(link.name()))
        }
    };
    match ended {
        None => link.end(session).await,
        // Where nobody listens any more there is nobody to be told.
        Some(fault) => drop(sender.send(Err(fault)).await),
    }
}

async fn pump(
    session: &Session,
    parts: Vec<Part>,
    sender: &Sender<Result<Chunk, ConnectionError>>,
) -> Result<(), ConnectionError> {
    let mut chunk = Chunk::default();
    for part in parts {
        let mut feed = session.answer(Feed::of(&session.client, part)).await?;
        let mut is_over = false;
        while !is_over {
            is_over = !session.answer(feed.next(&mut chunk.bytes)).await?;
            chunk.rows += usize::from(!is_over);
            if is_over || chunk.rows >= ROWS || chunk.bytes.len() >= BYTES {
                chunk.is_last = is_over;
                let next = Chunk { bytes: Vec::with_capacity(chunk.bytes.len()), ..Chunk::default() };
                if sender.send(Ok(std::mem::replace(&mut chunk, next))).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Where the rows of a part come from.
enum Feed {
    /// COPY: each message is a row.
    Copy(Pin<Box<CopyOutStream>>),
    /// A query with parameters.
    Rows(Pin<Box<RowStream>>),
}

impl Feed {
    async fn of(client: &Client, part: Part) -> Result<Self, Error> {
        Ok(match part {
            Part::Copy(sql) => Self::Copy(Box::pin(client.copy_out(&sql).await?)),
            Part::Query(statement, parameters) => {
                Self::Rows(Box::pin(client.query_raw(&statement, &parameters).await?))
            }
        })
    }

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
