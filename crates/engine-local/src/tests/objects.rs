use super::*;
use DataType::{Bool, Date, Datetime, Float, Int, String as Text, Time};

fn everything() -> DataFrame {
    let mut frame = table(&[
        ("b", Bool, "true - false"),
        ("i", Int, "1 - 3"),
        ("f", Float, "0.5 - -2"),
        ("m", D2, "1.50 - -3.25"),
        ("s", Text, "short - a-text-longer-than-twelve-bytes"),
        ("d", Date, "2024-02-29 - 1969-12-31"),
        ("t", Datetime, "2024-02-29T08:30:00 - 1969-12-31T23:59:59"),
        ("o", Time, "08:30:00 - 23:59:59.5"),
    ]);
    let nothing = Series::full_null("n".into(), 3, &polars::prelude::DataType::Null);
    frame.with_column(nothing.into()).unwrap();
    frame
}

fn saved(frame: &DataFrame) -> (tidemill_core::ids::Digest, Vec<u8>, TableRef) {
    let folder = tempfile::tempdir().unwrap();
    let engine = LocalEngine::with_files(folder.path(), Box::new(OneFile(DataFrame::empty())));
    let location = Location::new("object");
    let digest = engine.save(&in_memory(frame.clone()).unwrap(), &location).unwrap();
    let bytes = std::fs::read(folder.path().join("object")).unwrap();
    (digest, bytes, engine.open(&location).unwrap())
}

#[test]
fn a_table_comes_back_as_it_was() {
    let (digest, bytes, opened) = saved(&everything());
    assert_eq!(digest, tidemill_core::ids::Digest::of(&bytes));
    assert_eq!(opened.schema, types::schema_of(&everything()).unwrap());
    assert_eq!(rows(&opened), rows(&in_memory(everything()).unwrap()));
    assert_eq!(
        rows(&opened)[2],
        "false 3 -2 -3.25 a-text-longer-than-twelve-bytes 1969-12-31 1969-12-31T23:59:59 23:59:59.5 -"
    );
}

#[test]
fn neither_chunks_nor_what_lies_under_null_change_the_digest() {
    let whole = everything();
    let padded = whole.vstack(&whole).unwrap();
    let cut = padded.slice(1, 2).vstack(&padded.slice(3, 1)).unwrap();
    let straight = padded.slice(1, 3);
    assert_eq!(saved(&cut).1, saved(&straight).1);

    // A NULL that a division left, over the rest of a number, against one that was always there.
    let t = table(&[("a", Int, "6 7"), ("b", Int, "2 0")]);
    let quotient = arith(ArithOp::Mod, col("a", Int), col("b", Int), Int);
    let computed = run(project(&t, quotient), &[("t", &t)]).table.unwrap();
    let plain = table(&[("x", Int, "0 -")]);
    assert_eq!(
        saved(&crate::store::table_handle::TableHandle::of(&computed).unwrap().frame(None).unwrap()).0,
        saved(&plain).0
    );
    assert_ne!(saved(&plain).0, saved(&table(&[("x", Int, "0 0")])).0);
}

#[test]
fn empty_tables_and_broken_files_are_told_apart() {
    let empty = everything().clear();
    assert_eq!(saved(&empty).2.rows, 0);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("object"), "no arrow file").unwrap();
    let engine = LocalEngine::with_files(folder.path(), Box::new(OneFile(DataFrame::empty())));
    assert!(matches!(engine.open(&Location::new("object")), Err(EngineError::Source { .. })));
}

#[test]
fn fetch_gives_some_columns_of_some_rows() {
    let table = in_memory(everything()).unwrap();
    let plain = engine().fetch(&table, Some(&["s".to_owned(), "i".to_owned()]), Some(1)).unwrap();
    assert_eq!(plain.rows, 1);
    assert_eq!(plain.columns[1].data, PlainData::Int(vec![Some(1)]));
    assert_eq!(message(engine().fetch(&table, Some(&["z".to_owned()]), None)), "the table has no column z");
}
