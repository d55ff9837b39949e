//! `tidemill lineage`: the way of a column back to its files.

use crate::project::Project;

/// A join, an aggregate, a query, a foreach, a command.
fn shop() -> Project {
    Project::new()
        .file("orders.csv", "id,customer,amount,day\n1,7,$10.00,2024-01-01\n2,8,$5.50,2024-01-02\n")
        .file("customers.csv", "id,country\n7,FR\n8,DE\n")
        .sqlite("stock.db", "create table stock(item int, left_over int); insert into stock values (1, 5)")
        .pipeline(
            r"
            version: 1
            name: shop
            tasks:
              raw: {type: load, path: orders.csv}
              customers: {type: load, path: customers.csv}
              orders:
                type: normalize
                from: raw
                rename: {id: order_id}
                columns: {amount: money, day: date}
                reject: [{where: amount < 0, reason: negative}]
                derive: {net: 'round(amount / 1.2, 2)'}
              sold:
                type: join
                left: orders
                right: customers
                on: {customer: id}
                how: left
                fill: {country: none}
              by_country:
                type: sql
                sql: >-
                  with big as (select country, net, day from sold where net > 1)
                  select country, sum(net) as net, count(*) as orders, max(day) as day,
                         sum(case when country = 'FR' then net end) as french
                  from big group by country
              part:
                type: aggregate
                foreach: [FR, DE, ES, IT, PT]
                from: sold
                where: country = ${{ item }}
                metrics: {net: sum(net)}
              all_parts: {type: sql, sql: select net from part union all select net from by_country}
              stock: {type: load, path: stock.db, query: 'select item, left_over * 2 as twice from stock'}
              forecast:
                type: command
                run: [sh, -c, cp stock.csv forecast.csv]
                inputs: {stock: stock}
                outputs: {forecast: forecast.csv}
                table: forecast
                columns: {item: int, expected: float}
              saved: {type: aggregate, from: orders, metrics: {n: count(*)}, output: saved.csv}
              again: {type: load, path: saved.csv, columns: {n: int}}
              needed: {type: join, left: forecast, right: stock, on: [item], derive: {gap: expected - twice}}
            ",
        )
}

#[test]
fn every_step_is_walked_back_to_file_and_column() {
    insta::assert_snapshot!(shop().run(["lineage", "by_country.net"]).exits(0).stdout);
}

#[test]
fn what_only_chooses_or_counts_is_told_apart() {
    let shop = shop();
    insta::assert_snapshot!("chosen", shop.run(["lineage", "by_country.french"]).exits(0).stdout);
    insta::assert_snapshot!("counted", shop.run(["lineage", "by_country.orders"]).exits(0).stdout);
}

#[test]
fn instances_are_folded_and_what_is_met_twice_is_drawn_once() {
    let shop = shop();
    insta::assert_snapshot!("union", shop.run(["lineage", "all_parts.net"]).exits(0).stdout);
    let all = shop.run(["lineage", "part.net"]).exits(0).stdout;
    assert!(all.starts_with("● part.net  foreach\n"), "{all}");
    let one = shop.run(["lineage", "part@FR.net"]).exits(0).stdout;
    assert!(one.starts_with("● part@FR.net  aggregate"), "{one}");
}

#[test]
fn commands_and_queries_are_where_the_way_ends() {
    insta::assert_snapshot!(shop().run(["lineage", "needed.gap"]).exits(0).stdout);
}

#[test]
fn a_file_says_which_task_publishes_it() {
    insta::assert_snapshot!(shop().run(["lineage", "again.n"]).exits(0).stdout, @r"
    ● again.n  load, int
    ◆ saved.csv, n
        published by saved
    ");
}

#[test]
fn a_task_alone_means_all_of_its_columns() {
    insta::assert_snapshot!(shop().run(["lineage", "by_country"]).exits(0).stdout);
}

#[test]
fn pictures_and_programs_get_theirs() {
    let shop = shop();
    insta::assert_snapshot!("mermaid", shop.run(["lineage", "sold.country", "--format", "mermaid"]).exits(0).stdout);
    shop.run(["lineage", "sold.country", "--format", "json", "-o", "way.json"]).exits(0);
    let way: serde_json::Value = serde_json::from_str(&shop.read("way.json")).expect("JSON");
    assert_eq!(way["nodes"][0]["name"], "sold.country");
    assert_eq!(way["nodes"][0]["decided_by"][0]["from"][0], "orders.customer");
    assert_eq!(way["nodes"][2]["file"], "customers.csv");
}

#[test]
fn what_is_not_there_is_said_with_the_nearest() {
    let shop = shop();
    let said = |name: &str| shop.run(["lineage", name]).exits(2).stderr;
    insta::assert_snapshot!(["by_country.nett", "by_contry.net", "nothing", "sold.xyz"].map(said).join(""));
    // Nothing was run, nothing was made.
    assert!(!shop.has(".tidemill") && !shop.has("logs"));
}

#[test]
fn the_sales_of_a_day_lead_to_the_column_of_the_database() {
    let retail = Project::new().copy(&["pipeline.yaml", "tasks", "data"]);
    insta::assert_snapshot!(retail.run(["lineage", "daily_sales.total_amount"]).exits(0).stdout);
}
