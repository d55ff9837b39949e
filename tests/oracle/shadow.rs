//! The same tables in SQLite: each step of a pipeline is a table of its own, whose rowid is the order of the rows.
//!
//! Columns have no affinity, so that nothing is converted on the way. Bools are 0 and 1, dates days since 1970-01-01,
//! decimals their digits without the point.

use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use tidemill_core::table::{DataType, Value};

/// The database.
pub struct Shadow {
    connection: Connection,
    tables: usize,
}

/// What SQLite makes of a step; an error means that the step must fail.
pub type Computed<T> = Result<T, String>;

impl Shadow {
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().expect("a database in memory");
        connection.execute_batch("pragma case_sensitive_like = on").expect("a pragma of SQLite");
        Self { connection, tables: 0 }
    }

    /// Makes a table of these rows and says its name.
    pub fn insert(&mut self, width: usize, rows: &[Vec<Value>]) -> String {
        let name = self.create(width);
        let marks = vec!["?"; width].join(", ");
        let mut statement =
            self.connection.prepare(&format!("insert into {name} values ({marks})")).expect("an insertion");
        for row in rows {
            statement.execute(rusqlite::params_from_iter(row.iter().map(stored))).expect("a row");
        }
        name
    }

    /// Makes a table of what a query gives, in the order in which it gives it, and says its name.
    pub fn keep(&mut self, width: usize, query: &str) -> Computed<String> {
        let name = self.create(width);
        let sql = format!("insert into {name} {query}");
        match self.connection.execute(&sql, []) {
            Ok(_) => Ok(name),
            Err(error) if error.to_string().contains("integer overflow") => Err(error.to_string()),
            Err(error) => panic!("the oracle's own query is wrong: {error}\n{sql}"),
        }
    }

    /// One number that a query gives.
    pub fn number(&self, query: &str) -> i64 {
        self.connection
            .query_row(query, [], |row| row.get(0))
            .unwrap_or_else(|error| panic!("the oracle's own query is wrong: {error}\n{query}"))
    }

    /// The rows of a table as values of these types.
    pub fn rows(&self, table: &str, types: &[DataType]) -> Vec<Vec<Value>> {
        let sql = format!("select * from {table} order by rowid");
        let mut statement = self.connection.prepare(&sql).expect("a selection");
        let rows = statement.query_map([], |row| {
            types.iter().enumerate().map(|(at, data_type)| Ok(value(row.get(at)?, *data_type))).collect()
        });
        rows.and_then(Iterator::collect).expect("the rows of a table")
    }

    fn create(&mut self, width: usize) -> String {
        self.tables += 1;
        let name = format!("step{}", self.tables);
        let columns: Vec<String> = (0..width).map(|at| format!("c{at}")).collect();
        let sql = format!("create table {name} ({})", columns.join(", "));
        self.connection.execute(&sql, []).expect("a table");
        name
    }
}

fn stored(value: &Value) -> Stored {
    match value {
        Value::Null => Stored::Null,
        Value::Bool(value) => Stored::Integer((*value).into()),
        Value::Int(value) => Stored::Integer(*value),
        Value::Float(value) => Stored::Real(*value),
        Value::Decimal { unscaled, .. } => Stored::Integer(i64::try_from(*unscaled).expect("small decimals")),
        Value::Date(days) => Stored::Integer((*days).into()),
        Value::String(text) => Stored::Text(text.clone()),
        other => panic!("no column of the oracle holds {other:?}"),
    }
}

fn value(stored: Stored, data_type: DataType) -> Value {
    match (stored, data_type) {
        (Stored::Null, _) => Value::Null,
        (Stored::Integer(value), DataType::Bool) => Value::Bool(value != 0),
        (Stored::Integer(value), DataType::Int) => Value::Int(value),
        (Stored::Integer(value), DataType::Decimal { scale, .. }) => Value::Decimal { unscaled: value.into(), scale },
        (Stored::Integer(value), DataType::Date) => Value::Date(value as i32),
        (Stored::Real(value), DataType::Float) => Value::Float(value),
        (Stored::Text(value), DataType::String) => Value::String(value),
        (stored, data_type) => panic!("the oracle has {stored:?} where {data_type} should be"),
    }
}
