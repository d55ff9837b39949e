//! The kernels of window functions that are no aggregates.

use polars::prelude::{Float64Chunked, Int64Chunked, IntoSeries, Series};
use tidemill_core::table::{Expr, ExprKind, Value, WindowFrame};

use super::frame::Bounds;
use super::layout::Layout;
use crate::error::{Outcome, unsupported};
use crate::expr::Eval;

/// What a kernel computes from.
pub(super) struct WindowInput<'a> {
    pub eval: &'a Eval<'a>,
    pub layout: &'a Layout,
    pub frame: &'a WindowFrame,
    pub args: &'a [Expr],
    pub ignore_nulls: bool,
}

type Kernel = fn(&WindowInput<'_>) -> Outcome<Series>;

/// All of them, by their names.
static KERNELS: &[(&str, Kernel)] = &[
    ("row_number", |input| Ok(input.ints(|layout, at| at - layout.partition[at].0 + 1))),
    ("rank", |input| Ok(input.ints(rank))),
    ("dense_rank", dense_rank),
    ("percent_rank", |input| {
        let behind_first = |rows: usize| if rows > 1 { rows - 1 } else { 1 };
        Ok(input.floats(|layout, at| (rank(layout, at) - 1) as f64 / behind_first(size(layout, at)) as f64))
    }),
    ("cume_dist", |input| {
        let before = |layout: &Layout, at: usize| layout.peers[at].1 - layout.partition[at].0;
        Ok(input.floats(|layout, at| before(layout, at) as f64 / size(layout, at) as f64))
    }),
    ("ntile", ntile),
    ("lag", |input| shift(input, i64::saturating_neg)),
    ("lead", |input| shift(input, |offset| offset)),
    ("first_value", |input| of_frame(input, |counted, start, _| Some(counted.before[start]))),
    ("last_value", |input| of_frame(input, |counted, _, end| counted.before[end].checked_sub(1))),
    ("nth_value", |input| {
        let number = usize::try_from(input.constant(1, 1)).unwrap_or(usize::MAX);
        of_frame(input, |counted, start, _| counted.before[start].checked_add(number.checked_sub(1)?))
    }),
];

/// The values of a function for each row.
pub(super) fn compute(name: &str, input: &WindowInput<'_>) -> Outcome<Series> {
    let kernel = KERNELS.iter().find(|(known, _)| *known == name);
    kernel.ok_or_else(|| unsupported(format!("no window function is called {name}")))?.1(input)
}

/// The names of all kernels.
#[cfg(test)]
pub(crate) fn window_names() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().map(|(name, _)| *name)
}

impl WindowInput<'_> {
    fn value(&self) -> Outcome<Series> {
        self.eval.column(self.args.first().ok_or_else(|| unsupported("a window function without a value"))?)
    }

    /// The constant at that place among the arguments.
    fn constant(&self, at: usize, otherwise: i64) -> i64 {
        match self.args.get(at).map(|arg| &arg.kind) {
            Some(ExprKind::Literal(Value::Int(int))) => *int,
            _ => otherwise,
        }
    }

    /// For each row what its place says.
    fn ints(&self, of: impl Fn(&Layout, usize) -> usize) -> Series {
        let mut values = vec![0; self.layout.rows.len()];
        for (at, row) in self.layout.rows.iter().enumerate() {
            values[*row as usize] = of(self.layout, at) as i64;
        }
        Int64Chunked::from_vec("".into(), values).into_series()
    }

    fn floats(&self, of: impl Fn(&Layout, usize) -> f64) -> Series {
        let mut values = vec![0.0; self.layout.rows.len()];
        for (at, row) in self.layout.rows.iter().enumerate() {
            values[*row as usize] = of(self.layout, at);
        }
        Float64Chunked::from_vec("".into(), values).into_series()
    }
}

fn size(layout: &Layout, at: usize) -> usize {
    layout.partition[at].1 - layout.partition[at].0
}

fn rank(layout: &Layout, at: usize) -> usize {
    layout.peers[at].0 - layout.partition[at].0 + 1
}

fn dense_rank(input: &WindowInput<'_>) -> Outcome<Series> {
    let ranks = input.layout.dense_ranks();
    Ok(input.ints(|_, at| ranks[at]))
}

/// The first buckets have one row more where they cannot all have as many.
fn ntile(input: &WindowInput<'_>) -> Outcome<Series> {
    let buckets = usize::try_from(input.constant(0, 1)).unwrap_or(1).max(1);
    Ok(input.ints(|layout, at| {
        let (rows, place) = (size(layout, at), at - layout.partition[at].0);
        let (least, larger) = (rows / buckets, rows % buckets);
        let in_larger = larger * (least + 1);
        if place < in_larger { place / (least + 1) + 1 } else { larger + (place - in_larger) / least + 1 }
    }))
}

/// The places whose rows count: all, or those whose value is not NULL.
struct Counted {
    places: Vec<usize>,
    /// How many of them lie before each place, and before the end.
    before: Vec<usize>,
}

impl Counted {
    fn of(input: &WindowInput<'_>, values: &Series) -> Self {
        let present = values.rechunk().is_not_null();
        let mut counted = Self { places: vec![], before: Vec::with_capacity(input.layout.rows.len() + 1) };
        for (at, row) in input.layout.rows.iter().enumerate() {
            counted.before.push(counted.places.len());
            if !input.ignore_nulls || present.get(*row as usize) == Some(true) {
                counted.places.push(at);
            }
        }
        counted.before.push(counted.places.len());
        counted
    }
}

/// The value of the row at a place among those that count, if the frame holds it.
fn of_frame(input: &WindowInput<'_>, choose: impl Fn(&Counted, usize, usize) -> Option<usize>) -> Outcome<Series> {
    let values = input.value()?;
    let bounds = Bounds::of(input.eval, input.layout, input.frame)?;
    let counted = Counted::of(input, &values);
    input.layout.pick(&values, |at| {
        let (start, end) = (bounds.start(at), bounds.end(at));
        let place = *counted.places.get(choose(&counted, start, end)?)?;
        (start..end).contains(&place).then_some(place)
    })
}

/// The value so many rows behind each row (negative: before it) among those that count, or the default.
fn shift(input: &WindowInput<'_>, behind: fn(i64) -> i64) -> Outcome<Series> {
    let values = input.value()?;
    let counted = Counted::of(input, &values);
    let offset = behind(input.constant(1, 1));
    let place = |at: usize| {
        // Behind the row the first that counts is one behind, whether the row itself counts or not.
        let from = match offset {
            0 => return Some(at),
            1.. => counted.before[at + 1].checked_sub(1).map_or(-1, |last| last as i64),
            _ => counted.before[at] as i64,
        };
        let place = *counted.places.get(usize::try_from(from.checked_add(offset)?).ok()?)?;
        let (start, end) = input.layout.partition[at];
        (start..end).contains(&place).then_some(place)
    };
    let default = input.args.get(2).map(|default| input.eval.column(default)).transpose()?;
    input.layout.shifted(&values, place, default)
}
