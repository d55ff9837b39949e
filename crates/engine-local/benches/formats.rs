//! What keeping a table costs in each format that comes into question, beside making it:
//! `cargo bench -p tidemill-engine-local --bench formats [-- ROWS]`.
//!
//! Shapes are those of the smart-retail pipeline (orders as loaded and as cleaned, the joined table, a summary) and some that
//! are hard to pack. Every format gets the table in batches of the same size, as a run that does not hold the whole table
//! would write it. Median of several runs on one thread; what remains of a run is waiting for the disk, which is in
//! proportion to the bytes.

use std::hint::black_box;
use std::io::Cursor;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use polars::io::{SerReader, SerWriter};
use polars::prelude::{
    Column, CompatLevel, DataFrame, IdxCa, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn, IntoSeries,
    IpcCompression, IpcReader, IpcWriter, NamedFrom, ParquetCompression, ParquetReader, ParquetWriter, Series,
};

/// Rows in a batch.
const BATCH: usize = 1 << 16;

/// How often each is measured.
const TIMES: usize = 3;

/// Numbers that look like chance and are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

fn frame(rows: usize, columns: Vec<Column>) -> DataFrame {
    DataFrame::new(rows, columns).expect("columns of one length")
}

fn texts(name: &str, rows: usize, text: impl FnMut(usize) -> String) -> Column {
    Series::new(name.into(), (0..rows).map(text).collect::<Vec<_>>()).into()
}

fn ints(name: &str, rows: usize, value: impl FnMut(usize) -> i64) -> Column {
    Int64Chunked::from_vec(name.into(), (0..rows).map(value).collect()).into_column()
}

fn floats(name: &str, rows: usize, value: impl FnMut(usize) -> f64) -> Column {
    Series::new(name.into(), (0..rows).map(value).collect::<Vec<_>>()).into()
}

fn money(name: &str, rows: usize, value: impl FnMut(usize) -> i128) -> Column {
    let digits = Int128Chunked::from_vec(name.into(), (0..rows).map(value).collect());
    digits.into_decimal_unchecked(18, 2).into_series().into()
}

fn dates(name: &str, rows: usize, day: impl FnMut(usize) -> i32) -> Column {
    Int32Chunked::from_vec(name.into(), (0..rows).map(day).collect()).into_date().into_series().into()
}

fn day_text(day: u64) -> String {
    format!("{:02}/{:02}/2024", day / 31 % 12 + 1, day % 28 + 1)
}

/// Orders as the database gives them: everything that is not a number is text.
fn raw_orders(rows: usize) -> DataFrame {
    let mut dice = Dice(1);
    let days: Vec<u64> = (0..rows).map(|_| dice.roll(366)).collect();
    frame(
        rows,
        vec![
            texts("order_date", rows, |row| day_text(days[row])),
            texts("country", rows, |_| format!("Country {}", dice.roll(112))),
            ints("product_id", rows, |_| dice.roll(1_581) as i64 + 1),
            ints("quantity", rows, |_| dice.roll(9) as i64 + 1),
            texts("total_amount", rows, |_| format!("${}.{:02}", dice.roll(1_000), dice.roll(100))),
            texts("date", rows, |row| day_text(days[row])),
        ],
    )
}

/// Orders as cleaned.
fn orders(rows: usize) -> DataFrame {
    let mut orders = raw_orders(rows);
    let mut dice = Dice(2);
    orders
        .with_column(money("total_amount", rows, |_| i128::from(dice.roll(100_000))))
        .expect("a column of as many rows");
    orders.with_column(dates("date", rows, |_| 19_723 + dice.roll(366) as i32)).expect("a column of as many rows");
    orders
}

/// About ten rows for each order: its campaigns, and the traffic and footfall of its day.
fn joined(rows: usize) -> DataFrame {
    let (campaigns, days) = (15_000, 366);
    let mut dice = Dice(3);
    let right = frame(
        campaigns,
        vec![
            texts("campaign_name", campaigns, |row| match row % 3 {
                0 => format!("Great campaign number {}", row % 84),
                _ => "No Campaign".to_owned(),
            }),
            dates("start_date", campaigns, |_| 19_723 + dice.roll(300) as i32),
            dates("end_date", campaigns, |_| 19_753 + dice.roll(300) as i32),
            Series::new("in_campaign".into(), (0..campaigns).map(|row| row % 3 == 0).collect::<Vec<_>>()).into(),
        ],
    );
    let per_day = frame(
        days,
        vec![
            ints("pageviews", days, |_| dice.roll(3_000_000) as i64),
            ints("sessions", days, |_| dice.roll(1_500_000) as i64),
            floats("footfall", days, |_| dice.roll(1 << 50) as f64 / 1e13),
            floats("temperature", days, |_| dice.roll(1 << 50) as f64 / 1e14),
        ],
    );
    let mut left_rows = Vec::with_capacity(rows);
    while left_rows.len() < rows {
        let order = left_rows.last().map_or(0, |last| last + 1);
        let partners = (5 + dice.roll(11) as usize).min(rows - left_rows.len());
        left_rows.extend(std::iter::repeat_n(order, partners));
    }
    let left = orders(rows / 5 + 1);
    let day: Vec<u32> = (0..left.height()).map(|_| dice.roll(days as u64) as u32).collect();
    let day_rows: Vec<u32> = left_rows.iter().map(|row| day[*row as usize]).collect();
    let right_rows: Vec<u32> =
        left_rows.iter().enumerate().map(|(at, row)| (row * 7 + at as u32) % campaigns as u32).collect();
    let take = |frame: &DataFrame, rows: Vec<u32>| {
        frame.take(&IdxCa::from_vec("".into(), rows)).expect("rows that are there").into_columns()
    };
    let mut columns = take(&left, left_rows);
    columns.extend(take(&right, right_rows));
    columns.extend(take(&per_day, day_rows));
    frame(rows, columns)
}

/// Nothing repeats: ids, measured values and free text.
fn measured(rows: usize) -> DataFrame {
    let mut dice = Dice(4);
    frame(
        rows,
        vec![
            ints("id", rows, |row| row as i64),
            floats("x", rows, |_| dice.roll(1 << 53) as f64 / (1u64 << 53) as f64),
            texts("text", rows, |row| format!("{:016x} is the text of row {row}", row as u64 * 0x9e37_79b9)),
        ],
    )
}

/// A summary as people read it.
fn summary(rows: usize) -> DataFrame {
    let mut dice = Dice(5);
    frame(
        rows,
        vec![
            dates("date", rows, |row| 19_723 + row as i32),
            money("total_amount", rows, |_| i128::from(dice.roll(1 << 40))),
            ints("orders", rows, |_| dice.roll(100_000) as i64),
        ],
    )
}

#[derive(Clone, Copy)]
enum Format {
    /// With texts as views or as offsets.
    Ipc(Option<IpcCompression>, bool),
    Parquet(ParquetCompression),
}

fn formats() -> Vec<(&'static str, Format)> {
    let zstd = Some(IpcCompression::default());
    vec![
        ("IPC", Format::Ipc(None, false)),
        ("IPC lz4", Format::Ipc(Some(IpcCompression::LZ4), false)),
        ("IPC lz4, texts as views", Format::Ipc(Some(IpcCompression::LZ4), true)),
        ("IPC zstd", Format::Ipc(zstd, false)),
        ("IPC zstd, texts as views", Format::Ipc(zstd, true)),
        ("Parquet", Format::Parquet(ParquetCompression::Uncompressed)),
        ("Parquet snappy", Format::Parquet(ParquetCompression::Snappy)),
        ("Parquet zstd", Format::Parquet(ParquetCompression::Zstd(None))),
    ]
}

impl Format {
    fn write(self, batch: &mut DataFrame) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Ipc(compression, views) => {
                IpcWriter::new(&mut bytes)
                    .with_compat_level(if views { CompatLevel::newest() } else { CompatLevel::oldest() })
                    .with_compression(compression)
                    .with_parallel(false)
                    .finish(batch)
                    .expect("a table that IPC can hold");
            }
            Self::Parquet(compression) => {
                ParquetWriter::new(&mut bytes)
                    .with_compression(compression)
                    .set_parallel(false)
                    .finish(batch)
                    .map(drop)
                    .expect("a table that Parquet can hold");
            }
        }
        bytes
    }

    fn read(self, bytes: Vec<u8>) -> DataFrame {
        match self {
            Self::Ipc(..) => IpcReader::new(Cursor::new(bytes)).finish().expect("what was written"),
            Self::Parquet(..) => ParquetReader::new(Cursor::new(bytes)).finish().expect("what was written"),
        }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = black_box(work());
    (done, begun.elapsed())
}

fn median(mut all: Vec<Duration>) -> f64 {
    all.sort_unstable();
    all[all.len() / 2].as_secs_f64() * 1e3
}

fn measure(name: &str, table: &DataFrame, made: f64) {
    println!("\n{name}: {} rows × {} columns, made in {made:.1} ms", table.height(), table.width());
    println!("{:<28}{:>12}{:>10}{:>10}{:>10}", "", "bytes", "write ms", "hash ms", "read ms");
    for (label, format) in formats() {
        let (mut bytes, mut write, mut hash, mut read) = (0, vec![], vec![], vec![]);
        for _ in 0..TIMES {
            let mut batches: Vec<DataFrame> = (0..table.height().div_ceil(BATCH).max(1))
                .map(|at| {
                    let mut batch = table.slice((at * BATCH) as i64, BATCH);
                    batch.rechunk_mut();
                    batch
                })
                .collect();
            let (files, time) = timed(|| batches.iter_mut().map(|batch| format.write(batch)).collect::<Vec<_>>());
            write.push(time);
            let (_, time) = timed(|| {
                let mut hasher = blake3::Hasher::new();
                files.iter().for_each(|file| {
                    hasher.update(file);
                });
                hasher.finalize()
            });
            hash.push(time);
            bytes = files.iter().map(Vec::len).sum();
            let (_, time) = timed(|| files.into_iter().map(|file| format.read(file).height()).sum::<usize>());
            read.push(time);
        }
        println!("{label:<28}{bytes:>12}{:>10.1}{:>10.1}{:>10.1}", median(write), median(hash), median(read));
    }
}

/// Makes a table of so many rows.
type Shape = fn(usize) -> DataFrame;

fn main() {
    let wanted = std::env::args().skip(1).find_map(|arg| arg.replace('_', "").parse().ok());
    let rows = wanted.map_or(2_000_000, NonZeroUsize::get);
    let shapes: [(&str, Shape, usize); 6] = [
        ("orders as loaded", raw_orders, rows / 4),
        ("orders as cleaned", orders, rows / 4),
        ("joined", joined, rows),
        ("nothing repeats", measured, rows / 4),
        ("summary", summary, 366),
        ("small", joined, 1_000),
    ];
    for (name, make, rows) in shapes {
        let (table, time) = timed(|| make(rows));
        measure(name, &table, time.as_secs_f64() * 1e3);
    }
}
