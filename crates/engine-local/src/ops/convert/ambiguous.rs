//! Dates and times that several of the formats given read, each in its own way.

use tidemill_core::table::{AmbiguousText, Conversion, Value};

use crate::values::parse::Reading;

/// How many values there are, and what to say of the first.
#[derive(Default)]
pub(super) struct Ambiguous {
    count: u64,
    example: Option<AmbiguousText>,
}

impl Ambiguous {
    /// What `read` reads, by the first format that fits; what another would make something else is noted.
    pub fn noting<T: Copy>(
        &mut self,
        value: impl Fn(T) -> Value,
        mut read: impl FnMut(&str, bool) -> Option<Reading<T>>,
    ) -> impl FnMut(&str, bool) -> Option<T> {
        move |text, mapped| {
            let reading = read(text, mapped)?;
            if let Some((other, by)) = reading.other {
                self.count += 1;
                self.example.get_or_insert_with(|| AmbiguousText {
                    text: text.to_owned(),
                    first: value(reading.value).to_string(),
                    by: reading.format,
                    other: value(other).to_string(),
                    by_other: by,
                });
            }
            Some(reading.value)
        }
    }

    /// Adds those of the rows below.
    pub fn add(&mut self, below: Self) {
        self.count += below.count;
        self.example = self.example.take().or(below.example);
    }

    /// What to say of them.
    pub fn warning(&self, conversion: &Conversion) -> Option<String> {
        self.example.as_ref().map(|example| conversion.ambiguous(self.count, example))
    }
}
