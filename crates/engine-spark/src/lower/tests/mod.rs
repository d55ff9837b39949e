//! Every function of the registry is either said in Spark SQL or refused with a reason.

mod cleaning;

use std::collections::BTreeSet;

use tidemill_core::table::{
    AggCall, AggFunc, CmpOp, DataType, Expr, ExprKind, FileFormat, JoinKind, JoinStep, Location, Rel, Scan,
    ScanOptions, Schema, SortKey, Value,
};

use super::function::{REFUSED, lowered};
use super::{Inputs, Lowerer, Ordinal, Source, Stored};

struct Warehouse;

impl Inputs for Warehouse {
    fn table(&self, task: &str) -> Option<Stored> {
        Some(Stored::Written { folder: format!("file:///w/{task}"), order: vec![Ordinal::ASCENDING] })
    }

    fn source(&self, scan: &Scan) -> Option<Source> {
        Some(Source::Files(scan.files.iter().map(|file| format!("/w/{file}")).collect()))
    }
}

fn table(task: &str) -> Rel {
    let columns = [("n", DataType::Int), ("x", DataType::Float), ("s", DataType::String)];
    Rel::Input { task: task.to_owned(), schema: columns.into_iter().collect::<Schema>() }
}

fn sql(rel: &Rel) -> String {
    Lowerer::new(&Warehouse).rel(rel).expect("it can be said").ordered()
}

#[test]
fn no_function_is_both_computed_and_refused_or_twice_there() {
    let computed: Vec<&str> = lowered().map(|function| function.name).collect();
    let refused: Vec<&str> = REFUSED.iter().map(|(name, _)| *name).collect();
    let all: BTreeSet<&str> = computed.iter().chain(&refused).copied().collect();
    assert_eq!(all.len(), computed.len() + refused.len());
}

#[test]
fn every_example_of_the_registry_is_decided_on() {
    let known: BTreeSet<&str> =
        lowered().map(|function| function.name).chain(REFUSED.iter().map(|(name, _)| *name)).collect();
    let mut unknown = BTreeSet::new();
    for kernel in tidemill_core::sql::functions::all().filter(|function| function.is_computed_by_engine()) {
        if !known.contains(kernel.name) {
            unknown.insert(kernel.name);
        }
    }
    assert!(unknown.is_empty(), "say or refuse these: {unknown:?}");
}

#[test]
fn steps_are_said_with_what_orders_their_rows() {
    let key = |name: &str| Expr::column(name, DataType::Int);
    let filter = Rel::Filter {
        input: Box::new(table("a")),
        predicate: Expr {
            kind: ExprKind::Compare(CmpOp::Gt, Box::new(key("n")), Box::new(Expr::literal(Value::Int(1)))),
            data_type: DataType::Bool,
        },
        account: None,
    };
    let sort = Rel::Sort {
        input: Box::new(table("a")),
        by: vec![SortKey { expr: key("n"), descending: true, nulls_first: false }],
    };
    let aggregate = Rel::Aggregate {
        input: Box::new(table("a")),
        keys: vec![("s".to_owned(), Expr::column("s", DataType::String))],
        metrics: vec![(
            "total".to_owned(),
            AggCall::of(AggFunc::new("sum"), Expr::column("x", DataType::Float), DataType::Float),
        )],
    };
    let right = Rel::Project { input: Box::new(table("b")), columns: vec![("m".to_owned(), key("n"))] };
    let join = Rel::Join(Box::new(JoinStep {
        left: table("a"),
        right,
        kind: JoinKind::Left,
        on: vec![(key("n"), key("m"))],
        condition: None,
        expect: None,
        diagnose: None,
    }));
    insta::assert_snapshot!([filter, sort, aggregate, join].iter().map(sql).collect::<Vec<_>>().join("\n\n"), @r"
    select c0, c1, c2 from (select c0, c1, c2, o0 from (select c0, c1, c2, o0 from parquet.`file:///w/a`) t where (t.c0 > 1L)) t order by o0 asc nulls last

    select c0, c1, c2 from (select c0, c1, c2, t.c0 as o0, o0 as o1 from (select c0, c1, c2, o0 from parquet.`file:///w/a`) t) t order by o0 desc nulls last, o1 asc nulls last

    select c0, c1 from (select cast(k0 as string) as c0, cast(max(case when rn = 1 then s0 end) as double) as c1, k0 as o0 from (select *, sum(a0_0) over (partition by k0 order by o0 asc nulls last rows between unbounded preceding and unbounded following) as s0, row_number() over (partition by k0 order by o0 asc nulls last) as rn from (select t.c2 as k0, true as f0, t.c1 as a0_0, o0 from (select c0, c1, c2, o0 from parquet.`file:///w/a`) t) t) t group by k0) t order by o0 asc nulls last

    select c0, c1, c2, c3 from (select l.c0, l.c1, l.c2, r.c0 as c3, l.o0 as o0, r.o0 as o1 from (select *, true as here from (select c0, c1, c2, o0 from parquet.`file:///w/a`) t) l left join (select t.c0 as c0, o0 from (select c0, c1, c2, o0 from parquet.`file:///w/b`) t) r on l.c0 = r.c0) t order by o0 asc nulls last, o1 asc nulls last
    ");
}

#[test]
fn files_are_read_in_their_order_and_no_others() {
    let scan = |files: &[&str]| {
        Rel::Scan(Scan {
            files: files.iter().map(|file| Location::new(*file)).collect(),
            format: FileFormat("parquet"),
            table: None,
            query: None,
            sheet: None,
            options: ScanOptions::default(),
            is_selection: false,
            schema: [("odd `name", DataType::Int), ("d", DataType::Decimal { precision: 9, scale: 2 })]
                .into_iter()
                .collect(),
        })
    };
    insta::assert_snapshot!(sql(&scan(&["b.parquet"])), @r"select c0, c1 from (select cast(`odd ``name` as bigint) as c0, cast(`d` as decimal(9,2)) as c1, _metadata.row_index as o0 from parquet.`file:///w/b.parquet`) t order by o0 asc nulls last");
    insta::assert_snapshot!(sql(&scan(&["b.parquet", "y/a.parquet"])), @r"select c0, c1 from (select c0, c1, case p when 'file:///w/b.parquet' then 0L when 'file:/w/b.parquet' then 0L when 'file:///w/y/a.parquet' then 1L when 'file:/w/y/a.parquet' then 1L else cast(raise_error('the source has another file meanwhile: ' || p) as bigint) end * 1099511627776 + i as o0 from (select cast(`odd ``name` as bigint) as c0, cast(`d` as decimal(9,2)) as c1, _metadata.file_path as p, _metadata.row_index as i from parquet.`file:///{w/b.parquet,w/y/a.parquet}`) s) t order by o0 asc nulls last");
}
