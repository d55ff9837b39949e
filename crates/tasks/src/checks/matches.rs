//! `matches`: a regular expression that is found in every value of a column.

use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{At, OrderedMap};
use tidemill_core::table::{DataType, Expr, ExprKind, Function, Value};

use super::{CheckCompiler, CheckParameters};

/// The regular expressions by column.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct Matches(#[serde(serialize_with = "OrderedMap::unordered")] OrderedMap<At<String>>);

impl CheckParameters for Matches {
    const NAME: &'static str = "matches";
    const SUMMARY: &'static str = "A regular expression that is found in every value of a column.";

    type Form = OrderedMap<At<String>>;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        for (column, pattern) in &self.0 {
            let Some(data_type) = compiler.column(column) else { continue };
            if let Err(error) = regex::Regex::new(&pattern.value) {
                compiler.mistake(no_regex(pattern, &error));
                continue;
            }
            let text = Expr::column(&column.value, data_type).cast(DataType::String);
            let regex = Expr::literal(Value::String(pattern.value.clone()));
            let predicate = ExprKind::Call(Function::REGEXP_LIKE, vec![text, regex]);
            compiler.check_rows(format!("matches: {} {}", column.value, pattern.value), column, predicate);
        }
    }
}

fn no_regex(pattern: &At<String>, error: &regex::Error) -> Diagnostic {
    let reason = error.to_string();
    let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Diagnostic::error("this is no regular expression")
        .at(pattern.span, last)
        .help("the syntax is that of Rust's regex crate: no look-around, no back references")
}
