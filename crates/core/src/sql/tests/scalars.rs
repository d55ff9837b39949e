//! Scalar expressions: types, casts and mistakes.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{columns, shown, sql};
use crate::spec::SqlHole;
use crate::sql::{RowColumns, bind_predicate, bind_scalar};
use crate::table::{DataType, Value};

/// `expression : type`, one a line.
fn bound(texts: &[&str]) -> String {
    texts.iter().map(|text| one(text, vec![])).collect::<Vec<_>>().join("\n")
}

fn one(text: &str, holes: Vec<SqlHole>) -> String {
    let (sql, sources) = sql(text, holes);
    match bind_scalar(&sql, &RowColumns::of(&columns()), &sources) {
        Ok(expr) => format!("{expr} : {}", expr.data_type),
        Err(errors) => shown(&errors, &sources),
    }
}

#[test]
fn arithmetic_has_the_types_of_the_contract() {
    assert_snapshot!(bound(&[
        "i + 1", "i / j", "i * 1.5", "1.5", "-1.5", "m + 1", "m * 1.5", "m * rate", "m / 3", "m / rate", "100 / m", "m * f", "m % 2",
        "1.5 + 2", "m - 0.125", "m + i", "-m", "i % 2", "n + 1", "1e3", "d - e", "d + 7", "7 + d", "d - 7", "t + 1",
        "m * (1 - rate) * (1 + rate)", "-9223372036854775808", "f - -i",
    ]), @r#"
    i + 1 : int
    i::float / j::float : float
    i::float * 1.5 : float
    1.5 : float
    -1.5 : float
    m::decimal(19,2) + 1.00d : decimal(19,2)
    m * 1.5d : decimal(20,3)
    m * rate : decimal(24,6)
    m / 3d : decimal(38,8)
    m / rate : decimal(38,8)
    100d / m : decimal(38,8)
    m::float * f : float
    m % 2.00d : decimal(18,2)
    1.5 + 2.0 : float
    m::decimal(20,3) - 0.125d : decimal(20,3)
    m::decimal(22,2) + i::decimal(22,2) : decimal(22,2)
    -m : decimal(18,2)
    i % 2 : int
    n::int + 1 : int
    1000.0 : float
    d - e : int
    d + 7 : date
    d + 7 : date
    d - 7 : date
    t + 1 : datetime
    (m * (1.0000d - rate::decimal(7,4))) * (1.0000d + rate::decimal(7,4)) : decimal(32,10)
    -9223372036854775808 : int
    f - (-i)::float : float
    "#);
}

#[test]
fn comparisons_and_conditions() {
    assert_snapshot!(bound(&[
        "i = f", "m > 100", "m >= 99.99", "m < 0.001", "i < 1.5", "f = 1.5", "d >= '2024-01-31'", "t < '2024-01-31'", "d < t", "s = 'x'", "s <> n",
        "d between '2024-01-01' and date '2024-12-31'", "i in (1, 2.5, null)", "m not in (1, 2.50)", "not b and i = 1 or n",
        "b is not true", "s is distinct from 'x'", "i is not null", "s like 'a!_%' escape '!'", "s not ilike '%b'", "1.5 < 2.5",
    ]), @r#"
    i::float = f : bool
    m > 100.00d : bool
    m >= 99.99d : bool
    m::decimal(19,3) < 0.001d : bool
    i::float < 1.5 : bool
    f = 1.5 : bool
    d >= date '2024-01-31' : bool
    t < timestamp '2024-01-31T00:00:00' : bool
    d::datetime < t : bool
    s = 'x' : bool
    s <> n::string : bool
    (d >= date '2024-01-01') and (d <= date '2024-12-31') : bool
    i::float in (1.0, 2.5, null) : bool
    m not in (1.00d, 2.50d) : bool
    ((not b) and (i = 1)) or n::bool : bool
    not coalesce(b, false) : bool
    not (coalesce(s = 'x', false) or ((s is null) and ('x' is null))) : bool
    i is not null : bool
    s like 'a!_%' : bool
    s not ilike '%b' : bool
    1.5 < 2.5 : bool
    "#);
}

#[test]
fn functions_have_types() {
    assert_snapshot!(bound(&[
        "coalesce(i, 0.5)", "coalesce(m, 0)", "coalesce(n, d, '2024-01-01')", "nullif(m, 0)", "round(m, 1)", "round(f)", "abs(-i)", "floor(f)",
        "ceil(m)", "greatest(i, f, 1)", "least(d, e)", "lower(s) || upper('x') || i", "trim(s)", "trim(leading '0' from s)", "ltrim(s, 'x')",
        "substr(s, 2)", "substring(s from 2 for 3)", "replace(s, 'a', 'b')", "length(s)", "regexp_like(s, '^a+$')", "date_trunc('month', d)",
        "extract(year from t)", "date_part('dow', d)", "month(d)", "strftime(d, '%Y-%m')", "strftime('%Y', d)", "d + interval '3 months'",
        "date '2024-03-31' - interval '90' day", "sqrt(i)", "power(f, 2)", "case when b then 1 else 2.5 end", "case i when 1 then 'one' end",
        "case when b then m else 0 end", "cast(i as decimal(10,2))", "'1.50'::money + 1", "date '2024-01-31' + interval '1 month'", "date '9999-12-31' + interval '1 month'", "cast('2024-01-31' as date)", "cast(1.5 as decimal(5,2)) * f",
        "cast(s as int)", "m::float", "d::timestamp", "i::text", "cast(1.5 as int)", "mod(i, 2)", "extract(hour from clock)", "\"order-count\" + mixed",
    ]), @r"
    coalesce(i::float, 0.5) : float
    coalesce(m, 0.00d) : decimal(18,2)
    coalesce(n::date, d, date '2024-01-01') : date
    nullif(m, 0.00d) : decimal(18,2)
    round(m::decimal(19,2), 1)::decimal(18,1) : decimal(18,1)
    round(f, 0) : float
    abs(-i) : int
    floor(f) : float
    ceil(m::decimal(19,2))::decimal(17,0) : decimal(17,0)
    greatest(i::float, f, 1.0) : float
    least(d, e) : date
    concat(concat(lower(s), upper('x')), i::string) : string
    trim(s) : string
    ltrim(s, '0') : string
    ltrim(s, 'x') : string
    substr(s, 2) : string
    substr(s, 2, 3) : string
    replace(s, 'a', 'b') : string
    length(s) : int
    regexp_like(s, '^a+$') : bool
    date_trunc_month(d) : date
    extract_year(t) : int
    extract_dow(d) : int
    extract_month(d) : int
    strftime(d, '%Y-%m') : string
    strftime(d, '%Y') : string
    add_interval(d, 3, 0) : date
    date '2024-01-01' : date
    sqrt(i::float) : float
    power(f, 2.0) : float
    case when b then 1.0 else 2.5 end : float
    case when i = 1 then 'one' end : string
    case when b then m else 0.00d end : decimal(18,2)
    i::decimal(10,2) : decimal(10,2)
    1.50d::decimal(18,2)::decimal(19,2) + 1.00d : decimal(19,2)
    date '2024-02-29' : date
    this date is out of range
      at q.sql:1:30 `'1 month'` years go from 1 to 9999
    date '2024-01-31' : date
    1.50d::decimal(5,2)::float * f : float
    s::int : int
    m::float : float
    d::datetime : datetime
    i::string : string
    1.5::int : int
    i % 2 : int
    extract_hour(clock) : int
    order-count + Mixed : int
    ");
}

#[test]
fn mistakes_say_where_and_what_to_do() {
    assert_snapshot!(bound(&[
        "i +", "qantity * 2", "s + 1", "i = s", "i = 'x'", "d > '31/01/2024'", "summ(i)", "sum(i)", "rond(i)", "mean(i)", "instr(s, s)",
        "round(s)", "round(f, i)", "case when i then 1 end", "case when b then 1 else 'x' end", "cast(i as varchar(3))", "cast(i as nmber)",
        "cast(d as int)", "order-count", "\"text\"", "x.i", "i in (1, 'a')", "t - d", "interval '1 day'", "d + interval '3 fortnights'", "s like s",
        "regexp_like(s, '(')", "strftime(d, '%!')", "i; drop table x", "i::timestamptz", "current_date", "(select 1)", "row_number() over ()",
        "s ~ 'x'", "1 2", "'abc", "count(*)", "substr(s)", "extract(yer from d)", "a.b.c", "i is null is null and s", "12345678901234567890",
    ]), @r#"
    expected an expression, but the SQL ends here
      at q.sql:1:3 `+`
    there is no column `qantity`
      at q.sql:1:1 `qantity` unknown column
      help: there is `i`, `j`, `f`, `m`, `rate`, `s`, `b`, `d`, `e`, `t`, `clock`, `n`, `Mixed`, `order-count`
    `+` does not work between a string and an int
      at q.sql:1:1 `s` a string
      at q.sql:1:5 `1` an int
      help: texts are joined by `||`; to calculate, `cast(… as float)`
    an int cannot be compared with a string
      at q.sql:1:1 `i` an int
      at q.sql:1:5 `s` a string
      help: convert the text: `cast(… as int)`, or give the column a type in `normalize`
    an int cannot be compared with a string
      at q.sql:1:1 `i` an int
      at q.sql:1:5 `'x'` a string
      help: write the value as an int, without quotes
    '31/01/2024' is not a date
      at q.sql:1:5 `'31/01/2024'` write it like `date '2024-12-31'`
    there is no function `summ`
      at q.sql:1:1 `summ` unknown function
      help: did you mean `sum`?
    `sum` is an aggregate, and this expression works row by row
      at q.sql:1:1 `sum` not allowed here
      help: aggregates stand in `metrics`, `having`, or a query's select list
    there is no function `rond`
      at q.sql:1:1 `rond` unknown function
      help: did you mean `round`?
    there is no function `mean`
      at q.sql:1:1 `mean` unknown function
      help: here it is called `avg`
    there is no function `instr`
      at q.sql:1:1 `instr` unknown function
      help: here it is called `strpos(text, what)`, or `position(what in text)`
    `round` takes a float or an int or a decimal; this is a string
      at q.sql:1:7 `s` a string
      help: convert it: `cast(… as float)`
    the digits of `round` must be a constant whole number
      at q.sql:1:10 `i`
    a condition must be true or false; this is an int
      at q.sql:1:11 `i` an int
      help: compare it: `… <> 0`
    the branches of `case` are of different types: an int and a string
      at q.sql:1:25 `'x'` a string
      at q.sql:1:18 `1` an int
      help: convert one: `cast(… as string)`
    the type `VARCHAR(3)` is not supported in Tidemill SQL
      at q.sql:1:6 `i`
      help: cast to `string`, and cut with `substr`
    there is no type `nmber`
      at q.sql:1:6 `i` converted to an unknown type
      help: there is `int`, `float`, `bool`, `string`, `date`, `datetime`, `timestamp`, `time`, `money`, `decimal(18,2)`
    a date cannot be converted to an int
      at q.sql:1:6 `d` a date
    there is no column `order`
      at q.sql:1:1 `order` unknown column
      help: to name the column `order-count`, put it in double quotes: "order-count"
    there is no column `count`
      at q.sql:1:7 `count` unknown column
      help: to name the column `order-count`, put it in double quotes: "order-count"
    there is no column `text`
      at q.sql:1:1 `"text"` unknown column
      help: double quotes name a column; a text stands in single quotes
      help: there is `i`, `j`, `f`, `m`, `rate`, `s`, `b`, `d`, `e`, `t`, `clock`, `n`, `Mixed`, `order-count`
    there is no table `x` here
      at q.sql:1:1 `x` unknown table
      help: columns have no table here; write the name alone
    the values behind `in` are of different types: an int and a string
      at q.sql:1:10 `'a'` a string
      at q.sql:1:1 `i` an int
      help: convert one: `cast(… as string)`
    `-` does not work between a datetime and a date
      at q.sql:1:1 `t` a datetime
      at q.sql:1:5 `d` a date
      help: their difference is an interval, which no column holds: seconds are `extract(epoch from (a - b))`, whole units `date_diff('hour', b, a)`
    an interval is no value of a column
      at q.sql:1:10 `'1 day'` write `date + interval …`
      help: it is added to a date, compared with another interval, or taken apart: `extract(epoch from …)`
    this interval is not understood
      at q.sql:1:14 `'3 fortnights'` write `interval '90' day`, `interval '3 months'` or `interval '1.5 hours'`
    the pattern of `like` must be a text constant
      at q.sql:1:8 `s` not a constant
      help: for a search by another column use `replace(x, y, '') <> x`
    the pattern is not a regular expression
      at q.sql:1:16 `'('` error: unclosed group
    the format is not understood
      at q.sql:1:13 `'%!'` strftime formatting failed: found unrecognized specifier directive `!`
    an expression has no `;`
      at q.sql:1:2 `;` leave it out
    the type `TIMESTAMPTZ` is not supported in Tidemill SQL
      at q.sql:1:1 `i`
      help: datetimes have no time zone and microseconds: cast to `timestamp` or `time`
    there is no function `current_date`
      at q.sql:1:1 `current_date` unknown function
      help: a result must not depend on when it is computed: use `${{ run.date }}`
    a subquery cannot stand in this expression, which sees the rows of one table alone
      at q.sql:1:2 `select 1`
      help: an `sql` task sees all tables: `select * from a where x in (select y from b)`
      help: rows that have a partner in another table are kept by a `join` with `how: semi`, those without by `how: anti`
    a window function cannot stand in this expression
      at q.sql:1:1 `row_number` not allowed here
      help: compute it in a subquery or `with`, and use its column outside
    the operator `~` is not supported in Tidemill SQL
      at q.sql:1:1 `s ~ 'x'`
      help: use `regexp_like(text, pattern)`
    expected an operator or the end, found `2`
      at q.sql:1:3 `2`
    unterminated string literal
      at q.sql:1:1 `'`
    `count` is an aggregate, and this expression works row by row
      at q.sql:1:1 `count` not allowed here
      help: aggregates stand in `metrics`, `having`, or a query's select list
    substr(s, 1) : string
    a date has no part `yer`
      at q.sql:1:18 `d`
      help: did you mean `year`?
    a name of three parts is not supported in Tidemill SQL
      at q.sql:1:1 `a.b.c`
      help: write `table.column`
    a condition must be true or false; this is a string
      at q.sql:1:23 `s` a string
      help: compare it: `… = 'yes'`
    `12345678901234567890` is too large for an int
      at q.sql:1:1 `12345678901234567890`
    "#);
}

#[test]
fn predicates_must_be_bool() {
    let show = |text: &str| {
        let (sql, sources) = sql(text, vec![]);
        match bind_predicate(&sql, &RowColumns::of(&columns()), &sources) {
            Ok(expr) => expr.to_string(),
            Err(errors) => shown(&errors, &sources),
        }
    };
    assert_snapshot!(["b", "i > 0", "null", "i", "s", "d"].map(show).join("\n"), @r#"
    b
    i > 0
    null
    a condition must be true or false; this is an int
      at q.sql:1:1 `i` an int
      help: compare it: `… <> 0`
    a condition must be true or false; this is a string
      at q.sql:1:1 `s` a string
      help: compare it: `… = 'yes'`
    a condition must be true or false; this is a date
      at q.sql:1:1 `d` a date
      help: compare it, or use `is not null`
    "#);
}

#[test]
fn parameters_are_literals() {
    let one_hole = |text, value| one(text, vec![SqlHole::One(value)]);
    assert_snapshot!(one_hole("i > $1          ", Value::Int(3)), @"i > 3 : bool");
    assert_snapshot!(one_hole("m * $1", Value::Float(0.2)), @"m * 0.2d : decimal(19,3)");
    assert_snapshot!(one_hole("f * $1", Value::Float(0.2)), @"f * 0.2 : float");
    assert_snapshot!(one_hole("s = $1", Value::String("o'clock; drop".into())), @"s = 'o'clock; drop' : bool");
    assert_snapshot!(one_hole("d >= $1", Value::String("2024-02-30".into())), @r#"
    '2024-02-30' is not a date
      at q.sql:1:6 `$1` write it like `date '2024-12-31'`
    "#);
    let list = |text| one(text, vec![SqlHole::Many(vec![Value::String("FR".into()), Value::String("DE".into())])]);
    assert_snapshot!(list("s in $1    and b"), @"(s in ('FR', 'DE')) and b : bool");
    assert_snapshot!(list("s not in ($1)"), @"s not in ('FR', 'DE') : bool");
    assert_snapshot!(list("s = $1"), @r#"
    a list can stand only behind `in`
      at q.sql:1:5 `$1` this is a list
    "#);
    assert_snapshot!(one("s in $1", vec![SqlHole::Many(vec![])]), @"false : bool");
    assert_snapshot!(one("s in $2", vec![SqlHole::Many(vec![])]), @r#"
    the placeholder `$2` is not supported in Tidemill SQL
      at q.sql:1:6 `$2`
      help: a parameter is written `${{ params.name }}`
    "#);
}

#[test]
fn large_and_deep_texts_are_answered() {
    let (sum, either) = (vec!["i"; 180].join(" + "), vec!["i = 1"; 900].join(" or "));
    assert!(one(&sum, vec![]).ends_with(": int"));
    assert!(one(&either, vec![]).ends_with(": bool"));
    let (calls, cases) = (["abs("; 40].concat(), ["case when b then "; 40].concat());
    assert!(one(&format!("{calls}i{}", ")".repeat(40)), vec![]).ends_with(": int"));
    assert!(one(&format!("{cases}i{}", " end".repeat(40)), vec![]).ends_with(": int"));
    assert_snapshot!(one(&vec!["i"; 1500].join(" + "), vec![]).lines().next().unwrap_or_default(), @"this expression is too deep");
    assert_snapshot!(one(&vec!["i"; 9000].join(" + "), vec![]).lines().next().unwrap_or_default(), @"this SQL has 8999 operators; 2000 are the most");
    assert_snapshot!(one(&format!("{}i{}", "(".repeat(5000), ")".repeat(5000)), vec![]).lines().next().unwrap_or_default(), @"this SQL is nested too deeply");
    assert_snapshot!(one(&format!("{}i", "- ".repeat(1500)), vec![]).lines().next().unwrap_or_default(), @"this SQL is nested too deeply");
    assert_snapshot!(one(&format!("{}b", "not ".repeat(1500)), vec![]).lines().next().unwrap_or_default(), @"expected an operator or the end, found `not`");
}

#[test]
fn places_count_characters_and_lines() {
    assert_snapshot!(one("s = 'Zürich – é'\n  and qantity > 1", vec![]), @r#"
    there is no column `qantity`
      at q.sql:2:7 `qantity` unknown column
      help: there is `i`, `j`, `f`, `m`, `rate`, `s`, `b`, `d`, `e`, `t`, `clock`, `n`, `Mixed`, `order-count`
    "#);
}

/// Words that make much of what the grammar knows.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "i",
        "f",
        "m",
        "s",
        "b",
        "d",
        "t",
        "n",
        "1",
        "1.5",
        "'x'",
        "'2024-01-01'",
        "null",
        "true",
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "%",
        "||",
        "=",
        "<",
        "<>",
        "and",
        "or",
        "not",
        "is",
        "null",
        "in",
        "(",
        "between",
        "like",
        "case",
        "when",
        "then",
        "else",
        "end",
        "cast(",
        "as",
        "int",
        "::",
        "date",
        "interval",
        "day",
        "sum(",
        "round(",
        "coalesce(",
        "substr(",
        ",",
        "extract(",
        "year",
        "from",
        "over",
        "select",
        "$1",
        "\"",
        "é",
        "exists",
        "distinct",
        "order",
        "by",
        ".",
        "[",
        "]",
        "{",
        ";",
        "--",
        "/*",
        "\n",
    ]);
    prop::collection::vec(word, 1..24).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_answered_the_same_twice(text in prop_oneof![words(), any::<String>()]) {
        let holes = vec![SqlHole::One(Value::Int(1))];
        let first = one(&text, holes.clone());
        prop_assert_eq!(&first, &one(&text, holes));
    }

    #[test]
    fn a_decimal_never_has_more_than_38_digits(scales in prop::collection::vec(0_u8..=38, 1..6)) {
        let schema = columns();
        let casts: Vec<String> = scales.iter().map(|scale| format!("cast(i as decimal(38,{scale}))")).collect();
        for operator in [" * ", " + ", " / ", " % "] {
            let (sql, sources) = sql(&casts.join(operator), vec![]);
            let expr = bind_scalar(&sql, &RowColumns::of(&schema), &sources).expect("numbers");
            let DataType::Decimal { precision, scale } = expr.data_type else { panic!("{}", expr.data_type) };
            prop_assert!(precision <= 38 && scale <= precision);
        }
    }
}
