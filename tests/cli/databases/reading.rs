//! Loads of a database.

use super::shop::{ORDERS, Shop};

#[test]
fn parameters_of_a_query_are_bound() {
    let Some(shop) = Shop::new(
        ORDERS,
        "
        params: {countries: [FR, \"D'E\"], least: 3}
        tasks:
          all: {type: load, connection: shop, table: orders, output: all.csv}
          same: {type: load, path: 'shop://orders', output: same.csv}
          some:
            type: load
            connection: shop
            query: select id, country from orders where amount >= ${{ params.least }} and country in ${{ params.countries }} order by id
            output: some.csv
        ",
    ) else {
        return;
    };
    shop.run(["run"]).exits(0);
    assert_eq!(shop.project.read("all.csv").lines().count(), 10);
    assert_eq!(shop.project.read("same.csv"), shop.project.read("all.csv"));
    assert_eq!(shop.project.read("some.csv"), "id,country\n3,FR\n4,D'E\n6,FR\n7,D'E\n9,FR\n");
    let empty = shop.run(["check", "-p", "countries=[]"]).exits(2).stderr;
    assert!(empty.contains("write `= any(${{ … }})` instead of `in ${{ … }}`"), "{empty}");
}

#[test]
fn rows_that_come_out_the_same_stop_the_run() {
    let rest = "
        tasks:
          orders: {type: load, connection: shop, table: orders}
          total: {type: sql, sql: select sum(amount) as total from orders, output: total.csv}
        ";
    let Some(shop) = Shop::new(ORDERS, rest) else { return };
    shop.run(["run"]).exits(0);
    let again = shop.run(["run"]).exits(0);
    assert!(again.stderr.contains("done    orders") && again.stderr.contains("1 ran, 1 cached"), "{}", again.stderr);
    shop.sql("update orders set amount = 100 where id = 1");
    shop.run(["run"]).exits(0);
    assert_eq!(shop.project.read("total.csv"), "total\n166.00\n");
}

#[test]
fn a_version_that_is_what_it_was_keeps_from_reading() {
    let rest = "
        tasks:
          orders: {type: load, connection: shop, table: orders, version: 'select max(id), count(*) from orders', output: orders.csv}
        ";
    let Some(shop) = Shop::new(ORDERS, rest) else { return };
    shop.run(["run"]).exits(0);
    shop.sql("update orders set amount = 100 where id = 1");
    let again = shop.run(["run"]).exits(0);
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    shop.sql("insert into orders values (10, 'FR', 1)");
    let plan = shop.run(["plan"]).exits(0).stdout;
    assert!(plan.contains("run      orders") && plan.contains("1 to run"), "{plan}");
    shop.run(["run"]).exits(0);
    let orders = shop.project.read("orders.csv");
    assert!(orders.contains("1,D'E,100.00\n") && orders.contains("10,FR,1.00\n"), "{orders}");
}

/// How many rows two loads see, between which a row is added.
fn seen(snapshot: &str) -> Option<(usize, usize)> {
    let shop = Shop::new(ORDERS, "")?;
    let psql = shop.server.psql_command(&shop.database);
    let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
    let mut add: Vec<String> = [text(psql.get_program())].into_iter().chain(psql.get_args().map(text)).collect();
    add.extend(["-c".to_owned(), "insert into orders values (10, 'FR', 1)".to_owned()]);
    let password = psql.get_envs().find_map(|(name, value)| value.filter(|_| name == "PGPASSWORD").map(text));
    let add = serde_json::to_string(&add).expect("texts");
    let rest = format!(
        "  other: {{url: '${{{{ secrets.DB_URL }}}}'{snapshot}}}
pass_env: [PGPASSWORD]
tasks:
  first: {{type: load, connection: other, table: orders, output: first.csv}}
  add: {{type: command, depends_on: first, run: {add}}}
  second: {{type: load, connection: other, depends_on: add, table: orders, output: second.csv}}
"
    );
    let shop = shop.pipeline(&rest);
    let mut command = shop.project.command(["run"]);
    command.env("PGPASSWORD", password.expect("a password"));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    shop.finish(command).exits(0);
    assert_eq!(shop.sql("select count(*) from orders"), "10");
    let rows = |file: &str| shop.project.read(file).lines().count() - 1;
    Some((rows("first.csv"), rows("second.csv")))
}

#[test]
fn all_loads_of_a_run_see_one_moment() {
    let Some(seen) = seen("") else { return };
    assert_eq!(seen, (9, 9));
}

#[test]
fn without_a_snapshot_each_load_sees_its_own() {
    let Some(seen) = seen(", snapshot: none") else { return };
    assert_eq!(seen, (9, 10));
}

#[test]
fn who_reads_a_table_comes_after_who_writes_it() {
    let rest = "
        tasks:
          by_path: {type: load, path: 'mart://total', columns: {total: 'decimal(38,2)'}, output: by_path.csv}
          by_name: {type: load, connection: shop, table: mart.total, output: by_name.csv}
          total:
            type: sql
            sql: select sum(amount) as total from orders
            output: {connection: mart, table: total, create: true}
          orders: {type: load, connection: shop, table: orders}
        ";
    let Some(shop) = Shop::new(ORDERS, rest) else { return };
    shop.run(["check"]).exits(0);
    let plan = shop.run(["plan"]).exits(0).stdout;
    let at = |task: &str| plan.find(&format!("run      {task} ")).unwrap_or_else(|| panic!("{task}: {plan}"));
    assert!(at("total") < at("by_path") && at("total") < at("by_name"), "{plan}");
    shop.run(["run"]).exits(0);
    assert_eq!(shop.project.read("by_path.csv"), "total\n67.50\n");
    assert_eq!(shop.project.read("by_name.csv"), "total\n67.50\n");
}
