//! Functions of numbers.

use tidemill_core::table::{DataType, Value};

use super::call::{Call, FunctionLowering};
use super::literal::{constant, spark_type};
use super::{Lowering, refused};

pub(super) const LOWERED: &[FunctionLowering] = &[
    FunctionLowering { name: "abs", lower: |call| Ok(format!("abs({})", call.list())) },
    FunctionLowering { name: "round", lower: round },
    FunctionLowering { name: "trunc", lower: trunc },
    FunctionLowering { name: "floor", lower: |call| Ok(whole(call, "floor", "")) },
    FunctionLowering { name: "ceil", lower: |call| Ok(whole(call, "ceil", " when {x} > -1D and {x} < 0D then -0D")) },
    FunctionLowering { name: "sign", lower: sign },
    FunctionLowering {
        name: "sqrt",
        lower: |call| Ok(format!("(case when {0} < 0D then null else sqrt({0}) end)", call.args[0])),
    },
    FunctionLowering { name: "exp", lower: |call| Ok(format!("exp({})", call.args[0])) },
    FunctionLowering { name: "power", lower: |call| Ok(format!("power({}, {})", call.args[0], call.args[1])) },
    FunctionLowering { name: "ln", lower: |call| Ok(logarithm("ln", &call.args[0])) },
    FunctionLowering { name: "log10", lower: |call| Ok(logarithm("log10", &call.args[0])) },
    FunctionLowering { name: "log", lower: |call| Ok(log(&call.args[0], &call.args[1])) },
    FunctionLowering { name: "bitwise_and", lower: |call| Ok(format!("({} & {})", call.args[0], call.args[1])) },
    FunctionLowering { name: "bitwise_or", lower: |call| Ok(format!("({} | {})", call.args[0], call.args[1])) },
    FunctionLowering { name: "bitwise_xor", lower: |call| Ok(format!("({} ^ {})", call.args[0], call.args[1])) },
    FunctionLowering { name: "bitwise_not", lower: |call| Ok(format!("(~ {})", call.args[0])) },
];

/// Of what is not above zero there is none.
fn logarithm(name: &str, x: &str) -> String {
    format!("(case when {x} <= 0D then null else {name}({x}) end)")
}

/// To any base: a whole number where that power is the number itself.
fn log(base: &str, x: &str) -> String {
    let power = format!("(ln({x}) / ln({base}))");
    // As it is rounded here: half away from zero, and what has no fraction stays.
    let whole = format!(
        "(case when abs({power}) < 4503599627370496D then signum({power}) * floor(abs({power}) + 0.5D) else {power} end)"
    );
    let value = format!("case when power({base}, {whole}) = {x} then {whole} else {power} end");
    format!("(case when {x} <= 0D or {base} <= 0D or {base} = 1D then null else {value} end)")
}

/// -1, 0 or 1; 0 of NaN, which Spark has above all numbers.
fn sign(call: &Call<'_>) -> Lowering<String> {
    let x = &call.args[0];
    let nan = if call.of(0) == DataType::Float { format!("when isnan({x}) then 0L ") } else { String::new() };
    Ok(format!("(case when {x} is null then null {nan}when {x} > 0 then 1L when {x} < 0 then -1L else 0L end)"))
}

/// The digits that a number is rounded or cut to, a constant.
fn digits(call: &Call<'_>) -> Lowering<i64> {
    match call.exprs.get(1).map(constant) {
        None => Ok(0),
        Some(Some(Value::Int(digits))) => Ok((*digits).clamp(-400, 400)),
        Some(_) => {
            let name = call.function.name;
            Err(refused(format!("`{name}` to a number of digits that is no constant cannot be computed")))
        }
    }
}

/// Towards zero. Of floats whole numbers alone: which digits of a fraction are cut is decided by its text here.
fn trunc(call: &Call<'_>) -> Lowering<String> {
    let (x, digits) = (&call.args[0], digits(call)?);
    let unit = |power: i64| format!("1{}", "0".repeat(usize::try_from(power).unwrap_or_default()));
    Ok(match call.of(0) {
        DataType::Float if digits == 0 => format!(
            "(case when {x} = 0D or isnan({x}) or abs({x}) >= 4503599627370496D then {x} when {x} > -1D and {x} < 0D then -0D else cast(cast({x} as bigint) as double) end)"
        ),
        DataType::Int if digits >= 0 => x.clone(),
        DataType::Int if digits < -18 => format!("(case when {x} is not null then 0L end)"),
        DataType::Int => format!("({x} - {x} % {}L)", unit(-digits)),
        DataType::Decimal { scale, .. } if digits >= i64::from(scale) => x.clone(),
        DataType::Decimal { scale, .. } if (0..i64::from(scale)).contains(&digits) => {
            let places = usize::try_from(digits).unwrap_or_default();
            let unit = if places == 0 { "1".to_owned() } else { format!("0.{}1", "0".repeat(places - 1)) };
            format!("cast({x} - {x} % cast('{unit}' as decimal({},{places})) as {})", places + 1, spark_type(call.to))
        }
        other => return Err(refused(format!("`trunc` of {other} to {digits} digits cannot be computed"))),
    })
}

/// `floor` and `ceil`: Spark gives a bigint and fails beyond; floats from 2^52 on are whole.
fn whole(call: &Call<'_>, name: &str, minus_zero: &str) -> String {
    let x = &call.args[0];
    match call.of(0) {
        DataType::Int => x.clone(),
        DataType::Float => format!(
            "(case when {x} = 0D or isnan({x}) or abs({x}) >= 4503599627370496D then {x}{} else cast({name}({x}) as double) end)",
            minus_zero.replace("{x}", x)
        ),
        _ => format!("cast({name}({x}) as {})", spark_type(call.to)),
    }
}

/// Half away from zero, of the shortest digits of a float; -0.0 is kept.
fn round(call: &Call<'_>) -> Lowering<String> {
    let (x, digits) = (&call.args[0], digits(call)?);
    let rounded = format!("round({x}, {digits})");
    Ok(match call.of(0) {
        DataType::Float => format!(
            "(case when {x} = 0D or isnan({x}) or abs({x}) = double('Infinity') then {x} when {rounded} = 0D and {x} < 0D then -0D else {rounded} end)"
        ),
        _ => format!("cast({rounded} as {})", spark_type(call.to)),
    })
}
