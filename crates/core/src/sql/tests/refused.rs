//! Queries that are wrong: messages.

use insta::assert_snapshot;

use super::plan;

#[test]
fn refused() {
    assert_snapshot!(plan("insert into orders values (1)"), @r#"
    `INSERT` is not a query
      at q.sql:1:1 `insert`
      help: an `sql` task is a single `select …` (or `with … select …`): it makes a table and changes none
    "#);
    assert_snapshot!(plan("drop table orders"), @r#"
    `DROP` is not a query
      at q.sql:1:1 `drop`
      help: an `sql` task is a single `select …` (or `with … select …`): it makes a table and changes none
    "#);
    assert_snapshot!(plan("select 1; select 2"), @r#"
    more than one query
      at q.sql:1:11 `select` the second begins here
      help: an `sql` task has a single query; make a task of each
    "#);
    assert_snapshot!(plan(""), @r#"
    the SQL is empty
      at q.sql:1:1 ``
      help: write a query: `select … from …`
    "#);
    assert_snapshot!(plan("select"), @r#"
    expected an expression, but the SQL ends here
      at q.sql:1:6 `t`
    "#);
    assert_snapshot!(plan("select * from raw-orders"), @r#"
    expected the end of the query, found `-`
      at q.sql:1:18 `-`
      help: names with `-` stand in double quotes: "raw-orders"
    "#);
    assert_snapshot!(plan("select * from nowhere"), @r#"
    there is no table `nowhere`
      at q.sql:1:15 `nowhere` unknown table
    "#);
    assert_snapshot!(plan("select id from orders order by 3"), @r#"
    there is no column number 3; there are 1
      at q.sql:1:32 `3`
    "#);
    assert_snapshot!(plan("select id, id from orders"), @r#"
    two columns of the result are named `id`
      at q.sql:1:12 `id` the second
      help: give one another name: `… as other`
    "#);
    assert_snapshot!(plan("select top 3 id from orders"), @r#"
    `top` is not supported in Tidemill SQL
      at q.sql:1:1 `select`
      help: use `limit`
    "#);
    assert_snapshot!(plan("select nme, o.idd, x.id from orders o"), @r"
    there is no column `nme`
      at q.sql:1:8 `nme` unknown column
      help: there is `id`, `customer`, `day`, `amount`
    there is no column `o.idd`
      at q.sql:1:15 `idd` unknown column
      help: did you mean `id`?
    there is no table `x` here
      at q.sql:1:20 `x` unknown table
      help: there is `o`
    ");
    assert_snapshot!(plan("values (1)"), @r#"
    expand column1 = 1
      one row
    => column1 int
    "#);
    assert_snapshot!(plan("select id from orders limit 'x'"), @r#"
    `limit` takes a whole number of rows
      at q.sql:1:29 `'x'`
    "#);
    assert_snapshot!(plan("select * from orders o
  join customers c
  on o.custmer = c.id"), @r#"
    there is no column `o.custmer`
      at q.sql:3:8 `custmer` unknown column
      help: did you mean `customer`?
    "#);
    assert_snapshot!(plan("select distinct id from orders order by amount"), @r#"
    with `distinct`, `order by` can only use columns of the result
      at q.sql:1:41 `amount`
      help: add it to the select list
    "#);
    assert_snapshot!(plan("select a.b.c from orders"), @r#"
    a name of three parts is not supported in Tidemill SQL
      at q.sql:1:8 `a.b.c`
      help: write `table.column`
    "#);
    assert_snapshot!(plan("select id from orders for update"), @r#"
    `for` is not supported in Tidemill SQL
      at q.sql:1:1 `select id from orders`
      help: a query changes nothing, so it needs no locks
    "#);
    assert_snapshot!(plan("select id from main.orders"), @r#"
    the table name `main.orders` is not supported in Tidemill SQL
      at q.sql:1:16 `main.orders`
      help: a table is a task: write its id alone
    "#);
    assert_snapshot!(plan("select id from orders fetch first 3 rows only"), @r#"
    limit 3
      project id
        table orders
    => id int
    "#);
    assert_snapshot!(plan("select count(*) from orders group by rollup (id)"), @r#"
    project count
      project id, count = coalesce(count, 0), set = coalesce(set, total)
        full join on set = total
          aggregate by id = key0, set: count = count(*)
            expand key0 = id | null, set = 0 | 1
              table orders
          expand total = 1
            one row
    => count int
    "#);
    assert_snapshot!(plan("select * from generate_series(1, 3)"), @r#"
    series generate_series = 1 to 3 by 1
      one row
    => generate_series int
    "#);
}

/// What other systems write, and that which the help has to name.
#[test]
fn words_of_other_systems_are_answered_with_those_here() {
    for (sql, instead) in [
        ("select * from orders tablesample bernoulli (10)", "`sample`"),
        ("select * from orders using sample 10", "`sample`"),
        ("select * from orders fetch first 3 rows with ties", "rank()"),
        ("select * from orders with (nolock)", "leave it out"),
        ("select * from orders cross apply (select 1 as y) as z", "lateral"),
        ("select * from orders lateral view explode(customer) x as tag", "json_array_elements_text"),
        ("select * from orders sort by id", "order by"),
        ("select * from orders start with id = 1 connect by prior id = customer", "with recursive"),
        ("select customer, count(*) from orders group by customer with rollup", "rollup ("),
        ("select id from orders where customer similar to 'a%'", "regexp_like"),
        ("select id from orders where customer !~ 'a'", "regexp_like"),
        ("select id from orders where customer glob 'a*'", "like"),
        ("select id div 2 from orders", "trunc(x / y)"),
        ("select overlay(customer placing 'x' from 2) from orders", "substr"),
        ("select group_concat(customer order by id separator ', ') from orders", "string_agg"),
        ("select listagg(customer, ',') within group (order by id) from orders", "string_agg"),
        ("select ratio_to_report(id) over () from orders", "sum(x) over ()"),
        ("select id from orders where rownum < 3", "row_number()"),
        ("select array[1, 2] from orders", "JSON"),
        ("select convert(int, customer) from orders", "cast(x as type)"),
        ("select date_trunc(month, day) from orders", "'month'"),
        ("from orders", "select * from"),
        ("select mid(customer, 1, 2) from orders", "substr"),
        ("with x as materialized (select 1 as a) select a from x", "leave it out"),
    ] {
        let told = plan(sql);
        assert!(told.contains(instead), "{sql}\n{told}");
    }
    for name in ["bin", "map", "row", "strtok", "is_null", "tonumber", "wm_concat", "count_distinct", "qqq"] {
        let told = plan(&format!("select {name}(id) from orders"));
        assert!(!told.contains("did you mean"), "{told}");
    }
}
