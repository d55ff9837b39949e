//! The table that says what was written, and what is asked of it.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use tidemill_core::connection::{DatabaseTable, LedgerLine};
use tidemill_core::ids::Digest;

use super::query::quoted_table;

/// The name of the table, in the schema of what was written.
const NAME: &str = "tidemill_ledger";

/// Seconds for which a writer waits until another one has written to the same table.
const LOCK_SECONDS: u32 = 600;

/// A line of the ledger, at its place.
pub(super) struct Ledger<'a> {
    table: DatabaseTable,
    target: String,
    line: &'a LedgerLine,
}

/// A line that is there.
pub(super) struct Entry {
    /// How many rows were written.
    pub rows: u64,
    /// When, as the server writes it.
    pub written_at: String,
}

impl<'a> Ledger<'a> {
    /// That of a target.
    pub fn of(target: &DatabaseTable, line: &'a LedgerLine) -> Self {
        let table = DatabaseTable { schema: target.schema.clone(), name: NAME.to_owned() };
        Self { table, target: target.to_string(), line }
    }

    /// Makes the table if it is not there. This ends a transaction.
    pub async fn ensure(&self, conn: &mut Conn) -> Result<(), Error> {
        let known = "select 1 from information_schema.tables where table_schema = ? and table_name = ?";
        let known: Option<u8> = conn.exec_first(known, (&self.table.schema, NAME)).await?;
        if known.is_some() {
            return Ok(());
        }
        conn.query_drop(format!(
            "create table if not exists {} (pipeline varchar(180) not null, task varchar(230) not null, \
             target varchar(200) not null, fingerprint varchar(80) not null, logical_time varchar(50) not null, \
             row_count bigint not null, written_at timestamp(6) not null default current_timestamp(6), \
             primary key (pipeline, task, target, fingerprint, logical_time)) \
             engine=InnoDB default character set utf8mb4 collate utf8mb4_bin",
            quoted_table(&self.table)
        ))
        .await
    }

    /// Waits until nobody else writes to the target. The lock goes with the connection, however that ends.
    pub async fn lock(&self, conn: &mut Conn) -> Result<bool, Error> {
        let locked: Option<Option<u8>> =
            conn.exec_first("select get_lock(?, ?)", (self.lock_name(), LOCK_SECONDS)).await?;
        Ok(locked.flatten() == Some(1))
    }

    /// The line, if it is there.
    pub async fn find(&self, conn: &mut Conn) -> Result<Option<Entry>, Error> {
        let table = quoted_table(&self.table);
        let sql = format!("select row_count, cast(written_at as char) from {table} where {KEY}");
        let found: Option<(u64, String)> = conn.exec_first(sql, self.key()).await?;
        Ok(found.map(|(rows, written_at)| Entry { rows, written_at }))
    }

    /// Takes away all lines of a target that is not there any more: what they tell of went with it.
    pub async fn forget(&self, conn: &mut Conn) -> Result<(), Error> {
        conn.exec_drop(format!("delete from {} where target = ?", quoted_table(&self.table)), (&self.target,)).await
    }

    /// Notes that so many rows are written now; the time comes back, which no other writing of this line has.
    pub async fn note(&self, conn: &mut Conn, rows: u64) -> Result<String, Error> {
        let now: Option<String> = conn.query_first("select cast(sysdate(6) as char)").await?;
        let now = now.unwrap_or_default();
        let (pipeline, task, target, fingerprint, logical_time) = self.key();
        let sql = format!(
            "insert into {} (pipeline, task, target, fingerprint, logical_time, row_count, written_at) \
             values (?, ?, ?, ?, ?, ?, ?) on duplicate key update row_count = values(row_count), written_at = values(written_at)",
            quoted_table(&self.table)
        );
        conn.exec_drop(sql, (pipeline, task, target, fingerprint, logical_time, rows, &now)).await?;
        Ok(now)
    }

    /// Whether the writing of that connection has ended at the server; if not, it is told to end.
    pub async fn has_ended(&self, conn: &mut Conn, writer: u32) -> Result<bool, Error> {
        let holder: Option<Option<u32>> = conn.exec_first("select is_used_lock(?)", (self.lock_name(),)).await?;
        if holder.flatten() != Some(writer) {
            return Ok(true);
        }
        // It has gone in between: the next question will tell.
        let _ = conn.query_drop(format!("KILL CONNECTION {writer}")).await;
        Ok(false)
    }

    fn key(&self) -> (&str, &str, &str, &str, &str) {
        let LedgerLine { pipeline, task, fingerprint, logical_time } = self.line;
        (pipeline, task, &self.target, fingerprint, logical_time)
    }

    /// Names of locks hold for the whole server and are short.
    fn lock_name(&self) -> String {
        let digest = Digest::of(self.target.as_bytes()).to_string();
        format!("tidemill {}", digest.chars().take(48).collect::<String>())
    }
}

const KEY: &str = "pipeline = ? and task = ? and target = ? and fingerprint = ? and logical_time = ?";
