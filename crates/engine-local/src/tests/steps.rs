use super::*;
use DataType::{Int, String as Text};

fn t() -> DataFrame {
    table(&[("a", Int, "2 1 - 2 1"), ("b", Text, "x y z x w")])
}

fn boxed() -> Box<Rel> {
    Box::new(input("t", &t()))
}

#[test]
fn sorts_are_stable_and_put_nulls_last_both_ways() {
    let sort = |by| result(Rel::Sort { input: boxed(), by: vec![by] }, &[("t", &t())]);
    assert_eq!(sort(ascending(col("a", Int))), ["1 y", "1 w", "2 x", "2 x", "- z"]);
    assert_eq!(sort(descending(col("a", Int))), ["2 x", "2 x", "1 y", "1 w", "- z"]);
    let nulls_first = SortKey { nulls_first: true, ..descending(col("a", Int)) };
    assert_eq!(sort(nulls_first)[0], "- z");
}

#[test]
fn rows_left_out_are_accounted() {
    let filtered = Rel::Filter {
        input: Box::new(Rel::Distinct { input: boxed(), on: None }),
        predicate: compare(CmpOp::Le, col("a", Int), int(2)),
        account: Some("where".to_owned()),
    };
    let report = run(Rel::Limit { input: Box::new(filtered), offset: 1, count: Some(1) }, &[("t", &t())]);
    assert_eq!(rows(report.table.as_ref().unwrap()), ["1 y"]);
    let dropped: Vec<(&str, u64)> = report.account.dropped.iter().map(|d| (d.step.as_str(), d.rows)).collect();
    assert_eq!(dropped, [("distinct", 1), ("where", 1), ("limit", 2)]);
    assert_eq!(report.account.rows_in, [RowsIn { from: "t".to_owned(), rows: 5 }]);
}

#[test]
fn distinct_keeps_the_first_and_takes_nulls_as_equal() {
    let t = table(&[("a", Int, "- 1 - 1"), ("b", Int, "1 2 3 4")]);
    let rel = Rel::Distinct { input: Box::new(input("t", &t)), on: Some(vec!["a".to_owned()]) };
    assert_eq!(result(rel, &[("t", &t)]), ["- 1", "1 2"]);
}

#[test]
fn set_operations_keep_the_left_order() {
    let (l, r) = (table(&[("a", Int, "1 2 2 - 3")]), table(&[("b", Int, "2 - 4")]));
    let set = |kind, all| {
        let (left, right) = (Box::new(input("l", &l)), Box::new(input("r", &r)));
        result(Rel::SetOp { kind, all, left, right }, &[("l", &l), ("r", &r)]).join(" ")
    };
    assert_eq!(set(SetOpKind::Union, true), "1 2 2 - 3 2 - 4");
    assert_eq!(set(SetOpKind::Union, false), "1 2 - 3 4");
    assert_eq!(set(SetOpKind::Intersect, false), "2 -");
    assert_eq!(set(SetOpKind::Intersect, true), "2 -");
    assert_eq!(set(SetOpKind::Except, false), "1 3");
    assert_eq!(set(SetOpKind::Except, true), "1 2 3");
}

#[test]
fn one_row_comes_from_nowhere() {
    let rel = Rel::Project { input: Box::new(Rel::Unit), columns: vec![("x".to_owned(), int(7))] };
    assert_eq!(result(rel, &[]), ["7"]);
}

#[test]
fn fills_keep_the_column_type() {
    let t = table(&[("i", Int, "1 - 2 2"), ("m", D2, "0.01 - 0.02 -"), ("s", Text, "x - - y")]);
    let columns = vec![
        ("i".to_owned(), Fill::Mean),
        ("m".to_owned(), Fill::Median),
        ("s".to_owned(), Fill::Value(Value::String("none".to_owned()))),
    ];
    let rel = Rel::Fill { input: Box::new(input("t", &t)), columns };
    assert_eq!(result(rel, &[("t", &t)]), ["1 0.01 x", "2 0.02 none", "2 0.02 none", "2 0.02 y"]);
    let zero = Rel::Fill { input: Box::new(input("t", &t)), columns: vec![("m".to_owned(), Fill::Zero)] };
    assert_eq!(result(zero, &[("t", &t)])[1], "- 0.00 -");
}

#[test]
fn a_job_that_is_cancelled_holds_nothing() {
    let job = TableJob { rel: input("t", &t()), checks: vec![] };
    let inputs = [("t".to_owned(), in_memory(t()).unwrap())];
    let cancelled = CancelToken::new();
    cancelled.cancel();
    let outcome = engine().run(&job, &JobOptions { inputs: &inputs, origin: &|_| None, cancelled: &cancelled });
    assert!(matches!(outcome, Err(EngineError::Cancelled)));
}

#[test]
fn what_breaks_inside_becomes_an_error() {
    struct Breaking;
    impl Files for Breaking {
        fn rows_are_lines(&self, _: &Scan) -> bool {
            true
        }

        fn infer(&self, _: &Path, _: &Scan, _: Option<usize>, _: &CancelToken) -> Result<Schema, EngineError> {
            panic!("the disk is on fire")
        }
        fn read(&self, _: &Path, _: &Scan, _: &CancelToken) -> Result<(DataFrame, Vec<String>), EngineError> {
            Ok((DataFrame::empty(), Vec::new()))
        }
        fn places(&self, _: &Path, _: &Scan, _: &[u64], _: &CancelToken) -> Result<Vec<(String, u64)>, EngineError> {
            Ok(vec![])
        }
        fn write(
            &self,
            _: &crate::store::output_table::OutputTable,
            _: &Sink,
            _: &Path,
        ) -> Result<Written, EngineError> {
            Ok(Written::default())
        }
    }
    let engine = LocalEngine::with_files("/nowhere", Box::new(Breaking));
    assert_eq!(
        message(engine.infer(&super::conversions::scan(), &CancelToken::new())),
        "the table engine broke: the disk is on fire"
    );
}
