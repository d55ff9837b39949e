use super::*;
use DataType::{Int, String as Text};

fn frame() -> DataFrame {
    table(&[("k", Text, "a b a a b a"), ("o", Int, "2 1 1 2 2 -"), ("v", Int, "10 20 30 40 50 60")])
}

fn window(func: WindowFunc, frame_kind: WindowFrame, ordered: bool) -> String {
    let t = frame();
    let call = WindowCall {
        func,
        partition_by: vec![col("k", Text)],
        order_by: if ordered { vec![ascending(col("o", Int))] } else { vec![] },
        frame: frame_kind,
        data_type: Int,
    };
    let rel = Rel::Window { input: Box::new(input("t", &t)), columns: vec![("w".to_owned(), call)] };
    let rows = result(rel, &[("t", &t)]);
    rows.iter().map(|row| row.rsplit(' ').next().unwrap()).collect::<Vec<_>>().join(" ")
}

fn of(name: &'static str, args: Vec<Expr>) -> WindowFunc {
    WindowFunc::Call { name, args, ignore_nulls: false }
}

fn rows_between(start: i64, end: i64) -> WindowFrame {
    WindowFrame { start: FrameBound::Rows(start), end: FrameBound::Rows(end) }
}

fn sum() -> WindowFunc {
    WindowFunc::Agg(agg(AggFunc::new("sum"), vec![col("v", Int)], Int))
}

#[test]
fn ranks_follow_the_order_with_null_last() {
    let over = |func| window(func, WindowFrame::RUNNING_PEERS, true);
    assert_eq!(over(of("row_number", vec![])), "2 1 1 3 2 4");
    assert_eq!(over(of("rank", vec![])), "2 1 1 2 2 4");
    assert_eq!(over(of("dense_rank", vec![])), "2 1 1 2 2 3");
}

#[test]
fn frames_bound_what_an_aggregate_sees() {
    assert_eq!(window(sum(), WindowFrame::PARTITION, false), "140 70 140 140 70 140");
    assert_eq!(window(sum(), WindowFrame::RUNNING_PEERS, true), "80 20 30 80 70 140");
    assert_eq!(window(sum(), WindowFrame::RUNNING_ROWS, true), "40 20 30 80 70 140");
    assert_eq!(window(sum(), rows_between(-1, 0), true), "40 20 30 50 70 100");
    assert_eq!(window(sum(), rows_between(0, 1), true), "50 70 40 100 50 60");
}

#[test]
fn other_rows_are_reached_within_the_partition() {
    let shift = |name, args| window(of(name, args), WindowFrame::PARTITION, true);
    assert_eq!(shift("lag", vec![col("v", Int)]), "30 - - 10 20 40");
    assert_eq!(shift("lead", vec![col("v", Int), int(1), int(0)]), "40 50 10 60 0 0");
    assert_eq!(shift("lag", vec![col("v", Int), int(-1), int(0)]), "40 50 10 60 0 0");
    assert_eq!(shift("lag", vec![col("v", Int), int(0)]), "10 20 30 40 50 60");
    assert_eq!(window(of("first_value", vec![col("v", Int)]), WindowFrame::RUNNING_PEERS, true), "30 20 30 30 20 30");
    assert_eq!(window(of("last_value", vec![col("v", Int)]), WindowFrame::RUNNING_PEERS, true), "40 20 30 40 50 60");
}

#[test]
fn running_aggregates_in_one_pass_are_those_computed_frame_by_frame() {
    let slow = |func: AggFunc| {
        // `distinct` changes nothing where all values differ, but keeps the aggregate from running along.
        let call = AggCall { distinct: true, ..agg(func, vec![col("v", Int)], Int) };
        window(WindowFunc::Agg(call), WindowFrame::RUNNING_PEERS, true)
    };
    for func in [
        AggFunc::new("sum"),
        AggFunc::new("count"),
        AggFunc::new("min"),
        AggFunc::new("max"),
        AggFunc::new("first"),
        AggFunc::new("last"),
    ] {
        let call = agg(func.clone(), vec![col("v", Int)], Int);
        assert_eq!(window(WindowFunc::Agg(call), WindowFrame::RUNNING_PEERS, true), slow(func));
    }
    let filtered =
        AggCall { filter: Some(compare(CmpOp::Gt, col("v", Int), int(30))), ..agg(AggFunc::new("count"), vec![], Int) };
    assert_eq!(window(WindowFunc::Agg(filtered), WindowFrame::RUNNING_ROWS, true), "0 0 0 1 1 2");
}
