//! Aggregates over rows that flow by.

use polars::prelude::{DataFrame, IdxSize, Series};
use tidemill_core::table::{AggCall, Expr, Rel};

use super::drive::drive;
use super::in_its_type;
use super::line::Line;
use super::piece::Piece;
use crate::aggregate::{Arguments, Counting, State};
use crate::eval::{Eval, Notes};
use crate::failure::{Outcome, internal, within};
use crate::groups::Groups;
use crate::numbering::Numbering;
use crate::order::{Key, sorted};
use crate::run::{Need, Runner};
use crate::types;

/// The rows of a piece by group.
struct Grouped {
    /// The key of each group of the piece: one series for each part of the key.
    firsts: Vec<Series>,
    of_row: Vec<IdxSize>,
    groups: usize,
    /// For each metric.
    counting: Vec<Counting>,
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
        let Some(states) = metrics.iter().map(|(_, call)| State::new(call)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        self.flowing(|runner| {
            let Some(line) = Line::of(runner, input, need)? else { return Ok(None) };
            aggregate(runner, line, keys, metrics, states).map(Some)
        })
    }
}

fn aggregate(
    runner: &mut Runner<'_>,
    mut line: Line<'_>,
    keys: &[(String, Expr)],
    metrics: &[(String, AggCall)],
    mut states: Vec<State<'_>>,
) -> Outcome<DataFrame> {
    let notes = Notes::from_counts(runner.notes.counts());
    let mut numbering = Numbering::default();
    let mut firsts: Vec<Series> = vec![];
    let mut count = usize::from(keys.is_empty());
    let work = |piece: Piece| group(&piece.whole()?, keys, metrics, &notes);
    drive(runner, &mut line, &notes, work, |_, _, piece| {
        let to_all =
            if keys.is_empty() { vec![0; piece.groups] } else { numbering.add(&piece.firsts, piece.groups)? };
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
        } else if !new.is_empty() {
            for (all, values) in firsts.iter_mut().zip(&piece.firsts) {
                all.append(&values.take_slice(&new).map_err(internal)?).map_err(internal)?;
            }
        }
        for (((name, _), state), rows) in metrics.iter().zip(&mut states).zip(&piece.counting) {
            state.add(rows, &piece.of_row, &to_all, count).map_err(|error| within(&format!("column {name}"), error))?;
        }
        Ok(())
    })?;
    line.finish(runner)?;
    runner.notes = notes;
    let firsts: Vec<Series> = firsts.into_iter().map(|values| values.rechunk()).collect();
    let order = sorted(&firsts.iter().cloned().map(Key::ascending).collect::<Vec<_>>(), count)?;
    let mut columns = Vec::with_capacity(keys.len() + metrics.len());
    for ((name, _), values) in keys.iter().zip(&firsts) {
        columns.push(types::expand(name, values.take_slice(&order).map_err(internal)?, count));
    }
    for ((name, _), state) in metrics.iter().zip(states) {
        let values = state.finish(count).map_err(|error| within(&format!("column {name}"), error))?;
        columns.push(types::expand(name, values.take_slice(&order).map_err(internal)?, count));
    }
    DataFrame::new(count, columns).map_err(internal)
}

fn group(frame: &DataFrame, keys: &[(String, Expr)], metrics: &[(String, AggCall)], notes: &Notes) -> Outcome<Grouped> {
    let rows = frame.height();
    let eval = Eval::new(frame, notes);
    let values: Vec<Series> =
        keys.iter().map(|(_, key)| in_its_type(eval.column(key)?, key.data_type)).collect::<Outcome<_>>()?;
    let groups = Groups::of(&values, rows)?;
    let firsts =
        values.iter().map(|values| values.take_slice(&groups.first)).collect::<Result<_, _>>().map_err(internal)?;
    let counting = metrics
        .iter()
        .map(|(name, call)| {
            let arguments = Arguments::of(&eval, call).and_then(|mut arguments| {
                arguments.values = std::mem::take(&mut arguments.values)
                    .into_iter()
                    .zip(&call.args)
                    .map(|(values, arg)| in_its_type(values, arg.data_type))
                    .collect::<Outcome<_>>()?;
                Counting::of(arguments, &groups.of_row)
            });
            arguments.map_err(|error| within(&format!("column {name}"), error))
        })
        .collect::<Outcome<_>>()?;
    Ok(Grouped { firsts, groups: groups.len(), of_row: groups.of_row, counting })
}
