//! Whatever a table holds, it comes back; equal tables are equal bytes; and no bytes make reading them break.

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType as Physical, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked,
    IntoSeries, NamedFrom, Series, StringChunked,
};
use proptest::prelude::*;

use super::{ColumnChunk, RowGroup, RunLengths};
use crate::arrays::types;

/// A row that comes several times.
type Row = (Option<i64>, Option<String>, Option<f64>, Option<i128>, usize);

fn row() -> impl Strategy<Value = Row> {
    let text = prop_oneof![Just(String::new()), "[ab]{1,2}", "[a-c]{13,15}", any::<String>()];
    let float = prop_oneof![Just(0.0), Just(-0.0), Just(f64::NAN), Just(-f64::NAN), any::<f64>()];
    let int = prop_oneof![0..3i64, -300..300i64, any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    let digits =
        prop_oneof![-5..5i128, any::<i64>().prop_map(i128::from), Just(i128::MAX / 2), Just(-(10i128.pow(37)))];
    (
        prop::option::weighted(0.9, int),
        prop::option::weighted(0.9, text),
        prop::option::weighted(0.9, float),
        prop::option::weighted(0.9, digits),
        prop_oneof![Just(1), 1..9usize],
    )
}

fn frame(rows: &[Row]) -> DataFrame {
    let every = || rows.iter().flat_map(|row| std::iter::repeat_n(row, row.4));
    let ints: Int64Chunked = every().map(|row| row.0).collect();
    let texts: StringChunked = every().map(|row| row.1.as_deref()).collect();
    let floats: Float64Chunked = every().map(|row| row.2).collect();
    let digits: Int128Chunked = every().map(|row| row.3).collect();
    let bools: BooleanChunked = every().map(|row| row.0.map(|int| int % 2 == 0)).collect();
    let days: Int32Chunked = every().map(|row| row.0.map(|int| int as i32)).collect();
    // None of these by_run itself.
    let count = every().count();
    let numbers = Int64Chunked::from_vec("".into(), (0..count as i64).map(|at| at * at * 1_000_003 % 70_001).collect());
    let names: StringChunked = (0..count).map(|at| Some(format!("row {at}"))).collect();
    let columns = [
        ("i", ints.clone().into_series()),
        ("s", texts.into_series()),
        ("f", floats.into_series()),
        ("m", types::decimals(digits, 38, 2)),
        ("b", bools.into_series()),
        ("d", days.into_date().into_series()),
        ("t", types::datetimes(ints.clone())),
        ("o", types::times(ints)),
        ("n", Series::full_null("".into(), count, &Physical::Null)),
        ("number", numbers.into_series()),
        ("name", names.into_series()),
    ];
    let columns = columns.into_iter().map(|(name, values)| Column::from(values.with_name(name.into()))).collect();
    DataFrame::new(count, columns).unwrap()
}

fn encoded(frame: &DataFrame) -> (Vec<u8>, Vec<Vec<u8>>) {
    let part = RowGroup::of(frame).unwrap();
    let run_lengths = part.run_lengths.as_ref().map(RunLengths::encode).unwrap_or_default();
    (run_lengths, part.columns.iter().map(|column| column.encode().unwrap()).collect())
}

fn unpacked(frame: &DataFrame, run_lengths: &[u8], columns: &[Vec<u8>]) -> Option<DataFrame> {
    let rows = frame.height();
    let run_lengths = if run_lengths.is_empty() { None } else { Some(RunLengths::decode(run_lengths, rows).ok()?) };
    let column = |(column, encoded): (&Column, &Vec<u8>)| {
        let data_type = types::from_polars(column.dtype()).unwrap();
        ColumnChunk::decode(encoded, column.name(), data_type, rows, run_lengths.as_ref()).ok()
    };
    let columns = frame.columns().iter().zip(columns).map(column).collect::<Option<Vec<_>>>()?;
    RowGroup { rows, run_lengths, columns }.into_frame().ok()
}

/// The same with one NaN.
fn one_nan(frame: &DataFrame) -> String {
    let values = |column: &Column| format!("{:?}\n", column.as_materialized_series().iter().collect::<Vec<_>>());
    frame.columns().iter().map(values).collect()
}

proptest! {
    #[test]
    fn rows_come_back_and_chunks_leave_no_trace(rows in prop::collection::vec(row(), 0..60), cut in 0..100usize) {
        let frame = frame(&rows);
        let (run_lengths, columns) = encoded(&frame);
        let back = unpacked(&frame, &run_lengths, &columns).unwrap();
        prop_assert_eq!(one_nan(&back), one_nan(&frame));
        prop_assert_eq!(back.schema(), frame.schema());
        let cut = cut.min(frame.height());
        let mut in_two = frame.slice(0, cut);
        in_two.vstack_mut(&frame.slice(cut as i64, usize::MAX)).unwrap();
        prop_assert_eq!(encoded(&in_two), (run_lengths.clone(), columns.clone()));
        // Packed again, what was unpacked is the same.
        prop_assert_eq!(encoded(&back), (run_lengths, columns));
    }

    #[test]
    fn damaged_bytes_break_nothing(
        rows in prop::collection::vec(row(), 1..40),
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        byte: u8,
        cut: bool,
    ) {
        let frame = frame(&rows);
        let (mut run_lengths, mut columns) = encoded(&frame);
        let at = which.index(columns.len() + 1);
        let bytes = if at == columns.len() { &mut run_lengths } else { &mut columns[at] };
        if !bytes.is_empty() {
            let place = place.index(bytes.len());
            if cut { bytes.truncate(place) } else { bytes[place] ^= byte }
        }
        if let Some(frame) = unpacked(&frame, &run_lengths, &columns) {
            prop_assert_eq!(frame.width(), columns.len());
        }
    }
}

/// Ten campaigns of each order: its columns are kept once.
#[test]
fn what_a_join_repeats_is_kept_once() {
    let rows = 20_000;
    let order = |row: usize| (row / 10) as i64;
    let frame = DataFrame::new_infer_height(vec![
        Series::new("order".into(), (0..rows).map(order).collect::<Vec<_>>()).into(),
        Series::new("country".into(), (0..rows).map(|row| format!("country {}", order(row) % 9)).collect::<Vec<_>>())
            .into(),
        Series::new("campaign".into(), (0..rows as i64).map(|row| row * 7_919 % 250).collect::<Vec<_>>()).into(),
    ])
    .unwrap();
    let part = RowGroup::of(&frame).unwrap();
    assert_eq!(part.run_lengths.as_ref().map(|run_lengths| run_lengths.starts().len()), Some(2_000));
    assert_eq!(part.columns.iter().map(|column| column.values.len()).collect::<Vec<_>>(), [2_000, 2_000, 20_000]);
    let (run_lengths, columns) = encoded(&frame);
    // A bit a row, two bytes an order, one an order, one a row, and a little about each.
    assert_eq!(run_lengths.len(), 2_500);
    assert!(columns[0].len() < 4_020 && columns[1].len() < 2_200 && columns[2].len() < 20_020);
    assert!(part.into_frame().unwrap().equals(&frame));
}
