//! Every type of the server: exactly, or refused.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionErrorKind, DatabaseSource};
use tidemill_core::table::{DataType, Schema};

use crate::shop::{fresh, open, query, read, read_as, server, texts};

/// A declared type, the type as which it is read, and values as the server's own client prints them.
const EXACT: &[(&str, &str, &[&str])] = &[
    ("tinyint", "int", &["-128", "127"]),
    ("tinyint(1)", "int", &["0", "1", "-5"]),
    ("tinyint unsigned", "int", &["0", "255"]),
    ("smallint", "int", &["-32768", "32767"]),
    ("mediumint", "int", &["-8388608", "8388607"]),
    ("int", "int", &["-2147483648", "2147483647"]),
    ("int unsigned", "int", &["4294967295"]),
    ("bigint", "int", &["-9223372036854775808", "9223372036854775807"]),
    ("bigint unsigned", "decimal(20,0)", &["0", "18446744073709551615"]),
    ("bit(1)", "int", &["0", "1"]),
    ("bit(63)", "int", &["9223372036854775807"]),
    ("bit(64)", "decimal(20,0)", &["18446744073709551615"]),
    ("decimal(10,2)", "decimal(10,2)", &["-99999999.99", "0.10"]),
    ("decimal(10,2) unsigned", "decimal(10,2)", &["99999999.99"]),
    ("decimal(38,10)", "decimal(38,10)", &["9999999999999999999999999999.9999999999"]),
    ("decimal(65,30)", "decimal(38,30)", &["12345678.000000000000000000000000000001"]),
    ("double", "float", &["-1.7976931348623157e308", "5e-324", "0.1"]),
    ("float", "float", &["0.5", "-16777216"]),
    ("year", "int", &["1901", "2155", "0"]),
    ("date", "date", &["1000-01-01", "9999-12-31"]),
    ("datetime", "datetime", &["1000-01-01 00:00:00", "9999-12-31 23:59:59"]),
    ("datetime(6)", "datetime", &["2024-11-20 19:45:00.000001"]),
    ("timestamp(3)", "datetime", &["2038-01-19 03:14:07.999"]),
    ("time", "time", &["00:00:00", "23:59:59"]),
    ("time(6)", "time", &["23:59:59.999999"]),
    ("char(3)", "string", &["", "äöü"]),
    ("varchar(20) character set utf8mb4", "string", &["a\u{1F600}b", " x "]),
    ("varchar(20) character set latin1", "string", &["naïve"]),
    ("tinytext", "string", &["a"]),
    ("longtext", "string", &["a\\b"]),
    ("enum('a','it''s')", "string", &["it's"]),
    ("set('a','b')", "string", &["", "a,b"]),
    ("json", "string", &["{\"a\": [1, null]}"]),
    ("uuid", "string", &["123e4567-e89b-12d3-a456-426655440000"]),
    ("inet6", "string", &["2001:db8::ff00:42:8329"]),
];

/// As both sides of a comparison are to be written: without `T` between day and time, and with floats as numbers.
fn plain(text: &str, data_type: &str) -> String {
    match data_type {
        "float" => text.parse::<f64>().expect("it is a number").to_string(),
        // What the client leaves out of fractions are zeros.
        "datetime" | "time" => text.replace('T', " ").trim_end_matches('0').trim_end_matches('.').to_owned(),
        _ => text.to_owned(),
    }
}

#[test]
fn every_type_arrives_exactly() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "types");
    let database = open(&url, &[]);
    for (number, (declared, data_type, values)) in EXACT.iter().enumerate() {
        let table = format!("t{number}");
        let is_bit = declared.starts_with("bit");
        let mut rows = vec!["(1000, null)".to_owned()];
        for (id, value) in values.iter().enumerate() {
            let escaped = value.replace('\\', "\\\\").replace('\'', "''");
            rows.push(if is_bit { format!("({id}, {value})") } else { format!("({id}, '{escaped}')") });
        }
        let make = format!("create table types.{table} (id int primary key, x {declared} null)");
        server.sql(&format!("{make}; insert into types.{table} values {}", rows.join(", ")));
        let source = format!("select x from {table} order by id");
        let text = query(&source);
        let columns = database.describe(DatabaseSource::Query(&text), &NEVER_CANCELLED).expect("it is there");
        assert_eq!(columns.left_out, [], "{declared}");
        let known = columns.schema.get("x").map(|data_type| data_type.to_string());
        assert_eq!(known.as_deref(), Some(*data_type), "{declared}");
        let read = read_as(&*database, DatabaseSource::Query(&text), &columns.schema).expect("it can be read");
        let shown = if is_bit { "x + 0" } else { "cast(x as char)" };
        let printed = server
            .sql(&format!("use types; set time_zone = '+00:00'; select ifnull({shown}, '') from {table} order by id"));
        let printed: Vec<String> = printed.lines().map(ToOwned::to_owned).collect();
        let same = |texts: Vec<String>| -> Vec<String> {
            texts.iter().map(|text| if text.is_empty() { String::new() } else { plain(text, data_type) }).collect()
        };
        let expected = if *declared == "float" || *declared == "double" {
            values.iter().map(ToString::to_string).chain([String::new()]).collect()
        } else {
            printed
        };
        assert_eq!(same(texts(&read, "x")), same(expected), "{declared}");
        let target =
            database.target(&database.table_name(&table), &NEVER_CANCELLED).expect("it answers").expect("it is there");
        assert_eq!(target.columns[1].data_type, columns.schema.get("x"), "{declared}, as the catalogue has it");
    }
}

#[test]
fn what_tables_cannot_hold_is_left_out_or_refused_with_what_to_do() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "refused");
    let database = open(&url, &[]);
    for declared in ["binary(3)", "varbinary(3)", "tinyblob", "longblob", "point"] {
        server.sql(&format!("drop table if exists refused.b; create table refused.b (x {declared}, y int)"));
        let columns = database.describe(DatabaseSource::Table("b"), &NEVER_CANCELLED).expect("it is there");
        assert_eq!(columns.schema.names().collect::<Vec<_>>(), ["y"], "{declared}");
        assert!(columns.left_out[0].help.contains("`x`"), "{:?}", columns.left_out);
    }
    let refused = [
        ("time", "'-838:59:59'", "-838:59:59, which is no time of day", "time_to_sec(`x`)"),
        ("time", "'24:00:00'", "24:00:00, which is no time of day", "time_to_sec(`x`)"),
        ("date", "'0000-00-00'", "0000-00-00, which is no day", "nullif(`x`, 0)"),
        ("date", "'2024-02-00'", "2024-02-00, which is no day", "nullif(`x`, 0)"),
        ("datetime", "'0000-00-00 00:00:00'", "0000-00-00, which is no day", "nullif(`x`, 0)"),
        ("decimal(65,0)", &format!("'{}'", "9".repeat(39)), "more than decimal(38,0) holds", "cast(`x` as char)"),
    ];
    for (declared, value, what, instead) in refused {
        server
            .sql(&format!("drop table if exists refused.v; create table refused.v (id int primary key, x {declared})"));
        server.sql(&format!("set sql_mode = ''; insert into refused.v values (1, null), (2, {value})"));
        let error = read(&*database, DatabaseSource::Table("v")).expect_err("it cannot be held");
        assert_eq!(error.kind, ConnectionErrorKind::Value);
        assert!(
            error.message.contains(&format!("column `x`, row 2, {what}")) || error.message.ends_with(what),
            "{error}"
        );
        assert!(error.help.as_deref().is_some_and(|help| help.contains(instead)), "{error:?}");
    }
}

#[test]
fn small_numbers_are_bools_where_a_contract_says_so() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "bools");
    server.sql("create table bools.b (id int primary key, x boolean); insert into bools.b values (1, true), (2, false), (3, null)");
    let database = open(&url, &[]);
    let schema: Schema = [("x", DataType::Bool)].into_iter().collect();
    let read = |sql: &str| read_as(&*database, DatabaseSource::Query(&query(sql)), &schema);
    assert_eq!(texts(&read("select x from b order by id").expect("they are bools"), "x"), ["true", "false", ""]);
    let error = read("select 2 as x").expect_err("it is no bool");
    assert!(error.message.contains("2, neither 0 nor 1"), "{error}");
}
