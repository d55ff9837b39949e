//! Texts become values (normalize's `columns`).

mod ambiguous;
mod column;

use polars::prelude::DataFrame;
use tidemill_core::table::{Conversion, EngineError, OnInvalid, Rel, UnfitValue};

use self::column::{Converted, convert_rows};
use crate::arrays::select::filter;
use crate::arrays::types::{column, expand};
use crate::error::{Outcome, internal, unsupported};
use crate::io::read::remedy::in_normalize;
use crate::ops::context::JobContext;
use crate::ops::operator::{Operator, only_input};
use crate::ops::reject_log::{ROW, source_rows};
use crate::ops::required_columns::RequiredColumns;
use crate::runtime::parallel;

/// Rows that are converted together; few in unit tests, so that small tables have several such slices.
const ROWS: usize = if cfg!(test) { 3 } else { 1 << 16 };

/// Converts columns in place.
pub(crate) struct ConvertExec<'a> {
    pub input: &'a Rel,
    pub columns: &'a [Conversion],
    pub on_invalid: OnInvalid,
}

impl Operator for ConvertExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, None)]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let mut columns = frame.columns().to_vec();
        // For each row the first conversion that it fails.
        let mut failed: Vec<Option<(usize, String)>> = vec![];
        let rows = frame.height();
        let slices: Vec<(&Conversion, usize)> = self
            .columns
            .iter()
            .flat_map(|column| (0..rows.max(1)).step_by(ROWS).map(move |start| (column, start)))
            .collect();
        let all = parallel::map(&slices, rows, |(conversion, start)| {
            context.uncancelled()?;
            convert_rows(&column(&frame, &conversion.column)?.slice(*start as i64, ROWS), conversion, *start)
        })?;
        let mut all = all.into_iter().zip(&slices);
        for (number, conversion) in self.columns.iter().enumerate() {
            let (mut converted, _) = all.next().ok_or_else(|| unsupported("a column was not converted"))?;
            for (next, (_, start)) in all.by_ref().take(rows.max(1).div_ceil(ROWS) - 1) {
                converted.append(next, *start)?;
            }
            converted.series = converted.series.rechunk();
            context.observed.warnings.extend(conversion.mixed_currencies(&converted.money.signs()));
            context.observed.warnings.extend(converted.ambiguous.warning(conversion));
            if !converted.invalid.is_empty() {
                match self.on_invalid {
                    OnInvalid::Fail => return Err(failure(context, self.input, &frame, conversion, &converted)?),
                    OnInvalid::Null => {
                        context.observed.warnings.push(conversion.nulled(converted.invalid.len() as u64));
                    }
                    OnInvalid::Reject => {
                        failed.resize(frame.height(), None);
                        for row in &converted.invalid {
                            let text = converted.texts.get(*row as usize).unwrap_or_default();
                            failed[*row as usize].get_or_insert_with(|| (number, text.to_owned()));
                        }
                    }
                }
            }
            let at = frame.try_get_column_index(&conversion.column).map_err(internal)?;
            columns[at] = expand(&conversion.column, converted.series, frame.height());
        }
        let result = DataFrame::new(frame.height(), columns).map_err(internal)?;
        if failed.is_empty() {
            return Ok(result);
        }
        let rows = source_rows(&frame)?;
        let rejects = context.rejects.as_mut().ok_or_else(|| unsupported("the job does not collect rejects"))?;
        for (row, failed) in rows.iter().zip(&failed) {
            if let Some((number, text)) = failed {
                let conversion = &self.columns[*number];
                rejects.add(*row, conversion.reason(text), &conversion.reason_of_all());
            }
        }
        filter(&result, &failed.iter().map(|failed| Some(failed.is_none())).collect())
    }
}

fn failure(
    context: &JobContext<'_>,
    input: &Rel,
    frame: &DataFrame,
    conversion: &Conversion,
    converted: &Converted,
) -> Outcome<EngineError> {
    let first = converted.invalid[0];
    let row = match frame.column(ROW) {
        Ok(rows) => rows.idx().map_err(internal)?.get(first as usize).unwrap_or(first),
        Err(_) => first,
    };
    let text = converted.texts.get(first as usize).unwrap_or_default();
    let (row, count) = (u64::from(row), converted.invalid.len() as u64);
    Ok(misfit(context, &UnfitValue { input, conversion, text, row, count }))
}

/// The error that a value does not fit.
pub(crate) fn misfit(context: &JobContext<'_>, unfit: &UnfitValue<'_>) -> EngineError {
    let UnfitValue { input, conversion, text, row, count } = unfit;
    let place = context.place(input, *row).unwrap_or_else(|| format!("row {}", row + 1));
    let more = match count - 1 {
        0 => String::new(),
        1 => "; 1 more value does not fit".to_owned(),
        more => format!("; {more} more values do not fit"),
    };
    let source = context.source(input);
    let takes = |option: &str| source.as_ref().is_some_and(|scan| context.files.takes(scan, option));
    EngineError::Value {
        message: format!("{place}, column {}{more}", conversion.reason(text)),
        help: Some(format!(
            "{}, or say `on_invalid: reject` or `on_invalid: \"null\"`",
            in_normalize(conversion, text, &takes)
        )),
    }
}
