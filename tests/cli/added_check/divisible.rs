//! `divisible`: a column's values are multiples of a number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{At, OrderedMap};
use tidemill_core::table::{ArithOp, CmpOp, DataType, Expr, ExprKind, Value};
use tidemill_tasks::{CheckCompiler, CheckParameters};

/// The numbers by column.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct Divisible(OrderedMap<At<i64>>);

impl CheckParameters for Divisible {
    const NAME: &'static str = "divisible";
    const SUMMARY: &'static str = "A column's values are multiples of a number.";

    type Form = BTreeMap<String, i64>;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        for (column, by) in &self.0 {
            let Some(data_type) = compiler.column(column) else { continue };
            if data_type != DataType::Int {
                compiler.mistake(Diagnostic::error("only an int has multiples").at(column.span, ""));
                continue;
            }
            let int = |kind| Expr { kind, data_type: DataType::Int };
            let value = Box::new(Expr::column(&column.value, data_type));
            let rest = int(ExprKind::Arith(ArithOp::Mod, value, Box::new(Expr::literal(Value::Int(by.value)))));
            let predicate = ExprKind::Compare(CmpOp::Eq, Box::new(rest), Box::new(Expr::literal(Value::Int(0))));
            compiler.check_rows(format!("divisible: {} by {}", column.value, by.value), column, predicate);
        }
    }
}
