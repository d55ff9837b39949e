//! Values within JSON, in the letters of the text.

use std::collections::HashMap;

use polars::prelude::{Int64Chunked, IntoSeries, Series, StringChunked};
use serde_json::value::RawValue;
use tidemill_core::table::{DataType, Expr, JsonPath, JsonStep};

use super::context::EvalContext;
use super::eval::Eval;
use super::kernel::{Compute, Kernel, constant_text, first};
use crate::arrays::operand::Operand;
use crate::arrays::typed::{ints, texts};
use crate::error::{Outcome, unsupported};

pub(super) const KERNELS: &[Kernel] = &[
    Kernel {
        name: "json_extract",
        compute: Compute::Expressions(|eval, args, _: DataType| {
            extract(eval, args, |found| Ok(Some(found.to_owned())))
        }),
    },
    Kernel {
        name: "json_extract_string",
        compute: Compute::Expressions(|eval, args, _: DataType| extract(eval, args, as_text)),
    },
    Kernel { name: "json_array_length", compute: Compute::Unary(array_length) },
];

/// How many elements lists have; NULL of what is none.
fn array_length(context: &EvalContext<'_>, x: &Series) -> Outcome<Series> {
    let values = texts(x)?;
    let values = Operand::new(&values);
    let count = |text: &str| -> serde_json::Result<Option<i64>> {
        let value: &RawValue = serde_json::from_str(text)?;
        let is_list = value.get().starts_with('[');
        is_list.then(|| Ok(serde_json::from_str::<Vec<&RawValue>>(value.get())?.len() as i64)).transpose()
    };
    let counts: Int64Chunked = context.rows(&[x], |row| {
        let text = values.at(row)?;
        count(text).map_err(|error| format!("{:?} is no JSON ({error})", shortened(text))).transpose()
    })?;
    Ok(counts.into_series())
}

fn extract(eval: &Eval<'_>, args: &[Expr], shown: fn(&str) -> serde_json::Result<Option<String>>) -> Outcome<Series> {
    let series = eval.series(first(args)?)?;
    let values = texts(&series)?;
    let values = Operand::new(&values);
    // A place that is no constant is another one in each row.
    let (path, places) = match args.get(1) {
        Some(place) if place.data_type == DataType::Int => (JsonPath::place(0), Some(eval.series(place)?)),
        _ => (JsonPath::parse(&constant_text(args.get(1))?).map_err(unsupported)?, None),
    };
    let of_rows = places.as_ref().map(ints).transpose()?;
    let of_rows = of_rows.as_ref().map(Operand::new);
    let sides: Vec<&Series> = std::iter::once(&series).chain(&places).collect();
    let found: StringChunked = eval.context.rows(&sides, |row| {
        let text = values.at(row)?;
        let found = match &of_rows {
            None => at(text, &path),
            Some(places) => at(text, &JsonPath::place(places.at(row)?)),
        };
        let found = found.and_then(|found| found.map_or(Ok(None), shown));
        found.map_err(|error| format!("{:?} is no JSON ({error})", shortened(text))).transpose()
    })?;
    Ok(found.into_series())
}

/// What stands at the path; of members of one name the last counts.
fn at<'j>(json: &'j str, path: &JsonPath) -> serde_json::Result<Option<&'j str>> {
    let mut value: &RawValue = serde_json::from_str(json)?;
    for step in &path.steps {
        let inner = match (step, value.get().as_bytes().first()) {
            (JsonStep::Name(name), Some(b'{')) => {
                serde_json::from_str::<HashMap<String, &RawValue>>(value.get())?.remove(name)
            }
            (JsonStep::Place(place), Some(b'[')) => {
                let items: Vec<&RawValue> = serde_json::from_str(value.get())?;
                let place = if *place < 0 { place.saturating_add(items.len() as i64) } else { *place };
                usize::try_from(place).ok().and_then(|place| items.get(place).copied())
            }
            _ => None,
        };
        match inner {
            None => return Ok(None),
            Some(inner) => value = inner,
        }
    }
    Ok(Some(value.get()))
}

/// A JSON value as a text: of a string its letters, of `null` NULL.
fn as_text(json: &str) -> serde_json::Result<Option<String>> {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map(Some),
        Some(b'n') => Ok(None),
        _ => Ok(Some(json.to_owned())),
    }
}

/// The beginning of a text, for messages.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}
