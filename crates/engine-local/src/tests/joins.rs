use super::*;
use DataType::{Int, String as Text};

fn left() -> DataFrame {
    table(&[("a", Int, "1 2 - 1 4"), ("x", Text, "p q r s t")])
}

fn right() -> DataFrame {
    table(&[("b", Int, "1 5 1 2 -"), ("y", Int, "10 20 30 40 50")])
}

fn step(kind: JoinKind) -> JoinStep {
    let on = if kind == JoinKind::Cross { vec![] } else { vec![(col("a", Int), col("b", Int))] };
    JoinStep {
        left: input("l", &left()),
        right: input("r", &right()),
        kind,
        on,
        condition: None,
        expect: None,
        diagnose: None,
    }
}

fn joined(step: JoinStep) -> Vec<String> {
    result(Rel::Join(Box::new(step)), &[("l", &left()), ("r", &right())])
}

#[test]
fn each_kind_has_its_rows_in_their_order() {
    let pairs = ["1 p 1 10", "1 p 1 30", "2 q 2 40", "1 s 1 10", "1 s 1 30"];
    assert_eq!(joined(step(JoinKind::Inner)), pairs);
    assert_eq!(
        joined(step(JoinKind::Left)),
        ["1 p 1 10", "1 p 1 30", "2 q 2 40", "- r - -", "1 s 1 10", "1 s 1 30", "4 t - -"]
    );
    assert_eq!(joined(step(JoinKind::Right)), [&pairs[..], &["- - 5 20", "- - - 50"]].concat());
    assert_eq!(joined(step(JoinKind::Full))[5..], ["1 s 1 30", "4 t - -", "- - 5 20", "- - - 50"]);
    assert_eq!(joined(step(JoinKind::Semi)), ["1 p", "2 q", "1 s"]);
    assert_eq!(joined(step(JoinKind::Anti)), ["- r", "4 t"]);
    let cross = joined(step(JoinKind::Cross));
    assert_eq!((cross.len(), cross[1].as_str(), cross[5].as_str()), (25, "1 p 5 20", "2 q 1 10"));
}

fn with_condition(kind: JoinKind) -> JoinStep {
    let mut step = step(kind);
    step.condition = Some(compare(CmpOp::Gt, col("y", Int), int(10)));
    step
}

#[test]
fn a_condition_is_part_of_the_join() {
    assert_eq!(joined(with_condition(JoinKind::Inner)), ["1 p 1 30", "2 q 2 40", "1 s 1 30"]);
    assert_eq!(joined(with_condition(JoinKind::Left)), ["1 p 1 30", "2 q 2 40", "- r - -", "1 s 1 30", "4 t - -"]);
    assert_eq!(joined(with_condition(JoinKind::Right))[3..], ["- - 1 10", "- - 5 20", "- - - 50"]);
    let mut step = with_condition(JoinKind::Semi);
    step.condition = Some(compare(CmpOp::Gt, col("y", Int), int(30)));
    assert_eq!(joined(step), ["2 q"]);
}

#[test]
fn a_condition_alone_joins_too() {
    let mut step = step(JoinKind::Left);
    step.on = vec![];
    step.condition = Some(compare(CmpOp::Lt, arith(ArithOp::Mul, col("a", Int), int(20), Int), col("y", Int)));
    assert_eq!(
        joined(step),
        ["1 p 1 30", "1 p 2 40", "1 p - 50", "2 q - 50", "- r - -", "1 s 1 30", "1 s 2 40", "1 s - 50", "4 t - -"]
    );
}

#[test]
fn the_diagnosis_tells_what_happened_to_both_sides() {
    let mut step = step(JoinKind::Left);
    step.diagnose = Some(("orders".to_owned(), "campaigns".to_owned()));
    let report = run(Rel::Join(Box::new(step)), &[("l", &left()), ("r", &right())]);
    insta::assert_debug_snapshot!(report.account.joins[0], @r#"
    JoinDiagnosis {
        kind: Left,
        left: "orders",
        right: "campaigns",
        left_rows: 5,
        right_rows: 5,
        out_rows: 7,
        left_unmatched: 2,
        left_unmatched_examples: [
            "a=4",
        ],
        right_unmatched: 2,
        right_unmatched_examples: [
            "b=5",
        ],
        left_null_keys: 1,
        right_null_keys: 1,
        max_matches_per_left: 2,
        max_matches_key: Some(
            "a=1",
        ),
        max_matches_per_right: 2,
        expect: None,
    }
    "#);
}

#[test]
fn the_diagnosis_counts_pairs_that_a_condition_left() {
    let mut step = with_condition(JoinKind::Left);
    step.diagnose = Some(("orders".to_owned(), "campaigns".to_owned()));
    let report = run(Rel::Join(Box::new(step)), &[("l", &left()), ("r", &right())]);
    let join = &report.account.joins[0];
    assert_eq!((join.out_rows, join.max_matches_per_left, join.max_matches_per_right), (5, 1, 2));
    assert_eq!((join.left_unmatched, join.right_unmatched), (2, 3));
    assert_eq!(join.right_unmatched_examples, ["b=1", "b=5"]);
}

#[test]
fn a_broken_promise_fails_and_names_the_key() {
    for (expect, broken) in [
        (Cardinality::ManyToOne, Some("expected many_to_one, but the right side has key b=1 2 times")),
        (Cardinality::OneToMany, Some("expected one_to_many, but the left side has key a=1 2 times")),
        (Cardinality::OneToOne, Some("expected one_to_one, but the right side has key b=1 2 times")),
        (Cardinality::ManyToMany, None),
    ] {
        let mut step = step(JoinKind::Left);
        step.expect = Some(expect);
        let outcome = try_run(Rel::Join(Box::new(step)), &[("l", &left()), ("r", &right())]);
        assert_eq!(outcome.err().map(|error| error.to_string()).as_deref(), broken);
    }
}

#[test]
fn keys_of_several_parts_match_in_all_of_them() {
    let l = table(&[("a", Int, "1 1 2"), ("b", Text, "x - y")]);
    let r = table(&[("c", Int, "1 2 1"), ("d", Text, "x y -"), ("z", Int, "7 8 9")]);
    let step = JoinStep {
        left: input("l", &l),
        right: input("r", &r),
        kind: JoinKind::Left,
        on: vec![(col("a", Int), col("c", Int)), (col("b", Text), col("d", Text))],
        condition: None,
        expect: Some(Cardinality::OneToOne),
        diagnose: None,
    };
    assert_eq!(result(Rel::Join(Box::new(step)), &[("l", &l), ("r", &r)]), ["1 x 1 x 7", "1 - - - -", "2 y 2 y 8"]);
}
