//! The table that says what was written, and what is asked of it.

use adbc_driver_manager::ManagedConnection;
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionError, DatabaseTable, LedgerLine};
use tidemill_core::table::Value;

use super::query::Query;
use super::session::Session;
use super::{objects, read};

/// The name of the table, in the schema of what was written.
const NAME: &str = "tidemill_ledger";

/// The columns that tell a line from all others.
const KEY: [&str; 5] = ["pipeline", "task", "target", "fingerprint", "logical_time"];

/// A line of the ledger, at its place.
pub(super) struct Ledger<'a> {
    session: &'a Session,
    table: DatabaseTable,
    target: String,
    line: &'a LedgerLine,
}

/// A line that is there.
pub(super) struct Entry {
    /// How many rows were written.
    pub rows: u64,
    /// When.
    pub written_at: String,
}

impl<'a> Ledger<'a> {
    /// That of a target.
    pub fn of(session: &'a Session, target: &DatabaseTable, line: &'a LedgerLine) -> Self {
        let table = DatabaseTable { schema: target.schema.clone(), name: NAME.to_owned() };
        Self { session, table, target: target.to_string(), line }
    }

    /// Makes the table if it is not there.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn ensure(&self, connection: &mut ManagedConnection) -> Result<(), ConnectionError> {
        if objects::schema(self.session, connection, &self.table)?.is_some() {
            return Ok(());
        }
        let keys = KEY.map(|name| format!("{name} varchar(255) not null, ")).concat();
        let sql = format!(
            "create table if not exists {} ({keys}row_count bigint not null, written_at varchar(40) not null, primary key ({}))",
            self.session.settings.quoted_table(&self.table),
            KEY.join(", ")
        );
        self.session.execute(connection, sql, Vec::new())
    }

    /// The line, if it is there.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn find(&self, connection: &mut ManagedConnection) -> Result<Option<Entry>, ConnectionError> {
        let table = self.session.settings.quoted_table(&self.table);
        let sql = format!("select row_count, written_at from {table} where {}", self.condition(0));
        let query = Query { sql, parameters: self.key() };
        let rows = read::few(self.session, connection, &query, &CancelToken::new())?;
        Ok(rows.into_iter().next().and_then(|row| match <[String; 2]>::try_from(row) {
            Ok([rows, written_at]) => Some(Entry { rows: rows.parse().unwrap_or_default(), written_at }),
            Err(_) => None,
        }))
    }

    /// Takes away all lines of a target that is not there any more: what they tell of went with it.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn forget(&self, connection: &mut ManagedConnection) -> Result<(), ConnectionError> {
        let settings = &self.session.settings;
        let sql =
            format!("delete from {} where target = {}", settings.quoted_table(&self.table), settings.placeholder(1));
        self.session.execute(connection, sql, vec![Value::String(self.target.clone())])
    }

    /// Notes that so many rows are written at that time.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn note(
        &self,
        connection: &mut ManagedConnection,
        rows: u64,
        written_at: &str,
        is_there: bool,
    ) -> Result<(), ConnectionError> {
        let table = self.session.settings.quoted_table(&self.table);
        let place = |number| self.session.settings.placeholder(number);
        let sql = if is_there {
            format!(
                "update {table} set row_count = {}, written_at = {} where {}",
                place(1),
                place(2),
                self.condition(2)
            )
        } else {
            let places: Vec<String> = (1..=KEY.len() + 2).map(place).collect();
            format!("insert into {table} (row_count, written_at, {}) values ({})", KEY.join(", "), places.join(", "))
        };
        let values = [Value::Int(i64::try_from(rows).unwrap_or(i64::MAX)), Value::String(written_at.to_owned())];
        self.session.execute(connection, sql, values.into_iter().chain(self.key()).collect())
    }

    fn condition(&self, before: usize) -> String {
        let is = |(at, name): (usize, &str)| format!("{name} = {}", self.session.settings.placeholder(before + at + 1));
        KEY.into_iter().enumerate().map(is).collect::<Vec<_>>().join(" and ")
    }

    fn key(&self) -> Vec<Value> {
        let LedgerLine { pipeline, task, fingerprint, logical_time } = self.line;
        [pipeline, task, &self.target, fingerprint, logical_time].map(|text| Value::String(text.clone())).to_vec()
    }
}
