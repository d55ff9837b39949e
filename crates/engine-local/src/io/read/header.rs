//! The names of columns as a file's first row gives them.

use std::collections::{HashMap, HashSet};

/// Names by which columns can be told apart: without blanks around them, and numbered where the row has none or one twice.
pub(super) fn unique_names(found: impl IntoIterator<Item = String>) -> Vec<String> {
    let wanted: Vec<String> = (1..).zip(found).map(|(number, name)| named(name, number)).collect();
    let mut names: Vec<String> = Vec::with_capacity(wanted.len());
    let mut taken: HashSet<String> = wanted.iter().cloned().collect();
    // Which number may be free for the next column of each name that is used.
    let mut used: HashMap<String, usize> = HashMap::with_capacity(wanted.len());
    for wanted in wanted {
        let name = match used.get_mut(&wanted) {
            Some(next) => free(&wanted, next, &taken),
            None => wanted,
        };
        taken.insert(name.clone());
        used.entry(name.clone()).or_insert(2);
        names.push(name);
    }
    names
}

fn named(name: String, number: usize) -> String {
    match name.trim_matches([' ', '\t']) {
        "" => format!("column_{number}"),
        plain if plain.len() == name.len() => name,
        plain => plain.to_owned(),
    }
}

/// The name with the least number behind it, from that one on, that is no other column's.
fn free(name: &str, next: &mut usize, taken: &HashSet<String>) -> String {
    loop {
        let numbered = format!("{name}_{next}");
        *next += 1;
        if !taken.contains(&numbered) {
            return numbered;
        }
    }
}

/// That names stand twice in a header, and what the later columns are called.
pub(super) fn renamed(found: &[String], names: &[String]) -> Option<String> {
    let twice = (0..found.len()).filter(|at| {
        let plain = found[*at].trim_matches([' ', '\t']);
        !plain.is_empty() && plain != names[*at]
    });
    let twice: Vec<String> =
        twice.map(|at| format!("`{}` (column {}) is `{}`", found[at].trim(), at + 1, names[at])).collect();
    let shown = twice.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match twice.len() {
        0 => None,
        all if all > SHOWN => Some(format!("names stand twice in the header: {shown}, and {} more", all - SHOWN)),
        _ => Some(format!("names stand twice in the header: {shown}")),
    }
}

/// So many columns are named in a message.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &[&str]) -> Vec<String> {
        unique_names(found.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn names_are_told_apart_by_numbers() {
        assert_eq!(names(&["a", "b", "a", "a"]), ["a", "b", "a_2", "a_3"]);
        assert_eq!(names(&["a", "a_2", "a", "a_2"]), ["a", "a_2", "a_3", "a_2_2"]);
        assert_eq!(names(&[" a", "a ", "", " "]), ["a", "a_2", "column_3", "column_4"]);
        assert_eq!(names(&["", "column_1"]), ["column_1", "column_1_2"]);
    }

    #[test]
    fn a_name_that_stands_everywhere_is_numbered_in_one_pass() {
        let names = unique_names(std::iter::repeat_n("a".to_owned(), 200_000));
        assert_eq!(names.last().unwrap(), "a_200000");
    }

    #[test]
    fn what_stands_twice_is_told() {
        let found: Vec<String> = ["a", " b", "", "a"].map(str::to_owned).into();
        let names = unique_names(found.clone());
        assert_eq!(renamed(&found, &names).unwrap(), "names stand twice in the header: `a` (column 4) is `a_2`");
        assert_eq!(renamed(&found[..3], &names[..3]), None);
    }
}
