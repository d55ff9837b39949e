//! Writing tables: once or not at all.

use std::sync::Arc;

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind as Kind, Database, DatabaseSource, DatabaseWrite, LedgerLine, WriteEnd,
    WriteMode,
};
use tidemill_core::table::{PlainColumn, PlainData, PlainTable, Schema};
use tidemill_test_servers::{ConnectionState, Cut, MariaDb};

use crate::shop::{fresh, open, query, read, read_as, server};

fn line(fingerprint: &str) -> LedgerLine {
    let text = |text: &str| text.to_owned();
    LedgerLine { pipeline: text("p"), task: text("t"), fingerprint: text(fingerprint), logical_time: String::new() }
}

/// A table of these columns.
pub fn table(columns: Vec<(&str, PlainData)>) -> PlainTable {
    let rows = match &columns[0].1 {
        PlainData::Int(values) => values.len(),
        _ => 1,
    };
    let column = |(name, data): (&str, PlainData)| PlainColumn { name: name.to_owned(), data };
    PlainTable { columns: columns.into_iter().map(column).collect(), rows }
}

/// A column of ints.
pub fn ints(values: &[i64]) -> PlainData {
    PlainData::Int(values.iter().copied().map(Some).collect())
}

fn strings(values: &[&str]) -> PlainData {
    PlainData::String(values.iter().map(|text| Some((*text).to_owned())).collect())
}

/// How rows are to be written.
pub struct Asked<'a> {
    into: &'a str,
    mode: WriteMode,
    create: bool,
    fingerprint: &'a str,
    may_commit: bool,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Self { into: "t", mode: WriteMode::Append, create: false, fingerprint: "f", may_commit: true }
    }
}

/// Writes rows.
pub fn write(database: &dyn Database, rows: &PlainTable, asked: &Asked<'_>) -> Result<WriteEnd, ConnectionError> {
    let schema: Schema = rows.columns.iter().map(|column| (column.name.clone(), column.data.data_type())).collect();
    let write = DatabaseWrite {
        table: &database.table_name(asked.into),
        mode: &asked.mode,
        create: asked.create,
        columns: &schema,
        rows: Box::new([Ok(rows.clone())].into_iter()),
        ledger: &line(asked.fingerprint),
        may_commit: &|| asked.may_commit,
    };
    database.write(write, &NEVER_CANCELLED)
}

fn written(rows: u64) -> Result<WriteEnd, ConnectionError> {
    Ok(WriteEnd::Written { rows })
}

#[test]
fn what_is_written_into_a_made_table_is_read_back_equal() {
    let Some(server) = server() else { return };
    let database = open(&fresh(&server, "made"), &[]);
    let rows = table(vec![
        ("i", PlainData::Int(vec![Some(i64::MIN), Some(i64::MAX), None])),
        ("f", PlainData::Float(vec![Some(0.1), Some(-f64::MAX), None])),
        (
            "d",
            PlainData::Decimal {
                unscaled: vec![Some(-(10_i128.pow(38) - 1)), Some(1), None],
                precision: 38,
                scale: 10,
            },
        ),
        ("s", PlainData::String(vec![Some("a\0\u{1F600}' ".to_owned()), Some(String::new()), None])),
        ("day", PlainData::Date(vec![Some(-719_528), Some(2_932_896), None])),
        ("at", PlainData::Datetime(vec![Some(-1), Some(1), None])),
        ("time", PlainData::Time(vec![Some(0), Some(86_399_999_999), None])),
    ]);
    for mode in [WriteMode::Replace, WriteMode::Replace] {
        assert_eq!(write(&*database, &rows, &Asked { create: true, mode, ..Asked::default() }), written(3));
        assert_eq!(read(&*database, DatabaseSource::Table("t")), Ok(rows.clone()));
    }
}

#[test]
fn many_rows_are_appended_once() {
    let Some(server) = server() else { return };
    let database = open(&fresh(&server, "once"), &[]);
    server.sql("create table once.t (id int primary key, s varchar(10)) engine=InnoDB");
    let many: Vec<i64> = (0..5_003).collect();
    let rows = table(vec![("id", ints(&many))]);
    assert_eq!(write(&*database, &rows, &Asked::default()), written(5_003));
    let again = write(&*database, &rows, &Asked::default());
    assert!(matches!(again, Ok(WriteEnd::AlreadyThere { rows: 5_003, .. })), "{again:?}");
    let more = table(vec![("id", ints(&[6_000]))]);
    let asked = Asked { fingerprint: "g", may_commit: false, ..Asked::default() };
    assert_eq!(write(&*database, &more, &asked).map_err(|error| error.kind), Err(Kind::Cancelled));
    assert_eq!(server.sql("select count(*) from once.t; select count(*) from once.tidemill_ledger"), "5003\n1\n");
    let twice = table(vec![("id", ints(&[7_000, 7_000]))]);
    let error =
        write(&*database, &twice, &Asked { fingerprint: "h", ..Asked::default() }).expect_err("the key is there twice");
    assert!(error.kind == Kind::Value && error.message.contains("7000"), "{error}");
    assert_eq!(server.sql("select count(*) from once.t"), "5003\n");
}

#[test]
fn an_upsert_goes_by_its_key_alone() {
    let Some(server) = server() else { return };
    let database = open(&fresh(&server, "upsert"), &[]);
    server.sql(
        "create table upsert.t (id int primary key, code varchar(9) unique, n int, kept int default 5) engine=InnoDB",
    );
    server.sql("insert into upsert.t (id, code, n) values (1, 'a', 1), (2, 'b', 2)");
    let upsert = |key: &str, ids: &[i64], codes: &[&str], n: &[i64]| {
        let rows = table(vec![("id", ints(ids)), ("code", strings(codes)), ("n", ints(n))]);
        let mode = WriteMode::Upsert { key: vec![key.to_owned()] };
        write(&*database, &rows, &Asked { mode, ..Asked::default() })
    };
    assert_eq!(upsert("id", &[2, 3], &["b", "c"], &[20, 30]), written(2));
    assert_eq!(server.sql("select * from upsert.t order by id"), "1\ta\t1\t5\n2\tb\t20\t5\n3\tc\t30\t5\n");
    let error = upsert("id", &[9], &["a"], &[0]).expect_err("the other key is hit");
    assert!(error.kind == Kind::Value && error.message.contains("code"), "{error}");
    let error = upsert("id", &[4, 4], &["d", "e"], &[0, 0]).expect_err("the key is there twice");
    assert!(error.kind == Kind::Value && error.message.contains('4'), "{error}");
    let error = upsert("n", &[4], &["d"], &[0]).expect_err("it is no key");
    assert!(error.kind == Kind::Missing && error.message.contains("no unique key of n"), "{error}");
    assert_eq!(server.sql("select count(*), sum(n) from upsert.t"), "3\t51\n");
}

#[test]
fn values_that_would_change_and_tables_without_transactions_are_refused() {
    let Some(server) = server() else { return };
    let database = open(&fresh(&server, "strict"), &[]);
    server.sql("create table strict.t (id tinyint auto_increment primary key, s varchar(3), c char(3), d decimal(4,2)) engine=InnoDB");
    server.sql("create table strict.m (id int) engine=MyISAM; create table strict.g (id int, x int as (id + 1))");
    let refused = |rows: PlainTable, into: &str, part: &str| {
        let error = write(&*database, &rows, &Asked { into, ..Asked::default() }).expect_err("it is refused");
        let whole = format!("{error} {}", error.help.clone().unwrap_or_default());
        assert!(whole.contains(part), "{whole}");
    };
    refused(table(vec![("id", ints(&[1, 300]))]), "t", "at row 2");
    refused(table(vec![("id", ints(&[1])), ("s", strings(&["abcd"]))]), "t", "'s' at row 1");
    refused(table(vec![("id", ints(&[1])), ("s", strings(&["abc "]))]), "t", "'s' at row 1");
    refused(table(vec![("id", ints(&[1])), ("c", strings(&["a "]))]), "t", "column `c`, row 1");
    refused(table(vec![("id", PlainData::Int(vec![None]))]), "t", "NULL, which it may not hold");
    refused(table(vec![("idd", ints(&[1]))]), "t", "did you mean `id`?");
    refused(table(vec![("id", strings(&["1"]))]), "t", "does not take string");
    refused(table(vec![("id", ints(&[1]))]), "m", "engine=InnoDB");
    refused(table(vec![("x", ints(&[1]))]), "g", "computes `x` itself");
    refused(table(vec![("id", ints(&[1]))]), "none", "create: true");
    assert_eq!(server.sql("select count(*) from strict.t"), "0\n");
    assert_eq!(write(&*database, &table(vec![("id", ints(&[0]))]), &Asked::default()), written(1));
    assert_eq!(server.sql("select id from strict.t"), "0\n", "a zero counts nothing up");
}

/// The client's word for a commit.
const COMMIT: &[u8] = b"\x03commit";

/// A proxy before the server, and a database of that name behind it, with an empty table.
fn behind_proxy(server: &MariaDb, name: &str) -> (Arc<Cut>, Arc<dyn Database>) {
    let url = fresh(server, name);
    server.sql(&format!("create table {name}.t (id int primary key) engine=InnoDB"));
    let cut = Arc::new(Cut::before(server.port()).expect("a port is free"));
    let url = url.replace(&format!(":{}/", server.port()), &format!(":{}/", cut.port()));
    (cut, open(&format!("{url}?ssl-mode=disabled&read-timeout=1"), &[]))
}

#[test]
fn a_line_that_breaks_at_the_commit_ends_as_it_really_ended() {
    let Some(server) = server() else { return };
    let (cut, database) = behind_proxy(&server, "cut");
    let rows = table(vec![("id", ints(&[1, 2]))]);
    for state in [ConnectionState::Cut, ConnectionState::Silent] {
        cut.do_at_request(COMMIT, 0, move || state);
        let error = write(&*database, &rows, &Asked::default()).expect_err("the server never heard of it");
        assert!(error.is_transient() && error.message.ends_with("nothing was written"), "{error}");
        assert_eq!(server.sql("select count(*) from cut.t"), "0\n");
    }
    let own = Arc::clone(&cut);
    cut.do_at_request(COMMIT, 0, move || {
        own.at_answer(b"");
        ConnectionState::Passes
    });
    assert_eq!(write(&*database, &rows, &Asked::default()), written(2));
    assert_eq!((server.sql("select count(*) from cut.t").as_str(), cut.cuts()), ("2\n", 4));
}

#[test]
fn a_server_that_falls_silent_ends_the_rows_with_an_error() {
    let Some(server) = server() else { return };
    let (cut, database) = behind_proxy(&server, "silent");
    server.sql("insert into silent.t values (77)");
    let text = query("select concat('fallen', id) as t from t");
    let schema = database.describe(DatabaseSource::Query(&text), &NEVER_CANCELLED).expect("it is right").schema;
    cut.do_at_answer(b"fallen77", || ConnectionState::Silent);
    let error = read_as(&*database, DatabaseSource::Query(&text), &schema).expect_err("no row came");
    assert_eq!(error.kind, Kind::Unreachable, "{error}");
}

#[test]
fn tables_are_told_with_their_keys() {
    let Some(server) = server() else { return };
    let database = open(&fresh(&server, "keys"), &[]);
    server.sql("create table `keys`.a (id int auto_increment primary key, code varchar(20) not null unique, n int default 3) engine=InnoDB");
    server.sql("create table `keys`.b (a_id int not null, x int, primary key (a_id), foreign key (a_id) references `keys`.a (id)) engine=InnoDB");
    let tables = database.tables().expect("it answers");
    let names: Vec<String> = tables.iter().map(|table| table.table.to_string()).collect();
    assert_eq!(names, ["keys.a", "keys.b"]);
    assert_eq!(tables[0].unique_keys, [["id"], ["code"]]);
    let defaults: Vec<bool> = tables[0].columns.iter().map(|column| column.has_default).collect();
    assert_eq!(defaults, [true, false, true]);
    let (mine, other, theirs) = &tables[1].foreign_keys[0];
    assert_eq!(
        (mine.as_slice(), other.to_string().as_str(), theirs.as_slice()),
        (&["a_id".to_owned()][..], "keys.a", &["id".to_owned()][..])
    );
}
