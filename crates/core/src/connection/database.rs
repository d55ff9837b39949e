//! The boundary to databases.

use super::{ConnectionError, DatabaseTable, DatabaseWrite, TargetTable, WriteEnd};
use crate::attempt::CancelToken;
use crate::spec::SqlText;
use crate::table::{PlainTable, Schema};

/// What is read from a database.
#[derive(Clone, Copy, Debug)]
pub enum DatabaseSource<'a> {
    /// A table or view, as the file names it: `orders`, or `sales.orders`.
    Table(&'a str),
    /// A query in the database's own SQL. Each hole is a bound parameter, never text; a list stands behind `in`, or as the array
    /// in `= any(…)`.
    Query(&'a SqlText),
}

/// The columns of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseColumns {
    /// Those that tables can hold, in their order.
    pub schema: Schema,
    /// Those that they cannot.
    pub left_out: Vec<LeftOutColumn>,
    /// Names, among those of `schema`, whose type is a guess because only the values say it: PostgreSQL's `numeric` without
    /// precision, of which nothing was read.
    pub guessed: Vec<String>,
}

/// A column that tables cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutColumn {
    /// Its name.
    pub name: String,
    /// Its type in the database's words: `bytea`.
    pub data_type: String,
    /// What to do: ``select it as text: `encode("photo", 'base64')` ``.
    pub help: String,
}

/// Rows as they come, in batches of the columns and types that were asked for.
pub type DatabaseRows = Box<dyn Iterator<Item = Result<PlainTable, ConnectionError>> + Send>;

/// A database behind a connection. It connects at first need and may be asked from several threads at once.
///
/// Every value arrives exactly or the reading fails, naming the column, and the key or the number of the row.
pub trait Database: Send + Sync {
    /// What identifies it, in fingerprints and to people, without user, password and options: `postgres://host:5432/shop`, with the
    /// default schema behind it if one is set.
    fn identity(&self) -> String;

    /// The table's one name: with its schema, whichever way it is written. It does not connect.
    fn table_name(&self, table: &str) -> DatabaseTable;

    /// The columns as far as the statement alone says them: it is prepared, and no row is read.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses, or the table or query is wrong.
    fn describe(&self, source: DatabaseSource<'_>, cancelled: &CancelToken)
    -> Result<DatabaseColumns, ConnectionError>;

    /// The columns, where guessed types are found out from all of the values. A database that guesses none says them at once.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    fn infer(&self, source: DatabaseSource<'_>, cancelled: &CancelToken) -> Result<DatabaseColumns, ConnectionError> {
        self.describe(source, cancelled)
    }

    /// The rows, as exactly the columns and types of `schema`, which are those that `infer` says or others that hold every value of
    /// them. Memory stays bounded however many rows there are. Dropping the rows ends the reading, at the server too; there is
    /// at least one batch, if of no rows.
    ///
    /// # Errors
    /// As [`describe`](Self::describe), or if a column is not there; in a batch, if the connection is lost, the work is cancelled
    /// or a value does not fit.
    fn read(
        &self,
        source: DatabaseSource<'_>,
        schema: &Schema,
        cancelled: &CancelToken,
    ) -> Result<DatabaseRows, ConnectionError>;

    /// The result of a cheap query as text, rows and columns set apart: as long as it is the same, so are the rows.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    fn version(&self, query: &SqlText, cancelled: &CancelToken) -> Result<String, ConnectionError>;

    /// From now on all reading sees the rows as they are at this moment, until the last of such calls has been met by
    /// [`end_snapshot`](Self::end_snapshot). It does not connect before something is read.
    fn begin_snapshot(&self) {}

    /// Ends what [`begin_snapshot`](Self::begin_snapshot) has begun.
    fn end_snapshot(&self) {}

    /// What a table looks like that is to be written; None if there is none.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    fn target(&self, table: &DatabaseTable, cancelled: &CancelToken) -> Result<Option<TargetTable>, ConnectionError>;

    /// Why a column of that type cannot be written into a column of the target, if it cannot.
    fn misfit(&self, from: crate::table::DataType, into: &super::TargetColumn) -> Option<String>;

    /// Writes rows in one transaction, together with a line of the ledger; readers see the old rows until the commit and the new
    /// ones after. What the ledger has already is not written again.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses, a value does not fit, a row of the key is there twice, or the work is cancelled
    /// or not to be committed; then nothing was written. [`Uncertain`](super::ConnectionErrorKind::Uncertain) if that is not
    /// known.
    fn write(&self, write: DatabaseWrite<'_>, cancelled: &CancelToken) -> Result<WriteEnd, ConnectionError>;

    /// Connects and asks who it is: a sentence for `doctor`, such as `PostgreSQL 15.4, as reader, over TLS`.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    fn probe(&self) -> Result<String, ConnectionError>;

    /// The tables that the user may read, with keys and foreign keys: for a first pipeline.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    fn tables(&self) -> Result<Vec<TargetTable>, ConnectionError>;
}
