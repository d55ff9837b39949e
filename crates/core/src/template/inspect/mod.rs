//! What can be told of a template before it is rendered: columns that its tables do not have, and arguments that its filters
//! cannot take, where they are written out.

mod arguments;
mod shape;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::parse;
use minijinja::value::Value;

use self::shape::Shape;

/// A mistake in a template.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// Its letters in the template.
    pub place: Range<usize>,
    /// What is wrong, as a clause.
    pub message: String,
    /// A name that is unknown, and those that there are.
    pub unknown: Option<(String, Vec<String>)>,
}

/// The columns of a table of that name, if they are known.
pub(crate) type Tables<'a> = &'a dyn Fn(&str) -> Option<Vec<String>>;

/// All mistakes of a template. To be asked for only of one that is not [too deep](super::too_deep), and whose names and calls
/// are known.
pub(crate) fn mistakes(text: &str, tables: Tables<'_>) -> Vec<Mistake> {
    // As long as before, so that places stay where they are.
    let quiet = text.replace("$${{", "    ");
    let parsed = super::syntax().and_then(|syntax| parse(&quiet, "text", syntax));
    // That it is no template has been said.
    let Ok(Stmt::Template(template)) = parsed else { return Vec::new() };
    let mut walk = Walk {
        text: &quiet,
        tables,
        scopes: vec![HashMap::new()],
        found: Vec::new(),
        asked_for: HashSet::new(),
        is_guarded: false,
    };
    walk.all(&template.children);
    let Walk { mut found, asked_for, .. } = walk;
    // What a template asks for it can do without.
    found.retain(|mistake| mistake.unknown.as_ref().is_none_or(|(name, _)| !asked_for.contains(name)));
    found
}

/// A walk through a template in the order in which it is rendered.
struct Walk<'t> {
    text: &'t str,
    tables: Tables<'t>,
    /// What the names hold that the template makes, the innermost last.
    scopes: Vec<HashMap<&'t str, Shape>>,
    found: Vec<Mistake>,
    /// Names of columns of which the template asks somewhere whether they are there.
    asked_for: HashSet<String>,
    /// Whether a test has asked for a column that there is not: what depends on it is not rendered.
    is_guarded: bool,
}

impl<'t> Walk<'t> {
    fn all(&mut self, statements: &[Stmt<'t>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'t>) {
        match statement {
            Stmt::EmitExpr(emitted) => drop(self.shape(&emitted.expr)),
            Stmt::ForLoop(each) => {
                let rows = self.shape(&each.iter);
                self.scoped(|walk| {
                    walk.set("loop", Shape::Unknown);
                    walk.bind(&each.target, rows.row());
                    if let Some(filter) = &each.filter_expr {
                        walk.shape(filter);
                    }
                    walk.all(&each.body);
                });
                self.all(&each.else_body);
            }
            Stmt::IfCond(either) => {
                let is_dead = self.condition(&either.expr);
                let before = self.scopes.clone();
                self.branch(is_dead, |walk| walk.all(&either.true_body));
                self.all(&either.false_body);
                self.forget_what_differs_from(&before);
            }
            Stmt::WithBlock(with) => self.scoped(|walk| {
                for (target, value) in &with.assignments {
                    let shape = walk.shape(value);
                    walk.bind(target, shape);
                }
                walk.all(&with.body);
            }),
            Stmt::Set(set) => {
                let shape = self.shape(&set.expr);
                self.bind(&set.target, shape);
            }
            Stmt::SetBlock(set) => {
                self.all(&set.body);
                self.bind(&set.target, Shape::Unknown);
            }
            Stmt::AutoEscape(block) => self.all(&block.body),
            Stmt::FilterBlock(block) => {
                self.shape(&block.filter);
                self.all(&block.body);
            }
            Stmt::Block(block) => self.all(&block.body),
            Stmt::Macro(own) => self.scoped(|walk| {
                own.args.iter().for_each(|argument| walk.bind(argument, Shape::Unknown));
                walk.all(&own.body);
            }),
            Stmt::CallBlock(block) => self.arguments(&block.call.args),
            Stmt::Do(action) => self.arguments(&action.call.args),
            Stmt::Include(other) => self.other_template("include", &other.name),
            Stmt::Import(other) => self.other_template("import", &other.expr),
            Stmt::FromImport(other) => self.other_template("from", &other.expr),
            Stmt::Extends(other) => self.other_template("extends", &other.name),
            _ => {}
        }
    }

    /// That a template is one file.
    fn other_template(&mut self, tag: &str, name: &Expr<'t>) {
        let place = self.place(name);
        self.tell(place, format!("a template takes nothing from other files, so it has no `{tag}`"));
    }

    /// Within a scope of its own.
    fn scoped(&mut self, inner: impl FnOnce(&mut Self)) {
        self.scopes.push(HashMap::new());
        inner(self);
        self.scopes.pop();
    }

    fn set(&mut self, name: &'t str, shape: Shape) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, shape);
        }
    }

    /// Gives a value to a name, or its parts to several, of which nothing is known then.
    fn bind(&mut self, target: &Expr<'t>, shape: Shape) {
        match target {
            Expr::Var(name) => self.set(name.id, shape),
            Expr::List(list) => list.items.iter().for_each(|item| self.bind(item, Shape::Unknown)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.bind(item, Shape::Unknown)),
            _ => {}
        }
    }

    /// Names to which only one way through the template has given a value hold nothing that is known.
    fn forget_what_differs_from(&mut self, before: &[HashMap<&'t str, Shape>]) {
        for (scope, before) in self.scopes.iter_mut().zip(before) {
            let differs = |name: &&str, shape: &Shape| before.get(*name) != Some(shape);
            scope
                .iter_mut()
                .filter(|(name, shape)| differs(name, shape))
                .for_each(|(_, shape)| *shape = Shape::Unknown);
        }
    }

    /// Looks at a condition: whether it asks for a column that there is not.
    fn condition(&mut self, condition: &Expr<'t>) -> bool {
        let outer = std::mem::take(&mut self.is_guarded);
        self.shape(condition);
        std::mem::replace(&mut self.is_guarded, outer)
    }

    /// Looks at what is rendered only under a condition.
    fn branch(&mut self, is_dead: bool, inner: impl FnOnce(&mut Self)) {
        let known = self.found.len();
        inner(self);
        if is_dead {
            self.found.truncate(known);
        }
    }

    /// Where a part of the text is; all of `whole` if it is none of its parts.
    fn place_of(&self, part: &str, whole: &Expr<'t>) -> Range<usize> {
        let start = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        match self.text.get(start..start.wrapping_add(part.len())) {
            Some(found) if std::ptr::eq(found, part) => start..start + part.len(),
            _ => self.place(whole),
        }
    }

    /// Where an expression is; of a text, what is between its quotes.
    fn place(&self, expression: &Expr<'t>) -> Range<usize> {
        let span = expression.span();
        let place = span.start_offset as usize..span.end_offset as usize;
        let is_quoted =
            self.text.get(place.clone()).is_some_and(|text| text.starts_with(['"', '\'']) && text.len() > 2);
        if is_quoted && matches!(expression, Expr::Const(_)) { place.start + 1..place.end - 1 } else { place }
    }

    fn tell(&mut self, place: Range<usize>, message: impl Into<String>) {
        self.found.push(Mistake { place, message: message.into(), unknown: None });
    }

    fn tell_unknown(&mut self, place: Range<usize>, message: String, name: &str, known: &[impl AsRef<str>]) {
        let known = known.iter().map(|name| name.as_ref().to_owned()).collect();
        self.found.push(Mistake { place, message, unknown: Some((name.to_owned(), known)) });
    }
}

/// The value of an expression that is written out.
fn literal(expression: &Expr<'_>) -> Option<Value> {
    match expression {
        Expr::List(list) => list.items.iter().map(literal).collect::<Option<Vec<_>>>().map(Value::from),
        Expr::Map(map) => {
            let pairs = map.keys.iter().zip(&map.values).map(|(key, value)| Some((literal(key)?, literal(value)?)));
            pairs.collect::<Option<Vec<_>>>().map(|pairs| pairs.into_iter().collect())
        }
        other => other.as_const(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each mistake as the letters at its place and what is told of them.
    fn told(text: &str) -> Vec<String> {
        let columns = |table: &str| (table == "shops").then(|| vec!["city".to_owned(), "total".to_owned()]);
        let told = |mistake: Mistake| format!("`{}`: {}", &text[mistake.place], mistake.message);
        mistakes(text, &columns).into_iter().map(told).collect()
    }

    #[test]
    fn columns_that_rows_do_not_have_are_found_at_their_letters() {
        for (text, letters) in [
            ("${{ inputs.shops[0].citi }}", "citi"),
            ("${{ inputs['shops'][0]['citi'] }}", "citi"),
            ("{% for shop in inputs.shops[:5] %}${{ shop.citi }}{% endfor %}", "citi"),
            ("{% set top = inputs.shops | sort(attribute='total') | first %}${{ top.citi }}", "citi"),
            ("${{ inputs.shops | sum(attribute='totl') }}", "totl"),
            ("${{ inputs.shops | map(attribute='citi') | join(', ') }}", "citi"),
            ("${{ inputs.shops | selectattr('citi') | list | length }}", "citi"),
            ("${{ inputs.shops | table(['city', 'citi']) }}", "citi"),
            ("${{ inputs.shops[:3] | sort(attribute='city') | table({'citi': 'Town'}) }}", "citi"),
            ("{% with rows = inputs.shops %}${{ rows | table(columns=['citi']) }}{% endwith %}", "citi"),
        ] {
            let expected = format!("`{letters}`: there is no column `{letters}`");
            assert_eq!(told(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_may_be_right_is_not_told() {
        for text in [
            "${{ inputs.shops[0].city }}${{ inputs.shops | table(['total']) }}$${{ inputs.shops[0].citi }}",
            "${{ inputs.other[0].citi }}${{ inputs.shops | length }}",
            "{% for shop in inputs.shops %}${{ shop.city }}${{ loop.index }}{% endfor %}${{ shop.citi }}",
            "{% for key, value in inputs.shops[0] | items %}${{ value.citi }}{% endfor %}",
            "${{ inputs.shops[0].items() }}${{ inputs.shops[0].citi | default('-') }}",
            "{% if inputs.shops[0].citi is defined %}${{ inputs.shops[0].citi }}{% endif %}",
            "{% set rows = inputs.shops %}{% if x %}{% set rows = inputs.other %}{% endif %}${{ rows[0].citi }}",
            "{% macro cell(shop) %}${{ shop.citi }}{% endmacro %}${{ cell(inputs.shops[0]) }}",
            "${{ inputs.shops | table(some.columns, null=some.null) }}",
            "{% for shop in inputs.shops %}{% if 'citi' in shop %}${{ shop.citi }}{% endif %}{% endfor %}",
            "{% for shop in inputs.shops %}{% if shop.citi is defined and shop.citi > 1 %}x{% endif %}{% endfor %}",
            "${{ inputs.shops | map(attribute='citi', default='-') | join }}",
            "${{ inputs.shops | selectattr('citi', 'defined') | list | length }}",
            "${{ inputs.shops | table({'total': {'format': some.format, 'heading': 'Sum', 'align': 'left'}}) }}",
            "${{ inputs.shops | groupby('city') | length }}",
            "{# ${{ inputs.shops[0].citi }} #}{% raw %}${{ inputs.shops[0].citi }}{% endraw %}",
        ] {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn arguments_that_filters_cannot_take_are_found_at_their_letters() {
        for (text, expected) in [
            ("table(nul='-')", "`nul`: `table` takes no `nul`"),
            ("table({'total': {'formt': '.1%'}})", "`formt`: a column takes no `formt`"),
            ("table({'total': {'format': 'nice'}})", "`nice`: `nice` is not a number format"),
            ("table({'total': {'format': '%d %J'}})", "`%d %J`: `%d %J` is not a date format"),
            ("table({'total': {'align': 'up'}})", "`up`: `up` is no alignment"),
            ("table({'total': {'total': 'avg'}})", "`avg`: `avg` is no total"),
            ("table({'total': {'color': 'red'}})", "`red`: `color` is \"scale\", or a map"),
            ("table({'total': {'color': {'0': 'red'}}})", "`0`: `0` is no condition"),
            ("table({'total': {'color': {'> 0': 'pink'}}})", "`pink`: `pink` is no colour"),
            ("table({'total': 5})", "`5`: a column takes a heading, or a map"),
        ] {
            let told = told(&format!("${{{{ inputs.shops | {text} }}}}"));
            assert!(told.len() == 1 && told[0].starts_with(expected), "{text}: {told:?}");
        }
        for (text, expected) in [
            ("x }}{% include 'head.html' %}${{ x", "`head.html`: a template takes nothing from other files"),
            ("x }}{% from 'own.html' import cell %}${{ x", "`own.html`: a template takes nothing from other files"),
            ("x | date('%J')", "`%J`: `%J` is not a date format"),
            ("'a.png' | image(widht='50%')", "`widht`: `image` takes no `widht`"),
            ("'a.png' | image(width='wide')", "`wide`: `wide` is no width"),
            ("'a.tif' | image", "`a.tif`: `a.tif` is no picture"),
            ("x | money(symbol='$')", "`symbol`: `money` takes no `symbol`"),
        ] {
            let told = told(&format!("${{{{ {text} }}}}"));
            assert!(told.len() == 1 && told[0].starts_with(expected), "{text}: {told:?}");
        }
    }
}
