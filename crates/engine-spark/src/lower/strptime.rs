//! Dates and times read by a format.
//!
//! The format becomes a pattern that goes over the text as the parser of this machine does: each sign takes as many digits as it
//! can, and gives none back.

use tidemill_core::table::DataType;

use super::civil::{Civil, Clock, Pattern, day, number, year_text};
use super::{Lowering, refused, refused_because};

/// White space that signs skip.
const BLANKS: &str = r"[ \t\n\f\r]*+";
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The value of a text by a format; NULL if it does not fit.
pub(super) fn read(x: &str, format: &str, to: DataType) -> Lowering<String> {
    let mut reader = Format::default();
    reader.take(format).map_err(|sign| {
        refused_because(
            format!("the format `{format}` cannot be used to read a {to}"),
            format!("{sign} is not known there"),
        )
    })?;
    reader.value(x, format, to)
}

/// What a format asks for, each in SQL over the groups of its pattern.
#[derive(Default)]
struct Format {
    pattern: Pattern,
    /// An int.
    year: Option<String>,
    /// Its two digits or its number or name are a text of digits.
    month: Option<String>,
    day: Option<String>,
    day_of_year: Option<String>,
    /// Three letters.
    weekday: Option<String>,
    clock: Clock,
    hour: Option<(String, bool)>,
    half: Option<String>,
}

impl Format {
    /// Takes up a format; the sign that is not known, if there is one.
    fn take(&mut self, format: &str) -> Result<(), String> {
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                match c.is_ascii_whitespace() {
                    true => self.pattern.push(BLANKS),
                    false => self.pattern.push(&format!("\\x{{{:x}}}", u32::from(c))),
                }
                continue;
            }
            // The padding that is asked of what is written means nothing to what is read.
            let _ = chars.next_if(|c| "-_0".contains(*c));
            match chars.next() {
                Some('.') if chars.next_if_eq(&'f').is_some() => self.fraction(true)?,
                Some(sign) => self.sign(sign)?,
                None => return Err("% at the end".to_owned()),
            }
        }
        Ok(())
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        let names = |names: &[&str]| format!("(?i:{})", names.join("|"));
        let abbreviated =
            |names: &[&str]| format!("(?i:{})", names.iter().map(|name| &name[..3]).collect::<Vec<_>>().join("|"));
        match sign {
            '%' => self.pattern.push("%"),
            'F' => return self.take("%Y-%m-%d"),
            'T' => return self.take("%H:%M:%S"),
            'R' => return self.take("%H:%M"),
            'D' => return self.take("%m/%d/%y"),
            'Y' => {
                let year_sign = self.pattern.group("[+-]?+");
                let digits = self.digits(4);
                put(&mut self.year, sign, format!("cast(concat({year_sign}, {digits}) as int)"))?;
            }
            'y' => {
                let year = number(&self.digits(2));
                put(&mut self.year, sign, format!("({year} + case when {year} <= 68 then 2000 else 1900 end)"))?;
            }
            'm' => {
                let digits = self.digits(2);
                put(&mut self.month, sign, digits)?;
            }
            'B' | 'b' | 'h' => {
                let pattern = if sign == 'B' { names(&MONTHS) } else { abbreviated(&MONTHS) };
                let name = self.pattern.group(&pattern);
                let all: String = MONTHS.iter().map(|month| month[..3].to_lowercase()).collect();
                let place = format!("locate(lower(substring({name}, 1, 3)), '{all}')");
                put(&mut self.month, sign, format!("cast(({place} + 2) div 3 as string)"))?;
            }
            'd' | 'e' => {
                let digits = self.digits(2);
                put(&mut self.day, sign, digits)?;
            }
            'j' => {
                let digits = self.digits(3);
                put(&mut self.day_of_year, sign, number(&digits))?;
            }
            'A' | 'a' => {
                let pattern = if sign == 'A' { names(&DAYS) } else { abbreviated(&DAYS) };
                let name = self.pattern.group(&pattern);
                put(&mut self.weekday, sign, format!("lower(substring({name}, 1, 3))"))?;
            }
            'H' | 'k' | 'I' | 'l' => {
                let digits = number(&self.digits(2));
                put(&mut self.hour, sign, (digits, matches!(sign, 'I' | 'l')))?;
            }
            'p' | 'P' => {
                let half = self.pattern.group("(?i:am|pm)");
                put(&mut self.half, sign, half)?;
            }
            'M' => {
                let digits = self.digits(2);
                put(&mut self.clock.minute, sign, digits)?;
            }
            'S' => {
                let digits = self.digits(2);
                put(&mut self.clock.second, sign, digits)?;
            }
            'f' | 'N' => self.fraction(false)?,
            other => return Err(format!("%{other}")),
        }
        Ok(())
    }

    /// At most so many digits, with blanks before them.
    fn digits(&mut self, most: usize) -> String {
        self.pattern.push(BLANKS);
        self.pattern.group(&format!("[0-9]{{1,{most}}}+"))
    }

    fn fraction(&mut self, with_point: bool) -> Result<(), String> {
        self.pattern.push(if with_point { r"(?:\." } else { "" });
        let digits = self.pattern.group("[0-9]{1,9}+");
        self.pattern.push(if with_point { ")?+" } else { "" });
        put(&mut self.clock.fraction, 'f', digits)
    }

    fn value(mut self, x: &str, format: &str, to: DataType) -> Lowering<String> {
        let mut conditions = self.clock.conditions();
        if let Some((hour, is_of_half)) = self.hour.take() {
            conditions.push(if is_of_half { format!("{hour} between 1 and 12") } else { format!("{hour} <= 23") });
            self.clock.hour = Some(match &self.half {
                Some(half) => format!("({hour} % 12 + case when lower({half}) = 'pm' then 12 else 0 end)"),
                None => hour,
            });
        }
        let of_range = |digits: &str, most: u8| format!("{} between 1 and {most}", number(digits));
        conditions.extend(self.month.as_ref().map(|month| of_range(month, 12)));
        conditions.extend(self.day.as_ref().map(|day| of_range(day, 31)));
        conditions.extend(self.day_of_year.as_ref().map(|day| format!("{day} between 1 and 366")));
        if let Some(year) = self.year.as_ref().filter(|_| format.contains("%Y") || format.contains("%F")) {
            // `7/21/24` read with %Y is a slip of the pen and not the year 24.
            conditions.push(format!("(not {year} between 0 and 999 or instr({x}, {}) > 0)", year_text(year)));
        }
        let date = self.date(to, &mut conditions)?;
        if to != DataType::Date {
            conditions.extend(self.clock.is_whole_micros());
        }
        let civil = Civil { day: date, micros: self.clock.micros(), offset: None, conditions };
        Ok(self.pattern.read(x, &civil.value(to)?))
    }

    fn date(&self, to: DataType, conditions: &mut Vec<String>) -> Lowering<Option<String>> {
        if to == DataType::Time {
            return Ok(None);
        }
        let date = match (&self.year, &self.month, &self.day, &self.day_of_year) {
            (Some(year), Some(month), Some(of_month), _) => day(&year_text(year), month, of_month),
            (Some(year), _, _, Some(number)) => {
                let of_year = format!("dayofyear(make_date({year}, 12, 31))");
                format!("case when {number} <= {of_year} then date_add(make_date({year}, 1, 1), {number} - 1) end")
            }
            _ => return Err(refused("a format that names a day by its week cannot be used to read one")),
        };
        if let Some(weekday) = &self.weekday {
            conditions.push(format!("coalesce({weekday} = lower(date_format({date}, 'EEE')), false)"));
        }
        Ok(Some(date))
    }
}

/// What a sign asks for twice is refused: the last one would count.
fn put<T>(place: &mut Option<T>, sign: char, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("%{sign} beside another sign of the same")),
    }
}
