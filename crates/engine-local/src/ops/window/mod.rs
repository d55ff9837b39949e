//! Window functions: every row keeps its place and gets a value that looks at others.

mod frame;
mod function;
mod layout;

use polars::prelude::{Column, DataFrame, IdxSize, Series};
use tidemill_core::table::{AggCall, Rel, WindowCall, WindowFrame, WindowFunc};

use self::frame::Bounds;
use self::function::WindowInput;
#[cfg(test)]
pub(crate) use self::function::window_names;
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
        let read = columns_of(self.columns.iter().flat_map(|(_, call)| call.exprs()));
        vec![(self.input, with(self.required.clone(), read))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        // Every call sees the input, not the columns appended before.
        let mut computed: Vec<Column> = Vec::with_capacity(self.columns.len());
        for (name, call) in self.columns {
            context.uncancelled()?;
            let values =
                window_call(context, &frame, call).map_err(|error| within(&format!("column {name}"), error))?;
            computed.push(types::expand(name, values, frame.height()));
        }
        frame.hstack(&computed).map_err(internal)
    }
}

fn window_call(context: &JobContext<'_>, frame: &DataFrame, call: &WindowCall) -> Outcome<Series> {
    let eval = Eval::new(frame, &context.notes);
    let layout = Layout::of(frame, call, &context.notes)?;
    match &call.func {
        WindowFunc::Call { name, args, ignore_nulls } => {
            let ignore_nulls = *ignore_nulls;
            function::compute(
                name,
                &WindowInput { eval: &eval, layout: &layout, frame: &call.frame, args, ignore_nulls },
            )
        }
        WindowFunc::Agg(agg) => aggregate(context, &eval, agg, &layout, &call.frame),
    }
}

fn aggregate(
    context: &JobContext<'_>,
    eval: &Eval<'_>,
    agg: &AggCall,
    layout: &Layout,
    frame: &WindowFrame,
) -> Outcome<Series> {
    let arguments = Arguments::of(eval, agg)?;
    let bounds = Bounds::of(eval, layout, frame)?;
    if frame.is_running() {
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
                let rows = &layout.rows[window.0..window.1];
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
