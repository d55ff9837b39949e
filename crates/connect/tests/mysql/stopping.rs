//! Queries end at the server when nobody wants their rows; and reads of a run see one moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::connection::{ConnectionErrorKind, DatabaseSource};
use tidemill_test_servers::MariaDb;

use crate::shop::{fresh, open, query, read, server, texts};

/// Waits until no query of that text runs; the server is asked again and again.
fn until_gone(server: &MariaDb, part: &str) {
    let asked = format!(
        "select count(*) from information_schema.processlist where info like '%{part}%' and info not like '%processlist%'"
    );
    while server.sql(&asked).trim() != "0" {}
}

fn until_there(server: &MariaDb, part: &str) {
    let asked = format!(
        "select count(*) from information_schema.processlist where info like '%{part}%' and info not like '%processlist%'"
    );
    while server.sql(&asked).trim() == "0" {}
}

#[test]
fn cancelling_and_dropping_end_the_query_at_the_server() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "stopping");
    for snapshot in [false, true] {
        let database = open(&url, &[]);
        if snapshot {
            database.begin_snapshot();
        }
        let endless = query("select sleep(1000) as s, 'marked one' as m");
        let schema = database.describe(DatabaseSource::Query(&endless), &NEVER_CANCELLED).expect("it is right").schema;
        let token = CancelToken::new();
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| database.read(DatabaseSource::Query(&endless), &schema, &token).err());
            until_there(&server, "marked one");
            token.cancel();
            let error = reading.join().expect("it does not panic").expect("it is cancelled");
            assert_eq!(error.kind, ConnectionErrorKind::Cancelled);
        });
        until_gone(&server, "marked one");
        let long = query("select a.seq as a, repeat('x', 200) as m from seq_1_to_100000000 a");
        let schema = database.describe(DatabaseSource::Query(&long), &NEVER_CANCELLED).expect("it is right").schema;
        let mut rows = database.read(DatabaseSource::Query(&long), &schema, &NEVER_CANCELLED).expect("it begins");
        assert!(rows.next().expect("there are more").is_ok());
        drop(rows);
        until_gone(&server, "seq_1_to_100000000");
        let after = read(&*database, DatabaseSource::Query(&query("select 7 as x")))
            .expect("the connection is as good as before");
        assert_eq!(texts(&after, "x"), ["7"]);
        if snapshot {
            database.end_snapshot();
        }
    }
}

#[test]
fn reads_between_begin_and_end_see_one_moment() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "moment");
    server.sql("create table moment.orders (id int primary key, total int) engine=InnoDB");
    server.sql("create table moment.line_items (id int, amount int) engine=InnoDB");
    let database = open(&url, &[]);
    let (orders, lines) = (
        query("select coalesce(sum(total), 0) as s from orders"),
        query("select coalesce(sum(amount), 0) as s from line_items"),
    );
    let stop = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (server, stopped) = (&server, Arc::clone(&stop));
        let writing = scope.spawn(move || {
            let mut id = 0;
            while !stopped.load(Ordering::Acquire) {
                id += 1;
                server.sql(&format!("use moment; begin; insert into orders values ({id}, 3); insert into line_items values ({id}, 1), ({id}, 2); commit"));
            }
            id
        });
        for _ in 0..100 {
            database.begin_snapshot();
            let sum = |text| texts(&read(&*database, DatabaseSource::Query(text)).expect("it is right"), "s");
            assert_eq!(sum(&orders), sum(&lines));
            assert_eq!(sum(&lines), sum(&orders));
            database.end_snapshot();
        }
        stop.store(true, Ordering::Release);
        assert!(writing.join().expect("it does not panic") > 1, "there were writes in between");
    });
}
