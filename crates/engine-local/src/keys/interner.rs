//! Keys interned: each different key gets a dense number when it first comes, over many frames.
//!
//! [`Groups`](crate::keys::groups::Groups) numbers the rows of one frame; this goes on from frame to frame with the same meaning of
//! equality: NULL equals NULL, NaN equals NaN, and -0.0 equals 0.0.

use polars::prelude::{DataType, IdxSize, Int64Chunked, PlHashMap, Series, StringChunked};

use crate::arrays::select::NONE;
use crate::arrays::typed::{bools, digits, floats, ints, texts};
use crate::error::{Outcome, internal, unsupported};
use crate::keys::int_interner::IntInterner;

/// Numbers given to keys by first appearance.
#[derive(Default)]
pub(crate) struct KeyInterner {
    /// Single keys of ints, dates and times.
    ints: IntInterner,
    /// Pairs of such keys.
    pairs: PlHashMap<(Option<i64>, Option<i64>), IdxSize>,
    /// Single keys of texts.
    texts: PlHashMap<Box<str>, IdxSize>,
    /// The text that is none.
    no_text: Option<IdxSize>,
    /// All others, written as bytes.
    others: PlHashMap<Box<[u8]>, IdxSize>,
    count: IdxSize,
}

/// Keys in the form in which they are looked up. By their types alone, so that every frame of a table goes the same way.
pub(crate) enum EncodedKeys {
    Ints(Int64Chunked),
    Pairs(Int64Chunked, Int64Chunked),
    Texts(StringChunked),
    Bytes(KeyBytes),
}

/// Each row's key as bytes: equal keys have equal bytes, and no others.
pub(crate) struct KeyBytes {
    all: Vec<u8>,
    /// Where each row's end.
    ends: Vec<usize>,
}

impl EncodedKeys {
    /// The keys of so many rows.
    pub fn of(keys: &[Series], rows: usize) -> Outcome<Self> {
        Ok(match keys {
            [key] if is_int(key.dtype()) => Self::Ints(physical(key)?),
            [a, b] if is_int(a.dtype()) && is_int(b.dtype()) => Self::Pairs(physical(a)?, physical(b)?),
            [key] if key.dtype() == &DataType::String => Self::Texts(texts(key)?),
            _ => Self::Bytes(KeyBytes::of(keys, rows)?),
        })
    }
}

/// Whether 64 bits with a sign hold its values.
fn is_int(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int64 | DataType::UInt32 | DataType::Date | DataType::Datetime(..) | DataType::Time)
}

fn physical(key: &Series) -> Outcome<Int64Chunked> {
    ints(&key.to_physical_repr().cast(&DataType::Int64).map_err(internal)?)
}

impl KeyInterner {
    /// How many different keys there were.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// The number of each row's key; a new key gets the next number. The columns have the same types every time.
    pub fn intern(&mut self, keys: &[Series], rows: usize) -> Outcome<Vec<IdxSize>> {
        Ok(self.intern_encoded(&EncodedKeys::of(keys, rows)?))
    }

    /// Likewise.
    pub fn intern_encoded(&mut self, keys: &EncodedKeys) -> Vec<IdxSize> {
        let Self { ints, pairs, texts, no_text, others, count } = self;
        let next = |count: &mut IdxSize| {
            *count += 1;
            *count - 1
        };
        match keys {
            EncodedKeys::Ints(values) => ints.intern(values, count),
            EncodedKeys::Pairs(a, b) => {
                a.iter().zip(b.iter()).map(|pair| *pairs.entry(pair).or_insert_with(|| next(count))).collect()
            }
            EncodedKeys::Texts(values) => values
                .iter()
                .map(|value| match value {
                    None => *no_text.get_or_insert_with(|| next(count)),
                    Some(text) => match texts.get(text) {
                        Some(number) => *number,
                        None => *texts.entry(text.into()).or_insert_with(|| next(count)),
                    },
                })
                .collect(),
            EncodedKeys::Bytes(bytes) => bytes
                .iter()
                .map(|key| match others.get(key) {
                    Some(number) => *number,
                    None => *others.entry(key.into()).or_insert_with(|| next(count)),
                })
                .collect(),
        }
    }

    /// The number of each row's key, [`NONE`] for one that is not known.
    pub fn lookup(&self, keys: &[Series], rows: usize) -> Outcome<Vec<IdxSize>> {
        let or_none = |number: Option<&IdxSize>| number.copied().unwrap_or(NONE);
        Ok(match EncodedKeys::of(keys, rows)? {
            EncodedKeys::Ints(values) => self.ints.lookup(&values),
            EncodedKeys::Pairs(a, b) => a.iter().zip(b.iter()).map(|pair| or_none(self.pairs.get(&pair))).collect(),
            EncodedKeys::Texts(values) => values
                .iter()
                .map(|value| or_none(value.map_or(self.no_text.as_ref(), |text| self.texts.get(text))))
                .collect(),
            EncodedKeys::Bytes(bytes) => bytes.iter().map(|key| or_none(self.others.get(key))).collect(),
        })
    }
}

impl KeyBytes {
    fn of(keys: &[Series], rows: usize) -> Outcome<Self> {
        let mut ends = vec![0; rows];
        keys.iter().try_for_each(|key| each(key, |row, head, rest| ends[row] += head.len() + rest.len()))?;
        let mut end = 0;
        for row in &mut ends {
            (*row, end) = (end, end + *row);
        }
        // So far where each begins; they become ends while the bytes are written.
        let mut all = vec![0; end];
        let mut write = |row: usize, head: &[u8], rest: &[u8]| {
            for bytes in [head, rest] {
                let start = ends[row];
                ends[row] += bytes.len();
                all[start..ends[row]].copy_from_slice(bytes);
            }
        };
        keys.iter().try_for_each(|key| each(key, &mut write))?;
        Ok(Self { all, ends })
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let key = &self.all[start..*end];
            start = *end;
            key
        })
    }
}

/// The bytes of each row's value, in two pieces.
fn each(key: &Series, mut take: impl FnMut(usize, &[u8], &[u8])) -> Outcome<()> {
    match key.dtype() {
        DataType::Null => (0..key.len()).for_each(|row| take(row, &[0], &[])),
        DataType::Boolean => fixed(bools(key)?.iter(), take, |value| [u8::from(value)]),
        ints if is_int(ints) => {
            fixed(physical(key)?.iter(), take, i64::to_le_bytes);
        }
        DataType::Decimal(..) => fixed(digits(key)?.0.iter(), take, i128::to_le_bytes),
        DataType::Float64 => fixed(floats(key)?.iter(), take, |value| {
            // Adding zero turns -0.0 into 0.0.
            let one = if value.is_nan() { f64::NAN } else { value + 0.0 };
            one.to_le_bytes()
        }),
        DataType::String => {
            for (row, text) in texts(key)?.iter().enumerate() {
                match text {
                    None => take(row, &[0], &[]),
                    Some(text) => {
                        let mut head = [1; 1 + size_of::<u64>()];
                        head[1..].copy_from_slice(&(text.len() as u64).to_le_bytes());
                        take(row, &head, text.as_bytes());
                    }
                }
            }
        }
        other => return Err(unsupported(format!("a key of type {other}"))),
    }
    Ok(())
}

fn fixed<T, const N: usize>(
    values: impl Iterator<Item = Option<T>>,
    mut take: impl FnMut(usize, &[u8], &[u8]),
    bytes: impl Fn(T) -> [u8; N],
) {
    for (row, value) in values.enumerate() {
        match value {
            None => take(row, &[0], &[]),
            Some(value) => take(row, &[1], &bytes(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::groups::Groups;

    proptest! {
        #[test]
        fn frame_by_frame_is_as_all_at_once(
            rows in prop::collection::vec((prop::option::of(-2..3i64), prop::option::of("[ab]{0,2}"), 0..4usize), 0..40),
            cut in 0..40usize,
            which in 0..6usize,
        ) {
            let zeros = [0.0, -0.0, f64::NAN, 1.0];
            let ints: Series = rows.iter().map(|row| row.0).collect::<polars::prelude::Int64Chunked>().into();
            let texts: Series = rows.iter().map(|row| row.1.clone()).collect::<StringChunked>().into();
            let floats: Series = rows.iter().map(|row| Some(zeros[row.2])).collect::<polars::prelude::Float64Chunked>().into();
            let keys = match which {
                0 => vec![ints],
                1 => vec![texts],
                2 => vec![floats],
                3 => vec![ints.clone(), &ints % 2],
                4 => vec![texts.clone(), texts],
                _ => vec![ints, texts, floats],
            };
            let at = cut.min(rows.len());
            let part = |from: usize, rows: usize| -> Vec<Series> {
                keys.iter().map(|key| key.slice(from as i64, rows)).collect()
            };
            let mut interner = KeyInterner::default();
            let mut found = interner.intern(&part(0, at), at).unwrap();
            found.extend(interner.intern(&part(at, rows.len() - at), rows.len() - at).unwrap());
            let plain: Vec<Series> = keys.iter().map(|key| crate::keys::physical::plain(key).unwrap()).collect::<Vec<_>>().concat();
            let whole = if rows.is_empty() { Groups { of_row: vec![], first: vec![] } } else { Groups::hashed(plain, rows.len()).unwrap() };
            let one_way_or_another = Groups::of(&keys, rows.len()).unwrap();
            prop_assert_eq!((&one_way_or_another.of_row, &one_way_or_another.first), (&whole.of_row, &whole.first));
            prop_assert_eq!(&found, &whole.of_row);
            prop_assert_eq!(interner.len(), whole.len());
            prop_assert_eq!(interner.lookup(&keys, rows.len()).unwrap(), found);
        }
    }
}
