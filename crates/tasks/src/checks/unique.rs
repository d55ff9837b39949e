//! `unique`: no two rows are equal in all of these columns.

use serde::{Deserialize, Serialize};
use tidemill_core::spec::{At, OneOrMany};
use tidemill_core::table::CheckKind;

use super::{CheckCompiler, CheckParameters};

/// The columns.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct Unique(OneOrMany<At<String>>);

impl CheckParameters for Unique {
    const NAME: &'static str = "unique";
    const SUMMARY: &'static str = "Columns whose combination occurs once.";

    type Form = OneOrMany<At<String>>;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        let known = self.0.iter().filter(|column| compiler.column(column).is_some()).count();
        if known == self.0.len() {
            let names: Vec<String> = self.0.iter().map(|column| column.value.clone()).collect();
            compiler.check(format!("unique: {}", names.join(", ")), CheckKind::Unique(names));
        }
    }
}
