//! Every function of SQL has a kernel, and computes what its documentation says.

use std::collections::BTreeSet;

use tidemill_core::diagnostic::{SourceMap, Span};
use tidemill_core::spec::SqlText;
use tidemill_core::sql::{bind_query, functions};

use super::*;

fn bound(query: &str) -> Rel {
    let sources = SourceMap::default();
    let file = sources.add("example.sql", query);
    let span = Span { file, start: 0, end: query.len() as u32 };
    let sql = SqlText { raw: query.to_owned(), text: query.to_owned(), holes: vec![], span };
    bind_query(&sql, &|_| None, &sources).unwrap_or_else(|errors| panic!("{query}: {errors:?}"))
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
