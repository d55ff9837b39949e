//! Columns that are not there, found without running anything.

use super::check;

#[test]
fn in_expressions() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          clean:
            type: normalize
            from: orders
            rename: {dya: date}
            columns: {amuont: money}
            missing: {amont: zero}
            derive:
              net: amount / (1 + tax)
              twice: nett * 2
            reject:
              - {where: countri is null, reason: no country}
            distinct: [ident]
            select: [id, nett]
        "
    ), @r"
    error: unknown column `dya`
     --> pipeline.yaml:7:14
      |
    7 |     rename: {dya: date}
      |              ^^^ no such column here
      |
      = help: did you mean `day`?

    error: unknown column `amuont`
     --> pipeline.yaml:8:15
      |
    8 |     columns: {amuont: money}
      |               ^^^^^^ no such column here
      |
      = help: did you mean `amount`?

    error: unknown column `amont`
     --> pipeline.yaml:9:15
      |
    9 |     missing: {amont: zero}
      |               ^^^^^ no such column here
      |
      = help: did you mean `amount`?

    error: there is no column `tax`
      --> pipeline.yaml:11:26
       |
    11 |       net: amount / (1 + tax)
       |                          ^^^ unknown column
       |
       = help: there is `id`, `day`, `country`, `product`, `amount`

    error: there is no column `nett`
      --> pipeline.yaml:12:14
       |
    12 |       twice: nett * 2
       |              ^^^^ unknown column
       |
       = help: did you mean `net`?

    error: there is no column `countri`
      --> pipeline.yaml:14:17
       |
    14 |       - {where: countri is null, reason: no country}
       |                 ^^^^^^^ unknown column
       |
       = help: did you mean `country`?

    error: unknown column `ident`
      --> pipeline.yaml:15:16
       |
    15 |     distinct: [ident]
       |                ^^^^^ no such column here
       |
       = help: there is `id`, `day`, `country`, `product`, `amount`, `net`, `twice`

    error: unknown column `nett`
      --> pipeline.yaml:16:18
       |
    16 |     select: [id, nett]
       |                  ^^^^ no such column here
       |
       = help: did you mean `net`?

    8 errors
    ");
}

#[test]
fn in_join_keys() {
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
            on: [produkt]
          other:
            type: join
            left: orders
            right: products
            on: {produkt: product, id: titel}
          third:
            type: join
            left: orders
            right: products
            on: [product]
            where: prize > 1
            fill: {tilte: none}
        "
    ), @r"
    error: `orders` has no column `produkt`
     --> pipeline.yaml:9:10
      |
    9 |     on: [produkt]
      |          ^^^^^^^ a key of the join
      |
      = help: did you mean `product`?

    error: `products` has no column `produkt`
     --> pipeline.yaml:9:10
      |
    9 |     on: [produkt]
      |          ^^^^^^^ a key of the join
      |
      = help: did you mean `product`?

    error: `orders` has no column `produkt`
      --> pipeline.yaml:14:10
       |
    14 |     on: {produkt: product, id: titel}
       |          ^^^^^^^ a key of the join
       |
       = help: did you mean `product`?

    error: `products` has no column `titel`
      --> pipeline.yaml:14:32
       |
    14 |     on: {produkt: product, id: titel}
       |                                ^^^^^ a key of the join
       |
       = help: did you mean `title`?

    error: there is no column `prize`
      --> pipeline.yaml:20:12
       |
    20 |     where: prize > 1
       |            ^^^^^ unknown column
       |
       = help: did you mean `price`?

    error: unknown column `tilte`
      --> pipeline.yaml:21:12
       |
    21 |     fill: {tilte: none}
       |            ^^^^^ no such column here
       |
       = help: did you mean `title`?

    6 errors
    ");
}

#[test]
fn in_aggregates() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          totals:
            type: aggregate
            from: orders
            where: yaer = 2024
            group_by: [contry]
            metrics: {total: sum(amont)}
            having: totl > 1
            sort: [-totla]
          sorted:
            type: aggregate
            from: orders
            group_by: [country]
            metrics: {total: sum(amount)}
            having: totl > 1
            sort: [-totla]
        "
    ), @r"
    error: there is no column `yaer`
     --> pipeline.yaml:7:12
      |
    7 |     where: yaer = 2024
      |            ^^^^ unknown column
      |
      = help: there is `id`, `day`, `country`, `product`, `amount`

    error: there is no column `contry`
     --> pipeline.yaml:8:16
      |
    8 |     group_by: [contry]
      |                ^^^^^^ unknown column
      |
      = help: did you mean `country`?

    error: there is no column `amont`
     --> pipeline.yaml:9:26
      |
    9 |     metrics: {total: sum(amont)}
      |                          ^^^^^ unknown column
      |
      = help: did you mean `amount`?

    error: there is no column `totl`
      --> pipeline.yaml:10:13
       |
    10 |     having: totl > 1
       |             ^^^^ unknown column
       |
       = help: there is `id`, `day`, `country`, `product`, `amount`

    error: there is no column `totl`
      --> pipeline.yaml:17:13
       |
    17 |     having: totl > 1
       |             ^^^^ unknown column
       |
       = help: did you mean `total`?

    error: there is no column `totla`
      --> pipeline.yaml:18:12
       |
    18 |     sort: [-totla]
       |            ^^^^^^ unknown column
       |
       = help: did you mean `total`?

    6 errors
    ");
}

#[test]
fn in_charts_and_checks() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders:
            type: load
            path: data/orders.csv
            checks:
              - not_null: [idd]
              - unique: [id, daay]
              - range: {amonut: {min: 0}}
              - expr: amount > prize
              - relationship: {product: products.produckt}
          products: {type: load, path: data/products.csv}
          lines:
            type: chart
            from: orders
            x: dayy
            y: [amount, amounts]
            y2: prices
            color: land
            output: outputs/lines.png
        "
    ), @r"
    error: unknown column `idd`
     --> pipeline.yaml:7:20
      |
    7 |       - not_null: [idd]
      |                    ^^^ no such column here
      |
      = help: did you mean `id`?

    error: unknown column `daay`
     --> pipeline.yaml:8:22
      |
    8 |       - unique: [id, daay]
      |                      ^^^^ no such column here
      |
      = help: did you mean `day`?

    error: unknown column `amonut`
     --> pipeline.yaml:9:17
      |
    9 |       - range: {amonut: {min: 0}}
      |                 ^^^^^^ no such column here
      |
      = help: did you mean `amount`?

    error: there is no column `prize`
      --> pipeline.yaml:10:24
       |
    10 |       - expr: amount > prize
       |                        ^^^^^ unknown column
       |
       = help: there is `id`, `day`, `country`, `product`, `amount`

    error: unknown column `produckt`
      --> pipeline.yaml:11:33
       |
    11 |       - relationship: {product: products.produckt}
       |                                 ^^^^^^^^^^^^^^^^^ no such column here
       |
       = help: did you mean `product`?

    error: unknown column `dayy`
      --> pipeline.yaml:16:8
       |
    16 |     x: dayy
       |        ^^^^ no such column here
       |
       = help: did you mean `day`?

    error: unknown column `amounts`
      --> pipeline.yaml:17:17
       |
    17 |     y: [amount, amounts]
       |                 ^^^^^^^ no such column here
       |
       = help: did you mean `amount`?

    error: unknown column `prices`
      --> pipeline.yaml:18:9
       |
    18 |     y2: prices
       |         ^^^^^^ no such column here
       |
       = help: there is `id`, `day`, `country`, `product`, `amount`

    error: unknown column `land`
      --> pipeline.yaml:19:12
       |
    19 |     color: land
       |            ^^^^ no such column here
       |
       = help: there is `id`, `day`, `country`, `product`, `amount`

    9 errors
    ");
}

#[test]
fn three_joins_downstream() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          products: {type: load, path: data/products.csv}
          countries: {type: load, path: data/countries.csv}
          with_products:
            type: join
            left: orders
            right: products
            on: [product]
          with_countries:
            type: join
            left: with_products
            right: countries
            on: [country]
            derive: {taxed: amount * (1 + tax)}
          again:
            type: join
            left: with_countries
            right: products
            on: [product]
          by_region:
            type: aggregate
            from: again
            group_by: [region]
            metrics: {total: sum(taxd)}
        "
    ), @r"
    error: there is no column `taxd`
      --> pipeline.yaml:26:26
       |
    26 |     metrics: {total: sum(taxd)}
       |                          ^^^^ unknown column
       |
       = help: did you mean `taxed`?

    1 error
    ");
}

#[test]
fn in_sql_with_the_place_in_the_text() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          products: {type: load, path: data/products.csv}
          query:
            type: sql
            sql: |
              select o.country,
                     sum(o.amuont) as total
              from orders o
              join products p on p.product = o.product
              group by o.country
          folded:
            type: sql
            sql: >-
              select country,
              totl from orders
          short: {type: sql, sql: select product from orders join products on true}
        "
    ), @r"
    error: there is no column `o.amuont`
     --> pipeline.yaml:9:20
      |
    9 |              sum(o.amuont) as total
      |                    ^^^^^^ unknown column
      |
      = help: did you mean `amount`?

    error: there is no column `totl`
      --> pipeline.yaml:16:7
       |
    16 |       select country,
       |       ^^^^^^^^^^^^^^^ unknown column
       |
       = help: there is `id`, `day`, `country`, `product`, `amount`

    error: column `product` is ambiguous
      --> pipeline.yaml:18:34
       |
    18 |   short: {type: sql, sql: select product from orders join products on true}
       |                                  ^^^^^^^ fits `orders.product` and `products.product`
       |
       = help: write one of `orders.product`, `products.product`

    3 errors
    ");
}
