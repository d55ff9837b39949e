//! Orders and their lines are written all the time while a pipeline loads both: the totals agree.
//!
//! `TIDEMILL_TOGETHER=200` is the long form; its figures are in `docs/reliability.md`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use tidemill_test_servers::{MariaDb, Postgres};

use crate::project::Project;

const TABLES: &str = "create table orders (id int primary key, total int not null);
create table order_lines (id int not null, amount int not null);
create index of_order on order_lines (id);";

const PIPELINE: &str = "
    version: 1
    secrets: [DB_URL]
    dotenv: .env
    connections: {shop: '${{ secrets.DB_URL }}'}
    tasks:
      orders: {type: load, connection: shop, table: orders}
      lines: {type: load, connection: shop, table: order_lines}
      of_orders: {type: sql, sql: 'select count(*) as n, sum(total) as total from orders', output: orders.csv}
      of_lines: {type: sql, sql: 'select count(distinct id) as n, sum(amount) as total from lines', output: lines.csv}
    ";

/// How many orders are there at a time.
const ORDERS: u32 = 2000;

/// An order of up to five lines, in a transaction that takes an old one away. Whatever moment is looked at has another sum.
fn order(id: u32) -> String {
    let amounts: Vec<u32> = (0..=id % 5).map(|line| id + line).collect();
    let lines: Vec<String> = amounts.iter().map(|amount| format!("({id}, {amount})")).collect();
    let (lines, total, old) = (lines.join(", "), amounts.iter().sum::<u32>(), id.saturating_sub(ORDERS));
    format!(
        "begin; insert into order_lines values {lines}; insert into orders values ({id}, {total});
        delete from orders where id = {old}; delete from order_lines where id = {old}; commit;"
    )
}

/// Has a client of the database write orders until it is over; how many comes back.
fn write_orders(mut client: Command, is_over: &AtomicBool) -> u32 {
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the client starts");
    let mut stdin = client.stdin.take().expect("it was asked for");
    let mut id = 0_u32;
    while !is_over.load(Ordering::Relaxed) {
        id += 1;
        writeln!(stdin, "{}", order(id)).expect("the client listens");
    }
    drop(stdin);
    assert!(client.wait().expect("the client ends").success());
    id
}

/// Runs beside a client that writes orders.
fn agree(name: &str, client: Command, url: &str) {
    let project = Project::new().pipeline(PIPELINE).file(".env", format!("DB_URL=\"{url}\"\n"));
    let rounds = std::env::var("TIDEMILL_TOGETHER").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let is_over = AtomicBool::new(false);
    let (seen, written) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_orders(client, &is_over));
        // Whatever fails, the writer is to end.
        let seen = std::panic::catch_unwind(|| (0..rounds).map(|round| totals(&project, round)).collect::<Vec<_>>());
        is_over.store(true, Ordering::Relaxed);
        (seen, writer.join().expect("the writer ends"))
    });
    let seen = seen.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let different = seen.iter().collect::<std::collections::HashSet<_>>().len();
    println!("{name}: {rounds} runs agreed, each on other totals; {written} orders were written meanwhile");
    assert_eq!(different, rounds, "nothing was written between two runs");
}

/// What a run sees.
fn totals(project: &Project, round: usize) -> String {
    project.run(["run"]).exits(0);
    let (orders, lines) = (project.read("orders.csv"), project.read("lines.csv"));
    assert_eq!(orders, lines, "in round {round}");
    orders
}

#[test]
fn orders_and_lines_of_postgresql_that_are_written_meanwhile_fit() {
    let Some(server) = Postgres::shared() else { return };
    let database = server.database();
    server.psql(&database, TABLES);
    agree("PostgreSQL", server.psql_command(&database), &server.url(&database));
}

#[test]
fn orders_and_lines_of_mariadb_that_are_written_meanwhile_fit() {
    let Some(server) = MariaDb::start() else { return };
    server.sql(TABLES);
    agree("MariaDB", server.client_command(), &server.url());
}
