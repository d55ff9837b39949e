//! A whole job whose result flows into a file if it is too large for memory.

use std::sync::Arc;

use polars::prelude::DataFrame;
use tempfile::TempPath;
use tidemill_core::table::{Check, CheckResult, Rel};

use super::drive::drive;
use super::line::Line;
use super::pace::Pace;
use crate::checks::Checking;
use crate::eval::Notes;
use crate::failure::{Outcome, internal};
use crate::held::{Held, cells};
use crate::object::Writer;
use crate::rows::pick;
use crate::run::Runner;
use crate::stored::Stored;

impl Runner<'_> {
    /// The table of the relation and how its checks ended; none if it is not one that flows.
    pub(crate) fn table_flowing(&mut self, rel: &Rel, checks: &[Check]) -> Outcome<Option<(Held, Vec<CheckResult>)>> {
        self.flowing(|runner| {
            let Some(line) = Line::of(runner, rel, None)? else { return Ok(None) };
            table(runner, line, rel, checks).map(Some)
        })
    }
}

fn table(
    runner: &mut Runner<'_>,
    mut line: Line<'_>,
    rel: &Rel,
    checks: &[Check],
) -> Outcome<(Held, Vec<CheckResult>)> {
    let schema = rel.schema();
    let notes = Notes::from_counts(runner.notes.counts());
    let (options, pace) = (runner.options, runner.pace);
    let mut checking = Checking::new(checks);
    let mut result = Growing::default();
    let work = |frame: DataFrame| {
        let frame = pick(&frame, schema.names())?;
        let seen = Checking::look(checks, &frame, options)?;
        Ok((frame, seen))
    };
    drive(runner, &mut line, &notes, work, |(frame, seen)| {
        checking.add(seen);
        result.push(frame, pace)
    })?;
    line.finish(runner)?;
    runner.notes = notes;
    let table = result.finish()?;
    let results = checking.finish(&table, options)?;
    Ok((table, results))
}

/// A table that grows: in memory as long as it is small.
#[derive(Default)]
struct Growing {
    frame: Option<DataFrame>,
    file: Option<(Writer, TempPath)>,
}

impl Growing {
    fn push(&mut self, rows: DataFrame, pace: &Pace) -> Outcome<()> {
        if let Some((writer, _)) = &mut self.file {
            return writer.push(rows);
        }
        let frame = match self.frame.take() {
            Some(mut frame) => {
                frame.vstack_mut_owned(rows).map_err(internal)?;
                frame
            }
            None => rows,
        };
        if cells(&frame) <= pace.most_cells {
            self.frame = Some(frame);
            return Ok(());
        }
        let path = pace.new_file()?;
        let mut writer = Writer::create(&path)?;
        writer.push(frame)?;
        self.file = Some((writer, path));
        Ok(())
    }

    fn finish(self) -> Outcome<Held> {
        if let Some((writer, path)) = self.file {
            let digest = writer.finish()?;
            return Ok(Held::Stored(Arc::new(Stored::spilled(path, digest)?)));
        }
        let mut frame = self.frame.unwrap_or_default();
        frame.rechunk_mut_par();
        Ok(Held::Frame(frame))
    }
}
