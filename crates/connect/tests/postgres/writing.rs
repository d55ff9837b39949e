//! Writing tables: each way, once and wholly, or not at all.

use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind, Database, DatabaseSource, DatabaseWrite, LedgerLine, WriteEnd, WriteMode,
};
use tidemill_core::table::{DataType, EngineError, PlainColumn, PlainData, PlainTable, Schema};
use tidemill_test_servers::{ConnectionState, Cut, Postgres};

use crate::harness::{open, read, said};

/// What is written, and how.
struct Writing {
    table: &'static str,
    mode: WriteMode,
    create: bool,
    fingerprint: &'static str,
    may_commit: bool,
}

const APPEND: Writing =
    Writing { table: "t", mode: WriteMode::Append, create: false, fingerprint: "f1", may_commit: true };

fn upsert() -> Writing {
    Writing { mode: WriteMode::Upsert { key: vec!["id".to_owned()] }, ..APPEND }
}

const REPLACE: Writing = Writing { mode: WriteMode::Replace, ..APPEND };

impl Writing {
    fn of(&self, shop: &dyn Database, rows: &PlainTable) -> Result<WriteEnd, ConnectionError> {
        self.of_batches(shop, rows, vec![Ok(rows.clone())])
    }

    fn of_batches(
        &self,
        shop: &dyn Database,
        like: &PlainTable,
        batches: Vec<Result<PlainTable, EngineError>>,
    ) -> Result<WriteEnd, ConnectionError> {
        let columns: Schema =
            like.columns.iter().map(|column| (column.name.clone(), column.data.data_type())).collect();
        let ledger = LedgerLine {
            pipeline: "p".to_owned(),
            task: "k".to_owned(),
            fingerprint: self.fingerprint.to_owned(),
            logical_time: String::new(),
        };
        let write = DatabaseWrite {
            table: &shop.table_name(self.table),
            mode: &self.mode,
            create: self.create,
            columns: &columns,
            rows: Box::new(batches.into_iter()),
            ledger: &ledger,
            may_commit: &|| self.may_commit,
        };
        shop.write(write, &NEVER_CANCELLED)
    }
}

fn written(rows: u64) -> Result<WriteEnd, ConnectionError> {
    Ok(WriteEnd::Written { rows })
}

fn table(columns: &[(&str, PlainData)], rows: usize) -> PlainTable {
    let column = |(name, data): &(&str, PlainData)| PlainColumn { name: (*name).to_owned(), data: data.clone() };
    PlainTable { columns: columns.iter().map(column).collect(), rows }
}

/// Rows of an `id` and a text `v`.
fn rows(rows: &[(i64, &str)]) -> PlainTable {
    let ids = rows.iter().map(|(id, _)| Some(*id)).collect();
    let texts = rows.iter().map(|(_, text)| Some((*text).to_owned())).collect();
    table(&[("id", PlainData::Int(ids)), ("v", PlainData::String(texts))], rows.len())
}

const ALL: &str = "select string_agg(id || v, ' ' order by id, v) from t";

#[test]
fn what_is_written_is_read_as_it_was() {
    let Some(server) = Postgres::shared() else { return };
    let shop = open(&server.url(&server.database())).expect("a good URL");
    let text = "tab\t back\\slash \n line \\N \u{1F980} '\"".to_owned();
    let columns = [
        ("bool", PlainData::Bool(vec![Some(true), None])),
        ("int", PlainData::Int(vec![Some(i64::MIN), None])),
        ("float", PlainData::Float(vec![Some(f64::MIN_POSITIVE), None])),
        ("decimal", PlainData::Decimal { unscaled: vec![Some(-(10_i128.pow(38) - 1)), None], precision: 38, scale: 7 }),
        ("string", PlainData::String(vec![Some(text), None])),
        ("date", PlainData::Date(vec![Some(-719_162), None])),
        ("datetime", PlainData::Datetime(vec![Some(253_402_300_799_999_999), None])),
        ("time", PlainData::Time(vec![Some(86_399_999_999), None])),
    ];
    let rows = table(&columns, 2);
    let made = Writing { table: "new.t", create: true, ..APPEND };
    assert_eq!(made.of(&*shop, &rows), written(2));
    assert_eq!(read(&*shop, DatabaseSource::Table("new.t")).expect("it can be read"), rows);
}

#[test]
fn texts_go_into_types_that_the_server_reads_by_itself() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(
        &name,
        "create type mood as enum ('sad'); create domain even as int check (value % 2 = 0); \
         create table t (u uuid, j jsonb, m mood, i inet, n int, e even, x text, d date, z timestamptz, f real)",
    );
    let shop = open(&server.url(&name)).expect("a good URL");
    let text = |text: &str| PlainData::String(vec![Some(text.to_owned())]);
    let columns = [
        ("u", text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
        ("j", text("{\"a\":\"b\\n\"}")),
        ("m", text("sad")),
        ("i", text("::1")),
        ("n", PlainData::Int(vec![Some(7)])),
        ("e", PlainData::Int(vec![Some(8)])),
        ("x", text("a\tb\\")),
        ("d", PlainData::Date(vec![Some(0)])),
        ("z", PlainData::Datetime(vec![Some(1)])),
        ("f", PlainData::Float(vec![Some(0.5)])),
    ];
    assert_eq!(APPEND.of(&*shop, &table(&columns, 1)), written(1));
    let printed = server.psql(&name, "set timezone = utc; select t.*, x = E'a\\tb\\\\', j->>'a' = E'b\\n' from t");
    assert!(printed.ends_with("|7|8|a\tb\\|1970-01-01|1970-01-01 00:00:00.000001+00|0.5|t|t"), "{printed}");
    let refused = said(APPEND_AGAIN.of(&*shop, &table(&[("m", text("glad"))], 1)));
    assert!(refused.contains("invalid input value for enum mood: \"glad\""), "{refused}");
}

const APPEND_AGAIN: Writing = Writing { fingerprint: "f2", ..APPEND };

#[test]
fn an_append_is_done_once() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int, v text)");
    let shop = open(&server.url(&name)).expect("a good URL");
    let rows = rows(&[(1, "a"), (2, "b")]);
    assert_eq!(APPEND.of(&*shop, &rows), written(2));
    let again = APPEND.of(&*shop, &rows).expect("it is there");
    assert!(
        matches!(again, WriteEnd::AlreadyThere { rows: 2, ref written_at } if written_at.starts_with("20")),
        "{again:?}"
    );
    assert_eq!(APPEND_AGAIN.of(&*shop, &rows), written(2));
    assert_eq!(server.psql(&name, ALL), "1a 1a 2b 2b");
    assert_eq!(server.psql(&name, "select count(*), sum(row_count) from tidemill_ledger"), "2|4");
}

#[test]
fn many_that_append_the_same_at_once_append_it_once() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int, v text)");
    let rows = rows(&[(1, "a")]);
    let ends: Vec<WriteEnd> = std::thread::scope(|scope| {
        let write = || APPEND.of(&*open(&server.url(&name)).expect("a good URL"), &rows).expect("it ends well");
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(write)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(ends.iter().filter(|end| **end == WriteEnd::Written { rows: 1 }).count(), 1, "{ends:?}");
    assert_eq!(server.psql(&name, ALL), "1a");
}

#[test]
fn a_replacement_leaves_the_table_and_what_hangs_on_it() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(
        &name,
        "create table t (id int, v text, note text default 'none'); insert into t values (9, 'old'); comment on table t is 'mine'; \
         create index i on t (id); create view w as select id from t; grant select on t to public",
    );
    let shop = open(&server.url(&name)).expect("a good URL");
    for _ in 0..2 {
        assert_eq!(REPLACE.of(&*shop, &rows(&[(1, "a"), (2, "b")])), written(2));
    }
    assert_eq!(server.psql(&name, ALL), "1a 2b");
    let kept = "select obj_description('t'::regclass), to_regclass('i') is not null, (select count(*) from w), \
                has_table_privilege('public', 't', 'select'), (select min(note) from t)";
    assert_eq!(server.psql(&name, kept), "mine|t|2|t|none");
}

#[test]
fn readers_see_the_old_rows_until_the_new_ones_are_there() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int, v text); insert into t values (9, 'old')");
    let shop = open(&server.url(&name)).expect("a good URL");
    let new = rows(&[(1, "a")]);
    let columns: Schema = new.columns.iter().map(|column| (column.name.clone(), column.data.data_type())).collect();
    let line = LedgerLine {
        pipeline: String::new(),
        task: String::new(),
        fingerprint: String::new(),
        logical_time: String::new(),
    };
    let write = DatabaseWrite {
        table: &shop.table_name("t"),
        mode: &WriteMode::Replace,
        create: false,
        columns: &columns,
        rows: Box::new(std::iter::once(Ok(new))),
        ledger: &line,
        may_commit: &|| server.psql(&name, ALL) == "9old",
    };
    assert_eq!(shop.write(write, &NEVER_CANCELLED), written(1));
    assert_eq!(server.psql(&name, ALL), "1a");
}

#[test]
fn an_upsert_changes_rows_of_the_same_key() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int primary key, v text, kept int default 5); insert into t values (1, 'old', 7), (3, 'c', 8)");
    let shop = open(&server.url(&name)).expect("a good URL");
    assert_eq!(upsert().of(&*shop, &rows(&[(1, "a"), (2, "b")])), written(2));
    assert_eq!(server.psql(&name, "select string_agg(id || v || kept, ' ' order by id) from t"), "1a7 2b5 3c8");
    let twice = said(upsert().of(&*shop, &rows(&[(4, "x"), (5, "y"), (4, "z")])));
    assert!(twice.contains("was to take 2 rows with the same key '\"id\"': (4)"), "{twice}");
    let null = table(&[("id", PlainData::Int(vec![None]))], 1);
    assert!(said(upsert().of(&*shop, &null)).contains("a row with NULL in the key"));
    let other = Writing { mode: WriteMode::Upsert { key: vec!["v".to_owned()] }, ..APPEND };
    assert!(said(other.of(&*shop, &rows(&[(1, "a")]))).contains("has no unique key (\"v\") in table public.t"));
    let made = Writing { table: "made", create: true, ..upsert() };
    assert_eq!(made.of(&*shop, &rows(&[(1, "a")])), written(1));
    assert_eq!(made.of(&*shop, &rows(&[(1, "b")])), written(1));
    assert_eq!(server.psql(&name, "select id || v from made"), "1b");
}

#[test]
fn what_fails_leaves_everything_as_it_was() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id smallint primary key, v varchar(3) not null check (v <> 'no'), n numeric(4,1)); insert into t values (9, 'old')");
    let shop = open(&server.url(&name)).expect("a good URL");
    let decimal = |unscaled| PlainData::Decimal { unscaled: vec![Some(unscaled)], precision: 10, scale: 1 };
    let with_v = |data| table(&[("id", PlainData::Int(vec![Some(1)])), ("v", data)], 1);
    let cases = [
        (rows(&[(1, "a"), (40_000, "b")]), "cannot take 40000 of row 2 in column `id`: it is beyond the bounds"),
        (rows(&[(1, "long")]), "value too long for type character varying(3)"),
        (rows(&[(1, "no")]), "violates check constraint"),
        (rows(&[(1, "a"), (1, "b")]), "duplicate key value violates unique constraint"),
        (rows(&[(9, "a")]), "already exists"),
        (with_v(PlainData::Null(1)), "null value in column \"v\""),
        (with_v(PlainData::Int(vec![Some(1)])), "int does not go into character varying(3) of `v`"),
        (table(&[("idd", PlainData::Int(vec![Some(1)]))], 1), "do you mean `id`?"),
        (
            table(
                &[
                    ("id", PlainData::Int(vec![Some(1)])),
                    ("v", PlainData::String(vec![Some("a".to_owned())])),
                    ("n", decimal(100_000)),
                ],
                1,
            ),
            "numeric field overflow",
        ),
    ];
    for (rows, expected) in cases {
        let refused = said(APPEND.of(&*shop, &rows));
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
    let none = Writing { table: "none", ..APPEND };
    assert!(said(none.of(&*shop, &rows(&[(1, "a")]))).contains("has no table public.none; set `create: true`"));
    let stopped = Writing { may_commit: false, ..REPLACE };
    assert_eq!(stopped.of(&*shop, &rows(&[(1, "a")])).map_err(|error| error.kind), Err(ConnectionErrorKind::Cancelled));
    let broken = vec![Ok(rows(&[(1, "a")])), Err(EngineError::Cancelled)];
    let ended = REPLACE.of_batches(&*shop, &rows(&[(1, "a")]), broken);
    assert_eq!(ended.map_err(|error| error.kind), Err(ConnectionErrorKind::Cancelled));
    assert_eq!(server.psql(&name, ALL), "9old");
    assert_eq!(server.psql(&name, "select count(*) from tidemill_ledger"), "0");
}

#[test]
fn a_writing_that_is_cancelled_holds_no_lock() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int, v text); insert into t values (9, 'old')");
    let shop = open(&server.url(&name)).expect("a good URL");
    let token = CancelToken::new();
    let new = rows(&[(1, "a")]);
    let columns: Schema = [("id", DataType::Int), ("v", DataType::String)].into_iter().collect();
    let line = LedgerLine {
        pipeline: String::new(),
        task: String::new(),
        fingerprint: String::new(),
        logical_time: String::new(),
    };
    let theirs = token.clone();
    let batches = (0..).map(move |at| {
        if at == 3 {
            theirs.cancel();
        }
        Ok(new.clone())
    });
    let write = DatabaseWrite {
        table: &shop.table_name("t"),
        mode: &WriteMode::Replace,
        create: false,
        columns: &columns,
        rows: Box::new(batches),
        ledger: &line,
        may_commit: &|| true,
    };
    assert_eq!(shop.write(write, &token).map_err(|error| error.kind), Err(ConnectionErrorKind::Cancelled));
    // Another one gets the lock, at once or when the server has noticed.
    assert_eq!(REPLACE.of(&*shop, &rows(&[(2, "b")])), written(1));
    assert_eq!(server.psql(&name, ALL), "2b");
}

#[test]
fn after_a_line_cut_at_the_commit_the_ledger_says_how_it_ended() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int, v text)");
    let cut = Cut::before(server.port()).expect("a port is free");
    let shop = open(&format!("{}?sslmode=disable", server.url_at(cut.port(), &name))).expect("a good URL");

    // The ledger is made first, in a transaction of its own.
    let made = Writing { fingerprint: "f0", ..APPEND };
    assert_eq!(made.of(&*shop, &rows(&[])), written(0));
    cut.at_request(b"commit\0");
    let lost = said(APPEND.of(&*shop, &rows(&[(1, "a")])));
    assert!(cut.cuts() == 1 && lost.contains("nothing was written"), "{lost}");
    assert_eq!(server.psql(&name, "select count(*) from t"), "0");
    assert_eq!(APPEND.of(&*shop, &rows(&[(1, "a")])), written(1));

    cut.at_answer(b"COMMIT\0");
    assert_eq!(APPEND_AGAIN.of(&*shop, &rows(&[(2, "b")])), written(1));
    assert_eq!(cut.cuts(), 2);
    assert_eq!(server.psql(&name, ALL), "1a 2b");
}

#[test]
fn after_a_line_fell_silent_at_the_commit_the_ledger_says_how_it_ended() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int, v text)");
    let cut = Cut::before(server.port()).expect("a port is free");
    let url = format!("{}?sslmode=disable&tcp_user_timeout=100", server.url_at(cut.port(), &name));
    let shop = open(&url).expect("a good URL");
    assert_eq!(Writing { fingerprint: "f0", ..APPEND }.of(&*shop, &rows(&[])), written(0));
    for text in [&b"PGCOPY"[..], b"commit\0"] {
        cut.do_at_request(text, 0, || ConnectionState::Silent);
        let lost = said(APPEND.of(&*shop, &rows(&[(1, "a")])));
        assert!(lost.contains("was lost"), "{lost}");
        assert_eq!(server.psql(&name, "select count(*) from t"), "0");
    }
    cut.do_at_answer(b"COMMIT\0", || ConnectionState::Silent);
    assert_eq!(APPEND.of(&*shop, &rows(&[(1, "a")])), written(1));
    assert_eq!((server.psql(&name, ALL).as_str(), cut.cuts()), ("1a", 3));
}

#[test]
fn a_line_cut_anywhere_leaves_all_or_nothing() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int primary key, v text)");
    let cut = Cut::before(server.port()).expect("a port is free");
    let shop = open(&format!("{}?sslmode=disable", server.url_at(cut.port(), &name))).expect("a good URL");
    // How a connection begins is the same for all.
    for (mode, first) in [(APPEND, 1), (REPLACE, 8), (upsert(), 8)] {
        for nth in first..40 {
            server.psql(&name, "drop table if exists tidemill_ledger; truncate t; insert into t values (0, 'old')");
            let cuts = cut.cuts();
            cut.after_requests(nth);
            let ended = mode.of(&*shop, &rows(&[(1, "a"), (2, "b")]));
            let found = server.psql(&name, ALL);
            let expected = match (&ended, &mode.mode) {
                (Err(_), _) => "0old",
                (Ok(_), WriteMode::Replace) => "1a 2b",
                (Ok(_), _) => "0old 1a 2b",
            };
            assert_eq!(found, expected, "{:?} cut at {nth}: {ended:?}", mode.mode);
            if cut.cuts() == cuts {
                assert_eq!(ended, written(2), "nothing was cut any more");
                break;
            }
        }
    }
}

#[test]
fn after_a_crash_of_the_server_the_ledger_is_asked_when_it_is_there_again() {
    let Some(server) = Postgres::start() else { return };
    let name = server.database();
    server.psql(&name, "create table t (id int, v text)");
    let cut = Cut::before(server.port()).expect("a port is free");
    let shop = open(&format!("{}?sslmode=disable", server.url_at(cut.port(), &name))).expect("a good URL");
    cut.at_answer(b"COMMIT\0");
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| APPEND.of(&*shop, &rows(&[(1, "a")])));
        server.kill();
        server.run().expect("it starts again");
        let ended = writing.join().expect("no panic");
        let found = server.psql(&name, "select count(*) from t");
        assert_eq!(found, if ended.is_ok() { "1" } else { "0" }, "{ended:?}");
    });
}
