//! Window functions: every row keeps its place and gets a value that looks at others.

mod frame;
mod layout;

use polars::prelude::{Column, DataFrame, IdxSize, Int64Chunked, IntoSeries, Series};
use tidemill_core::table::{AggCall, Expr, Rel, WindowCall, WindowFrame, WindowFunc};

use self::frame::Bounds;
use self::layout::Layout;
use crate::arrays::types;
use crate::error::{Outcome, internal, within};
use crate::expr::{Eval, columns_of};
use crate::ops::aggregate::{Arguments, over_rows, running};
use crate::ops::context::JobContext;
use crate::ops::operator::{Operator, only_input};
use crate::ops::required_columns::{RequiredColumns, with};

/// Appends columns that look at other rows too.
pub(crate) struct WindowExec<'a> {
    pub input: &'a Rel,
    pub columns: &'a [(String, WindowCall)],
    pub required: RequiredColumns,
}

impl Operator for WindowExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        let read = columns_of(self.columns.iter().flat_map(|(_, call)| exprs_of(call)));
        vec![(self.input, with(self.required.clone(), read))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let mut frame = only_input(inputs);
        // Every call sees the input, not the columns appended before.
        let mut computed: Vec<Column> = Vec::with_capacity(self.columns.len());
        for (name, call) in self.columns {
            context.uncancelled()?;
            let values =
                window_call(context, &frame, call).map_err(|error| within(&format!("column {name}"), error))?;
            computed.push(types::expand(name, values, frame.height()));
        }
        for column in computed {
            frame.with_column(column).map_err(internal)?;
        }
        Ok(frame)
    }
}

fn window_call(context: &JobContext<'_>, frame: &DataFrame, call: &WindowCall) -> Outcome<Series> {
    let eval = Eval::new(frame, &context.notes);
    let rows = frame.height();
    let layout = Layout::of(frame, call, &context.notes)?;
    let in_rows = |places: Vec<i64>| {
        let mut values = vec![0; rows];
        layout.rows.iter().zip(places).for_each(|(row, value)| values[*row as usize] = value);
        Int64Chunked::from_vec("".into(), values).into_series()
    };
    match &call.func {
        WindowFunc::RowNumber => Ok(in_rows((0..rows).map(|at| (at - layout.partition[at].0) as i64 + 1).collect())),
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
            layout
                .pick(&eval.column(value)?, |at| bounds.end(at).checked_sub(1).filter(|last| *last >= bounds.start(at)))
        }
        WindowFunc::Agg(agg) => aggregate(context, &eval, agg, &layout, call.frame),
    }
}

fn aggregate(
    context: &JobContext<'_>,
    eval: &Eval<'_>,
    agg: &AggCall,
    layout: &Layout,
    frame: WindowFrame,
) -> Outcome<Series> {
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
        context.uncancelled()?;
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
