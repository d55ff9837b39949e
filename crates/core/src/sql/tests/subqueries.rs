//! Subqueries: plans.

use insta::assert_snapshot;

use super::plan;

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
    project id
      filter amount = single_row(subquery1.value, subquery1.rows, 'q.sql:1:39')
        cross join
          table orders
          aggregate subquery1.value = first(amount), subquery1.rows = count(*)
            project amount
              table orders
    => id int
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
