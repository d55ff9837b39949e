//! Names that are too long, shortened so that no two of them look alike.

use std::collections::HashMap;

use super::{shorten, width};

/// The names, each as much of it as fits into `room`. Those whose beginnings are alike have what they differ by.
pub(crate) fn shorten_all(names: &[&str], size: f64, bold: bool, room: f64) -> Vec<String> {
    told_apart(names, |name| shorten(name, size, bold, room), |name, alike| around(name, alike, size, bold, room))
}

/// What `short` makes of the names. Where it makes one thing of several, `apart` is asked, with the number of letters with
/// which all of these begin.
pub(crate) fn told_apart<T: Clone + Eq + std::hash::Hash>(
    names: &[&str],
    short: impl Fn(&str) -> T,
    apart: impl Fn(&str, usize) -> T,
) -> Vec<T> {
    let all: Vec<T> = names.iter().map(|name| short(name)).collect();
    // With how many letters all names of one look begin, and one of these names.
    let mut alike: HashMap<&T, (&str, usize)> = HashMap::new();
    for (name, look) in names.iter().zip(&all) {
        let (one, letters) = alike.entry(look).or_insert((name, usize::MAX));
        if one != name {
            let same = one.chars().zip(name.chars()).take_while(|(one, other)| one == other).count();
            *letters = same.min(*letters);
        }
    }
    let looks = names.iter().zip(&all).map(|(name, look)| match alike.get(look) {
        Some((_, letters)) if *letters < usize::MAX => apart(name, *letters),
        _ => look.clone(),
    });
    looks.collect()
}

/// The beginning of a name and what follows so many of its letters, each as far as it fits.
pub(crate) fn around(name: &str, alike: usize, size: f64, bold: bool, room: f64) -> String {
    let head = shorten(name, size, bold, room * 0.45);
    let letters: Vec<char> = name.chars().collect();
    let rest: String = letters.iter().skip(alike).collect();
    let room = room - width(&head, size, bold);
    let mut tail = shorten(rest.trim_start(), size, bold, room);
    // Where the end has room to spare, it gets more of what is before it.
    if !tail.ends_with('…') {
        for letter in letters.iter().take(alike).rev() {
            let longer = format!("{letter}{tail}");
            if width(&longer, size, bold) > room {
                break;
            }
            tail = longer;
        }
    }
    head + tail.trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        let short = |names: &[&str], room| shorten_all(names, 10.0, false, room);
        let groups = ["Group with a surprisingly long name 1", "Group with a surprisingly long name 2", "Group"];
        assert_eq!(short(&groups, 100.0), ["Group…long name 1", "Group…long name 2", "Group"]);
        let middle =
            ["A name that differs at number 3, and then goes on", "A name that differs at number 4, and then goes on"];
        assert_eq!(short(&middle, 100.0), ["A name…3, and the…", "A name…4, and the…"]);
        let other = ["A name that is too long for it", "Something else that is too long"];
        assert!(
            short(&other, 90.0).iter().zip(other).all(|(short, name)| name.starts_with(short.trim_end_matches('…')))
        );
        assert!(
            short(&groups, 100.0).iter().chain(&short(&middle, 100.0)).all(|text| width(text, 10.0, false) <= 100.0)
        );
        // One name twice is one name.
        let twice = ["One name that is too long for all of it"; 2];
        assert_eq!(short(&twice, 60.0), [shorten(twice[0], 10.0, false, 60.0), shorten(twice[0], 10.0, false, 60.0)]);
    }
}
