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

#[test]
fn what_other_systems_write_is_answered() {
    let all = [
        "select `id` from orders",
        "select `order date` from orders",
        "select [id] from orders",
        "select o.[order date] from orders o",
        "select [1, 2] from orders",
        "select id[1] from orders",
        "select id from orders where “id” = 1",
        "select id from customers where name = ‘Ann’",
        "select day - '2024-01-01' from orders",
        "select day - '2 days' from orders",
        "select day + name from orders, customers",
        "select trunc(day, 'MM') from orders",
        "select abs(day) from orders",
        "select id, from orders",
        "select id from orders where id in (1, 2,)",
        "select id, count(*), from orders group by id,",
        "select id, row_number() over (order by day) as rn from orders where rn = 1",
        "select id, sum(amount) as total from orders where total > 1 group by id",
        "select id, amount * 2 as twice from orders where twice > 1",
        "select id from orders where exists (select 1 as one from customers where rn = one)",
        "select * except (id) from orders",
        "select o.id from orders o, customers c where o.customer = c.id (+)",
        "select id from orders # all of them",
        "select 'it\\'s' as x from orders",
        "select id from customers where name regexp '^A'",
        "select coalesce(id, 'none') as x from orders",
    ];
    assert_snapshot!(all.map(plan).join("\n"), @r#"
    a name in backticks is not SQL here
      at q.sql:1:8 ```
      help: write `id` alone; where a name needs quotes, they are double: "id"
    a name in backticks is not SQL here
      at q.sql:1:8 ```
      help: write it in double quotes: "order date"
    a name in brackets is not SQL here
      at q.sql:1:8 `[`
      help: write `id` alone; where a name needs quotes, they are double: "id"
    a name in brackets is not SQL here
      at q.sql:1:10 `[`
      help: write it in double quotes: "order date"
    `[1, 2]` is not supported in Tidemill SQL
      at q.sql:1:9 `1, 2`
      help: lists and objects are JSON text here: an element is `json -> 0`, a member `json ->> 'name'`
    `id[1]` is not supported in Tidemill SQL
      at q.sql:1:8 `id[1`
      help: lists and objects are JSON text here: an element is `json -> 0`, a member `json ->> 'name'`
    the typographic quote “ is not SQL here
      at q.sql:1:29 `“`
      help: a text stands in plain single quotes: 'text'; a name in plain double quotes: "order date"
    the typographic quote ‘ is not SQL here
      at q.sql:1:39 `‘`
      help: a text stands in plain single quotes: 'text'
    `-` does not work between a date and a string
      at q.sql:1:8 `day` a date
      at q.sql:1:14 `'2024-01-01'` a string
      help: write it as a date: `date '2024-01-01'`
    `-` does not work between a date and a string
      at q.sql:1:8 `day` a date
      at q.sql:1:14 `'2 days'` a string
      help: a length of time is written `interval '2 days'`, a day `date '2024-12-31'`
    `+` does not work between a date and a string
      at q.sql:1:8 `day` a date
      at q.sql:1:14 `name` a string
      help: convert the text: `cast(… as date)`, or give the column a type in `normalize`
    `trunc` takes a float or an int or a decimal; this is a date
      at q.sql:1:14 `day` a date
      help: parts of it are numbers: `extract(month from …)`; it is cut by `date_trunc('month', …)`
    the digits of `trunc` must be a constant whole number
      at q.sql:1:19 `'MM'`
    `abs` takes a float or an int or a decimal; this is a date
      at q.sql:1:12 `day` a date
      help: parts of it are numbers: `extract(month from …)`; it is cut by `date_trunc('month', …)`
    nothing stands behind this comma
      at q.sql:1:10 `,`
      help: leave it out
    nothing stands behind this comma
      at q.sql:1:40 `,`
      help: leave it out
    nothing stands behind this comma
      at q.sql:1:20 `,`
      help: leave it out
    there is no column `rn`
      at q.sql:1:69 `rn` unknown column
      help: window functions are computed after `where`: write the condition behind `qualify`
    there is no column `total`
      at q.sql:1:51 `total` unknown column
      help: rows are grouped after `where`: write the condition behind `having`
    there is no column `twice`
      at q.sql:1:50 `twice` unknown column
      help: the select list is computed after `where`: repeat the expression, or compute it in a query in `from`
    there is no column `rn`
      at q.sql:1:74 `rn` unknown column
      help: there is `id`, `name`, `country`
    there is no column `one`
      at q.sql:1:79 `one` unknown column
      help: the select list is computed after `where`: repeat the expression, or compute it in a query in `from`
    expected SELECT, VALUES, or a subquery in the query body, found `id`
      at q.sql:1:18 `i`
      help: here it is `* exclude (…)`
    expected the end of the query, found `(`
      at q.sql:1:64 `(`
      help: here it is `from a left join b on …`
    expected the end of the query, found `#`
      at q.sql:1:23 `#`
      help: a comment begins with `--`
    unterminated string literal
      at q.sql:1:14 `'`
      help: a quote within a text is written twice: 'it''s'
    `regexp` is not supported in Tidemill SQL
      at q.sql:1:32 `name`
      help: use `regexp_like(text, pattern)`
    the arguments of `coalesce` are of different types: an int and a string
      at q.sql:1:21 `'none'` a string
      at q.sql:1:17 `id` an int
      help: convert one: `cast(… as string)`
    "#);
}

#[test]
fn comparisons_with_null_are_told() {
    let told = |raw: &str| {
        let (sql, sources) = super::sql(raw, vec![]);
        super::shown(&crate::sql::query_warnings(&sql, &super::table, &sources), &sources)
    };
    assert_snapshot!(told("select case id when null then 1 end as a, null = null as b from orders
  where customer = null and (day <> (null) or amount > null) and id not in (1, null) and id in (null, 2)"), @r"
    `when null` applies to no row
      at q.sql:1:21 `null` NULL equals nothing, not even NULL
      help: write `case when x is null then …`
    `= null` is true of no row
      at q.sql:2:20 `null` NULL equals nothing, not even NULL
      help: write `x is null`
    `<> null` is true of no row
      at q.sql:2:38 `null` NULL equals nothing, not even NULL
      help: write `x is not null`
    a comparison with NULL is true of no row
      at q.sql:2:56 `null` NULL equals nothing, not even NULL
      help: write `x is null`, or `x is not null`
    `not in` is true of no row if its list holds NULL
      at q.sql:2:80 `null` NULL equals nothing, not even NULL
      help: take NULL out of the list, and write `… and x is not null` behind it
    `in` does not find NULL
      at q.sql:2:97 `null` NULL equals nothing, not even NULL
      help: write `x in (…) or x is null`
    ");
    assert_snapshot!(told("select id from orders where day is null and id = 1"), @"");
}
