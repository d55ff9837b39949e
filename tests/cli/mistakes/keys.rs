//! Keys that there are not, or twice.

use super::check;

#[test]
fn unknown_keys_of_the_file_of_a_task_and_within_one() {
    insta::assert_snapshot!(check(
        "
        version: 1
        name: shop
        parms: {x: 1}
        schedule: {cron: 0 5 * * *, timezon: UTC}
        tasks:
          orders:
            type: load
            path: data/orders.csv
            colums: {id: int}
            options: {delimeter: ';'}
          clean:
            type: normalize
            from: orders
            columns: {day: {type: date, formt: '%Y'}}
            checks:
              - not_nul: [day]
              - range: {amount: {minimum: 1}}
        "
    ), @r"
    error: unknown key `parms`
     --> pipeline.yaml:3:1
      |
    3 | parms: {x: 1}
      | ^^^^^
      |
      = help: did you mean `params`?

    error: unknown key `timezon`
     --> pipeline.yaml:4:29
      |
    4 | schedule: {cron: 0 5 * * *, timezon: UTC}
      |                             ^^^^^^^
      |
      = help: did you mean `timezone`?

    error: unknown key `colums`
     --> pipeline.yaml:9:5
      |
    9 |     colums: {id: int}
      |     ^^^^^^
      |
      = help: did you mean `columns`?

    error: unknown key `delimeter`
      --> pipeline.yaml:10:15
       |
    10 |     options: {delimeter: ';'}
       |               ^^^^^^^^^
       |
       = help: did you mean `delimiter`?

    error: unknown key `formt`
      --> pipeline.yaml:14:33
       |
    14 |     columns: {day: {type: date, formt: '%Y'}}
       |                                 ^^^^^
       |
       = help: did you mean `format`?

    error: unknown key `not_nul`
      --> pipeline.yaml:16:9
       |
    16 |       - not_nul: [day]
       |         ^^^^^^^
       |
       = help: did you mean `not_null`?

    error: unknown key `minimum`
      --> pipeline.yaml:17:26
       |
    17 |       - range: {amount: {minimum: 1}}
       |                          ^^^^^^^
       |
       = help: there is `min`, `max`

    7 errors
    ");
}

#[test]
fn duplicate_keys() {
    insta::assert_snapshot!(check(
        "
        version: 1
        name: shop
        name: shop
        tasks:
          orders:
            type: load
            path: data/orders.csv
            path: data/products.csv
          orders:
            type: load
            path: data/countries.csv
        "
    ), @r"
    error: the key `name` occurs twice
     --> pipeline.yaml:3:1
      |
    2 | name: shop
      | ---- first here
    3 | name: shop
      | ^^^^ again here

    error: the key `path` occurs twice
     --> pipeline.yaml:8:5
      |
    7 |     path: data/orders.csv
      |     ---- first here
    8 |     path: data/products.csv
      |     ^^^^ again here

    error: the key `orders` occurs twice
     --> pipeline.yaml:9:3
      |
    5 |   orders:
      |   ------ first here
    ...
    9 |   orders:
      |   ^^^^^^ again here

    3 errors
    ");
}

#[test]
fn keys_of_another_type() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders:
            type: load
            path: data/orders.csv
            from: products
            table: orders
          totals:
            type: aggregate
            from: orders
            metrics: {total: sum(amount)}
            on: [id]
        "
    ), @r"
    error: unknown key `from`
     --> pipeline.yaml:6:5
      |
    6 |     from: products
      |     ^^^^
      |
      = help: there is `path`, `connection`, `format`, `table`, `query`, `version`, `sheet`, `columns`, `strict`, `select`, `options`, `description`, `tags`, `depends_on`, `when`, `trigger_rule`, `retries`, `timeout`, `cache`, `pool`, `engine`, `checks`, `foreach`, `output`

    error: unknown key `on`
      --> pipeline.yaml:12:5
       |
    12 |     on: [id]
       |     ^^
       |
       = help: there is `from`, `where`, `group_by`, `metrics`, `having`, `sort`, `limit`, `description`, `tags`, `depends_on`, `when`, `trigger_rule`, `retries`, `timeout`, `cache`, `pool`, `engine`, `checks`, `foreach`, `output`

    2 errors
    ");
}

#[test]
fn keys_that_are_missing() {
    insta::assert_snapshot!(check(
        "
        tasks:
          orders:
            path: data/orders.csv
          clean:
            type: normalize
          both:
            type: join
            left: orders
          empty:
            type: aggregate
            from: orders
        "
    ), @r"
    error: the key `version` is missing
     --> pipeline.yaml:1:1
      |
    1 | tasks:
      | ^^^^^
      |
      = help: begin the file with `version: 1`

    error: the task `orders` has no `type`
     --> pipeline.yaml:2:3
      |
    2 |   orders:
      |   ^^^^^^
      |
      = help: there is `load`, `normalize`, `join`, `aggregate`, `sql`, `pivot`, `unpivot`, `sample`, `calendar`, `chart`, `report`, `workbook`, `email`, `command`, `webhook`

    error: the key `from` is missing: `normalize` needs it
     --> pipeline.yaml:4:3
      |
    4 |   clean:
      |   ^^^^^

    error: the key `right` is missing: `join` needs it
     --> pipeline.yaml:6:3
      |
    6 |   both:
      |   ^^^^

    error: task `empty` computes nothing
     --> pipeline.yaml:9:3
      |
    9 |   empty:
      |   ^^^^^ no `group_by` and no `metrics`
      |
      = help: add `metrics:` such as `rows: count(*)`

    5 errors
    ");
}

#[test]
fn unknown_types_kinds_and_words() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders:
            type: laod
            path: data/orders.csv
          products:
            type: load
            path: data/products.csv
            columns: {price: mony}
          both:
            type: join
            left: products
            right: products
            on: [product]
            how: outer
            expect: one_to_tree
          picture:
            type: chart
            from: products
            kind: sunburst
            x: title
            y: price
            output: outputs/picture.jpg
          all:
            type: spark
        "
    ), @r"
    error: unknown task type `laod`
     --> pipeline.yaml:4:11
      |
    4 |     type: laod
      |           ^^^^
      |
      = help: did you mean `load`?

    error: unknown type `mony`: did you mean `money`?
     --> pipeline.yaml:9:22
      |
    9 |     columns: {price: mony}
      |                      ^^^^

    error: `outer` is not known here: expected `inner`, `left`, `right`, `full`, `semi`, `anti` or `cross`
      --> pipeline.yaml:15:10
       |
    15 |     how: outer
       |          ^^^^^

    error: `one_to_tree` is not known here: expected `one_to_one`, `one_to_many`, `many_to_one` or `many_to_many`
      --> pipeline.yaml:16:13
       |
    16 |     expect: one_to_tree
       |             ^^^^^^^^^^^
       |
       = help: did you mean `one_to_one`?

    error: `sunburst` is not known here: expected `line`, `bar`, `barh`, `scatter`, `area`, `hist`, `density`, `box`, `violin`, `strip`, `heatmap`, `calendar`, `pie`, `donut` or `waterfall`
      --> pipeline.yaml:20:11
       |
    20 |     kind: sunburst
       |           ^^^^^^^^

    error: unknown task type `spark`
      --> pipeline.yaml:25:11
       |
    25 |     type: spark
       |           ^^^^^
       |
       = help: there is `load`, `normalize`, `join`, `aggregate`, `sql`, `pivot`, `unpivot`, `sample`, `calendar`, `chart`, `report`, `workbook`, `email`, `command`, `webhook`

    6 errors
    ");
}
