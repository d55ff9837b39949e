//! Expressions of a plan as their author would write them.

/// The text without what only the plan says: the casts (`x::money`) and the mark of exact constants (`1.50d`). Texts in
/// quotes stay.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_number = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if c == '\'' {
            let end = after.find('\'').map_or(after.len(), |end| end + 1);
            out.push(c);
            out.push_str(&after[..end]);
            rest = &after[end..];
            continue;
        }
        if let Some(cast) = rest.strip_prefix("::") {
            let name = cast.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(cast.len());
            rest = &cast[name..];
            if let Some(end) = rest.strip_prefix('(').and_then(|digits| digits.find(')')) {
                rest = &rest[end + 2..];
            }
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let ends = !after.starts_with(is_word);
        if c == 'd' && is_number && ends {
            // Its zeros are only those of the type that it is compared with.
            let number = out.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
            if out[number..].contains('.') {
                out.truncate(out.trim_end_matches('0').trim_end_matches('.').len().max(number + 1));
            }
        } else {
            out.push(c);
        }
        let begins = !out.chars().rev().nth(1).is_some_and(is_word);
        is_number = is_word(c) && (is_number || begins) && (c.is_ascii_digit() || c == '.');
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn only_what_the_plan_added_goes() {
        assert_eq!(plain("where total > 10.00d or 0.00d < id2d"), "where total > 10 or 0 < id2d");
        assert_eq!(plain("(a::decimal(18,2) + b::int) * 2d"), "(a + b) * 2");
        assert_eq!(plain("replace(x, '1d::int', '5d')"), "replace(x, '1d::int', '5d')");
        assert_eq!(plain("näme = 'ü' and 7.5d < d"), "näme = 'ü' and 7.5 < d");
    }
}
