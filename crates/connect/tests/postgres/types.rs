//! Every type: each value arrives exactly, or is refused.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::DatabaseSource;
use tidemill_core::table::{DataType, Value};
use tidemill_test_servers::Postgres;

use crate::harness::{ask, open, query, read, said, values};

const fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

/// Types with values, and as what they are read.
const TYPES: &[(&str, DataType, &[&str])] = &[
    ("boolean", DataType::Bool, &["true", "false"]),
    ("smallint", DataType::Int, &["-32768", "32767", "0"]),
    ("integer", DataType::Int, &["-2147483648", "2147483647"]),
    ("bigint", DataType::Int, &["-9223372036854775808", "9223372036854775807"]),
    ("oid", DataType::Int, &["4294967295", "0"]),
    ("real", DataType::Float, &["3.4028235e38", "1e-45", "0.1", "-0", "NaN", "Infinity", "-Infinity"]),
    ("double precision", DataType::Float, &["1.7976931348623157e308", "5e-324", "0.1", "-0", "NaN", "Infinity"]),
    (
        "numeric(38,0)",
        decimal(38, 0),
        &["99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"],
    ),
    (
        "numeric(38,38)",
        decimal(38, 38),
        &["0.99999999999999999999999999999999999999", "0.00000000000000000000000000000000000001"],
    ),
    ("numeric(18,2)", decimal(18, 2), &["9999999999999999.99", "-0.01", "0", "10000", "100000000"]),
    ("numeric(2,-3)", decimal(5, 0), &["99000", "-1000"]),
    ("numeric(3,5)", decimal(5, 5), &["0.00999", "-0.00001"]),
    ("numeric", decimal(20, 10), &["1234567890.0123456789", "-0.5000000000"]),
    ("text", DataType::String, &["", "é\n\t\\|\u{1F980}", "it''s"]),
    ("varchar(3)", DataType::String, &["abc", ""]),
    ("char(5)", DataType::String, &["ab", ""]),
    ("name", DataType::String, &["a_name"]),
    ("\"char\"", DataType::String, &["x"]),
    ("uuid", DataType::String, &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("json", DataType::String, &["{\"a\" : [1, 2.50]}", "null"]),
    ("jsonb", DataType::String, &["{\"b\": 1, \"a\": [1, 2.50]}"]),
    ("xml", DataType::String, &["<a b=\"c\">d</a>"]),
    ("inet", DataType::String, &["192.168.0.1/24", "::1"]),
    ("cidr", DataType::String, &["10.0.0.0/8"]),
    ("macaddr", DataType::String, &["08:00:2b:01:02:03"]),
    ("macaddr8", DataType::String, &["08:00:2b:01:02:03:04:05"]),
    ("bit(3)", DataType::String, &["101"]),
    ("varbit", DataType::String, &["", "1"]),
    ("interval", DataType::String, &["1 year 2 mons -3 days 04:05:06.789", "-178000000 years"]),
    ("money", DataType::String, &["-92233720368547758.08", "12.34"]),
    ("tsvector", DataType::String, &["a:1 fat:2"]),
    ("tsquery", DataType::String, &["fat & !rat"]),
    ("int4range", DataType::String, &["[1,5)", "empty"]),
    ("tstzrange", DataType::String, &["[2024-01-01 00:00+02,)"]),
    ("int4multirange", DataType::String, &["{[1,3),[5,9)}"]),
    ("point", DataType::String, &["(1.5,-2)"]),
    ("pg_lsn", DataType::String, &["16/B374D848"]),
    ("regclass", DataType::String, &["pg_class"]),
    ("int2vector", DataType::String, &["1 2 3"]),
    ("pair", DataType::String, &["(1,\"a b\")"]),
    ("mood", DataType::String, &["sad", "very happy"]),
    ("date", DataType::Date, &["0001-01-01", "9999-12-31", "2024-02-29", "1969-12-31"]),
    ("time", DataType::Time, &["00:00:00", "23:59:59.999999"]),
    ("timetz", DataType::String, &["23:59:59.999999+05:30"]),
    (
        "timestamp",
        DataType::Datetime,
        &["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.000001"],
    ),
    ("timestamptz", DataType::Datetime, &["2024-03-31 01:30:00+02", "1900-01-01 00:00:00+00"]),
    ("price", decimal(10, 4), &["123456.7891"]),
    ("short", DataType::String, &["ab"]),
];

const MADE: &str = "create type mood as enum ('sad', 'very happy'); create type pair as (a int, b text); \
                    create domain price as numeric(10,4) check (value > 0); create domain short as varchar(3)";

#[test]
fn every_value_is_what_psql_prints() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, MADE);
    let shop = open(&server.url(&name)).expect("a good URL");
    for (at, (of, data_type, given)) in TYPES.iter().enumerate() {
        let rows: Vec<String> = given.iter().map(|value| format!("('{value}'::{of})")).collect();
        server
            .psql(&name, &format!("create table t{at} (v {of}); insert into t{at} values {}, (null)", rows.join(",")));
        let table = format!("t{at}");
        let source = DatabaseSource::Table(&table);
        let found = shop.infer(source, &NEVER_CANCELLED).unwrap_or_else(|error| panic!("{of}: {error}"));
        assert_eq!(found.schema.get("v"), Some(*data_type), "{of}");
        let read = values(&read(&*shop, source).unwrap_or_else(|error| panic!("{of}: {error}")), "v");
        let as_text = if *of == "char(5)" { "v || ''" } else { "v::text" };
        for (row, value) in read.iter().enumerate() {
            let sql = format!(
                "set timezone = utc; set xmloption = content; select {as_text} from t{at} offset {row} limit 1"
            );
            let printed = server.psql(&name, &sql);
            let is_exact = match value {
                Value::Float(value) if *of == "real" => {
                    printed.parse::<f32>().is_ok_and(|printed| f64::from(printed).to_bits() == value.to_bits())
                }
                Value::Float(value) => printed.parse::<f64>().is_ok_and(|printed| printed.to_bits() == value.to_bits()),
                Value::Datetime(_) => value.to_string() == printed.trim_end_matches("+00").replace(' ', "T"),
                Value::String(text) if *of == "char(5)" => text.len() == 5 && text.trim_end() == printed,
                value => value.to_string() == printed,
            };
            assert!(is_exact, "{of}: {value:?} is not {printed:?}");
        }
        assert_eq!(read.last(), Some(&Value::Null), "{of}");
    }
}

#[test]
fn arrays_are_json() {
    let Some(server) = Postgres::shared() else { return };
    let shop = open(&server.url(&server.database())).expect("a good URL");
    let sql = "select array[1,null,3] as a, array['x','y\"z'] as b, '{{1,2},{3,4}}'::int[] as c, array['2024-01-01'::date] as d";
    let table = ask(&*shop, sql).expect("it can be read");
    let of = |name| values(&table, name)[0].to_string();
    assert_eq!(of("a"), "[1,null,3]");
    assert_eq!(of("b"), r#"["x","y\"z"]"#);
    assert_eq!(of("c"), "[[1,2],[3,4]]");
    assert_eq!(of("d"), r#"["2024-01-01"]"#);
}

#[test]
fn what_no_table_holds_is_left_out_with_what_to_do() {
    let Some(server) = Postgres::shared() else { return };
    let shop = open(&server.url(&server.database())).expect("a good URL");
    let sql = query(
        "select '\\xff'::bytea as photo, 1::numeric(50,2) as wide, 'NaN'::numeric as nan, 1e40::numeric as long, 1 as id",
    );
    let source = DatabaseSource::Query(&sql);
    let found = shop.infer(source, &NEVER_CANCELLED).expect("it can be asked");
    assert_eq!(found.schema.names().collect::<Vec<_>>(), ["id"]);
    let said_of = |name: &str| {
        let left_out = found.left_out.iter().find(|column| column.name == name).expect("it is left out");
        format!("{}: {}", left_out.data_type, left_out.help)
    };
    assert_eq!(said_of("photo"), r#"bytea: select it as text: `encode("photo", 'base64')`"#);
    assert!(said_of("wide").starts_with("numeric: select it with at most 38 digits"), "{}", said_of("wide"));
    assert_eq!(said_of("nan"), r#"numeric that holds NaN: select `nullif("nan", 'NaN')` in its place"#);
    assert!(said_of("long").starts_with("numeric of 41 digits"), "{}", said_of("long"));
    let wanted = [("photo", DataType::String)].into_iter().collect();
    let refused = said(shop.read(source, &wanted, &NEVER_CANCELLED));
    assert!(refused.contains("a column `photo` of type bytea") && refused.contains("encode"), "{refused}");
}

#[test]
fn a_value_that_cannot_be_held_is_named_with_its_row() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    let shop = open(&server.url(&name)).expect("a good URL");
    server.psql(&name, "create table t (id int primary key, d date, n numeric); insert into t values (1, '2024-01-01', 1), (17, 'infinity', 2)");
    let refused = said(read(&*shop, DatabaseSource::Table("t")));
    assert_eq!(
        refused,
        "connection `shop` holds infinity in column `d` of the row with \"id\" = 17, which date cannot hold; \
         select `nullif(\"d\", 'infinity')`, or leave such rows out"
    );
    let cases = [
        ("select '-infinity'::timestamptz as v", "holds -infinity in column `v` of row 1"),
        ("select '294276-12-31 23:59:59'::timestamp as v", "holds a time beyond the years -9999 to 9999"),
        ("select '5874897-12-31'::date as v", "holds a day beyond the years -9999 to 9999"),
        ("select '24:00'::time as v", "holds 24:00:00 in column `v`"),
    ];
    for (sql, expected) in cases {
        let refused = said(ask(&*shop, sql));
        assert!(refused.contains(expected), "{sql}: {refused}");
    }
    let narrow = [("n", decimal(3, 1))].into_iter().collect();
    let sql = query("select 12.34 as n");
    let refused = said(
        shop.read(DatabaseSource::Query(&sql), &narrow, &NEVER_CANCELLED).expect("it begins").next().expect("a batch"),
    );
    assert!(refused.contains("holds 12.34 in column `n` of row 1, which decimal(3,1) cannot hold"), "{refused}");
}
