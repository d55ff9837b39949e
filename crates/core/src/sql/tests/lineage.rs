//! The way of a query's columns back to its tables.

use super::{sql, table};
use crate::table::{Origin, Rel};

fn bound(raw: &str) -> Rel {
    let (text, sources) = sql(raw, vec![]);
    match super::super::bind_query(&text, &table, &sources) {
        Ok(rel) => rel,
        Err(errors) => panic!("{}", super::shown(&errors, &sources)),
    }
}

fn names(origins: &[Origin]) -> String {
    let name = |origin: &Origin| {
        format!("{}.{}", origin.task.as_deref().unwrap_or("file"), origin.column.as_deref().unwrap_or("*"))
    };
    origins.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The ways of all columns, one after the other.
fn ways(raw: &str) -> String {
    let rel = bound(raw);
    let mut lines = Vec::new();
    for column in rel.schema().names() {
        let way = rel.way_of(column).expect("a column of the schema");
        lines.push(format!("{column} <- {}", names(&way.from)));
        lines.extend(way.made.iter().map(|made| format!("  {made}")));
        lines.extend(way.decided_by.iter().map(|by| format!("  by {}: {}", by.what, names(&by.from))));
    }
    lines.join("\n")
}

#[test]
fn what_is_computed_and_what_decides_are_told_apart() {
    insta::assert_snapshot!(ways(
        "select day, sum(amount) as total, count(*) as orders, max(case when customer > 5 then amount end) as big \
         from orders where id > 0 group by day having sum(amount) > 10 order by total desc limit 3"
    ));
}

#[test]
fn joins_and_common_tables_are_walked_through() {
    insta::assert_snapshot!(ways(
        "with big as (select o.customer as who, o.amount * 2 as double, o.id from orders o where o.amount > 100) \
         select c.name, b.double, row_number() over (partition by c.country order by b.id) as place \
         from big b join customers c on c.id = b.who where c.country <> 'FR' \
         and exists (select 1 from orders x where x.customer = c.id)"
    ));
}

#[test]
fn set_operations_are_followed_by_place() {
    insta::assert_snapshot!(ways(
        "select id, name from customers union all select customer, 'nobody' from orders \
         except select id, country from customers"
    ));
}

#[test]
fn an_unknown_column_has_no_way() {
    assert_eq!(bound("select id from orders").way_of("amount"), None);
}

#[test]
fn a_query_that_names_a_table_often_is_walked_once() {
    // Each doubles the number of paths.
    let mut text = "with t0 as (select id, amount from orders)".to_owned();
    for at in 1..=12 {
        let before = at - 1;
        text += &format!(
            ", t{at} as (select a.id, a.amount + b.amount as amount from t{before} a join t{before} b on a.id = b.id)"
        );
    }
    let way = bound(&format!("{text} select amount from t12")).way_of("amount").expect("a column");
    assert_eq!(names(&way.from), "orders.amount");
}
