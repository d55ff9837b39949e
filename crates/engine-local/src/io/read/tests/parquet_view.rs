use std::fs;

use polars::prelude::{Column, DataFrame, DataType as Polars, IntoColumn, NamedFrom, ParquetWriter, Series, TimeUnit};
use proptest::prelude::*;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::table::{EngineError, Scan};

use super::Source;
use crate::io::files::Files;
use crate::io::formats::FormatCodecs;
use crate::io::local_files::LocalFiles;
use crate::store::stored_table::{StoredTable, TableView};
use crate::store::view_object::ViewObject;

fn file(mut frame: DataFrame, row_group: usize, page: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let writer = ParquetWriter::new(&mut bytes).with_row_group_size(Some(row_group)).with_data_page_size(Some(page));
    writer.finish(&mut frame).unwrap();
    bytes
}

/// Rows with NULLs, texts of which some are often there, and values of every type that a table holds.
fn rows(count: usize, seed: i64) -> DataFrame {
    let number = |row: usize| (row as i64 * 7919 + seed * 104_729) % 997;
    let some = |row: usize| (number(row) % 7 != 3).then(|| number(row));
    let ints = Series::new("int".into(), (0..count).map(some).collect::<Vec<_>>());
    let few: Vec<Option<String>> =
        (0..count).map(|row| some(row).map(|number| format!("kind {}", number % 3))).collect();
    let many: Vec<String> = (0..count).map(|row| format!("{} and more than twelve bytes", number(row))).collect();
    let cast = |name: &str, to: &Polars| ints.cast(to).unwrap().with_name(name.into());
    let columns = [
        cast("small", &Polars::Int16),
        cast("float", &Polars::Float64),
        cast("bool", &Polars::Boolean),
        cast("date", &Polars::Int32).cast(&Polars::Date).unwrap(),
        cast("moment", &Polars::Datetime(TimeUnit::Microseconds, None)),
        cast("decimal", &Polars::Decimal(20, 2)),
        Series::new("few".into(), few),
        Series::new("many".into(), many),
        ints.clone(),
    ];
    DataFrame::new(count, columns.into_iter().map(Column::from).collect()).unwrap()
}

/// A source of these files, with its columns known.
fn source(files: &[Vec<u8>]) -> Source {
    let mut source = Source::new("0.parquet", &files[0]);
    for (at, bytes) in files.iter().enumerate().skip(1) {
        source = source.file(&format!("{at}.parquet"), bytes);
    }
    source.scan.schema = source.infer(None).unwrap();
    source
}

fn view(source: &Source) -> Result<std::sync::Arc<dyn StoredTable>, EngineError> {
    let files = super::files(source.path(), &source.scan)?;
    let found = FormatCodecs::all().get(source.scan.format)?.view(&files, &source.scan)?;
    Ok(found.expect("it can stay in its files").0.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_rows_of_any_columns_are_those_of_the_whole(
        counts in prop::collection::vec(0usize..400, 1..4),
        row_group in prop_oneof![Just(7usize), Just(60), Just(1000)],
        page in prop_oneof![Just(64usize), Just(1 << 20)],
        cuts in prop::collection::vec((0usize..1200, 0usize..1200), 4),
        seed in 0i64..1000,
    ) {
        let files: Vec<Vec<u8>> = counts.iter().enumerate().map(|(at, count)| file(rows(*count, seed + at as i64), row_group, page)).collect();
        let source = source(&files);
        let whole = super::read(source.path(), &source.scan).unwrap();
        let view = view(&source).unwrap();
        prop_assert_eq!(view.rows(), whole.height());
        for (a, b) in cuts {
            let (from, to) = (a.min(b).min(whole.height()), a.max(b).min(whole.height()));
            let columns = ["many", "decimal", "few"].map(str::to_owned);
            let found = view.block(from, to, Some(&columns)).unwrap();
            let wanted = whole.select(columns.iter().map(String::as_str)).unwrap().slice(from as i64, to - from);
            prop_assert!(found.equals_missing(&wanted), "{from} to {to}");
            prop_assert_eq!(view.block(from, to, Some(&[])).unwrap().height(), to - from);
        }
        for name in ["int", "few", "many"] {
            prop_assert_eq!(view.has_no_nulls(name), whole.column(name).unwrap().null_count() == 0);
        }
    }
}

#[test]
fn the_object_of_equal_files_is_the_same_and_leads_to_their_rows() {
    let source = source(&[file(rows(300, 1), 100, 1 << 20), file(rows(20, 2), 100, 1 << 20)]);
    let (known, files) = (FileDigests::default(), LocalFiles::new(FormatCodecs::all(), Default::default()));
    let object = source.path().join("object");
    let digest = view(&source).unwrap().save(&object, &known).unwrap();
    assert_eq!(digest, tidemill_core::ids::Digest::of(&fs::read(&object).unwrap()));
    let read = ViewObject::read(&object).unwrap();
    let TableView(again) = files.open_view(source.path(), &read, &known).unwrap();
    assert!(again.whole(None).unwrap().equals_missing(&super::read(source.path(), &source.scan).unwrap()));

    // Written again with the same bytes it is the same table; with others it is gone.
    let bytes = fs::read(source.path().join("1.parquet")).unwrap();
    fs::write(source.path().join("1.parquet"), bytes).unwrap();
    assert_eq!(view(&source).unwrap().save(&object, &known).unwrap(), digest);
    fs::write(source.path().join("1.parquet"), file(rows(20, 3), 100, 1 << 20)).unwrap();
    let error = files.open_view(source.path(), &read, &FileDigests::default()).err().unwrap().to_string();
    assert_eq!(error, "1.parquet has changed since it was loaded");
    assert!(ViewObject::read(&source.path().join("1.parquet")).is_none());
}

#[test]
fn a_file_put_in_its_place_changes_nothing_and_one_that_is_written_over_is_noticed() {
    let source = source(&[file(rows(300, 1), 100, 1 << 20)]);
    let path = source.path().join("0.parquet");
    let before = super::read(source.path(), &source.scan).unwrap();
    let opened = view(&source).unwrap();
    fs::rename(&path, source.path().join("former")).unwrap();
    fs::write(&path, file(rows(10, 5), 100, 1 << 20)).unwrap();
    assert!(opened.whole(None).unwrap().equals_missing(&before));
    let error = opened.save(&source.path().join("object"), &FileDigests::default()).unwrap_err().to_string();
    assert_eq!(error, "0.parquet has changed while its rows were read");

    let opened = view(&source).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes.push(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(opened.whole(None).unwrap_err().to_string(), "0.parquet has changed while its rows were read");
}

#[test]
fn what_must_be_looked_at_is_told_when_it_is_loaded() {
    let moments =
        Series::new("t".into(), [1_500i64, 2_000]).cast(&Polars::Datetime(TimeUnit::Nanoseconds, None)).unwrap();
    let frame = DataFrame::new(2, vec![moments.into_column()]).unwrap();
    let source = source(&[file(frame, 100, 1 << 20)]);
    let files = LocalFiles::new(FormatCodecs::all(), Default::default());
    let (_, told) = files.view(source.path(), &source.scan, &NEVER_CANCELLED).unwrap().unwrap();
    assert_eq!(told, ["0.parquet: 1 value of column `t` lost nanoseconds: tables keep microseconds"]);
    let big = Series::new("big".into(), [u64::MAX]).into_column();
    let source = self::source(&[file(DataFrame::new(1, vec![big]).unwrap(), 100, 1 << 20)]);
    let refused = view(&source).err().unwrap().to_string();
    assert_eq!(refused, "0.parquet: column `big` is of type u64, and not all of it fits int");
    let named = Scan {
        options: tidemill_core::table::ScanOptions { filename: Some("f".into()), ..Default::default() },
        ..source.scan.clone()
    };
    assert!(files.view(source.path(), &named, &NEVER_CANCELLED).unwrap().is_none());
}
