//! Reading tables and queries.

use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::connection::{ConnectionErrorKind, DatabaseSource};
use tidemill_core::spec::SqlHole;
use tidemill_core::table::{DataType, Value};
use tidemill_test_servers::Postgres;

use crate::harness::{ask, begin, open, open_with, query, query_with, read, said, values};

#[test]
fn a_table_without_rows_has_its_columns() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (a int, b text)");
    let table =
        read(&*open(&server.url(&name)).expect("a good URL"), DatabaseSource::Table("t")).expect("it can be read");
    assert_eq!(table.rows, 0);
    assert_eq!(table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn many_rows_come_in_batches_and_in_order() {
    let Some(server) = Postgres::shared() else { return };
    let shop = open(&server.url(&server.database())).expect("a good URL");
    let sql = query("select i, 'row ' || i as t from generate_series(1, 200000) i order by i -- all of them");
    let batches = begin(&*shop, DatabaseSource::Query(&sql)).expect("it begins");
    let batches: Vec<_> = batches.collect::<Result<_, _>>().expect("all can be read");
    assert!(batches.len() >= 3, "{} batches", batches.len());
    let all = batches.iter().flat_map(|batch| values(batch, "i"));
    assert!(all.eq((1..=200_000).map(Value::Int)));
}

#[test]
fn a_large_table_is_read_by_several_sessions_as_by_one() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    // Changed rows stand behind the others.
    server.psql(
        &name,
        "create table t (id int, pad text); insert into t select i, repeat('x', 150) from generate_series(1, 100000) i; \
         update t set pad = repeat('y', 140) where id % 7 = 0; delete from t where id % 11 = 0",
    );
    let shop = open(&server.url(&name)).expect("a good URL");
    let mut batches = begin(&*shop, DatabaseSource::Table("t")).expect("it begins");
    let first = batches.next().expect("there are rows").expect("they can be read");
    let reading =
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'copy (select%ctid%'";
    let sessions: usize = server.psql(&name, reading).parse().expect("a number");
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    assert!((processors.min(2)..=4).contains(&sessions), "{sessions}");
    let expected = server.psql(&name, "copy (select id from t) to stdout");
    server.psql(&name, "delete from t; insert into t values (0, '')");
    let mut ids: Vec<String> = values(&first, "id").iter().map(ToString::to_string).collect();
    for batch in batches {
        ids.extend(values(&batch.expect("all can be read"), "id").iter().map(ToString::to_string));
    }
    assert!(ids == expected.lines().collect::<Vec<_>>(), "{} rows", ids.len());
}

#[test]
fn holes_are_parameters_of_the_type_that_the_server_expects() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(
        &name,
        "create table t (id int, day date, price numeric(10,2), tag uuid, note text); insert into t values \
         (1, '2024-01-01', 1.50, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'it''s'), (2, '2024-02-01', 2.50, null, 'no'), (3, null, 3, null, null)",
    );
    let shop = open(&server.url(&name)).expect("a good URL");
    let ids = |text: &str, holes: &[SqlHole]| {
        let table = read(&*shop, DatabaseSource::Query(&query_with(text, holes)));
        values(&table.unwrap_or_else(|error| panic!("{text}: {error} {:?}", error.help)), "id")
    };
    let one = |value| SqlHole::One(value);
    let text = |text: &str| Value::String(text.to_owned());
    let list = |values: &[i64]| SqlHole::Many(values.iter().copied().map(Value::Int).collect());
    let int = |values: &[i64]| values.iter().copied().map(Value::Int).collect::<Vec<_>>();
    assert_eq!(ids("select * from t where id = $1", &[one(Value::Int(2))]), int(&[2]));
    assert_eq!(ids("select * from t where day >= $1", &[one(text("2024-01-15"))]), int(&[2]));
    assert_eq!(ids("select * from t where day >= $1", &[one(Value::Date(19_737))]), int(&[2]));
    assert_eq!(ids("select * from t where price < $1", &[one(Value::Decimal { unscaled: 25, scale: 1 })]), int(&[1]));
    assert_eq!(ids("select * from t where tag = $1", &[one(text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))]), int(&[1]));
    assert_eq!(ids("select * from t where note = $1", &[one(text("it's"))]), int(&[1]));
    assert_eq!(ids("select * from t where note = $1", &[one(text("x' or 'a'='a"))]), int(&[]));
    assert_eq!(ids("select * from t where id in $1 order by id", &[list(&[1, 3])]), int(&[1, 3]));
    assert_eq!(ids("select * from t where id = any($1) order by id", &[list(&[1, 3])]), int(&[1, 3]));
    assert_eq!(ids("select * from t where id = any($1)", &[list(&[])]), int(&[]));
    let empty = query_with("select * from t where id in $1", &[list(&[])]);
    assert!(said(read(&*shop, DatabaseSource::Query(&empty))).contains("= any("));
    let wrong = query_with("select * from t where day = $1", &[one(text("noon"))]);
    assert!(said(read(&*shop, DatabaseSource::Query(&wrong))).contains("invalid input syntax for type date: \"noon\""));
}

#[test]
fn nothing_can_be_written_by_reading() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (a int); create function f() returns int language sql as 'insert into t values (1) returning a'");
    let shop = open(&server.url(&name)).expect("a good URL");
    let refused = said(ask(&*shop, "select f() as a"));
    assert!(refused.contains("read-only"), "{refused}");
}

#[test]
fn columns_may_be_read_as_wider_types() {
    let Some(server) = Postgres::shared() else { return };
    let shop = open(&server.url(&server.database())).expect("a good URL");
    let sql =
        query("select 7 as a, 7 as b, 1.5::numeric(3,1) as c, '2024-01-01'::date as d, true as e, null::int as f");
    let decimal = DataType::Decimal { precision: 10, scale: 3 };
    let wanted = [
        ("a", decimal),
        ("b", DataType::Float),
        ("c", decimal),
        ("d", DataType::Datetime),
        ("e", DataType::String),
        ("f", DataType::Null),
    ];
    let rows =
        shop.read(DatabaseSource::Query(&sql), &wanted.into_iter().collect(), &NEVER_CANCELLED).expect("it begins");
    let table = rows.map(|batch| batch.expect("it can be read")).next().expect("a batch");
    let row: Vec<String> = table.columns.iter().map(|column| column.data.value(0).to_string()).collect();
    assert_eq!(row, ["7.000", "7", "1.500", "2024-01-01T00:00:00", "true", ""]);
}

#[test]
fn all_readings_within_a_snapshot_see_the_same_rows() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (a int); insert into t values (1)");
    let count = |shop: &dyn tidemill_core::connection::Database| {
        values(&ask(shop, "select count(*) as n from t").expect("it can be read"), "n")[0].clone()
    };
    let shop = open(&server.url(&name)).expect("a good URL");
    let other = open_with(&server.url(&name), &[("snapshot", "none")]).expect("a good URL");
    for shop in [&shop, &other] {
        shop.begin_snapshot();
    }
    assert_eq!((count(&*shop), count(&*other)), (Value::Int(1), Value::Int(1)));
    server.psql(&name, "insert into t values (2)");
    assert_eq!((count(&*shop), count(&*other)), (Value::Int(1), Value::Int(2)));
    shop.end_snapshot();
    assert_eq!(count(&*shop), Value::Int(2));
}

#[test]
fn a_snapshot_that_is_lost_is_an_error() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    let shop = open(&server.url(&name)).expect("a good URL");
    shop.begin_snapshot();
    ask(&*shop, "select 1 as a").expect("it can be read");
    server.psql(&name, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
    let refused = said(ask(&*shop, "select 1 as a"));
    assert!(refused.contains("held the snapshot"), "{refused}");
}

#[test]
fn nothing_is_left_running_by_a_reading_that_ends_early() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    let shop = open(&server.url(&name)).expect("a good URL");
    let endless =
        query("select generate_series(1, 100000000) as i, repeat('x', 1000) as t, pg_sleep(0.0001)::text as s");
    let source = DatabaseSource::Query(&endless);
    let schema = shop.describe(source, &NEVER_CANCELLED).expect("it can be asked").schema;
    let running = || {
        server.psql(
            "postgres",
            &format!("select count(*) from pg_stat_activity where datname = '{name}' and state = 'active'"),
        )
    };
    let until_none = || (0..200).any(|_| running() == "0");

    drop(shop.read(source, &schema, &NEVER_CANCELLED).expect("it begins"));
    assert!(until_none(), "what was dropped still runs");

    let token = CancelToken::new();
    let mut rows = shop.read(source, &schema, &token).expect("it begins");
    token.cancel();
    let ended = rows.find_map(Result::err).expect("it is cancelled");
    assert_eq!(ended.kind, ConnectionErrorKind::Cancelled);
    assert!(until_none(), "what was cancelled still runs");

    let before = shop.read(source, &schema, &token).err().expect("it is cancelled already");
    assert_eq!(before.kind, ConnectionErrorKind::Cancelled);
}

#[test]
fn a_version_is_the_result_as_text() {
    let Some(server) = Postgres::shared() else { return };
    let shop = open(&server.url(&server.database())).expect("a good URL");
    let of = |text: &str| shop.version(&query(text), &NEVER_CANCELLED).expect("it can be asked");
    assert_eq!(of("select 1 as a, null as b, 'x' as c;"), r#"[{"a":1,"b":null,"c":"x"}]"#);
    assert_eq!(of("select 1 as a where false"), "[]");
}

#[test]
fn the_catalogue_says_columns_and_keys() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(
        &name,
        "create schema s; create table s.c (id int primary key, code text not null unique); \
         create table o (id bigint generated always as identity primary key, c_id int references s.c, n numeric(9,2) default 0, \
           g int generated always as (1) stored, b bytea, a int[]); create view v as select 1 as one",
    );
    let shop = open(&server.url(&name)).expect("a good URL");
    let tables = shop.tables().expect("they can be listed");
    let names: Vec<String> = tables.iter().map(|table| table.table.to_string()).collect();
    assert_eq!(names, ["public.o", "public.v", "s.c"]);
    let o = shop.target(&shop.table_name("o"), &NEVER_CANCELLED).expect("it can be asked").expect("it is there");
    assert_eq!(o, tables[0]);
    let columns: Vec<String> = o
        .columns
        .iter()
        .map(|column| {
            let marks = [(column.nullable, "?"), (column.has_default, "="), (column.generated, "!")];
            let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            let read = column.data_type.map_or_else(|| "-".to_owned(), |data_type| data_type.to_string());
            format!("{} {} {read} {marks}", column.name, column.database_type)
        })
        .collect();
    assert_eq!(
        columns,
        [
            "id bigint int =",
            "c_id integer int ?=",
            "n numeric(9,2) decimal(9,2) ?=",
            "g integer int ?=!",
            "b bytea - ?=",
            "a integer[] string ?="
        ]
    );
    assert_eq!(o.unique_keys, [["id"]]);
    assert_eq!(o.foreign_keys.len(), 1);
    assert_eq!(tables[2].unique_keys, [["id"], ["code"]]);
    assert!(shop.target(&shop.table_name("none"), &NEVER_CANCELLED).expect("it can be asked").is_none());
    let of_schema = open_with(&server.url(&name), &[("schema", "s")]).expect("a good URL");
    assert_eq!(of_schema.tables().expect("they can be listed").len(), 1);
    assert_eq!(of_schema.table_name("c"), of_schema.table_name("s.c"));
    assert!(ask(&*of_schema, "select * from c").is_ok(), "the schema is searched first");
}
