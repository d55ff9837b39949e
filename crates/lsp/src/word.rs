//! Words of SQL, of expressions and of templates.

use std::ops::Range;

/// Whether a letter can stand in a name.
pub fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The name around a byte; the byte behind its last letter belongs to it too.
pub fn at(text: &str, offset: usize) -> Option<Range<usize>> {
    let before = text.get(..offset)?;
    let start =
        before.char_indices().rev().take_while(|(_, letter)| is_of_name(*letter)).last().map_or(offset, |(at, _)| at);
    let end =
        offset + text[offset..].chars().take_while(|letter| is_of_name(*letter)).map(char::len_utf8).sum::<usize>();
    (start < end).then_some(start..end)
}

/// All places where that name stands by itself.
pub fn all<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let is_whole = move |range: &Range<usize>| {
        let joins = |letter: Option<char>| letter.is_some_and(is_of_name);
        !joins(text[..range.start].chars().next_back()) && !joins(text[range.end..].chars().next())
    };
    text.match_indices(name).map(|(at, found)| at..at + found.len()).filter(is_whole)
}

/// The names before a byte that are joined by points to what follows: `params` and `tasks.orders` of `tasks.orders.rows`.
pub fn path_before(text: &str, offset: usize) -> Vec<&str> {
    let Some(before) = text.get(..offset) else { return Vec::new() };
    let mut path = Vec::new();
    let mut rest = before;
    while let Some(shorter) = rest.strip_suffix('.') {
        let Some(name) = at(shorter, shorter.len()) else { break };
        path.insert(0, &shorter[name.clone()]);
        rest = &shorter[..name.start];
    }
    path
}

/// Whether a byte stands within `${{ }}`, or within `{% %}`.
pub fn is_in_hole(text: &str, offset: usize) -> bool {
    let Some(before) = text.get(..offset) else { return false };
    let open = |begin: &str, end: &str| {
        let begun = before.rfind(begin);
        begun.is_some_and(|begun| before.rfind(end).is_none_or(|ended| ended < begun))
    };
    open("${{", "}}") || open("{%", "%}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reaches_from_its_first_letter_to_behind_its_last() {
        let text = "sum(a_1) + größe";
        assert_eq!(at(text, 5).map(|range| &text[range]), Some("a_1"));
        assert_eq!(at(text, 7).map(|range| &text[range]), Some("a_1"));
        assert_eq!(at(text, text.len()).map(|range| &text[range]), Some("größe"));
        assert_eq!(at(text, 9), None);
    }

    #[test]
    fn a_name_within_another_is_not_it() {
        let found: Vec<_> = all("a + ab + b.a + a_", "a").collect();
        assert_eq!(found, [0..1, 11..12]);
    }

    #[test]
    fn points_join_names() {
        let text = "${{ tasks.orders.rows }}";
        assert_eq!(path_before(text, text.find("rows").expect("it is there")), ["tasks", "orders"]);
        assert_eq!(path_before(text, text.find("tasks").expect("it is there")), [] as [&str; 0]);
        assert!(is_in_hole(text, 6) && !is_in_hole(text, 2) && !is_in_hole(text, text.len()));
    }
}
