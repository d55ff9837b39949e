//! From the lines of a Snakefile to its rules.

use super::super::imported::Imported;
use super::literal::{Arguments, Known, PythonLiteral, arguments};

/// Paths, with a name or without.
pub type Paths = Vec<(Option<String>, String)>;

/// A Snakefile as far as it was understood.
#[derive(Default)]
pub struct Snakefile {
    pub rules: Vec<SnakeRule>,
}

/// A rule.
#[derive(Default)]
pub struct SnakeRule {
    pub line: usize,
    pub name: String,
    pub input: Paths,
    pub output: Paths,
    pub log: Paths,
    pub params: Arguments,
    pub threads: Option<usize>,
    pub message: Option<String>,
    pub shell: Option<String>,
    /// The line and the reason, if it cannot be translated.
    pub wrong: Option<(usize, String)>,
}

/// Words that begin something at the top that is left out with what is in it.
const LEFT_OUT: [&str; 18] = [
    "configfile",
    "include",
    "workdir",
    "container",
    "containerized",
    "envvars",
    "report",
    "onstart",
    "onsuccess",
    "onerror",
    "ruleorder",
    "wildcard_constraints",
    "module",
    "use",
    "pepfile",
    "scattergather",
    "checkpoint",
    "storage",
];

/// A line of text with its number, and those that belong to it because they stand deeper or within brackets or quotes.
struct Statement {
    line: usize,
    depth: usize,
    text: String,
}

pub fn parse(text: &str, imported: &mut Imported) -> Snakefile {
    let mut file = Snakefile::default();
    let mut known = Known::new();
    let mut statements = statements(text).into_iter().peekable();
    while let Some(statement) = statements.next() {
        let mut body = Vec::new();
        while let Some(deeper) = statements.next_if(|next| next.depth > statement.depth) {
            body.push(deeper);
        }
        let head = statement.text.trim();
        let word = head.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        match word {
            "rule" => file.rules.push(rule(&statement, &body, &known, &file.rules, imported)),
            "localrules" => {}
            _ if LEFT_OUT.contains(&word) => imported.remark(statement.line, format!("`{word}` is left out")),
            _ => match assigned(head, &known) {
                Some((name, value)) => drop(known.insert(name, value)),
                None => {
                    let line: String = head.lines().next().unwrap_or_default().chars().take(40).collect();
                    imported.remark(statement.line, format!("`{line}` is left out: Python is not translated"));
                }
            },
        }
    }
    file
}

/// `NAME = value` of a literal.
fn assigned(text: &str, known: &Known) -> Option<(String, PythonLiteral)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut values = arguments(value, known).ok().filter(|values| is_name && values.len() == 1)?;
    Some((name.to_owned(), values.remove(0).1))
}

fn rule(
    head: &Statement,
    body: &[Statement],
    known: &Known,
    before: &[SnakeRule],
    imported: &mut Imported,
) -> SnakeRule {
    let name = head.text.trim().trim_start_matches("rule").trim().trim_end_matches(':').trim();
    let name = if name.is_empty() { format!("rule_{}", before.len() + 1) } else { name.to_owned() };
    let mut rule = SnakeRule { line: head.line, name, ..SnakeRule::default() };
    let mut known = known.clone();
    for other in before {
        let paths = |paths: &Paths| {
            PythonLiteral::List(paths.iter().map(|(_, path)| PythonLiteral::Text(path.clone())).collect())
        };
        known.insert(format!("rules.{}.output", other.name), paths(&other.output));
        for (name, path) in other.output.iter().filter_map(|(name, path)| Some((name.as_ref()?, path))) {
            known.insert(format!("rules.{}.output.{name}", other.name), PythonLiteral::Text(path.clone()));
        }
    }
    let depth = body.first().map_or(0, |first| first.depth);
    let mut at = 0;
    while at < body.len() {
        let directive = &body[at];
        let deeper = body[at + 1..].iter().take_while(|next| next.depth > depth).count();
        let more: Vec<&str> = body[at + 1..=at + deeper].iter().map(|next| next.text.as_str()).collect();
        at += deeper + 1;
        let (word, value) = directive.text.split_once(':').unwrap_or((directive.text.as_str(), ""));
        let text = std::iter::once(value).chain(more).collect::<Vec<_>>().join("\n");
        let word = word.trim();
        if word.starts_with(['"', '\'']) {
            continue;
        }
        if let Err(why) = directive_of(&mut rule, word, &text, &known, directive.line, imported) {
            rule.wrong.get_or_insert((directive.line, why));
        }
    }
    rule
}

fn directive_of(
    rule: &mut SnakeRule,
    word: &str,
    text: &str,
    known: &Known,
    line: usize,
    imported: &mut Imported,
) -> Result<(), String> {
    let paths = || -> Result<Paths, String> {
        let found = arguments(text, known)?.into_iter();
        Ok(found.flat_map(|(name, value)| value.texts().into_iter().map(move |path| (name.clone(), path))).collect())
    };
    let one =
        || Ok::<_, String>(arguments(text, known)?.first().map(|(_, value)| value.joined("")).unwrap_or_default());
    match word {
        "input" => rule.input = paths()?,
        "output" => rule.output = paths()?,
        "log" => rule.log = paths()?,
        "params" => rule.params = arguments(text, known)?,
        "shell" => rule.shell = Some(one()?),
        "message" => rule.message = one().ok(),
        "threads" => {
            rule.threads = one()?.parse().ok();
            let text = format!("`threads` of `{}` keeps no processors free: `pool` does", rule.name);
            imported.remark(line, text);
        }
        "run" | "script" | "notebook" | "wrapper" | "cwl" | "template_engine" => {
            return Err(format!("`{word}` is not translated: write it as a command"));
        }
        "name" | "priority" | "localrule" | "default_target" => {}
        other => imported.remark(line, format!("`{other}` of `{}` is left out", rule.name)),
    }
    Ok(())
}

/// The statements of a text: a line that ends within brackets or quotes goes on in the next one.
fn statements(text: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    let mut open = Open::default();
    for (at, line) in text.lines().enumerate() {
        let goes_on = open.is_open();
        let kept = open.read(line);
        if goes_on {
            if let Some(last) = found.last_mut() {
                last.text.push('\n');
                last.text.push_str(kept);
            }
        } else if !kept.trim().is_empty() {
            let depth = line.len() - line.trim_start().len();
            found.push(Statement { line: at + 1, depth, text: kept.to_owned() });
        }
    }
    found
}

/// What is open at the end of a line.
#[derive(Default)]
struct Open {
    brackets: usize,
    quote: Option<&'static str>,
}

impl Open {
    fn is_open(&self) -> bool {
        self.brackets > 0 || self.quote.is_some()
    }

    /// Reads a line: what is left of it without a remark.
    fn read<'l>(&mut self, line: &'l str) -> &'l str {
        let mut at = 0;
        while at < line.len() {
            let rest = &line[at..];
            let step = rest.chars().next().map_or(1, char::len_utf8);
            match self.quote {
                Some(_) if rest.starts_with('\\') => at += 1,
                Some(mark) if rest.starts_with(mark) => {
                    self.quote = None;
                    at += mark.len() - 1;
                }
                Some(_) => {}
                None if rest.starts_with('#') => return &line[..at],
                None => match ["\"\"\"", "'''", "\"", "'"].into_iter().find(|mark| rest.starts_with(mark)) {
                    Some(mark) => {
                        self.quote = Some(mark);
                        at += mark.len() - 1;
                    }
                    None if rest.starts_with(['(', '[', '{']) => self.brackets += 1,
                    None if rest.starts_with([')', ']', '}']) => self.brackets = self.brackets.saturating_sub(1),
                    None => {}
                },
            }
            at += step;
        }
        // A text of one line ends with it, whatever is wrong with it.
        if self.quote.is_some_and(|mark| mark.len() == 1) {
            self.quote = None;
        }
        line
    }
}
