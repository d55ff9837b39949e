//! `schedule` and `retention`.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::cron;
use crate::diagnostic::{Diagnostic, SourceMap};

use super::keys::ScheduleKeys;
use super::{At, Key, Late, Node, NodeValue, Scope, read};

/// When a pipeline runs by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its fires.
    pub rhythm: Rhythm,
    /// The IANA name of the zone whose clock counts.
    pub timezone: At<String>,
    /// Which missed fires are made up for.
    pub catchup: Catchup,
    /// Fires that are older are recorded as skipped.
    pub max_catchup: Option<Duration>,
    /// What happens to a fire while a run is under way.
    pub overlap: Overlap,
    /// Each fire starts up to so much later.
    pub jitter: Duration,
    /// When a run that has not ended is late.
    pub late: Option<Late>,
}

/// The fires of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub enum Rhythm {
    /// A cron expression that `cron::parse` takes.
    Cron(At<String>),
    /// Every so often; a second or more.
    Every(At<Duration>),
}

/// Which of the fires missed while nothing ran are made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Catchup {
    /// None.
    None,
    /// The latest.
    #[default]
    Latest,
    /// All.
    All,
}

/// What happens to a fire while a run is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// It is skipped.
    #[default]
    Skip,
    /// It waits.
    Queue,
    /// The older run is cancelled.
    Cancel,
}

/// What is kept of history, logs and cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Retention {
    /// So many runs; None: all.
    pub runs: Option<u32>,
    /// So many bytes; None: all.
    pub max_size: Option<u64>,
}

impl Schedule {
    /// Reads `schedule`, a cron expression or a map.
    pub(crate) fn read(
        key: &Key,
        node: &Node,
        scope: &Scope,
        sources: &SourceMap,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let keys = match &node.value {
            NodeValue::String(_) => read::<At<String>>(node, scope, sources)
                .map(|cron| ScheduleKeys { cron: Some(cron), ..ScheduleKeys::default() }),
            _ => read::<ScheduleKeys>(node, scope, sources),
        };
        let keys = match keys {
            Ok(keys) => keys,
            Err(errors) => {
                found.extend(errors);
                return None;
            }
        };
        let before = found.len();
        let rhythm = match (keys.cron, keys.every) {
            (Some(cron), None) => {
                if let Err(message) = cron::parse(&cron) {
                    found.push(Diagnostic::error(message).at(cron.span, ""));
                }
                Rhythm::Cron(cron)
            }
            (None, Some(every)) => {
                if every.value.0 < Duration::from_secs(1) {
                    found.push(Diagnostic::error("`every` must be a second or more").at(every.span, ""));
                }
                Rhythm::Every(every.map(Duration::from))
            }
            (Some(cron), Some(every)) => {
                let both = Diagnostic::error("a schedule has `cron` or `every`, not both");
                found.push(both.at(every.span, "the interval").at(cron.span, "the cron expression"));
                return None;
            }
            (None, None) => {
                found.push(Diagnostic::error("a schedule needs `cron` or `every`").at(key.span, ""));
                return None;
            }
        };
        let timezone = keys.timezone.unwrap_or_else(|| At::new("UTC".to_owned(), key.span));
        if let Err((message, near)) = cron::time_zone(&timezone) {
            let error = Diagnostic::error(message).at(timezone.span, "");
            found.push(match near {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("write an IANA name such as `Europe/Berlin`, or `UTC`"),
            });
        }
        (found.len() == before).then(|| Self {
            rhythm,
            timezone,
            catchup: keys.catchup.unwrap_or_default(),
            max_catchup: keys.max_catchup.map(Duration::from),
            overlap: keys.overlap.unwrap_or_default(),
            jitter: keys.jitter.unwrap_or_default().into(),
            late: keys.late.map(|late| late.value),
        })
    }
}

/// A number of bytes with a unit: `500MB`, `10GB`, `1GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// Reads a size.
    ///
    /// # Errors
    /// A sentence for the user, if it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let wrong = || format!("`{text}` is no size: write it as `500MB` or `10GB`");
        let number: f64 = text[..split].parse().map_err(|_| wrong())?;
        let factor = match text[split..].trim().to_ascii_lowercase().as_str() {
            "b" => 1,
            "kb" | "k" => 1_000,
            "mb" | "m" => 1_000_000,
            "gb" | "g" => 1_000_000_000,
            "tb" | "t" => 1_000_000_000_000u64,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            "tib" => 1 << 40,
            _ => return Err(wrong()),
        };
        Ok(Self((number * factor as f64) as u64))
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ByteSize {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "x-format": "size", "x-expected": "a size such as `10GB`"})
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSize;

    #[test]
    fn sizes_have_units() {
        assert_eq!(ByteSize::parse("10GB"), Ok(ByteSize(10_000_000_000)));
        assert_eq!(ByteSize::parse("1.5 MiB"), Ok(ByteSize(1_572_864)));
        for bad in ["10", "GB", "ten MB", ""] {
            assert!(ByteSize::parse(bad).is_err(), "{bad}");
        }
    }
}
