//! Ints interned as dense numbers.

use polars::prelude::{IdxSize, Int64Chunked, PlHashMap};

use crate::arrays::select::NONE;

/// Places of the table for each int that is numbered: ids may leave so many out.
const SPARSE: usize = 8;

/// The number of each int that was seen, and of NULL.
#[derive(Default)]
pub(crate) struct IntInterner {
    /// The numbers of 0, 1, 2 …, for most ids are small and close together: no hashing, and neighbours lie side by side.
    low: Vec<IdxSize>,
    /// All others.
    others: PlHashMap<Option<i64>, IdxSize>,
}

impl IntInterner {
    /// The number of each value; one that is new gets the next, of which `count` is the first.
    pub fn intern(&mut self, values: &Int64Chunked, count: &mut IdxSize) -> Vec<IdxSize> {
        self.widen(values, *count as usize);
        values
            .iter()
            .map(|value| {
                let number = match value.and_then(|value| self.low.get_mut(usize::try_from(value).ok()?)) {
                    Some(number) => number,
                    None => self.others.entry(value).or_insert(NONE),
                };
                if *number == NONE {
                    *number = *count;
                    *count += 1;
                }
                *number
            })
            .collect()
    }

    /// The number of each value, [`NONE`] for one that was not seen.
    pub fn lookup(&self, values: &Int64Chunked) -> Vec<IdxSize> {
        let number = |value: Option<i64>| match value.and_then(|value| self.low.get(usize::try_from(value).ok()?)) {
            Some(number) => *number,
            None => self.others.get(&value).copied().unwrap_or(NONE),
        };
        values.iter().map(number).collect()
    }

    /// Makes room for the largest value if the table is full enough with it.
    fn widen(&mut self, values: &Int64Chunked, count: usize) {
        use polars::prelude::ChunkAgg;
        let most = (count + values.len()).saturating_mul(SPARSE).saturating_add(1 << 10);
        let Some(end) = values.max().and_then(|max| usize::try_from(max).ok()?.checked_add(1)) else { return };
        if end <= self.low.len() || end > most {
            return;
        }
        // By doubling, so that ids that grow are not moved every time.
        self.low.resize(end.max(self.low.len() * 2), NONE);
        let low = &mut self.low;
        self.others.retain(|value, number| {
            let place = value.and_then(|value| low.get_mut(usize::try_from(value).ok()?));
            let stays = place.is_none();
            place.into_iter().for_each(|place| *place = *number);
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn small_large_and_negative_ints_have_one_number_each(
            pieces in prop::collection::vec(
                prop::collection::vec(
                    prop_oneof![Just(None), (-3..3i64).prop_map(Some), (0..20_000i64).prop_map(Some), Just(Some(i64::MAX))],
                    0..40,
                ),
                0..8,
            ),
        ) {
            let (mut interner, mut count) = (IntInterner::default(), 0);
            let mut seen: Vec<Option<i64>> = vec![];
            for piece in pieces {
                let values: Int64Chunked = piece.iter().copied().collect();
                let before = interner.lookup(&values);
                let numbers = interner.intern(&values, &mut count);
                for ((value, before), number) in piece.iter().zip(before).zip(&numbers) {
                    let place = seen.iter().position(|known| known == value);
                    // A value that is twice in this piece was not known before it either.
                    prop_assert!(before == NONE || Some(before as usize) == place);
                    let place = place.unwrap_or_else(|| {
                        seen.push(*value);
                        seen.len() - 1
                    });
                    prop_assert_eq!(*number as usize, place);
                }
                prop_assert_eq!(interner.lookup(&values), numbers);
                prop_assert_eq!(count as usize, seen.len());
            }
        }
    }
}
