//! Functions of texts. Positions and lengths count characters.

use tidemill_core::table::{Modifier, TrimSide};

use super::call::{Call, FunctionLowering};
use super::cast::WHITE_SPACE_AROUND;
use super::literal::quoted;
use super::{Lowering, refused, regex};

pub(super) const LOWERED: &[FunctionLowering] = &[
    FunctionLowering { name: "lower", lower: |call| Ok(format!("lower({})", call.list())) },
    FunctionLowering { name: "upper", lower: |call| Ok(format!("upper({})", call.list())) },
    FunctionLowering { name: "trim", lower: trim },
    FunctionLowering { name: "substr", lower: substr },
    // Nothing is nowhere to be found.
    FunctionLowering { name: "replace", lower: |call| Ok(format!("replace({})", call.list())) },
    FunctionLowering { name: "length", lower: |call| Ok(format!("cast(length({}) as bigint)", call.list())) },
    FunctionLowering {
        name: "concat_ws",
        lower: |call| Ok(format!("(case when {} is not null then concat_ws({}) end)", call.args[0], call.list())),
    },
    FunctionLowering {
        name: "left",
        lower: |call| Ok(ended(call, "substring({x}, 1, {n})", "substring({x}, 1, greatest(length({x}) + {n}, 0))")),
    },
    FunctionLowering {
        name: "right",
        lower: |call| Ok(ended(call, "substring({x}, greatest(length({x}) - {n}, 0) + 1)", "substring({x}, 1 - {n})")),
    },
    FunctionLowering { name: "lpad", lower: |call| Ok(padded(call, "lpad")) },
    FunctionLowering { name: "rpad", lower: |call| Ok(padded(call, "rpad")) },
    FunctionLowering { name: "repeat", lower: |call| Ok(format!("repeat({}, {})", call.args[0], int(&call.args[1]))) },
    FunctionLowering { name: "reverse", lower: |call| Ok(format!("reverse({})", call.list())) },
    FunctionLowering { name: "strpos", lower: |call| Ok(format!("cast(instr({}) as bigint)", call.list())) },
    FunctionLowering { name: "starts_with", lower: |call| Ok(format!("startswith({})", call.list())) },
    FunctionLowering { name: "ends_with", lower: |call| Ok(format!("endswith({})", call.list())) },
    FunctionLowering { name: "contains", lower: |call| Ok(format!("contains({})", call.list())) },
    FunctionLowering { name: "md5", lower: |call| Ok(format!("md5(cast({} as binary))", call.list())) },
    FunctionLowering { name: "sha256", lower: |call| Ok(format!("sha2(cast({} as binary), 256)", call.list())) },
    FunctionLowering { name: "regexp_like", lower: regexp_like },
];

/// A count of characters as Spark's int; no text is longer.
fn int(x: &str) -> String {
    format!("cast(least(greatest({x}, -1000000000L), 1000000000L) as int)")
}

/// So many characters of an end, or all but so many of the other.
fn ended(call: &Call<'_>, so_many: &str, all_but: &str) -> String {
    let (x, n) = (&call.args[0], int(&call.args[1]));
    let of = |sql: &str| sql.replace("{x}", x).replace("{n}", &n);
    format!("(case when {n} >= 0 then {} when {n} < 0 then {} end)", of(so_many), of(all_but))
}

/// With nothing to fill it up with, a text is cut at most.
fn padded(call: &Call<'_>, name: &str) -> String {
    let (x, n) = (&call.args[0], int(&call.args[1]));
    let fill = call.args.get(2).map_or("' '", String::as_str);
    format!("{name}({x}, {n}, {fill})")
}

fn trim(call: &Call<'_>) -> Lowering<String> {
    let Modifier::Side(side) = call.modifier()? else { return Err(refused("`trim` lacks its side")) };
    let (start, end) = WHITE_SPACE_AROUND.split_once('|').unwrap_or((WHITE_SPACE_AROUND, WHITE_SPACE_AROUND));
    let (word, pattern) = match side {
        TrimSide::Both => ("both", WHITE_SPACE_AROUND),
        TrimSide::Leading => ("leading", start),
        TrimSide::Trailing => ("trailing", end),
    };
    Ok(match call.args.get(1) {
        // Spark's own takes blanks alone.
        None => format!("regexp_replace({}, {}, '')", call.args[0], quoted(pattern)),
        Some(characters) => format!("trim({word} {characters} from {})", call.args[0]),
    })
}

/// A start before the first character uses up the count.
fn substr(call: &Call<'_>) -> Lowering<String> {
    let (x, start) = (&call.args[0], int(&call.args[1]));
    let Some(count) = call.args.get(2) else {
        return Ok(format!("(case when {} is not null then substring({x}, greatest({start}, 1)) end)", call.args[1]));
    };
    let message = format!("concat('substr cannot take ', cast({count} as string), ' characters')");
    let characters = int(count);
    Ok(format!(
        "(case when {count} < 0L then raise_error({message}) when {} is not null and {count} is not null \
         then substring({x}, greatest({start}, 1), greatest({start} + {characters} - greatest({start}, 1), 0)) end)",
        call.args[1]
    ))
}

fn regexp_like(call: &Call<'_>) -> Lowering<String> {
    let pattern = regex::java(call.text(1, "a pattern")?, false)?;
    Ok(format!("({} rlike {})", call.args[0], quoted(&pattern)))
}
