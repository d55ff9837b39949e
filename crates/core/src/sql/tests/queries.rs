//! Columns, grouping, set operations and windows: plans.

use insta::assert_snapshot;

use super::{plan, sql};
use crate::sql::query_tables;

#[test]
fn columns_and_aliases() {
    assert_snapshot!(plan("select * from orders"), @r#"
    table orders
    => id int, customer int, day date, amount decimal(18,2)
    "#);
    assert_snapshot!(plan("select id, amount * 2 as double, upper('x'), 1 + 1 from orders"), @r#"
    project id, double = amount * 2d, upper = upper('x'), column_4 = 1 + 1
      table orders
    => id int, double decimal(19,2), upper string, column_4 int
    "#);
    assert_snapshot!(plan("select o.*, c.name from orders o join customers c on o.customer = c.id"), @r#"
    project id = o.id, customer, day, amount, name
      inner join on customer = c.id
        project o.id = id, customer, day, amount
          table orders
        project c.id = id, name, country
          table customers
    => id int, customer int, day date, amount decimal(18,2), name string
    "#);
    assert_snapshot!(plan("select \"Total\", total + 1 as more from \"raw-orders\""), @r#"
    project Total, more = Total::decimal(19,2) + 1.00d
      table raw-orders
    => Total decimal(18,2), more decimal(19,2)
    "#);
    assert_snapshot!(plan("select 1 as one, null as nothing"), @r#"
    project one = 1, nothing = null
      one row
    => one int, nothing null
    "#);
    assert_snapshot!(plan("select distinct country from customers order by country desc nulls first limit 3 offset 2"), @r#"
    limit 3 offset 2
      sort country desc nulls first
        distinct
          project country
            table customers
    => country string
    "#);
    assert_snapshot!(plan("select name from customers order by id"), @r#"
    project name
      sort order_1
        project name, order_1 = id
          table customers
    => name string
    "#);
    assert_snapshot!(plan("select amount as a from orders order by amount / 2, 1 desc"), @r#"
    project a
      sort order_1, a desc
        project a = amount, order_1 = amount / 2d
          table orders
    => a decimal(18,2)
    "#);
    assert_snapshot!(plan("select id as customer, customer as id from orders order by id"), @r#"
    sort id
      project customer = id, id = customer
        table orders
    => customer int, id int
    "#);
}

#[test]
fn grouping() {
    assert_snapshot!(plan("select country, count(*) from customers group by country"), @r#"
    aggregate by country: count = count(*)
      table customers
    => country string, count int
    "#);
    assert_snapshot!(plan("select customer, sum(amount) as total, sum(amount) / count(*) as mean from orders group by 1 having count(*) > 1 order by total desc"), @r#"
    sort total desc
      project customer, total, mean = total / count_2::decimal(19,0)
        filter count_2 > 1
          aggregate by customer: total = sum(amount), count_2 = count(*)
            table orders
    => customer int, total decimal(38,2), mean decimal(38,8)
    "#);
    assert_snapshot!(plan("select date_trunc('month', day) as month, avg(amount) from orders group by month"), @r#"
    aggregate by month = date_trunc_month(day): avg = avg(amount)
      table orders
    => month date, avg decimal(38,8)
    "#);
    assert_snapshot!(plan("select count(*) filter (where amount > 10) as big, count(distinct customer) as customers from orders"), @r#"
    aggregate big = count(*) filter (where amount > 10.00d), customers = count(distinct customer)
      table orders
    => big int, customers int
    "#);
    assert_snapshot!(plan("select upper(country) as c, max(name) from customers group by upper(country) order by count(*) desc, c"), @r#"
    project c, max
      sort order_1 desc, c
        project c, max, order_1 = count_2
          aggregate by c = upper(country): max = max(name), count_2 = count(*)
            table customers
    => c string, max string
    "#);
    assert_snapshot!(plan("select customer from orders group by customer having sum(amount) > 5"), @r#"
    project customer
      filter sum_1 > 5.00d
        aggregate by customer: sum_1 = sum(amount)
          table orders
    => customer int
    "#);
    assert_snapshot!(plan("select sum(amount) + 1 from orders having sum(amount) > 0"), @r#"
    project column_1 = sum_1 + 1.00d
      filter sum_1 > 0.00d
        aggregate sum_1 = sum(amount)
          table orders
    => column_1 decimal(38,2)
    "#);
    assert_snapshot!(plan("select country, name, count(*) from customers group by country"), @r#"
    `name` is neither a group key nor inside an aggregate
      at q.sql:1:17 `name` which row's value?
      help: group by it too, or say which one: `min(name)`, `first(name)`, …
    "#);
    assert_snapshot!(plan("select sum(sum(amount)) from orders"), @r#"
    `sum` cannot stand inside `sum`
      at q.sql:1:12 `sum` an aggregate within an aggregate
      help: aggregate in two steps: a subquery, or a task before this one
    "#);
    assert_snapshot!(plan("select * from orders group by id"), @r#"
    `customer` is neither a group key nor inside an aggregate
      at q.sql:1:8 `*` which row's value?
      help: group by it too, or say which one: `min(customer)`, `first(customer)`, …
    `day` is neither a group key nor inside an aggregate
      at q.sql:1:8 `*` which row's value?
      help: group by it too, or say which one: `min(day)`, `first(day)`, …
    `amount` is neither a group key nor inside an aggregate
      at q.sql:1:8 `*` which row's value?
      help: group by it too, or say which one: `min(amount)`, `first(amount)`, …
    "#);
    assert_snapshot!(plan("select id from orders where sum(amount) > 1"), @r#"
    `sum` is an aggregate, and `where` works row by row
      at q.sql:1:29 `sum` not allowed here
      help: aggregates stand in `metrics`, `having`, or a query's select list
    "#);
}

#[test]
fn with_and_set_operations() {
    assert_snapshot!(plan("with big as (select * from orders where amount > 10), n (customer, times) as (select customer, count(*) from big group by customer) select b.id, n.times from big b join n using (customer)"), @r#"
    project id, times
      inner join on b.customer = n.customer
        project id, b.customer = customer, day, amount
          filter amount > 10.00d
            table orders
        project n.customer = customer, times = count
          aggregate by customer: count = count(*)
            filter amount > 10.00d
              table orders
    => id int, times int
    "#);
    assert_snapshot!(plan("select id from orders union all select amount from orders order by 1 desc limit 2"), @r#"
    limit 2
      sort id desc
        union all
          project id = id::decimal(21,2)
            table orders
          project amount = amount::decimal(21,2)
            table orders
    => id decimal(21,2)
    "#);
    assert_snapshot!(plan("select id, null as x from orders union select id, name from customers"), @r#"
    union
      project id, x = null::string
        table orders
      project id, name
        table customers
    => id int, x string
    "#);
    assert_snapshot!(plan("select id from orders except select customer from orders intersect select id from customers"), @r#"
    except
      project id
        table orders
      intersect
        project customer
          table orders
        project id
          table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders union select name from customers"), @r#"
    column `id` is an int on one side and a string on the other
      at q.sql:1:29 `select name from customers` `name` is a string
      help: convert one: `cast(… as int)`
    "#);
    assert_snapshot!(plan("select id from orders union select id, name from customers"), @r#"
    the two sides have different numbers of columns
      at q.sql:1:29 `select id, name from customers` 2 columns
      at q.sql:1:1 `select id from orders` 1 column
    "#);
    assert_snapshot!(plan("select x from (select id as x from orders) where x > 1"), @r#"
    filter x > 1
      project x = id
        table orders
    => x int
    "#);
    assert_snapshot!(plan("with recursive a as (select 1) select * from a"), @r#"
    project column_1 = 1
      one row
    => column_1 int
    "#);
    assert_snapshot!(plan("with orders as (select id from orders) select * from orders"), @r#"
    project id
      table orders
    => id int
    "#);
}

#[test]
fn windows() {
    assert_snapshot!(plan("select id, row_number() over (partition by customer order by day desc) as n, sum(amount) over () as total from orders"), @r#"
    project id, n, total
      window n = row_number() over (partition by customer order by day desc to peers), total = sum(amount) over (all)
        table orders
    => id int, n int, total decimal(38,2)
    "#);
    assert_snapshot!(plan("select customer, sum(amount) as s, rank() over (order by sum(amount) desc) from orders group by customer"), @r#"
    window rank = rank() over (order by s desc to peers)
      aggregate by customer: s = sum(amount)
        table orders
    => customer int, s decimal(38,2), rank int
    "#);
    assert_snapshot!(plan("select id, lag(amount) over w, lead(amount, 2, 0) over w from orders window w as (order by day)"), @r#"
    project id, lag, lead
      window lag = lag(amount) over (order by day to peers), lead = lead(amount, 2, 0.00d) over (order by day to peers)
        table orders
    => id int, lag decimal(18,2), lead decimal(18,2)
    "#);
    assert_snapshot!(plan("select id, avg(amount) over (order by day rows between 6 preceding and current row) as week from orders order by week"), @r#"
    sort week
      project id, week
        window week = avg(amount) over (order by day rows -6 to +0)
          table orders
    => id int, week decimal(38,8)
    "#);
    assert_snapshot!(plan("select id, amount - first_value(amount) over (partition by customer order by day) as change from orders"), @r#"
    project id, change = amount::decimal(19,2) - window_1::decimal(19,2)
      window window_1 = first_value(amount) over (partition by customer order by day to peers)
        table orders
    => id int, change decimal(19,2)
    "#);
    assert_snapshot!(plan("select id from orders where row_number() over () = 1"), @r#"
    a window function cannot stand in `where`
      at q.sql:1:29 `row_number` not allowed here
      help: compute it in a subquery or `with`, and use its column outside
    "#);
    assert_snapshot!(plan("select medain(amount) over () from orders"), @r#"
    `medain` is not a window function
      at q.sql:1:8 `medain`
      help: over windows there are `row_number`, `rank`, `dense_rank`, `percent_rank`, `cume_dist`, `ntile`, `lag`, `lead`, `first_value`, `last_value`, `nth_value` and all aggregates
      help: did you mean `median`?
    "#);
    assert_snapshot!(plan("select id from orders qualify row_number() over (order by day) = 1"), @r#"
    project id
      filter window_1 = 1
        window window_1 = row_number() over (order by day to peers)
          table orders
    => id int
    "#);
}

/// The frame of a plan, or what is wrong with it.
fn frame(written: &str) -> String {
    let planned = plan(&format!("select sum(amount) over (order by day {written}) as s from orders"));
    match planned.split_once("order by day ") {
        Some((_, rest)) if planned.contains("window s") => rest.lines().next().unwrap_or_default().to_owned(),
        _ => planned,
    }
}

#[test]
fn frames_have_bounds_of_three_units() {
    let frames = [
        "rows between 2 preceding and 1 following",
        "rows 3 preceding",
        "rows between 5 preceding and 2 preceding",
        "range between current row and unbounded following",
        "range between interval '1 month' preceding and current row",
        "groups between 1 preceding and 1 following",
    ];
    assert_snapshot!(frames.map(frame).join("\n"), @r"
    rows -2 to +1)
    rows -3 to +0)
    rows -5 to -2)
    groups +0 to end)
    from add_interval(day, -1, 0) to peers)
    groups -1 to +1)
    ");
    let wrong = [
        "rows between current row and 1 preceding",
        "rows between unbounded following and current row",
        "rows -1 preceding",
        "rows amount preceding",
        "range 'x' preceding",
        "rows 1 preceding exclude current row",
    ];
    assert_snapshot!(wrong.map(frame).join("\n"), @r"
    this frame ends before it begins: between current row and 1 preceding
      at q.sql:1:8 `sum`
    this frame ends before it begins: between unbounded following and current row
      at q.sql:1:8 `sum`
    how far a frame reaches is not negative: `preceding` and `following` say the direction
      at q.sql:1:45 `1`
    how many rows or groups a frame reaches is a constant whole number
      at q.sql:1:44 `amount`
    this interval is not understood
      at q.sql:1:45 `'x'` write `interval '90' day`, `interval '3 months'` or `interval '1.5 hours'`
    expected ), found `exclude`
      at q.sql:1:56 `e`
      help: a frame has no `exclude`: take the row's own value away from the result
    ");
}

#[test]
fn windows_are_made_of_others() {
    assert_snapshot!(plan("select sum(amount) over (b rows 1 preceding) as s from orders window a as (partition by customer), b as (a order by day)"), @r"
    project s
      window s = sum(amount) over (partition by customer order by day rows -1 to +0)
        table orders
    => s decimal(38,2)
    ");
    assert_snapshot!(plan("select sum(amount) over (a partition by id) as s from orders window a as (partition by customer)"), @r"
    `a` has its partitions already
      at q.sql:1:26 `a` write it out
    ");
}

#[test]
fn aggregates_say_in_which_order_they_take_rows() {
    let planned = |call: &str| plan(&format!("select {call} as x from orders"));
    let calls = [
        "percentile_cont(0.5) within group (order by amount desc)",
        "quantile(day, 0.25)",
        "mode() within group (order by day)",
        "string_agg(cast(id as string), ',' order by day desc, id)",
        "count(distinct customer, day)",
        "approx_count_distinct(day)",
    ];
    let shown = calls.map(|call| planned(call).lines().find(|line| line.contains("aggregate")).map(str::to_owned));
    assert_snapshot!(shown.map(Option::unwrap_or_default).join("\n"), @r"
    aggregate x = percentile_cont(amount::float, 0.5 order by amount::float desc)
    aggregate x = percentile_disc(day, 0.25 order by day)
    aggregate x = mode(day order by day)
    aggregate x = string_agg(id::string, ',' order by day desc, id)
    aggregate x = count(distinct customer, day)
    aggregate x = count(distinct day)
    ");
    let wrong = [
        "percentile_cont(1.5) within group (order by amount)",
        "sum(amount) within group (order by day)",
        "count(customer, day)",
        "first(amount) ignore nulls",
    ];
    assert_snapshot!(wrong.map(planned).join("\n"), @r"
    the fraction of `percentile_cont` must be a constant from 0 to 1
      at q.sql:1:24 `1.5`
    `within group` for `sum` is not supported in Tidemill SQL
      at q.sql:1:8 `sum`
      help: write the order behind the arguments: `sum(… order by …)`
    `count` of several columns is not supported in Tidemill SQL
      at q.sql:1:8 `count`
      help: write `count(distinct …)`, or `count(*) filter (where … is not null)`
    a treatment of nulls for `first` is not supported in Tidemill SQL
      at q.sql:1:8 `first`
      help: most aggregates leave NULL out, and `any_value` is the first value that is not NULL
    ");
}

#[test]
fn tables_of_a_query_are_its_edges() {
    let names = |raw: &str| {
        let (sql, sources) = sql(raw, vec![]);
        let found = query_tables(&sql, &sources).expect("a query");
        found.into_iter().map(|(name, at)| format!("{name}={}", &raw[at])).collect::<Vec<_>>().join(" ")
    };
    assert_snapshot!(names("with a as (select * from Orders), b as (select * from a) select * from b join \"raw-orders\" r using (id)"), @r#"orders=Orders raw-orders="raw-orders""#);
    assert_snapshot!(names("with orders as (select * from orders) select *, (select max(x) from c) from orders where y in (select y from d)"), @"orders=orders c=c d=d");
    assert_snapshot!(names("select 1"), @"");
}
