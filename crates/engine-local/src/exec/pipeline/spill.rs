//! A whole job whose result flows into a file if it is too large for memory.

use std::sync::Arc;

use polars::prelude::DataFrame;
use tempfile::TempPath;
use tidemill_core::table::{Check, CheckResult, Rel};

use super::batch::Piece;
use super::driver::drive;
use super::memory_budget::Pace;
use super::steps::Line;
use crate::check::Checking;
use crate::error::{Outcome, internal};
use crate::exec::run::Runner;
use crate::expr::Notes;
use crate::store::reader::Stored;
use crate::store::row_group::Part;
use crate::store::table_handle::{Held, cells};
use crate::store::writer::Writer;

impl Runner<'_> {
    /// The table of the relation and how its checks ended; none if it is not one that flows.
    pub(crate) fn table_flowing(&mut self, rel: &Rel, checks: &[Check]) -> Outcome<Option<(Held, Vec<CheckResult>)>> {
        self.flowing(|runner| {
            let Some(line) = Line::of(runner, rel, None)? else { return Ok(None) };
            table(runner, line, rel, checks).map(Some)
        })
    }
}

fn table(runner: &mut Runner<'_>, line: Line<'_>, rel: &Rel, checks: &[Check]) -> Outcome<(Held, Vec<CheckResult>)> {
    let schema = &rel.schema();
    let notes = Notes::from_counts(runner.notes.counts());
    let (options, pace) = (runner.options, runner.pace);
    let mut checking = Checking::new(checks);
    let mut result = Growing::default();
    let work = |piece: Piece| {
        let seen = Checking::look(checks, &piece, schema, options)?;
        let rows = match piece.into_part(schema.names())? {
            Ok(part) if part.is_canonical()? => Rows::Part(part),
            Ok(part) => Rows::Frame(part.into_frame()?),
            Err(frame) => Rows::Frame(frame),
        };
        Ok((rows, seen))
    };
    drive(runner, &line, &notes, work, |(rows, seen)| {
        checking.add(seen);
        result.push(rows, pace)
    })?;
    line.finish(runner)?;
    runner.notes = notes;
    let table = result.finish()?;
    let results = checking.finish(&table, options)?;
    Ok((table, results))
}

/// Rows of the result.
enum Rows {
    Frame(DataFrame),
    /// As the file holds them, if they come to lie so that they are a part there.
    Part(Part),
}

/// A table that grows: in memory as long as it is small.
#[derive(Default)]
struct Growing {
    frame: Option<DataFrame>,
    file: Option<(Writer, TempPath)>,
}

impl Growing {
    fn push(&mut self, rows: Rows, pace: &Pace) -> Outcome<()> {
        if let Some((writer, _)) = &mut self.file {
            return match rows {
                Rows::Frame(frame) => writer.push(frame),
                Rows::Part(part) => writer.push_part(part),
            };
        }
        let rows = match rows {
            Rows::Frame(frame) => frame,
            Rows::Part(part) => part.into_frame()?,
        };
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
