//! What commands say of pipelines with databases.

use super::shop::{ORDERS, Shop};

const REST: &str = "
        tasks:
          orders: {type: load, connection: shop, table: orders}
          total:
            type: sql
            sql: select country, sum(amount) as amount from orders group by country order by country
            output: [total.csv, {connection: mart, table: total, create: true}]
        ";

#[test]
fn a_plan_says_why_a_database_is_read() {
    let Some(shop) = Shop::new(ORDERS, REST) else { return };
    insta::assert_snapshot!(shop.run(["plan"]).exits(0).stdout, @r"
    run      orders  load  shop: orders
                           because without `version` a database is read in every run
    run      total   sql   query over orders
                           because first run, upstream orders runs
    2 to run, 0 cached
    ");
}

#[test]
fn lineage_ends_at_the_column_of_the_table() {
    let Some(shop) = Shop::new(ORDERS, REST) else { return };
    insta::assert_snapshot!(shop.run(["lineage", "total.amount"]).exits(0).stdout, @r"
    ● total.amount  sql, decimal(38,2)
    │   = sum(amount)
    │   also decided by  group by country  ← orders.country
    ● orders.amount  load, decimal(12,2)
    ◆ shop://orders, orders.amount
    ");
}

#[test]
fn results_and_status_name_the_table() {
    let Some(shop) = Shop::new(ORDERS, REST) else { return };
    let told = shop.run(["run"]).exits(0).stderr;
    let results = told.split("Results\n").nth(1).unwrap_or_default();
    insta::assert_snapshot!(results, @r"
      ./  total.csv
      mart://  total

    done in [time]: 2 ran
    ");
    let status = shop.run(["status"]).exits(0).stdout;
    assert!(status.contains("[run] success"), "{status}");
}

#[test]
fn doctor_tries_each_connection() {
    let Some(shop) = Shop::new(ORDERS, REST) else { return };
    let told = shop.run(["doctor"]).exits(0).stdout;
    for name in ["shop", "mart"] {
        assert!(told.contains(&format!("ok    connection  {name}: PostgreSQL ")), "{told}");
    }
    let shop = shop.secret("postgres://owner@localhost:1/shop");
    let told = shop.run(["doctor"]).exits(1).stdout;
    assert!(told.contains("bad   connection  ") && told.contains("no server listening at localhost:1"), "{told}");
}
