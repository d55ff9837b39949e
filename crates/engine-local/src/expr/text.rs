//! Functions of texts. Positions and lengths count characters, not bytes.

use polars::prelude::{Int64Chunked, IntoSeries, Series, StringChunked};
use tidemill_core::table::{Function, Modifier, TrimSide};

use super::context::EvalContext;
use super::kernel::{Compute, Kernel};
use crate::arrays::long_text;
use crate::arrays::operand::Operand;
use crate::arrays::typed::{ints, texts};
use crate::error::{Outcome, unsupported, value};
use crate::runtime::memory::{Growth, room_for};

pub(super) const KERNELS: &[Kernel] = &[
    Kernel { name: "lower", compute: Compute::Unary(|context, x| context.lower(x)) },
    Kernel { name: "upper", compute: Compute::Unary(|context, x| context.upper(x)) },
    Kernel { name: "trim", compute: Compute::Values(trim) },
    Kernel { name: "substr", compute: Compute::Values(substr) },
    Kernel { name: "replace", compute: Compute::Ternary(|context, x, what, with| context.replace(x, what, with)) },
    Kernel { name: "length", compute: Compute::Unary(|context, x| context.length(x)) },
    Kernel { name: "concat", compute: Compute::Values(|context, _, values| context.concat(values)) },
];

fn trim(context: &EvalContext<'_>, function: Function, values: &[&Series]) -> Outcome<Series> {
    match (function.modifier, values) {
        (Some(Modifier::Side(side)), [x]) => context.trim(side, x, None),
        (Some(Modifier::Side(side)), [x, set]) => context.trim(side, x, Some(set)),
        _ => Err(unsupported(format!("`{function}` of {} arguments", values.len()))),
    }
}

fn substr(context: &EvalContext<'_>, function: Function, values: &[&Series]) -> Outcome<Series> {
    match values {
        [x, from] => context.substr(x, from, None),
        [x, from, count] => context.substr(x, from, Some(count)),
        _ => Err(unsupported(format!("`{function}` of {} arguments", values.len()))),
    }
}

impl EvalContext<'_> {
    fn lower(&self, x: &Series) -> Outcome<Series> {
        each(x, |text| text.to_lowercase())
    }

    fn upper(&self, x: &Series) -> Outcome<Series> {
        each(x, |text| text.to_uppercase())
    }

    fn trim(&self, side: TrimSide, x: &Series, set: Option<&Series>) -> Outcome<Series> {
        let values = texts(x)?;
        let Some(set) = set else {
            let trim = |text| match side {
                TrimSide::Both => str::trim(text),
                TrimSide::Leading => str::trim_start(text),
                TrimSide::Trailing => str::trim_end(text),
            };
            return Ok(values.iter().map(|text| text.map(trim)).collect::<StringChunked>().into_series());
        };
        let sets = texts(set)?;
        let (a, b) = (Operand::new(&values), Operand::new(&sets));
        let result: StringChunked = (0..self.rows_of(&[x, set]))
            .map(|row| {
                let (text, set) = (a.at(row)?, b.at(row)?);
                let any = |char: char| set.contains(char);
                Some(match side {
                    TrimSide::Both => text.trim_matches(any),
                    TrimSide::Leading => text.trim_start_matches(any),
                    TrimSide::Trailing => text.trim_end_matches(any),
                })
            })
            .collect();
        Ok(result.into_series())
    }

    fn substr(&self, x: &Series, from: &Series, count: Option<&Series>) -> Outcome<Series> {
        let (values, starts) = (texts(x)?, ints(from)?);
        let counts = count.map(ints).transpose()?;
        let (a, b, c) = (Operand::new(&values), Operand::new(&starts), counts.as_ref().map(Operand::new));
        let rows = self.rows_of(&[&[x, from][..], &count.into_iter().collect::<Vec<_>>()].concat());
        let result: Outcome<StringChunked> = (0..rows)
            .map(|row| {
                let (Some(text), Some(from)) = (a.at(row), b.at(row)) else { return Ok(None) };
                let end = match &c {
                    None => i64::MAX,
                    Some(counts) => match counts.at(row) {
                        None => return Ok(None),
                        Some(count) if count < 0 => {
                            let place = self.place(row);
                            return Err(value(format!("substr cannot take {count} characters in row {place}")));
                        }
                        Some(count) => from.saturating_add(count),
                    },
                };
                Ok(Some(slice(text, from.max(1), end)))
            })
            .collect();
        Ok(result?.into_series())
    }

    fn replace(&self, x: &Series, what: &Series, with: &Series) -> Outcome<Series> {
        let (values, whats, withs) = (texts(x)?, texts(what)?, texts(with)?);
        let (a, b, c) = (Operand::new(&values), Operand::new(&whats), Operand::new(&withs));
        let mut growth = Growth::default();
        let result: Outcome<StringChunked> = (0..self.rows_of(&[x, what, with]))
            .map(|row| {
                let (Some(text), Some(what), Some(with)) = (a.at(row), b.at(row), c.at(row)) else { return Ok(None) };
                // Nothing is nowhere to be found; Rust would find it between all characters.
                if what.is_empty() {
                    return Ok(Some(text.to_owned()));
                }
                growth.by(replaced_bytes(text, what, with)?)?;
                Ok(Some(text.replace(what, with)))
            })
            .collect();
        Ok(result?.into_series())
    }

    fn length(&self, x: &Series) -> Outcome<Series> {
        let result: Int64Chunked = texts(x)?.iter().map(|text| text.map(|text| text.chars().count() as i64)).collect();
        Ok(result.into_series())
    }

    fn concat(&self, values: &[&Series]) -> Outcome<Series> {
        let rows = self.rows_of(values);
        let arrays: Vec<StringChunked> = values.iter().map(|series| texts(series)).collect::<Outcome<_>>()?;
        let operands: Vec<Operand<'_, _>> = arrays.iter().map(Operand::new).collect();
        let result: StringChunked = (0..rows)
            .map(|row| {
                operands.iter().try_fold(String::new(), |mut whole, operand| {
                    whole.push_str(operand.at(row)?);
                    Some(whole)
                })
            })
            .collect();
        Ok(result.into_series())
    }
}

/// How many bytes the text will have. Where that is many times what it had, they are counted before they are made.
fn replaced_bytes(text: &str, what: &str, with: &str) -> Outcome<usize> {
    if with.len() <= what.len() {
        return Ok(text.len());
    }
    let more = text.matches(what).count().saturating_mul(with.len() - what.len());
    let bytes = text.len().saturating_add(more);
    long_text::fits(bytes)?;
    room_for(bytes as u128, || "a text of `replace`".to_owned())?;
    Ok(bytes)
}

fn each(x: &Series, f: impl Fn(&str) -> String) -> Outcome<Series> {
    Ok(texts(x)?.iter().map(|text| text.map(&f)).collect::<StringChunked>().into_series())
}

/// The characters from position `from` (from 1) up to but without position `end`.
fn slice(text: &str, from: i64, end: i64) -> &str {
    if end <= from {
        return "";
    }
    let byte_of = |position: i64| {
        let position = usize::try_from(position - 1).unwrap_or(usize::MAX);
        if text.is_ascii() {
            position.min(text.len())
        } else {
            text.char_indices().nth(position).map_or(text.len(), |(byte, _)| byte)
        }
    };
    &text[byte_of(from)..byte_of(end)]
}
