//! SQL that cannot be read.

use super::{check, shop};

#[test]
fn bad_expressions() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          clean:
            type: normalize
            from: orders
            derive:
              a: amount +
              b: (amount
              c: nosuch(amount)
              d: round()
              e: sum(amount)
              f: \"case when amount > 1 then 'x'\"
              g: \"'open\"
              h: select 1
              i: ''
        "
    ), @r#"
    error: expected an expression, but the SQL ends here
     --> pipeline.yaml:8:17
      |
    8 |       a: amount +
      |                 ^

    error: expected ), but the SQL ends here
     --> pipeline.yaml:9:16
      |
    9 |       b: (amount
      |                ^

    error: there is no function `nosuch`
      --> pipeline.yaml:10:10
       |
    10 |       c: nosuch(amount)
       |          ^^^^^^ unknown function
       |
       = help: `tidemill functions` lists those that there are

    error: `round` takes 1 to 2 arguments, not 0
      --> pipeline.yaml:11:10
       |
    11 |       d: round()
       |          ^^^^^

    error: `sum` is an aggregate, and this expression works row by row
      --> pipeline.yaml:12:10
       |
    12 |       e: sum(amount)
       |          ^^^ not allowed here
       |
       = help: aggregates stand in `metrics`, `having`, or a query's select list

    error: this `case` is not finished
      --> pipeline.yaml:13:11
       |
    13 |       f: "case when amount > 1 then 'x'"
       |           ^^^^ it begins here
       |
       = help: write `case when … then … else … end`

    error: unterminated string literal
      --> pipeline.yaml:14:11
       |
    14 |       g: "'open"
       |           ^

    error: expected an operator or the end, found `1`
      --> pipeline.yaml:15:17
       |
    15 |       h: select 1
       |                 ^

    error: expected an expression, but the SQL ends here
      --> pipeline.yaml:16:10
       |
    16 |       i: ''
       |          ^

    9 errors
    "#);
}

#[test]
fn bad_queries() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          a: {type: sql, sql: selct * from orders}
          b: {type: sql, sql: 'select country, amount from orders group by country'}
          c: {type: sql, sql: drop table orders}
          d: {type: sql, sql: select 1; select 2}
          e:
            type: sql
            sql: |
              select country
              from orders
              were amount > 1
          f: {type: sql}
          g: {type: sql, sql: select 1, file: q.sql}
        "
    ), @r"
    error: expected an SQL statement, found `selct`
     --> pipeline.yaml:4:23
      |
    4 |   a: {type: sql, sql: selct * from orders}
      |                       ^

    error: `amount` is neither a group key nor inside an aggregate
     --> pipeline.yaml:5:40
      |
    5 |   b: {type: sql, sql: 'select country, amount from orders group by country'}
      |                                        ^^^^^^ which row's value?
      |
      = help: group by it too, or say which one: `min(amount)`, `first(amount)`, …

    error: `DROP` is not a query
     --> pipeline.yaml:6:23
      |
    6 |   c: {type: sql, sql: drop table orders}
      |                       ^^^^
      |
      = help: an `sql` task is a single `select …` (or `with … select …`): it makes a table and changes none

    error: more than one query
     --> pipeline.yaml:7:33
      |
    7 |   d: {type: sql, sql: select 1; select 2}
      |                                 ^^^^^^ the second begins here
      |
      = help: an `sql` task has a single query; make a task of each

    error: expected the end of the query, found `amount`
      --> pipeline.yaml:13:12
       |
    13 |       were amount > 1
       |            ^^^^^^

    error: an sql task needs a query
      --> pipeline.yaml:14:3
       |
    14 |   f: {type: sql}
       |   ^ this task
       |
       = help: add `sql:` or `file:`

    error: `sql` and `file` exclude each other
      --> pipeline.yaml:15:3
       |
    15 |   g: {type: sql, sql: select 1, file: q.sql}
       |   ^ this task
       |
       = help: keep one of them

    7 errors
    ");
}

#[test]
fn a_bad_query_in_a_file() {
    let project = shop()
        .file("sql/totals.sql", "-- totals\nselect country, sum(amuont) as total\nfrom orders\ngroup by country\n")
        .file("sql/broken.sql", "select country\nfrom orders\nwhere (amount > 1\n")
        .pipeline(
            "
            version: 1
            tasks:
              orders: {type: load, path: data/orders.csv}
              totals: {type: sql, file: sql/totals.sql}
              broken: {type: sql, file: sql/broken.sql}
            ",
        );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: expected ), but the SQL ends here
     --> sql/broken.sql:3:17
      |
    3 | where (amount > 1
      |                 ^

    error: there is no column `amuont`
     --> sql/totals.sql:2:21
      |
    2 | select country, sum(amuont) as total
      |                     ^^^^^^ unknown column
      |
      = help: did you mean `amount`?

    2 errors
    ");
}

#[test]
fn a_bad_query_of_a_database() {
    let project = shop().sqlite("data/shop.db", "create table orders (id integer, amount real);").pipeline(
        "
        version: 1
        tasks:
          no_column: {type: load, path: data/shop.db, query: select amuont from orders}
          no_table: {type: load, path: data/shop.db, table: order}
          no_query: {type: load, path: data/shop.db, query: selct 1}
          neither: {type: load, path: data/shop.db}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r#"
    error: data/shop.db: SQLite says: no such column: amuont
     --> pipeline.yaml:3:54
      |
    3 |   no_column: {type: load, path: data/shop.db, query: select amuont from orders}
      |                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^ read here

    error: data/shop.db has no table `order`
     --> pipeline.yaml:4:53
      |
    4 |   no_table: {type: load, path: data/shop.db, table: order}
      |                                                     ^^^^^ read here
      |
      = help: did you mean `orders`?

    error: data/shop.db: SQLite says: near "selct": syntax error
     --> pipeline.yaml:5:53
      |
    5 |   no_query: {type: load, path: data/shop.db, query: selct 1}
      |                                                     ^^^^^^^ read here

    error: task `neither` does not say what to read
     --> pipeline.yaml:6:31
      |
    6 |   neither: {type: load, path: data/shop.db}
      |                               ^^^^^^^^^^^^ an SQLite database holds several tables
      |
      = help: add `table:` or `query:`

    4 errors
    "#);
}

#[test]
fn expressions_see_one_table_and_find_null_by_is_null() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          products: {type: load, path: data/products.csv}
          some:
            type: normalize
            from: orders
            derive: {cheap: 'amount < (select avg(price) from products)'}
            reject: [{where: 'product in (select product from products)', reason: known}]
          sums: {type: aggregate, from: orders, where: country = null, metrics: {n: count(*) filter (where product <> null)}}
        "
    ), @r"
    error: a subquery cannot stand in this expression, which sees the rows of one table alone
     --> pipeline.yaml:8:32
      |
    8 |     derive: {cheap: 'amount < (select avg(price) from products)'}
      |                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: an `sql` task sees all tables: `select * from a where x in (select y from b)`
      = help: rows that have a partner in another table are kept by a `join` with `how: semi`, those without by `how: anti`

    error: a subquery cannot stand in this expression, which sees the rows of one table alone
     --> pipeline.yaml:9:35
      |
    9 |     reject: [{where: 'product in (select product from products)', reason: known}]
      |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: an `sql` task sees all tables: `select * from a where x in (select y from b)`
      = help: rows that have a partner in another table are kept by a `join` with `how: semi`, those without by `how: anti`

    warning: `= null` is true of no row
      --> pipeline.yaml:10:58
       |
    10 |   sums: {type: aggregate, from: orders, where: country = null, metrics: {n: count(*) filter (where product <> null)}}
       |                                                          ^^^^ NULL equals nothing, not even NULL
       |
       = help: write `x is null`

    warning: `<> null` is true of no row
      --> pipeline.yaml:10:111
       |
    10 |   sums: {type: aggregate, from: orders, where: country = null, metrics: {n: count(*) filter (where product <> null)}}
       |                                                                                                               ^^^^ NULL equals nothing, not even NULL
       |
       = help: write `x is not null`

    2 errors, 2 warnings
    ");
}
