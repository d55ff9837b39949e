//! Dates and times that several of the formats given read, each in its own way.

use tidemill_core::table::Value;

use crate::arrays::types::quoted;
use crate::values::parse::Reading;

/// How many values there are, and what to say of the first.
#[derive(Default)]
pub(super) struct Ambiguous {
    count: usize,
    example: Option<String>,
}

impl Ambiguous {
    /// What `read` reads, by the first format that fits; what another would make something else is noted.
    pub fn noting<T: Copy>(
        &mut self,
        formats: &[String],
        value: impl Fn(T) -> Value,
        mut read: impl FnMut(&str, bool) -> Option<Reading<T>>,
    ) -> impl FnMut(&str, bool) -> Option<T> {
        move |text, mapped| {
            let reading = read(text, mapped)?;
            if let Some((other, by)) = reading.other {
                self.count += 1;
                self.example.get_or_insert_with(|| {
                    let (first, other) = (value(reading.value), value(other));
                    let text = quoted(text);
                    format!("{text} is {first} by {}, and {other} by {}", formats[reading.format], formats[by])
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
    pub fn warning(&self, column: &str) -> Option<String> {
        let example = self.example.as_ref()?;
        let fit = match self.count {
            1 => format!("1 value of {column} fits"),
            count => format!("{count} values of {column} fit"),
        };
        Some(format!("{fit} several formats with different results, and the first format was taken: {example}"))
    }
}
