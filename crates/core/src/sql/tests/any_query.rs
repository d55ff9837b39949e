//! Any query is answered, and the same every time.

use proptest::prelude::*;

use super::{plan, sql, table};
use crate::sql::bind_query;

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
