//! How a language writes numbers and the names of months and days.

/// A language's way of writing numbers and dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// `$1,234.5`, `2.5B`, `May`.
    #[default]
    English,
    /// `1.234,5 $`, `2,5 Mrd.`, `Mai`.
    German,
}

/// English names and what German calls them: the long ones first, because they begin with the short ones.
const GERMAN: [(&str, &str); 37] = [
    ("January", "Januar"),
    ("February", "Februar"),
    ("March", "März"),
    ("April", "April"),
    ("June", "Juni"),
    ("July", "Juli"),
    ("August", "August"),
    ("September", "September"),
    ("October", "Oktober"),
    ("November", "November"),
    ("December", "Dezember"),
    ("Monday", "Montag"),
    ("Tuesday", "Dienstag"),
    ("Wednesday", "Mittwoch"),
    ("Thursday", "Donnerstag"),
    ("Friday", "Freitag"),
    ("Saturday", "Samstag"),
    ("Sunday", "Sonntag"),
    ("Jan", "Jan"),
    ("Feb", "Feb"),
    ("Mar", "Mär"),
    ("Apr", "Apr"),
    ("May", "Mai"),
    ("Jun", "Jun"),
    ("Jul", "Jul"),
    ("Aug", "Aug"),
    ("Sep", "Sep"),
    ("Oct", "Okt"),
    ("Nov", "Nov"),
    ("Dec", "Dez"),
    ("Mon", "Mo"),
    ("Tue", "Di"),
    ("Wed", "Mi"),
    ("Thu", "Do"),
    ("Fri", "Fr"),
    ("Sat", "Sa"),
    ("Sun", "So"),
];

impl Locale {
    /// The locale of that name: `en` or `de`.
    pub fn parse(name: &str) -> Option<Locale> {
        match name {
            "en" => Some(Locale::English),
            "de" => Some(Locale::German),
            _ => None,
        }
    }

    /// A number in its digits and separators.
    pub(crate) fn number(self, english: &str) -> String {
        let swap = |letter| match letter {
            ',' => '.',
            '.' => ',',
            other => other,
        };
        match self {
            Locale::English => english.to_owned(),
            Locale::German => english.chars().map(swap).collect(),
        }
    }

    /// A number with the sign of a currency.
    pub(crate) fn amount(self, sign: &str, prefix: &str, number: &str) -> String {
        match self {
            Locale::German if !prefix.is_empty() => format!("{sign}{number}\u{a0}{prefix}"),
            _ => format!("{sign}{prefix}{number}"),
        }
    }

    /// What follows a number that counts thousands, millions and so on. Of money, a thousand millions are a billion.
    pub(crate) fn unit(self, si: &str, is_money: bool) -> String {
        match (self, si) {
            (Locale::English, "G") if is_money => "B".to_owned(),
            (Locale::English, si) => si.to_owned(),
            (Locale::German, "k") => "\u{a0}Tsd.".to_owned(),
            (Locale::German, "M") => "\u{a0}Mio.".to_owned(),
            (Locale::German, "G") => "\u{a0}Mrd.".to_owned(),
            (Locale::German, "T") => "\u{a0}Bio.".to_owned(),
            (Locale::German, si) => si.to_owned(),
        }
    }

    /// A date whose months and days have English names.
    pub fn date(self, english: String) -> String {
        if self == Locale::English {
            return english;
        }
        let mut text = String::with_capacity(english.len());
        let mut rest = english.as_str();
        while let Some(letter) = rest.chars().next() {
            let inside = text.chars().next_back().is_some_and(char::is_alphabetic);
            let name = GERMAN.iter().find(|(name, _)| !inside && rest.starts_with(name));
            match name {
                Some((name, german)) => {
                    text.push_str(german);
                    rest = &rest[name.len()..];
                }
                None => {
                    text.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_names_of_the_language() {
        let german = |text: &str| Locale::German.date(text.to_owned());
        assert_eq!(german("Tue, 1 May 2024"), "Di, 1 Mai 2024");
        assert_eq!(german("Sunday, March 3"), "Sonntag, März 3");
        assert_eq!(german("Sun Dec 1"), "So Dez 1");
        assert_eq!(Locale::English.date("Oct 1".to_owned()), "Oct 1");
    }
}
