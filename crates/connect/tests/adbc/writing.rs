//! Writing tables: once or not at all.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionErrorKind as Kind, WriteEnd, WriteMode};
use tidemill_core::table::{PlainData, PlainTable};

use crate::harness::{Own, duckdb, ints, lines, read, sqlite, table, texts, write};

fn rows(ids: &[i64], names: &[&str]) -> PlainTable {
    table(ids.len(), vec![("id", ints(ids)), ("name", texts(names))])
}

fn all(own: &Own) -> Vec<String> {
    lines(&read(&*own.database, "select id, name from t order by id, name").expect("it is there"))
}

#[test]
fn rows_are_appended_once_and_replaced_as_a_whole() {
    for own in [duckdb(), sqlite()].into_iter().flatten() {
        let database = &*own.database;
        let written = |rows| WriteEnd::Written { rows };
        let end = write(database, &rows(&[1, 2], &["a", "b"]), &WriteMode::Append, "f", true);
        assert_eq!(end, Ok(written(2)));
        let again = write(database, &rows(&[1, 2], &["a", "b"]), &WriteMode::Append, "f", true);
        assert!(matches!(again, Ok(WriteEnd::AlreadyThere { rows: 2, .. })), "{again:?}");
        let refused = write(database, &rows(&[9], &["x"]), &WriteMode::Replace, "g", false).expect_err("it may not");
        assert_eq!(refused.kind, Kind::Cancelled);
        assert_eq!(all(&own), ["1|a", "2|b"], "nothing was committed");
        for _ in 0..2 {
            let end = write(database, &rows(&[3], &["c"]), &WriteMode::Replace, "g", true);
            assert_eq!(end, Ok(written(1)));
            assert_eq!(all(&own), ["3|c"]);
        }
        let ledger = read(database, "select fingerprint, row_count from tidemill_ledger order by fingerprint");
        assert_eq!(lines(&ledger.expect("it is there")), ["f|2", "g|1"]);
    }
}

#[test]
fn an_upsert_changes_rows_of_its_key_and_adds_the_others() {
    for own in [duckdb(), sqlite()].into_iter().flatten() {
        let database = &*own.database;
        let upsert = WriteMode::Upsert { key: vec!["id".to_owned()] };
        for (fingerprint, ids, names) in [("a", [1, 2], ["a", "b"]), ("b", [2, 3], ["B", "c"])] {
            write(database, &rows(&ids, &names), &upsert, fingerprint, true).expect("it is written");
        }
        assert_eq!(all(&own), ["1|a", "2|B", "3|c"]);
        let twice = write(database, &rows(&[4, 4], &["x", "y"]), &upsert, "c", true).expect_err("it is there twice");
        assert!(twice.message.contains("has the key 4 of id of the rows more than once"), "{twice}");
        assert_eq!(all(&own), ["1|a", "2|B", "3|c"]);
        let target = database.target(&database.table_name("t"), &NEVER_CANCELLED).expect("it answers");
        assert_eq!(target.expect("it is there").unique_keys, [["id"]]);
    }
}

#[test]
fn every_type_that_is_written_is_read_the_same() {
    let Some(duck) = duckdb() else { return };
    let written = table(
        2,
        vec![
            ("yes", PlainData::Bool(vec![Some(true), None])),
            ("n", PlainData::Int(vec![Some(i64::MIN), None])),
            ("x", PlainData::Float(vec![Some(f64::MAX), None])),
            ("price", PlainData::Decimal { unscaled: vec![Some(10_i128.pow(38) - 1), None], precision: 38, scale: 9 }),
            ("text", PlainData::String(vec![Some("kä'se\n\"".to_owned()), None])),
            ("day", PlainData::Date(vec![Some(-719_162), None])),
            ("at", PlainData::Datetime(vec![Some(-1), None])),
            ("hour", PlainData::Time(vec![Some(86_399_999_999), None])),
        ],
    );
    write(&*duck.database, &written, &WriteMode::Append, "f", true).expect("it is written");
    assert_eq!(read(&*duck.database, "select * from t"), Ok(written));
}

#[test]
fn a_value_that_the_target_does_not_hold_stops_the_writing() {
    let Some(duck) = duckdb() else { return };
    let database = &*duck.database;
    let decimals = |unscaled: i128, precision| {
        table(1, vec![("price", PlainData::Decimal { unscaled: vec![Some(unscaled)], precision, scale: 2 })])
    };
    write(database, &decimals(100, 4), &WriteMode::Append, "a", true).expect("it is written");
    let error = write(database, &decimals(12_345, 5), &WriteMode::Replace, "b", true).expect_err("it is too wide");
    assert_eq!(error.kind, Kind::Value);
    assert!(error.message.contains("column `price`, row 1, 123.45"), "{error}");
    assert_eq!(lines(&read(database, "select price from t").expect("it is there")), ["1.00"]);
}

#[test]
fn many_rows_are_written_in_one_piece() {
    let Some(duck) = duckdb() else { return };
    let ids: Vec<i64> = (0..200_000).collect();
    let end = write(&*duck.database, &table(ids.len(), vec![("id", ints(&ids))]), &WriteMode::Append, "f", true);
    assert_eq!(end, Ok(WriteEnd::Written { rows: 200_000 }));
    let sums = read(&*duck.database, "select count(*) as n, max(id) as last from t").expect("it is there");
    assert_eq!(lines(&sums), ["200000|199999"]);
}
