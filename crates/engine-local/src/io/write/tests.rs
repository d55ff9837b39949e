//! What is written, and that it comes back the same.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, NewChunkedArray, Series, TimeUnit};
use proptest::prelude::*;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::storage::StorageRegistry;
use tidemill_core::table::{
    DataType, EngineError, FileFormat, Location, Scan, ScanOptions, Schema, Sink, SinkOptions, Written,
};

use crate::io::formats::FormatCodecs;
use crate::io::read::source_file::SourceFile;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;
use crate::store::table_handle::TableHandle;

fn write(table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, EngineError> {
    write::write(FormatCodecs::all().get(sink.format)?, table, sink, path)
}

fn files(folder: &Path, scan: &Scan) -> Vec<SourceFile> {
    SourceFile::all_of(&StorageRegistry::default(), folder, scan, false, &NEVER_CANCELLED).unwrap()
}

fn read(folder: &Path, scan: &Scan) -> DataFrame {
    read::read(FormatCodecs::all().get(scan.format).unwrap(), &files(folder, scan), scan).unwrap().0
}

fn out(frame: &DataFrame) -> OutputTable {
    OutputTable(TableHandle::InMemory(frame.clone()))
}

fn sink(name: &str) -> Sink {
    Sink {
        path: Location::new(name),
        format: FormatCodecs::all().formats().of_path(name).unwrap().format(),
        options: SinkOptions::default(),
        table: "table-1".into(),
    }
}

/// One column of every type, from ints.
fn frame(values: &[Option<i64>], texts: &[Option<String>], floats: &[Option<f64>]) -> DataFrame {
    let wide: Vec<Option<i128>> = values.iter().map(|value| value.map(i128::from)).collect();
    let days: Vec<Option<i32>> = values.iter().map(|value| value.map(|value| (value % 20_000) as i32)).collect();
    let times: Vec<Option<i64>> =
        values.iter().map(|value| value.map(|value| value.rem_euclid(86_400_000_000) * 1_000)).collect();
    let moments: Vec<Option<i64>> = values.iter().map(|value| value.map(|value| value % 10_i64.pow(15))).collect();
    let bools: Vec<Option<bool>> = values.iter().map(|value| value.map(|value| value % 2 == 0)).collect();
    type Wide = polars::prelude::Int128Chunked;
    let columns: Vec<Column> = vec![
        Series::new("int".into(), values).into_column(),
        Series::new("float".into(), floats).into_column(),
        Series::new("text".into(), texts).into_column(),
        Series::new("bool".into(), bools).into_column(),
        Wide::from_slice_options("money".into(), &wide).into_decimal(38, 2).unwrap().into_column(),
        polars::prelude::Int32Chunked::from_slice_options("day".into(), &days).into_date().into_column(),
        polars::prelude::Int64Chunked::from_slice_options("at".into(), &moments)
            .into_datetime(TimeUnit::Microseconds, None)
            .into_column(),
        polars::prelude::Int64Chunked::from_slice_options("time".into(), &times).into_time().into_column(),
    ];
    DataFrame::new_infer_height(columns).unwrap()
}

fn sample() -> DataFrame {
    let texts = ["plain", "", "a,\"b\"\nc", "=1+1", "NULL"].map(|text| Some(text.to_owned()));
    let texts: Vec<Option<String>> = texts.into_iter().chain([None]).collect();
    let ints = [Some(1), Some(-5), Some(i64::MAX), Some(0), None, Some(123_456)];
    frame(&ints, &texts, &[Some(1.0), Some(0.1), Some(1e21), Some(-1e-7), None, Some(f64::NAN)])
}

fn written(frame: &DataFrame, sink: &Sink) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    write(&out(frame), sink, &path).unwrap();
    fs::read(path).unwrap()
}

fn text(frame: &DataFrame, sink: &Sink) -> String {
    String::from_utf8(written(frame, sink)).unwrap()
}

#[test]
fn csv_has_all_digits_and_only_the_quotes_it_needs() {
    assert_snapshot!(text(&sample(), &sink("a.csv")));
    let mut other = sink("a.tsv");
    other.options.bom = true;
    other.options.null = Some("NULL".into());
    other.options.escape_formulas = Some(true);
    assert_snapshot!(text(&sample(), &other));
}

#[test]
fn json_has_an_object_a_line() {
    assert_snapshot!(text(&sample(), &sink("a.json")));
    assert_snapshot!(text(&sample().head(Some(1)), &sink("a.ndjson")));
    assert_eq!(text(&sample().head(Some(0)), &sink("a.json")), "[]\n");
}

#[test]
fn equal_tables_give_equal_bytes() {
    for name in ["a.csv", "a.csv.gz", "a.csv.zst", "a.json", "a.ndjson", "a.parquet", "a.xlsx", "a.db"] {
        let sink = sink(name);
        let pieces = sample().head(Some(2)).vstack(&sample().tail(Some(4))).unwrap();
        assert_eq!(written(&sample(), &sink), written(&pieces, &sink), "{name}");
    }
}

#[test]
fn what_cannot_be_written_is_said() {
    let error = write(&out(&sample()), &sink("out/a.csv"), Path::new("/nonexistent/a.csv")).unwrap_err();
    assert_snapshot!(error.to_string(), @"cannot write out/a.csv: No such file or directory (os error 2)");
    let many =
        DataFrame::new_infer_height(vec![Column::full_null("a".into(), 1_048_576, &polars::prelude::DataType::Int64)]);
    let error = write(&out(&many.unwrap()), &sink("a.xlsx"), Path::new("/nonexistent/a.xlsx")).unwrap_err();
    assert_snapshot!(error.to_string(), @"cannot write a.xlsx: the table has 1048576 rows, a sheet holds 1048575: write csv or parquet instead");
}

/// Writes a table and reads it back with its own types.
fn round_trip(frame: &DataFrame, name: &str) -> DataFrame {
    let folder = tempfile::tempdir().unwrap();
    write(&out(frame), &sink(name), &folder.path().join(name)).unwrap();
    let fields = frame.columns().iter().map(|column| {
        let data_type = crate::arrays::types::known(column.dtype()).unwrap();
        (column.name().to_string(), data_type)
    });
    let scan = Scan {
        files: vec![Location::new(name)],
        format: FormatCodecs::all().formats().of_path(name).unwrap().format(),
        table: None,
        query: None,
        sheet: None,
        is_selection: false,
        options: ScanOptions::default(),
        schema: fields.collect(),
    };
    read(folder.path(), &scan)
}

fn arbitrary() -> impl Strategy<Value = DataFrame> {
    let text = prop_oneof![Just(String::new()), "[a-z,;\"\n\r\t'=é😀 0-9.]{0,8}", any::<String>()];
    let row = (
        proptest::option::of(any::<i64>()),
        proptest::option::of(text),
        proptest::option::of(any::<f64>().prop_map(|value| if value.is_finite() { value } else { 0.5 })),
    );
    proptest::collection::vec(row, 1..12).prop_map(|rows| {
        let ints: Vec<Option<i64>> = rows.iter().map(|row| row.0).collect();
        let texts: Vec<Option<String>> = rows.iter().map(|row| row.1.clone()).collect();
        let floats: Vec<Option<f64>> = rows.iter().map(|row| row.2).collect();
        frame(&ints, &texts, &floats)
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(frame in arbitrary()) {
        for name in ["a.csv", "a.json", "a.ndjson", "a.parquet"] {
            let back = round_trip(&frame, name);
            prop_assert!(frame.equals_missing(&back), "{}: {} {}", name, frame, back);
        }
    }

    #[test]
    fn databases_and_workbooks_keep_what_they_have_types_for(frame in arbitrary()) {
        let database = frame.select(["int", "float", "text", "bool", "day", "at", "time"]).unwrap();
        let back = round_trip(&database, "a.db");
        prop_assert!(database.equals_missing(&back), "{} {}", database, back);
    }
}

#[test]
fn a_database_keeps_every_digit_of_a_decimal() {
    let folder = tempfile::tempdir().unwrap();
    write(&out(&sample()), &sink("a.db"), &folder.path().join("a.db")).unwrap();
    let connection = rusqlite::Connection::open(folder.path().join("a.db")).unwrap();
    let mut statement = connection.prepare("SELECT money, typeof(money) FROM \"table-1\" ORDER BY rowid").unwrap();
    let found: Vec<String> = statement
        .query_map([], |row| Ok(format!("{:?} {}", row.get::<_, rusqlite::types::Value>(0)?, row.get::<_, String>(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_snapshot!(found.join("\n"), @r#"
    Real(0.01) real
    Real(-0.05) real
    Text("92233720368547758.07") text
    Real(0.0) real
    Null null
    Real(1234.56) real
    "#);
}

#[test]
fn a_workbook_comes_back_as_it_was() {
    let texts: Vec<Option<String>> = ["x", "=1", "z"].map(|text| Some(text.to_owned())).to_vec();
    let table = frame(&[Some(3), None, Some(86_400_000_000)], &texts, &[Some(0.5), Some(2.0), None]);
    let folder = tempfile::tempdir().unwrap();
    write(&out(&table), &sink("a.xlsx"), &folder.path().join("a.xlsx")).unwrap();
    let mut scan = Scan {
        files: vec![Location::new("a.xlsx")],
        format: FileFormat("xlsx"),
        table: None,
        query: None,
        sheet: None,
        is_selection: false,
        options: ScanOptions::default(),
        schema: Schema::new(),
    };
    scan.schema =
        read::infer(FormatCodecs::all().get(scan.format).unwrap(), &files(folder.path(), &scan), &scan, None).unwrap();
    assert_eq!(scan.schema.get("int"), Some(DataType::Int));
    let back = read(folder.path(), &scan);
    assert_snapshot!(back.to_string());
}

/// The writer cuts a column into several pages, and with a dictionary it would count all NULLs in each of them.
#[test]
fn what_a_parquet_file_says_of_its_nulls_is_right() {
    const ROWS: usize = 1_000;
    let text = |row: usize| (!row.is_multiple_of(10)).then(|| format!("a text, the {}th", row % 500));
    let texts = Series::new("text".into(), (0..ROWS).map(text).collect::<Vec<_>>());
    let frame = DataFrame::new(ROWS, vec![texts.into_column()]).unwrap();
    let path = tempfile::tempdir().unwrap();
    let path = path.path().join("a.parquet");
    write(&out(&frame), &sink("a.parquet"), &path).unwrap();
    let metadata = polars_parquet::read::read_metadata(&mut fs::File::open(&path).unwrap()).unwrap();
    for row_group in &metadata.row_groups {
        let said = row_group.parquet_columns()[0].statistics(&metadata.footer_buf).unwrap().unwrap().null_count();
        let rows = row_group.num_rows() as i64;
        assert!(said.is_some_and(|nulls| nulls <= rows / 10 + 1), "{said:?} of {rows}");
    }
}
