use super::*;
use DataType::{Bool, Float, Int, String as Text};

fn sales() -> DataFrame {
    table(&[
        ("k", Text, "b a - b a -"),
        ("i", Int, "3 1 7 - 2 7"),
        ("m", D2, "1.00 2.00 0.05 2.01 - 0.10"),
        ("f", Float, "0.1 0.2 0.3 0.4 - 1.5"),
    ])
}

fn grouped(metrics: Vec<(&str, AggCall)>) -> Rel {
    Rel::Aggregate {
        input: Box::new(input("t", &sales())),
        keys: vec![("k".to_owned(), col("k", Text))],
        metrics: metrics.into_iter().map(|(name, call)| (name.to_owned(), call)).collect(),
    }
}

fn total(call: AggCall) -> String {
    let t = sales();
    let rel = Rel::Aggregate { input: Box::new(input("t", &t)), keys: vec![], metrics: vec![("x".to_owned(), call)] };
    result(rel, &[("t", &t)]).remove(0)
}

const D38: DataType = DataType::Decimal { precision: 38, scale: 2 };
const D8: DataType = DataType::Decimal { precision: 38, scale: 8 };

#[test]
fn groups_come_by_key_with_null_last() {
    let rel = grouped(vec![
        ("n", agg(AggFunc::new("count"), vec![], Int)),
        ("s", agg(AggFunc::new("sum"), vec![col("i", Int)], Int)),
        ("m", agg(AggFunc::new("sum"), vec![col("m", D2)], D38)),
        ("a", agg(AggFunc::new("avg"), vec![col("m", D2)], D8)),
        ("f", agg(AggFunc::new("first"), vec![col("i", Int)], Int)),
        ("l", agg(AggFunc::new("last"), vec![col("i", Int)], Int)),
    ]);
    assert_eq!(
        result(rel, &[("t", &sales())]),
        ["a 2 3 2.00 2.00000000 1 2", "b 2 3 3.01 1.50500000 3 -", "- 2 14 0.15 0.07500000 7 7",]
    );
}

#[test]
fn each_aggregate_means_what_it_says() {
    let i = || vec![col("i", Int)];
    assert_eq!(total(agg(AggFunc::new("count"), i(), Int)), "5");
    assert_eq!(total(AggCall { distinct: true, ..agg(AggFunc::new("count"), i(), Int) }), "4");
    assert_eq!(total(AggCall { distinct: true, ..agg(AggFunc::new("sum"), i(), Int) }), "13");
    assert_eq!(total(agg(AggFunc::new("avg"), i(), Float)), "4");
    assert_eq!(total(agg(AggFunc::new("median"), i(), Float)), "3");
    assert_eq!(total(agg(AggFunc::new("median"), vec![col("m", D2)], D8)), "1.00000000");
    assert_eq!(total(agg(AggFunc::new("min"), vec![col("k", Text)], Text)), "a");
    assert_eq!(total(agg(AggFunc::new("max"), vec![col("m", D2)], D2)), "2.01");
    assert_eq!(total(agg(AggFunc::new("variance"), i(), Float)), "8");
    assert_eq!(
        total(agg(AggFunc::new("sum"), vec![col("f", Float)], Float)),
        (0.1 + 0.2 + 0.3 + 0.4 + 1.5f64).to_string()
    );
    let joined = agg(
        AggFunc { parameter: Some(("separator", Value::String("+".to_owned()))), ..AggFunc::new("string_agg") },
        vec![col("k", Text)],
        Text,
    );
    assert_eq!(total(joined.clone()), "b+a+b+a");
    assert_eq!(total(AggCall { distinct: true, ..joined }), "b+a");
    let large = compare(CmpOp::Gt, col("i", Int), int(2));
    assert_eq!(total(agg(AggFunc::new("bool_and"), vec![large.clone()], Bool)), "false");
    assert_eq!(total(agg(AggFunc::new("bool_or"), vec![large.clone()], Bool)), "true");
    assert_eq!(total(AggCall { filter: Some(large), ..agg(AggFunc::new("count"), vec![], Int) }), "3");
}

#[test]
fn correlation_is_null_where_nothing_varies() {
    let corr = |x: Expr, y: Expr| total(agg(AggFunc::new("corr"), vec![x, y], Float));
    let i = || col("i", Int).cast(Float);
    let minus = Expr { kind: ExprKind::Negate(Box::new(i())), data_type: Float };
    assert_eq!(corr(i(), i()), "1");
    assert_eq!(corr(i(), minus), "-1");
    assert_eq!(corr(i(), Expr::literal(Value::Float(1.0))), "-");
}

#[test]
fn of_no_rows_there_is_one_row_without_keys_and_none_with() {
    let t = sales();
    let none = || Box::new(Rel::Limit { input: Box::new(input("t", &t)), offset: 0, count: Some(0) });
    let metrics = || {
        vec![
            ("n".to_owned(), agg(AggFunc::new("count"), vec![], Int)),
            ("s".to_owned(), agg(AggFunc::new("sum"), vec![col("m", D2)], D38)),
            ("d".to_owned(), agg(AggFunc::new("stddev"), vec![col("i", Int)], Float)),
            ("x".to_owned(), agg(AggFunc::new("max"), vec![col("k", Text)], Text)),
        ]
    };
    let all = Rel::Aggregate { input: none(), keys: vec![], metrics: metrics() };
    assert_eq!(result(all, &[("t", &t)]), ["0 - - -"]);
    let keyed = Rel::Aggregate { input: none(), keys: vec![("k".to_owned(), col("k", Text))], metrics: metrics() };
    assert!(result(keyed, &[("t", &t)]).is_empty());
}

#[test]
fn a_sum_that_overflows_fails() {
    let t = table(&[("i", Int, "9223372036854775807 1 -1")]);
    let sum = |rel| {
        let metrics = vec![("s".to_owned(), agg(AggFunc::new("sum"), vec![col("i", Int)], Int))];
        try_run(Rel::Aggregate { input: Box::new(rel), keys: vec![], metrics }, &[("t", &t)])
    };
    assert_eq!(rows(sum(input("t", &t)).unwrap().table.as_ref().unwrap()), ["9223372036854775807"]);
    let two = Rel::Limit { input: Box::new(input("t", &t)), offset: 0, count: Some(2) };
    assert_eq!(message(sum(two)), "column s: the sum overflows: 9223372036854775808 does not fit an int of 64 bits");
}

#[test]
fn every_type_serves_as_key_and_is_joined_sorted_and_compared() {
    use DataType::{Date, Datetime, Time};
    for (data_type, cells, sorted) in [
        (Bool, "true - false true", "false true -"),
        (D2, "2.50 - -1.00 2.50", "-1.00 2.50 -"),
        (
            DataType::Decimal { precision: 38, scale: 0 },
            "36893488147419103233 - -36893488147419103232 36893488147419103233",
            "-36893488147419103232 36893488147419103233 -",
        ),
        (Float, "2.5 - -1 2.5", "-1 2.5 -"),
        (Text, "b - a b", "a b -"),
        (Date, "2024-01-02 - 1960-01-01 2024-01-02", "1960-01-01 2024-01-02 -"),
        (
            Datetime,
            "2024-01-02T01:00:00 - 1960-01-01T00:00:00 2024-01-02T01:00:00",
            "1960-01-01T00:00:00 2024-01-02T01:00:00 -",
        ),
        (Time, "12:00:00 - 01:00:00 12:00:00", "01:00:00 12:00:00 -"),
        (DataType::Null, "- - - -", "-"),
    ] {
        let t = match data_type {
            DataType::Null => {
                let nothing = Series::full_null("k".into(), 4, &polars::prelude::DataType::Null);
                DataFrame::new_infer_height(vec![nothing.into()]).unwrap()
            }
            _ => table(&[("k", data_type, cells)]),
        };
        let key = || col("k", data_type);
        let metrics = vec![("m".to_owned(), agg(AggFunc::new("max"), vec![key()], data_type))];
        let keys = vec![("k".to_owned(), key())];
        let grouped = Rel::Aggregate { input: Box::new(input("t", &t)), keys, metrics };
        let expected: Vec<String> = sorted.split(' ').map(|cell| format!("{cell} {cell}")).collect();
        assert_eq!(result(grouped, &[("t", &t)]), expected, "{data_type}");

        let by = vec![ascending(key())];
        let order = Rel::Distinct { input: Box::new(Rel::Sort { input: Box::new(input("t", &t)), by }), on: None };
        assert_eq!(result(order, &[("t", &t)]).join(" "), sorted, "{data_type}");

        let mut right = t.clone();
        right.set_column_names(&["r"]).unwrap();
        let step = JoinStep {
            left: input("t", &t),
            right: input("r", &right),
            kind: JoinKind::Inner,
            on: vec![(key(), col("r", data_type))],
            condition: Some(compare(CmpOp::Eq, key(), col("r", data_type))),
            expect: None,
            diagnose: None,
        };
        let pairs = if data_type == DataType::Null { 0 } else { 5 };
        assert_eq!(result(Rel::Join(Box::new(step)), &[("t", &t), ("r", &right)]).len(), pairs, "{data_type}");
    }
}
