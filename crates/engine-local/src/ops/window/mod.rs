//! Window functions: every row keeps its place and gets a value that looks at others.

mod frame;

use polars::prelude::{Column, DataFrame, IdxSize, Int64Chunked, IntoSeries, NamedFrom, Series};
use tidemill_core::table::{AggCall, Expr, Rel, WindowCall, WindowFrame, WindowFunc};

use crate::arrays::select::{NONE, index};
use crate::arrays::types;
use crate::error::{Outcome, internal, within};
use crate::exec::run::{Need, Runner, with};
use crate::expr::{Eval, columns_of};
use crate::keys::groups::Groups;
use crate::ops::aggregate::{Arguments, over_rows, running};
use crate::ops::sort::{Key, sorted};

use frame::Bounds;

/// The rows of a frame, partition after partition, each in its order.
pub(crate) struct Layout {
    /// Row numbers.
    pub rows: Vec<IdxSize>,
    /// Where the partition of each place starts and ends.
    pub partition: Vec<(usize, usize)>,
    /// Where the peers of each place start and end: the rows that tie with it.
    pub peers: Vec<(usize, usize)>,
}

impl Runner<'_> {
    pub(crate) fn window(&mut self, input: &Rel, columns: &[(String, WindowCall)], need: Need) -> Outcome<DataFrame> {
        let read = columns_of(columns.iter().flat_map(|(_, call)| exprs_of(call)));
        let mut frame = self.rel(input, with(need, read))?;
        // Every call sees the input, not the columns appended before.
        let mut computed: Vec<Column> = Vec::with_capacity(columns.len());
        for (name, call) in columns {
            self.uncancelled()?;
            let values = self.window_call(&frame, call).map_err(|error| within(&format!("column {name}"), error))?;
            computed.push(types::expand(name, values, frame.height()));
        }
        for column in computed {
            frame.with_column(column).map_err(internal)?;
        }
        Ok(frame)
    }

    fn window_call(&self, frame: &DataFrame, call: &WindowCall) -> Outcome<Series> {
        let eval = Eval::new(frame, &self.notes);
        let rows = frame.height();
        let layout = self.layout(frame, call)?;
        let in_rows = |places: Vec<i64>| {
            let mut values = vec![0; rows];
            layout.rows.iter().zip(places).for_each(|(row, value)| values[*row as usize] = value);
            Int64Chunked::from_vec("".into(), values).into_series()
        };
        match &call.func {
            WindowFunc::RowNumber => {
                Ok(in_rows((0..rows).map(|at| (at - layout.partition[at].0) as i64 + 1).collect()))
            }
            WindowFunc::Rank => {
                Ok(in_rows((0..rows).map(|at| (layout.peers[at].0 - layout.partition[at].0) as i64 + 1).collect()))
            }
            WindowFunc::DenseRank => Ok(in_rows(layout.dense_ranks())),
            WindowFunc::Shift { value, offset, default } => {
                let default = default.as_ref().map(|default| eval.column(default)).transpose()?;
                layout.shift(&eval.column(value)?, *offset, default)
            }
            WindowFunc::FirstValue(value) => {
                let bounds = Bounds::of(&layout, call.frame);
                layout.pick(&eval.column(value)?, |at| Some(bounds.start(at)).filter(|start| *start < bounds.end(at)))
            }
            WindowFunc::LastValue(value) => {
                let bounds = Bounds::of(&layout, call.frame);
                layout.pick(&eval.column(value)?, |at| {
                    bounds.end(at).checked_sub(1).filter(|last| *last >= bounds.start(at))
                })
            }
            WindowFunc::Agg(agg) => self.window_aggregate(&eval, agg, &layout, call.frame),
        }
    }

    fn layout(&self, frame: &DataFrame, call: &WindowCall) -> Outcome<Layout> {
        let eval = Eval::new(frame, &self.notes);
        let rows = frame.height();
        let partitions: Vec<Series> = call.partition_by.iter().map(|expr| eval.column(expr)).collect::<Outcome<_>>()?;
        let partition = Groups::of(&partitions, rows)?.of_row;
        let order = self.sort_keys(frame, &call.order_by)?;
        // Without an order all rows of a partition are peers.
        let mut peer_keys = partitions;
        peer_keys.extend(order.iter().map(|key| key.values.clone()));
        let peer = Groups::of(&peer_keys, rows)?.of_row;
        let mut keys = vec![Key::ascending(Series::new("".into(), partition.clone()))];
        keys.extend(order);
        let placed = sorted(&keys, rows)?;
        let runs = |groups: &[IdxSize]| {
            let mut runs = vec![(0, 0); rows];
            let mut start = 0;
            while start < rows {
                let group = groups[placed[start] as usize];
                let end = (start..rows).find(|at| groups[placed[*at] as usize] != group).unwrap_or(rows);
                runs[start..end].fill((start, end));
                start = end;
            }
            runs
        };
        Ok(Layout { partition: runs(&partition), peers: runs(&peer), rows: placed })
    }

    fn window_aggregate(&self, eval: &Eval<'_>, agg: &AggCall, layout: &Layout, frame: WindowFrame) -> Outcome<Series> {
        let arguments = Arguments::of(eval, agg)?;
        let bounds = Bounds::of(layout, frame);
        if matches!(frame, WindowFrame::RunningRows | WindowFrame::RunningPeers) {
            let of = layout.partition_numbers();
            let count = of.last().map_or(0, |last| *last as usize + 1);
            if let Some(results) = running(agg, &arguments, &layout.rows, &of, count)? {
                // The result of a row is the one at the last place of its frame.
                let mut source = vec![0 as IdxSize; layout.rows.len()];
                for (at, row) in layout.rows.iter().enumerate() {
                    source[*row as usize] = (bounds.end(at) - 1) as IdxSize;
                }
                return results.rechunk().take_slice(&source).map_err(internal);
            }
        }
        let mut pieces: Option<Series> = None;
        let mut place_of_row = vec![0 as IdxSize; layout.rows.len()];
        // Frames that are equal, as those of a whole partition or of peers, are computed once.
        for span in bounds.batches() {
            self.uncancelled()?;
            let mut members = Vec::new();
            let mut of = Vec::new();
            let mut count = 0;
            let done = pieces.as_ref().map_or(0, |pieces| pieces.len());
            let mut last = None;
            for at in span {
                let window = (bounds.start(at), bounds.end(at));
                if last != Some(window) {
                    let rows = &layout.rows[window.0..window.1.max(window.0)];
                    members.extend_from_slice(rows);
                    of.extend(std::iter::repeat_n(count as IdxSize, rows.len()));
                    count += 1;
                    last = Some(window);
                }
                place_of_row[layout.rows[at] as usize] = (done + count - 1) as IdxSize;
            }
            let values = over_rows(agg, &arguments, Some(&members), &of, count)?;
            match &mut pieces {
                Some(pieces) => {
                    pieces.append(&values).map_err(internal)?;
                }
                none => *none = Some(values),
            }
        }
        match pieces {
            Some(pieces) => pieces.rechunk().take_slice(&place_of_row).map_err(internal),
            None => Ok(Series::full_null("".into(), 0, &types::to_polars(agg.data_type))),
        }
    }
}

/// The expressions of a call.
fn exprs_of(call: &WindowCall) -> Vec<&Expr> {
    let mut exprs: Vec<&Expr> = call.partition_by.iter().chain(call.order_by.iter().map(|key| &key.expr)).collect();
    match &call.func {
        WindowFunc::RowNumber | WindowFunc::Rank | WindowFunc::DenseRank => {}
        WindowFunc::Shift { value, default, .. } => exprs.extend([value].into_iter().chain(default)),
        WindowFunc::FirstValue(value) | WindowFunc::LastValue(value) => exprs.push(value),
        WindowFunc::Agg(agg) => exprs.extend(agg.args.iter().chain(&agg.filter)),
    }
    exprs
}

impl Layout {
    /// Counts the partitions: for each place the number of its own.
    fn partition_numbers(&self) -> Vec<IdxSize> {
        let mut number = 0;
        (0..self.rows.len())
            .map(|at| {
                if at > 0 && at == self.partition[at].0 {
                    number += 1;
                }
                number
            })
            .collect()
    }

    fn dense_ranks(&self) -> Vec<i64> {
        let mut rank = 0;
        (0..self.rows.len())
            .map(|at| {
                if at == self.partition[at].0 {
                    rank = 1;
                } else if at == self.peers[at].0 {
                    rank += 1;
                }
                rank
            })
            .collect()
    }

    /// For the row at each place the value of the row at another.
    fn pick(&self, values: &Series, place: impl Fn(usize) -> Option<usize>) -> Outcome<Series> {
        let mut source = vec![NONE; self.rows.len()];
        for (at, row) in self.rows.iter().enumerate() {
            source[*row as usize] = place(at).map_or(NONE, |place| self.rows[place]);
        }
        values.take(&index(&source)).map_err(internal)
    }

    fn shift(&self, values: &Series, offset: i64, default: Option<Series>) -> Outcome<Series> {
        let place = |at: usize| {
            let place = usize::try_from((at as i64).checked_sub(offset)?).ok()?;
            let (start, end) = self.partition[at];
            (start..end).contains(&place).then_some(place)
        };
        let shifted = self.pick(values, place)?;
        let Some(default) = default else { return Ok(shifted) };
        let mut inside = vec![false; self.rows.len()];
        self.rows.iter().enumerate().for_each(|(at, row)| inside[*row as usize] = place(at).is_some());
        let inside = inside.into_iter().map(Some).collect();
        let default = default.cast(shifted.dtype()).map_err(internal)?;
        shifted.zip_with_same_type(&inside, &default).map_err(internal)
    }
}
