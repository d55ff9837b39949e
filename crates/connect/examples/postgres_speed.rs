//! How fast rows come from PostgreSQL and go there: `cargo run --release -p tidemill-connect --example postgres_speed -- URL`.
//!
//! Makes the tables `speed` and `speed_copy` of a million rows and eight columns in that database.

use std::error::Error;
use std::time::Instant;

use tidemill_connect::Connections;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionConfig, DatabaseSource, DatabaseWrite, LedgerLine, WriteMode};
use tidemill_core::spec::SqlText;
use tidemill_core::storage::Connector;
use tidemill_core::table::Location;

const ROWS: &str = "select i as id, i * 7 as big, i * 0.5::float8 as ratio, (i * 1.25)::numeric(18,2) as amount, \
                    'customer number ' || i as name, i % 2 = 0 as paid, date '2020-01-01' + i % 1000 as day, \
                    timestamp '2020-01-01' + i * interval '1 second' as at from generate_series(1, 1000000) i";

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("give the URL of a database")?;
    let storage = Connections::new("fetched").connect(ConnectionConfig::of_url("speed", url))?;
    let database = storage.database(&Location::new("speed://speed")).ok_or("that is no database")?;
    let made = SqlText { raw: ROWS.to_owned(), text: ROWS.to_owned(), ..SqlText::default() };
    let schema = database.infer(DatabaseSource::Query(&made), &NEVER_CANCELLED)?.schema;
    let ledger = LedgerLine {
        pipeline: "speed".to_owned(),
        task: "speed".to_owned(),
        fingerprint: "speed".to_owned(),
        logical_time: String::new(),
    };
    let write = |table: &str, source: DatabaseSource<'_>| -> Result<f64, Box<dyn Error>> {
        let batches: Vec<_> = database.read(source, &schema, &NEVER_CANCELLED)?.collect::<Result<_, _>>()?;
        let begun = Instant::now();
        let write = DatabaseWrite {
            table: &database.table_name(table),
            mode: &WriteMode::Replace,
            create: true,
            columns: &schema,
            rows: Box::new(batches.into_iter().map(Ok)),
            ledger: &ledger,
            may_commit: &|| true,
        };
        database.write(write, &NEVER_CANCELLED)?;
        Ok(begun.elapsed().as_secs_f64())
    };
    write("speed", DatabaseSource::Query(&made))?;
    for _ in 0..3 {
        let begun = Instant::now();
        let rows: usize = database
            .read(DatabaseSource::Table("speed"), &schema, &NEVER_CANCELLED)?
            .map(|batch| batch.map(|batch| batch.rows))
            .sum::<Result<_, _>>()?;
        println!("read {rows} rows in {:.2} s", begun.elapsed().as_secs_f64());
        println!("written in {:.2} s", write("speed_copy", DatabaseSource::Table("speed"))?);
    }
    Ok(())
}
