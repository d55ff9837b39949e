//! Values as a reason shows them: short, and with the place where they differ in sight.

use serde_json::Value;

/// No shown value is longer, in characters, but for the marks of what was cut.
const WIDTH: usize = 48;
/// So much of what both have in common is kept before the place where they differ.
const LEAD: usize = 12;

/// A value as a person writes it: text without quotes unless they are needed to see it, the rest as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() || text.trim() != text => format!("{text:?}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One value on one line, its end cut off if it is long.
pub(super) fn one(text: &str) -> String {
    window(&collapse(text), 0)
}

/// Two values on one line, cut so that the first difference is seen. They are equal if they differ in white space alone.
pub(super) fn pair(old: &str, new: &str) -> (String, String) {
    let (old, new) = (collapse(old), collapse(new));
    if old.len() <= WIDTH && new.len() <= WIDTH {
        return (old.into_iter().collect(), new.into_iter().collect());
    }
    let common = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let from = if common <= WIDTH / 2 { 0 } else { common - LEAD };
    (window(&old, from), window(&new, from))
}

/// The characters of `text` with each run of white space as one blank.
fn collapse(text: &str) -> Vec<char> {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect()
}

fn window(text: &[char], from: usize) -> String {
    let from = from.min(text.len());
    let shown: String = text[from..].iter().take(WIDTH).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if text.len() - from > WIDTH { "…" } else { "" };
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_difference_is_in_sight() {
        let long = "select country, sum(total_amount) as total from orders where total_amount > ";
        let (old, new) = pair(&format!("{long}10 group by country"), &format!("{long}20 group by country"));
        assert_eq!(old, "…al_amount > 10 group by country");
        assert_eq!(new, "…al_amount > 20 group by country");
    }

    #[test]
    fn short_values_stay_whole() {
        assert_eq!(pair("15", "20"), ("15".into(), "20".into()));
        assert_eq!(plain(&Value::from("")), "\"\"");
        assert_eq!(plain(&Value::from(" a")), "\" a\"");
    }

    proptest! {
        #[test]
        fn different_texts_never_look_alike(common in "\\PC{0,90}", old in "[a-zé]{1,60}", new in "[0-9ü]{1,60}") {
            let (left, right) = pair(&format!("{common}{old}"), &format!("{common}{new}"));
            prop_assert_ne!(&left, &right);
            prop_assert!(left.chars().count() <= WIDTH + 2 && right.chars().count() <= WIDTH + 2);
        }
    }
}
