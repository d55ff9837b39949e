//! Functions of a text's characters: pieces, filling, searching.

use polars::prelude::{BooleanChunked, Int64Chunked, IntoSeries, Series, StringChunked};
use tidemill_core::table::Function;

use super::context::EvalContext;
use super::kernel::{Compute, Kernel};
use crate::arrays::operand::Operand;
use crate::arrays::typed::{ints, texts};
use crate::error::{Outcome, unsupported};
use crate::values::digest;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel { name: "concat_ws", compute: Compute::Values(concat_ws) },
    Kernel {
        name: "left",
        compute: Compute::Binary(|context, x, n| part(context, x, n, |x, n| Ok(left(x, n).to_owned()))),
    },
    Kernel {
        name: "right",
        compute: Compute::Binary(|context, x, n| part(context, x, n, |x, n| Ok(right(x, n).to_owned()))),
    },
    Kernel {
        name: "lpad",
        compute: Compute::Values(|context, _, values| pad(context, values, |text, fill| fill + text)),
    },
    Kernel {
        name: "rpad",
        compute: Compute::Values(|context, _, values| pad(context, values, |text, fill| text.to_owned() + &fill)),
    },
    Kernel { name: "repeat", compute: Compute::Binary(|context, x, n| part(context, x, n, repeat)) },
    Kernel { name: "reverse", compute: Compute::Unary(|_, x| each(x, |text| text.chars().rev().collect())) },
    Kernel { name: "initcap", compute: Compute::Unary(|_, x| each(x, initcap)) },
    Kernel { name: "md5", compute: Compute::Unary(|_, x| each(x, |text| digest::md5(text.as_bytes()))) },
    Kernel { name: "sha256", compute: Compute::Unary(|_, x| each(x, |text| digest::sha256(text.as_bytes()))) },
    Kernel { name: "translate", compute: Compute::Ternary(translate) },
    Kernel { name: "split_part", compute: Compute::Ternary(split_part) },
    Kernel {
        name: "strpos",
        compute: Compute::Binary(|context, x, what| {
            Ok(context.of_texts::<_, Int64Chunked>(x, what, position)?.into_series())
        }),
    },
    Kernel {
        name: "starts_with",
        compute: Compute::Binary(|context, x, what| test(context, x, what, |text, what| text.starts_with(what))),
    },
    Kernel {
        name: "ends_with",
        compute: Compute::Binary(|context, x, what| test(context, x, what, |text, what| text.ends_with(what))),
    },
    Kernel {
        name: "contains",
        compute: Compute::Binary(|context, x, what| test(context, x, what, |text, what| text.contains(what))),
    },
];

/// The longest text that filling and repeating makes, in characters.
const LONGEST: i64 = 10_000_000;

fn each(x: &Series, f: impl Fn(&str) -> String) -> Outcome<Series> {
    Ok(texts(x)?.iter().map(|text| text.map(&f)).collect::<StringChunked>().into_series())
}

fn part(
    context: &EvalContext<'_>,
    x: &Series,
    n: &Series,
    f: impl Fn(&str, i64) -> Result<String, String>,
) -> Outcome<Series> {
    Ok(context.of_text_and_int::<_, StringChunked>(x, n, f)?.into_series())
}

fn test(context: &EvalContext<'_>, x: &Series, what: &Series, f: impl Fn(&str, &str) -> bool) -> Outcome<Series> {
    Ok(context.of_texts::<_, BooleanChunked>(x, what, f)?.into_series())
}

fn concat_ws(context: &EvalContext<'_>, _: Function, values: &[&Series]) -> Outcome<Series> {
    let arrays: Vec<StringChunked> = values.iter().map(|series| texts(series)).collect::<Outcome<_>>()?;
    let operands: Vec<Operand<'_, _>> = arrays.iter().map(Operand::new).collect();
    let (separator, parts) = operands.split_first().ok_or_else(|| unsupported("`concat_ws` of nothing"))?;
    let joined: StringChunked = context.rows(values, |row| {
        let separator = separator.at(row)?;
        Some(Ok(parts.iter().filter_map(|part| part.at(row)).collect::<Vec<&str>>().join(separator)))
    })?;
    Ok(joined.into_series())
}

fn length(text: &str) -> i64 {
    text.chars().count() as i64
}

/// The first `count` characters.
fn head(text: &str, count: i64) -> &str {
    let count = usize::try_from(count).unwrap_or(0);
    text.char_indices().nth(count).map_or(text, |(byte, _)| &text[..byte])
}

fn left(text: &str, count: i64) -> &str {
    head(text, if count < 0 { length(text).saturating_add(count) } else { count })
}

fn right(text: &str, count: i64) -> &str {
    let without = if count < 0 { count.saturating_neg() } else { length(text) - count };
    &text[head(text, without).len()..]
}

fn too_long(what: &str, characters: i64) -> String {
    format!("`{what}` would make {characters} characters, more than {LONGEST},")
}

fn pad(context: &EvalContext<'_>, values: &[&Series], joined: fn(&str, String) -> String) -> Outcome<Series> {
    let [x, n, rest @ ..] = values else { return Err(unsupported("padding without a length")) };
    let (x, n, fill) = (texts(x)?, ints(n)?, rest.first().map(|fill| texts(fill)).transpose()?);
    let (x, n, fill) = (Operand::new(&x), Operand::new(&n), fill.as_ref().map(Operand::new));
    let padded: StringChunked = context.rows(values, |row| {
        let (text, wanted) = (x.at(row)?, n.at(row)?);
        let fill = match &fill {
            None => " ",
            Some(fill) => fill.at(row)?,
        };
        let missing = wanted - length(text);
        if missing <= 0 || fill.is_empty() {
            return Some(Ok(head(text, wanted).to_owned()));
        }
        if wanted > LONGEST {
            return Some(Err(too_long("lpad` or `rpad", wanted)));
        }
        Some(Ok(joined(text, fill.chars().cycle().take(usize::try_from(missing).unwrap_or(0)).collect())))
    })?;
    Ok(padded.into_series())
}

fn repeat(text: &str, times: i64) -> Result<String, String> {
    let times = if text.is_empty() { 0 } else { times.max(0) };
    match length(text).saturating_mul(times) {
        characters if characters > LONGEST => Err(too_long("repeat", characters)),
        _ => Ok(text.repeat(usize::try_from(times).unwrap_or(0))),
    }
}

/// Each word with a capital; words are of letters and digits.
fn initcap(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut is_inside = false;
    for char in text.chars() {
        if is_inside {
            result.extend(char.to_lowercase());
        } else {
            result.extend(char.to_uppercase());
        }
        is_inside = char.is_alphanumeric();
    }
    result
}

fn translate(context: &EvalContext<'_>, x: &Series, from: &Series, to: &Series) -> Outcome<Series> {
    let (a, b, c) = (texts(x)?, texts(from)?, texts(to)?);
    let (a, b, c) = (Operand::new(&a), Operand::new(&b), Operand::new(&c));
    let translated: StringChunked = context.rows(&[x, from, to], |row| {
        let (text, from, to) = (a.at(row)?, b.at(row)?, c.at(row)?);
        let other = |char: char| match from.chars().position(|known| known == char) {
            None => Some(char),
            Some(place) => to.chars().nth(place),
        };
        Some(Ok(text.chars().filter_map(other).collect::<String>()))
    })?;
    Ok(translated.into_series())
}

fn split_part(context: &EvalContext<'_>, x: &Series, separator: &Series, place: &Series) -> Outcome<Series> {
    let (a, b, c) = (texts(x)?, texts(separator)?, ints(place)?);
    let (a, b, c) = (Operand::new(&a), Operand::new(&b), Operand::new(&c));
    let parts: StringChunked = context.rows(&[x, separator, place], |row| {
        let (text, separator, place) = (a.at(row)?, b.at(row)?, c.at(row)?);
        let parts = if separator.is_empty() { vec![text] } else { text.split(separator).collect() };
        Some(nth(&parts, place).map(str::to_owned))
    })?;
    Ok(parts.into_series())
}

/// The part at a place from 1, or from the end below zero; nothing beyond them.
pub(super) fn nth<'t>(parts: &[&'t str], place: i64) -> Result<&'t str, String> {
    let at = match place {
        0 => return Err("the first part is 1 and the last -1: there is no part 0".to_owned()),
        place if place > 0 => usize::try_from(place - 1).ok(),
        place => usize::try_from(place.saturating_add(parts.len() as i64)).ok(),
    };
    Ok(at.and_then(|at| parts.get(at)).copied().unwrap_or_default())
}

/// The character, from 1, at which a text is found; 0 if it is not.
fn position(text: &str, what: &str) -> i64 {
    text.find(what).map_or(0, |byte| length(&text[..byte]) + 1)
}
