//! `fresh`: how old the newest value of a column may be.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{HumanDuration, OrderedMap, Scope};
use tidemill_core::table::{CheckKind, DataType};

use super::{CheckCompiler, CheckParameters};

/// The ages by column.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct Fresh {
    #[serde(serialize_with = "OrderedMap::unordered")]
    ages: OrderedMap<HumanDuration>,
    /// The run's logical time; none where that is not known.
    #[serde(skip)]
    now: Option<Timestamp>,
}

impl CheckParameters for Fresh {
    const NAME: &'static str = "fresh";
    const SUMMARY: &'static str = "How old the newest value of a column may be at the run's logical time.";
    const LOOKS_AT_TIME: bool = true;

    type Form = OrderedMap<HumanDuration>;

    fn known(mut self, scope: &Scope) -> Self {
        let time = scope.find(["run", "logical_time"]).ok().and_then(|time| time.as_str()?.parse().ok());
        self.now = time;
        self
    }

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        for (column, age) in &self.ages {
            match compiler.column(column) {
                None => {}
                Some(DataType::Date | DataType::Datetime | DataType::Null) => {
                    let age_in_micros = i64::try_from(age.0.as_micros()).unwrap_or(i64::MAX);
                    let now = self.now.map_or(i64::MIN, Timestamp::as_microsecond);
                    let kind = CheckKind::Newest {
                        column: column.value.clone(),
                        at_least: now.saturating_sub(age_in_micros),
                        age: age.to_string(),
                    };
                    compiler.check(format!("fresh: {}", column.value), kind);
                }
                Some(other) => compiler.mistake(
                    Diagnostic::error(format!("column `{}` is {other}, which has no age", column.value))
                        .at(column.span, "a date or a datetime has one"),
                ),
            }
        }
    }
}
