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

fn sum() -> WindowFunc {
    WindowFunc::Agg(agg(AggFunc::Sum, vec![col("v", Int)], Int))
}

#[test]
fn ranks_follow_the_order_with_null_last() {
    let over = |func| window(func, WindowFrame::RunningPeers, true);
    assert_eq!(over(WindowFunc::RowNumber), "2 1 1 3 2 4");
    assert_eq!(over(WindowFunc::Rank), "2 1 1 2 2 4");
    assert_eq!(over(WindowFunc::DenseRank), "2 1 1 2 2 3");
}

#[test]
fn frames_bound_what_an_aggregate_sees() {
    assert_eq!(window(sum(), WindowFrame::Partition, false), "140 70 140 140 70 140");
    assert_eq!(window(sum(), WindowFrame::RunningPeers, true), "80 20 30 80 70 140");
    assert_eq!(window(sum(), WindowFrame::RunningRows, true), "40 20 30 80 70 140");
    assert_eq!(window(sum(), WindowFrame::Sliding { preceding: 1, following: 0 }, true), "40 20 30 50 70 100");
    assert_eq!(window(sum(), WindowFrame::Sliding { preceding: 0, following: 1 }, true), "50 70 40 100 50 60");
}

#[test]
fn other_rows_are_reached_within_the_partition() {
    let shift = |offset, default| {
        window(WindowFunc::Shift { value: col("v", Int), offset, default }, WindowFrame::Partition, true)
    };
    assert_eq!(shift(1, None), "30 - - 10 20 40");
    assert_eq!(shift(-1, Some(int(0))), "40 50 10 60 0 0");
    assert_eq!(window(WindowFunc::FirstValue(col("v", Int)), WindowFrame::RunningPeers, true), "30 20 30 30 20 30");
    assert_eq!(window(WindowFunc::LastValue(col("v", Int)), WindowFrame::RunningPeers, true), "40 20 30 40 50 60");
}

#[test]
fn running_aggregates_in_one_pass_are_those_computed_frame_by_frame() {
    let slow = |func: AggFunc| {
        // `distinct` changes nothing where all values differ, but keeps the aggregate from running along.
        let call = AggCall { distinct: true, ..agg(func, vec![col("v", Int)], Int) };
        window(WindowFunc::Agg(call), WindowFrame::RunningPeers, true)
    };
    for func in [AggFunc::Sum, AggFunc::Count, AggFunc::Min, AggFunc::Max, AggFunc::First, AggFunc::Last] {
        let call = agg(func.clone(), vec![col("v", Int)], Int);
        assert_eq!(window(WindowFunc::Agg(call), WindowFrame::RunningPeers, true), slow(func));
    }
    let filtered =
        AggCall { filter: Some(compare(CmpOp::Gt, col("v", Int), int(30))), ..agg(AggFunc::Count, vec![], Int) };
    assert_eq!(window(WindowFunc::Agg(filtered), WindowFrame::RunningRows, true), "0 0 0 1 1 2");
}
