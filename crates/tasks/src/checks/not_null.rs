//! `not_null`: columns without NULLs.

use serde::{Deserialize, Serialize};
use tidemill_core::spec::{At, OneOrMany};
use tidemill_core::table::CheckKind;

use super::{CheckCompiler, CheckParameters};

/// The columns.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct NotNull(OneOrMany<At<String>>);

impl CheckParameters for NotNull {
    const NAME: &'static str = "not_null";
    const SUMMARY: &'static str = "Columns without NULLs.";

    type Form = OneOrMany<At<String>>;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        for column in self.0.iter() {
            if compiler.column(column).is_some() {
                compiler.check(format!("not_null: {}", column.value), CheckKind::NotNull(column.value.clone()));
            }
        }
    }
}
