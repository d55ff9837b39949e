//! Patterns for several remote files: `raw/2024-*.csv`, with the meaning they have for files of this machine.

use glob::{MatchOptions, Pattern};

/// A `*` does not lead into further folders, and hidden files are only meant where the pattern has their dot.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// A pattern, and where what it matches can only be.
pub(crate) struct KeyPattern {
    pattern: Pattern,
    /// The folder without anything variable, with a slash at its end; empty for all.
    pub folder: String,
    /// Whether what it matches may lie in folders below that one.
    pub is_deep: bool,
}

impl KeyPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If it is none, with the reason.
    pub fn new(text: &str) -> Result<Self, String> {
        let pattern = Pattern::new(text).map_err(|error| format!("`{text}` is no pattern: {error}"))?;
        let fixed = text.find(['*', '?', '[']).map_or(text, |at| &text[..at]);
        let folder = fixed.rfind('/').map_or("", |at| &fixed[..=at]).to_owned();
        let is_deep = text[folder.len()..].contains('/') || text.contains("**");
        Ok(Self { pattern, folder, is_deep })
    }

    /// Whether a key is meant.
    pub fn matches(&self, key: &str) -> bool {
        self.pattern.matches_with(key, OPTIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_matches_and_where_that_can_be() {
        let of = |text: &str| KeyPattern::new(text).unwrap();
        let flat = of("raw/2024-*.csv");
        assert_eq!((flat.folder.as_str(), flat.is_deep), ("raw/", false));
        assert!(flat.matches("raw/2024-01.csv") && !flat.matches("raw/2024-x/a.csv") && !flat.matches("raw/2023.csv"));
        let deep = of("raw/**/[ab]?.csv");
        assert_eq!((deep.folder.as_str(), deep.is_deep), ("raw/", true));
        assert!(deep.matches("raw/a1.csv") && deep.matches("raw/x/y/b2.csv") && !deep.matches("raw/x/c1.csv"));
        assert!(!deep.matches("raw/.x/a1.csv"), "hidden");
        assert_eq!(of("*.csv").folder, "");
        assert!(of("*/x.csv").is_deep);
        assert!(KeyPattern::new("a[").is_err());
    }
}
