//! What a [`Template`] uses, whether it is known, and what it comes to.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, SourceMap, Span, nearest};
use crate::template;

use super::holes::{Cut, Hole, NameUse, cut, names};
use super::interpolate::{ENVIRONMENT, Filled, Text, closed, engine_error, evaluate, fill, unknown_name, unknown_root};
use super::unknown_calls::unknown_calls;
use super::{Scope, Template};

/// What `tasks.<id>` has.
const TASK_FIELDS: [&str; 13] = [
    "status", "rows", "rejected", "rejects", "rows_in", "dropped", "joins", "warnings", "duration", "output",
    "outputs", "error", "log",
];

/// What `run` has in a text that is rendered in a run.
const RUN_FIELDS: [&str; 8] = ["id", "started", "logical_time", "date", "trigger", "status", "failed", "retry"];

/// The names that are known only in a run, for one task.
#[derive(Clone, Debug, Default)]
pub struct RuntimeNames<'a> {
    /// The tasks that go before it; for handlers, all.
    pub tasks: Vec<&'a str>,
    /// Its inputs.
    pub inputs: Vec<&'a str>,
    /// Its outputs.
    pub outputs: Vec<&'a str>,
    /// The declared secrets.
    pub secrets: Vec<&'a str>,
    /// The columns of those inputs that are tables, as far as they are known.
    pub columns: BTreeMap<&'a str, Vec<&'a str>>,
}

/// A name that a template uses: `params.top_n`, `tasks.orders.rows`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedName {
    /// Its parts.
    pub parts: Vec<String>,
    /// The place of the last of the first two parts: `top_n`, `orders`.
    pub span: Span,
}

impl Template {
    fn text<'a>(&'a self, sources: &'a SourceMap) -> Text<'a> {
        Text { text: &self.text, span: self.span, sources }
    }

    /// Whether it has statements (`{% %}`) beside `${{ }}`.
    fn has_statements(&self) -> bool {
        self.text.contains("{%")
    }

    /// Its `${{ }}`, in order.
    pub fn holes(&self) -> Vec<Hole> {
        cut(&self.text).holes
    }

    /// The names it uses. Variables of its own are among them: whoever asks what a text may depend on had better hear of
    /// one name too many.
    pub fn uses(&self, sources: &SourceMap) -> Vec<UsedName> {
        let used = |(offset, name): &(usize, NameUse)| {
            let (_, range) = name.parts.get(1).or(name.parts.first())?;
            let span = self.text(sources).place(offset + range.start..offset + range.end);
            Some(UsedName { parts: name.words(), span })
        };
        placed_names(&self.text, &cut(&self.text)).iter().filter_map(used).collect()
    }

    /// The names it uses that are no variables of its own, each with the place of its expression.
    fn free_names(&self, cut: &Cut) -> Vec<(usize, NameUse)> {
        let mut names = placed_names(&self.text, cut);
        if let Some(free) = self.undeclared() {
            names.retain(|(_, name)| name.parts.first().is_some_and(|(root, _)| free.contains(root)));
        }
        names
    }

    /// The names that it does not make itself, by `set`, `for` or `macro`; None if it has no statements, which could.
    fn undeclared(&self) -> Option<HashSet<String>> {
        self.has_statements().then(|| {
            let prepared = template::prepare(&self.text).unwrap_or_default();
            let parsed = ENVIRONMENT.template_from_str(&prepared);
            parsed.map(|parsed| parsed.undeclared_variables(false)).unwrap_or_default()
        })
    }

    /// Every call of a function, filter or test that there is not.
    fn unknown_calls(&self, text: Text<'_>) -> Vec<Diagnostic> {
        let undeclared = self.undeclared();
        let is_own = |name: &str| undeclared.as_ref().is_some_and(|names| !names.contains(name));
        template::insides(&self.text).into_iter().flat_map(|inside| unknown_calls(text, inside, &is_own)).collect()
    }

    /// Finds every unknown name and what is no template.
    pub fn check(&self, scope: &Scope, known: &RuntimeNames<'_>, sources: &SourceMap) -> Vec<Diagnostic> {
        let text = self.text(sources);
        let cut = cut(&self.text);
        if let Err(errors) = closed(&cut, text) {
            return errors;
        }
        let mut found = Vec::new();
        let parsed = |prepared: &str| ENVIRONMENT.template_from_str(prepared).map(|_| ());
        if let Some(place) = template::too_deep(&self.text) {
            let error = template::prepare(&self.text).err();
            return error.map(|error| engine_error(text, &place, &error)).into_iter().collect();
        }
        if self.has_statements() {
            if let Err(error) = template::prepare(&self.text).and_then(|prepared| parsed(&prepared)) {
                return vec![engine_error(text, &(0..self.text.len()), &error)];
            }
        } else {
            for hole in &cut.holes {
                if let Err(error) = ENVIRONMENT.compile_expression(&self.text[hole.expression.clone()]) {
                    found.push(engine_error(text, &hole.expression, &error));
                }
            }
        }
        if found.is_empty() {
            found = self.unknown_calls(text);
            let names = self.free_names(&cut);
            found.extend(names.iter().filter_map(|(offset, name)| check_name(text, *offset, name, scope, known)));
        }
        if found.is_empty() {
            found = self.wrong_arguments(text, known);
        }
        found
    }

    /// Columns that its tables do not have, and arguments that its filters cannot take.
    fn wrong_arguments(&self, text: Text<'_>, known: &RuntimeNames<'_>) -> Vec<Diagnostic> {
        let columns = |table: &str| Some(known.columns.get(table)?.iter().map(|name| (*name).to_owned()).collect());
        let told = |mistake: template::Mistake| {
            let wrong =
                Diagnostic::error(format!("in `${{{{ }}}}`: {}", mistake.message)).at(text.place(mistake.place), "");
            match mistake.unknown {
                Some((name, known)) => wrong.suggest(&name, known.iter().map(String::as_str)),
                None => wrong,
            }
        };
        template::mistakes(&self.text, &columns).into_iter().map(told).collect()
    }

    /// Renders it; `runtime` has `tasks`, `inputs`, `outputs`, `secrets`, and `run` with all it has in a run.
    ///
    /// # Errors
    /// One for each `${{ }}` that has no value.
    pub fn render(
        &self,
        scope: &Scope,
        runtime: &Map<String, Value>,
        sources: &SourceMap,
    ) -> Result<String, Vec<Diagnostic>> {
        let text = self.text(sources);
        if self.has_statements() {
            let used: Vec<NameUse> =
                placed_names(&self.text, &cut(&self.text)).into_iter().map(|(_, name)| name).collect();
            let context = super::interpolate::context(scope, Some(runtime), &used);
            let rendered =
                template::prepare(&self.text).and_then(|prepared| ENVIRONMENT.render_str(&prepared, context));
            return rendered.map_err(|error| vec![engine_error(text, &(0..self.text.len()), &error)]);
        }
        match fill(text, scope, Some(runtime))? {
            Filled::Text(text) => Ok(text),
            Filled::Value(value) => super::interpolate::as_text(&value).ok_or_else(|| {
                let what = super::interpolate::kind(&value);
                vec![Diagnostic::error(format!("{what} cannot be a text")).at(self.span, "")]
            }),
        }
    }

    /// The value of one that is a whole `${{ }}`, with its type; else its text.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn eval(
        &self,
        scope: &Scope,
        runtime: &Map<String, Value>,
        sources: &SourceMap,
    ) -> Result<Value, Vec<Diagnostic>> {
        match self.text.trim() {
            "true" => return Ok(Value::Bool(true)),
            "false" => return Ok(Value::Bool(false)),
            _ => {}
        }
        match fill(self.text(sources), scope, Some(runtime))? {
            Filled::Value(value) => Ok(value),
            Filled::Text(text) => Ok(Value::String(text)),
        }
    }

    /// The value of one of its `${{ }}`.
    ///
    /// # Errors
    /// If it has none.
    pub fn eval_hole(
        &self,
        hole: &Hole,
        scope: &Scope,
        runtime: &Map<String, Value>,
        sources: &SourceMap,
    ) -> Result<Value, Vec<Diagnostic>> {
        evaluate(self.text(sources), hole.expression.clone(), scope, Some(runtime))
    }
}

/// The names that a template uses, each in its parts, in order and each once; as [`Template::uses`] has them.
pub fn names_used(text: &str) -> Vec<Vec<String>> {
    let mut names: Vec<Vec<String>> =
        placed_names(text, &cut(text)).iter().map(|(_, name)| name.words()).filter(|words| !words.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

/// The names in all expressions and statements, each with the place of its expression.
fn placed_names(text: &str, cut: &Cut) -> Vec<(usize, NameUse)> {
    let mut parts: Vec<Range<usize>> = cut.holes.iter().map(|hole| hole.expression.clone()).collect();
    parts.extend(statements(text));
    parts.sort_by_key(|part| part.start);
    let in_part = |part: Range<usize>| names(&text[part.clone()]).into_iter().map(move |name| (part.start, name));
    parts.into_iter().flat_map(in_part).collect()
}

/// The insides of all `{% … %}`.
fn statements(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("{%") {
        let start = from + at + 2;
        let Some(len) = text[start..].find("%}") else { break };
        parts.push(start..start + len);
        from = start + len + 2;
    }
    parts
}

fn check_name(
    text: Text<'_>,
    offset: usize,
    name: &NameUse,
    scope: &Scope,
    known: &RuntimeNames<'_>,
) -> Option<Diagnostic> {
    let (root, range) = name.parts.first()?;
    let place = |range: &Range<usize>| text.place(offset + range.start..offset + range.end);
    let (what, names) = match root.as_str() {
        "tasks" => ("task", &known.tasks),
        "inputs" => ("input", &known.inputs),
        "outputs" => ("output", &known.outputs),
        "secrets" => ("secret", &known.secrets),
        "run" => {
            let (field, range) = name.parts.get(1)?;
            let unknown = !RUN_FIELDS.contains(&field.as_str());
            let error =
                || Diagnostic::error(format!("`run` has no `{field}`")).at(place(range), "").suggest(field, RUN_FIELDS);
            return unknown.then(error);
        }
        // A function may be given another name.
        _ if name.parts.len() == 1 && template::functions(&ENVIRONMENT).any(|known| known == root) => return None,
        _ if root != "item" && scope.get(root).is_none() => {
            let late = [
                ("inputs", &known.inputs),
                ("tasks", &known.tasks),
                ("outputs", &known.outputs),
                ("secrets", &known.secrets),
            ];
            return Some(unknown_root(
                root,
                place(range),
                scope,
                &late.map(|(whole, names)| (whole, names.as_slice())),
            ));
        }
        _ => return unknown_name(text, offset, name, scope, None),
    };
    let (part, range) = name.parts.get(1)?;
    if !names.contains(&part.as_str()) {
        return Some(unknown_runtime(what, part, place(range), names));
    }
    let (field, range) = name.parts.get(2).filter(|_| root == "tasks")?;
    let unknown = !TASK_FIELDS.contains(&field.as_str());
    unknown
        .then(|| Diagnostic::error(format!("a task has no `{field}`")).at(place(range), "").suggest(field, TASK_FIELDS))
}

fn unknown_runtime(what: &str, part: &str, span: Span, names: &[&str]) -> Diagnostic {
    let unknown = Diagnostic::error(format!("unknown {what} `{part}`")).at(span, "");
    let dashed: HashSet<&&str> = names.iter().filter(|name| name.starts_with(&format!("{part}-"))).collect();
    if let Some(dashed) = dashed.into_iter().min() {
        return unknown.help(format!("a name with `-` stands in brackets: `{what}s['{dashed}']`"));
    }
    match (what, nearest(part, names.iter().copied())) {
        (_, Some(near)) => unknown.help(format!("did you mean `{near}`?")),
        ("task", None) => unknown.help("only tasks that go before this one are known here; name it in `depends_on`"),
        ("secret", None) => unknown.help(format!("declare it at the top: `secrets: [{part}]`")),
        (_, None) => unknown.suggest(part, names.iter().copied()),
    }
}
