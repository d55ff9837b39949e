//! The steps of `normalize`.

use tidemill_core::table::{Conversion, DataType, Expr, Fill, OnInvalid, RejectRule, Rel, TextCase, Value};

use super::{Lowerer, Warehouse, sql, table};

/// A conversion of the column `s` that does nothing but read it.
fn to(data_type: DataType) -> Conversion {
    Conversion {
        column: "s".to_owned(),
        data_type,
        money: false,
        formats: Vec::new(),
        trim: false,
        case: None,
        strip: None,
        map: Vec::new(),
    }
}

fn convert(conversion: Conversion, on_invalid: OnInvalid) -> Rel {
    Rel::Convert { input: Box::new(table("a")), columns: vec![conversion], on_invalid }
}

fn all(rels: &[Rel]) -> String {
    rels.iter().map(sql).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn nulls_are_filled() {
    let fill = |how: Fill| Rel::Fill { input: Box::new(table("a")), columns: vec![("n".to_owned(), how)] };
    insta::assert_snapshot!(all(&[
        fill(Fill::Zero),
        fill(Fill::Value(Value::Int(7))),
        fill(Fill::Mean),
        fill(Fill::Median)
    ]));
}

#[test]
fn texts_are_prepared() {
    let map = vec![("a".to_owned(), Value::String("b".to_owned())), ("n/a".to_owned(), Value::Null)];
    let text = to(DataType::String);
    let prepared = [
        Conversion { trim: true, ..text.clone() },
        Conversion { case: Some(TextCase::Lower), ..text.clone() },
        Conversion { case: Some(TextCase::Upper), ..text.clone() },
        Conversion { case: Some(TextCase::Title), ..text.clone() },
        Conversion { strip: Some("$ ".to_owned()), ..text.clone() },
        Conversion { map, ..text },
    ];
    insta::assert_snapshot!(all(&prepared.map(|conversion| convert(conversion, OnInvalid::Null))));
}

#[test]
fn texts_become_values() {
    let decimal = DataType::Decimal { precision: 9, scale: 2 };
    let by = |data_type, format: &str| Conversion { formats: vec![format.to_owned()], ..to(data_type) };
    let read = [
        to(DataType::Int),
        to(DataType::Float),
        to(DataType::Bool),
        to(decimal),
        Conversion { money: true, ..to(decimal) },
        to(DataType::Date),
        to(DataType::Datetime),
        to(DataType::Time),
        by(DataType::Date, "%a %d %B %y"),
        by(DataType::Date, "%Y-%j"),
        by(DataType::Datetime, "%F %I:%M:%S%.f %p"),
        by(DataType::Time, "%R"),
    ];
    insta::assert_snapshot!(all(&read.map(|conversion| convert(conversion, OnInvalid::Null))));
}

#[test]
fn what_does_not_fit_fails_or_goes() {
    insta::assert_snapshot!(all(&[
        convert(to(DataType::Bool), OnInvalid::Fail),
        convert(to(DataType::Bool), OnInvalid::Reject),
        convert(to(DataType::Bool), OnInvalid::Null),
    ]));
}

#[test]
fn rejected_rows_are_found_with_their_reasons() {
    let rule = RejectRule { predicate: Expr::literal(Value::Bool(true)), reason: "all".to_owned() };
    let reject = Rel::Reject { input: Box::new(convert(to(DataType::Bool), OnInvalid::Reject)), rules: vec![rule] };
    let rejected = Lowerer::new(&Warehouse).rejected(&reject).expect("it can be said");
    insta::assert_snapshot!(format!("{}\n\n{rejected}", sql(&reject)));
}

#[test]
fn formats_that_spark_does_not_know_are_refused() {
    let by = |format: &str| Conversion { formats: vec![format.to_owned()], ..to(DataType::Datetime) };
    let refused = |format: &str| {
        let rel = convert(by(format), OnInvalid::Null);
        Lowerer::new(&Warehouse).rel(&rel).expect_err("it is refused").message
    };
    let all = ["%s", "%F %T %z", "%F %T %Q", "%G-W%V-%u", "%Y %y-%m-%d"].map(refused);
    insta::assert_snapshot!(all.join("\n"));
}
