//! Writing rows: in one transaction, with a line of the ledger, so that they are there once or not at all.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind as Kind, DatabaseTable, DatabaseWrite, TargetTable, WriteEnd, WriteMode,
};
use tidemill_core::diagnostic::nearest;
use tidemill_core::table::PlainTable;
use tokio::time::{sleep, timeout};

use crate::runtime;

use super::fit::{Column, misfit};
use super::insert::{Failure, Inserting};
use super::ledger::Ledger;
use super::query::{quoted, quoted_table};
use super::session::{Server, is_cancelled};
use super::{create, error, tables};

/// What a session for writing begins with: nothing is cut or changed without a word, and a zero counts nothing up.
const SETUP: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
                     NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', autocommit = 1";

/// The table beside the target in which the rows of an upsert wait; only its connection sees it.
const WAITING: &str = "tidemill_waiting_rows";

/// How long one answer to that may take.
const ANSWERING: Duration = Duration::from_secs(60);

/// How often, and how long apart, a server is asked for the end of a commit.
const ASKING: (u32, Duration) = (40, Duration::from_millis(500));

/// Writes rows.
///
/// # Errors
/// As the trait says.
pub(super) fn write(
    server: &Server,
    write: DatabaseWrite<'_>,
    cancelled: &CancelToken,
) -> Result<WriteEnd, ConnectionError> {
    let conn = runtime::block_on(server.connect())?;
    let mut writer = Writer { server, conn, cancelled };
    let end = writer.write(write);
    // Whatever is not committed goes with the connection.
    let conn = writer.conn;
    let _ = runtime::block_on(async { timeout(Duration::from_secs(5), conn.disconnect()).await });
    end
}

struct Writer<'a> {
    server: &'a Server,
    conn: Conn,
    cancelled: &'a CancelToken,
}

impl Writer<'_> {
    /// Has something done; where it is cancelled, the server is told.
    fn run<T>(&mut self, work: impl AsyncFnOnce(&mut Conn) -> Result<T, Error>) -> Result<T, ConnectionError> {
        let (server, id) = (self.server, self.conn.id());
        let work = server.answer(id, work(&mut self.conn));
        let done = runtime::block_on(server.stoppable(id, is_cancelled(self.cancelled), work));
        done.filter(|_| !self.cancelled.is_cancelled()).unwrap_or_else(|| Err(error::cancelled(&server.settings)))
    }

    fn wrong(&self, kind: Kind, message: String) -> ConnectionError {
        ConnectionError::new(kind, &self.server.settings.name, message)
    }

    fn write(&mut self, mut write: DatabaseWrite<'_>) -> Result<WriteEnd, ConnectionError> {
        self.run(async |conn| conn.query_drop(SETUP).await)?;
        let ledger = Ledger::of(write.table, write.ledger);
        let target = self.target(&write, &ledger)?;
        let columns = self.columns(&write, &target)?;
        self.run(async |conn| ledger.ensure(conn).await)?;
        if !self.run(async |conn| ledger.lock(conn).await)? {
            return Err(
                self.wrong(Kind::Unreachable, format!("has another writer to {} that does not end", write.table))
            );
        }
        let into = self.begin(&write, &columns)?;
        if *write.mode == WriteMode::Append
            && let Some(entry) = self.run(async |conn| ledger.find(conn).await)?
        {
            return Ok(WriteEnd::AlreadyThere { rows: entry.rows, written_at: entry.written_at });
        }
        if *write.mode == WriteMode::Replace {
            self.run(async |conn| conn.query_drop(format!("delete from {}", quoted_table(write.table))).await)?;
        }
        let max_packet: Option<usize> = self.run(async |conn| conn.query_first("select @@max_allowed_packet").await)?;
        let mut inserting = Inserting::new(&into, &columns, max_packet.unwrap_or(1 << 20));
        for rows in &mut write.rows {
            let rows = rows.map_err(|error| ConnectionError::of_rows(&self.server.settings.name, &error))?;
            self.insert(&mut inserting, &columns, &rows)?;
        }
        self.send(&mut inserting)?;
        if let WriteMode::Upsert { key } = write.mode {
            self.merge(write.table, &columns, key)?;
        }
        let rows = inserting.sent();
        let views = self.run(async |conn| tables::views(conn).await)?;
        let written_at = self.run(async |conn| ledger.note(conn, rows).await)?;
        if !(write.may_commit)() {
            return Err(error::cancelled(&self.server.settings));
        }
        self.commit(&ledger, &written_at)?;
        crate::written::note(&self.server.settings.place, &write.table.name, &views);
        Ok(WriteEnd::Written { rows })
    }

    /// The target, made if it is to be.
    fn target(&mut self, write: &DatabaseWrite<'_>, ledger: &Ledger<'_>) -> Result<TargetTable, ConnectionError> {
        let Some(schema) = write.table.schema.clone() else {
            return Err(self
                .wrong(Kind::Config, "has no default database".to_owned())
                .help("write it behind the host: mysql://host/database, or as `schema`"));
        };
        let name = write.table.name.as_str();
        let found = async |conn: &mut Conn| tables::tables(conn, &schema, Some(name)).await;
        if let Some(target) = self.run(found)?.pop() {
            self.transactional(&schema, name)?;
            return Ok(target);
        }
        if !write.create {
            return Err(self
                .wrong(Kind::Missing, format!("has no table {}", write.table))
                .help("make it, or have it made: `create: true`"));
        }
        self.run(async |conn| {
            let known: Option<u8> =
                conn.exec_first("select 1 from information_schema.schemata where schema_name = ?", (&schema,)).await?;
            if known.is_none() {
                conn.query_drop(format!("create database if not exists {}", quoted(&schema))).await?;
            }
            ledger.ensure(conn).await?;
            ledger.forget(conn).await?;
            conn.query_drop(create::statement(write)).await
        })?;
        let made = self.run(found)?.pop();
        made.ok_or_else(|| self.wrong(Kind::Missing, format!("has no table {}, though it was just made", write.table)))
    }

    /// Refuses what no transaction can take back.
    fn transactional(&mut self, schema: &str, name: &str) -> Result<(), ConnectionError> {
        let sql = "select coalesce(t.engine, t.table_type), coalesce(e.transactions, 'NO') from information_schema.tables t \
                   left join information_schema.engines e on e.engine = t.engine \
                   where t.table_schema = ? and t.table_name = ?";
        let found: Option<(String, String)> = self.run(async |conn| conn.exec_first(sql, (schema, name)).await)?;
        match found {
            Some((engine, transactions)) if transactions != "YES" => Err(self
                .wrong(
                    Kind::Missing,
                    format!("has in {schema}.{name} a table of {engine}, which cannot take back half a writing"),
                )
                .help(format!("alter table {}.{} engine=InnoDB", quoted(schema), quoted(name)))),
            _ => Ok(()),
        }
    }

    /// The columns to be written, each of which the target takes.
    fn columns(&self, write: &DatabaseWrite<'_>, target: &TargetTable) -> Result<Vec<Column>, ConnectionError> {
        let table = write.table;
        let column = |field: &tidemill_core::table::Field| {
            let name = &field.name;
            let Some(column) = target.columns.iter().find(|column| column.name == *name) else {
                let error = self.wrong(Kind::Missing, format!("has no column `{name}` in {table}"));
                return Err(match nearest(name, target.columns.iter().map(|column| column.name.as_str())) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help("add it to the table, or leave it out of the rows"),
                });
            };
            match misfit(field.data_type, column) {
                Some(why) => Err(self.wrong(Kind::Value, format!("cannot take column `{name}` into {table}: {why}"))),
                None => Ok(Column::of(column)),
            }
        };
        if let WriteMode::Upsert { key } = write.mode {
            let is_this = |known: &Vec<String>| known.len() == key.len() && key.iter().all(|name| known.contains(name));
            if !target.unique_keys.iter().any(is_this) {
                let message = format!("has no unique key of {} in {table}", key.join(", "));
                return Err(self
                    .wrong(Kind::Missing, message)
                    .help("give the table that key, or name one that it has"));
            }
        }
        write.columns.fields().iter().map(column).collect()
    }

    /// Begins the transaction; where the rows go first comes back.
    fn begin(&mut self, write: &DatabaseWrite<'_>, columns: &[Column]) -> Result<String, ConnectionError> {
        let mut into = quoted_table(write.table);
        if let WriteMode::Upsert { key } = write.mode {
            let waiting = waiting(write.table);
            let key: Vec<String> = key.iter().map(|name| quoted(name)).collect();
            let names: Vec<String> = columns.iter().map(|column| quoted(column.name())).collect();
            let (key, names) = (key.join(", "), names.join(", "));
            // It compares texts as the target does, so its key finds rows that the target would take for the same.
            let make = format!(
                "create temporary table {waiting} (primary key ({key})) engine=InnoDB select {names} from {into} limit 0"
            );
            self.run(async |conn| conn.query_drop(make).await)?;
            into = waiting;
        }
        self.run(async |conn| conn.query_drop("start transaction").await)?;
        Ok(into)
    }

    fn insert(
        &mut self,
        inserting: &mut Inserting,
        columns: &[Column],
        rows: &PlainTable,
    ) -> Result<(), ConnectionError> {
        for row in 0..rows.rows {
            for (column, data) in columns.iter().zip(&rows.columns) {
                let value = column.parameter(&data.data, row).map_err(|why| {
                    let number = inserting.sent() + inserting.waiting() as u64 + 1;
                    let message = format!("cannot take into column `{}`, row {number}, {why}", column.name());
                    self.wrong(Kind::Value, message)
                        .help("let the task make a value that the column holds, or alter the column")
                })?;
                inserting.push(value);
            }
            if inserting.is_full() {
                self.send(inserting)?;
            }
        }
        Ok(())
    }

    fn send(&mut self, inserting: &mut Inserting) -> Result<(), ConnectionError> {
        let mut changed = None;
        let before = inserting.sent();
        let sent = self.run(async |conn| match inserting.send(conn).await {
            Err(Failure::Client(error)) => Err(error),
            Err(Failure::Changed(message)) => {
                changed = Some(message);
                Ok(())
            }
            Ok(()) => Ok(()),
        });
        match changed {
            Some(message) => Err(self.wrong(Kind::Value, format!("would change a value: {message}"))),
            None => sent.map_err(|error| ConnectionError { message: in_all_rows(&error.message, before), ..error }),
        }
    }

    /// Changes the rows of the target whose keys have come, and adds the others. No other key of the table decides: where that is
    /// hit, the server refuses.
    fn merge(&mut self, table: &DatabaseTable, columns: &[Column], key: &[String]) -> Result<(), ConnectionError> {
        let (target, waiting) = (quoted_table(table), waiting(table));
        let same: Vec<String> = key.iter().map(|name| format!("t.{0} = r.{0}", quoted(name))).collect();
        let same = same.join(" and ");
        let names: Vec<String> = columns.iter().map(|column| quoted(column.name())).collect();
        let others = columns.iter().filter(|column| !key.iter().any(|name| name == column.name()));
        let set: Vec<String> = others.map(|column| format!("t.{0} = r.{0}", quoted(column.name()))).collect();
        if !set.is_empty() {
            let update = format!("update {target} t join {waiting} r on {same} set {}", set.join(", "));
            self.run(async |conn| conn.query_drop(update).await)?;
        }
        let from: Vec<String> = names.iter().map(|name| format!("r.{name}")).collect();
        let insert = format!(
            "insert into {target} ({}) select {} from {waiting} r left join {target} t on {same} where t.{} is null",
            names.join(", "),
            from.join(", "),
            quoted(&key[0]),
        );
        self.run(async |conn| conn.query_drop(insert).await)
    }

    /// Commits. If the connection is lost at that, the ledger says whether it went through.
    fn commit(&mut self, ledger: &Ledger<'_>, written_at: &str) -> Result<(), ConnectionError> {
        let (server, id) = (self.server, self.conn.id());
        let fault = match runtime::block_on(server.answered(id, self.conn.query_drop("commit"))) {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) if error.is_fatal() => return self.settle(ledger, written_at, server.fault(&error)),
            Some(Err(error)) => server.fault(&error),
            None => error::lost(&server.settings),
        };
        if fault.kind == Kind::Unreachable { self.settle(ledger, written_at, fault) } else { Err(fault) }
    }

    /// Asks the ledger, by another connection, once the lost one has ended at the server too.
    fn settle(&mut self, ledger: &Ledger<'_>, written_at: &str, fault: ConnectionError) -> Result<(), ConnectionError> {
        let (server, lost) = (self.server, self.conn.id());
        let asked = runtime::block_on(async {
            for _ in 0..ASKING.0 {
                match timeout(ANSWERING, asked(server, ledger, lost, written_at)).await {
                    Ok(Some(committed)) => return Some(committed),
                    Ok(None) | Err(_) => sleep(ASKING.1).await,
                }
            }
            None
        });
        match asked {
            Some(true) => Ok(()),
            Some(false) => Err(ConnectionError { message: format!("{}; nothing was written", fault.message), ..fault }),
            None => Err(self
                .wrong(
                    Kind::Uncertain,
                    "was lost at the commit, and does not say since whether it went through".to_owned(),
                )
                .help("look in its table tidemill_ledger; a run after that finds out by itself")),
        }
    }
}

/// Whether the commit of a lost connection went through; None if that cannot be said yet.
async fn asked(server: &Server, ledger: &Ledger<'_>, lost: u32, written_at: &str) -> Option<bool> {
    let mut conn = server.connect().await.ok()?;
    let answer = match ledger.has_ended(&mut conn, lost).await {
        Ok(true) => {
            ledger.find(&mut conn).await.ok().map(|entry| entry.is_some_and(|entry| entry.written_at == written_at))
        }
        _ => None,
    };
    let _ = conn.disconnect().await;
    answer
}

fn waiting(target: &DatabaseTable) -> String {
    quoted_table(&DatabaseTable { schema: target.schema.clone(), name: WAITING.to_owned() })
}

/// A message about `row 3` of a statement, of all rows instead.
fn in_all_rows(message: &str, before: u64) -> String {
    let Some((head, tail)) = message.rsplit_once(" at row ") else { return message.to_owned() };
    match tail.parse::<u64>() {
        Ok(row) => format!("{head} at row {}", row + before),
        Err(_) => message.to_owned(),
    }
}
