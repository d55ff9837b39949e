//! Writing tables to databases.

use std::fmt;

use super::{ConnectionError, WriteMode};
use crate::table::{DataType, EngineError, PlainTable, Schema};

/// A table of a database: its schema, where the database has such, and its name, both as they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatabaseTable {
    /// The schema; None where it is the connection's own default.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

impl fmt::Display for DatabaseTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A line of the ledger, the table `tidemill_ledger` in the schema of the target: what was written, so that nothing is written
/// twice.
///
/// Columns: `pipeline`, `task`, `target`, `fingerprint`, `logical_time` (texts), `row_count` (64 bits), `written_at`
/// (time with zone). `pipeline`, `task`, `target`, `fingerprint` and `logical_time` together are unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The pipeline's name.
    pub pipeline: String,
    /// The task.
    pub task: String,
    /// The fingerprint of what made the rows.
    pub fingerprint: String,
    /// The run's logical time, where each fire writes by itself; empty where equal rows are never written twice.
    pub logical_time: String,
}

/// Rows to be written.
pub struct DatabaseWrite<'a> {
    /// Where to.
    pub table: &'a DatabaseTable,
    /// What becomes of the rows that are there.
    pub mode: &'a WriteMode,
    /// Whether the table, and its schema, are made if they are not there.
    pub create: bool,
    /// The columns of the rows; the target may have others, which get their defaults.
    pub columns: &'a Schema,
    /// The rows; an error in between ends the writing, and nothing was written.
    pub rows: Box<dyn Iterator<Item = Result<PlainTable, EngineError>> + Send + 'a>,
    /// What is noted of it. Where the ledger has this very line already, an append is not done again; a replacement or an upsert is.
    pub ledger: &'a LedgerLine,
    /// Asked once, right before the commit: where it says no, nothing is committed.
    pub may_commit: &'a (dyn Fn() -> bool + Sync),
}

/// How a writing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteEnd {
    /// The rows are there now.
    Written {
        /// How many.
        rows: u64,
    },
    /// They were there already, says the ledger.
    AlreadyThere {
        /// How many.
        rows: u64,
        /// Since when, as the database writes it.
        written_at: String,
    },
}

/// A table as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTable {
    /// Which.
    pub table: DatabaseTable,
    /// Its columns, in their order.
    pub columns: Vec<TargetColumn>,
    /// The keys that are unique, each its columns; the primary key first.
    pub unique_keys: Vec<Vec<String>>,
    /// The foreign keys: its columns, the other table, that one's columns.
    pub foreign_keys: Vec<(Vec<String>, DatabaseTable, Vec<String>)>,
}

/// A column as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetColumn {
    /// Its name.
    pub name: String,
    /// Its type in the database's words: `character varying(20)`.
    pub database_type: String,
    /// The type as which it is read; None where tables cannot hold it.
    pub data_type: Option<DataType>,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// Whether it gets a value where a row brings none: it has a default, counts by itself, or may be NULL.
    pub has_default: bool,
    /// Whether nothing can be written to it, because it is computed.
    pub generated: bool,
}

/// What ends a writing that another part of the program brings to an end: its error is told as that of the rows.
impl ConnectionError {
    /// An error of the rows that were to be written.
    pub fn of_rows(connection: &str, error: &EngineError) -> Self {
        let kind = match error {
            EngineError::Cancelled => super::ConnectionErrorKind::Cancelled,
            _ => super::ConnectionErrorKind::Value,
        };
        Self::new(kind, connection, format!("was to take rows that cannot be read: {error}"))
    }
}
