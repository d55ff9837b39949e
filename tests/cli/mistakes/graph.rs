//! Tasks that are not there, and tasks that need each other in a circle.

use super::check;

#[test]
fn unknown_tasks_wherever_they_are_named() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv, depends_on: [prodcts]}
          products: {type: load, path: data/products.csv}
          both:
            type: join
            left: order
            right: products
            on: [product]
          query:
            type: sql
            sql: |
              select o.id
              from orders o
              join product p on p.product = o.product
          picture: {type: chart, from: nothing, x: a, y: b, output: a.png}
          related:
            type: normalize
            from: orders
            checks:
              - relationship: {product: produkts.product}
        "
    ), @r"
    error: unknown task `prodcts`
     --> pipeline.yaml:3:60
      |
    3 |   orders: {type: load, path: data/orders.csv, depends_on: [prodcts]}
      |                                                            ^^^^^^^ no such task
      |
      = help: did you mean `products`?

    error: unknown task `order`
     --> pipeline.yaml:7:11
      |
    7 |     left: order
      |           ^^^^^ no such task
      |
      = help: did you mean `orders`?

    error: unknown task `product`
      --> pipeline.yaml:15:12
       |
    15 |       join product p on p.product = o.product
       |            ^^^^^^^ no such task
       |
       = help: did you mean `products`?

    error: unknown task `nothing`
      --> pipeline.yaml:16:32
       |
    16 |   picture: {type: chart, from: nothing, x: a, y: b, output: a.png}
       |                                ^^^^^^^ no such task
       |
       = help: there is `both`, `orders`, `products`, `query`, `related`

    error: unknown task `produkts`
      --> pipeline.yaml:21:33
       |
    21 |       - relationship: {product: produkts.product}
       |                                 ^^^^^^^^^^^^^^^^ no such task
       |
       = help: did you mean `products`?

    5 errors
    ");
}

#[test]
fn a_cycle_is_printed_whole() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          a: {type: normalize, from: c}
          b:
            type: join
            left: a
            right: orders
            on: [id]
          c:
            type: sql
            sql: select * from b
        "
    ), @r"
    error: tasks need each other in a cycle: a → b → c → a
      --> pipeline.yaml:7:11
       |
     4 |   a: {type: normalize, from: c}
       |                              - `a` needs `c`
    ...
     7 |     left: a
       |           ^ `b` needs `a`
    ...
    12 |     sql: select * from b
       |                        - `c` needs `b`
       |
       = help: an arrow leads from a task to one that needs it; take one of these needs away

    1 error
    ");
}

#[test]
fn a_task_that_needs_itself() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          again: {type: normalize, from: again}
          orders: {type: load, path: data/orders.csv, depends_on: [orders]}
        "
    ), @r"
    error: task `again` needs itself
     --> pipeline.yaml:3:34
      |
    3 |   again: {type: normalize, from: again}
      |                                  ^^^^^ `again` needs `again`
      |
      = help: take it away

    error: task `orders` needs itself
     --> pipeline.yaml:4:60
      |
    4 |   orders: {type: load, path: data/orders.csv, depends_on: [orders]}
      |                                                            ^^^^^^ `orders` needs `orders`
      |
      = help: take it away

    2 errors
    ");
}

#[test]
fn a_cycle_through_a_published_path() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          first:
            type: load
            path: outputs/second.csv
            output: outputs/first.csv
          second:
            type: load
            path: outputs/first.csv
            output: outputs/second.csv
        "
    ), @r"
    error: tasks need each other in a cycle: first → second → first
     --> pipeline.yaml:9:11
      |
    5 |     path: outputs/second.csv
      |           ------------------ `first` needs `second`
    ...
    9 |     path: outputs/first.csv
      |           ^^^^^^^^^^^^^^^^^ `second` needs `first`
      |
      = help: an arrow leads from a task to one that needs it; take one of these needs away

    1 error
    ");
}

#[test]
fn a_task_without_a_table_is_read_as_one() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          picture: {type: chart, from: orders, x: day, y: amount, output: outputs/a.png}
          clean: {type: normalize, from: picture}
          query: {type: sql, sql: select * from picture}
        "
    ), @r"
    error: task `picture` makes no table that `clean` could read
     --> pipeline.yaml:5:34
      |
    5 |   clean: {type: normalize, from: picture}
      |                                  ^^^^^^^ `from` needs one; this is a chart task
      |
      = help: if it only has to run first, name it under `depends_on`

    error: task `picture` makes no table that `query` could read
     --> pipeline.yaml:6:41
      |
    6 |   query: {type: sql, sql: select * from picture}
      |                                         ^^^^^^^ `sql` needs one; this is a chart task
      |
      = help: if it only has to run first, name it under `depends_on`

    2 errors
    ");
}
