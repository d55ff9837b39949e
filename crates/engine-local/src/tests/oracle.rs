//! Joins, aggregates and sorts against the plainest code that could say the same.

use super::*;
use DataType::{Float, Int, String as Text};
use polars::prelude::NamedFrom;
use proptest::prelude::*;

type Row = (Option<i64>, Option<&'static str>, Option<f64>);

fn row() -> impl Strategy<Value = Row> {
    (
        proptest::option::weighted(0.9, prop_oneof![0..4i64, Just(i64::MAX), Just(-1_000_000_007)]),
        proptest::option::weighted(0.9, prop_oneof![Just("a"), Just("b"), Just("ab"), Just("")]),
        proptest::option::weighted(
            0.9,
            prop_oneof![Just(0.1), Just(-0.0), Just(0.0), Just(f64::NAN), Just(1e18), Just(-1e18)],
        ),
    )
}

fn frame(names: [&str; 3], rows: &[Row]) -> DataFrame {
    let k: Vec<Option<i64>> = rows.iter().map(|row| row.0).collect();
    let s: Vec<Option<&str>> = rows.iter().map(|row| row.1).collect();
    let f: Vec<Option<f64>> = rows.iter().map(|row| row.2).collect();
    // Cut in two, so that chunks are met as well.
    let whole = DataFrame::new_infer_height(vec![
        Series::new(names[0].into(), k).into(),
        Series::new(names[1].into(), s).into(),
        Series::new(names[2].into(), f).into(),
    ])
    .unwrap();
    let middle = rows.len() / 2;
    whole.slice(0, middle).vstack(&whole.slice(middle as i64, rows.len())).unwrap()
}

fn shown(row: &Row) -> String {
    let cell = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    format!(
        "{} {} {}",
        cell(row.0.map(|x| x.to_string())),
        cell(row.1.map(str::to_owned)),
        cell(row.2.map(|x| x.to_string()))
    )
}

fn float_order(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn null_last<T>(a: Option<T>, b: Option<T>, compare: impl Fn(T, T) -> std::cmp::Ordering) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn joined(kind: JoinKind, left: &[Row], right: &[Row], by_text: bool, conditioned: bool) -> Vec<String> {
    let nothing: Row = (None, None, None);
    let matches = |l: &Row, r: &Row| {
        let keys = l.0.is_some() && l.0 == r.0 && (!by_text || (l.1.is_some() && l.1 == r.1));
        keys && (!conditioned || matches!((l.2, r.2), (Some(a), Some(b)) if float_order(a, b).is_lt()))
    };
    let pair = |l: &Row, r: &Row| format!("{} {}", shown(l), shown(r));
    let mut result = vec![];
    for l in left {
        let partners: Vec<&Row> = right.iter().filter(|r| matches(l, r)).collect();
        match kind {
            JoinKind::Semi if !partners.is_empty() => result.push(shown(l)),
            JoinKind::Anti if partners.is_empty() => result.push(shown(l)),
            JoinKind::Semi | JoinKind::Anti => {}
            JoinKind::Left | JoinKind::Full if partners.is_empty() => result.push(pair(l, &nothing)),
            _ => result.extend(partners.iter().map(|r| pair(l, r))),
        }
    }
    if matches!(kind, JoinKind::Right | JoinKind::Full) {
        result.extend(right.iter().filter(|r| !left.iter().any(|l| matches(l, r))).map(|r| pair(&nothing, r)));
    }
    result
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn joins_agree_with_nested_loops(
        left in proptest::collection::vec(row(), 0..12),
        right in proptest::collection::vec(row(), 0..12),
        kind in prop_oneof![
            Just(JoinKind::Inner), Just(JoinKind::Left), Just(JoinKind::Right),
            Just(JoinKind::Full), Just(JoinKind::Semi), Just(JoinKind::Anti),
        ],
        by_text: bool,
        conditioned: bool,
    ) {
        let (l, r) = (frame(["k", "s", "f"], &left), frame(["k2", "s2", "f2"], &right));
        let mut on = vec![(col("k", Int), col("k2", Int))];
        if by_text {
            on.push((col("s", Text), col("s2", Text)));
        }
        let step = JoinStep {
            left: input("l", &l),
            right: input("r", &r),
            kind,
            on,
            condition: conditioned.then(|| compare(CmpOp::Lt, col("f", Float), col("f2", Float))),
            expect: None,
            diagnose: Some(("l".to_owned(), "r".to_owned())),
        };
        let report = run(Rel::Join(Box::new(step)), &[("l", &l), ("r", &r)]);
        prop_assert_eq!(rows(report.table.as_ref().unwrap()), joined(kind, &left, &right, by_text, conditioned));
        let counted = |kind| joined(kind, &left, &right, by_text, conditioned).len() as u64;
        prop_assert_eq!(report.account.joins[0].left_unmatched, counted(JoinKind::Anti));
        prop_assert_eq!(report.account.joins[0].right_unmatched, counted(JoinKind::Right) - counted(JoinKind::Inner));
    }

    #[test]
    fn sorts_agree_with_a_stable_sort(
        given in proptest::collection::vec(row(), 0..20),
        down: [bool; 2],
        text_too: bool,
    ) {
        let t = frame(["k", "s", "f"], &given);
        let direction = |down: bool, order: std::cmp::Ordering| if down { order.reverse() } else { order };
        let mut expected = given.clone();
        expected.sort_by(|a, b| {
            let by_float = null_last(a.2, b.2, |a, b| direction(down[0], float_order(a, b)));
            let by_text = null_last(a.1, b.1, |a, b| direction(down[1], a.cmp(b)));
            if text_too { by_float.then(by_text) } else { by_float }
        });
        let mut by = vec![SortKey { expr: col("f", Float), descending: down[0], nulls_first: false }];
        if text_too {
            by.push(SortKey { expr: col("s", Text), descending: down[1], nulls_first: false });
        }
        let sorted = result(Rel::Sort { input: Box::new(input("t", &t)), by }, &[("t", &t)]);
        prop_assert_eq!(sorted, expected.iter().map(shown).collect::<Vec<_>>());
    }

    #[test]
    fn aggregates_agree_with_a_loop(given in proptest::collection::vec(row(), 0..40), by_text: bool) {
        let t = frame(["k", "s", "f"], &given);
        let mut keys: Vec<(Option<i64>, Option<&str>)> = vec![];
        for row in &given {
            let key = (row.0, row.1.filter(|_| by_text));
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.sort_by(|a, b| null_last(a.0, b.0, |a, b| a.cmp(&b)).then(null_last(a.1, b.1, |a, b| a.cmp(b))));
        let expected: Vec<String> = keys
            .iter()
            .map(|key| {
                let members: Vec<&Row> = given.iter().filter(|row| (row.0, row.1.filter(|_| by_text)) == *key).collect();
                let floats: Vec<f64> = members.iter().filter_map(|row| row.2).collect();
                let sum = (!floats.is_empty()).then(|| floats.iter().fold(0.0, |sum, x| sum + x));
                let max = floats.iter().copied().reduce(|a, b| if float_order(b, a).is_gt() { b } else { a });
                let cell = |x: Option<f64>| x.map_or("-".to_owned(), |x| x.to_string());
                format!("{} {} {} {}", members.len(), floats.len(), cell(sum), cell(max))
            })
            .collect();
        let mut group_by = vec![("k".to_owned(), col("k", Int))];
        if by_text {
            group_by.push(("s".to_owned(), col("s", Text)));
        }
        let f = || vec![col("f", Float)];
        let metrics = vec![
            ("n".to_owned(), agg(AggFunc::new("count"), vec![], Int)),
            ("c".to_owned(), agg(AggFunc::new("count"), f(), Int)),
            ("t".to_owned(), agg(AggFunc::new("sum"), f(), Float)),
            ("m".to_owned(), agg(AggFunc::new("max"), f(), Float)),
        ];
        let keyed = group_by.len();
        let rel = Rel::Aggregate { input: Box::new(input("t", &t)), keys: group_by, metrics };
        let found: Vec<String> = result(rel, &[("t", &t)])
            .iter()
            .map(|row| row.splitn(keyed + 1, ' ').last().unwrap().to_owned())
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let count = 20_000i64;
    let t = DataFrame::new_infer_height(vec![
        Series::new(
            "k".into(),
            (0..count).map(|i| Some(i * 7_919 % 97 * 1_000_003).filter(|_| i % 53 != 0)).collect::<Vec<_>>(),
        )
        .into(),
        Series::new("s".into(), (0..count).map(|i| format!("v{}", i * 31 % 1_009)).collect::<Vec<_>>()).into(),
        Series::new("f".into(), (0..count).map(|i| (i as f64 * 0.37).sin() * 1e6).collect::<Vec<_>>()).into(),
    ])
    .unwrap();
    let grouped = || {
        let keys = vec![("k".to_owned(), col("k", Int)), ("s".to_owned(), col("s", Text))];
        let metrics = vec![("t".to_owned(), agg(AggFunc::new("sum"), vec![col("f", Float)], Float))];
        Rel::Aggregate { input: Box::new(input("t", &t)), keys, metrics }
    };
    let digest = || {
        let folder = tempfile::tempdir().unwrap();
        let engine = LocalEngine::with_files(folder.path(), Box::new(OneFile(DataFrame::empty())));
        engine.save(run(grouped(), &[("t", &t)]).table.as_ref().unwrap(), &Location::new("o")).unwrap()
    };
    let first = digest();
    (0..4).for_each(|_| assert_eq!(digest(), first));
}
