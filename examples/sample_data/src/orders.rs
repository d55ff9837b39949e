//! `smartretail.db`: the orders, with money as text in a column that is declared REAL.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, params};

use crate::Sample;
use crate::calendar::Day;
use crate::countries::Countries;
use crate::random::Weighted;

/// How busy each month is: quiet in summer, best before Christmas.
const SEASON: [u64; 12] = [95, 90, 95, 100, 100, 90, 85, 85, 100, 105, 125, 140];

/// Writes the database to `path`, one row at a time, so that any number of orders fits into memory.
pub fn write(sample: &Sample, path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    let mut database = Connection::open(path)?;
    // The page size is fixed because it shows in the file; a journal protects nothing while the file is being made.
    database.execute_batch("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let rows = database.transaction()?;
    rows.execute_batch(
        "CREATE TABLE orders (
    order_date TEXT,
    country TEXT,
    product_id INTEGER,
    quantity INTEGER,
    total_amount REAL
)",
    )?;
    insert(sample, &mut rows.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?)")?)?;
    rows.commit()?;
    database.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn insert(sample: &Sample, insert: &mut rusqlite::Statement<'_>) -> Result<(), rusqlite::Error> {
    let mut random = sample.random("orders");
    let days = Weighted::new(Day::all().map(|day| SEASON[usize::from(day.month_and_day().0) - 1]));
    let dates: Vec<String> = Day::all().map(Day::padded).collect();
    let countries = Countries::new();
    let products = sample.products();
    let mut amount = String::new();
    for _ in 0..sample.orders {
        let date = &dates[days.draw(&mut random)];
        let country = countries.draw(&mut random);
        let product = random.between(1, products);
        let quantity = random.between(1, 10);
        let cents = random.between(1_000, 99_999);
        amount.clear();
        // Writing to a string cannot fail.
        let _ = write!(amount, "${}.{:02}", cents / 100, cents % 100);
        insert.execute(params![date, country, product as i64, quantity as i64, amount])?;
    }
    Ok(())
}
