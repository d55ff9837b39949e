//! PartialSums and means of ints and decimals, exact in 128 bits.

use polars::prelude::{
    ChunkedArray, DataType as Physical, Float64Chunked, IdxSize, Int64Chunked, Int128Chunked, IntoSeries,
    PolarsNumericType, Series,
};
use tidemill_core::table::DataType;

use super::rows::GroupedRows;
use crate::arrays::typed::{digits, ints};
use crate::arrays::types;
use crate::error::{Outcome, unsupported, value};
use crate::expr::magnitude;
use crate::values::decimal::{divide, fits, rescale_half_even};

/// Sum and number of the values of each result, and the scale of the sums.
pub(super) fn sums(values: &Series, rows: &GroupedRows<'_>) -> Outcome<(Vec<(i128, i64)>, u8)> {
    let (digits, scale) = digits(values)?;
    let sums = rows.fold((0i128, 0i64), digits.iter(), |(sum, count), _, digits| {
        if let Some(digits) = digits {
            *sum = sum.checked_add(digits).ok_or_else(too_large)?;
            *count += 1;
        }
        Ok(())
    })?;
    Ok((sums, scale))
}

fn too_large() -> tidemill_core::table::EngineError {
    value("the sum overflows: it has more digits than its type can hold")
}

/// PartialSums of some rows that were added up by themselves.
pub(crate) struct PartialSums {
    /// Sum and number of values of each group.
    sums: Vec<(i128, i64)>,
    /// Of the sums.
    scale: u8,
    /// No sum of any of the rows is further from zero.
    most: u128,
}

/// Rows whose values may add up to more than this are added one by one to what came before them.
const MOST: u128 = 1 << 100;

/// The sums of some rows alone, where `of` holds the group of each row and `sizes` says how many rows are in each; none if they
/// may come so near to what 128 bits hold that it matters in which order they are added.
pub(super) fn partial(values: &Series, of: &[IdxSize], sizes: &[i64]) -> Outcome<Option<PartialSums>> {
    if values.dtype() == &Physical::Int64 {
        return Ok(partial_of(&ints(values)?, 0, of, sizes));
    }
    let (digits, scale) = digits(values)?;
    Ok(partial_of(&digits, scale, of, sizes))
}

fn partial_of<T: PolarsNumericType>(
    values: &ChunkedArray<T>,
    scale: u8,
    of: &[IdxSize],
    sizes: &[i64],
) -> Option<PartialSums>
where
    T::Native: Into<i128>,
{
    let values = values.rechunk();
    let slice = values.downcast_as_array().values().as_slice();
    let most = magnitude(slice.iter().map(|value| (*value).into())).checked_mul(of.len() as u128)?;
    if most > MOST {
        return None;
    }
    let sums = if values.null_count() > 0 {
        with_nulls(values.iter().map(|value| value.map(Into::into)), of, sizes)
    } else if most < 1 << 63 {
        // Half as wide sums hold them all.
        counted(added(slice, of, sizes, |value| value.into() as i64), sizes)
    } else {
        counted(added(slice, of, sizes, Into::into), sizes)
    };
    Some(PartialSums { sums, scale, most })
}

/// Adds up what is known to fit.
fn added<V: Copy, S: Copy + Default + std::ops::AddAssign>(
    values: &[V],
    of: &[IdxSize],
    sizes: &[i64],
    as_sum: impl Fn(V) -> S,
) -> Vec<S> {
    if let [_] = sizes {
        let mut sum = S::default();
        values.iter().for_each(|value| sum += as_sum(*value));
        return vec![sum];
    }
    let mut sums = vec![S::default(); sizes.len()];
    values.iter().zip(of).for_each(|(value, group)| sums[*group as usize] += as_sum(*value));
    sums
}

fn counted<S: Into<i128>>(sums: Vec<S>, sizes: &[i64]) -> Vec<(i128, i64)> {
    sums.into_iter().zip(sizes).map(|(sum, size)| (sum.into(), *size)).collect()
}

fn with_nulls(values: impl Iterator<Item = Option<i128>>, of: &[IdxSize], sizes: &[i64]) -> Vec<(i128, i64)> {
    let mut sums = vec![(0, 0); sizes.len()];
    for (value, group) in values.zip(of) {
        if let Some(value) = value {
            let (sum, count) = &mut sums[*group as usize];
            *sum += value;
            *count += 1;
        }
    }
    sums
}

impl PartialSums {
    /// Adds them to the sums of all rows so far, where `to_all` says which of those each group is; their scale. Where it can not
    /// be told whether a sum would have overflowed on the way, that is an error, and the rows have to be added one by one.
    pub(super) fn add_to(&self, all: &mut [(i128, i64)], to_all: &[IdxSize]) -> Outcome<u8> {
        for ((sum, count), group) in self.sums.iter().zip(to_all) {
            let (whole, number) = &mut all[*group as usize];
            if whole.unsigned_abs() > i128::MAX.unsigned_abs() - self.most {
                return Err(too_large());
            }
            *whole += sum;
            *number += count;
        }
        Ok(self.scale)
    }
}

/// Adds the values of further rows to the sums of their groups, in row order; their scale.
pub(super) fn add(sums: &mut [(i128, i64)], values: &Series, of: &[IdxSize]) -> Outcome<u8> {
    let (digits, scale) = digits(values)?;
    for (group, digits) in of.iter().zip(digits.iter()) {
        if let Some(digits) = digits {
            let (sum, count) = &mut sums[*group as usize];
            *sum = sum.checked_add(digits).ok_or_else(too_large)?;
            *count += 1;
        }
    }
    Ok(scale)
}

/// Sums in their type; NULL of no values, an error if one does not fit.
pub(super) fn summed(sums: &[(i128, i64)], scale: u8, data_type: DataType) -> Outcome<Series> {
    match data_type {
        DataType::Int => {
            let result: Outcome<Int64Chunked> = sums
                .iter()
                .map(|&(sum, count)| {
                    let sum = i64::try_from(sum)
                        .map_err(|_| value(format!("the sum overflows: {sum} does not fit an int of 64 bits")))?;
                    Ok((count > 0).then_some(sum))
                })
                .collect();
            Ok(result?.into_series())
        }
        DataType::Decimal { precision, scale: to } => {
            // What is so far from the bound that every sum fits needs no look at each of them.
            let most = magnitude(sums.iter().map(|(sum, _)| *sum));
            if scale == to
                && most < 10u128.pow(u32::from(precision.min(38)))
                && sums.iter().all(|(_, count)| *count > 0)
            {
                let sums = Int128Chunked::from_vec("".into(), sums.iter().map(|(sum, _)| *sum).collect());
                return Ok(types::decimals(sums, precision, to));
            }
            let result: Outcome<Int128Chunked> = sums
                .iter()
                .map(|&(sum, count)| {
                    let sum = rescale_half_even(sum, scale, to).filter(|sum| fits(*sum, precision));
                    Ok((count > 0).then_some(sum.ok_or_else(too_large)?))
                })
                .collect();
            Ok(types::decimals(result?, precision, to))
        }
        DataType::Float => {
            let result: Float64Chunked = sums
                .iter()
                .map(|&(sum, count)| (count > 0).then(|| crate::values::decimal::to_float(sum, scale)))
                .collect();
            Ok(result.into_series())
        }
        other => Err(unsupported(format!("no sum is {other}"))),
    }
}

/// Means of sums: of ints floats, of decimals decimals, rounded half-even; NULL of no values.
pub(super) fn averaged(sums: &[(i128, i64)], scale: u8, data_type: DataType) -> Outcome<Series> {
    match data_type {
        DataType::Decimal { precision, scale: to } => {
            let result: Outcome<Int128Chunked> = sums
                .iter()
                .map(|&(sum, count)| {
                    if count == 0 {
                        return Ok(None);
                    }
                    let mean = divide(sum, scale, count.into(), 0, to).filter(|mean| fits(*mean, precision));
                    mean.map(Some).ok_or_else(|| value("the mean overflows its type"))
                })
                .collect();
            Ok(types::decimals(result?, precision, to))
        }
        _ => {
            let mean = |&(sum, count): &(i128, i64)| {
                (count > 0).then(|| crate::values::decimal::to_float(sum, scale) / count as f64)
            };
            Ok(sums.iter().map(mean).collect::<Float64Chunked>().into_series())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits() -> impl Strategy<Value = Option<i128>> {
        let edges = prop::sample::select(vec![0, 1i128 << 61, i64::MAX.into(), 1 << 98, 1 << 126]);
        prop::option::weighted(
            0.9,
            (edges, -2..3i128, any::<bool>()).prop_map(
                |(edge, more, negative)| {
                    if negative { -(edge + more) } else { edge + more }
                },
            ),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Pieces give the same sums as all rows one by one, or say that they cannot tell.
        #[test]
        fn sums_in_pieces_are_those_of_all_rows(
            rows in prop::collection::vec((digits(), 0..3 as IdxSize), 0..20),
            piece in 1..6usize,
        ) {
            let mut one_by_one: Outcome<_> = Ok(vec![(0i128, 0i64); 3]);
            let mut in_pieces: Outcome<_> = Ok(vec![(0i128, 0i64); 3]);
            for rows in rows.chunks(piece) {
                let of: Vec<IdxSize> = rows.iter().map(|row| row.1).collect();
                let values = types::decimals(rows.iter().map(|row| row.0).collect(), 38, 0);
                let mut sizes = vec![0; 3];
                of.iter().for_each(|group| sizes[*group as usize] += 1);
                let alone = partial(&values, &of, &sizes).unwrap();
                in_pieces = in_pieces.and_then(|mut sums| {
                    match &alone {
                        Some(part) => part.add_to(&mut sums, &[0, 1, 2])?,
                        None => add(&mut sums, &values, &of)?,
                    };
                    Ok(sums)
                });
                one_by_one = one_by_one.and_then(|mut sums| add(&mut sums, &values, &of).map(|_| sums));
            }
            if let Ok(sums) = in_pieces {
                prop_assert_eq!(sums, one_by_one.unwrap());
            }
        }
    }

    #[test]
    fn small_sums_need_no_look_at_each_row() {
        let values = types::decimals([Some(i128::from(i64::MAX)), None, Some(-5)].into_iter().collect(), 38, 2);
        let part = partial(&values, &[0, 0, 1], &[2, 1]).unwrap().unwrap();
        let mut sums = vec![(1, 1); 2];
        assert_eq!(part.add_to(&mut sums, &[1, 0]).unwrap(), 2);
        assert_eq!(sums, [(-4, 2), (1 + i128::from(i64::MAX), 2)]);
    }
}
