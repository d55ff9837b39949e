//! Every function of SQL has a kernel, and computes what its documentation says.

use std::collections::BTreeSet;

use tidemill_core::diagnostic::{Diagnostic, SourceMap, Span};
use tidemill_core::spec::{Scope, SqlText};
use tidemill_core::sql::{bind_query, functions};

use super::*;

fn bound(query: &str) -> Rel {
    try_bound(query).unwrap_or_else(|errors| panic!("{query}: {errors:?}"))
}

/// A query in a run of a known time.
pub(super) fn try_bound(query: &str) -> Result<Rel, Vec<Diagnostic>> {
    let sources = SourceMap::default();
    let file = sources.add("example.sql", query);
    let span = Span { file, start: 0, end: query.len() as u32 };
    let run = serde_json::json!({"run": {"logical_time": "2024-12-31T23:59:58+00:00"}});
    let scope = Scope::new(run.as_object().cloned().unwrap(), BTreeSet::new());
    let sql = SqlText::parse(query, span, &scope, &sources).unwrap();
    bind_query(&sql, &|_| None, &sources)
}

/// The functions that engines must know for a query.
fn called(rel: &Rel, names: &mut BTreeSet<&'static str>) {
    fn walk(expr: &Expr, names: &mut BTreeSet<&'static str>) {
        if let ExprKind::Call(function, _) = &expr.kind {
            names.insert(function.name);
        }
        expr.operands().into_iter().for_each(|operand| walk(operand, names));
    }
    if let Rel::Project { columns, .. } = rel {
        columns.iter().for_each(|(_, expr)| walk(expr, names));
    }
    rel.inputs().into_iter().for_each(|input| called(input, names));
}

#[test]
fn every_example_is_true() {
    let mut wrong = Vec::new();
    for function in functions::all() {
        for example in function.examples {
            let result = result(bound(&example.query()), &[]);
            let shown: Vec<&str> = result.iter().map(|row| if row == "-" { "NULL" } else { row }).collect();
            if shown.join(", ") != example.result {
                wrong.push(format!("{} is {}, not {}", example.call, shown.join(", "), example.result));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_kernel_is_of_a_function_or_an_operator() {
    let mut reached = BTreeSet::new();
    for example in functions::all().flat_map(|function| function.examples) {
        called(&bound(&example.query()), &mut reached);
    }
    // An interval is added to a constant date at once.
    let operators =
        ["'a' || 'b'", "timestamp '2024-01-31 00:00:00' + interval '1 month'", "(select x from (values (1)) as t (x))"];
    for operator in operators {
        called(&bound(&format!("select {operator} as result")), &mut reached);
    }
    let kernels: BTreeSet<&str> = crate::expr::function_names().collect();
    assert_eq!(reached, kernels);
}

/// What DuckDB 1.5 answers of the functions that PostgreSQL does not have.
#[test]
fn functions_of_duckdb_answer_as_there() {
    let recorded = [
        ("ends_with('abc', 'bc')", "true"),
        ("contains('abc', '')", "true"),
        ("contains('żółw', 'ół')", "true"),
        (r"regexp_extract('x', '\d+')", ""),
        (r"regexp_extract(null, 'a')", "-"),
        (r"regexp_extract('k=v', '(\w)=(\w)', 2)", "v"),
        ("sha256('żółw')", "f36b811094f4408ff06897bb585bbd814e42bb0463782c8b0b4d28d9ca8e2591"),
        (r#"json_extract('{"a":[1.5,"x"]}', '$.a')"#, r#"[1.5,"x"]"#),
        (r#"json_extract('{"a":[1.5,"x"]}', '$.a[1]')"#, r#""x""#),
        (r#"json_extract('{"a":1}', 'a')"#, "1"),
        (r#"json_extract('{"a":1}', '$.b')"#, "-"),
        ("json_extract_string('[1,2]', '$[-1]')", "2"),
        ("strptime('2024-01-01 00:00:00 +0200', '%Y-%m-%d %H:%M:%S %z')", "2023-12-31T22:00:00"),
        ("try_strptime('x', '%Y-%m-%d')", "-"),
        ("date_diff('year', date '2023-12-31', date '2024-01-01')", "1"),
        ("date_diff('quarter', date '2023-01-31', date '2024-03-01')", "4"),
        ("date_diff('week', date '2024-01-07', date '2024-01-08')", "0"),
        ("date_diff('week', date '2024-01-07', date '2024-01-14')", "1"),
        ("date_diff('week', date '2024-01-08', date '2024-01-01')", "-1"),
        ("date_diff('week', timestamp '2024-01-01 23:00:00', timestamp '2024-01-08 01:00:00')", "1"),
        ("date_diff('isoyear', date '2024-12-29', date '2024-12-30')", "1"),
        ("date_diff('hour', timestamp '1969-12-31 23:30:00', timestamp '1970-01-01 00:30:00')", "1"),
        ("date_diff('minute', timestamp '1969-12-31 23:30:30', timestamp '1970-01-01 00:30:00')", "60"),
        ("date_diff('second', timestamp '1969-12-31 23:30:30.5', timestamp '1970-01-01 00:30:00')", "3570"),
        ("date_diff('hour', date '2024-01-01', date '2024-01-02')", "24"),
        ("last_day(timestamp '2023-02-10 10:00:00')", "2023-02-28"),
        ("epoch(date '1969-12-31')", "-86400"),
        ("dayofweek(date '2024-12-29')", "0"),
        ("try_cast('4x' as int)", "-"),
        ("try_cast('2024-02-30' as date)", "-"),
        ("try_cast(' 7 ' as int)", "7"),
        ("try_cast('' as int)", "-"),
        ("xor(12, 10)", "6"),
        ("log(3, 243)", "5"),
        ("trunc(1.239, 2)", "1.23"),
    ];
    for (call, answer) in recorded {
        assert_eq!(result(bound(&format!("select {call} as result")), &[]), [answer], "{call}");
    }
}

#[test]
fn aggregates_and_window_functions_have_a_kernel_each() {
    use functions::FunctionKind::{Aggregate, Window};
    let named = |kind| functions::all().filter(move |function| function.kind() == kind).map(|function| function.name);
    let kernels: BTreeSet<&str> = crate::ops::aggregate::aggregate_names().collect();
    // It is `count(distinct …)`.
    assert_eq!(named(Aggregate).filter(|name| *name != "approx_count_distinct").collect::<BTreeSet<_>>(), kernels);
    assert_eq!(named(Window).collect::<BTreeSet<_>>(), crate::ops::window::window_names().collect());
}
