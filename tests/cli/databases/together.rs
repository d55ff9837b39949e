//! Orders and their lines are written all the time while a pipeline loads both: the totals agree.
//!
//! `TIDEMILL_TOGETHER=200` is the long form; its figures are in `docs/reliability.md`.

use std::io::Write;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use super::shop::Shop;

const TABLES: &str = "create table orders (id int primary key, total int not null);
create table lines (id int not null, amount int not null);
create index on lines (id);";

const REST: &str = "
        tasks:
          orders: {type: load, connection: shop, table: orders}
          lines: {type: load, connection: shop, table: lines}
          of_orders: {type: sql, sql: 'select count(*) as n, sum(total) as total from orders', output: orders.csv}
          of_lines: {type: sql, sql: 'select count(distinct id) as n, sum(amount) as total from lines', output: lines.csv}
        ";

/// How many orders are there at a time.
const ORDERS: u32 = 2000;

/// Writes orders with their lines, each in a transaction that takes an old one away, until it is over; how many comes back.
fn write_orders(shop: &Shop, is_over: &AtomicBool) -> u32 {
    let mut psql = shop.server.psql_command(&shop.database);
    let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("psql starts");
    let mut stdin = psql.stdin.take().expect("it was asked for");
    let mut id = 0_u32;
    while !is_over.load(Ordering::Relaxed) {
        id += 1;
        let old = id.saturating_sub(ORDERS);
        writeln!(
            stdin,
            "begin; insert into lines select {id}, {id} % 100 + no from generate_series(0, {id} % 5) as no;
            insert into orders select {id}, sum(amount) from lines where id = {id};
            delete from orders where id = {old}; delete from lines where id = {old}; commit;"
        )
        .expect("psql listens");
    }
    drop(stdin);
    assert!(psql.wait().expect("psql ends").success());
    id
}

#[test]
fn orders_and_lines_that_are_written_meanwhile_fit() {
    let Some(shop) = Shop::new(TABLES, REST) else { return };
    let rounds = std::env::var("TIDEMILL_TOGETHER").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let is_over = AtomicBool::new(false);
    let (seen, written) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_orders(&shop, &is_over));
        // Whatever fails, the writer is to end.
        let seen = std::panic::catch_unwind(|| (0..rounds).map(|round| totals(&shop, round)).collect::<Vec<_>>());
        is_over.store(true, Ordering::Relaxed);
        (seen, writer.join().expect("the writer ends"))
    });
    let seen = seen.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let different = seen.iter().collect::<std::collections::HashSet<_>>().len();
    println!("{rounds} runs agreed and saw {different} different totals; {written} orders were written meanwhile");
    assert!(different > 1, "nothing was written meanwhile");
}

/// What a run sees.
fn totals(shop: &Shop, round: usize) -> String {
    shop.run(["run"]).exits(0);
    let (orders, lines) = (shop.project.read("orders.csv"), shop.project.read("lines.csv"));
    assert_eq!(orders, lines, "in round {round}");
    orders
}
