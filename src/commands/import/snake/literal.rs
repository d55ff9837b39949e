//! Values that stand in a Snakefile as they are: texts, numbers, lists, and the few functions that only arrange them. All else is
//! Python, and not read.

use std::collections::BTreeMap;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum PythonLiteral {
    /// A text, or a number as text.
    Text(String),
    /// A list.
    List(Vec<PythonLiteral>),
}

impl PythonLiteral {
    /// The texts in it, in order.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
        }
    }

    /// Its texts as one.
    pub fn joined(&self, between: &str) -> String {
        self.texts().join(between)
    }
}

/// Names that have values.
pub type Known = BTreeMap<String, PythonLiteral>;

/// Arguments: values, with a name or without.
pub type Arguments = Vec<(Option<String>, PythonLiteral)>;

/// Reads arguments, as they stand behind `input:`.
///
/// # Errors
/// A sentence about what is not read.
pub fn arguments(text: &str, known: &Known) -> Result<Arguments, String> {
    let mut reader = Reader { rest: text, known };
    let found = reader.arguments()?;
    reader.blank();
    if reader.rest.is_empty() { Ok(found) } else { Err(reader.python()) }
}

struct Reader<'a> {
    rest: &'a str,
    known: &'a Known,
}

impl<'a> Reader<'a> {
    fn blank(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\\');
            match self.rest.strip_prefix('#') {
                Some(remark) => self.rest = remark.split_once('\n').map_or("", |(_, rest)| rest),
                None => return,
            }
        }
    }

    fn takes(&mut self, text: &str) -> bool {
        self.blank();
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// That what stands here is not read.
    fn python(&self) -> String {
        let line = self.rest.lines().next().unwrap_or_default().trim();
        format!("`{}` is Python, which is not translated", line.chars().take(40).collect::<String>())
    }

    fn name(&mut self) -> Option<&'a str> {
        self.blank();
        let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = self.rest.find(|c: char| !is_in_name(c)).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return None;
        }
        self.rest = &self.rest[end..];
        Some(name)
    }

    fn arguments(&mut self) -> Result<Arguments, String> {
        let mut found = Vec::new();
        loop {
            self.blank();
            if self.rest.is_empty() || self.rest.starts_with([')', ']']) {
                return Ok(found);
            }
            let before = self.rest;
            let name = self.name().map(str::to_owned);
            let is_named = name.is_some() && self.takes("=");
            if !is_named {
                self.rest = before;
            }
            found.push((name.filter(|_| is_named), self.sum()?));
            if !self.takes(",") {
                return Ok(found);
            }
        }
    }

    /// Values put together by `+`.
    fn sum(&mut self) -> Result<PythonLiteral, String> {
        let mut value = self.value()?;
        while self.takes("+") {
            value = match (value, self.value()?) {
                (PythonLiteral::Text(one), PythonLiteral::Text(other)) => PythonLiteral::Text(one + &other),
                (PythonLiteral::List(one), PythonLiteral::List(other)) => {
                    PythonLiteral::List(one.into_iter().chain(other).collect())
                }
                _ => return Err(self.python()),
            };
        }
        Ok(value)
    }

    fn value(&mut self) -> Result<PythonLiteral, String> {
        self.blank();
        let before = self.rest;
        if let Some(text) = self.text()? {
            return Ok(PythonLiteral::Text(text));
        }
        for (open, close) in [("[", "]"), ("(", ")")] {
            if self.takes(open) {
                let mut items = self.arguments()?;
                if !self.takes(close) {
                    return Err(self.python());
                }
                // Parentheses around one value mean that value.
                return Ok(match (open, items.len()) {
                    ("(", 1) => items.remove(0).1,
                    _ => PythonLiteral::List(items.into_iter().map(|(_, value)| value).collect()),
                });
            }
        }
        let digits = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        if digits > 0 {
            let (number, rest) = self.rest.split_at(digits);
            self.rest = rest;
            return Ok(PythonLiteral::Text(number.to_owned()));
        }
        let found = match self.name() {
            Some(name) if self.takes("(") => self.call(name)?,
            Some(name) => self.known.get(name).cloned(),
            None => None,
        };
        found.ok_or_else(|| Self { rest: before, known: self.known }.python())
    }

    /// Functions that only arrange what they are given.
    fn call(&mut self, name: &str) -> Result<Option<PythonLiteral>, String> {
        let given = self.arguments()?;
        if !self.takes(")") {
            return Err(self.python());
        }
        let first = given.first().map(|(_, value)| value.clone());
        Ok(match name {
            "temp" | "protected" | "ancient" | "str" => first,
            "expand" | "multiext" => {
                let Some(first) = first else { return Ok(None) };
                let named = given.iter().filter_map(|(name, value)| Some((name.as_deref()?, value.texts())));
                match name {
                    "expand" => Some(expanded(first.texts(), named.collect())),
                    _ => {
                        let endings = given[1..].iter().flat_map(|(_, value)| value.texts());
                        Some(PythonLiteral::List(
                            endings.map(|end| PythonLiteral::Text(first.joined("") + &end)).collect(),
                        ))
                    }
                }
            }
            _ => None,
        })
    }

    /// A text, and those that follow it at once; None if there is none.
    fn text(&mut self) -> Result<Option<String>, String> {
        let mut text: Option<String> = None;
        loop {
            self.blank();
            let prefix = self.rest.find(['"', '\'']).filter(|at| *at <= 2);
            let Some(at) = prefix.filter(|at| self.rest[..*at].chars().all(|c| "rRbBuUfF".contains(c))) else {
                return Ok(text);
            };
            let (prefix, quoted) = self.rest.split_at(at);
            if prefix.contains(['f', 'F']) {
                return Err(self.python());
            }
            let quote = &quoted[..1];
            let triple = quote.repeat(3);
            let mark = if quoted.starts_with(&triple) { triple.as_str() } else { quote };
            let (content, rest) = closed(&quoted[mark.len()..], mark).ok_or_else(|| self.python())?;
            let content = if prefix.contains(['r', 'R']) { content.to_owned() } else { unescaped(content) };
            text.get_or_insert_default().push_str(&content);
            self.rest = rest;
        }
    }
}

/// A text up to its end, and what is behind.
fn closed<'t>(text: &'t str, mark: &str) -> Option<(&'t str, &'t str)> {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if text[at..].starts_with(mark) {
            return Some((&text[..at], &text[at + mark.len()..]));
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, if letter == '\\' { letters.next() } else { None }) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('t')) => plain.push('\t'),
            // A line that goes on.
            ('\\', Some('\n')) => {}
            ('\\', Some(other)) if "\\'\"".contains(other) => plain.push(other),
            ('\\', Some(other)) => plain.extend(['\\', other]),
            (letter, _) => plain.push(letter),
        }
    }
    plain
}

/// Every pattern with every combination of the values.
fn expanded(patterns: Vec<String>, named: Vec<(&str, Vec<String>)>) -> PythonLiteral {
    let mut all = patterns;
    for (name, values) in named {
        let hole = format!("{{{name}}}");
        let each = |pattern: String| -> Vec<String> {
            match pattern.contains(&hole) {
                true => values.iter().map(|value| pattern.replace(&hole, value)).collect(),
                false => vec![pattern],
            }
        };
        all = all.into_iter().flat_map(each).collect();
    }
    // What is to stay a wildcard has two braces.
    PythonLiteral::List(
        all.into_iter().map(|path| PythonLiteral::Text(path.replace("{{", "{").replace("}}", "}"))).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let known = [(
            "S".to_owned(),
            PythonLiteral::List(vec![PythonLiteral::Text("a".into()), PythonLiteral::Text("b".into())]),
        )];
        let found = arguments(text, &known.into_iter().collect())?;
        Ok(found
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.unwrap_or_default(), value.joined(" ")))
            .collect())
    }

    #[test]
    fn literals_are_read_and_python_is_told() {
        assert_eq!(read("'a' \"b\", x = ['c', 3,], # end\n").unwrap(), ["=ab", "x=c 3"]);
        assert_eq!(read("expand('{s}/{n}.txt', s=S, n=[1, 2])").unwrap(), ["=a/1.txt a/2.txt b/1.txt b/2.txt"]);
        assert_eq!(read("temp(\"x\" + '.y')").unwrap(), ["=x.y"]);
        assert_eq!(read("\"\"\"one\n'two'\"\"\"").unwrap(), ["=one\n'two'"]);
        for python in [
            "lambda wildcards: 1",
            "f'{x}'",
            "config['x']",
            "glob('*')",
            "touch('x')",
            "directory('x')",
            "[x for x in S]",
            "unknown",
        ] {
            assert!(read(python).unwrap_err().ends_with("is Python, which is not translated"), "{python}");
        }
    }
}
