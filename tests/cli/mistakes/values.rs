//! Several mistakes at once, and values that exclude each other.

use super::check;

#[test]
fn all_mistakes_of_a_file_come_in_one_report() {
    insta::assert_snapshot!(check(
        "
        version: 1
        schedule: {cron: 99 * * * *, timezone: Mars/Olympus}
        params: {top: {type: int, default: ten}}
        tasks:
          orders: {type: load, path: data/order.csv}
          products: {type: load, path: data/products.csv, colour: red}
          countries: {type: load, path: data/countries.csv}
          both: {type: join, left: countries, right: countries, on: [region, taxx]}
          sums: {type: aggregate, from: both, metrics: {total: sum(tax)}, group_by: [regoin]}
          other: {type: aggregate, from: countries, metrics: {total: sum(taxes)}, output: ../x.csv}
          picture: {type: chart, from: countrys, x: region, y: tax, output: outputs/a.png}
        "
    ), @r"
    error: `99` is no minute: a minute is 0 to 59; also `*`, `0-1`, `0,1`, `*/2`
     --> pipeline.yaml:2:18
      |
    2 | schedule: {cron: 99 * * * *, timezone: Mars/Olympus}
      |                  ^^^^^^^^^^

    error: unknown time zone `Mars/Olympus`
     --> pipeline.yaml:2:40
      |
    2 | schedule: {cron: 99 * * * *, timezone: Mars/Olympus}
      |                                        ^^^^^^^^^^^^
      |
      = help: write an IANA name such as `Europe/Berlin`, or `UTC`

    error: the parameter `top` is a whole number, found the text `ten`
     --> pipeline.yaml:3:36
      |
    3 | params: {top: {type: int, default: ten}}
      |                                    ^^^

    error: file `data/order.csv` does not exist
     --> pipeline.yaml:5:30
      |
    5 |   orders: {type: load, path: data/order.csv}
      |                              ^^^^^^^^^^^^^^ task `orders` reads it
      |
      = help: did you mean `data/orders.csv`?

    error: unknown key `colour`
     --> pipeline.yaml:6:51
      |
    6 |   products: {type: load, path: data/products.csv, colour: red}
      |                                                   ^^^^^^
      |
      = help: there is `path`, `connection`, `format`, `table`, `query`, `version`, `sheet`, `columns`, `strict`, `select`, `options`, `description`, `tags`, `depends_on`, `when`, `trigger_rule`, `retries`, `timeout`, `cache`, `pool`, `engine`, `checks`, `foreach`, `output`

    error: `countries` has no column `taxx`
     --> pipeline.yaml:8:70
      |
    8 |   both: {type: join, left: countries, right: countries, on: [region, taxx]}
      |                                                                      ^^^^ a key of the join
      |
      = help: did you mean `tax`?

    error: there is no column `taxes`
      --> pipeline.yaml:10:66
       |
    10 |   other: {type: aggregate, from: countries, metrics: {total: sum(taxes)}, output: ../x.csv}
       |                                                                  ^^^^^ unknown column
       |
       = help: there is `country`, `region`, `tax`

    error: task `other` would write outside the project
      --> pipeline.yaml:10:83
       |
    10 |   other: {type: aggregate, from: countries, metrics: {total: sum(taxes)}, output: ../x.csv}
       |                                                                                   ^^^^^^^^ this is [folder]/x.csv
       |
       = help: write below the folder of the pipeline file, or list the folder under `allow_outside`

    error: unknown task `countrys`
      --> pipeline.yaml:11:32
       |
    11 |   picture: {type: chart, from: countrys, x: region, y: tax, output: outputs/a.png}
       |                                ^^^^^^^^ no such task
       |
       = help: did you mean `countries`?

    9 errors
    ");
}

#[test]
fn keys_that_exclude_each_other() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          clean:
            type: normalize
            from: orders
            select: [id]
            drop: [day]
            columns: {amount: {type: float, format: '%Y'}}
          crossed: {type: join, left: orders, right: clean, on: [id], how: cross}
          keyless: {type: join, left: orders, right: clean}
          letter:
            type: email
            to: [someone]
            subject: Hi
            body: x
            template: y.txt
        "
    ), @r"
    error: `select` and `drop` exclude each other
     --> pipeline.yaml:8:12
      |
    8 |     drop: [day]
      |            ^^^ dropped here
      |
      = help: `select` alone says which columns stay, and in which order

    error: `format` has no meaning for float
     --> pipeline.yaml:9:45
      |
    9 |     columns: {amount: {type: float, format: '%Y'}}
      |                                             ^^^^ column `amount`
      |
      = help: only dates, datetimes and times are read by a format

    error: a cross join has no keys
      --> pipeline.yaml:10:58
       |
    10 |   crossed: {type: join, left: orders, right: clean, on: [id], how: cross}
       |                                                          ^^ a key  ----- every row with every row
       |
       = help: take `on` away, or join in another way

    error: join `keyless` has no keys
      --> pipeline.yaml:11:3
       |
    11 |   keyless: {type: join, left: orders, right: clean}
       |   ^^^^^^^ here
       |
       = help: add `on:`, or `how: cross` if every row is to meet every row

    error: `someone` is no address
      --> pipeline.yaml:14:10
       |
    14 |     to: [someone]
       |          ^^^^^^^ Invalid input
       |
       = help: write `name@example.com` or `A Name <name@example.com>`

    error: `body` and `template` exclude each other
      --> pipeline.yaml:17:15
       |
    16 |     body: x
       |           - the first
    17 |     template: y.txt
       |               ^^^^^ the second

    6 errors
    ");
}

#[test]
fn parameters_that_contradict_themselves() {
    insta::assert_snapshot!(check(
        "
        version: 1
        params:
          a: {type: int, default: 5, min: 6}
          b: {type: string, default: x, enum: [y, z]}
          c: {type: whole, default: 1}
          d: {default: 1, maxi: 3}
          e: {type: int, default: 1, min: 5, max: 2}
          f: {type: bool, default: yes}
        tasks:
          orders: {type: load, path: data/orders.csv}
        "
    ), @r"
    error: 5 is too small for the parameter `a`: its least value is 6
     --> pipeline.yaml:3:27
      |
    3 |   a: {type: int, default: 5, min: 6}
      |                           ^

    error: `x` is not a value of the parameter `b`
     --> pipeline.yaml:4:30
      |
    4 |   b: {type: string, default: x, enum: [y, z]}
      |                              ^
      |
      = help: there is `y`, `z`

    error: `whole` is not known here: expected `string`, `int`, `float`, `bool`, `list` or `map`
     --> pipeline.yaml:5:13
      |
    5 |   c: {type: whole, default: 1}
      |             ^^^^^

    error: unknown key `maxi`
     --> pipeline.yaml:6:19
      |
    6 |   d: {default: 1, maxi: 3}
      |                   ^^^^
      |
      = help: did you mean `max`?

    error: 1 is too small for the parameter `e`: its least value is 5
     --> pipeline.yaml:7:27
      |
    7 |   e: {type: int, default: 1, min: 5, max: 2}
      |                           ^

    error: min 5 is more than max 2
     --> pipeline.yaml:7:30
      |
    7 |   e: {type: int, default: 1, min: 5, max: 2}
      |                              ^^^

    error: the parameter `f` is `true` or `false`, found the text `yes`
     --> pipeline.yaml:8:28
      |
    8 |   f: {type: bool, default: yes}
      |                            ^^^

    7 errors
    ");
}

#[test]
fn strategies_that_there_are_not() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          a: {type: normalize, from: orders, missing: average}
          b: {type: normalize, from: orders, missing: {amount: medain, id: 1.5}}
          c: {type: normalize, from: orders, on_invalid: ignore}
        "
    ), @r"
    error: `average` is not known here: expected `mean`, `median`, `zero`, `drop` or `keep`
     --> pipeline.yaml:4:47
      |
    4 |   a: {type: normalize, from: orders, missing: average}
      |                                               ^^^^^^^

    error: `medain` does not fit column `amount`
     --> pipeline.yaml:5:56
      |
    5 |   b: {type: normalize, from: orders, missing: {amount: medain, id: 1.5}}
      |                                                        ^^^^^^ the column is float
      |
      = help: did you mean `median`?

    error: `1.5` does not fit column `id`
     --> pipeline.yaml:5:68
      |
    5 |   b: {type: normalize, from: orders, missing: {amount: medain, id: 1.5}}
      |                                                                    ^^^ the column is int
      |
      = help: give a value of the column's type, or one of mean, median, zero, drop, keep

    error: `ignore` is not known here: expected `fail`, `reject` or `null`
     --> pipeline.yaml:6:50
      |
    6 |   c: {type: normalize, from: orders, on_invalid: ignore}
      |                                                  ^^^^^^

    4 errors
    ");
}

#[test]
fn bounds_between_which_nothing_lies() {
    insta::assert_snapshot!(check(
        "
        version: 1
        params: {9a: 1}
        tasks:
          orders:
            type: load
            path: data/orders.csv
            checks:
              - row_count: {min: 5, max: 1}
              - range: {amount: {min: 10, max: 9}}
              - accepted_values: {id: [0.5]}
        "
    ), @r"
    error: `9a` cannot be the name of a parameter
     --> pipeline.yaml:2:10
      |
    2 | params: {9a: 1}
      |          ^^ `${{ params.… }}` could not name it
      |
      = help: begin it with a letter

    error: the smallest is more than the largest, so nothing can pass
     --> pipeline.yaml:8:26
      |
    8 |       - row_count: {min: 5, max: 1}
      |                          ^ `min` - `max`

    error: the smallest is more than the largest, so nothing can pass
     --> pipeline.yaml:9:31
      |
    9 |       - range: {amount: {min: 10, max: 9}}
      |                               ^^ `min` - `max`

    error: `0.5` does not fit column `id`
      --> pipeline.yaml:10:32
       |
    10 |       - accepted_values: {id: [0.5]}
       |                                ^^^ the column is int

    4 errors
    ");
}

#[test]
fn a_case_without_its_end() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          clean:
            type: normalize
            from: orders
            derive:
              a: case when id = 1 then 2
              b: coalesce(case when id = 1 then 2 else, 3)
              c: case when id = 1 then 2 end
          query: {type: sql, sql: select case when id = 1 then 2 from orders}
        "
    ), @r"
    error: this `case` is not finished
     --> pipeline.yaml:8:10
      |
    8 |       a: case when id = 1 then 2
      |          ^^^^ it begins here
      |
      = help: write `case when … then … else … end`

    error: this `case` is not finished
     --> pipeline.yaml:9:19
      |
    9 |       b: coalesce(case when id = 1 then 2 else, 3)
      |                   ^^^^ it begins here
      |
      = help: write `case when … then … else … end`

    error: this `case` is not finished
      --> pipeline.yaml:11:34
       |
    11 |   query: {type: sql, sql: select case when id = 1 then 2 from orders}
       |                                  ^^^^ it begins here
       |
       = help: write `case when … then … else … end`

    3 errors
    ");
}

/// They were left out without a word.
#[test]
fn checks_that_are_one_template() {
    let said = check(
        "
        version: 1
        params: {wanted: {type: list, default: [not_null]}}
        tasks:
          orders: {type: load, path: data/orders.csv, checks: \"${{ params.wanted }}\"}
          products: {type: load, path: data/products.csv, checks: \"a ${{ params.wanted[0] }}\"}
        ",
    );
    assert_eq!(said.matches("`checks` is a list of checks, each written out").count(), 2, "{said}");
}
