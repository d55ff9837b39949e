//! Putting rows into a table: many with one statement, whose values go as they are, not as text.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Params, Statement, Value as Parameter};

use super::fit::Column;
use super::query::quoted;

/// Values that one statement may have: the server counts them with 16 bits.
const VALUES: usize = 60_000;

/// Rows of one statement; more make it no faster.
const ROWS: usize = 2_000;

/// Rows on their way into a table.
pub(super) struct Inserting {
    head: String,
    width: usize,
    /// Rows of a full statement.
    full: usize,
    /// Bytes of values that one statement may have.
    most_bytes: usize,
    statement: Option<Statement>,
    values: Vec<Parameter>,
    bytes: usize,
    sent: u64,
}

/// Why a statement failed, after so many rows that went well.
pub(super) enum Failure {
    /// The client or server says so.
    Client(Error),
    /// The server took it, but changed something.
    Changed(String),
}

impl Inserting {
    /// Into that table, whose columns these are; the server takes packets of so many bytes.
    pub fn new(into: &str, columns: &[Column], max_packet: usize) -> Self {
        let names: Vec<String> = columns.iter().map(|column| quoted(column.name())).collect();
        let width = columns.len().max(1);
        Self {
            head: format!("insert into {into} ({}) values ", names.join(", ")),
            width,
            full: (VALUES / width).clamp(1, ROWS),
            most_bytes: max_packet / 2,
            statement: None,
            values: Vec::new(),
            bytes: 0,
            sent: 0,
        }
    }

    /// How many rows the server has taken.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many wait to be sent.
    pub fn waiting(&self) -> usize {
        self.values.len() / self.width
    }

    /// Adds a value.
    pub fn push(&mut self, value: Parameter) {
        self.bytes += 16 + if let Parameter::Bytes(bytes) = &value { bytes.len() } else { 0 };
        self.values.push(value);
    }

    /// Whether the rows that wait are to be sent.
    pub fn is_full(&self) -> bool {
        self.waiting() >= self.full || self.bytes >= self.most_bytes
    }

    /// Sends the rows that wait.
    pub async fn send(&mut self, conn: &mut Conn) -> Result<(), Failure> {
        let rows = self.waiting();
        if rows == 0 {
            return Ok(());
        }
        let values = std::mem::take(&mut self.values);
        self.bytes = 0;
        let statement = self.statement(conn, rows).await.map_err(Failure::Client)?;
        conn.exec_drop(&statement, Params::Positional(values)).await.map_err(Failure::Client)?;
        if conn.get_warnings() > 0 {
            changed(conn).await?;
        }
        if rows != self.full {
            conn.close(statement).await.map_err(Failure::Client)?;
        }
        self.sent += rows as u64;
        Ok(())
    }

    /// The statement for so many rows; that for a full one is kept.
    async fn statement(&mut self, conn: &mut Conn, rows: usize) -> Result<Statement, Error> {
        if let Some(statement) = self.statement.as_ref().filter(|_| rows == self.full) {
            return Ok(statement.clone());
        }
        let row = format!("({})", vec!["?"; self.width].join(", "));
        let statement = conn.prep(format!("{}{}", self.head, vec![row; rows].join(", "))).await?;
        if rows == self.full {
            self.statement = Some(statement.clone());
        }
        Ok(statement)
    }
}

/// What the server has to say about a statement that went well: that it changed a value is a fault.
async fn changed(conn: &mut Conn) -> Result<(), Failure> {
    let warnings: Vec<(String, u16, String)> = conn.query("show warnings").await.map_err(Failure::Client)?;
    let changed = warnings.into_iter().find(|(level, code, _)| match code {
        // A note that a value was cut, which is one even where the server is strict.
        1265 => true,
        // That something is old-fashioned, or not safe for replication by statement.
        1287 | 1592 | 1681 => false,
        _ => level != "Note",
    });
    changed.map_or(Ok(()), |(_, _, message)| Err(Failure::Changed(message)))
}
