//! Formats as spreadsheets have them: the codes of Excel, which others read too.

use crate::{DateFormat, NumberFormat};

/// A code has no more letters than this.
const MOST_LETTERS: usize = 255;
/// For numbers above, below and at zero, and for texts.
const MOST_SECTIONS: usize = 4;

impl NumberFormat {
    /// The code by which a spreadsheet writes numbers in this way; `scale` is how many digits they have behind the point, if
    /// that is known of all of them.
    ///
    /// Where this format goes by the number, as `s` does, the code comes as near as codes can.
    pub fn in_spreadsheet(&self, scale: Option<usize>) -> String {
        let prefix = match self.currency() {
            // The one sign that codes know; others are quoted, as every text.
            "" | "$" => self.currency().to_owned(),
            other => format!("\"{other}\""),
        };
        let whole = if self.has_thousands() { "#,##0" } else { "0" };
        let digits = |count: usize| if count == 0 { String::new() } else { format!(".{}", "0".repeat(count)) };
        let fixed = match (self.rounding(), scale) {
            (Some((count, true)), _) => format!("{whole}{}%", digits(count)),
            (Some((count, false)), _) => format!("{whole}{}", digits(count)),
            (None, Some(scale)) => format!("{whole}{}", digits(scale)),
            // The point stays even where no digit follows it: one is better than none.
            (None, None) => format!("{whole}.0#####"),
        };
        if let Some(significant) = self.significant() {
            let digits = digits(significant.saturating_sub(1));
            return format!(
                "[>=1000000]{prefix}#,##0{digits},,\"M\";[>=1000]{prefix}#,##0{digits},\"k\";{prefix}General"
            );
        }
        if let Some(count) = self.exponent_digits() {
            return format!("{prefix}0{}E+00", digits(count));
        }
        prefix + &fixed
    }
}

/// A part of a format of dates, as codes have it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Hour,
    HalfDayHour,
    Minute,
    Second,
    HalfDay,
    /// Of the month; its code is read as a minute's beside hours and seconds.
    MonthNumber,
    Other,
}

impl DateFormat {
    /// The code by which a spreadsheet writes dates in this way.
    ///
    /// # Errors
    /// A sentence that names what codes cannot say.
    pub fn in_spreadsheet(&self) -> Result<String, String> {
        let wrong = |why: String| format!("a workbook cannot write dates by `{}`: {why}", self.as_str());
        let (mut code, mut parts) = (String::new(), Vec::new());
        let mut rest = self.as_str();
        while let Some(letter) = rest.chars().next() {
            let Some(directive) = rest.strip_prefix('%') else {
                push_literal(&mut code, letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            };
            let name = directive.trim_start_matches('-');
            let is_short = name.len() < directive.len();
            let name = name.chars().next().unwrap_or_default();
            let found = directive_code(name, is_short);
            let (text, those) = found.ok_or_else(|| {
                let shown: String = rest.chars().take(2).collect();
                wrong(format!("its number formats have no `{shown}`"))
            })?;
            code.push_str(text);
            parts.extend(those);
            rest = &directive[usize::from(is_short) + name.len_utf8()..];
        }
        is_read_as_meant(&parts).map_err(|why| wrong(why.to_owned()))?;
        Ok(code)
    }
}

/// The code of a directive, and what is in it.
fn directive_code(name: char, is_short: bool) -> Option<(&'static str, &'static [Part])> {
    use Part::{HalfDay, HalfDayHour, Hour, Minute, MonthNumber, Other, Second};
    Some(match (name, is_short) {
        ('Y', _) => ("yyyy", &[Other]),
        ('y', _) => ("yy", &[Other]),
        ('m', false) => ("mm", &[MonthNumber]),
        ('m', true) => ("m", &[MonthNumber]),
        ('b' | 'h', _) => ("mmm", &[Other]),
        ('B', _) => ("mmmm", &[Other]),
        ('d', false) => ("dd", &[Other]),
        ('d', true) | ('e', _) => ("d", &[Other]),
        ('a', _) => ("ddd", &[Other]),
        ('A', _) => ("dddd", &[Other]),
        ('H', false) => ("hh", &[Hour]),
        ('H', true) | ('k', _) => ("h", &[Hour]),
        ('I', false) => ("hh", &[HalfDayHour]),
        ('I', true) | ('l', _) => ("h", &[HalfDayHour]),
        ('M', false) => ("mm", &[Minute]),
        ('M', true) => ("m", &[Minute]),
        ('S', false) => ("ss", &[Second]),
        ('S', true) => ("s", &[Second]),
        ('p' | 'P', _) => ("AM/PM", &[HalfDay]),
        ('F', _) => ("yyyy-mm-dd", &[Other, MonthNumber, Other]),
        ('D', _) => ("mm\\/dd\\/yy", &[MonthNumber, Other, Other]),
        ('T', _) => ("hh:mm:ss", &[Hour, Minute, Second]),
        ('R', _) => ("hh:mm", &[Hour, Minute]),
        ('%', _) => ("\"%\"", &[]),
        _ => return None,
    })
}

/// A sign that stands for itself.
fn push_literal(code: &mut String, letter: char) {
    match letter {
        ' ' | '-' | ':' | ',' | '(' | ')' => code.push(letter),
        // These mean something, or are changed to what a country writes.
        letter => {
            code.push('\\');
            code.push(letter);
        }
    }
}

/// That minutes are told from months, and the hours of half a day from those of a whole one.
fn is_read_as_meant(parts: &[Part]) -> Result<(), &'static str> {
    for (place, part) in parts.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| parts[place]);
        let is_beside_time = matches!(before, Some(Part::Hour | Part::HalfDayHour))
            || parts.get(place + 1).is_some_and(|after| *after == Part::Second);
        match part {
            Part::Minute if !is_beside_time => return Err("there, minutes stand behind hours or before seconds"),
            Part::MonthNumber if is_beside_time => return Err("there, a month beside hours or seconds is minutes"),
            Part::HalfDayHour if !parts.contains(&Part::HalfDay) => return Err("hours of half a day need `%p`"),
            Part::Hour if parts.contains(&Part::HalfDay) => {
                return Err("hours of a whole day have no `%p`: write `%I`");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks whether a text is a code of spreadsheets, as far as it can be told: a workbook with a broken one does not open.
///
/// # Errors
/// What is wrong with it.
pub fn check_spreadsheet_code(code: &str) -> Result<(), String> {
    if code.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if code.chars().count() > MOST_LETTERS {
        return Err("it has more than 255 letters".to_owned());
    }
    let mut sections = 1;
    let mut rest = code;
    while let Some(sign) = rest.chars().next() {
        let after = &rest[sign.len_utf8()..];
        rest = match sign {
            '"' => after.split_once('"').ok_or("a quote is not closed")?.1,
            '[' => after.split_once(']').ok_or("a bracket is not closed")?.1,
            ']' => return Err("a bracket is closed that is not open".to_owned()),
            '\\' | '_' | '*' => {
                let next = after.chars().next().ok_or_else(|| format!("a sign must follow `{sign}`"))?;
                &after[next.len_utf8()..]
            }
            ';' => {
                sections += 1;
                after
            }
            letter if letter.is_ascii_alphabetic() => behind_letters(rest).ok_or_else(|| {
                format!("`{letter}` means nothing there: texts stand in quotes, as in `0 \"pieces\"`")
            })?,
            _ => after,
        };
    }
    if sections > MOST_SECTIONS { Err("it has more than four parts".to_owned()) } else { Ok(()) }
}

/// What follows the letters with a meaning at the beginning of a text.
fn behind_letters(text: &str) -> Option<&str> {
    let words = ["General", "AM/PM", "A/P", "E+", "E-"];
    let of_words = words.iter().find_map(|word| {
        let (head, tail) = text.split_at_checked(word.len())?;
        head.eq_ignore_ascii_case(word).then_some(tail)
    });
    // Years, months, days, hours, seconds, and years as Japan and Thailand count them.
    of_words.or_else(|| text.strip_prefix(|letter: char| "ymdhsgeb".contains(letter.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_codes() {
        let code = |format: &str, scale| NumberFormat::parse(format).expect("a format").in_spreadsheet(scale);
        for (format, expected) in [
            ("$,.2f", "$#,##0.00"),
            ("€,.0f", "\"€\"#,##0"),
            (",.1f", "#,##0.0"),
            (".2f", "0.00"),
            ("d", "0"),
            (",d", "#,##0"),
            (".1%", "0.0%"),
            (",.0%", "#,##0%"),
            (".2e", "0.00E+00"),
            (",", "#,##0.0#####"),
            (".3s", "[>=1000000]#,##0.00,,\"M\";[>=1000]#,##0.00,\"k\";General"),
            ("$,.1s", "[>=1000000]$#,##0,,\"M\";[>=1000]$#,##0,\"k\";$General"),
        ] {
            assert_eq!(code(format, None), expected, "{format}");
            assert_eq!(check_spreadsheet_code(expected), Ok(()), "{expected}");
        }
        assert_eq!([code(",", Some(0)), code("$,", Some(2))], ["#,##0", "$#,##0.00"]);
    }

    #[test]
    fn dates_have_codes_or_are_told_why_not() {
        let code = |format: &str| DateFormat::parse(format).expect("a format").in_spreadsheet();
        for (format, expected) in [
            ("%d %b %Y", "dd mmm yyyy"),
            ("%-d.%-m.%y", "d\\.m\\.yy"),
            ("%A, %B %e", "dddd, mmmm d"),
            ("%Y-%m-%d %H:%M:%S", "yyyy-mm-dd hh:mm:ss"),
            ("%F %R", "yyyy-mm-dd hh:mm"),
            ("%I:%M %p", "hh:mm AM/PM"),
            ("%M:%S", "mm:ss"),
            ("Q %Y%%", "\\Q yyyy\"%\""),
            ("%d/%m/%Y", "dd\\/mm\\/yyyy"),
        ] {
            assert_eq!(code(format).as_deref(), Ok(expected), "{format}");
            assert_eq!(check_spreadsheet_code(expected), Ok(()), "{expected}");
        }
        for (format, told) in [
            ("%Y-W%V", "have no `%V`"),
            ("%j", "have no `%j`"),
            ("%d %M", "minutes stand behind hours"),
            ("%H %m", "is minutes"),
            ("%I:%M", "need `%p`"),
            ("%H:%M %p", "write `%I`"),
        ] {
            assert!(code(format).is_err_and(|why| why.contains(told)), "{format}");
        }
    }

    #[test]
    fn a_code_that_a_workbook_could_not_hold_is_known() {
        for good in [
            "#,##0.00",
            "0.0%",
            "[Red]-0;0",
            "0 \"[pieces\"",
            "dd.mm.yyyy",
            "@",
            "General",
            "0.0E+00",
            "h:mm AM/PM",
            "#,##0.00 €",
            "_-* #,##0_-",
            "# ?/?",
            "[$-407]d. mmmm yyyy",
            "0;-0;;@",
            "[>=1000]0.0,\"k\";0",
        ] {
            assert_eq!(check_spreadsheet_code(good), Ok(()), "{good}");
        }
        for (bad, told) in [
            ("", "empty"),
            (" ", "empty"),
            ("0 \"x", "quote"),
            ("[Red 0", "bracket"),
            ("0]", "bracket"),
            ("0;0;0;0;0", "four parts"),
            ("nice", "`n` means nothing"),
            ("$,.2f", "`f` means nothing"),
            ("0 kg", "`k` means nothing"),
            ("0\\", "must follow"),
        ] {
            assert!(check_spreadsheet_code(bad).is_err_and(|why| why.contains(told)), "{bad}");
        }
        assert!(check_spreadsheet_code(&"0".repeat(256)).is_err());
    }
}
