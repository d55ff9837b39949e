//! `accepted_values`: the only values a column may have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidemill_core::spec::{Anything, At, OrderedMap};
use tidemill_core::table::{Expr, ExprKind};

use super::{CheckCompiler, CheckParameters};

/// The values by column.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct AcceptedValues(#[serde(serialize_with = "OrderedMap::unordered")] OrderedMap<Vec<At<serde_json::Value>>>);

impl CheckParameters for AcceptedValues {
    const NAME: &'static str = "accepted_values";
    const SUMMARY: &'static str = "The values a column may have.";

    type Form = BTreeMap<String, Vec<Anything>>;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        for (column, values) in &self.0 {
            let Some(data_type) = compiler.column(column) else { continue };
            let constants: Vec<_> =
                values.iter().map(|value| compiler.constant(value, column, data_type, false)).collect();
            let list = constants.into_iter().map(|value| Some(Expr::literal(value?).cast(data_type))).collect();
            if let Some(list) = list {
                let operand = Box::new(Expr::column(&column.value, data_type));
                let predicate = ExprKind::InList { operand, list, negated: false };
                compiler.check_rows(format!("accepted_values: {}", column.value), column, predicate);
            }
        }
    }
}
