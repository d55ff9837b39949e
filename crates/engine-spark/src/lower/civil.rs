//! Dates and times from the digits of a text.

use tidemill_core::table::DataType;

use super::literal::quoted;
use super::{Lowering, refused};

/// Microseconds of a day.
const DAY: &str = "86400000000L";
/// The instants, in microseconds since 1970, that a text with an offset may name: those of this machine.
const INSTANTS: &str = "between -377705023201000000L and 253402207200999999L";

/// A pattern whose groups are counted.
#[derive(Default)]
pub(super) struct Pattern {
    text: String,
    groups: usize,
}

impl Pattern {
    /// Adds what captures nothing.
    pub fn push(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// Adds a group; its digits in SQL, nothing if it took no part.
    pub fn group(&mut self, part: &str) -> String {
        self.text.push_str(&format!("({part})"));
        self.groups += 1;
        format!("f[{}]", self.groups - 1)
    }

    /// `body`, in which the groups of the whole text are known; NULL if the pattern does not fit it.
    pub fn read(&self, x: &str, body: &str) -> String {
        let pattern = quoted(&format!(r"\A(?:{})\z", self.text));
        // Groups hold digits, letters and signs, and no bar.
        let groups: Vec<String> = (1..=self.groups).map(|group| format!("\\u0024{group}")).collect();
        let fields = format!("split(regexp_replace({x}, {pattern}, '{}'), '[|]')", groups.join("|"));
        format!("case when {x} rlike {pattern} then {} end", super::binding::bound(&fields, "f", body))
    }
}

/// Digits as an int, 0 if there are none.
pub(super) fn number(digits: &str) -> String {
    format!("cast(concat('0', {digits}) as int)")
}

/// A year of at most four digits as the text that a date begins with, from its number.
pub(super) fn year_text(year: &str) -> String {
    format!("concat(case when {year} < 0 then '-' else '' end, lpad(cast(abs({year}) as string), 4, '0'))")
}

/// A day from its parts as texts; NULL if there is none.
pub(super) fn day(year: &str, month: &str, of_month: &str) -> String {
    format!("try_cast(concat({year}, '-', lpad({month}, 2, '0'), '-', lpad({of_month}, 2, '0')) as date)")
}

/// The parts of a time of day, in digits.
#[derive(Default)]
pub(super) struct Clock {
    /// Hours, of the whole day.
    pub hour: Option<String>,
    /// Minutes.
    pub minute: Option<String>,
    /// Seconds.
    pub second: Option<String>,
    /// Up to nine digits behind the second.
    pub fraction: Option<String>,
}

impl Clock {
    /// Microseconds since midnight.
    pub fn micros(&self) -> String {
        let part = |digits: &Option<String>| digits.as_ref().map_or_else(|| "0".to_owned(), |digits| number(digits));
        let fraction = self
            .fraction
            .as_ref()
            .map_or_else(|| "0".to_owned(), |digits| format!("cast(substring(rpad({digits}, 9, '0'), 1, 6) as int)"));
        let hour = self.hour.clone().unwrap_or_else(|| "0".to_owned());
        let seconds = format!("({hour} * 3600L + {} * 60 + {})", part(&self.minute), part(&self.second));
        format!("({seconds} * 1000000L + {fraction})")
    }

    /// What must hold of minutes and seconds; no minute has a sixtieth second.
    pub fn conditions(&self) -> Vec<String> {
        let parts = [&self.minute, &self.second].into_iter().flatten();
        parts.map(|digits| format!("{} <= 59", number(digits))).collect()
    }

    /// That the fraction is one of whole microseconds.
    pub fn is_whole_micros(&self) -> Option<String> {
        self.fraction.as_ref().map(|digits| format!("substring(rpad({digits}, 9, '0'), 7) = '000'"))
    }
}

/// A date and time as they stand, and how far they are ahead of UTC.
pub(super) struct Civil {
    /// The day; none in a time of day.
    pub day: Option<String>,
    /// Microseconds since midnight.
    pub micros: String,
    /// Microseconds ahead of UTC, and whether it is said at all.
    pub offset: Option<(String, String)>,
    /// What else must hold.
    pub conditions: Vec<String>,
}

impl Civil {
    /// The value of a type, NULL where the conditions do not hold.
    pub fn value(mut self, to: DataType) -> Lowering<String> {
        let value = match (to, &self.day, &self.offset) {
            (DataType::Date, Some(day), None) => day.clone(),
            (DataType::Date, Some(_), Some(_)) => {
                // A day with a time is one only at midnight.
                format!("date_from_unix_date(cast({} div {DAY} as int))", self.instant())
            }
            (DataType::Datetime, Some(_), _) => {
                format!("cast(timestamp_micros({}) as timestamp_ntz)", self.instant())
            }
            (DataType::Time, Some(_), Some(_)) => time_text(&format!("pmod({}, {DAY})", self.instant())),
            (DataType::Time, None, Some((ahead, _))) => time_text(&format!("pmod({} - {ahead}, {DAY})", self.micros)),
            (DataType::Time, _, None) => time_text(&self.micros),
            (to, ..) => return Err(refused(format!("a text without a day cannot be read as {to}"))),
        };
        if let (Some(_), Some((_, is_said))) = (&self.day, &self.offset) {
            self.conditions.push(format!("(not {is_said} or {} {INSTANTS})", self.instant()));
        }
        if self.conditions.is_empty() {
            return Ok(value);
        }
        Ok(format!("case when {} then {value} end", self.conditions.join(" and ")))
    }

    /// Microseconds since 1970.
    pub fn instant(&self) -> String {
        let day = self.day.as_deref().unwrap_or("date'1970-01-01'");
        let ahead = self.offset.as_ref().map_or_else(String::new, |(ahead, _)| format!(" - {ahead}"));
        format!("(unix_date({day}) * {DAY} + {}{ahead})", self.micros)
    }
}

/// A time as the text that it is on Spark.
fn time_text(micros: &str) -> String {
    let part = |unit: &str, of: &str| format!("lpad(cast({micros} div {unit}{of} as string), 2, '0')");
    format!(
        "concat({}, ':', {}, ':', {}, '.', lpad(cast({micros} % 1000000L as string), 6, '0'))",
        part("3600000000L", ""),
        part("60000000L", " % 60"),
        part("1000000L", " % 60")
    )
}
