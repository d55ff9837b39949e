//! What a chart shows otherwise than its rows say, in words, with what to do.

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::table::{DataType, Schema};
use tidemill_core::task::TaskFailure;
use tidemill_figures::{Columns, Findings, Fonts, Repeats, Warning};

use super::keys::Panel;

/// What to do about letters that no font has.
const MORE_FONTS: &str = "name a font with them under `fonts`, or install one";

/// `1 row`, `2 rows`.
pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl Panel {
    /// The findings as sentences.
    pub(super) fn told(&self, schema: &Schema, findings: &Findings) -> Vec<String> {
        let mut told: Vec<String> = findings.warnings.iter().map(|warning| self.sentence(schema, warning)).collect();
        if let Some((first, letters)) = findings.boxed.first() {
            let (names, letters) = (counted(findings.boxed.len() as u64, "name"), listed(letters));
            told.push(format!(
                "no font has all letters of {names}: boxes are drawn, such as for {letters} of `{first}`; {MORE_FONTS}"
            ));
        }
        told
    }

    fn sentence(&self, schema: &Schema, warning: &Warning) -> String {
        let key = self.key_column().map_or("x", |at| &at.value);
        let slices = || self.x.as_ref().map_or_else(String::new, |x| format!("`{}`", x.value));
        let column = self.color.as_ref().map_or_else(slices, |color| format!("`color: {}`", color.value));
        match warning {
            Warning::Unjoined(repeats) => format!(
                "{} {}, for no line can join {}: {}",
                counted(repeats.rows as u64, "row"),
                of_count(repeats.rows, "is a dot", "are dots"),
                of_count(repeats.rows, "it", "them"),
                self.repeated(schema, repeats)
            ),
            Warning::Grey { groups, grey, pooled } => format!(
                "{column} makes {groups} colours, more than can be told apart: {grey} of them are {}; keep fewer in \
                 a task before",
                if *pooled { format!("one, `{grey} others`") } else { "grey".to_owned() },
            ),
            Warning::NotPositive { values } => format!(
                "{} at or below zero {} no place on a logarithmic axis and {} not drawn; `symlog` has one for {}",
                counted(*values as u64, "value"),
                of_count(*values, "has", "have"),
                of_count(*values, "is", "are"),
                of_count(*values, "it", "them")
            ),
            Warning::NegativeShares { values } => {
                let are = of_count(*values, "is", "are");
                format!(
                    "{} below zero {are} no share of anything, and {are} not drawn",
                    counted(*values as u64, "value")
                )
            }
            Warning::Unplaced { position } => format!("`{position}` is nowhere on its axis, and is not drawn"),
            Warning::WithoutKey { rows } => without(*rows, "value", key),
            Warning::WithoutValue { series, rows } => {
                without(*rows, "number", self.value_columns().get(*series).map_or("y", |at| &at.value))
            }
            Warning::KeysTooLarge { values } => too_large(*values, key),
            Warning::TooLarge { series, values } => {
                too_large(*values, self.value_columns().get(*series).map_or("y", |at| &at.value))
            }
            Warning::Facets { left_out } => format!(
                "{} of `facet` {} left out: more charts than that nobody compares; keep fewer in a task before",
                counted(*left_out as u64, "value"),
                of_count(*left_out, "is", "are")
            ),
            Warning::WithoutSpread => {
                "equal values have no density, and no curve is drawn of them; `kind: hist` shows them".to_owned()
            }
            Warning::Overlaid => {
                "an area with values below zero cannot be stacked: the areas lie over each other; use \
                                  `kind: line`"
                    .to_owned()
            }
        }
    }

    /// That rows have one key, where the chart has room for one value.
    pub(super) fn unmerged(&self, schema: &Schema, repeats: &Repeats, prefix: &str) -> TaskFailure {
        let apart = match self.color {
            Some(_) => String::new(),
            None => format!(", or tell them apart by {}", self.color_to_take(schema)),
        };
        TaskFailure {
            message: format!(
                "{prefix}{} would be one mark of `kind: {}`: {}",
                counted(repeats.rows as u64, "row"),
                self.kind().name(),
                self.same_key(repeats)
            ),
            help: vec![format!(
                "say what makes one value of them: `agg: sum`, `mean`, `median`, `min`, `max` or `count`{apart}"
            )],
            permanent: true,
            ..TaskFailure::default()
        }
    }

    /// That rows have the same key.
    fn same_key(&self, repeats: &Repeats) -> String {
        let key = self.key_column().map_or("x", |at| &at.value);
        let (columns, example) = (self.color.as_ref(), &repeats.example);
        let columns = columns.map_or_else(|| format!("`{key}`"), |color| format!("`{key}` and `{}`", color.value));
        if repeats.keys == 1 {
            format!("they have one {columns} (`{example}`)")
        } else {
            format!("they have only {} different {columns} (such as `{example}`)", repeats.keys)
        }
    }

    /// That rows have the same key, and how to tell them apart.
    fn repeated(&self, schema: &Schema, repeats: &Repeats) -> String {
        let keys = self.same_key(repeats);
        match self.color {
            Some(_) => format!("{keys}; `aggregate` them first"),
            None => format!("{keys}; `aggregate` them first, or tell them apart by {}", self.color_to_take(schema)),
        }
    }

    /// The column of texts that is not drawn yet, if there is but one.
    fn color_to_take(&self, schema: &Schema) -> String {
        let drawn = self.columns();
        let is_free = |name: &&str| schema.get(name) == Some(DataType::String) && !drawn.iter().any(|one| one == name);
        let mut free = schema.names().filter(is_free);
        match (free.next(), free.next()) {
            (Some(only), None) => format!("`color: {only}`"),
            _ => "`color`".to_owned(),
        }
    }

    /// How its marks are ordered, where that is not the table's order.
    pub(super) fn order(&self, findings: &Findings) -> Option<String> {
        let value =
            self.x.as_ref().filter(|_| findings.ranked && self.kind().columns() == Columns::ValuesByCategory)?;
        Some(format!("the largest `{}` on top", value.value))
    }

    /// Its texts that the font has no letters for.
    pub(super) fn boxed_texts(&self, fonts: &Fonts) -> Vec<Diagnostic> {
        let texts = [
            ("title", &self.title),
            ("x_label", &self.x_label),
            ("y_label", &self.y_label),
            ("y2_label", &self.y2_label),
        ];
        texts.into_iter().filter_map(|(key, text)| boxed(key, text.as_deref()?, fonts)).collect()
    }
}

/// That rows have nothing in a column, and what to do.
fn without(rows: usize, what: &str, column: &str) -> String {
    let (has, is) = if rows == 1 { ("has", "is") } else { ("have", "are") };
    let rows = counted(rows as u64, "row");
    format!("{rows} {has} no {what} in `{column}` and {is} not drawn; fill it, or leave them out, in a task before")
}

fn too_large(values: usize, column: &str) -> String {
    let are = of_count(values, "is", "are");
    format!("{} in `{column}` beyond ±1e150 {are} not drawn", counted(values as u64, "number"))
}

/// That a text has letters which no font has.
pub(super) fn boxed(key: &str, text: &str, fonts: &Fonts) -> Option<Diagnostic> {
    let lacking: Vec<char> = fonts.lacking(text).into_iter().collect();
    let what = || {
        let message = format!("no font has all letters of `{key}: {text}`: boxes are drawn for {}", listed(&lacking));
        Diagnostic::warning(message).help(MORE_FONTS)
    };
    (!lacking.is_empty()).then(what)
}

/// `売 上`
fn listed(letters: &[char]) -> String {
    letters.iter().map(char::to_string).collect::<Vec<_>>().join(" ")
}

/// The one word for one thing, the other for several.
fn of_count(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}
