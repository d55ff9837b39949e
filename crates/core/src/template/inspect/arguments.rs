//! Arguments of filters that are written out.

use minijinja::machinery::ast::{CallArg, Expr, Filter};
use minijinja::value::Value;

use super::shape::Shape;
use super::{Walk, literal};
use crate::format::DateFormat;
use crate::template::table::{COLUMN_KEYS, color_mistake, column_mistake, condition_mistake};
use crate::template::{checked_width, picture_kind};

/// The arguments with names of the filters that are ours alone.
const NAMED: [(&str, &[&str]); 7] = [
    ("table", &["columns", "null", "total"]),
    ("image", &["width", "alt"]),
    ("money", &[]),
    ("thousands", &[]),
    ("percent", &[]),
    ("date", &[]),
    ("sparkline", &[]),
];

impl<'t> Walk<'t> {
    /// Looks at what a filter is told.
    pub(super) fn filter_arguments(&mut self, base: &Shape, filter: &Filter<'t>) {
        let Some((_, known)) = NAMED.iter().find(|(name, _)| *name == filter.name) else { return };
        for argument in &filter.args {
            if let CallArg::Kwarg(name, value) = argument
                && !known.contains(name)
            {
                let place = self.place_of(name, value);
                self.tell_unknown(place, format!("`{}` takes no `{name}`", filter.name), name, known);
            }
        }
        let first = match filter.args.first() {
            Some(CallArg::Pos(value)) => Some(value),
            _ => None,
        };
        match filter.name {
            "table" => {
                if let Some(columns) = first.or_else(|| named(filter, "columns")) {
                    self.columns(base, columns);
                }
            }
            "date" => {
                let format = first.filter(|format| text(format).is_some_and(|text| text.contains('%')));
                if let Some((format, Err(why))) =
                    format.and_then(|at| Some((at, DateFormat::parse_with_zone(&text(at)?))))
                {
                    self.tell(self.place(format), why);
                }
            }
            "image" => {
                if let Some((path, Err(error))) =
                    filter.expr.as_ref().and_then(|at| Some((at, picture_kind(&text(at)?))))
                {
                    self.tell(self.place(path), detail(&error));
                }
                if let Some((width, Err(error))) =
                    named(filter, "width").and_then(|at| Some((at, checked_width(&literal(at)?))))
                {
                    self.tell(self.place(width), detail(&error));
                }
            }
            _ => {}
        }
    }

    /// Looks at the columns of a table: a list of names, or a map from names to what is said of them.
    fn columns(&mut self, base: &Shape, columns: &Expr<'t>) {
        match columns {
            Expr::List(list) => list.items.iter().for_each(|name| self.column_name(base, name)),
            Expr::Map(map) => {
                for (name, said) in map.keys.iter().zip(&map.values) {
                    self.column_name(base, name);
                    self.column_keys(said);
                }
            }
            _ => {}
        }
    }

    fn column_name(&mut self, base: &Shape, at: &Expr<'t>) {
        let Some((columns, name)) = base.columns().zip(text(at)) else { return };
        if !columns.contains(&name) {
            self.tell_column(self.place(at), &name, &columns);
        }
    }

    fn column_keys(&mut self, said: &Expr<'t>) {
        let Expr::Map(map) = said else {
            if literal(said).is_some_and(|said| said.as_str().is_none()) {
                let keys = COLUMN_KEYS.join(", ");
                self.tell(self.place(said), format!("a column takes a heading, or a map of {keys}"));
            }
            return;
        };
        for (at, value) in map.keys.iter().zip(&map.values) {
            let Some(key) = text(at) else { continue };
            if !COLUMN_KEYS.contains(&key.as_str()) {
                self.tell_unknown(self.place(at), format!("a column takes no `{key}`"), &key, &COLUMN_KEYS);
            } else if let ("color", Expr::Map(rules)) = (key.as_str(), value) {
                for (condition, color) in rules.keys.iter().zip(&rules.values) {
                    self.tell_rule(condition, condition_mistake);
                    self.tell_rule(color, color_mistake);
                }
            } else if let Some(why) = literal(value).and_then(|value| column_mistake(&key, &value)) {
                self.tell(self.place(value), why);
            }
        }
    }

    fn tell_rule(&mut self, at: &Expr<'t>, mistake: fn(&str) -> Option<String>) {
        if let Some(why) = text(at).and_then(|text| mistake(&text)) {
            self.tell(self.place(at), why);
        }
    }
}

/// An argument by its name.
fn named<'f, 't>(filter: &'f Filter<'t>, wanted: &str) -> Option<&'f Expr<'t>> {
    filter.args.iter().find_map(|argument| match argument {
        CallArg::Kwarg(name, value) if *name == wanted => Some(value),
        _ => None,
    })
}

/// A text that is written out.
fn text(at: &Expr<'_>) -> Option<String> {
    literal(at).as_ref().and_then(Value::as_str).map(str::to_owned)
}

fn detail(error: &minijinja::Error) -> String {
    error.detail().unwrap_or_default().to_owned()
}
