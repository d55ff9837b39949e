//! Amounts of money as people write them.

use tidemill_core::table::CURRENCY_SIGNS;

use crate::values::parse;

/// Reads amounts and remembers the currencies it saw.
#[derive(Default)]
pub(crate) struct Money {
    currencies: Vec<char>,
}

fn is_currency(char: char) -> bool {
    CURRENCY_SIGNS.iter().any(|(first, last)| (*first..=*last).contains(&char))
}

impl Money {
    /// `$1,234.50` with at most `scale` digits behind the point, as digits without it.
    ///
    /// A currency sign may stand at either end, before or behind the minus; white space anywhere, also that which does not
    /// break; commas only between groups of three digits. Anything else is no amount.
    pub fn parse(&mut self, text: &str, scale: u8) -> Option<i128> {
        let mut plain = String::with_capacity(text.len());
        let mut currency = None;
        let mut behind = false;
        for char in text.chars() {
            if char.is_whitespace() || char == '\u{202f}' {
                continue;
            }
            if is_currency(char) {
                let at_start = plain.is_empty() || plain == "-" || plain == "+";
                if currency.replace(char).is_some() {
                    return None;
                }
                behind = !at_start;
            } else if behind {
                return None;
            } else {
                plain.push(char);
            }
        }
        let amount = amount(&plain, scale)?;
        currency.into_iter().for_each(|currency| self.saw(currency));
        Some(amount)
    }

    fn saw(&mut self, currency: char) {
        if !self.currencies.contains(&currency) {
            self.currencies.push(currency);
        }
    }

    /// Adds the currencies that others have seen in the rows below.
    pub fn add(&mut self, others: &Self) {
        others.currencies.iter().for_each(|currency| self.saw(*currency));
    }

    /// The currencies in the order in which they came.
    pub fn signs(&self) -> Vec<String> {
        self.currencies.iter().map(char::to_string).collect()
    }
}

/// Digits, commas between groups of three, and a point.
fn amount(text: &str, scale: u8) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > usize::from(scale) || (text.contains('.') && fraction.is_empty() && whole.is_empty()) {
        return None;
    }
    if !whole.contains(',') {
        return parse::decimal_exact(text, scale);
    }
    let mut groups = whole.trim_start_matches(['-', '+']).split(',');
    let first = groups.next()?;
    if first.is_empty() || first.len() > 3 || groups.any(|group| group.len() != 3) {
        return None;
    }
    let joined: String = text.chars().filter(|char| *char != ',').collect();
    if fraction.contains(',') { None } else { parse::decimal_exact(&joined, scale) }
}
