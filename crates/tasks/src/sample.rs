//! `sample`: some rows, chosen by chance.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::At;
use tidemill_core::table::{Rel, SampleSize};
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};

use super::parameters::Parameters;
use super::table_task::{TableLogic, reads, table_task, upstream};

/// Keeps some rows, chosen by chance, in their order.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The table.
    from: At<String>,
    /// So many rows, or all if there are fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows: Option<At<u64>>,
    /// Instead of it, the chance of each row: 0.1 keeps about a tenth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fraction: Option<At<f64>>,
    /// Another number chooses other rows; the same rows of the same table come with the same number every time.
    #[serde(default)]
    seed: u64,
}

impl Parameters for Sample {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "sample",
        version: 1,
        summary: "Keeps some rows, chosen by chance, in their order.",
        colour: "#5b7f2b",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let wrong = match (&self.rows, &self.fraction) {
            (Some(_), None) => None,
            (None, Some(share)) if (0.0..=1.0).contains(&share.value) => None,
            (None, Some(share)) => {
                Some(Diagnostic::error("`fraction` is a number from 0 to 1").at(share.span, "the chance of each row"))
            }
            (Some(_), Some(share)) => {
                Some(Diagnostic::error("`rows` and `fraction` exclude each other").at(share.span, "keep one of them"))
            }
            (None, None) => {
                let message = format!("task `{}` does not say how many rows", source.spec.id.value);
                Some(Diagnostic::error(message).at(source.spec.id.span, "").help("add `rows: 1000` or `fraction: 0.1`"))
            }
        };
        match wrong {
            Some(mistake) => Err(vec![mistake]),
            None => table_task(self, source),
        }
    }
}

impl TableLogic for Sample {
    fn io(&self) -> Io {
        Io { reads: vec![reads(&self.from, "from")], ..Io::default() }
    }

    fn describe(&self) -> String {
        match (&self.rows, &self.fraction) {
            (Some(rows), _) => format!("{} rows of {} by chance", rows.value, self.from.value),
            (None, Some(share)) => format!("a share of {} of {} by chance", share.value, self.from.value),
            (None, None) => self.from.value.clone(),
        }
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let schema = upstream(cx, &self.from.value)?.clone();
        let size = match (&self.rows, &self.fraction) {
            (Some(rows), _) => SampleSize::Rows(rows.value),
            (None, share) => SampleSize::Fraction(share.as_ref().map_or(1.0, |share| share.value)),
        };
        let input = Box::new(Rel::Input { task: self.from.value.clone(), schema });
        Ok(Rel::Sample { input, size, seed: self.seed })
    }
}
