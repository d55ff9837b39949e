//! Joins: plans.

use insta::assert_snapshot;

use super::plan;

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
