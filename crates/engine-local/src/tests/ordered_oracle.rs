//! Ordered aggregates and the frames of windows against the plainest code that could say the same.

use super::*;
use DataType::{Float, Int, String as Text};
use polars::prelude::NamedFrom;
use proptest::prelude::*;

type Row = (Option<i64>, Option<i64>);

fn some_rows() -> impl Strategy<Value = Vec<Row>> {
    let value = || proptest::option::weighted(0.8, -3..6i64);
    proptest::collection::vec((value(), value()), 0..14)
}

fn frame(rows: &[Row]) -> DataFrame {
    let column = |name: &str, of: fn(&Row) -> Option<i64>| {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>()).into()
    };
    DataFrame::new_infer_height(vec![column("o", |row| row.0), column("v", |row| row.1)]).unwrap()
}

fn told(name: &'static str, what: &'static str, value: Value) -> AggFunc {
    AggFunc { parameter: Some((what, value)), ..AggFunc::new(name) }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

/// One aggregate over all rows.
fn total(t: &DataFrame, call: AggCall) -> String {
    let rel = Rel::Aggregate { input: Box::new(input("t", t)), keys: vec![], metrics: vec![("x".to_owned(), call)] };
    result(rel, &[("t", t)]).remove(0)
}

/// Row numbers by the key, NULL last; ties in row order.
fn placed(rows: &[Row], descending: bool) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_by_key(|row| (rows[*row].0.is_none(), rows[*row].0.map(|key| if descending { -key } else { key })));
    places
}

/// Whether the row at `other` of the window's order lies in the frame of the one at `at`.
fn is_inside(keys: &[Option<i64>], unit: usize, (start, end): (i64, i64), down: bool, at: usize, other: usize) -> bool {
    let group = |at: usize| keys[..=at].windows(2).filter(|pair| pair[0] != pair[1]).count() as i64;
    let distance = match (unit, keys[at], keys[other]) {
        (0, ..) => other as i64 - at as i64,
        (1, ..) => group(other) - group(at),
        (_, Some(key), Some(other)) => {
            if down {
                key - other
            } else {
                other - key
            }
        }
        (_, key, other) => return key == other,
    };
    (start..=end).contains(&distance)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn aggregates_of_sorted_rows_agree_with_a_sort(given in some_rows(), quarter in 0..5u32) {
        let (t, fraction) = (frame(&given), f64::from(quarter) / 4.0);
        let by_v = || vec![ascending(col("v", Int))];
        let mut sorted: Vec<i64> = given.iter().filter_map(|row| row.1).collect();
        sorted.sort_unstable();

        let call = |name| told(name, "fraction", Value::Float(fraction));
        let disc = AggCall { order_by: by_v(), ..AggCall::new(call("percentile_disc"), vec![col("v", Int)], Int) };
        let place = (0..sorted.len()).find(|place| (place + 1) as f64 >= fraction * sorted.len() as f64);
        prop_assert_eq!(total(&t, disc), shown(place.map(|place| sorted[place])));

        let cont = AggCall { order_by: by_v(), ..AggCall::new(call("percentile_cont"), vec![col("v", Int).cast(Float)], Float) };
        let between = sorted.len().checked_sub(1).map(|last| {
            let at = fraction * last as f64;
            let (low, high) = (sorted[at as usize] as f64, sorted[(at as usize + 1).min(last)] as f64);
            low + (high - low) * (at - at.floor())
        });
        prop_assert_eq!(total(&t, cont), shown(between));

        let mode = AggCall { order_by: by_v(), ..AggCall::new(AggFunc::new("mode"), vec![col("v", Int)], Int) };
        let count = |value: i64| sorted.iter().filter(|other| **other == value).count();
        let most = sorted.iter().map(|value| count(*value)).max();
        prop_assert_eq!(total(&t, mode), shown(sorted.iter().find(|value| Some(count(**value)) == most)));

        let array = AggCall { order_by: by_v(), ..AggCall::new(AggFunc::new("array_agg"), vec![col("v", Int)], Text) };
        let nulls = given.len() - sorted.len();
        let cells = sorted.iter().map(ToString::to_string).chain((0..nulls).map(|_| "null".to_owned()));
        let cells = cells.collect::<Vec<_>>().join(", ");
        prop_assert_eq!(total(&t, array), shown((!given.is_empty()).then(|| format!("[{cells}]"))));
    }

    #[test]
    fn aggregates_of_pairs_agree_with_a_loop(given in some_rows()) {
        let t = frame(&given);
        let both = || vec![col("o", Int), col("v", Int)];
        let pairs: Vec<(i64, i64)> = given.iter().filter_map(|row| Some((row.0?, row.1?))).collect();

        let first_best = |better: fn(i64, i64) -> bool| {
            pairs.iter().copied().reduce(|best, pair| if better(pair.1, best.1) { pair } else { best }).map(|pair| pair.0)
        };
        prop_assert_eq!(total(&t, agg(AggFunc::new("max_by"), both(), Int)), shown(first_best(|a, b| a > b)));
        prop_assert_eq!(total(&t, agg(AggFunc::new("min_by"), both(), Int)), shown(first_best(|a, b| a < b)));

        let different: std::collections::BTreeSet<_> = pairs.iter().collect();
        let call = AggCall { distinct: true, ..agg(AggFunc::COUNT, both(), Int) };
        prop_assert_eq!(total(&t, call), different.len().to_string());

        let any = agg(AggFunc::new("any_value"), vec![col("v", Int)], Int);
        prop_assert_eq!(total(&t, any), shown(given.iter().find_map(|row| row.1)));
    }

    #[test]
    fn frames_agree_with_a_look_at_every_row(
        given in some_rows(),
        unit in 0..3usize,
        start in -3..3i64,
        more in -1..4i64,
        down: bool,
    ) {
        let (t, end) = (frame(&given), start + more);
        let key = SortKey { expr: col("o", Int), descending: down, nulls_first: false };
        let bound = |offset: i64| match unit {
            0 => FrameBound::Rows(offset),
            1 => FrameBound::Groups(offset),
            _ => {
                let op = if down { ArithOp::Sub } else { ArithOp::Add };
                FrameBound::Range { key: key.clone(), edge: arith(op, col("o", Int), int(offset), Int) }
            }
        };
        let sum = agg(AggFunc::new("sum"), vec![col("v", Int)], Int);
        let call = |func| WindowCall {
            func,
            partition_by: vec![],
            order_by: vec![key.clone()],
            frame: WindowFrame { start: bound(start), end: bound(end) },
            data_type: Int,
        };
        let last = WindowFunc::Call { name: "last_value", args: vec![col("v", Int)], ignore_nulls: true };
        let columns = vec![("s".to_owned(), call(WindowFunc::Agg(sum))), ("l".to_owned(), call(last))];
        let found = result(Rel::Window { input: Box::new(input("t", &t)), columns }, &[("t", &t)]);

        let order = placed(&given, down);
        let keys: Vec<Option<i64>> = order.iter().map(|row| given[*row].0).collect();
        let mut expected = vec![String::new(); given.len()];
        for (at, row) in order.iter().enumerate() {
            let inside = (0..order.len()).filter(|other| is_inside(&keys, unit, (start, end), down, at, *other));
            let values: Vec<i64> = inside.filter_map(|place| given[order[place]].1).collect();
            let sum = (!values.is_empty()).then(|| values.iter().sum::<i64>());
            let cells = [shown(given[*row].0), shown(given[*row].1), shown(sum), shown(values.last())];
            expected[*row] = cells.join(" ");
        }
        prop_assert_eq!(found, expected);
    }
}
