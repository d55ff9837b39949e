//! Queries: plans and mistakes.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{plan, sql, table};
use crate::sql::{bind_query, query_tables};

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
fn joins() {
    assert_snapshot!(plan("select o.id, name from orders o left join customers c on o.customer = c.id and c.country = 'FR' and o.amount > c.id"), @r#"
    project id = o.id, name
      left join on customer = c.id if amount::decimal(21,2) > c.id::decimal(21,2)
        project o.id = id, customer, day, amount
          table orders
        filter country = 'FR'
          project c.id = id, name, country
            table customers
    => id int, name string
    "#);
    assert_snapshot!(plan("select * from orders join customers using (id)"), @r#"
    project id = orders.id, customer, day, amount, name, country
      inner join on orders.id = customers.id
        project orders.id = id, customer, day, amount
          table orders
        project customers.id = id, name, country
          table customers
    => id int, customer int, day date, amount decimal(18,2), name string, country string
    "#);
    assert_snapshot!(plan("select id, name from orders full join customers using (id)"), @r#"
    project id = coalesce(orders.id, customers.id), name
      full join on orders.id = customers.id
        project orders.id = id, customer, day, amount
          table orders
        project customers.id = id, name, country
          table customers
    => id int, name string
    "#);
    assert_snapshot!(plan("select c.name from orders o, customers c where o.customer = c.id and o.amount > 5 and c.country in ('FR', 'DE')"), @r#"
    project name
      inner join on customer = c.id
        filter amount > 5.00d
          project o.id = id, customer, day, amount
            table orders
        filter country in ('FR', 'DE')
          project c.id = id, name, country
            table customers
    => name string
    "#);
    assert_snapshot!(plan("select a.id from orders a, orders b, customers c where b.customer = c.id and a.customer = c.id and a.amount > b.amount"), @r#"
    project id = a.id
      inner join on c.id = b.customer if a.amount > b.amount
        inner join on a.customer = c.id
          project a.id = id, a.customer = customer, a.day = day, a.amount = amount
            table orders
          project c.id = id, name, country
            table customers
        project b.id = id, b.customer = customer, b.day = day, b.amount = amount
          table orders
    => id int
    "#);
    assert_snapshot!(plan("select o.id from orders o right join customers c on o.customer = c.id where c.country = 'FR' and o.amount is null"), @r#"
    project id = o.id
      filter amount is null
        right join on customer = c.id
          project o.id = id, customer, day, amount
            table orders
          filter country = 'FR'
            project c.id = id, name, country
              table customers
    => id int
    "#);
    assert_snapshot!(plan("select o.id from orders o cross join customers c"), @r#"
    project id = o.id
      cross join
        project o.id = id, customer, day, amount
          table orders
        project c.id = id, name, country
          table customers
    => id int
    "#);
    assert_snapshot!(plan("select o.id from orders o join customers c on o.amount > c.id"), @r#"
    project id = o.id
      inner join if amount::decimal(21,2) > c.id::decimal(21,2)
        project o.id = id, customer, day, amount
          table orders
        project c.id = id, name, country
          table customers
    => id int
    "#);
    assert_snapshot!(plan("select o.id from orders o join customers c"), @r#"
    this join has no condition
      at q.sql:1:32 `customers c` joined on what?
      help: write `on a.x = b.x` or `using (x)`, or `cross join` for every row with every row
    "#);
    assert_snapshot!(plan("select id from orders o join customers c on o.customer = c.id"), @r#"
    column `id` is ambiguous
      at q.sql:1:8 `id` fits `o.id` and `c.id`
      help: write one of `o.id`, `c.id`
    "#);
    assert_snapshot!(plan("select * from orders o join customers c on o.customer = c.id"), @r#"
    `*` has two columns `id`
      at q.sql:1:8 `*` it is in `o` and `c`
      help: name the columns, with `as` for those of one name, or join with `using (…)`
    "#);
    assert_snapshot!(plan("select o.id from orders o join orders o on true"), @r#"
    there are two tables `o` in this `from`
      at q.sql:1:39 `o` the second
      help: give it an alias: `… as o2`
    "#);
    assert_snapshot!(plan("select x.id from orders o natural join customers"), @r#"
    `natural join` is not supported in Tidemill SQL
      at q.sql:1:40 `customers`
      help: name the columns: `using (…)`
    "#);
    assert_snapshot!(plan("select o.id from orders o left join (customers c join customers d on c.id = d.id) on o.customer = c.id where (o.id = 1 and d.name = 'a') or (o.id = 1 and d.name = 'b')"), @r#"
    project id = o.id
      filter (d.name = 'a') or (d.name = 'b')
        left join on customer = c.id
          filter o.id = 1
            project o.id = id, customer, day, amount
              table orders
          inner join on c.id = d.id
            project c.id = id, c.name = name, c.country = country
              table customers
            project d.id = id, d.name = name, d.country = country
              table customers
    => id int
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
    `with recursive` is not supported in Tidemill SQL
      at q.sql:1:1 `with`
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
      window lag = shift(amount, 1) over (order by day to peers), lead = shift(amount, -2, 0.00d) over (order by day to peers)
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
    assert_snapshot!(plan("select median(amount) over () from orders"), @r#"
    `median` is not a window function
      at q.sql:1:8 `median`
      help: over windows there are `row_number`, `rank`, `dense_rank`, `lag`, `lead`, `first_value`, `last_value` and `sum`, `avg`, `min`, `max`, `count`
    "#);
    assert_snapshot!(plan("select sum(amount) over (order by day range between 1 preceding and current row) from orders"), @r#"
    this frame is not supported in Tidemill SQL
      at q.sql:1:8 `sum`
      help: there are `rows between N preceding and M following`, `rows` or `range between unbounded preceding and current row`, and the whole partition
    "#);
    assert_snapshot!(plan("select id from orders qualify row_number() over () = 1"), @r#"
    `qualify` is not supported in Tidemill SQL
      at q.sql:1:31 `row_number() over () = 1`
      help: compute the window in a subquery and use `where` outside
    "#);
}

#[test]
fn subqueries() {
    assert_snapshot!(plan("select id from orders where customer in (select id from customers where country = 'FR')"), @r#"
    project id
      semi join on customer = subquery1.1
        table orders
        project subquery1.1 = id
          filter country = 'FR'
            table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders where customer not in (select id from customers)"), @r#"
    project id
      filter not (case when subquery1.rows = 0 then false when subquery1.found is not null then true when (customer is null) or (subquery1.known < subquery1.rows) then null else false end)
        left join on customer = subquery1.1
          cross join
            table orders
            aggregate subquery1.rows = count(*), subquery1.known = count(subquery1.1)
              project subquery1.1 = id
                table customers
          project subquery1.1, subquery1.found = true
            distinct
              project subquery1.1 = id
                table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders o where exists (select 1 from customers c where c.id = o.customer and c.country <> 'FR')"), @r#"
    project id
      semi join on customer = subquery1.1
        table orders
        project subquery1.1 = id
          filter country <> 'FR'
            table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders o where not exists (select * from customers c where c.id = o.customer and c.id <> o.id)"), @r#"
    project id
      anti join on customer = subquery1.1 if subquery1.id <> id
        table orders
        project subquery1.1 = id, subquery1.id = id
          table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders where amount > (select avg(amount) from orders)"), @r#"
    project id
      filter amount::decimal(38,8) > subquery1.value
        cross join
          table orders
          project subquery1.value = avg
            aggregate avg = avg(amount)
              table orders
    => id int
    "#);
    assert_snapshot!(plan("select id from orders o where amount > (select 0.5 * avg(amount) from orders i where i.customer = o.customer)"), @r#"
    project id
      filter amount::decimal(38,9) > (0.5d * subquery1.agg1)
        left join on customer = subquery1.1
          table orders
          aggregate by subquery1.1 = customer: subquery1.agg1 = avg(amount)
            table orders
    => id int
    "#);
    assert_snapshot!(plan("select id, (select count(*) from orders o where o.customer = c.id) as orders from customers c"), @r#"
    project id, orders = coalesce(subquery1.agg1, 0)
      left join on id = subquery1.1
        table customers
        aggregate by subquery1.1 = customer: subquery1.agg1 = count(*)
          table orders
    => id int, orders int
    "#);
    assert_snapshot!(plan("select customer, sum(amount) as s from orders group by customer having sum(amount) > (select sum(amount) * 0.1 from orders)"), @r#"
    project customer, s
      filter s::decimal(38,3) > subquery1.value
        cross join
          aggregate by customer: s = sum(amount)
            table orders
          project subquery1.value = column_1
            project column_1 = sum_1 * 0.1d
              aggregate sum_1 = sum(amount)
                table orders
    => customer int, s decimal(38,2)
    "#);
    assert_snapshot!(plan("select id from orders where id = 1 or customer in (select id from customers)"), @r#"
    project id
      filter (id = 1) or (case when subquery1.rows = 0 then false when subquery1.found is not null then true when (customer is null) or (subquery1.known < subquery1.rows) then null else false end)
        left join on customer = subquery1.1
          cross join
            table orders
            aggregate subquery1.rows = count(*), subquery1.known = count(subquery1.1)
              project subquery1.1 = id
                table customers
          project subquery1.1, subquery1.found = true
            distinct
              project subquery1.1 = id
                table customers
    => id int
    "#);
    assert_snapshot!(plan("select id, exists (select 1 from customers c where c.id = o.customer) as known from orders o"), @r#"
    project id, known = subquery1.found is not null
      left join on customer = subquery1.1
        table orders
        project subquery1.1, subquery1.found = true
          distinct
            project subquery1.1 = id
              table customers
    => id int, known bool
    "#);
    assert_snapshot!(plan("select id from orders where amount = (select amount from orders order by day limit 1)"), @r#"
    project id
      filter amount = subquery1.value
        cross join
          table orders
          aggregate subquery1.value = first(amount)
            limit 1
              project amount
                sort order_1
                  project amount, order_1 = day
                    table orders
    => id int
    "#);
    assert_snapshot!(plan("select id from orders where amount = (select amount from orders)"), @r#"
    a subquery used as a value must have one row
      at q.sql:1:39 `select amount from orders` it may have several
      help: aggregate without `group by`, or end it with `order by … limit 1`
    "#);
    assert_snapshot!(plan("select id from orders where exists (select 1 from customers)"), @r#"
    project id
      filter subquery1.rows > 0
        cross join
          table orders
          aggregate subquery1.rows = count(*)
            project column_1 = 1
              table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders o where exists (select 1 from customers c where c.id > o.customer)"), @r#"
    project id
      semi join if subquery1.id > customer
        table orders
        project subquery1.id = id
          table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders o where exists (select 1 from customers c where o.amount > 3)"), @r#"
    project id
      semi join if amount > 3.00d
        table orders
        project subquery1.1 = true
          table customers
    => id int
    "#);
    assert_snapshot!(plan("select id from orders where customer in (select name from customers)"), @r#"
    an int cannot be compared with a string
      at q.sql:1:42 `select name from customers` gives a string
    "#);
    assert_snapshot!(plan("select id from orders where customer in (select * from customers)"), @r#"
    this subquery must have one column, not 3
      at q.sql:1:42 `select * from customers`
    "#);
    assert_snapshot!(plan("select id from orders o where exists (select nme from customers c where c.id = o.customer)"), @r#"
    there is no column `nme`
      at q.sql:1:46 `nme` unknown column
      help: did you mean `name`?
    "#);
}

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
    `values` is not supported in Tidemill SQL
      at q.sql:1:8 `(1)`
      help: use `select … union all select …`
    "#);
    assert_snapshot!(plan("select id from orders limit 'x'"), @r#"
    `limit` takes a constant whole number of rows
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
    `fetch first` is not supported in Tidemill SQL
      at q.sql:1:1 `select id from orders fetch first 3`
      help: use `limit`
    "#);
    assert_snapshot!(plan("select count(*) from orders group by rollup (id)"), @r#"
    `ROLLUP (id)` is not supported in Tidemill SQL
      at q.sql:1:46 `id`
    "#);
    assert_snapshot!(plan("select * from generate_series(1, 3)"), @r#"
    this form of table is not supported in Tidemill SQL
      at q.sql:1:15 `generate_series`
    "#);
}

#[test]
fn tpch() {
    assert_snapshot!(plan("select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge, avg(l_quantity) as avg_qty, count(*) as count_order from lineitem where l_shipdate <= date '1998-12-01' - interval '90' day group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus"), @r#"
    sort l_returnflag, l_linestatus
      aggregate by l_returnflag, l_linestatus: sum_qty = sum(l_quantity), sum_charge = sum((l_extendedprice * (1.00d - l_discount::decimal(16,2))) * (1.00d + l_tax::decimal(16,2))), avg_qty = avg(l_quantity), count_order = count(*)
        filter l_shipdate <= date '1998-09-02'
          table lineitem
    => l_returnflag string, l_linestatus string, sum_qty decimal(38,2), sum_charge decimal(38,6), avg_qty decimal(38,8), count_order int
    "#);
    assert_snapshot!(plan("select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority from customer, tpch_orders, lineitem where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15' group by l_orderkey, o_orderdate, o_shippriority order by revenue desc, o_orderdate limit 10"), @r#"
    limit 10
      sort revenue desc, o_orderdate
        project l_orderkey, revenue, o_orderdate, o_shippriority
          aggregate by l_orderkey, o_orderdate, o_shippriority: revenue = sum(l_extendedprice * (1.00d - l_discount::decimal(16,2)))
            inner join on o_orderkey = l_orderkey
              inner join on c_custkey = o_custkey
                filter c_mktsegment = 'BUILDING'
                  table customer
                filter o_orderdate < date '1995-03-15'
                  table tpch_orders
              filter l_shipdate > date '1995-03-15'
                table lineitem
    => l_orderkey int, revenue decimal(38,4), o_orderdate date, o_shippriority int
    "#);
    assert_snapshot!(plan("select o_orderpriority, count(*) as order_count from tpch_orders where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3' month and exists (select * from lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate) group by o_orderpriority order by o_orderpriority"), @r#"
    sort o_orderpriority
      aggregate by o_orderpriority: order_count = count(*)
        semi join on o_orderkey = subquery1.1
          filter (o_orderdate >= date '1993-07-01') and (o_orderdate < date '1993-10-01')
            table tpch_orders
          project subquery1.1 = l_orderkey
            filter l_commitdate < l_receiptdate
              table lineitem
    => o_orderpriority string, order_count int
    "#);
    assert_snapshot!(plan("select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue from customer, tpch_orders, lineitem, supplier, nation, region where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA' group by n_name order by revenue desc"), @r#"
    sort revenue desc
      aggregate by n_name: revenue = sum(l_extendedprice * (1.00d - l_discount::decimal(16,2)))
        inner join on n_regionkey = r_regionkey
          inner join on s_nationkey = n_nationkey
            inner join on l_suppkey = s_suppkey and c_nationkey = s_nationkey
              inner join on o_orderkey = l_orderkey
                inner join on c_custkey = o_custkey
                  table customer
                  table tpch_orders
                table lineitem
              table supplier
            table nation
          filter r_name = 'ASIA'
            table region
    => n_name string, revenue decimal(38,4)
    "#);
    assert_snapshot!(plan("select ps_partkey, sum(ps_supplycost * ps_availqty) as value from partsupp, supplier, nation where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY' group by ps_partkey having sum(ps_supplycost * ps_availqty) > (select sum(ps_supplycost * ps_availqty) * 0.0001 from partsupp, supplier, nation where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY') order by value desc"), @r#"
    sort value desc
      project ps_partkey, value
        filter value::decimal(38,6) > subquery1.value
          cross join
            aggregate by ps_partkey: value = sum(ps_supplycost * ps_availqty::decimal(19,0))
              inner join on s_nationkey = n_nationkey
                inner join on ps_suppkey = s_suppkey
                  table partsupp
                  table supplier
                filter n_name = 'GERMANY'
                  table nation
            project subquery1.value = column_1
              project column_1 = sum_1 * 0.0001d
                aggregate sum_1 = sum(ps_supplycost * ps_availqty::decimal(19,0))
                  inner join on s_nationkey = n_nationkey
                    inner join on ps_suppkey = s_suppkey
                      table partsupp
                      table supplier
                    filter n_name = 'GERMANY'
                      table nation
    => ps_partkey int, value decimal(38,2)
    "#);
    assert_snapshot!(plan("select sum(l_extendedprice) / 7.0 as avg_yearly from lineitem, part where p_partkey = l_partkey and p_brand = 'Brand#23' and l_quantity < (select 0.2 * avg(l_quantity) from lineitem where l_partkey = p_partkey)"), @r#"
    project avg_yearly = sum_1 / 7.0d
      aggregate sum_1 = sum(l_extendedprice)
        filter l_quantity::decimal(38,9) < (0.2d * subquery1.agg1)
          left join on p_partkey = subquery1.1
            inner join on l_partkey = p_partkey
              table lineitem
              filter p_brand = 'Brand#23'
                table part
            aggregate by subquery1.1 = l_partkey: subquery1.agg1 = avg(l_quantity)
              table lineitem
    => avg_yearly decimal(38,8)
    "#);
    assert_snapshot!(plan("select sum(l_extendedprice * (1 - l_discount)) as revenue from lineitem, part where (p_partkey = l_partkey and p_brand = 'Brand#12' and p_size between 1 and 5) or (p_partkey = l_partkey and p_brand = 'Brand#23' and p_size between 1 and 10)"), @r#"
    aggregate revenue = sum(l_extendedprice * (1.00d - l_discount::decimal(16,2)))
      inner join on l_partkey = p_partkey
        table lineitem
        filter (p_size >= 1) and (((p_brand = 'Brand#12') and (p_size <= 5)) or ((p_brand = 'Brand#23') and (p_size <= 10)))
          table part
    => revenue decimal(38,4)
    "#);
    assert_snapshot!(plan("select s_name, count(*) as numwait from supplier, lineitem l1, tpch_orders, nation where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and l1.l_receiptdate > l1.l_commitdate and exists (select * from lineitem l2 where l2.l_orderkey = l1.l_orderkey and l2.l_suppkey <> l1.l_suppkey) and not exists (select * from lineitem l3 where l3.l_orderkey = l1.l_orderkey and l3.l_suppkey <> l1.l_suppkey and l3.l_receiptdate > l3.l_commitdate) and s_nationkey = n_nationkey group by s_name order by numwait desc, s_name limit 100"), @r#"
    limit 100
      sort numwait desc, s_name
        aggregate by s_name: numwait = count(*)
          anti join on l_orderkey = subquery2.1 if subquery2.l_suppkey <> l_suppkey
            semi join on l_orderkey = subquery1.1 if subquery1.l_suppkey <> l_suppkey
              inner join on s_nationkey = n_nationkey
                inner join on l_orderkey = o_orderkey
                  inner join on s_suppkey = l_suppkey
                    table supplier
                    filter l_receiptdate > l_commitdate
                      table lineitem
                  table tpch_orders
                table nation
              project subquery1.1 = l_orderkey, subquery1.l_suppkey = l_suppkey
                table lineitem
            project subquery2.1 = l_orderkey, subquery2.l_suppkey = l_suppkey
              filter l_receiptdate > l_commitdate
                table lineitem
    => s_name string, numwait int
    "#);
    assert_snapshot!(plan("select cntrycode, count(*) as numcust from (select substring(c_phone from 1 for 2) as cntrycode, c_acctbal from customer where substring(c_phone from 1 for 2) in ('13', '31') and c_acctbal > (select avg(c_acctbal) from customer where c_acctbal > 0.00) and not exists (select * from tpch_orders where o_custkey = c_custkey)) as custsale group by cntrycode order by cntrycode"), @r#"
    sort cntrycode
      aggregate by cntrycode: numcust = count(*)
        project cntrycode = substr(c_phone, 1, 2), c_acctbal
          filter c_acctbal::decimal(38,8) > subquery1.value
            anti join on c_custkey = subquery2.1
              cross join
                filter substr(c_phone, 1, 2) in ('13', '31')
                  table customer
                project subquery1.value = avg
                  aggregate avg = avg(c_acctbal)
                    filter c_acctbal > 0.00d
                      table customer
              project subquery2.1 = o_custkey
                table tpch_orders
    => cntrycode string, numcust int
    "#);
    assert_snapshot!(plan("select o_orderpriority, sum(case when o_orderstatus = 'F' then 1 else 0 end) * 100.0 / count(*) as share from tpch_orders where extract(year from o_orderdate) = 1995 group by o_orderpriority"), @r#"
    project o_orderpriority, share = (sum_1::float * 100.0) / count_2::float
      aggregate by o_orderpriority: sum_1 = sum(case when o_orderstatus = 'F' then 1 else 0 end), count_2 = count(*)
        filter extract_year(o_orderdate) = 1995
          table tpch_orders
    => o_orderpriority string, share float
    "#);
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

/// Words that make much of what the grammar of queries knows.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "select",
        "from",
        "orders",
        "customers",
        "o",
        "c",
        "where",
        "group by",
        "having",
        "order by",
        "limit",
        "1",
        "2",
        "*",
        ",",
        "(",
        ")",
        "id",
        "amount",
        "customer",
        "name",
        "o.id",
        "c.id",
        "=",
        ">",
        "and",
        "or",
        "not",
        "in",
        "exists",
        "(select",
        "join",
        "left join",
        "on",
        "using (id)",
        "union",
        "all",
        "except",
        "with a as (",
        "count(*)",
        "sum(amount)",
        "over ()",
        "as",
        "x",
        "distinct",
        "case when",
        "then",
        "end",
        "'t'",
        "1.5",
        "null",
        "row_number() over (order by id)",
    ]);
    prop::collection::vec(word, 1..30).prop_map(|words| format!("select {}", words.join(" ")))
}

/// Queries that mostly bind, put together from parts.
fn queries() -> impl Strategy<Value = String> {
    let item = prop::sample::select(vec![
        "o.id",
        "c.id as cid",
        "amount * 1.5 as a",
        "count(*)",
        "sum(amount) as s",
        "max(name) as n",
        "customer",
        "lag(o.id) over (order by day)",
        "exists (select 1 from customers d where d.id = o.customer) as e",
        "(select max(amount) from orders) as m",
        "o.id in (select id from customers) as i",
    ]);
    let condition = prop::sample::select(vec![
        "true",
        "o.customer = c.id",
        "amount > 1",
        "c.country = 'x' or o.id = 3",
        "o.id in (select customer from orders)",
        "not exists (select 1 from orders p where p.customer = c.id and p.id <> o.id)",
        "amount > (select avg(amount) from orders p where p.customer = c.id)",
        "o.id not in (select id from customers)",
    ]);
    let from = prop::sample::select(vec![
        "orders o, customers c",
        "orders o join customers c on o.customer = c.id",
        "orders o left join customers c on o.customer = c.id and o.id > 3",
        "customers c full join orders o on o.customer = c.id",
        "orders o cross join customers c",
    ]);
    let tail = prop::sample::select(vec![
        "",
        " group by o.id, customer, c.id",
        " order by 1",
        " limit 3",
        " group by 1 order by 1 desc",
    ]);
    let distinct = prop::sample::select(vec!["", "distinct "]);
    (distinct, prop::collection::vec(item, 1..4), from, prop::collection::vec(condition, 1..4), tail).prop_map(
        |(distinct, items, from, conditions, tail)| {
            format!("select {distinct}{} from {from} where {}{tail}", items.join(", "), conditions.join(" and "))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_query_is_answered_the_same_twice(text in prop_oneof![words(), queries()]) {
        prop_assert_eq!(plan(&text), plan(&text));
        let (sql, sources) = sql(&text, vec![]);
        prop_assert_eq!(bind_query(&sql, &table, &sources), bind_query(&sql, &table, &sources));
    }
}
