use super::*;
use DataType::{Bool, Date, Datetime, Float, Int, String as Text, Time};

fn unit() -> DataFrame {
    table(&[("a", Int, "1")])
}

fn one(expr: Expr) -> String {
    values(&unit(), expr).remove(0)
}

fn money(text: &str) -> Expr {
    Expr::literal(Value::String(text.to_owned())).cast(D2)
}

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

#[test]
fn int_overflow_fails_and_names_the_row() {
    let t = table(&[("a", Int, "1 9223372036854775807")]);
    let sum = arith(ArithOp::Add, col("a", Int), int(1), Int);
    let error = message(try_run(project(&t, sum), &[("t", &t)]));
    assert_eq!(error, "column x: int addition overflows in row 2: 9223372036854775807 + 1");
    let product = arith(ArithOp::Mul, col("a", Int), int(2), Int);
    assert!(message(try_run(project(&t, product), &[("t", &t)])).contains("int multiplication overflows in row 2"));
}

#[test]
fn division_by_zero_is_null_and_counted() {
    let t = table(&[("a", Int, "6 7 - 8"), ("b", Int, "4 0 0 0")]);
    let quotient = arith(ArithOp::Div, col("a", Int), col("b", Int), Float);
    let report = run(project(&t, quotient), &[("t", &t)]);
    assert_eq!(rows(report.table.as_ref().unwrap()), ["1.5", "-", "-", "-"]);
    assert_eq!(report.account.warnings, ["2 divisions by zero became NULL"]);
    assert_eq!(values(&t, arith(ArithOp::Mod, int(-7), col("b", Int), Int)), ["-3", "-", "-", "-"]);
}

#[test]
fn a_case_computes_only_the_branch_that_is_taken() {
    let t = table(&[("a", Int, "6 7 -"), ("s", Text, "1 x 3")]);
    let guarded = Expr {
        kind: ExprKind::Case {
            branches: vec![
                (compare(CmpOp::Eq, col("a", Int), int(6)), col("s", Text).cast(Int)),
                (compare(CmpOp::Eq, col("a", Int), int(7)), int(0)),
            ],
            otherwise: None,
        },
        data_type: Int,
    };
    assert_eq!(values(&t, guarded), ["1", "0", "-"]);
}

#[test]
fn a_cast_that_fails_inside_a_case_names_the_row_of_the_table() {
    let t = table(&[("a", Int, "6 7 8"), ("s", Text, "1 2 x")]);
    let guarded = Expr {
        kind: ExprKind::Case {
            branches: vec![(compare(CmpOp::Gt, col("a", Int), int(6)), col("s", Text).cast(Int))],
            otherwise: Some(Box::new(int(0))),
        },
        data_type: Int,
    };
    assert_eq!(message(try_run(project(&t, guarded), &[("t", &t)])), "column x: \"x\" in row 3 cannot become int");
}

#[test]
fn decimals_are_exact() {
    let quotient = |a, b| one(arith(ArithOp::Div, money(a), money(b), decimal(38, 8)));
    assert_eq!(quotient("1.00", "3.00"), "0.33333333");
    assert_eq!(quotient("-2.00", "3.00"), "-0.66666667");
    let product = |a, b, scale| one(arith(ArithOp::Mul, money(a), money(b), decimal(38, scale)));
    assert_eq!(product("1.05", "1.05", 4), "1.1025");
    assert_eq!(product("0.05", "0.50", 2), "0.02", "half goes to the even neighbour");
    assert_eq!(product("0.15", "0.50", 2), "0.08");
    let t = unit();
    let too_large = arith(ArithOp::Mul, money("99999999.99"), money("99999999.99"), decimal(10, 4));
    assert!(message(try_run(project(&t, too_large), &[("t", &t)])).contains("decimal multiplication overflows"));
    assert_eq!(one(arith(ArithOp::Mod, money("-7.50"), money("2.00"), D2)), "-1.50");
}

#[test]
fn rounding_goes_away_from_zero_and_keeps_decimals() {
    let float = |x: f64| Expr::literal(Value::Float(x));
    let round = |x, digits| one(call(Function::new("round"), vec![float(x), int(digits)], Float));
    assert_eq!(round(2.5, 0), "3");
    assert_eq!(round(-2.5, 0), "-3");
    assert_eq!(round(2.675, 2), "2.68");
    assert_eq!(round(1234.5, -2), "1200");
    assert_eq!(round(1e-20, 2), "0");
    assert_eq!(one(call(Function::new("round"), vec![money("1.25"), int(1)], D2)), "1.30");
    assert_eq!(one(call(Function::new("round"), vec![int(1250), int(-2)], Int)), "1300");
    assert_eq!(one(call(Function::new("floor"), vec![money("-1.25")], D2)), "-2.00");
    assert_eq!(one(call(Function::new("ceil"), vec![money("-1.25")], D2)), "-1.00");
}

#[test]
fn casts_that_do_not_fit_fail() {
    let t = table(&[("s", Text, "12 1e3 2024-02-30")]);
    for (data_type, bad) in [(Int, "1e3"), (Float, "2024-02-30"), (Date, "12")] {
        let error = message(try_run(project(&t, col("s", Text).cast(data_type)), &[("t", &t)]));
        assert!(
            error.contains(&format!("{bad:?} in row")) && error.contains(&format!("cannot become {data_type}")),
            "{error}"
        );
    }
    let t = table(&[("f", Float, "2.5 -2.5 1e30")]);
    assert!(message(try_run(project(&t, col("f", Float).cast(Int)), &[("t", &t)])).contains("row 3"));
    assert_eq!(one(Expr::literal(Value::Float(0.285)).cast(decimal(9, 2))), "0.29");
    assert_eq!(one(money("1.005")), "1.01");
    assert_eq!(one(text("2024-07-21T08:30:00").cast(Datetime).cast(Time)), "08:30:00");
    assert_eq!(one(text("1969-12-31T23:30:00").cast(Datetime).cast(Date)), "1969-12-31");
}

#[test]
fn logic_is_three_valued() {
    let t = table(&[
        ("a", Bool, "true true true false false false - - -"),
        ("b", Bool, "true false - true false - true false -"),
    ]);
    let both = |kind: fn(Box<Expr>, Box<Expr>) -> ExprKind| Expr {
        kind: kind(Box::new(col("a", Bool)), Box::new(col("b", Bool))),
        data_type: Bool,
    };
    assert_eq!(values(&t, both(ExprKind::And)).join(" "), "true false - false false false - false -");
    assert_eq!(values(&t, both(ExprKind::Or)).join(" "), "true true true true false - true - -");
}

#[test]
fn in_with_null_is_true_or_unknown() {
    let t = table(&[("a", Int, "1 2 -")]);
    let within = |list: Vec<Expr>, negated| Expr {
        kind: ExprKind::InList { operand: Box::new(col("a", Int)), list, negated },
        data_type: Bool,
    };
    assert_eq!(values(&t, within(vec![int(1), int(3)], false)), ["true", "false", "-"]);
    assert_eq!(values(&t, within(vec![int(1), null().cast(Int)], false)), ["true", "-", "-"]);
    assert_eq!(values(&t, within(vec![int(1), null().cast(Int)], true)), ["false", "-", "-"]);
}

#[test]
fn like_takes_only_its_own_signs() {
    let like = |subject: &str, pattern: &str, escape, ignore_case| {
        one(Expr {
            kind: ExprKind::Like {
                operand: Box::new(text(subject)),
                pattern: pattern.to_owned(),
                escape,
                ignore_case,
                negated: false,
            },
            data_type: Bool,
        })
    };
    assert_eq!(like("a.c", "a.c", None, false), "true");
    assert_eq!(like("abc", "a.c", None, false), "false");
    assert_eq!(like("a\nc", "a_c", None, false), "true");
    assert_eq!(like("ABC", "a%", None, false), "false");
    assert_eq!(like("ABC", "a%", None, true), "true");
    assert_eq!(like("100%", "100!%", Some('!'), false), "true");
    assert_eq!(like("1000", "100!%", Some('!'), false), "false");
}

#[test]
fn substr_counts_from_before_the_start() {
    let substr = |from, count: Option<i64>| {
        let args = [text("żółw!"), int(from)].into_iter().chain(count.map(int)).collect();
        one(call(Function::new("substr"), args, Text))
    };
    assert_eq!(substr(2, Some(2)), "ół");
    assert_eq!(substr(0, Some(2)), "ż");
    assert_eq!(substr(-5, Some(3)), "");
    assert_eq!(substr(4, None), "w!");
}

#[test]
fn greatest_and_least_leave_nulls_out() {
    let t = table(&[("a", Int, "1 - 5 -"), ("b", Int, "2 3 - -")]);
    let args = || vec![col("a", Int), col("b", Int)];
    assert_eq!(values(&t, call(Function::new("greatest"), args(), Int)), ["2", "3", "5", "-"]);
    assert_eq!(values(&t, call(Function::new("least"), args(), Int)), ["1", "3", "5", "-"]);
    assert_eq!(values(&t, call(Function::COALESCE, args(), Int)), ["1", "3", "5", "-"]);
    assert_eq!(values(&t, call(Function::new("nullif"), vec![col("a", Int), int(5)], Int)), ["1", "-", "-", "-"]);
}

#[test]
fn dates_are_cut_taken_apart_and_moved() {
    let t = table(&[("d", Date, "2024-02-29 1969-12-28 2021-01-03")]);
    let d = || col("d", Date);
    let trunc = |part| values(&t, call(Function::date_trunc(part), vec![d()], Date));
    assert_eq!(trunc(DatePart::Week), ["2024-02-26", "1969-12-22", "2020-12-28"]);
    assert_eq!(trunc(DatePart::Quarter), ["2024-01-01", "1969-10-01", "2021-01-01"]);
    let part = |part| values(&t, call(Function::extract(part), vec![d()], Int));
    assert_eq!(part(DatePart::Week), ["9", "52", "53"]);
    assert_eq!(part(DatePart::Dow), ["4", "0", "0"]);
    assert_eq!(part(DatePart::IsoDow), ["4", "7", "7"]);
    assert_eq!(part(DatePart::Doy), ["60", "362", "3"]);
    assert_eq!(part(DatePart::Epoch), ["1709164800", "-345600", "1609632000"]);
    let moved = call(Function::ADD_INTERVAL, vec![d(), int(12), int(1)], Date);
    assert_eq!(values(&t, moved), ["2025-03-01", "1970-12-29", "2022-01-04"]);
    assert_eq!(values(&t, arith(ArithOp::Sub, d(), text("2024-01-01").cast(Date), Int)), ["59", "-19727", "-1093"]);
    assert_eq!(values(&t, arith(ArithOp::Add, d(), int(1), Date)), ["2024-03-01", "1969-12-29", "2021-01-04"]);
    assert_eq!(
        values(&t, call(Function::new("strftime"), vec![d(), text("%d.%m.%y")], Text)),
        ["29.02.24", "28.12.69", "03.01.21"]
    );
}

#[test]
fn texts_are_worked_on_by_character() {
    assert_eq!(one(call(Function::new("length"), vec![text("żółw")], Int)), "4");
    assert_eq!(one(call(Function::CONCAT, vec![text("a"), null().cast(Text)], Text)), "-");
    assert_eq!(one(call(Function::new("replace"), vec![text("a.b.c"), text("."), text("")], Text)), "abc");
    assert_eq!(one(call(Function::trim(TrimSide::Leading), vec![text("xxax"), text("x")], Text)), "ax");
    assert_eq!(one(call(Function::REGEXP_LIKE, vec![text("order 17"), text(r"\d+$")], Bool)), "true");
}

#[test]
fn nan_has_one_place() {
    let t = table(&[("a", Float, "1 2")]);
    let nan = || Expr::literal(Value::Float(f64::NAN));
    assert_eq!(values(&t, compare(CmpOp::Gt, nan(), col("a", Float))), ["true", "true"]);
    assert_eq!(values(&t, compare(CmpOp::Eq, nan(), nan())), ["true", "true"]);
}

#[test]
fn roots_and_logarithms_outside_are_counted() {
    let t = table(&[("a", Float, "4 -1 0")]);
    let report = run(project(&t, call(Function::new("ln"), vec![col("a", Float)], Float)), &[("t", &t)]);
    assert_eq!(report.account.warnings, ["2 logarithms of numbers that are not positive became NULL"]);
    let report = run(project(&t, call(Function::new("sqrt"), vec![col("a", Float)], Float)), &[("t", &t)]);
    assert_eq!(rows(report.table.as_ref().unwrap()), ["2", "-", "0"]);
}

#[test]
fn no_rows_are_no_trouble() {
    let t = table(&[("a", Int, ""), ("s", Text, ""), ("b", Bool, "")]);
    let truth = || Expr::literal(Value::Bool(true));
    let both = |kind: fn(Box<Expr>, Box<Expr>) -> ExprKind| Expr {
        kind: kind(Box::new(truth()), Box::new(col("b", Bool))),
        data_type: Bool,
    };
    let list = ExprKind::InList { operand: Box::new(int(1)), list: vec![col("a", Int), int(1)], negated: true };
    let case = ExprKind::Case { branches: vec![(col("b", Bool), int(1))], otherwise: Some(Box::new(col("a", Int))) };
    for expr in [
        truth(),
        both(ExprKind::And),
        both(ExprKind::Or),
        Expr { kind: list, data_type: Bool },
        Expr { kind: case, data_type: Int },
        compare(CmpOp::Lt, int(1), col("a", Int)),
        arith(ArithOp::Mul, col("a", Int), int(2), Int),
        call(Function::CONCAT, vec![col("s", Text), text("x")], Text),
        call(Function::new("greatest"), vec![int(1), col("a", Int)], Int),
        call(Function::new("nullif"), vec![int(1), col("a", Int)], Int),
    ] {
        assert!(values(&t, expr).is_empty());
    }
}

#[test]
fn constants_alone_make_a_column() {
    let t = table(&[("a", Int, "1 2")]);
    let zero_division = arith(ArithOp::Div, int(1), int(0), Float);
    let report = run(project(&t, zero_division), &[("t", &t)]);
    assert_eq!(rows(report.table.as_ref().unwrap()), ["-", "-"]);
    assert_eq!(report.account.warnings, ["2 divisions by zero became NULL"]);
    let known = Expr { kind: ExprKind::IsNull { operand: Box::new(int(1)), negated: true }, data_type: Bool };
    assert_eq!(values(&t, known), ["true", "true"]);
}
