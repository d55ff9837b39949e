//! How fast rows go to MariaDB and come back: a million of eight columns, on one connection, to a server of its own.

use std::error::Error;
use std::time::Instant;

use tidemill_connect::Connections;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionConfig, DatabaseSource, DatabaseWrite, LedgerLine, WriteMode};
use tidemill_core::storage::Connector;
use tidemill_core::table::{Location, PlainColumn, PlainData, PlainTable, Schema};
use tidemill_test_servers::MariaDb;

const ROWS: i64 = 1_000_000;
const BATCH: i64 = 50_000;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(server) = MariaDb::start_with(&["--innodb-log-file-size=512M"]) else { return Ok(()) };
    for mode in ["preferred", "disabled"] {
        measure(&server, mode)?;
    }
    Ok(())
}

fn measure(server: &MariaDb, mode: &str) -> Result<(), Box<dyn Error>> {
    let config = ConnectionConfig::of_url("shop", format!("{}?ssl-mode={mode}", server.url()));
    let storage = Connections::new("unused").connect(config)?;
    let database = storage.database(&Location::new("shop://speed")).ok_or("it is a database")?;
    let schema: Schema = batch(0).columns.iter().map(|column| (column.name.clone(), column.data.data_type())).collect();
    let line = |text: &str| text.to_owned();
    let began = Instant::now();
    let write = DatabaseWrite {
        table: &database.table_name("speed"),
        mode: &WriteMode::Replace,
        create: true,
        columns: &schema,
        rows: Box::new((0..ROWS / BATCH).map(|number| Ok(batch(number * BATCH)))),
        ledger: &LedgerLine {
            pipeline: line("p"),
            task: line("t"),
            fingerprint: line(mode),
            logical_time: String::new(),
        },
        may_commit: &|| true,
    };
    database.write(write, &NEVER_CANCELLED)?;
    tell("written", mode, began);
    let began = Instant::now();
    let mut rows = 0;
    for batch in database.read(DatabaseSource::Table("speed"), &schema, &NEVER_CANCELLED)? {
        rows += batch?.rows;
    }
    tell("read", mode, began);
    if rows as i64 == ROWS { Ok(()) } else { Err("rows are missing".into()) }
}

fn tell(what: &str, mode: &str, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{what} with TLS {mode}: {seconds:.2} s, {:.0} rows/s", ROWS as f64 / seconds);
}

/// Ids, two numbers, an amount, two texts, a day and a moment.
fn batch(first: i64) -> PlainTable {
    let ids = || first..first + BATCH;
    let ints = |make: fn(i64) -> i64| ids().map(|id| Some(make(id))).collect();
    let texts = |make: fn(i64) -> String| PlainData::String(ids().map(|id| Some(make(id))).collect());
    let amount = ids().map(|id| Some(i128::from(id % 100_000))).collect();
    let columns = [
        ("id", PlainData::Int(ints(|id| id))),
        ("customer", PlainData::Int(ints(|id| id % 9_973))),
        ("weight", PlainData::Float(ids().map(|id| Some(id as f64 / 7.0)).collect())),
        ("amount", PlainData::Decimal { unscaled: amount, precision: 18, scale: 2 }),
        ("country", texts(|id| ["FR", "DE", "ES"][id as usize % 3].to_owned())),
        ("note", texts(|id| format!("order number {id}"))),
        ("day", PlainData::Date(ids().map(|id| Some((id % 20_000) as i32)).collect())),
        ("placed", PlainData::Datetime(ints(|id| id * 1_000_003))),
    ];
    let column = |(name, data): (&str, PlainData)| PlainColumn { name: name.to_owned(), data };
    PlainTable { columns: columns.into_iter().map(column).collect(), rows: BATCH as usize }
}
