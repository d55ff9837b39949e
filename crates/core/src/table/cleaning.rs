//! What engines say alike of values that do not fit and of rows that are rejected, so that it does not matter which one found them.

use super::{Conversion, DataType, OnInvalid, Rel};

/// The currency signs of Unicode (category Sc), as ranges.
pub const CURRENCY_SIGNS: [(char, char); 20] = [
    ('$', '$'),
    ('¢', '¥'),
    ('֏', '֏'),
    ('؋', '؋'),
    ('߾', '߿'),
    ('৲', '৳'),
    ('৻', '৻'),
    ('૱', '૱'),
    ('௹', '௹'),
    ('฿', '฿'),
    ('៛', '៛'),
    ('₠', '⃀'),
    ('꠸', '꠸'),
    ('﷼', '﷼'),
    ('﹩', '﹩'),
    ('＄', '＄'),
    ('￠', '￠'),
    ('￡', '￡'),
    ('￥', '￥'),
    ('￦', '￦'),
];

/// A text in quotes as messages show it, cut at 60 characters.
pub fn quoted_text(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

impl Conversion {
    /// What the value should have been: `a date`.
    pub fn noun(&self) -> String {
        match self.data_type {
            _ if self.money => "an amount of money".to_owned(),
            DataType::Int => "an int".to_owned(),
            DataType::String => "a text".to_owned(),
            other => format!("a {other}"),
        }
    }

    /// The formats tried, in brackets with a blank before them, if any were given.
    pub fn tried(&self) -> String {
        if self.formats.is_empty() { String::new() } else { format!(" ({})", self.formats.join(" or ")) }
    }

    /// Why a row is rejected whose value does not fit.
    pub fn reason(&self, text: &str) -> String {
        format!("{}: {} is not {}{}", self.column, quoted_text(text), self.noun(), self.tried())
    }

    /// Under what such rows are counted.
    pub fn reason_of_all(&self) -> String {
        format!("{} is not {}", self.column, self.noun())
    }

    /// That so many values became NULL.
    pub fn nulled(&self, count: u64) -> String {
        let (name, noun) = (&self.column, self.noun());
        match count {
            1 => format!("1 value of {name} was not {noun} and became NULL"),
            count => format!("{count} values of {name} were not {noun} and became NULL"),
        }
    }

    /// That amounts of several currencies stand in the column, if they do; the currencies in the order of their first rows.
    pub fn mixed_currencies(&self, signs: &[String]) -> Option<String> {
        let told = || format!("column {} holds amounts in several currencies: {}", self.column, signs.join(" "));
        (signs.len() > 1).then(told)
    }

    /// That so many values fit several formats; `example` is one of them, what it is by which format, and what by which other.
    pub fn ambiguous(&self, count: u64, example: &AmbiguousText) -> String {
        let AmbiguousText { text, first, by, other, by_other } = example;
        let fit = match count {
            1 => format!("1 value of {} fits", self.column),
            count => format!("{count} values of {} fit", self.column),
        };
        let (by, by_other) = (&self.formats[*by], &self.formats[*by_other]);
        let example = format!("{} is {first} by {by}, and {other} by {by_other}", quoted_text(text));
        format!("{fit} several formats with different results, and the first format was taken: {example}")
    }
}

/// A text that two formats read as different values.
#[derive(Clone, Debug)]
pub struct AmbiguousText {
    /// The text.
    pub text: String,
    /// What it is by the first format that fits.
    pub first: String,
    /// The number of that format.
    pub by: usize,
    /// What it is by another one.
    pub other: String,
    /// The number of that.
    pub by_other: usize,
}

impl Rel {
    /// The relation whose rows the rejects are: where the chain of steps that keep a row a row begins.
    pub fn rejected_from(&self) -> &Rel {
        let mut source = self;
        while let Self::Project { input, .. }
        | Self::Filter { input, .. }
        | Self::Convert { input, .. }
        | Self::Fill { input, .. }
        | Self::Reject { input, .. }
        | Self::Distinct { input, .. }
        | Self::Window { input, .. }
        | Self::Sort { input, .. }
        | Self::Limit { input, .. } = source
        {
            source = input;
        }
        source
    }

    /// The steps that reject rows, those that are done first at first.
    pub fn rejecting(&self) -> Vec<&Rel> {
        let mut found: Vec<&Rel> = self.inputs().into_iter().flat_map(Self::rejecting).collect();
        if matches!(self, Self::Reject { .. } | Self::Convert { on_invalid: OnInvalid::Reject, .. }) {
            found.push(self);
        }
        found
    }

    /// Of a step that rejects: why a row is, by the number of the column or rule and the value, and under what it is counted.
    pub fn reason(&self, number: usize, text: &str) -> Option<(String, String)> {
        match self {
            Self::Convert { columns, .. } => {
                columns.get(number).map(|column| (column.reason(text), column.reason_of_all()))
            }
            Self::Reject { rules, .. } => rules.get(number).map(|rule| (rule.reason.clone(), rule.reason.clone())),
            _ => None,
        }
    }
}
