//! Dictionary encoding: the different values of a column, and for each row which of them is its (its code).

use polars::prelude::{DataType, IdxSize, PlHashMap, Series, StringChunked};

use super::encoding::as_numbers;
use crate::arrays::select::NONE;
use crate::arrays::typed::{bools, texts};
use crate::error::Outcome;

/// So many texts are looked at before it is decided whether they repeat themselves.
const TRIED: IdxSize = 1024;

/// A column as codes into its different values.
pub(crate) struct Dictionary {
    /// For each different value a row that holds it.
    pub firsts: Vec<IdxSize>,
    /// For each row the code of its value: its place in `firsts`.
    pub codes: Vec<IdxSize>,
}

impl Dictionary {
    /// Encodes the values, unless one is NULL, or they do not repeat themselves several times each, or it would take long to
    /// find that out.
    pub fn of(values: &Series) -> Outcome<Option<Self>> {
        if values.null_count() > 0 {
            return Ok(None);
        }
        let most = values.len() / 4;
        match values.dtype() {
            DataType::Boolean => {
                Ok(by_number(bools(values)?.iter().map(|bit| usize::from(bit == Some(true))), 2, most))
            }
            DataType::String => Ok(of_texts(&texts(values)?, most)),
            _ => {
                let Some(numbers) = as_numbers(values)? else { return Ok(None) };
                let least = numbers.iter().copied().min().unwrap_or_default();
                let greatest = numbers.iter().copied().max().unwrap_or_default();
                let span = greatest.wrapping_sub(least) as u64;
                if span >= numbers.len() as u64 {
                    return Ok(None);
                }
                let numbers = numbers.into_iter().map(|number| number.wrapping_sub(least) as usize);
                Ok(by_number(numbers, span as usize + 1, most))
            }
        }
    }
}

/// Numbers below `end`.
fn by_number(numbers: impl ExactSizeIterator<Item = usize>, end: usize, most: usize) -> Option<Dictionary> {
    let mut known = vec![NONE; end];
    let (mut firsts, mut codes) = (Vec::new(), Vec::with_capacity(numbers.len()));
    for (number, row) in numbers.zip(0..) {
        let place = &mut known[number];
        if *place == NONE {
            *place = firsts.len() as IdxSize;
            firsts.push(row);
        }
        codes.push(*place);
    }
    (firsts.len() <= most).then_some(Dictionary { firsts, codes })
}

/// Texts in the order in which they appear; a NULL has the first code. None if they are more than `most`, or too many of the first
/// rows differ.
pub(super) fn of_texts(texts: &StringChunked, most: usize) -> Option<Dictionary> {
    let mut known: PlHashMap<&str, IdxSize> = PlHashMap::default();
    let (mut firsts, mut codes) = (Vec::new(), Vec::with_capacity(texts.len()));
    let mut above = None;
    for (text, row) in texts.iter().zip(0..) {
        let Some(text) = text else {
            codes.push(0);
            continue;
        };
        let code = match above {
            Some((same, code)) if same == text => code,
            _ => match known.get(text) {
                Some(code) => *code,
                None if firsts.len() >= most || (row < TRIED && firsts.len() > TRIED as usize / 4 * 3) => return None,
                None => {
                    let code = firsts.len() as IdxSize;
                    known.insert(text, code);
                    firsts.push(row);
                    code
                }
            },
        };
        codes.push(code);
        above = Some((text, code));
    }
    Some(Dictionary { firsts, codes })
}
