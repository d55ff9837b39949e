//! How a load reads its files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::{Diagnostic, Span};
use tidemill_core::spec::{At, OneOrMany};
use tidemill_core::table::ScanOptions;

/// How a file is read.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadOptions {
    /// CSV: what stands between two fields; default `,`, for `.tsv` a tab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delimiter: Option<At<String>>,
    /// CSV: `,` where that stands before the fraction of numbers, with points between thousands or without; default `.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decimal: Option<At<String>>,
    /// CSV and XLSX: whether the first row names the columns; default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<At<bool>>,
    /// CSV and JSON: the encoding, such as `latin1` or `utf-16le`; default `utf-8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoding: Option<At<String>>,
    /// JSON: where in the document the records are, such as `data.items`; default the only array of objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    records: Option<At<String>>,
    /// CSV: what stands between the thousands of numbers, such as `,` in `1,234.50`; a blank stands for hard ones too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thousands: Option<At<String>>,
    /// CSV: lines that begin with this character are left out, such as `#`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<At<String>>,
    /// CSV: what becomes of a row with fewer fields than the header; `fill` takes them for NULL. Default `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ragged: Option<At<Ragged>>,
    /// CSV, JSON and XLSX: texts that mean NULL, beside the empty field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    null_values: Option<At<OneOrMany<String>>>,
    /// CSV and XLSX: rows to leave out before the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skip_rows: Option<At<u32>>,
    /// All files: the name of a column to be added, which says which file each row comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filename: Option<At<String>>,
}

/// What becomes of a row with fewer fields than the header.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ragged {
    /// It is a fault.
    Fail,
    /// The missing fields, at its end, are NULL.
    Fill,
}

impl LoadOptions {
    /// Characters that are none, or have two meanings.
    pub fn mistakes(&self) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        let delimiter = self.delimiter.as_ref();
        if let Some(delimiter) = delimiter.filter(|at| delimiter_of(&at.value).is_none()) {
            mistakes.push(
                Diagnostic::error("a delimiter is one character")
                    .at(delimiter.span, "this is not")
                    .help("write `\";\"`, or `\"\\t\"` for a tab"),
            );
        }
        let decimal = self.decimal.as_ref();
        if let Some(decimal) = decimal.filter(|at| decimal_of(&at.value).is_none()) {
            mistakes.push(
                Diagnostic::error("`decimal` is what stands before the fraction of numbers: a comma or a point")
                    .at(decimal.span, "this is neither")
                    .help("write `decimal: \",\"`"),
            );
        }
        for (name, given) in [("comment", &self.comment), ("thousands", &self.thousands)] {
            if let Some(given) = given.as_ref().filter(|at| one_character(&at.value).is_none()) {
                mistakes.push(Diagnostic::error(format!("`{name}` is one character")).at(given.span, "this is not"));
            }
        }
        let point = self.decimal.as_ref().map_or(".", |at| at.value.as_str());
        if let Some(thousands) = self.thousands.as_ref().filter(|at| at.value == point) {
            mistakes.push(
                Diagnostic::error(format!("`{point}` stands before the fraction of numbers"))
                    .at(thousands.span, "so it cannot stand between thousands")
                    .help("say `decimal:` too, as `{decimal: \",\", thousands: \".\"}`"),
            );
        }
        mistakes
    }

    /// The options that are given, and where they stand.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let given = [
            ("delimiter", self.delimiter.as_ref().map(|at| at.span)),
            ("decimal", self.decimal.as_ref().map(|at| at.span)),
            ("thousands", self.thousands.as_ref().map(|at| at.span)),
            ("comment", self.comment.as_ref().map(|at| at.span)),
            ("ragged", self.ragged.as_ref().map(|at| at.span)),
            ("records", self.records.as_ref().map(|at| at.span)),
            ("encoding", self.encoding.as_ref().map(|at| at.span)),
            ("header", self.header.as_ref().map(|at| at.span)),
            ("null_values", self.null_values.as_ref().map(|at| at.span)),
            ("skip_rows", self.skip_rows.as_ref().map(|at| at.span)),
            ("filename", self.filename.as_ref().map(|at| at.span)),
        ];
        given.into_iter().filter_map(|(key, span)| Some((key, span?)))
    }

    /// What the engine is asked for.
    pub fn scanned(&self) -> ScanOptions {
        ScanOptions {
            delimiter: self.delimiter.as_ref().and_then(|at| delimiter_of(&at.value)),
            decimal: self.decimal.as_ref().and_then(|at| decimal_of(&at.value)),
            header: self.header.as_ref().map(|at| at.value),
            encoding: self.encoding.as_ref().map(|at| at.value.clone()),
            thousands: self.thousands.as_ref().and_then(|at| one_character(&at.value)),
            comment: self.comment.as_ref().and_then(|at| one_character(&at.value)),
            fill_ragged: self.ragged.as_ref().is_some_and(|at| at.value == Ragged::Fill),
            records: self.records.as_ref().map(|at| at.value.clone()),
            null_values: self.null_values.as_ref().map(|at| at.value.0.clone()).unwrap_or_default(),
            skip_rows: self.skip_rows.as_ref().map_or(0, |at| at.value as usize),
            filename: self.filename.as_ref().map(|at| at.value.clone()),
        }
    }
}

/// The only character of a text.
fn one_character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// A comma or a point.
fn decimal_of(text: &str) -> Option<char> {
    text.chars().next().filter(|first| text.len() == 1 && matches!(first, ',' | '.'))
}

/// One character, or `\t` and `tab` for a tab.
fn delimiter_of(text: &str) -> Option<char> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) => Some(one),
        _ if text == "\\t" || text == "tab" => Some('\t'),
        _ => None,
    }
}
