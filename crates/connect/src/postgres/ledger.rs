//! The ledger: a line for each writing, in the transaction that writes.

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind, DatabaseTable, LedgerLine};
use tokio_postgres::{Client, Error};

use super::error::of_statement;
use super::prepare::PATIENCE;
use super::sql::{literal, table};

/// The ledger's name, in the schema of the target.
const NAME: &str = "tidemill_ledger";

/// What makes a line one of its own.
const KEY: &str = "pipeline = $1 and task = $2 and target = $3 and fingerprint = $4 and logical_time = $5";

/// The ledger beside a target.
pub(super) struct Ledger<'a> {
    table: DatabaseTable,
    target: String,
    line: &'a LedgerLine,
}

/// A line that is there.
pub(super) struct Line {
    /// The rows that were written.
    pub rows: u64,
    /// When, as the server writes it.
    pub written_at: String,
}

impl<'a> Ledger<'a> {
    /// That of a target whose schema is known.
    pub fn of(target: &DatabaseTable, line: &'a LedgerLine) -> Self {
        let table = DatabaseTable { schema: target.schema.clone(), name: NAME.to_owned() };
        Self { table, target: target.to_string(), line }
    }

    /// Makes the ledger if it is not there, in a transaction of its own: the first of several writers does not keep the others
    /// waiting.
    ///
    /// # Errors
    /// If the user may not make it.
    pub async fn make(&self, client: &Client, connection: &str) -> Result<(), ConnectionError> {
        let name = table(&self.table);
        let refused = |fault| {
            let refused = of_statement(connection, &fault, None);
            if refused.kind != ConnectionErrorKind::Refused {
                return refused;
            }
            refused.help(format!(
                "let this user create tables there, or have somebody create {name} and grant select, insert, update, delete on it"
            ))
        };
        let sql = "select to_regclass($1) is not null";
        let is_there: bool = client.query_one(sql, &[&name]).await.and_then(|row| row.try_get(0)).map_err(refused)?;
        if is_there {
            return Ok(());
        }
        // Two that make it at once would both find that it is not there.
        let lock = lock(&self.table.to_string());
        let sql = format!(
            "begin; {PATIENCE}; {lock}; create table if not exists {name} (pipeline text not null, task text not null, target text not null, \
             fingerprint text not null, logical_time text not null, row_count bigint not null, written_at timestamptz not null, \
             primary key (pipeline, task, target, fingerprint, logical_time)); commit"
        );
        client.batch_execute(&sql).await.map_err(refused)
    }

    /// The statement that keeps others from writing the same target until the transaction ends.
    pub fn lock(&self) -> String {
        lock(&self.target)
    }

    /// The line, if it is there.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn find(&self, client: &Client) -> Result<Option<Line>, Error> {
        let LedgerLine { pipeline, task, fingerprint, logical_time } = self.line;
        let sql = format!("select row_count, written_at::text from {} where {KEY}", table(&self.table));
        let row = client.query_opt(&sql, &[pipeline, task, &self.target, fingerprint, logical_time]).await?;
        let line = |row: tokio_postgres::Row| {
            let rows: i64 = row.try_get(0)?;
            Ok(Line { rows: rows.unsigned_abs(), written_at: row.try_get(1)? })
        };
        row.map(line).transpose()
    }

    /// Takes away all lines of a target that is not there any more: what they tell of went with it.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn forget(&self, client: &Client) -> Result<(), Error> {
        let sql = format!("delete from {} where target = $1", table(&self.table));
        client.execute(&sql, &[&self.target]).await.map(drop)
    }

    /// Writes the line, in the place of an older one; when it was written comes back.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn note(&self, client: &Client, rows: u64) -> Result<String, Error> {
        let LedgerLine { pipeline, task, fingerprint, logical_time } = self.line;
        let sql = format!(
            "insert into {} (pipeline, task, target, fingerprint, logical_time, row_count, written_at) \
             values ($1, $2, $3, $4, $5, $6, clock_timestamp()) \
             on conflict (pipeline, task, target, fingerprint, logical_time) \
             do update set row_count = excluded.row_count, written_at = excluded.written_at returning written_at::text",
            table(&self.table)
        );
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        client.query_one(&sql, &[pipeline, task, &self.target, fingerprint, logical_time, &rows]).await?.try_get(0)
    }
}

fn lock(name: &str) -> String {
    format!("select pg_advisory_xact_lock(hashtextextended({}, 0))", literal(&format!("tidemill {name}")))
}
