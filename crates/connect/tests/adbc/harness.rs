//! Databases in files, and what the tests ask of them.

use std::sync::Arc;

use tempfile::TempDir;
use tidemill_connect::Connections;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{
    ConnectionConfig, ConnectionError, Database, DatabaseSource, DatabaseWrite, LedgerLine, WriteEnd, WriteMode,
};
use tidemill_core::spec::SqlText;
use tidemill_core::storage::Connector;
use tidemill_core::table::{Location, PlainColumn, PlainData, PlainTable, Schema};
use tidemill_test_servers::adbc_driver;

/// A database in a file of its own.
pub struct Own {
    pub database: Arc<dyn Database>,
    _folder: TempDir,
}

/// A connection `shop` with that driver and these options.
pub fn open(driver: &str, options: &[(&str, &str)]) -> Arc<dyn Database> {
    let driver_options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = ConnectionConfig {
        name: "shop".to_owned(),
        driver: Some(driver.to_owned()),
        driver_options,
        ..ConnectionConfig::default()
    };
    let storage = Connections::new("unused").connect(config).expect("the connection is well written");
    storage.database(&Location::new("shop://orders")).expect("it is a database")
}

fn own(library: &str, option: &str) -> Option<Own> {
    let driver = adbc_driver(library)?;
    let folder = TempDir::new().expect("a folder can be made");
    let file = folder.path().join("shop.db");
    let database = open(driver.to_str().expect("a plain path"), &[(option, file.to_str().expect("a plain path"))]);
    Some(Own { database, _folder: folder })
}

/// DuckDB with a new file; None if its library is not there.
pub fn duckdb() -> Option<Own> {
    own("libduckdb.so", "path")
}

/// SQLite with a new file; None if its driver is not there.
pub fn sqlite() -> Option<Own> {
    own("libadbc_driver_sqlite.so", "uri")
}

/// A query without holes.
pub fn query(sql: &str) -> SqlText {
    SqlText { raw: sql.to_owned(), text: sql.to_owned(), ..SqlText::default() }
}

/// All rows of a query, of the columns that it is said to have.
pub fn read(database: &dyn Database, sql: &str) -> Result<PlainTable, ConnectionError> {
    let text = query(sql);
    let source = DatabaseSource::Query(&text);
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

/// The rows as lines of texts.
pub fn lines(table: &PlainTable) -> Vec<String> {
    let line = |row: usize| {
        table.columns.iter().map(|column| column.data.value(row).to_string()).collect::<Vec<_>>().join("|")
    };
    (0..table.rows).map(line).collect()
}

/// A table of these columns.
pub fn table(rows: usize, columns: Vec<(&str, PlainData)>) -> PlainTable {
    let column = |(name, data): (&str, PlainData)| PlainColumn { name: name.to_owned(), data };
    PlainTable { columns: columns.into_iter().map(column).collect(), rows }
}

/// A column of ints.
pub fn ints(values: &[i64]) -> PlainData {
    PlainData::Int(values.iter().copied().map(Some).collect())
}

/// A column of texts.
pub fn texts(values: &[&str]) -> PlainData {
    PlainData::String(values.iter().map(|text| Some((*text).to_owned())).collect())
}

/// Writes rows into the table `t`, made if it is not there.
pub fn write(
    database: &dyn Database,
    rows: &PlainTable,
    mode: &WriteMode,
    fingerprint: &str,
    may_commit: bool,
) -> Result<WriteEnd, ConnectionError> {
    let schema: Schema = rows.columns.iter().map(|column| (column.name.clone(), column.data.data_type())).collect();
    let text = |text: &str| text.to_owned();
    let ledger = LedgerLine {
        pipeline: text("p"),
        task: text("t"),
        fingerprint: text(fingerprint),
        logical_time: String::new(),
    };
    let write = DatabaseWrite {
        table: &database.table_name("t"),
        mode,
        create: true,
        columns: &schema,
        rows: Box::new([Ok(rows.clone())].into_iter()),
        ledger: &ledger,
        may_commit: &|| may_commit,
    };
    database.write(write, &NEVER_CANCELLED)
}
