//! Metrics, `having` and sort keys of tasks.

use insta::assert_snapshot;

use super::{at, consistent, shown, sql};
use crate::spec::{At, SqlText};
use crate::sql::{bind_aggregate, bind_sort};
use crate::table::{DataType, Rel, Schema};

fn orders() -> Schema {
    [("country", DataType::String), ("day", DataType::Date), ("total", DataType::MONEY), ("quantity", DataType::Int)]
        .into_iter()
        .collect()
}

/// The plan of an aggregation whose every text stands on its own line.
fn aggregate(keys: &[&str], metrics: &[(&str, &str)], having: Option<&str>) -> String {
    let raw: Vec<&str> = metrics.iter().map(|(_, text)| *text).chain(having).collect();
    let (whole, sources) = sql(&raw.join("\n"), vec![]);
    let mut start = 0;
    let mut texts = raw.iter().map(|text| {
        let mut span = whole.span;
        (span.start, span.end) = (start, start + text.len() as u32);
        start = span.end + 1;
        SqlText { raw: (*text).to_owned(), text: (*text).to_owned(), holes: vec![], span }
    });
    let metrics: Vec<(At<String>, SqlText)> =
        metrics.iter().filter_map(|(name, _)| Some((at(name), texts.next()?))).collect();
    let having = texts.next();
    let keys: Vec<At<String>> = keys.iter().map(|key| at(key)).collect();
    let input = Rel::Input { task: "orders".to_owned(), schema: orders() };
    match bind_aggregate(input, &keys, &metrics, having.as_ref(), &sources) {
        Ok(rel) => {
            consistent(&rel);
            let columns: Vec<String> =
                rel.schema().fields().iter().map(|f| format!("{} {}", f.name, f.data_type)).collect();
            format!("{rel}\n=> {}", columns.join(", "))
        }
        Err(errors) => shown(&errors, &sources),
    }
}

#[test]
fn metrics_are_expressions_over_aggregates() {
    assert_snapshot!(aggregate(&["country"], &[("total", "sum(total)"), ("orders", "count(*)")], None), @r#"
    aggregate by country: total = sum(total), orders = count(*)
      table orders
    => country string, total decimal(38,2), orders int
    "#);
    assert_snapshot!(aggregate(&["country"], &[("mean", "sum(total) / count(*)"), ("r", "round(avg(quantity), 2)")], None), @r#"
    project country, mean = sum_1 / count_2::decimal(19,0), r = round(avg_3, 2)
      aggregate by country: sum_1 = sum(total), count_2 = count(*), avg_3 = avg(quantity)
        table orders
    => country string, mean decimal(38,8), r float
    "#);
    assert_snapshot!(aggregate(&[], &[("n", "count(*)"), ("m", "count(*)"), ("label", "first(country) || '!'")], None), @r#"
    project n, m = n, label = concat(first_2, '!')
      aggregate n = count(*), first_2 = first(country)
        table orders
    => n int, m int, label string
    "#);
    assert_snapshot!(aggregate(&["country", "day"], &[("upper", "upper(country)")], None), @r#"
    project country, day, upper = upper(country)
      aggregate by country, day
        table orders
    => country string, day date, upper string
    "#);
    assert_snapshot!(aggregate(&["day"], &[("total", "sum(total)")], Some("total > 100 and count(*) > 3")), @r#"
    project day, total
      filter [having] (total > 100.00d) and (count_2 > 3)
        aggregate by day: total = sum(total), count_2 = count(*)
          table orders
    => day date, total decimal(38,2)
    "#);
    assert_snapshot!(
        aggregate(&[], &[("c", "corr(total, quantity)"), ("a", "string_agg(country, ', ')"), ("d", "stddev(total)"), ("m", "median(total)"), ("q", "count(distinct country) filter (where quantity > 1)"), ("b", "bool_and(quantity > 0)"), ("l", "last(day)")], None),
        @r#"
    aggregate c = corr(total::float, quantity::float), a = string_agg(country, ', '), d = stddev(total::float), m = median(total), q = count(distinct country) filter (where quantity > 1), b = bool_and(quantity > 0), l = last(day)
      table orders
    => c float, a string, d float, m decimal(38,8), q int, b bool, l date
    "#
    );
}

#[test]
fn mistakes_in_metrics() {
    assert_snapshot!(aggregate(&["contry"], &[("total", "sum(totl)"), ("x", "sum(country)")], Some("totall > 1")), @r"
    there is no column `contry`
      at q.sql:1:1 `` unknown column
      help: did you mean `country`?
    there is no column `totl`
      at q.sql:1:5 `totl` unknown column
      help: did you mean `total`?
    `sum` takes numbers
      at q.sql:2:5 `country` this is a string
      help: convert it: `cast(… as float)`, or give the column a type in a `normalize` task
    there is no column `totall`
      at q.sql:3:1 `totall` unknown column
      help: did you mean `total`?
    ");
    assert_snapshot!(aggregate(&["country"], &[("total", "total"), ("x", "sum(total) / quantity")], None), @r#"
    `total` is neither a group key nor inside an aggregate
      at q.sql:1:1 `total` which row's value?
      help: group by it too, or say which one: `min(total)`, `first(total)`, …
    `quantity` is neither a group key nor inside an aggregate
      at q.sql:2:14 `quantity` which row's value?
      help: group by it too, or say which one: `min(quantity)`, `first(quantity)`, …
    "#);
    assert_snapshot!(aggregate(&["country"], &[("country", "count(*)"), ("s", "sum(avg(total))")], None), @r#"
    there are two columns `country`
      at q.sql:1:1 `` the second
      help: give the metric another name
    `avg` cannot stand inside `sum`
      at q.sql:2:5 `avg` an aggregate within an aggregate
      help: aggregate in two steps: a subquery, or a task before this one
    "#);
    assert_snapshot!(aggregate(&["country"], &[("s", "sum(total) over ()"), ("c", "count()")], Some("sum(total)")), @r#"
    a window function cannot stand in a metric
      at q.sql:1:1 `sum` not allowed here
      help: compute it in a subquery or `with`, and use its column outside
    `count` counts values or rows
      at q.sql:2:1 `count` write `count(*)`
    a condition must be true or false; this is a decimal(38,2)
      at q.sql:3:1 `sum(total)` a decimal(38,2)
      help: compare it: `… <> 0`
    "#);
    assert_snapshot!(aggregate(&[], &[("s", "sum(total, 1)"), ("c", "string_agg(country, country)"), ("f", "upper(country) filter (where true)")], None), @r#"
    `sum` takes 1 argument, not 2
      at q.sql:1:1 `sum`
    the separator of `string_agg` must be a text constant
      at q.sql:2:21 `country`
    `filter` works on aggregates; `upper` is none
      at q.sql:3:1 `upper`
    "#);
}

#[test]
fn sort_keys_are_columns_with_a_sign() {
    let show = |keys: &[&str]| match bind_sort(&keys.iter().map(|key| at(key)).collect::<Vec<_>>(), &orders()) {
        Ok(keys) => keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Err(errors) => errors
            .iter()
            .map(|error| format!("{} ({})", error.message, error.help.join(" ")))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    assert_snapshot!(show(&["-total", "country"]), @"total desc, country");
    assert_snapshot!(show(&["-totl", "contry", "-"]), @r#"
    there is no column `totl` (did you mean `total`?)
    there is no column `contry` (did you mean `country`?)
    there is no column `` (there is `country`, `day`, `total`, `quantity`)
    "#);
}
