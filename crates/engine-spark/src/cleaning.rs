//! What is told of steps that clean: rows rejected, values that did not fit, amounts of several currencies.

use tidemill_core::table::{
    AmbiguousText, Conversion, DataType, EngineError, OnInvalid, RejectedElsewhere, RejectedRows, Rel, Schema,
    TableRef, UnfitValue,
};

use crate::download::download;
use crate::job::{self, JobContext};
use crate::lower::{Converted, Lowering, order_by};
use crate::manifest::Facts;
use crate::steps::each_step;
use crate::warehouse::{TableFiles, Warehouse};

/// What stands before the source's columns in a table of rejected rows; no column of a user's has a control character.
const BEFORE: [(&str, DataType); 4] = [
    ("\u{1}row", DataType::Int),
    ("\u{1}step", DataType::Int),
    ("\u{1}number", DataType::Int),
    ("\u{1}value", DataType::String),
];

fn said<T>(lowering: Lowering<T>) -> Result<T, EngineError> {
    lowering.map_err(|refused| EngineError::Internal(refused.message))
}

/// The rejected rows of a job, brought to this machine, and how many there are for each reason; None if it can reject none.
///
/// # Errors
/// If a statement fails, or there are too many to be brought here.
pub(crate) fn rejects(
    rel: &Rel,
    context: &JobContext<'_>,
    warehouse: &Warehouse,
    run: &str,
) -> Result<(Option<TableRef>, Vec<RejectedRows>), EngineError> {
    if !rel.can_reject() {
        return Ok((None, Vec::new()));
    }
    let source = rel.rejected_from().schema();
    let before = BEFORE.iter().map(|(name, data_type)| ((*name).to_owned(), *data_type));
    let behind = source.fields().iter().map(|field| (field.name.clone(), field.data_type));
    let columns: Schema = before.chain(behind).collect();
    let folder = job::write(&said(context.lowerer.rejected(rel))?, Vec::new(), warehouse, run, context)?;
    let facts = Facts { columns, order: Vec::new(), rows: 0, content: String::new() };
    let rows = download(context.local, &TableFiles::Sorted(folder), &facts, context.download_limit)?;
    let (table, counts) = context.local.rejects(&RejectedElsewhere { rel, rows: &rows }, context.options)?;
    Ok((Some(table), counts))
}

/// The steps that convert, those that are done first at first.
fn conversions(rel: &Rel) -> Vec<(&Rel, &[Conversion], OnInvalid)> {
    let mut found = Vec::new();
    each_step(rel, &mut |step| {
        if let Rel::Convert { input, columns, on_invalid } = step {
            found.push((&**input, columns.as_slice(), *on_invalid));
        }
    });
    found
}

/// The error of the first value that fails a job; None if none does.
///
/// # Errors
/// If it cannot be looked for.
pub(crate) fn misfit(rel: &Rel, context: &JobContext<'_>) -> Result<Option<EngineError>, EngineError> {
    for (input, columns, on_invalid) in conversions(rel) {
        if on_invalid != OnInvalid::Fail {
            continue;
        }
        let converted = said(context.lowerer.converted(input, columns))?;
        let unfit: Vec<usize> = (0..columns.len()).filter(|j| converted.columns[*j].may_be_unfit).collect();
        let rows = said(context.lowerer.numbered(input, &converted.sql, &converted.input))?;
        let of = |j: &usize| {
            format!("count_if(b{j}), min(case when b{j} then row end), min_by(x{j}, case when b{j} then row end)")
        };
        let list: Vec<String> = unfit.iter().map(of).collect();
        if list.is_empty() {
            continue;
        }
        let found = context.rows(&format!("select {} from ({rows}) t", list.join(", ")))?;
        for (place, j) in unfit.into_iter().enumerate() {
            let count = found.count(0, place * 3);
            if count > 0 {
                let (row, text) = (found.count(0, place * 3 + 1), found.text(0, place * 3 + 2).unwrap_or_default());
                let unfit = UnfitValue { input, conversion: &columns[j], text: &text, row, count };
                return Ok(Some(context.local.misfit(&unfit, context.options)));
            }
        }
    }
    Ok(None)
}

/// Sentences about values that were read, as the local engine says them.
///
/// # Errors
/// If a statement fails.
pub(crate) fn warnings(rel: &Rel, context: &JobContext<'_>) -> Result<Vec<String>, EngineError> {
    let mut found = Vec::new();
    for (input, columns, on_invalid) in conversions(rel) {
        let converted = said(context.lowerer.converted(input, columns))?;
        found.extend(of_step(&converted, on_invalid, context)?);
    }
    Ok(found)
}

/// Of one step: all counts by one query, which is asked only if there is something to count.
fn of_step(
    converted: &Converted<'_>,
    on_invalid: OnInvalid,
    context: &JobContext<'_>,
) -> Result<Vec<String>, EngineError> {
    let (mut values, mut sums, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for (j, column) in converted.columns.iter().enumerate() {
        let remarks = said(converted.remarks(j))?;
        if let Some(currency) = remarks.currencies {
            values.push(format!("{currency} as u{j}"));
            sums.push(format!("cast(size(collect_set(u{j})) as bigint)"));
            told.push((j, Told::Currencies));
        }
        if let Some(ambiguous) = remarks.ambiguous {
            values.push(format!("{ambiguous} as w{j}"));
            sums.push(format!("count(w{j})"));
            told.push((j, Told::Ambiguous));
        }
        if on_invalid == OnInvalid::Null && column.may_be_unfit {
            sums.push(format!("count_if(b{j})"));
            told.push((j, Told::Nulled));
        }
    }
    if sums.is_empty() {
        return Ok(Vec::new());
    }
    let counted = || format!("row_number() over (order by {})", order_by(&converted.input.order));
    let place = converted.input.place("t.").unwrap_or_else(counted);
    values.push(format!("{place} as place"));
    let rows = format!("(select *, {} from ({}) t) t", values.join(", "), converted.sql);
    let counted = context.rows(&format!("select {} from {rows}", sums.join(", ")))?;
    let mut warnings = Vec::new();
    for (at, (j, told)) in told.into_iter().enumerate() {
        let (count, conversion) = (counted.count(0, at), converted.columns[j].conversion);
        match told {
            Told::Currencies if count > 1 => {
                let first = format!("select u{j} as u, min(place) as p from {rows} where u{j} is not null group by 1");
                let sql = format!("select u from ({first}) t order by p");
                let found = context.rows(&sql)?;
                let signs: Vec<String> = (0..found.len()).filter_map(|row| found.text(row, 0)).collect();
                warnings.extend(conversion.mixed_currencies(&signs));
            }
            Told::Ambiguous if count > 0 => {
                let parts = ["t", "a", "b", "i", "k"].map(|part| format!("w.{part}")).join(", ");
                let first = format!("select min_by(w{j}, case when w{j} is not null then place end) as w from {rows}");
                let found = context.rows(&format!("select {parts} from ({first}) t"))?;
                let text = |column| found.text(0, column).unwrap_or_default();
                let number = |column| usize::try_from(found.count(0, column)).unwrap_or_default();
                let (by, by_other) = (number(3), number(4));
                let example = AmbiguousText { text: text(0), first: text(1), by, other: text(2), by_other };
                warnings.push(conversion.ambiguous(count, &example));
            }
            Told::Nulled if count > 0 => warnings.push(conversion.nulled(count)),
            _ => {}
        }
    }
    Ok(warnings)
}

/// What a count is of.
#[derive(Clone, Copy)]
enum Told {
    Currencies,
    Ambiguous,
    Nulled,
}
