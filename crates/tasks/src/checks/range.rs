//! `range`: between which values a column lies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_core::spec::{At, OrderedMap};
use tidemill_core::table::{CmpOp, DataType, Expr, ExprKind};

use super::compiler::as_written;
use super::{CheckCompiler, CheckParameters};

/// The bounds by column.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct InRange(#[serde(serialize_with = "OrderedMap::unordered")] OrderedMap<Range>);

/// Both ends included.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// No value is smaller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Bound>")]
    min: Option<At<Value>>,
    /// No value is greater.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Bound>")]
    max: Option<At<Value>>,
}

/// A number, or a date as text.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only the schema is used")]
enum Bound {
    /// A number.
    Number(f64),
    /// A date, or a `${{ }}`.
    Text(String),
}

impl CheckParameters for InRange {
    const NAME: &'static str = "range";
    const SUMMARY: &'static str = "Between which values a column lies, both included.";

    type Form = OrderedMap<Range>;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        for (column, Range { min, max }) in &self.0 {
            compiler.in_order(min.as_ref(), max.as_ref(), is_more);
            for (op, bound) in [(CmpOp::Ge, min), (CmpOp::Le, max)] {
                let Some(bound) = bound else { continue };
                if let Some(predicate) = bounded(compiler, column, op, bound) {
                    let name = format!("range: {} {} {}", column.value, op.sign(), as_written(&bound.value));
                    compiler.check_rows(name, column, predicate);
                }
            }
        }
    }
}

fn bounded(compiler: &mut CheckCompiler<'_>, column: &At<String>, op: CmpOp, bound: &At<Value>) -> Option<ExprKind> {
    let data_type = compiler.column(column)?;
    // A bound may be finer than the column: 0.5 for an int, 10.005 for money.
    let bound = Expr::literal(compiler.constant(bound, column, data_type, data_type.is_numeric())?);
    let is_float = bound.data_type == DataType::Float || data_type == DataType::Float;
    let common = if is_float { DataType::Float } else { data_type };
    let value = Expr::column(&column.value, data_type).cast(common);
    Some(ExprKind::Compare(op, Box::new(value), Box::new(bound.cast(common))))
}

/// Whether one value of the file is more than another: numbers by size, also where they are written as texts; other texts
/// (dates) as they stand.
fn is_more(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a > b,
        _ => matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a > b),
    }
}
