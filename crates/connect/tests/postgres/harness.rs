//! Connections to a server that the tests start.

use std::sync::Arc;

use tidemill_connect::Connections;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionConfig, ConnectionError, Database, DatabaseRows, DatabaseSource};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::storage::Connector;
use tidemill_core::table::{Location, PlainTable, Value};

/// The database behind a URL, under the name `shop`.
pub fn open(url: &str) -> Result<Arc<dyn Database>, ConnectionError> {
    open_with(url, &[])
}

/// The same with more keys.
pub fn open_with(url: &str, options: &[(&str, &str)]) -> Result<Arc<dyn Database>, ConnectionError> {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = ConnectionConfig { options, ..ConnectionConfig::of_url("shop", url) };
    let storage = Connections::new("fetched").connect(config)?;
    Ok(storage.database(&Location::new("shop://any")).expect("a database is behind it"))
}

/// A query without holes.
pub fn query(text: &str) -> SqlText {
    query_with(text, &[])
}

/// A query whose holes `$1`, `$2` … are these.
pub fn query_with(text: &str, holes: &[SqlHole]) -> SqlText {
    SqlText { raw: text.to_owned(), text: text.to_owned(), holes: holes.to_vec(), ..SqlText::default() }
}

/// Begins to read all columns of a source that tables can hold.
pub fn begin(database: &dyn Database, source: DatabaseSource<'_>) -> Result<DatabaseRows, ConnectionError> {
    let columns = database.infer(source, &NEVER_CANCELLED)?;
    database.read(source, &columns.schema, &NEVER_CANCELLED)
}

/// All rows of a source.
pub fn read(database: &dyn Database, source: DatabaseSource<'_>) -> Result<PlainTable, ConnectionError> {
    let mut batches = begin(database, source)?;
    let mut all = batches.next().expect("there is one batch at least")?;
    for batch in batches {
        all.append(batch?);
    }
    Ok(all)
}

/// The rows of a query.
pub fn ask(database: &dyn Database, text: &str) -> Result<PlainTable, ConnectionError> {
    read(database, DatabaseSource::Query(&query(text)))
}

/// The values of one column.
pub fn values(table: &PlainTable, column: &str) -> Vec<Value> {
    let column = table.column(column).expect("the column is there");
    (0..table.rows).map(|row| column.data.value(row)).collect()
}

/// What went wrong, as people see it.
pub fn said<T>(result: Result<T, ConnectionError>) -> String {
    match result {
        Ok(_) => panic!("it went well"),
        Err(error) => format!("{error}; {}", error.help.as_deref().unwrap_or("no help")),
    }
}
