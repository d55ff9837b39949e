//! Where something stands in a JSON value: `$.items[0]."unit price"`.

use std::fmt;

/// The way from a JSON value to one within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    /// Its steps, from the outside.
    pub steps: Vec<JsonStep>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonStep {
    /// The member of an object.
    Name(String),
    /// The place in a list, from 0; below zero, from the end.
    Place(i64),
}

impl JsonPath {
    /// Reads a path; a text that does not begin with `$` is the name of a member.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(mut rest) = text.strip_prefix('$') else {
            return Ok(Self { steps: vec![JsonStep::Name(text.to_owned())] });
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, left) = if let Some(quoted) = rest.strip_prefix(".\"") {
                let (name, left) = quoted.split_once('"').ok_or("a quote is not closed")?;
                (JsonStep::Name(name.to_owned()), left)
            } else if let Some(name) = rest.strip_prefix('.') {
                let end = name.find(['.', '[']).unwrap_or(name.len());
                if name[..end].is_empty() || name[..end].contains('"') {
                    return Err("behind a point stands a name, in double quotes if it is no plain word".to_owned());
                }
                (JsonStep::Name(name[..end].to_owned()), &name[end..])
            } else if let Some(place) = rest.strip_prefix('[') {
                let (place, left) = place.split_once(']').ok_or("a bracket is not closed")?;
                let place = place.trim().parse().map_err(|_| format!("`[{place}]` is no place in a list"))?;
                (JsonStep::Place(place), left)
            } else {
                return Err(format!("expected `.name` or `[0]`, found `{rest}`"));
            };
            steps.push(step);
            rest = left;
        }
        Ok(Self { steps })
    }

    /// The path to one place in a list.
    pub fn place(place: i64) -> Self {
        Self { steps: vec![JsonStep::Place(place)] }
    }
}

/// As [`JsonPath::parse`] reads it.
impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name with a quote in it can only stand alone.
        if let [JsonStep::Name(name)] = self.steps.as_slice()
            && name.contains('"')
        {
            return f.write_str(name);
        }
        f.write_str("$")?;
        self.steps.iter().try_for_each(|step| match step {
            JsonStep::Name(name) => write!(f, ".\"{name}\""),
            JsonStep::Place(place) => write!(f, "[{place}]"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_written() {
        for (text, written) in [
            ("$", "$"),
            ("a", "$.\"a\""),
            ("a.b", "$.\"a.b\""),
            ("$.a.b[0][-1]", "$.\"a\".\"b\"[0][-1]"),
            ("$.\"b c\".d", "$.\"b c\".\"d\""),
            ("say \"x\"", "say \"x\""),
            ("", "$.\"\""),
        ] {
            let path = JsonPath::parse(text).unwrap();
            assert_eq!(path.to_string(), written);
            assert_eq!(JsonPath::parse(written), Ok(path));
        }
        for wrong in ["$a", "$.", "$.a.", "$[x]", "$[0", "$.\"a", "$..a", "$.a.b\"c"] {
            assert!(JsonPath::parse(wrong).is_err(), "{wrong}");
        }
    }
}
