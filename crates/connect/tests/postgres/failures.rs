//! What goes wrong is said with what to do, and without secrets.

use std::sync::Arc;

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind, DatabaseSource};
use tidemill_test_servers::{ConnectionState, Cut, Postgres};

use crate::harness::{ask, begin, open, query, read, said};

fn kind<T>(result: Result<T, ConnectionError>) -> Option<ConnectionErrorKind> {
    result.err().map(|error| error.kind)
}

#[test]
fn what_cannot_be_reached_is_said() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    let port = server.port();
    let refusing =
        std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|held| held.local_addr()).expect("a port").port();
    let cases = [
        (
            format!("postgres://owner:s3cret@localhost:{port}/{name}"),
            "refuses the password of user owner at localhost",
            ConnectionErrorKind::Refused,
        ),
        (
            format!("postgres://owner@localhost:{port}/{name}?passfile=/none"),
            "needs a password for user owner",
            ConnectionErrorKind::Refused,
        ),
        (
            format!("postgres://nobody:s3cret@localhost:{port}/{name}"),
            "refuses the password of user nobody",
            ConnectionErrorKind::Refused,
        ),
        (
            "postgres://a:s3cret@host.invalid/x".to_owned(),
            "names a host that is not known: host.invalid:5432",
            ConnectionErrorKind::Unreachable,
        ),
        (
            format!("postgres://a:s3cret@127.0.0.1:{refusing}/x"),
            "has no server listening at 127.0.0.1",
            ConnectionErrorKind::Unreachable,
        ),
        (
            "postgres://a:s3cret@/x?host=/nowhere".to_owned(),
            "has no server listening at /nowhere:5432",
            ConnectionErrorKind::Unreachable,
        ),
        (server.url("none"), "has no database none", ConnectionErrorKind::Missing),
    ];
    for (url, expected, of) in cases {
        let shop = open(&url).expect("a good URL");
        assert_eq!(kind(shop.probe()), Some(of), "{expected}");
        let said = said(shop.probe());
        assert!(said.contains(expected) && !said.contains("s3cret") && !said.contains("p@ssword"), "{said}");
    }
    let wrong = said(open("postgres://a:s3cret@h/x?sslmode=maybe"));
    assert!(wrong.contains("none of disable, allow") && !wrong.contains("s3cret"), "{wrong}");
}

#[test]
fn certificates_are_looked_at_as_sslmode_says() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    let url = server.url(&name);
    let authority = server.certificates().authority.display().to_string();
    let probe = |parameters: &str| open(&format!("{url}?{parameters}")).expect("a good URL").probe();
    let by_address = |parameters: &str| {
        open(&format!("{}?{parameters}", url.replace("localhost", "127.0.0.1"))).expect("a good URL").probe()
    };
    for mode in ["prefer", "require", "verify-ca", "verify-full"] {
        let who = probe(&format!("sslmode={mode}&sslrootcert={authority}")).expect("it is reached");
        assert!(who.starts_with("PostgreSQL 1") && who.ends_with(", as owner, over TLS 1.3"), "{mode}: {who}");
    }
    for mode in ["disable", "allow"] {
        assert!(probe(&format!("sslmode={mode}")).expect("it is reached").ends_with("without TLS"), "{mode}");
    }
    let unknown = said(probe("sslmode=verify-full"));
    assert!(unknown.contains("no known authority has signed") && unknown.contains("sslrootcert="), "{unknown}");
    let other_name = said(by_address(&format!("sslmode=verify-full&sslrootcert={authority}")));
    assert!(other_name.contains("is for another name"), "{other_name}");
    assert!(by_address(&format!("sslmode=verify-ca&sslrootcert={authority}")).is_ok());
    assert!(by_address("sslmode=require").is_ok());
    let socket = format!("host={}&sslmode=verify-full", server.socket().display());
    assert!(probe(&socket).expect("it is reached").ends_with("without TLS"));

    let Some(old) = Postgres::start_expired() else { return };
    let url =
        format!("{}?sslmode=verify-full&sslrootcert={}", old.url("postgres"), old.certificates().authority.display());
    assert!(said(open(&url).expect("a good URL").probe()).contains("has expired"));
}

#[test]
fn what_is_not_there_is_said_with_what_may_be_meant() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, "create table orders (id int, amount int); create schema s; create table s.lines (id int)");
    let shop = open(&server.url(&name)).expect("a good URL");
    let cases = [
        (
            "select * from ordrs",
            "relation \"ordrs\" does not exist, at line 1, column 15 of the query; do you mean `orders`?",
        ),
        ("select *\nfrom s.line", "at line 2, column 6 of the query; do you mean `lines`?"),
        ("select amont from orders", "Perhaps you meant to reference the column \"orders.amount\""),
        ("selec 1", "refuses: syntax error at or near \"selec\", at line 1, column 1 of the query"),
        ("select 1 as a, 2 as a", "two columns `a`; name them apart with `as`"),
        ("insert into orders values (1)", "gives no columns"),
        ("select 1/0 as a", "division by zero"),
    ];
    for (sql, expected) in cases {
        let said = said(ask(&*shop, sql));
        assert!(said.contains(expected), "{sql}: {said}");
    }
    assert!(said(read(&*shop, DatabaseSource::Table("order"))).contains("do you mean `orders`?"));
    let wanted = [("amont", tidemill_core::table::DataType::Int)].into_iter().collect();
    let missing = shop.read(DatabaseSource::Table("orders"), &wanted, &NEVER_CANCELLED);
    assert!(said(missing).contains("has no column `amont` in table orders; do you mean `amount`?"));
}

#[test]
fn a_missing_right_is_said() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    server.psql(&name, &format!("create table t (id int); create role reader_{name} login password 'x'"));
    let url = format!("postgres://reader_{name}:x@localhost:{}/{name}", server.port());
    let refused = said(ask(&*open(&url).expect("a good URL"), "select * from t"));
    assert!(
        refused.contains("permission denied for table t") && refused.contains("have the right granted"),
        "{refused}"
    );
}

#[test]
fn a_line_that_breaks_ends_the_rows_with_an_error() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    let cut = Cut::before(server.port()).expect("a port is free");
    let shop = open(&format!("{}?sslmode=disable", server.url_at(cut.port(), &name))).expect("a good URL");
    let sql = query(
        "select i, case when i = 300000 then 'cut' || 'here' else repeat('x', 90) end as t from generate_series(1, 400000) i",
    );
    let rows = begin(&*shop, DatabaseSource::Query(&sql)).expect("it begins");
    cut.at_answer(b"cuthere");
    let batches: Vec<_> = rows.collect();
    assert_eq!(cut.cuts(), 1);
    let last = batches.into_iter().next_back().expect("there was something");
    assert_eq!(kind(last), Some(ConnectionErrorKind::Unreachable));
}

#[test]
fn a_server_that_falls_silent_ends_the_rows_with_an_error() {
    let Some(server) = Postgres::shared() else { return };
    let name = server.database();
    let cut = Cut::before(server.port()).expect("a port is free");
    let url = format!("{}?sslmode=disable&tcp_user_timeout=100", server.url_at(cut.port(), &name));
    let shop = open(&url).expect("a good URL");
    let sql = query("select 'fallen' || 77 as t");
    let schema = shop.infer(DatabaseSource::Query(&sql), &NEVER_CANCELLED).expect("it is right").schema;
    // The server has answered and waits: it is seen by its waiting. Then it is seen to be gone.
    for ends_it in [false, true] {
        let end = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and pid <> pg_backend_pid()"
        );
        let (other, database) = (Arc::clone(&server), name.clone());
        cut.do_at_answer(b"fallen77", move || {
            if ends_it {
                other.psql(&database, &end);
            }
            ConnectionState::Silent
        });
        let ended = shop
            .read(DatabaseSource::Query(&sql), &schema, &NEVER_CANCELLED)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>);
        assert_eq!(kind(ended), Some(ConnectionErrorKind::Unreachable), "{ends_it}");
    }
    assert_eq!(cut.cuts(), 2);
    // One that works is waited for.
    let slow = ask(&*shop, "select pg_sleep(0.5)::text as t");
    assert_eq!(slow.map(|rows| rows.rows), Ok(1));
}
