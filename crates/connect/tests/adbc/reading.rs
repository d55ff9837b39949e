//! Reading tables and queries.

use std::thread;

use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::connection::{ConnectionErrorKind as Kind, DatabaseSource, WriteMode};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::table::{DataType, PlainData, Value};

use crate::harness::{duckdb, ints, lines, query, read, read_as, sqlite, table, texts, write};

#[test]
fn every_type_of_duckdb_arrives_as_it_is_or_is_left_out() {
    let Some(duck) = duckdb() else { return };
    let sql = "select true as yes, (-128)::tinyint as tiny, 9223372036854775807 as big, 18446744073709551615::ubigint as u, \
               0.1::float as single, 0.1::double as float, 12345678901234567890.123456789::decimal(38,9) as price, \
               'käse' as text, date '2024-02-29' as day, timestamp '2024-11-20 19:45:00.000001' as moment, \
               timestamptz '2024-11-20 19:45:00+01' as instant, time '23:59:59.999999' as hour, \
               'a'::enum('a', 'b') as letter, 'f0e1d2c3-b4a5-4697-8879-6a5b4c3d2e1f'::uuid as id, null as nothing, \
               '\\xFF'::blob as bytes, [1, 2] as list, {'a': 1} as pair, interval 1 day as span";
    let text = query(sql);
    let columns = duck.database.describe(DatabaseSource::Query(&text), &NEVER_CANCELLED).expect("it is right");
    let types: Vec<String> = columns.schema.fields().iter().map(|field| field.data_type.to_string()).collect();
    let expected =
        "bool int int decimal(20,0) float float decimal(38,9) string date datetime datetime time string string";
    assert_eq!(types[..14].join(" "), expected);
    let left_out: Vec<&str> = columns.left_out.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(left_out, ["bytes", "list", "pair", "span"]);
    assert_eq!(columns.left_out[0].help, "select it as text: `hex(\"bytes\")`");
    let table = read(&*duck.database, sql).expect("it is right");
    let expected = "true|-128|9223372036854775807|18446744073709551615|0.10000000149011612|0.1|\
                    12345678901234567890.123456789|käse|2024-02-29|2024-11-20T19:45:00.000001|2024-11-20T18:45:00|\
                    23:59:59.999999|a|f0e1d2c3-b4a5-4697-8879-6a5b4c3d2e1f|";
    assert_eq!(lines(&table), [expected]);
}

#[test]
fn a_value_that_is_not_held_is_told_with_column_and_row() {
    let Some(duck) = duckdb() else { return };
    let told = |sql: &str| {
        let error = read(&*duck.database, sql).expect_err("it is not held");
        assert_eq!(error.kind, Kind::Value, "{error}");
        error.to_string()
    };
    let nanos =
        "select * from (values (timestamp_ns '2024-01-01 00:00:00'), ('2024-01-01 00:00:00.000000001')) v(moment)";
    assert!(told(nanos).contains("in column `moment`, row 2, a moment with nanoseconds"), "{}", told(nanos));
    assert!(told("select 'infinity'::timestamp as moment").contains("column `moment`, row 1, `infinity`"));
    assert!(told("select '-infinity'::date as day").contains("column `day`, row 1, `infinity`"));
}

#[test]
fn parameters_are_bound_and_never_text() {
    for own in [duckdb(), sqlite()].into_iter().flatten() {
        let rows = table(3, vec![("id", ints(&[1, 2, 3])), ("name", texts(&["it's", "b", "c"]))]);
        write(&*own.database, &rows, &WriteMode::Append, "f", true).expect("it is written");
        let text = "select id from t where name = $1 or id in $2 or id in $3 order by id";
        let holes = vec![
            SqlHole::One(Value::String("it's".to_owned())),
            SqlHole::Many(vec![Value::Int(3), Value::Int(4)]),
            SqlHole::Many(Vec::new()),
        ];
        let text = SqlText { raw: text.to_owned(), text: text.to_owned(), holes, ..SqlText::default() };
        let source = DatabaseSource::Query(&text);
        let columns = own.database.infer(source, &NEVER_CANCELLED).expect("it is right");
        let table = read_as(&*own.database, source, &columns.schema).expect("it is right");
        assert_eq!(lines(&table), ["1", "3"]);
        assert_eq!(own.database.version(&text, &NEVER_CANCELLED).expect("it is right"), "1\n3");
    }
}

#[test]
fn a_decimal_and_a_date_are_compared_as_such() {
    let Some(duck) = duckdb() else { return };
    let text = "select 1.10::decimal(5,2) = $1 as same, date '2024-01-02' > $2 as later".to_owned();
    let holes = vec![SqlHole::One(Value::Decimal { unscaled: 110, scale: 2 }), SqlHole::One(Value::Date(19_723))];
    let text = SqlText { raw: text.clone(), text, holes, ..SqlText::default() };
    assert_eq!(duck.database.version(&text, &NEVER_CANCELLED).expect("it is right"), "true\ttrue");
}

#[test]
fn tables_of_many_rows_stream_and_can_be_stopped() {
    let Some(duck) = duckdb() else { return };
    let text = query("select i as n, i::varchar as name from range(300000) r(i)");
    let source = DatabaseSource::Query(&text);
    let schema = duck.database.infer(source, &NEVER_CANCELLED).expect("it is right").schema;
    let all = read_as(&*duck.database, source, &schema).expect("it is right");
    assert_eq!((all.rows, all.columns[0].data.value(299_999)), (300_000, Value::Int(299_999)));
    let stop = CancelToken::new();
    let mut rows = duck.database.read(source, &schema, &stop).expect("it is right");
    assert!(rows.next().is_some_and(|batch| batch.is_ok()));
    stop.cancel();
    let error = rows.find_map(Result::err).expect("it is stopped");
    assert_eq!(error.kind, Kind::Cancelled);
    assert!(rows.next().is_none());
}

#[test]
fn a_query_that_does_not_end_is_stopped() {
    let Some(duck) = duckdb() else { return };
    let text = query("select sum(a.range * b.range) as s from range(10000000) a, range(10000000) b");
    let schema = [("s", DataType::Decimal { precision: 38, scale: 0 })].into_iter().collect();
    let stop = CancelToken::new();
    let error = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let rows = duck.database.read(DatabaseSource::Query(&text), &schema, &stop);
            rows.and_then(|rows| rows.collect::<Result<Vec<_>, _>>()).expect_err("it is stopped")
        });
        stop.cancel();
        reading.join().expect("it does not panic")
    });
    assert_eq!(error.kind, Kind::Cancelled, "{error}");
}

#[test]
fn all_reads_of_a_snapshot_see_one_moment() {
    let Some(duck) = duckdb() else { return };
    let database = &*duck.database;
    let rows = |values: &[i64]| table(values.len(), vec![("id", ints(values))]);
    write(database, &rows(&[1]), &WriteMode::Append, "a", true).expect("it is written");
    database.begin_snapshot();
    let seen = || lines(&read(database, "select count(*) as n from t").expect("it is right"));
    assert_eq!(seen(), ["1"]);
    write(database, &rows(&[2]), &WriteMode::Append, "b", true).expect("it is written");
    assert_eq!(seen(), ["1"]);
    database.end_snapshot();
    assert_eq!(seen(), ["2"]);
}

#[test]
fn a_table_of_sqlite_is_read_as_its_values_are() {
    let Some(lite) = sqlite() else { return };
    let rows = table(
        2,
        vec![
            ("id", ints(&[1, 2])),
            ("price", PlainData::Float(vec![Some(0.5), None])),
            ("name", texts(&["a", "käse"])),
        ],
    );
    write(&*lite.database, &rows, &WriteMode::Append, "f", true).expect("it is written");
    let source = DatabaseSource::Table("t");
    let columns = lite.database.infer(source, &NEVER_CANCELLED).expect("it is there");
    let read = read_as(&*lite.database, source, &columns.schema).expect("it is there");
    assert_eq!(lines(&read), ["1|0.5|a", "2||käse"]);
    let tables = lite.database.tables().expect("there are some");
    assert!(tables.iter().any(|table| table.table.name == "t" && table.columns.len() == 3), "{tables:?}");
}
