//! Spoiled queries.

use tidemill_fuzz::{Grammar, Mutator};

use super::plan;

const QUERIES: Grammar<'_> = Grammar {
    seeds: &[
        b"select l_returnflag, sum(l_extendedprice * (1 - l_discount)) as charge, count(*) as n from lineitem where l_shipdate <= date '1998-12-01' - interval '90' day group by l_returnflag order by 1 desc limit 3",
        b"with recent as (select * from orders where day >= date '2024-01-01'), best as (select customer, max(amount) as m from recent group by customer) select c.name, b.m from best b join customers c on c.id = b.customer left join recent r using (customer) where b.m > (select avg(amount) from recent)",
        b"select o.id, row_number() over (partition by customer order by day rows between 2 preceding and current row) as r, lag(amount, 1) over (order by id) as p from orders o where exists (select 1 from customers c where c.id = o.customer and c.country in ('FR', 'DE')) and o.id not in (select id from customers)",
        b"select case when i > 3 then 'a' when i is null then s else cast(i as string) end as c, coalesce(s, 'x') || upper(substr(s, 2, 3)) as t, m / 2.5 as q, i::decimal(10,2) as dd, extract(year from d) as y, t at time zone 'Europe/Paris' as z, s like 'a%' as k from all_types",
        b"select country, count(distinct id) filter (where id > 1) as n from customers group by country having count(*) > 1 union all select 'x', 1 except select name, id from customers -- remark\n",
        b"select \"Total\", /* x */ id + 1e3 - 0x1F as v from \"raw-orders\" cross join (values (1, 'a'), (2, null)) as w(a, b) where not (id between 1 and 9) or b is distinct from 'a'",
    ],
    words: &[
        "select ", " from ", " where ", " group by ", " having ", " order by ", " limit ", " offset ", " union ", " with a as (", " over (",
        " join ", " left join ", " lateral ", " on ", " using (", " as ", " distinct ", " all ", "*", ",", "(", ")", "'", "\"", "`", ";", "--", "/*",
        "*/", ".", "::", "||", " = ", " <> ", " and ", " or ", " not ", " in ", " is null", " between ", " like ", " escape ", "case when ", " then ",
        " end", "null", "true", "1.5", "'t'", "date '2024-02-30'", "interval '1' month", "interval '999999999999' year", "cast(", " as int)",
        "decimal(38,38)", "decimal(99,0)", "sum(", "count(*)", "avg(", "string_agg(", "row_number() over ()", "lag(", "rows between ", "unbounded preceding",
        "exists (", "orders", "customers", "all_types", "id", "amount", "i", "s", "m", "d", "t", "é", "\0", "$1", "?", "@", "rollup(", "array[1]", "{d '1'}",
    ],
    nests: &[
        ("(", ")"),
        ("not ", ""),
        ("-", ""),
        ("- ", ""),
        ("1 + ", "1"),
        ("a and ", "a"),
        ("case when true then ", " end"),
        ("upper(", ")"),
        ("select * from (", ") x"),
        ("(select ", ")"),
        ("exists (select ", ")"),
        ("cast(", " as int)"),
        (" union select ", ""),
        ("/*", "*/"),
        ("id in (", ")"),
    ],
};

#[test]
fn spoiled_queries_are_planned_or_refused() {
    let make = |random: &mut tidemill_fuzz::Random| Mutator::new(&QUERIES, random).input();
    tidemill_fuzz::run("sql", make, |_, bytes| {
        let told = plan(&String::from_utf8_lossy(bytes));
        assert!(!told.trim().is_empty(), "it is refused without a word");
        told.contains("\n=> ")
    });
}
