//! Templates of PostgreSQL's `to_char` and `to_date`, as formats of `strftime`.

use crate::table::DatePart;

/// The letters of the longest name of a month or day, to which PostgreSQL fills up all.
pub(super) const NAME_WIDTH: i64 = 9;

/// One part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What this format of `strftime` writes.
    Format(String),
    /// The same in lower case.
    Lower(&'static str),
    /// The same filled up with blanks to [`NAME_WIDTH`].
    Padded(Box<Piece>),
    /// A part of the date as a number.
    Part(DatePart),
}

/// What is wrong with a template, and where to look.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplateError {
    pub message: String,
    pub label: String,
}

/// Patterns in any case, the longer of two that begin alike first, and their directives without and with `FM`.
const NUMBERS: [(&str, &str, &str); 16] = [
    ("IYYY", "%G", "%-G"),
    ("YYYY", "%Y", "%-Y"),
    ("YY", "%y", "%-y"),
    ("HH24", "%H", "%-H"),
    ("HH12", "%I", "%-I"),
    ("HH", "%I", "%-I"),
    ("MM", "%m", "%-m"),
    ("MI", "%M", "%-M"),
    ("MS", "%3f", "%3f"),
    ("DDD", "%j", "%-j"),
    ("DD", "%d", "%-d"),
    ("ID", "%u", "%u"),
    ("IW", "%V", "%-V"),
    ("SS", "%S", "%-S"),
    ("US", "%6f", "%6f"),
    ("Q", "", ""),
];

/// Names of months and days and halves of the day: the pattern in its three cases and the directive, which writes the
/// second; whether the name is filled up.
const NAMES: [([&str; 3], &str, &str, bool); 4] = [
    (["MONTH", "Month", "month"], "%^B", "%B", true),
    (["MON", "Mon", "mon"], "%^b", "%b", false),
    (["DAY", "Day", "day"], "%^A", "%A", true),
    (["DY", "Dy", "dy"], "%^a", "%a", false),
];

/// What to write for a template.
///
/// # Errors
/// Letters that are no pattern, or one that is not known here.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let is_bare = rest.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("FM"));
        let (piece, left) = next(if is_bare { &rest[2..] } else { rest }, is_bare)?;
        match (pieces.last_mut(), piece) {
            (Some(Piece::Format(before)), Piece::Format(format)) => before.push_str(&format),
            (_, piece) => pieces.push(piece),
        }
        rest = left;
    }
    if pieces.is_empty() {
        pieces.push(Piece::Format(String::new()));
    }
    Ok(pieces)
}

/// The format of `strptime` that reads what the template says.
///
/// # Errors
/// As [`pieces`]; also a part that says nothing of the day.
pub(super) fn format(template: &str) -> Result<String, TemplateError> {
    let format = |piece| match piece {
        Piece::Format(format) => Ok(format),
        // Names are read in any case, and without what fills them up.
        Piece::Lower(format) => Ok(format.to_owned()),
        Piece::Padded(inner) => match *inner {
            Piece::Format(format) => Ok(format),
            Piece::Lower(format) => Ok(format.to_owned()),
            Piece::Padded(_) | Piece::Part(_) => Err(unknown("this pattern", "it is only written")),
        },
        Piece::Part(_) => Err(unknown("`Q`", "a quarter is only written, not read")),
    };
    pieces(template)?.into_iter().map(format).collect::<Result<String, _>>()
}

/// The first part of a template, and what is left of it.
fn next(rest: &str, is_bare: bool) -> Result<(Piece, &str), TemplateError> {
    if let Some(quoted) = rest.strip_prefix('"') {
        let (letters, left) = quoted.split_once('"').ok_or_else(|| unknown("a quote that is not closed", "`\"`"))?;
        return Ok((Piece::Format(literal(letters)), left));
    }
    for (cases, upper, title, is_wide) in &NAMES {
        let Some(case) = cases.iter().position(|pattern| rest.starts_with(pattern)) else { continue };
        let name = match case {
            0 => Piece::Format((*upper).to_owned()),
            1 => Piece::Format((*title).to_owned()),
            _ => Piece::Lower(title),
        };
        let piece = if *is_wide && !is_bare { Piece::Padded(Box::new(name)) } else { name };
        return Ok((piece, &rest[cases[0].len()..]));
    }
    for (pattern, filled, bare) in &NUMBERS {
        if rest.get(..pattern.len()).is_some_and(|start| start.eq_ignore_ascii_case(pattern)) {
            let left = &rest[pattern.len()..];
            let directive = if is_bare { bare } else { filled };
            let piece =
                if *pattern == "Q" { Piece::Part(DatePart::Quarter) } else { Piece::Format((*directive).to_owned()) };
            return Ok((piece, left));
        }
    }
    match rest.get(..2) {
        Some("AM" | "PM") => return Ok((Piece::Format("%p".to_owned()), &rest[2..])),
        Some("am" | "pm") => return Ok((Piece::Format("%P".to_owned()), &rest[2..])),
        _ => {}
    }
    let Some(sign) = rest.chars().next() else { return Ok((Piece::Format(String::new()), rest)) };
    if sign == '%' {
        return Err(unknown("`%`", "formats with `%` are those of `strftime` and `strptime`"));
    }
    if sign.is_alphanumeric() {
        let word: String = rest.chars().take_while(|sign| sign.is_alphanumeric()).collect();
        return Err(unknown(&format!("`{word}`"), "letters that stand for themselves: `\"T\"`"));
    }
    Ok((Piece::Format(literal(&rest[..sign.len_utf8()])), &rest[sign.len_utf8()..]))
}

fn literal(letters: &str) -> String {
    letters.replace('%', "%%")
}

fn unknown(what: &str, label: &str) -> TemplateError {
    TemplateError { message: format!("the template has {what}, which is no pattern here"), label: label.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(template: &str) -> String {
        match pieces(template) {
            Ok(pieces) => pieces.iter().map(|piece| format!("{piece:?}")).collect::<Vec<_>>().join(" "),
            Err(error) => format!("{}: {}", error.message, error.label),
        }
    }

    #[test]
    fn patterns_become_directives() {
        assert_eq!(shown("YYYY-MM-DD\"T\"HH24:MI:SS.MS"), r#"Format("%Y-%m-%dT%H:%M:%S.%3f")"#);
        assert_eq!(shown("FMDD. fmMonth yy"), r#"Format("%-d. %B %y")"#);
        assert_eq!(
            shown("Month DAY dy"),
            r#"Padded(Format("%B")) Format(" ") Padded(Format("%^A")) Format(" ") Lower("%a")"#
        );
        assert_eq!(
            shown("YYYY\"-Q\"Q 100\"%\""),
            "the template has `100`, which is no pattern here: letters that stand for themselves: `\"T\"`"
        );
        assert_eq!(shown("YYYY\"-Q\"Q \"100%\""), r#"Format("%Y-Q") Part(Quarter) Format(" 100%%")"#);
        assert_eq!(format("DD Month YYYY").as_deref(), Ok("%d %B %Y"));
        assert!(format("YYYY Q").is_err() && pieces("%Y").is_err() && pieces("DDTHH24").is_err());
    }
}
