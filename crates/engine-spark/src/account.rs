//! What is told of a job beside its table: rows that came in, and rows that its steps left out.

use tidemill_core::table::{DroppedRows, EngineError, Rel, RowsIn};

use crate::job::JobContext;
use crate::lower::{Lowerer, Lowering, Source};
use crate::steps::each_step;

/// The tables and files that came in, each once, in the order in which they are read.
///
/// # Errors
/// If the rows of files cannot be counted.
pub(crate) fn rows_in(rel: &Rel, context: &JobContext<'_>) -> Result<Vec<RowsIn>, EngineError> {
    let mut steps = Vec::new();
    each_step(rel, &mut |step| steps.push(step));
    let mut found: Vec<RowsIn> = Vec::new();
    for step in steps {
        let rows = match step {
            Rel::Input { task, .. } => {
                context.options.input(task).map(|table| RowsIn { from: task.clone(), rows: table.rows })
            }
            Rel::Scan(scan) => match context.lowerer.inputs.source(scan) {
                Some(Source::Table(table)) => Some(context.rows(&format!("select count(*) from {table}"))?.count(0, 0)),
                Some(Source::Files(_)) => context.local.counts(scan).map(|counts| counts.rows),
                None => None,
            }
            .map(|rows| RowsIn { from: scan.title(), rows }),
            _ => None,
        };
        found.extend(rows.filter(|rows| !found.contains(rows)));
    }
    Ok(found)
}

/// A query that counts the rows before and behind each step which leaves some out, and what these steps are called; None if there
/// is no such step.
///
/// # Errors
/// If a step cannot be said in SQL.
pub(crate) fn dropped(rel: &Rel, lowerer: &Lowerer<'_>) -> Lowering<Option<(String, Vec<String>)>> {
    let (mut steps, mut counts) = (Vec::new(), Vec::new());
    let mut refused = None;
    each_step(rel, &mut |step| {
        let (name, input) = match step {
            Rel::Filter { input, account: Some(name), .. } => (name.as_str(), input),
            Rel::Distinct { input, .. } => ("distinct", input),
            Rel::Limit { input, .. } => ("limit", input),
            _ => return,
        };
        steps.push(name.to_owned());
        for rel in [input, step] {
            match lowerer.rel(rel) {
                Ok(lowered) => counts.push(format!("(select count(*) from ({}) t)", lowered.sql)),
                Err(unsupported) => refused = Some(unsupported),
            }
        }
    });
    match refused {
        Some(unsupported) => Err(unsupported),
        None if steps.is_empty() => Ok(None),
        None => Ok(Some((format!("select {}", counts.join(", ")), steps))),
    }
}

/// What the counts of that query say.
pub(crate) fn dropped_rows(steps: Vec<String>, count: impl Fn(usize) -> u64) -> Vec<DroppedRows> {
    let rows = |at: usize| count(2 * at).saturating_sub(count(2 * at + 1));
    let all = steps.into_iter().enumerate().map(|(at, step)| DroppedRows { step, rows: rows(at) });
    all.filter(|dropped| dropped.rows > 0).collect()
}
