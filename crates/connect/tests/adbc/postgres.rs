//! PostgreSQL through its driver: a server, with transactions that others see.

use std::sync::Arc;

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionErrorKind as Kind, Database, DatabaseSource, WriteEnd, WriteMode};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::table::Value;
use tidemill_test_servers::{Postgres, adbc_driver};

use crate::harness::{ints, lines, open, read, table, texts, write};

struct Shop {
    server: Arc<Postgres>,
    name: String,
    database: Arc<dyn Database>,
}

fn shop() -> Option<Shop> {
    let driver = adbc_driver("libadbc_driver_postgresql.so")?;
    let server = Postgres::shared()?;
    let name = server.database();
    let database = open(driver.to_str().expect("a plain path"), &[("uri", &server.url(&name))]);
    Some(Shop { server, name, database })
}

#[test]
fn values_arrive_as_the_server_has_them() {
    let Some(shop) = shop() else { return };
    let sql = "select 1::smallint as small, 2::int as n, 3::bigint as big, 0.5::real as single, true as yes, 'käse'::text as name, \
               date '2024-02-29' as day, timestamp '2024-11-20 19:45:00.000001' as moment, \
               timestamptz '2024-11-20 19:45:00+01' as instant, null::int as nothing";
    let found = read(&*shop.database, sql).expect("it is right");
    let expected = "1|2|3|0.5|true|käse|2024-02-29|2024-11-20T19:45:00.000001|2024-11-20T18:45:00|";
    assert_eq!(lines(&found), [expected]);
    let told = shop.database.probe().expect("it answers");
    assert!(told.starts_with("PostgreSQL ") && told.contains("ADBC PostgreSQL Driver"), "{told}");
    let missing = read(&*shop.database, "select 1 from nowhere").expect_err("there is none");
    assert_eq!(missing.kind, Kind::Missing);
}

#[test]
fn parameters_stand_at_numbered_places() {
    let Some(shop) = shop() else { return };
    let text = "select n::bigint as n from generate_series(1, 5) s(n) where n >= $1 and n in $2 order by n".to_owned();
    let holes = vec![SqlHole::One(Value::Int(2)), SqlHole::Many(vec![Value::Int(1), Value::Int(3)])];
    let text = SqlText { raw: text.clone(), text, holes, ..SqlText::default() };
    assert_eq!(shop.database.version(&text, &NEVER_CANCELLED).expect("it is right"), "3");
}

#[test]
fn rows_go_into_narrower_columns_once() {
    let Some(shop) = shop() else { return };
    shop.server
        .psql(&shop.name, "create table t (id int primary key, name varchar(20), seen timestamptz default now())");
    let database = &*shop.database;
    let rows = |ids: &[i64], names: &[&str]| table(ids.len(), vec![("id", ints(ids)), ("name", texts(names))]);
    let upsert = WriteMode::Upsert { key: vec!["id".to_owned()] };
    assert_eq!(write(database, &rows(&[1], &["a"]), &WriteMode::Append, "a", true), Ok(WriteEnd::Written { rows: 1 }));
    let again = write(database, &rows(&[1], &["a"]), &WriteMode::Append, "a", true);
    assert!(matches!(again, Ok(WriteEnd::AlreadyThere { rows: 1, .. })), "{again:?}");
    write(database, &rows(&[1, 2], &["A", "b"]), &upsert, "b", true).expect("it is written");
    let all = || shop.server.psql(&shop.name, "select id, name from t order by id");
    assert_eq!(all(), "1|A\n2|b");
    write(database, &rows(&[7], &["x"]), &WriteMode::Replace, "c", false).expect_err("it may not be committed");
    let wide = write(database, &rows(&[1 << 40], &["x"]), &WriteMode::Replace, "d", true).expect_err("it is too wide");
    assert!(wide.message.contains("column `id`, row 1, 1099511627776"), "{wide}");
    assert_eq!(all(), "1|A\n2|b");
    let locks = "select count(*) from pg_stat_activity where state like 'idle in transaction%'";
    assert_eq!(shop.server.psql(&shop.name, locks), "0", "no transaction stays open");
}

#[test]
fn all_reads_of_a_snapshot_see_one_moment() {
    let Some(shop) = shop() else { return };
    shop.server.psql(&shop.name, "create table t as select 1 as id");
    shop.database.begin_snapshot();
    let seen = || lines(&read(&*shop.database, "select count(*) as n from t").expect("it is right"));
    assert_eq!(seen(), ["1"]);
    shop.server.psql(&shop.name, "insert into t values (2)");
    assert_eq!(seen(), ["1"]);
    shop.database.end_snapshot();
    assert_eq!(seen(), ["2"]);
}

#[test]
fn a_password_is_in_no_message() {
    let Some(driver) = adbc_driver("libadbc_driver_postgresql.so") else { return };
    let Some(server) = Postgres::shared() else { return };
    let url = format!("postgres://nobody:s3cret%2Fword@localhost:{}/postgres", server.port());
    let database = open(driver.to_str().expect("a plain path"), &[("uri", &url)]);
    let error = database.describe(DatabaseSource::Table("t"), &NEVER_CANCELLED).expect_err("it is refused");
    let told = format!("{error} {:?} {}", error.help, database.identity());
    assert!(!told.contains("s3cret"), "{told}");
}
