//! Tests of the whole room: text in, plan or message out.

mod any_query;
mod fuzz;
mod joins;
mod lineage;
mod metrics;
mod queries;
mod refused;
mod scalars;
mod subqueries;
mod tpch;

use crate::diagnostic::{Diagnostic, SourceMap, Span};
use crate::spec::{At, Scope, SqlHole, SqlText};
use crate::table::{DataType, Rel, Schema};

/// A text that is a file of its own, `q.sql`.
pub(super) fn sql(raw: &str, holes: Vec<SqlHole>) -> (SqlText, SourceMap) {
    let sources = SourceMap::default();
    let file = sources.add("q.sql", raw);
    let span = Span { file, start: 0, end: raw.len() as u32 };
    if raw.contains("now()") {
        let run = serde_json::json!({"run": {"logical_time": "2024-12-31T23:59:58+00:00"}});
        let scope = Scope::new(run.as_object().cloned().unwrap(), Default::default());
        let text = SqlText::parse(raw, span, &scope, &sources).unwrap();
        return (text, sources);
    }
    (SqlText { raw: raw.to_owned(), text: raw.to_owned(), holes, span }, sources)
}

fn at(value: &str) -> At<String> {
    At { value: value.to_owned(), span: Span::default() }
}

/// Messages as `place label: message | help`.
pub(super) fn shown(errors: &[Diagnostic], sources: &SourceMap) -> String {
    let place = |span: Span| {
        let (line, column) = sources.line_column(span).unwrap_or_default();
        let text = sources.get(span.file).and_then(|file| file.text.get(span.range())).unwrap_or_default();
        format!("q.sql:{line}:{column} `{text}`")
    };
    let one = |error: &Diagnostic| {
        let mut lines = vec![error.message.clone()];
        lines.extend(
            error.labels.iter().map(|label| format!("  at {} {}", place(label.span), label.text).trim_end().to_owned()),
        );
        lines.extend(error.help.iter().map(|help| format!("  help: {help}")));
        lines.join("\n")
    };
    errors.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A column of each type.
pub(super) fn columns() -> Schema {
    [
        ("i", DataType::Int),
        ("j", DataType::Int),
        ("f", DataType::Float),
        ("m", DataType::MONEY),
        ("rate", DataType::Decimal { precision: 6, scale: 4 }),
        ("s", DataType::String),
        ("b", DataType::Bool),
        ("d", DataType::Date),
        ("e", DataType::Date),
        ("t", DataType::Datetime),
        ("clock", DataType::Time),
        ("n", DataType::Null),
        ("Mixed", DataType::Int),
        ("order-count", DataType::Int),
    ]
    .into_iter()
    .collect()
}

/// Two small tables beside the one of all types, and those of TPC-H that a test needs.
fn table(name: &str) -> Option<Schema> {
    use DataType::{Date, Int, String};
    const NUMBER: DataType = DataType::Decimal { precision: 15, scale: 2 };
    let columns: &[(&str, DataType)] = match name {
        "all_types" => return Some(columns()),
        "orders" => &[("id", Int), ("customer", Int), ("day", Date), ("amount", DataType::MONEY)],
        "customers" => &[("id", Int), ("name", String), ("country", String)],
        "raw-orders" => &[("id", Int), ("Total", DataType::MONEY)],
        "lineitem" => &[
            ("l_orderkey", Int),
            ("l_partkey", Int),
            ("l_suppkey", Int),
            ("l_quantity", NUMBER),
            ("l_extendedprice", NUMBER),
            ("l_discount", NUMBER),
            ("l_tax", NUMBER),
            ("l_returnflag", String),
            ("l_linestatus", String),
            ("l_shipdate", Date),
            ("l_commitdate", Date),
            ("l_receiptdate", Date),
            ("l_shipmode", String),
            ("l_shipinstruct", String),
        ],
        "tpch_orders" => &[
            ("o_orderkey", Int),
            ("o_custkey", Int),
            ("o_orderstatus", String),
            ("o_orderdate", Date),
            ("o_shippriority", Int),
            ("o_orderpriority", String),
        ],
        "customer" => &[
            ("c_custkey", Int),
            ("c_nationkey", Int),
            ("c_mktsegment", String),
            ("c_phone", String),
            ("c_acctbal", NUMBER),
        ],
        "supplier" => &[("s_suppkey", Int), ("s_nationkey", Int), ("s_name", String)],
        "nation" => &[("n_nationkey", Int), ("n_regionkey", Int), ("n_name", String)],
        "region" => &[("r_regionkey", Int), ("r_name", String)],
        "part" => {
            &[("p_partkey", Int), ("p_brand", String), ("p_size", Int), ("p_container", String), ("p_type", String)]
        }
        "partsupp" => &[("ps_partkey", Int), ("ps_suppkey", Int), ("ps_supplycost", NUMBER), ("ps_availqty", Int)],
        _ => return None,
    };
    Some(columns.iter().copied().collect())
}

/// The plan of a query and the columns of its result, or what is wrong.
pub(super) fn plan(raw: &str) -> String {
    let (sql, sources) = sql(raw, vec![]);
    match super::bind_query(&sql, &table, &sources) {
        Ok(rel) => {
            consistent(&rel);
            let columns =
                rel.schema().fields().iter().map(|f| format!("{} {}", f.name, f.data_type)).collect::<Vec<_>>();
            format!("{rel}\n=> {}", columns.join(", "))
        }
        Err(errors) => shown(&errors, &sources),
    }
}

/// Every column an expression names is there and has that type; no two columns of a step share a name.
fn consistent(rel: &Rel) {
    let check = |input: &Rel, expr: &crate::table::Expr| {
        let schema = input.schema();
        fn walk(expr: &crate::table::Expr, schema: &Schema) {
            if let crate::table::ExprKind::Column(name) = &expr.kind {
                assert_eq!(schema.get(name), Some(expr.data_type), "column {name} of {schema:?}");
            }
            expr.operands().into_iter().for_each(|child| walk(child, schema));
        }
        walk(expr, &schema);
    };
    match rel {
        Rel::Project { input, columns } => {
            columns.iter().for_each(|(_, expr)| check(input, expr));
            assert_eq!(rel.schema().len(), columns.len());
        }
        Rel::Filter { input, predicate, .. } => check(input, predicate),
        Rel::Aggregate { input, keys, metrics } => {
            keys.iter().for_each(|(_, expr)| check(input, expr));
            for (_, call) in metrics {
                call.exprs().for_each(|expr| check(input, expr));
            }
            assert_eq!(rel.schema().len(), keys.len() + metrics.len());
        }
        Rel::Sort { input, by } => by.iter().for_each(|key| check(input, &key.expr)),
        Rel::Window { input, columns } => {
            for (_, call) in columns {
                call.exprs().into_iter().for_each(|expr| check(input, expr));
            }
            assert_eq!(rel.schema().len(), input.schema().len() + columns.len());
        }
        Rel::Join(step) => {
            for (left, right) in &step.on {
                check(&step.left, left);
                check(&step.right, right);
                assert_eq!(left.data_type, right.data_type);
            }
            let (left, right) = (step.left.schema(), step.right.schema());
            assert!(left.names().all(|name| !right.contains(name)), "{left:?} {right:?}");
        }
        Rel::SetOp { left, right, .. } => {
            let types = |rel: &Rel| rel.schema().fields().iter().map(|field| field.data_type).collect::<Vec<_>>();
            assert_eq!(types(left), types(right));
        }
        _ => {}
    }
    rel.inputs().into_iter().for_each(consistent);
}
