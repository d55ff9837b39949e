//! Writing a table: rows and a line of the ledger in one transaction.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::SinkExt;
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind, DatabaseTable, DatabaseWrite, WriteEnd, WriteMode,
};
use tokio_postgres::CopyInSink;

use super::catalog;
use super::commit;
use super::encode::Encoder;
use super::error::{cancelled, error, of_statement};
use super::ledger::Ledger;
use super::link::Link;
use super::prepare::{self, STAGING};
use super::session::{Purpose, Session, Stop, or_stopped};
use super::sql::{identifier, identifiers, literal, table};
use crate::runtime::block_on;
use crate::written::{self, View};

/// Writes rows.
///
/// # Errors
/// As [`Database::write`](tidemill_core::connection::Database::write).
pub(super) fn write(
    link: &Link,
    mut write: DatabaseWrite<'_>,
    token: &CancelToken,
) -> Result<WriteEnd, ConnectionError> {
    let stop = Stop::of(token);
    let session = block_on(or_stopped(link.name(), &stop, Session::connect(&link.settings, Purpose::Write)))?;
    let begun = block_on(session.until_stopped(&stop, begin(link, &session, &write)))?;
    let Begun { target, encoder, mut sink } = match begun {
        Begin::Writing(begun) => begun,
        Begin::AlreadyThere(end) => return Ok(end),
    };
    let table = target.name.clone();
    let writing = Writing { link, session, stop, target };
    // Whatever goes wrong from here on, the session ends with the transaction open, and the server takes all of it back.
    let rows = writing.copy(&mut write, encoder, &mut sink)?;
    let ledger = Ledger::of(&writing.target, write.ledger);
    let (written_at, views) = writing.wait(writing.finish(sink, &write, &ledger, rows))?;
    if token.is_cancelled() || !(write.may_commit)() {
        return Err(cancelled(link.name()));
    }
    block_on(commit::commit(link, writing.session, &ledger, &written_at))?;
    written::note(&link.settings.server(), &table, &views);
    Ok(WriteEnd::Written { rows })
}

type Sink = Pin<Box<CopyInSink<Bytes>>>;

/// How a writing began.
enum Begin {
    /// The server waits for rows.
    Writing(Begun),
    /// There is nothing to do.
    AlreadyThere(WriteEnd),
}

struct Begun {
    target: DatabaseTable,
    encoder: Encoder,
    sink: Sink,
}

/// Begins the transaction, up to where the server waits for rows.
async fn begin(link: &Link, session: &Session, write: &DatabaseWrite<'_>) -> Result<Begin, ConnectionError> {
    let (name, client) = (link.name(), &session.client);
    let refused = |fault| of_statement(name, &fault, None);
    let target = prepare::resolve(client, name, write).await?;
    let ledger = Ledger::of(&target, write.ledger);
    ledger.make(client, name).await?;
    client.batch_execute(&format!("begin; {}; {}", prepare::PATIENCE, ledger.lock())).await.map_err(refused)?;
    if catalog::find(client, &target).await.map_err(refused)?.is_none() {
        ledger.forget(client).await.map_err(refused)?;
    }
    if *write.mode == WriteMode::Append
        && let Some(line) = ledger.find(client).await.map_err(refused)?
    {
        return Ok(Begin::AlreadyThere(WriteEnd::AlreadyThere { rows: line.rows, written_at: line.written_at }));
    }
    let columns = prepare::target(client, name, &target, write).await?;
    let names = identifiers(columns.iter().map(|(name, _)| name.as_str()));
    let into = match write.mode {
        WriteMode::Append => table(&target),
        WriteMode::Replace => {
            // Others may read, and not write, until the new rows are there: else theirs would join them.
            let of = table(&target);
            client
                .batch_execute(&format!("lock table {of} in share row exclusive mode; delete from {of}"))
                .await
                .map_err(refused)?;
            of
        }
        WriteMode::Upsert { .. } => {
            let of = table(&target);
            let sql =
                format!("create temporary table {STAGING} on commit drop as select {names} from {of} with no data");
            client.batch_execute(&sql).await.map_err(refused)?;
            format!("pg_temp.{STAGING}")
        }
    };
    let encoder = Encoder::new(name, columns);
    let copy = format!("copy {into} ({names}) from stdin (format {})", encoder.format());
    let sink = Box::pin(client.copy_in(&copy).await.map_err(refused)?);
    Ok(Begin::Writing(Begun { target, encoder, sink }))
}

/// A transaction under way.
struct Writing<'a> {
    link: &'a Link,
    session: Session,
    stop: Stop,
    target: DatabaseTable,
}

impl Writing<'_> {
    /// Waits for the server, unless the work is cancelled.
    fn wait<T>(&self, work: impl Future<Output = Result<T, ConnectionError>>) -> Result<T, ConnectionError> {
        block_on(self.session.until_stopped(&self.stop, work))
    }

    /// Sends all rows; how many comes back.
    fn copy(
        &self,
        write: &mut DatabaseWrite<'_>,
        mut encoder: Encoder,
        sink: &mut Sink,
    ) -> Result<u64, ConnectionError> {
        let name = self.link.name();
        self.send(sink, Bytes::from_static(encoder.header()))?;
        for batch in &mut write.rows {
            let batch = batch.map_err(|fault| ConnectionError::of_rows(name, &fault))?;
            let mut next = 0;
            while next < batch.rows {
                let (bytes, left) = encoder.encode(&batch, next)?;
                self.send(sink, Bytes::from(bytes))?;
                next = left;
            }
        }
        self.send(sink, Bytes::from_static(encoder.trailer()))?;
        Ok(encoder.rows())
    }

    fn send(&self, sink: &mut Sink, bytes: Bytes) -> Result<(), ConnectionError> {
        let refused = |fault| of_statement(self.link.name(), &fault, None);
        self.wait(async { sink.send(bytes).await.map_err(refused) })
    }

    /// Has the server take the rows, and notes them in the ledger; when that was, and the views that there are, come back.
    async fn finish(
        &self,
        mut sink: Sink,
        write: &DatabaseWrite<'_>,
        ledger: &Ledger<'_>,
        rows: u64,
    ) -> Result<(String, Vec<View>), ConnectionError> {
        let client = &self.session.client;
        let refused = |fault| of_statement(self.link.name(), &fault, None);
        sink.as_mut().finish().await.map_err(refused)?;
        if let WriteMode::Upsert { key } = write.mode {
            self.merge(write, key).await?;
        }
        let views = catalog::views(client).await.map_err(refused)?;
        Ok((ledger.note(client, rows).await.map_err(refused)?, views))
    }

    /// Has the rows that were sent change those of the same key, or join them.
    async fn merge(&self, write: &DatabaseWrite<'_>, key: &[String]) -> Result<(), ConnectionError> {
        let (client, name) = (&self.session.client, self.link.name());
        let refused = |fault| of_statement(name, &fault, None);
        self.is_key(key).await?;
        let columns = identifiers(write.columns.names());
        let others: Vec<String> = write
            .columns
            .names()
            .filter(|name| !key.iter().any(|key| key == name))
            .map(|name| format!("{0} = excluded.{0}", identifier(name)))
            .collect();
        let then = if others.is_empty() { "nothing".to_owned() } else { format!("update set {}", others.join(", ")) };
        let sql = format!(
            "insert into {} ({columns}) overriding system value select {columns} from pg_temp.{STAGING} \
             on conflict ({}) do {then}",
            table(&self.target),
            identifiers(key.iter().map(String::as_str))
        );
        client.batch_execute(&sql).await.map_err(refused)
    }

    /// Whether no two of the rows have the same key, and none has NULL in it.
    async fn is_key(&self, key: &[String]) -> Result<(), ConnectionError> {
        let (client, name) = (&self.session.client, self.link.name());
        let key = identifiers(key.iter().map(String::as_str));
        let shown = literal(&key);
        let sql = format!(
            "select row({key})::text, count(*), num_nulls({key}) > 0 from pg_temp.{STAGING} \
             group by {key} having count(*) > 1 or num_nulls({key}) > 0 order by 1 limit 1",
        );
        let found = client.query_opt(&sql, &[]).await.map_err(|fault| of_statement(name, &fault, None))?;
        let Some(row) = found else { return Ok(()) };
        let broken = |fault| of_statement(name, &fault, None);
        let (values, times, has_null): (String, i64, bool) =
            (row.try_get(0).map_err(broken)?, row.try_get(1).map_err(broken)?, row.try_get(2).map_err(broken)?);
        let message = match has_null {
            true => format!("was to take a row with NULL in the key {shown}: {values}"),
            false => format!("was to take {times} rows with the same key {shown}: {values}"),
        };
        Err(error(name, ConnectionErrorKind::Value, message).help("leave one row for each key, in a step before"))
    }
}
