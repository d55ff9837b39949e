//! A server that the tests of this file share, and what they ask of it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tidemill_connect::Connections;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionConfig, ConnectionError, Database, DatabaseSource};
use tidemill_core::spec::SqlText;
use tidemill_core::storage::Connector;
use tidemill_core::table::{Location, PlainTable, Schema, Value};
use tidemill_test_servers::MariaDb;

static SHARED: Mutex<Weak<MariaDb>> = Mutex::new(Weak::new());

/// The server that tests share as long as one of them runs; None if it is not installed.
pub fn server() -> Option<Arc<MariaDb>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let server = Arc::new(MariaDb::start()?);
    *shared = Arc::downgrade(&server);
    Some(server)
}

/// A database of that name, empty, at the server; and its URL.
pub fn fresh(server: &MariaDb, name: &str) -> String {
    server.sql(&format!("drop database if exists `{name}`; create database `{name}`"));
    server.url().replace("/shop", &format!("/{name}"))
}

/// A connection `shop` with that URL and these keys.
pub fn open(url: &str, options: &[(&str, &str)]) -> Arc<dyn Database> {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = ConnectionConfig { options, ..ConnectionConfig::of_url("shop", url) };
    let storage = Connections::new("unused").connect(config).expect("the connection is well written");
    storage.database(&Location::new("shop://orders")).expect("it is a database")
}

/// A query without holes.
pub fn query(sql: &str) -> SqlText {
    SqlText { raw: sql.to_owned(), text: sql.to_owned(), ..SqlText::default() }
}

/// All rows of a source, of the columns that it is said to have.
pub fn read(database: &dyn Database, source: DatabaseSource<'_>) -> Result<PlainTable, ConnectionError> {
    let columns = database.infer(source, &NEVER_CANCELLED)?;
    read_as(database, source, &columns.schema)
}

/// All rows of a source as those columns.
pub fn read_as(
    database: &dyn Database,
    source: DatabaseSource<'_>,
    schema: &Schema,
) -> Result<PlainTable, ConnectionError> {
    let mut all: Option<PlainTable> = None;
    for batch in database.read(source, schema, &NEVER_CANCELLED)? {
        match &mut all {
            Some(all) => all.append(batch?),
            None => all = Some(batch?),
        }
    }
    Ok(all.expect("there is at least one batch"))
}

/// The values of a row.
pub fn row(table: &PlainTable, row: usize) -> Vec<Value> {
    table.columns.iter().map(|column| column.data.value(row)).collect()
}

/// The values of a column as text.
pub fn texts(table: &PlainTable, column: &str) -> Vec<String> {
    let column = table.column(column).expect("the column is there");
    (0..table.rows).map(|row| column.data.value(row).to_string()).collect()
}
