//! Aggregates over rows that flow by.

use polars::prelude::{Column, DataFrame, IdxSize, Series};
use tidemill_core::table::{AggCall, Expr, Rel};

use super::batch::Piece;
use super::common_subexpressions::Shared;
use super::driver::drive;
use super::in_its_type;
use super::steps::Line;
use crate::arrays::select::take;
use crate::arrays::types;
use crate::error::{Outcome, internal, within};
use crate::exec::run::{Need, Runner};
use crate::expr::{Eval, Notes};
use crate::keys::groups::Groups;
use crate::keys::interner::{Keyed, Numbering};
use crate::ops::aggregate::{Arguments, Grouping, Part, State};
use crate::ops::sort::{Key, sorted};

/// The rows of a piece by group.
struct Grouped {
    /// The key of each group of the piece: one series for each part of the key.
    firsts: Vec<Series>,
    /// The same in the form in which they are looked up.
    keys: Keyed,
    of_row: Vec<IdxSize>,
    groups: usize,
    /// For each state.
    parts: Vec<Part>,
}

impl Runner<'_> {
    /// The aggregate without all rows of the input in memory; none if it needs them, or they are already.
    pub(crate) fn aggregate_flowing(
        &mut self,
        input: &Rel,
        keys: &[(String, Expr)],
        metrics: &[(String, AggCall)],
        need: Need,
    ) -> Outcome<Option<DataFrame>> {
        let mut states = vec![];
        let mut served = vec![];
        for (name, call) in metrics {
            let Some(state) = State::new(call) else { return Ok(None) };
            let known = states.iter().position(|(_, state): &(&str, State<'_>)| state.serves(call));
            served.push(known.unwrap_or(states.len()));
            if known.is_none() {
                states.push((name.as_str(), state));
            }
        }
        let rerooted = self.rerooted(input, keys, metrics);
        self.flowing(|runner| {
            // What came in is told in the order in which the query names it.
            if rerooted.is_some() {
                runner.count_inputs(input)?;
            }
            let input = rerooted.as_ref().unwrap_or(input);
            let Some(line) = Line::of(runner, input, need)? else { return Ok(None) };
            aggregate(runner, line, keys, metrics, states, &served).map(Some)
        })
    }
}

/// `served` says which state each metric has its result from; states have the name of the first metric.
fn aggregate(
    runner: &mut Runner<'_>,
    line: Line<'_>,
    keys: &[(String, Expr)],
    metrics: &[(String, AggCall)],
    mut states: Vec<(&str, State<'_>)>,
    served: &[usize],
) -> Outcome<DataFrame> {
    let notes = Notes::from_counts(runner.notes.counts());
    let mut numbering = Numbering::default();
    let mut firsts: Vec<Series> = vec![];
    let mut count = usize::from(keys.is_empty());
    let shared = Shared::of(states.iter().map(|(name, state)| (*name, state.call())));
    let work = |piece: Piece| group(shared.computed(piece.whole()?, &notes)?, keys, &shared.calls, &notes);
    drive(runner, &line, &notes, work, |piece| {
        let to_all = if keys.is_empty() { vec![0; piece.groups] } else { numbering.add_keyed(&piece.keys) };
        // Groups of a piece come in the order of their first rows, so new ones get ascending numbers.
        let new: Vec<IdxSize> =
            (0..piece.groups as IdxSize).filter(|group| to_all[*group as usize] as usize >= count).collect();
        count = count.max(numbering.len());
        if firsts.is_empty() {
            firsts = piece
                .firsts
                .iter()
                .map(|values| values.take_slice(&new))
                .collect::<Result<_, _>>()
                .map_err(internal)?;
        } else if new.len() == piece.groups {
            for (all, values) in firsts.iter_mut().zip(&piece.firsts) {
                all.append(values).map_err(internal)?;
            }
        } else if !new.is_empty() {
            for (all, values) in firsts.iter_mut().zip(&piece.firsts) {
                all.append(&values.take_slice(&new).map_err(internal)?).map_err(internal)?;
            }
        }
        for ((name, state), part) in states.iter_mut().zip(&piece.parts) {
            state.add(part, &piece.of_row, &to_all, count).map_err(|error| within(&format!("column {name}"), error))?;
        }
        Ok(())
    })?;
    line.finish(runner)?;
    runner.notes = notes;
    let firsts: Vec<Series> = firsts.into_iter().map(|values| values.rechunk()).collect();
    let order = sorted(&firsts.iter().cloned().map(Key::ascending).collect::<Vec<_>>(), count)?;
    let mut columns: Vec<Column> = Vec::with_capacity(keys.len() + metrics.len());
    for ((name, _), values) in keys.iter().zip(firsts) {
        columns.push(types::expand(name, values, count));
    }
    for ((name, call), state) in metrics.iter().zip(served) {
        let values = states[*state].1.finish(call, count).map_err(|error| within(&format!("column {name}"), error))?;
        columns.push(types::expand(name, values, count));
    }
    take(&DataFrame::new(count, columns).map_err(internal)?, &order)
}

fn group(frame: DataFrame, keys: &[(String, Expr)], calls: &[(String, AggCall)], notes: &Notes) -> Outcome<Grouped> {
    let rows = frame.height();
    let eval = Eval::new(&frame, notes);
    let values: Vec<Series> =
        keys.iter().map(|(_, key)| in_its_type(eval.column(key)?, key.data_type)).collect::<Outcome<_>>()?;
    let groups = Groups::of(&values, rows)?;
    let firsts: Vec<Series> =
        values.iter().map(|values| values.take_slice(&groups.first)).collect::<Result<_, _>>().map_err(internal)?;
    let keyed = Keyed::of(&firsts, groups.len())?;
    // Without keys all rows are one group, also if there are none.
    let count = if keys.is_empty() { 1 } else { groups.len() };
    let grouping = Grouping::new(&groups.of_row, count);
    let parts = calls
        .iter()
        .map(|(name, call)| {
            let part = Arguments::of(&eval, call).and_then(|mut arguments| {
                arguments.values = std::mem::take(&mut arguments.values)
                    .into_iter()
                    .zip(&call.args)
                    .map(|(values, arg)| in_its_type(values, arg.data_type))
                    .collect::<Outcome<_>>()?;
                Part::of(call, arguments, &grouping)
            });
            part.map_err(|error| within(&format!("column {name}"), error))
        })
        .collect::<Outcome<_>>()?;
    Ok(Grouped { firsts, keys: keyed, groups: count, of_row: groups.of_row, parts })
}
