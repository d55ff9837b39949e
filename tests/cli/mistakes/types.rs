//! Values of a wrong type, and types that cannot work.

use super::check;

#[test]
fn values_of_the_wrong_type() {
    insta::assert_snapshot!(check(
        "
        version: one
        name: [shop]
        params: [a, b]
        pools: {sqlite: many}
        tasks:
          orders:
            type: load
            path: {file: data/orders.csv}
            retries: often
            depends_on: {a: b}
            tags: 7
          totals:
            type: aggregate
            from: orders
            metrics: [sum(amount)]
            limit: ten
        "
    ), @r"
    error: this is not a version of the pipeline file that is known here
     --> pipeline.yaml:1:10
      |
    1 | version: one
      |          ^^^
      |
      = help: write `version: 1`

    error: expected text, found a list
     --> pipeline.yaml:2:1
      |
    2 | name: [shop]
      | ^^^^

    error: expected a map, found a list
     --> pipeline.yaml:3:1
      |
    3 | params: [a, b]
      | ^^^^^^

    error: expected a whole number, found the text `many`
     --> pipeline.yaml:4:17
      |
    4 | pools: {sqlite: many}
      |                 ^^^^

    error: expected a path, found a map
     --> pipeline.yaml:8:5
      |
    8 |     path: {file: data/orders.csv}
      |     ^^^^

    error: expected a whole number or a map, found the text `often`
     --> pipeline.yaml:9:14
      |
    9 |     retries: often
      |              ^^^^^

    error: expected text or a list of names, found a map
      --> pipeline.yaml:10:5
       |
    10 |     depends_on: {a: b}
       |     ^^^^^^^^^^

    error: expected text or a list of names, found the number 7
      --> pipeline.yaml:11:11
       |
    11 |     tags: 7
       |           ^
       |
       = help: put it in quotes

    error: expected a map, found a list
      --> pipeline.yaml:15:5
       |
    15 |     metrics: [sum(amount)]
       |     ^^^^^^^

    error: expected a whole number, found the text `ten`
      --> pipeline.yaml:16:12
       |
    16 |     limit: ten
       |            ^^^

    10 errors
    ");
}

#[test]
fn a_sum_of_text_and_other_types_that_cannot_work() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          totals:
            type: aggregate
            from: orders
            where: amount
            group_by: [country]
            metrics:
              total: sum(country)
              mean: avg(day)
          clean:
            type: normalize
            from: orders
            derive:
              more: amount + country
              later: upper(amount)
              flag: country and true
            reject:
              - {where: amount * 2, reason: too much}
            missing: {country: mean}
        "
    ), @r"
    error: a condition must be true or false; this is a float
     --> pipeline.yaml:7:12
      |
    7 |     where: amount
      |            ^^^^^^ a float
      |
      = help: compare it: `… <> 0`

    error: `sum` takes numbers
      --> pipeline.yaml:10:18
       |
    10 |       total: sum(country)
       |                  ^^^^^^^ this is a string
       |
       = help: convert it: `cast(… as float)`, or give the column a type in a `normalize` task

    error: `avg` takes numbers
      --> pipeline.yaml:11:17
       |
    11 |       mean: avg(day)
       |                 ^^^ this is a string
       |
       = help: convert it: `cast(… as float)`, or give the column a type in a `normalize` task

    error: `+` does not work between a float and a string
      --> pipeline.yaml:16:13
       |
    16 |       more: amount + country
       |             ^^^^^^   ------- a string
       |             |
       |             a float
       |
       = help: texts are joined by `||`; to calculate, `cast(… as float)`

    error: `upper` takes a string; this is a float
      --> pipeline.yaml:17:20
       |
    17 |       later: upper(amount)
       |                    ^^^^^^ a float
       |
       = help: convert it: `cast(… as string)`

    error: a condition must be true or false; this is a string
      --> pipeline.yaml:18:13
       |
    18 |       flag: country and true
       |             ^^^^^^^ a string
       |
       = help: compare it: `… = 'yes'`

    error: a condition must be true or false; this is a float
      --> pipeline.yaml:20:17
       |
    20 |       - {where: amount * 2, reason: too much}
       |                 ^^^^^^^^^^ a float
       |
       = help: compare it: `… <> 0`

    error: `mean` needs numbers, and `country` is string
      --> pipeline.yaml:21:24
       |
    21 |     missing: {country: mean}
       |                        ^^^^ for missing values
       |
       = help: give a value, or `drop` or `keep`

    8 errors
    ");
}

#[test]
fn join_keys_of_different_types() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          products: {type: load, path: data/products.csv}
          both:
            type: join
            left: orders
            right: products
            on: {country: product, product: product}
        "
    ), @r"
    error: cannot join `orders.country` (string) to `products.product` (int)
     --> pipeline.yaml:9:19
      |
    9 |     on: {country: product, product: product}
      |                   ^^^^^^^ keys must have the same type
      |
      = help: convert one of them in a `normalize` task

    1 error
    ");
}

#[test]
fn a_source_that_breaks_its_contract() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders:
            type: load
            path: data/orders.csv
            columns: {id: int, daye: string, country: int, amount: money}
          products:
            type: load
            path: data/products.csv
            columns: {product: int, title: string}
            strict: true
        "
    ), @r"
    error: `data/orders.csv` has no column `daye`
     --> pipeline.yaml:6:24
      |
    6 |     columns: {id: int, daye: string, country: int, amount: money}
      |                        ^^^^ the contract wants it
      |
      = help: did you mean `day`?

    error: column `country` of `data/orders.csv` is string, not int
     --> pipeline.yaml:6:47
      |
    6 |     columns: {id: int, daye: string, country: int, amount: money}
      |                                               ^^^ the contract says otherwise
      |
      = help: data/orders.csv:2: column `country`: `FR` is not of type int
      = help: correct the value, or load the column as string and convert it in a `normalize` task

    error: `data/products.csv` has a column `price` that is not in the contract
     --> pipeline.yaml:9:11
      |
    9 |     path: data/products.csv
      |           ^^^^^^^^^^^^^^^^^ read strictly
      |
      = help: add `price:` and its type under `columns:`, or take `strict: true` away

    3 errors
    ");
}

#[test]
fn checks_whose_bounds_do_not_fit() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders:
            type: load
            path: data/orders.csv
            checks:
              - range: {id: {min: one}}
              - accepted_values: {country: [FR, DE], id: [1, two]}
              - matches: {country: '['}
        "
    ), @r"
    error: `one` does not fit column `id`
     --> pipeline.yaml:7:27
      |
    7 |       - range: {id: {min: one}}
      |                           ^^^ the column is int

    error: `two` does not fit column `id`
     --> pipeline.yaml:8:54
      |
    8 |       - accepted_values: {country: [FR, DE], id: [1, two]}
      |                                                      ^^^ the column is int

    error: this is no regular expression
     --> pipeline.yaml:9:28
      |
    9 |       - matches: {country: '['}
      |                            ^^^ unclosed character class
      |
      = help: the syntax is that of Rust's regex crate: no look-around, no back references

    3 errors
    ");
}

#[test]
fn charts_of_text() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          bars:
            type: chart
            from: orders
            kind: barh
            x: country
            y: amount
            output: outputs/bars.png
        "
    ), @r"
    error: `country` is string, and a chart needs numbers here
     --> pipeline.yaml:8:8
      |
    8 |     x: country
      |        ^^^^^^^ the values of the chart
      |
      = help: of `barh`, `x` is the value and `y` the category

    1 error
    ");
}
