use insta::assert_snapshot;
use polars::prelude::{
    Column, DataFrame, DataType as Polars, Int64Chunked, IntoColumn, NamedFrom, NewChunkedArray, ParquetWriter, Series,
    TimeUnit,
};
use tidemill_core::table::{DataType, SourceCounts};

use super::Source;

fn file(columns: Vec<Column>) -> Vec<u8> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new_infer_height(columns).unwrap()).unwrap();
    bytes
}

fn ints(name: &str, values: &[i64], stored: &Polars) -> Column {
    Series::new(name.into(), values).cast(stored).unwrap().into_column()
}

fn moments(name: &str, unit: TimeUnit) -> Column {
    Int64Chunked::from_slice(name.into(), &[1_500_000, -1_000_000]).into_datetime(unit, None).into_column()
}

#[test]
fn what_is_stored_in_fewer_bits_is_widened() {
    let mut source = Source::new(
        "a.parquet",
        file(vec![
            ints("i8", &[1, -1], &Polars::Int8),
            ints("i16", &[1, -1], &Polars::Int16),
            ints("i32", &[1, -1], &Polars::Int32),
            ints("u8", &[1, 255], &Polars::UInt8),
            ints("u16", &[1, 65_535], &Polars::UInt16),
            ints("u32", &[1, 4_294_967_295], &Polars::UInt32),
            ints("u64", &[1, 2], &Polars::UInt64),
            ints("f32", &[1, 2], &Polars::Float32),
            moments("ms", TimeUnit::Milliseconds),
            moments("us", TimeUnit::Microseconds),
            moments("ns", TimeUnit::Nanoseconds),
        ]),
    );
    assert_snapshot!(source.table(), @r"
    i8: i64, i16: i64, i32: i64, u8: i64, u16: i64, u32: i64, u64: i64, f32: f64, ms: datetime[μs], us: datetime[μs], ns: datetime[μs]
    1 | 1 | 1 | 1 | 1 | 1 | 1 | 1.0 | 1970-01-01 00:25:00 | 1970-01-01 00:00:01.500 | 1970-01-01 00:00:00.001500
    -1 | -1 | -1 | 255 | 65535 | 4294967295 | 2 | 2.0 | 1969-12-31 23:43:20 | 1969-12-31 23:59:59 | 1969-12-31 23:59:59.999
    ");
    assert_eq!(source.places(&[1]), [("a.parquet".to_owned(), 2)]);
}

#[test]
fn files_say_how_much_is_in_them() {
    let some = |values: &[Option<i64>]| {
        file(vec![Series::new("a".into(), values).into_column(), ints("b", &[1, 2, 3], &Polars::Int64)])
    };
    let source = Source::new("1.parquet", some(&[Some(1), None, None]))
        .file("2.parquet", some(&[None, Some(2), Some(3)]))
        .scan(|scan| scan.schema = [("b", DataType::Int), ("a", DataType::Int)].into_iter().collect());
    let counts = |source: &Source| {
        super::super::parquet::counts(&super::files(source.path(), &source.scan).unwrap(), &source.scan)
    };
    assert_eq!(counts(&source).unwrap(), SourceCounts { rows: 6, nulls: Some(vec![0, 3]) });
    // A column that a file has not is none whose NULLs could be counted.
    let other = source.file("3.parquet", file(vec![ints("a", &[1], &Polars::Int64)]));
    assert_eq!(counts(&other).unwrap(), SourceCounts { rows: 7, nulls: None });
}

#[test]
fn what_tables_cannot_hold_is_refused() {
    let big = Series::new("big".into(), &[u64::MAX]).into_column();
    assert_snapshot!(Source::new("a.parquet", file(vec![big])).table(), @r"
    a.parquet: column `big` is of type u64, and not all of it fits int
    help: say `decimal(20,0)` in `columns`, which holds all of it
    ");
    let big = || Series::new("big".into(), &[u64::MAX, 1]).into_column();
    let read_as = |wanted| {
        Source::new("a.parquet", file(vec![big()])).scan(|scan| scan.schema = [("big", wanted)].into_iter().collect())
    };
    let exact = read_as(DataType::Decimal { precision: 20, scale: 0 }).rows();
    assert!(exact.contains("18446744073709551615"), "{exact}");
    assert_snapshot!(read_as(DataType::String).rows(), @"a.parquet: column `big` is of type u64, not string");
    let list = Series::new("list".into(), [Series::new("".into(), [b"x".as_slice()])]).into_column();
    assert_snapshot!(Source::new("a.parquet", file(vec![list])).table(), @r"
    a.parquet: column `list` is of type list[binary], which tables cannot hold
    help: leave it out, or flatten it, where the file is made
    ");
    let list = || Series::new("list".into(), [Series::new("".into(), [b"x".as_slice()])]).into_column();
    let mut both = Source::new("a.parquet", file(vec![list(), ints("a", &[1], &Polars::Int64)]));
    assert_eq!(both.table(), "a: i64\n1");
    let wanted = both.scan(|scan| scan.schema = [("list", DataType::String)].into_iter().collect());
    assert!(wanted.error().starts_with("a.parquet: column `list` is of type list[binary]"));
    let bytes = file(vec![ints("a", &[1], &Polars::Int64)]);
    let error = Source::new("a.parquet", &bytes[..bytes.len() - 8]).error();
    assert!(error.starts_with("a.parquet is not a whole Parquet file: "), "{error}");
    let missing =
        Source::new("a.parquet", &bytes).scan(|scan| scan.schema = [("b", DataType::Int)].into_iter().collect());
    assert_snapshot!(missing.rows(), @"a.parquet has no column `b`");
}

#[test]
fn files_are_united_by_name() {
    let first = file(vec![ints("a", &[1], &Polars::Int64), ints("b", &[2], &Polars::Int64)]);
    let second = file(vec![ints("b", &[3], &Polars::Float64), ints("a", &[4], &Polars::Int32)]);
    let mut source = Source::new("1.parquet", first).file("2.parquet", second);
    assert_snapshot!(source.table(), @r"
    a: i64, b: f64
    1 | 2.0
    4 | 3.0
    ");
    assert_eq!(source.places(&[1]), [("2.parquet".to_owned(), 1)]);
}
