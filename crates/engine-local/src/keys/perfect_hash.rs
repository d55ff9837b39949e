//! Perfect hashing: groups by keys of few possible values, whose numbers are looked up in a small table instead of hashing
//! each row.

use polars::prelude::{BooleanChunked, DataType, IdxSize, Int64Chunked, Series, StringChunked};

use crate::arrays::select::NONE;
use crate::keys::groups::Groups;

/// Different texts of a key; more are hashed.
const TEXTS: usize = 16;

/// Different values that a key, and all keys together, may have.
const MOST: usize = 1 << 12;

/// Numbers for a key's values, from 0, one for each row; all are below the second.
type Codes = (Vec<IdxSize>, usize);

/// The groups, if the keys are texts of at most twelve bytes, bools, and ints that lie close together, and few of each. One key
/// of ints may have about as many values as there are rows, as ids have.
pub(crate) fn groups(keys: &[Series]) -> Option<Groups> {
    let (first, others) = keys.split_first()?;
    let most = if others.is_empty() { first.len().saturating_mul(2).max(MOST) } else { MOST };
    let (mut codes, mut count) = of_key(first, most)?;
    for key in others {
        let (more, of_key) = of_key(key, MOST)?;
        count = count.checked_mul(of_key).filter(|count| *count <= MOST)?;
        codes.iter_mut().zip(more).for_each(|(code, more)| *code = *code * of_key as IdxSize + more);
    }
    let mut group_of = vec![NONE; count];
    let mut first = vec![];
    for (row, code) in codes.iter_mut().enumerate() {
        let group = &mut group_of[*code as usize];
        if *group == NONE {
            *group = first.len() as IdxSize;
            first.push(row as IdxSize);
        }
        *code = *group;
    }
    Some(Groups { of_row: codes, first })
}

fn of_key(key: &Series, most: usize) -> Option<Codes> {
    match key.dtype() {
        DataType::String => of_texts(key.str().ok()?),
        DataType::Boolean => Some(of_bools(key.bool().ok()?)),
        DataType::Int64 => of_ints(key.i64().ok()?, most),
        DataType::Int32 => of_ints(key.cast(&DataType::Int64).ok()?.i64().ok()?, most),
        _ => None,
    }
}

fn of_bools(values: &BooleanChunked) -> Codes {
    (values.iter().map(|value| value.map_or(2, IdxSize::from)).collect(), 3)
}

fn of_ints(values: &Int64Chunked, most: usize) -> Option<Codes> {
    use polars::prelude::ChunkAgg;
    let (low, high) = values.min_max()?;
    let none =
        usize::try_from(high.checked_sub(low)?).ok().filter(|span| *span < most.min(IdxSize::MAX as usize / 2))? + 1;
    let code = |value: Option<i64>| value.map_or(none as IdxSize, |value| (value - low) as IdxSize);
    Some((values.iter().map(code).collect(), none + 1))
}

/// A text of at most twelve bytes stands in its view, so that equal texts have equal views and no others.
fn of_texts(values: &StringChunked) -> Option<Codes> {
    let mut known: Vec<u128> = Vec::with_capacity(TEXTS);
    let mut codes = Vec::with_capacity(values.len());
    let none = TEXTS as IdxSize;
    for (array, chunk) in values.downcast_iter().zip(values.chunks()) {
        let validity = chunk.validity();
        // What most rows have is what the row above has.
        let (mut last, mut code) = (None, none);
        for (row, view) in array.views().iter().enumerate() {
            if validity.is_some_and(|validity| !validity.get_bit(row)) {
                codes.push(none);
                continue;
            }
            if !view.is_inline() {
                return None;
            }
            let text = view.as_u128();
            if last != Some(text) {
                let place = match known.iter().position(|known| *known == text) {
                    Some(place) => place,
                    None if known.len() < TEXTS => {
                        known.push(text);
                        known.len() - 1
                    }
                    None => return None,
                };
                (last, code) = (Some(text), place as IdxSize);
            }
            codes.push(code);
        }
    }
    Some((codes, TEXTS + 1))
}

#[cfg(test)]
mod tests {
    use polars::prelude::{BooleanChunked, IntoSeries};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_of_equal_keys_have_one_number_by_first_appearance(
            rows in prop::collection::vec(
                (prop::option::of("[a-t]{0,2}"), prop::option::of(-3..3i64), prop::option::of(any::<bool>())),
                1..60,
            ),
        ) {
            let keys = [
                rows.iter().map(|row| row.0.clone()).collect::<StringChunked>().into_series(),
                rows.iter().map(|row| row.1).collect::<Int64Chunked>().into_series(),
                rows.iter().map(|row| row.2).collect::<BooleanChunked>().into_series(),
            ];
            let mut seen = vec![];
            for row in &rows {
                if !seen.contains(row) {
                    seen.push(row.clone());
                }
            }
            match groups(&keys) {
                Some(groups) => {
                    for (row, group) in rows.iter().zip(&groups.of_row) {
                        prop_assert_eq!(row, &seen[*group as usize]);
                    }
                    prop_assert_eq!(groups.first.len(), seen.len());
                    for (group, first) in groups.first.iter().enumerate() {
                        prop_assert_eq!(rows.iter().position(|row| row == &seen[group]), Some(*first as usize));
                    }
                }
                None => {
                    let texts: std::collections::BTreeSet<_> = rows.iter().filter_map(|row| row.0.clone()).collect();
                    prop_assert!(texts.len() > TEXTS || rows.iter().all(|row| row.1.is_none()));
                }
            }
        }
    }

    #[test]
    fn long_texts_are_left_to_others() {
        let texts: StringChunked = [Some("as long as it is")].into_iter().collect();
        assert!(groups(&[texts.into_series()]).is_none());
    }
}
