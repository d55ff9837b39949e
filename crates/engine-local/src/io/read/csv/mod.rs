//! CSV: every rule of Tidemill's own, so that no value changes on the way in.
//!
//! An empty field without quotes is NULL; `""` is an empty text among texts, and NULL among values of another type. Quotes say
//! nothing else about a value: `"5"` is a number.
//! Types follow from all values by [`text::classify`](super::text::classify).

mod chunk;
mod delimiter;
mod file;
mod record;

use rayon::prelude::*;
use tidemill_core::format::quantity;
use tidemill_core::table::{DataType, EngineError, Scan, Schema};

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;

use self::file::CsvFile;
use super::column;
use super::evidence::{self, Tally};
use super::header;
use super::places::{LineCounter, places_of};
use super::source_file::SourceFile;
use super::source_rows::SourceRows;
use crate::error::internal;

/// Reads so much of a file for its head, and more if that is not enough.
const HEAD_BYTES: usize = 1 << 18;

pub(in crate::io) fn infer(files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
    let mut all: Option<Tally> = None;
    let mut left = head;
    for origin in files {
        let (tally, rows) = match left {
            None => (whole(origin, scan)?, 0),
            Some(rows) => start(origin, scan, rows)?,
        };
        left = left.map(|left| left.saturating_sub(rows));
        match &mut all {
            None => all = Some(tally),
            Some(all) => {
                same_columns(&files[0], all, origin, &tally)?;
                evidence::merge(all, tally);
            }
        }
    }
    Ok(evidence::schema(all.unwrap_or_default()))
}

fn whole(origin: &SourceFile, scan: &Scan) -> Result<Tally, EngineError> {
    let file = CsvFile::open(origin, scan, None)?;
    let chunks = file.chunks().map_err(|fault| file.explain(fault))?;
    let one = |chunk| origin.unless_cancelled(|| file.evidence(chunk, usize::MAX));
    let parts: Vec<_> = RAYON.install(|| chunks.into_par_iter().map(one).collect());
    let mut all = file.no_evidence();
    for part in parts {
        let (part, _) = part?.map_err(|fault| file.explain(fault))?;
        all.iter_mut().zip(part).for_each(|(all, part)| *all |= part);
    }
    Ok(file.names.into_iter().zip(all).collect())
}

/// The evidence of the first rows, and how many there were.
fn start(origin: &SourceFile, scan: &Scan, rows: usize) -> Result<(Tally, usize), EngineError> {
    let mut limit = HEAD_BYTES;
    loop {
        let opened = CsvFile::open(origin, scan, Some(limit));
        let more = limit.saturating_mul(8);
        match opened {
            Ok(file) => match file.evidence(file.body..file.text.len(), rows) {
                Ok((evidence, seen)) if file.whole || seen == rows => {
                    return Ok((file.names.into_iter().zip(evidence).collect(), seen));
                }
                // What ends where the text was cut off may go on behind it.
                Err(fault) if file.whole || !fault.is_at_end() => return Err(file.explain(fault)),
                _ => limit = more,
            },
            Err(error) => return Err(error),
        }
    }
}

fn same_columns(first: &SourceFile, known: &Tally, other: &SourceFile, found: &Tally) -> Result<(), EngineError> {
    let lacks = |file: &SourceFile, column: &str, than: &SourceFile| {
        file.error(None, format!("has no column `{column}`, which {} has", than.shown))
    };
    if let Some(column) = known.keys().find(|column| !found.contains_key(*column)) {
        return Err(lacks(other, column, first));
    }
    match found.keys().find(|column| !known.contains_key(*column)) {
        Some(column) => Err(lacks(first, column, other)),
        None => Ok(()),
    }
}

pub(in crate::io) fn read(files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
    let frames = frames(files, scan)?;
    let columns = scan.schema.fields().iter().filter(|field| field.data_type == DataType::Float);
    let warnings = columns.map(|field| not_a_number(&frames, &field.name)).collect::<Result<Vec<_>, _>>()?;
    Ok(SourceRows { frames, warnings: warnings.into_iter().flatten().collect() })
}

/// That values are no numbers, which elsewhere often means that there is none.
fn not_a_number(frames: &[DataFrame], name: &str) -> Result<Option<String>, EngineError> {
    let mut count = 0;
    for frame in frames {
        let column = frame.column(name).and_then(|column| column.f64().cloned()).map_err(internal)?;
        count += column.iter().flatten().filter(|value| value.is_nan()).count();
    }
    let said = || {
        let (are, them) = if count == 1 { ("is", "it") } else { ("are", "them") };
        let values = quantity(count as u64, "value");
        format!("{values} of column `{name}` {are} NaN, no NULL: `options: {{null_values: [NaN]}}` makes {them} NULL")
    };
    Ok((count > 0).then(said))
}

fn frames(files: &[SourceFile], scan: &Scan) -> Result<Vec<DataFrame>, EngineError> {
    let mut frames = Vec::new();
    for origin in files {
        let file = CsvFile::open(origin, scan, None)?;
        let targets = file.targets(&scan.schema)?;
        let chunks = file.chunks().map_err(|fault| file.explain(fault))?;
        let one = |chunk| origin.unless_cancelled(|| file.columns(chunk, &targets, &scan.schema));
        let parts: Vec<_> = RAYON.install(|| chunks.into_par_iter().map(one).collect());
        for part in parts {
            let (columns, rows) = part?.map_err(|fault| file.explain(fault))?;
            frames.push(column::frame(columns, rows)?);
        }
    }
    Ok(frames)
}

/// What is worth knowing of how the first of the files is read.
pub(in crate::io) fn remarks(files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
    let Some(origin) = files.first() else { return Ok(Vec::new()) };
    let file = CsvFile::open(origin, scan, Some(HEAD_BYTES))?;
    let mut found: Vec<String> = header::renamed(&file.header, &file.names).into_iter().collect();
    if (file.names.len() == 1 || scan.options.header != Some(false))
        && let Some(fitting) = file.fitting_delimiter()
    {
        found.push(format!("the delimiter seems to be {}; if it is, say {}", fitting.noun(), fitting.options()));
    } else if scan.options.decimal.is_none()
        && scan.options.thousands.is_none()
        && let columns @ [_, ..] = file.columns_with_decimal_commas().as_slice()
    {
        let (s, names) = (if columns.len() == 1 { "" } else { "s" }, columns.join("`, `"));
        found.push(format!(
            "column{s} `{names}`: numbers with a comma before the fraction are text here; `options: {{decimal: \",\"}}` \
             reads them as numbers, and `decimal: \".\"` leaves them as they are"
        ));
    }
    found.extend(origin.encoding_remark(scan.options.encoding.as_deref()));
    Ok(found.into_iter().map(|remark| format!("{}: {remark}", origin.shown)).collect())
}

/// File and line of rows, given in ascending order.
pub(in crate::io) fn places(
    files: &[SourceFile],
    scan: &Scan,
    rows: &[u64],
) -> Result<Vec<(String, u64)>, EngineError> {
    places_of(files, rows, |origin, next| {
        let file = CsvFile::open(origin, scan, None)?;
        let mut lines = LineCounter::new(file.text.as_bytes());
        file.each_record(|start| next(lines.at(start))).map_err(|fault| file.explain(fault))
    })
}
