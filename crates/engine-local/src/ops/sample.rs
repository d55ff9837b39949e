//! Some rows, chosen by chance.

use polars::prelude::{DataFrame, IdxSize};
use tidemill_core::table::{Rel, SampleSize};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::RequiredColumns;
use crate::arrays::select::take;
use crate::error::Outcome;

/// Keeps some rows in their order. Which ones depends on nothing but the number of each row and the seed.
pub(crate) struct SampleExec<'a> {
    pub input: &'a Rel,
    pub size: SampleSize,
    pub seed: u64,
    pub required: RequiredColumns,
}

impl Operator for SampleExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, self.required.clone())]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let kept = take(&frame, &chosen(frame.height(), self.size, self.seed))?;
        context.drop_rows("sample", frame.height() - kept.height());
        Ok(kept)
    }
}

fn chosen(rows: usize, size: SampleSize, seed: u64) -> Vec<IdxSize> {
    let all = 0..rows as IdxSize;
    match size {
        SampleSize::Rows(wanted) => {
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(rows);
            let mut drawn: Vec<(u64, IdxSize)> = all.map(|row| (draw(seed, row), row)).collect();
            if wanted < rows {
                drawn.select_nth_unstable(wanted);
            }
            let mut chosen: Vec<IdxSize> = drawn[..wanted].iter().map(|(_, row)| *row).collect();
            chosen.sort_unstable();
            chosen
        }
        // The upper 53 bits are a float from 0 to less than 1.
        SampleSize::Fraction(fraction) => {
            all.filter(|row| ((draw(seed, *row) >> 11) as f64) / ((1_u64 << 53) as f64) < fraction).collect()
        }
    }
}

/// A number for a row that looks like chance: SplitMix64 of its place, begun at a place that the seed gives.
fn draw(seed: u64, row: IdxSize) -> u64 {
    mixed(mixed(seed).wrapping_add((u64::from(row) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_rows_as_are_wanted_in_their_order_and_each_as_often_as_others() {
        let mut times = vec![0; 20];
        for seed in 0..2_000 {
            let rows = chosen(20, SampleSize::Rows(5), seed);
            assert_eq!(rows.len(), 5);
            assert!(rows.is_sorted());
            rows.iter().for_each(|row| times[*row as usize] += 1);
        }
        // 500 are expected, with a standard deviation below 20.
        assert!(times.iter().all(|times| (400..600).contains(times)), "{times:?}");
        assert_eq!(chosen(3, SampleSize::Rows(9), 1), [0, 1, 2]);
        assert_eq!(chosen(0, SampleSize::Rows(9), 1), Vec::<IdxSize>::new());
    }

    #[test]
    fn a_fraction_is_the_chance_of_each_row() {
        assert_eq!(chosen(1_000, SampleSize::Fraction(0.0), 7).len(), 0);
        assert_eq!(chosen(1_000, SampleSize::Fraction(1.0), 7).len(), 1_000);
        let quarter = chosen(40_000, SampleSize::Fraction(0.25), 7);
        assert!((9_600..10_400).contains(&quarter.len()), "{}", quarter.len());
        // A larger share holds the smaller one.
        let half = chosen(40_000, SampleSize::Fraction(0.5), 7);
        assert!(quarter.iter().all(|row| half.binary_search(row).is_ok()));
    }
}
