//! `late`: when a run that has not ended is late.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::HumanDuration;

/// When the run of a fire that has not ended is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// The first time behind the fire that the clock of the schedule's zone shows this.
    At(Time),
    /// So long behind the fire.
    After(Duration),
}

impl Late {
    /// Reads `20:30` or `45m`.
    ///
    /// # Errors
    /// How it is to be written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = || format!("`{text}` is neither a time of day such as `20:30` nor a duration such as `45m`");
        match text.contains(':') {
            true => {
                let digits =
                    |part: &str| !part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
                let (hour, minute) =
                    text.split_once(':').filter(|(h, m)| digits(h) && m.len() == 2 && digits(m)).ok_or_else(wrong)?;
                let (hour, minute) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
                Time::new(hour, minute, 0, 0).map(Self::At).map_err(|_| wrong())
            }
            false => HumanDuration::parse(text).map(|after| Self::After(after.0)).map_err(|_| wrong()),
        }
    }

    /// From when on the run of that fire is late; None beyond the end of time. A time that the clock leaves out counts as the one
    /// that it shows instead, of one that it shows twice the first counts.
    pub fn of(self, fire: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let time = match self {
            Self::After(after) => return fire.checked_add(SignedDuration::try_from(after).ok()?).ok(),
            Self::At(time) => time,
        };
        let mut day = fire.to_zoned(zone.clone()).date();
        loop {
            let late = day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp();
            if late > fire {
                return Some(late);
            }
            day = day.tomorrow().ok()?;
        }
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => write!(f, "{:02}:{:02}", time.hour(), time.minute()),
            Self::After(after) => HumanDuration(*after).fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Late {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Late {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Late".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "x-expected": "a time of day such as `20:30`, or a duration such as `45m`"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(text: &str, fire: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).expect("a zone");
        let late = Late::parse(text).expect(text).of(fire.parse().expect("an instant"), &zone).expect("in time");
        late.to_zoned(zone).to_string()
    }

    #[test]
    fn it_is_the_next_such_time_on_the_wall() {
        assert_eq!(late("20:30", "2024-11-20T18:45:00Z", "Europe/Berlin"), "2024-11-20T20:30:00+01:00[Europe/Berlin]");
        assert_eq!(late("6:00", "2024-11-20T18:45:00Z", "Europe/Berlin"), "2024-11-21T06:00:00+01:00[Europe/Berlin]");
        assert_eq!(late("19:45", "2024-11-20T18:45:00Z", "Europe/Berlin"), "2024-11-21T19:45:00+01:00[Europe/Berlin]");
        assert_eq!(late("1h30m", "2024-11-20T18:45:00Z", "Europe/Berlin"), "2024-11-20T21:15:00+01:00[Europe/Berlin]");
    }

    #[test]
    fn nights_on_which_clocks_change_have_one_such_time() {
        // 02:30 is left out on 31 March 2024 and comes twice on 27 October.
        assert_eq!(late("02:30", "2024-03-30T23:00:00Z", "Europe/Berlin"), "2024-03-31T03:30:00+02:00[Europe/Berlin]");
        assert_eq!(late("02:30", "2024-10-26T23:00:00Z", "Europe/Berlin"), "2024-10-27T02:30:00+02:00[Europe/Berlin]");
    }

    #[test]
    fn what_is_neither_is_refused() {
        for bad in ["20", "24:00", "20:60", "20:3", "8pm", "", "20:30:00", "-5m", ":30"] {
            assert!(Late::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Late::parse("6:05").map(|late| late.to_string()), Ok("06:05".to_owned()));
    }
}
