//! Keys numbered as they come, over many frames.
//!
//! [`Groups`](crate::groups::Groups) numbers the rows of one frame; this goes on from frame to frame with the same meaning of
//! equality: NULL equals NULL, NaN equals NaN, and -0.0 equals 0.0.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use polars::prelude::{DataType, IdxSize, PlHashMap, Series, StringChunked};

use crate::eval::{bools, digits, floats, ints, texts};
use crate::failure::{Outcome, internal, unsupported};
use crate::ids::Ids;
use crate::rows::NONE;

/// Numbers given to keys by first appearance.
#[derive(Default)]
pub(crate) struct Numbering {
    /// Single keys of ints, dates and times.
    ints: Ids,
    /// Single keys of texts.
    texts: PlHashMap<Box<str>, IdxSize>,
    /// The text that is none.
    no_text: Option<IdxSize>,
    /// All others, written as bytes.
    others: HashMap<Box<[u8]>, IdxSize>,
    count: IdxSize,
}

/// A single key that needs no bytes.
enum Single {
    Ints(polars::prelude::Int64Chunked),
    Texts(StringChunked),
}

/// By type alone, so that every frame of a table goes the same way.
fn single(keys: &[Series]) -> Outcome<Option<Single>> {
    let [key] = keys else { return Ok(None) };
    Ok(match key.dtype() {
        DataType::Int64 | DataType::Date | DataType::Datetime(..) | DataType::Time => {
            let physical = key.to_physical_repr().cast(&DataType::Int64).map_err(internal)?;
            Some(Single::Ints(ints(&physical)?))
        }
        DataType::String => Some(Single::Texts(texts(key)?)),
        _ => None,
    })
}

impl Numbering {
    /// How many different keys there were.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// The number of each row's key; a new key gets the next number. The columns have the same types every time.
    pub fn add(&mut self, keys: &[Series], rows: usize) -> Outcome<Vec<IdxSize>> {
        let Self { ints, texts, no_text, others, count } = self;
        let next = |count: &mut IdxSize| {
            *count += 1;
            *count - 1
        };
        match single(keys)? {
            Some(Single::Ints(values)) => Ok(ints.add(&values, count)),
            Some(Single::Texts(values)) => Ok(values
                .iter()
                .map(|value| match value {
                    None => *no_text.get_or_insert_with(|| next(count)),
                    Some(text) => match texts.get(text) {
                        Some(number) => *number,
                        None => *texts.entry(text.into()).or_insert_with(|| next(count)),
                    },
                })
                .collect()),
            None => Ok(bytes(keys, rows)?
                .into_iter()
                .map(|key| match others.entry(key.into_boxed_slice()) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(place) => *place.insert(next(count)),
                })
                .collect()),
        }
    }

    /// The number of each row's key, [`NONE`] for one that is not known.
    pub fn find(&self, keys: &[Series], rows: usize) -> Outcome<Vec<IdxSize>> {
        match single(keys)? {
            Some(Single::Ints(values)) => Ok(self.ints.find(&values)),
            Some(Single::Texts(values)) => Ok(values
                .iter()
                .map(|value| value.map_or(self.no_text, |text| self.texts.get(text).copied()).unwrap_or(NONE))
                .collect()),
            None => {
                let number = |key: Vec<u8>| self.others.get(key.as_slice()).copied().unwrap_or(NONE);
                Ok(bytes(keys, rows)?.into_iter().map(number).collect())
            }
        }
    }
}

/// Each row's key as bytes: equal keys have equal bytes, and no others.
fn bytes(keys: &[Series], rows: usize) -> Outcome<Vec<Vec<u8>>> {
    let mut all = vec![Vec::new(); rows];
    for key in keys {
        match key.dtype() {
            DataType::Null => all.iter_mut().for_each(|bytes| bytes.push(0)),
            DataType::Boolean => push(&mut all, bools(key)?.iter(), |bytes, value| bytes.push(u8::from(value))),
            DataType::Int64 | DataType::Date | DataType::Datetime(..) | DataType::Time => {
                let physical = key.to_physical_repr().cast(&DataType::Int64).map_err(internal)?;
                push(&mut all, ints(&physical)?.iter(), |bytes, value| bytes.extend(value.to_le_bytes()));
            }
            DataType::Decimal(..) => {
                push(&mut all, digits(key)?.0.iter(), |bytes, value| bytes.extend(value.to_le_bytes()));
            }
            DataType::Float64 => push(&mut all, floats(key)?.iter(), |bytes, value| {
                // Adding zero turns -0.0 into 0.0.
                let one = if value.is_nan() { f64::NAN } else { value + 0.0 };
                bytes.extend(one.to_le_bytes());
            }),
            DataType::String => push(&mut all, texts(key)?.iter(), |bytes, value| {
                bytes.extend((value.len() as u64).to_le_bytes());
                bytes.extend(value.as_bytes());
            }),
            other => return Err(unsupported(format!("a key of type {other}"))),
        }
    }
    Ok(all)
}

fn push<T>(all: &mut [Vec<u8>], values: impl Iterator<Item = Option<T>>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    for (bytes, value) in all.iter_mut().zip(values) {
        bytes.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(bytes, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::groups::Groups;

    proptest! {
        #[test]
        fn frame_by_frame_is_as_all_at_once(
            rows in prop::collection::vec((prop::option::of(-2..3i64), prop::option::of("[ab]{0,2}"), 0..4usize), 0..40),
            cut in 0..40usize,
            which in 0..4usize,
        ) {
            let zeros = [0.0, -0.0, f64::NAN, 1.0];
            let ints: Series = rows.iter().map(|row| row.0).collect::<polars::prelude::Int64Chunked>().into();
            let texts: Series = rows.iter().map(|row| row.1.clone()).collect::<StringChunked>().into();
            let floats: Series = rows.iter().map(|row| Some(zeros[row.2])).collect::<polars::prelude::Float64Chunked>().into();
            let keys = match which {
                0 => vec![ints],
                1 => vec![texts],
                2 => vec![floats],
                _ => vec![ints, texts, floats],
            };
            let at = cut.min(rows.len());
            let part = |from: usize, rows: usize| -> Vec<Series> {
                keys.iter().map(|key| key.slice(from as i64, rows)).collect()
            };
            let mut numbering = Numbering::default();
            let mut found = numbering.add(&part(0, at), at).unwrap();
            found.extend(numbering.add(&part(at, rows.len() - at), rows.len() - at).unwrap());
            let whole = Groups::of(&keys, rows.len()).unwrap();
            prop_assert_eq!(&found, &whole.of_row);
            prop_assert_eq!(numbering.len(), whole.len());
            prop_assert_eq!(numbering.find(&keys, rows.len()).unwrap(), found);
        }
    }
}
