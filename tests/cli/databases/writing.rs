//! Outputs that are tables of a database.

use crate::schedule::{hourly, seen_hours_ago};

use super::shop::{ORDERS, Shop};

const LINES: &str =
    "select task, target, row_count, logical_time = '' from mart.tidemill_ledger order by 1, 2, logical_time";

/// A pipeline that writes the orders in a mode.
fn written(output: &str) -> String {
    format!(
        "
        tasks:
          orders: {{type: load, connection: shop, table: orders}}
          out: {{type: sql, sql: 'select id, country from orders', output: {{connection: mart, table: out, {output}}}}}
        "
    )
}

/// The number of rows, and of ids.
fn rows(shop: &Shop) -> String {
    shop.sql("select count(*), count(distinct id) from mart.out")
}

#[test]
fn a_replaced_table_stays_the_same_table() {
    let Some(shop) = Shop::new(ORDERS, &written("create: true")) else { return };
    shop.run(["run"]).exits(0);
    assert_eq!(rows(&shop), "9|9");
    let table =
        "select 'mart.out'::regclass::oid, obj_description('mart.out'::regclass), (select count(*) from mart.seen)";
    shop.sql("comment on table mart.out is 'kept'; create index on mart.out (id); create view mart.seen as select * from mart.out");
    let before = shop.sql(table);
    assert!(before.ends_with("|kept|9"), "{before}");
    shop.sql("delete from orders where id > 6");
    shop.run(["run"]).exits(0);
    assert_eq!(shop.sql(table), before.replace("|9", "|6"));
    assert_eq!(shop.sql("select count(*) from pg_indexes where schemaname = 'mart' and tablename = 'out'"), "1");
    assert_eq!(shop.sql("select status from (select 'out' as status) s where exists (select from mart.out)"), "out");
}

#[test]
fn appended_rows_are_there_once() {
    let Some(shop) = Shop::new(ORDERS, &written("mode: append, create: true")) else { return };
    shop.run(["run"]).exits(0);
    shop.run(["run"]).exits(0);
    shop.run(["rerun", "out"]).exits(0);
    let forced = shop.run(["run", "--force"]).exits(0);
    assert!(forced.stderr.contains("9 rows are in mart://out already, since "), "{}", forced.stderr);
    assert_eq!(rows(&shop), "9|9");
    // Without what it knows of earlier runs.
    std::fs::remove_dir_all(shop.project.root().join(".tidemill")).expect("a state");
    shop.run(["run"]).exits(0);
    assert_eq!(rows(&shop), "9|9");
    assert_eq!(shop.sql(LINES), "out|mart.out|9|t");
    // Other rows are added.
    shop.sql("delete from orders where id > 1");
    shop.run(["run"]).exits(0);
    assert_eq!(rows(&shop), "10|9");
}

#[test]
fn a_table_that_was_dropped_is_written_again() {
    for output in ["create: true", "mode: append, create: true"] {
        let Some(shop) = Shop::new(ORDERS, &written(output)) else { return };
        shop.run(["run"]).exits(0);
        shop.sql("drop table mart.out");
        let plan = shop.run(["plan"]).exits(0);
        assert!(plan.stdout.contains("mart://out was deleted"), "{}", plan.stdout);
        shop.run(["run"]).exits(0);
        assert_eq!(rows(&shop), "9|9", "{output}");
        assert_eq!(shop.sql(LINES), "out|mart.out|9|t");
    }
}

#[test]
fn a_view_shows_what_the_run_has_written_to_its_table() {
    let sql = format!(
        "{ORDERS} create schema mart; create table mart.out (id int, country text);
        create view mid as select country, count(*) as n from mart.out group by country; create view top as select sum(n)::int as n from mid"
    );
    let rest = format!(
        "{}\n  seen: {{type: load, connection: shop, table: top, columns: {{n: int}}, depends_on: [out], output: seen.csv}}\n",
        crate::project::dedent(&written("mode: replace")).trim_end()
    );
    let Some(shop) = Shop::new(&sql, &rest) else { return };
    shop.run(["run"]).exits(0);
    assert_eq!(shop.project.read("seen.csv"), "n\n9\n");
}

#[test]
fn rows_of_the_same_key_are_changed() {
    let sql = format!(
        "{ORDERS} create schema mart; create table mart.out (id int primary key, country text, note text);
        insert into mart.out values (1, 'XX', 'mine'), (100, 'XX', 'mine')"
    );
    let Some(shop) = Shop::new(&sql, &written("mode: upsert, key: [id]")) else { return };
    shop.run(["run"]).exits(0);
    assert_eq!(rows(&shop), "10|10");
    assert_eq!(shop.sql("select * from mart.out where note = 'mine' order by id"), "1|D'E|mine\n100|XX|mine");
    shop.run(["run", "--force"]).exits(0);
    assert_eq!(rows(&shop), "10|10");
}

#[test]
fn each_fire_appends_once() {
    let rest = format!(
        "schedule: {{cron: {}, catchup: all}}\n{}",
        hourly(),
        crate::project::dedent(&written("mode: append, create: true"))
    );
    let Some(shop) = Shop::new(ORDERS, &rest) else { return };
    seen_hours_ago(&shop.project, 3);
    shop.run(["schedule", "--once"]).exits(0);
    assert_eq!(rows(&shop), "27|9");
    assert_eq!(
        shop.sql("select count(*), count(distinct logical_time), min(row_count) from mart.tidemill_ledger"),
        "3|3|9"
    );
    shop.run(["schedule", "--once"]).exits(0);
    shop.run(["retry"]);
    assert_eq!(rows(&shop), "27|9");
}

#[test]
fn two_tasks_for_one_table_are_refused() {
    let rest = "
        tasks:
          orders: {type: load, connection: shop, table: orders, output: {connection: mart, table: out, create: true}}
          other: {type: sql, sql: select id from orders, output: {connection: shop, table: mart.out}}
        ";
    let Some(shop) = Shop::new(ORDERS, rest) else { return };
    let refused = shop.run(["check"]).exits(2).stderr;
    assert!(refused.contains("tasks `orders` and `other` both publish `shop://mart.out`"), "{refused}");
}
