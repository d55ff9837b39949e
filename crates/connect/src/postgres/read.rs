//! Rows as a stream of batches: sessions bring them from the server, whoever takes them decodes them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionError, DatabaseSource};
use tidemill_core::table::{PlainTable, Schema};
use tokio::sync::OwnedSemaphorePermit;

use super::catalog;
use super::decode::Decoder;
use super::error::of_statement;
use super::link::Link;
use super::parts;
use super::reader::{Chunk, Part, Reader};
use super::session::{Session, Stop, or_stopped};
use super::source::{self, Source};
use crate::runtime;

/// How long a reading that nobody wants any more is waited for.
const ENDING: Duration = Duration::from_secs(10);

/// The rows of a source, batch by batch.
pub(super) struct Rows {
    /// The sessions, each of which brings every so many-th part.
    readers: Vec<Reader>,
    /// Which of them brings the part that is next.
    turn: usize,
    decoder: Decoder,
    is_first: bool,
    is_done: bool,
    _permits: Vec<OwnedSemaphorePermit>,
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
        cancelled: &CancelToken,
    ) -> Result<Self, ConnectionError> {
        let stop = Stop::of(cancelled);
        let session = or_stopped(link.name(), &stop, link.begin(source::text(source))).await?;
        let opened = session.until_stopped(&stop, open(&link, &session, source, schema)).await;
        let Opened { parts, lock, decoder } = match opened {
            Ok(opened) => opened,
            Err(fault) => return Err(Link::with_nearest(&session, fault).await),
        };
        let permits = link.more_readers(parts.len() - 1);
        let others = session.until_stopped(&stop, link.beside(&session, &lock, permits.len())).await?;
        let mut shares: Vec<(Session, Vec<Part>)> =
            std::iter::once(session).chain(others).map(|session| (session, Vec::new())).collect();
        let count = shares.len();
        parts.into_iter().enumerate().for_each(|(at, part)| shares[at % count].1.push(part));
        let start = |(session, parts)| Reader::start(Arc::clone(&link), session, parts, Stop::of(cancelled));
        let readers = shares.into_iter().map(start).collect();
        Ok(Self { readers, turn: 0, decoder, is_first: true, is_done: false, _permits: permits })
    }

    /// The next rows, in the order of the parts; None where no more come.
    fn chunk(&mut self) -> Option<Result<Chunk, ConnectionError>> {
        loop {
            let chunk = self.readers[self.turn].next()?;
            if chunk.as_ref().is_ok_and(|chunk| chunk.is_last) {
                self.turn = (self.turn + 1) % self.readers.len();
            }
            if chunk.as_ref().map_or(true, |chunk| chunk.rows > 0) {
                return Some(chunk);
            }
        }
    }
}

impl Iterator for Rows {
    type Item = Result<PlainTable, ConnectionError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let batch = match self.chunk() {
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
        let ending = join_all(self.readers.drain(..).map(Reader::stop));
        runtime::block_on(async { tokio::time::timeout(ENDING, ending).await.ok() });
    }
}

/// A source that is ready to be read.
struct Opened {
    parts: Vec<Part>,
    /// What keeps others from changing the table, as distinct from its rows.
    lock: String,
    decoder: Decoder,
}

async fn open(
    link: &Link,
    session: &Session,
    source: DatabaseSource<'_>,
    schema: &Schema,
) -> Result<Opened, ConnectionError> {
    let (client, name) = (&session.client, link.name());
    let refused = |fault| of_statement(name, &fault, None);
    let source = Source::prepare(client, name, source, link.settings.schema.as_deref()).await?;
    let (sql, columns) = source.reading(name, schema)?;
    let (key, conditions) = match &source.table {
        Some(table) => (
            catalog::primary_key(client, table).await.map_err(refused)?,
            parts::conditions(client, table).await.map_err(refused)?,
        ),
        None => (Vec::new(), vec![String::new()]),
    };
    let key: Vec<usize> =
        key.iter().filter_map(|name| columns.iter().position(|column| column.name == *name)).collect();
    let lock = format!("{} limit 0", source.select(""));
    let parts = if source.parameters.is_empty() {
        let copy = |condition| Part::Copy(format!("copy ({sql}{condition}) to stdout (format binary)"));
        conditions.into_iter().map(copy).collect()
    } else {
        vec![Part::Query(client.prepare(&sql).await.map_err(refused)?, source.parameters)]
    };
    Ok(Opened { parts, lock, decoder: Decoder::new(name, columns, key) })
}
