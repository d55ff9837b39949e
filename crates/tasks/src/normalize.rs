//! `normalize`: a table's columns get their names, types and values; bad rows go out with a reason.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_core::ids::TaskName;
use tidemill_core::spec::{At, OneOrMany, OrderedMap, SqlText};
use tidemill_core::sql::{RowColumns, bind_predicate, bind_scalar};
use tidemill_core::table::{
    DataType, Expr, ExprKind, Field, Fill, Location, OnInvalid, RejectRule, Rel, Schema, Value,
};
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};

use super::column_rule::ColumnRule;
use super::fill::Missing;
use super::parameters::Parameters;
use super::table_task::{TableLogic, reads, table_task, unknown_column, upstream};

/// Gives a table's columns their names, types and values, and takes bad rows out with a reason.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normalize {
    /// The table.
    from: At<String>,
    /// Old names and new ones.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    rename: OrderedMap<At<String>>,
    /// Columns and the types they get; those not named pass.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty", serialize_with = "OrderedMap::unordered")]
    columns: OrderedMap<ColumnRule>,
    /// What becomes of a value that does not fit its type: `fail` (default), `reject` its row, or `null`.
    #[serde(default = "fail")]
    on_invalid: OnInvalid,
    /// How missing numbers are filled: one strategy for every numeric column, or a map from columns to strategies or values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing: Option<At<Missing>>,
    /// New columns and their expressions, from top to bottom; a name that exists is replaced in place.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    derive: OrderedMap<SqlText>,
    /// Rows taken out, each with a reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reject: Vec<Rule>,
    /// Where rejected rows are kept; default `outputs/rejects/TASK.csv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rejects: Option<At<Location>>,
    /// The first of equal rows is kept: `true` for all columns, or the columns compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distinct: Option<Distinct>,
    /// The columns kept, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    select: Option<OneOrMany<At<String>>>,
    /// The columns left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drop: Option<OneOrMany<At<String>>>,
}

fn fail() -> OnInvalid {
    OnInvalid::Fail
}

/// A rule by which rows are rejected.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Which rows: where this is true.
    r#where: SqlText,
    /// Why, as the rejects file says it.
    reason: At<String>,
}

/// Which rows are the same.
#[derive(Serialize)]
#[serde(untagged)]
enum Distinct {
    All(bool),
    On(Vec<At<String>>),
}

impl Parameters for Normalize {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "normalize",
        // 2: `round`, `trunc`, `floor` and `ceil` of decimals leave no more digits than they say.
        version: 2,
        summary: "Gives a table's columns names, types and values, and takes bad rows out with a reason.",
        colour: "#0f857c",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        if let (Some(_), Some(drop)) = (&self.select, &self.drop)
            && let Some(first) = drop.first()
        {
            mistakes.push(
                Diagnostic::error("`select` and `drop` exclude each other")
                    .at(first.span, "dropped here")
                    .help("`select` alone says which columns stay, and in which order"),
            );
        }
        for (name, rule) in &self.columns {
            mistakes.extend(rule.declared().map(|data_type| rule.mistakes(name, data_type)).unwrap_or_default());
        }
        if mistakes.is_empty() { table_task(self, source) } else { Err(mistakes) }
    }
}

impl TableLogic for Normalize {
    fn io(&self) -> Io {
        Io { reads: vec![reads(&self.from, "from")], ..Io::default() }
    }

    fn rejects(&self, task: &TaskName) -> Option<At<Location>> {
        let rejects = !self.reject.is_empty() || self.on_invalid == OnInvalid::Reject;
        rejects.then(|| {
            let default = || At {
                value: Location::new(format!("outputs/rejects/{task}.csv")),
                span: self.reject.first().map_or(self.from.span, |rule| rule.reason.span),
            };
            self.rejects.clone().unwrap_or_else(default)
        })
    }

    fn expressions(&self) -> Vec<&SqlText> {
        let derived = self.derive.iter().map(|(_, text)| text);
        derived.chain(self.reject.iter().map(|rule| &rule.r#where)).collect()
    }

    fn describe(&self) -> String {
        let mut parts = Vec::new();
        let mut count = |n: usize, what: &str| {
            if n > 0 {
                parts.push(format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
            }
        };
        count(self.columns.len(), "typed column");
        count(self.derive.len(), "derived column");
        count(self.reject.len(), "reject rule");
        if parts.is_empty() { self.from.value.clone() } else { format!("{}: {}", self.from.value, parts.join(", ")) }
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let schema = upstream(cx, &self.from.value)?;
        let mut steps = Steps {
            rel: Rel::Input { task: self.from.value.clone(), schema: schema.clone() },
            mistakes: Vec::new(),
            sources: cx.sources,
        };
        steps.rename(&self.rename);
        steps.convert(&self.columns, self.on_invalid);
        if let Some(missing) = &self.missing {
            steps.missing(missing);
        }
        steps.derive(&self.derive);
        steps.reject(&self.reject);
        if let Some(distinct) = &self.distinct {
            steps.distinct(distinct);
        }
        steps.select(self.select.as_ref(), self.drop.as_ref());
        if steps.mistakes.is_empty() { Ok(steps.rel) } else { Err(steps.mistakes) }
    }
}

/// A relation under construction: each step works on what is there and notes its mistakes.
pub struct Steps<'a> {
    /// What is there.
    pub rel: Rel,
    /// What is wrong.
    pub mistakes: Vec<Diagnostic>,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
}

impl Steps<'_> {
    fn wrap(&mut self, make: impl FnOnce(Box<Rel>) -> Rel) {
        let input = std::mem::replace(&mut self.rel, Rel::Unit);
        self.rel = make(Box::new(input));
    }

    fn columns_of(schema: &Schema) -> Vec<(String, Expr)> {
        schema.fields().iter().map(|f| (f.name.clone(), Expr::column(&f.name, f.data_type))).collect()
    }

    fn rename(&mut self, rename: &OrderedMap<At<String>>) {
        if rename.is_empty() {
            return;
        }
        let schema = self.rel.schema();
        for (old, _) in rename.iter().filter(|(old, _)| !schema.contains(&old.value)) {
            self.mistakes.push(unknown_column(old, &schema));
        }
        let mut columns: Vec<(String, Expr)> = Vec::new();
        let new_names = rename.by_key();
        let mut taken = HashSet::new();
        for (name, expr) in Self::columns_of(&schema) {
            let renamed = new_names.get(name.as_str()).copied();
            let new = renamed.map_or_else(|| name.clone(), |new| new.value.clone());
            if !taken.insert(new.clone()) {
                let span = renamed.or_else(|| rename.iter().map(|(_, n)| n).find(|n| n.value == new)).map(|at| at.span);
                self.mistakes.push(
                    Diagnostic::error(format!("two columns would be called `{new}`"))
                        .at(span.unwrap_or_default(), "renamed here"),
                );
                continue;
            }
            columns.push((new, expr));
        }
        self.wrap(|input| Rel::Project { input, columns });
    }

    fn convert(&mut self, rules: &OrderedMap<ColumnRule>, on_invalid: OnInvalid) {
        let schema = self.rel.schema();
        let mut columns = Vec::new();
        for (name, rule) in rules {
            match schema.get(&name.value) {
                Some(is) => {
                    if rule.declared().is_none() {
                        self.mistakes.extend(rule.mistakes(name, is));
                    }
                    columns.push(rule.conversion(&name.value, is));
                }
                None => self.mistakes.push(unknown_column(name, &schema)),
            }
        }
        // Which of two invalid values rejects a row depends on the table, not on the order of keys.
        columns.sort_by_key(|conversion| schema.place(&conversion.column));
        if !columns.is_empty() {
            self.wrap(|input| Rel::Convert { input, columns, on_invalid });
        }
    }

    /// Fills missing values and drops the rows that are to go.
    pub fn missing(&mut self, missing: &At<Missing>) {
        let schema = self.rel.schema();
        match missing.value.resolve(missing.span, &schema) {
            Ok(filling) => {
                for column in filling.drop {
                    let Some(data_type) = schema.get(&column) else { continue };
                    let operand = Box::new(Expr::column(&column, data_type));
                    let predicate =
                        Expr { kind: ExprKind::IsNull { operand, negated: true }, data_type: DataType::Bool };
                    let account = Some(format!("missing {column}"));
                    self.wrap(|input| Rel::Filter { input, predicate, account });
                }
                self.type_of_filling(&filling.fill);
                if !filling.fill.is_empty() {
                    self.wrap(|input| Rel::Fill { input, columns: filling.fill });
                }
            }
            Err(mistakes) => self.mistakes.extend(mistakes),
        }
    }

    /// Gives columns without values the type of what is filled in.
    fn type_of_filling(&mut self, fill: &[(String, Fill)]) {
        let schema = self.rel.schema();
        let mut columns = Self::columns_of(&schema);
        let filled: HashMap<&str, &Fill> = fill.iter().map(|(name, how)| (name.as_str(), how)).collect();
        for (name, expr) in columns.iter_mut().filter(|(_, expr)| expr.data_type == DataType::Null) {
            *expr = match filled.get(name.as_str()) {
                Some(Fill::Zero) => expr.clone().cast(DataType::Int),
                Some(Fill::Value(value)) => expr.clone().cast(value.data_type()),
                _ => continue,
            };
        }
        if columns.iter().zip(schema.fields()).any(|((_, expr), field)| expr.data_type != field.data_type) {
            self.wrap(|input| Rel::Project { input, columns });
        }
    }

    /// Adds or replaces columns, one after the other.
    pub fn derive(&mut self, derive: &OrderedMap<SqlText>) {
        if derive.is_empty() {
            return;
        }
        let mut known = RowColumns::of(&self.rel.schema());
        // Those that look at none of each other are computed in one step: a step for each would have all columns each time.
        let mut together: Vec<(String, Expr)> = Vec::new();
        let mut names: HashSet<&str> = HashSet::new();
        for (name, text) in derive {
            let expr = bind_scalar(text, &known, self.sources).unwrap_or_else(|mistakes| {
                self.mistakes.extend(mistakes);
                // The column exists for those below, so that one mistake is told once.
                Expr { kind: ExprKind::Literal(Value::Null), data_type: DataType::Null }
            });
            known.set(&name.value, expr.data_type);
            let mut looks_at_one = false;
            expr.for_each_column(&mut |column| looks_at_one |= names.contains(column));
            if looks_at_one {
                self.derived(std::mem::take(&mut together));
                names.clear();
            }
            names.insert(&name.value);
            together.push((name.value.clone(), expr));
        }
        self.derived(together);
    }

    /// Columns added or replaced at once, and computed in the order given.
    fn derived(&mut self, new: Vec<(String, Expr)>) {
        let schema = self.rel.schema();
        let mut after = schema.clone();
        new.iter().for_each(|(name, expr)| after.set(name.as_str(), expr.data_type));
        let in_order = new.is_sorted_by_key(|(name, _)| after.place(name));
        let mut values: HashMap<String, Expr> = new.iter().cloned().collect();
        if !in_order {
            // The first value that cannot be computed is told: which one is first, the file says.
            let stays = Self::columns_of(&schema).into_iter().filter(|(name, _)| !values.contains_key(name));
            let columns = stays.chain(new).collect();
            self.wrap(|input| Rel::Project { input, columns });
            values.clear();
        }
        let column = |field: &Field| {
            let value = values.remove(&field.name);
            (field.name.clone(), value.unwrap_or_else(|| Expr::column(&field.name, field.data_type)))
        };
        let columns = after.fields().iter().map(column).collect();
        self.wrap(|input| Rel::Project { input, columns });
    }

    fn reject(&mut self, rules: &[Rule]) {
        if rules.is_empty() {
            return;
        }
        let known = RowColumns::of(&self.rel.schema());
        let mut bound = Vec::new();
        for rule in rules {
            match bind_predicate(&rule.r#where, &known, self.sources) {
                Ok(predicate) => bound.push(RejectRule { predicate, reason: rule.reason.value.clone() }),
                Err(mistakes) => self.mistakes.extend(mistakes),
            }
        }
        if !bound.is_empty() {
            self.wrap(|input| Rel::Reject { input, rules: bound });
        }
    }

    fn distinct(&mut self, distinct: &Distinct) {
        let schema = self.rel.schema();
        let on = match distinct {
            Distinct::All(false) => return,
            Distinct::All(true) => None,
            Distinct::On(columns) => {
                self.known(columns, &schema);
                Some(columns.iter().map(|column| column.value.clone()).collect())
            }
        };
        self.wrap(|input| Rel::Distinct { input, on });
    }

    fn known(&mut self, columns: &[At<String>], schema: &Schema) {
        let unknown = columns.iter().filter(|column| !schema.contains(&column.value));
        self.mistakes.extend(unknown.map(|column| unknown_column(column, schema)));
    }

    /// Keeps the columns of `select` in its order, or all but those of `drop`.
    pub fn select(&mut self, select: Option<&OneOrMany<At<String>>>, drop: Option<&OneOrMany<At<String>>>) {
        let schema = self.rel.schema();
        let mut columns: Vec<(String, Expr)> = Vec::new();
        match (select, drop) {
            (Some(select), _) => {
                self.known(select, &schema);
                let mut taken = HashSet::new();
                for name in select.iter() {
                    let Some(data_type) = schema.get(&name.value) else { continue };
                    if !taken.insert(name.value.as_str()) {
                        self.mistakes.push(
                            Diagnostic::error(format!("column `{}` is selected twice", name.value))
                                .at(name.span, "here again"),
                        );
                        continue;
                    }
                    columns.push((name.value.clone(), Expr::column(&name.value, data_type)));
                }
            }
            (None, Some(drop)) => {
                self.known(drop, &schema);
                columns = Self::columns_of(&schema);
                let dropped: HashSet<&str> = drop.iter().map(|name| name.value.as_str()).collect();
                columns.retain(|(name, _)| !dropped.contains(name.as_str()));
            }
            (None, None) => return,
        }
        self.wrap(|input| Rel::Project { input, columns });
    }
}

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DistinctVisitor;

        impl<'de> Visitor<'de> for DistinctVisitor {
            type Value = Distinct;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, or a list of columns")
            }

            fn visit_bool<E: de::Error>(self, all: bool) -> Result<Distinct, E> {
                Ok(Distinct::All(all))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Distinct, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Distinct::On)
            }
        }

        deserializer.deserialize_any(DistinctVisitor)
    }
}

impl JsonSchema for Distinct {
    fn schema_name() -> Cow<'static, str> {
        "Distinct".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

#[cfg(test)]
mod tests {
    use tidemill_core::diagnostic::Span;
    use tidemill_core::table::DataType::Int;

    use super::*;

    /// The steps that compute these columns of one with `wide` columns, and their columns.
    fn derived(wide: usize, derive: &[(String, String)]) -> (Vec<usize>, Vec<String>) {
        let sources = SourceMap::default();
        let entry = |(name, text): &(String, String)| {
            let file = sources.add("derive", text);
            let span = Span { file, start: 0, end: text.len() as u32 };
            let text = SqlText { raw: text.clone(), text: text.clone(), holes: vec![], span };
            (At { value: name.clone(), span: Span::default() }, text)
        };
        let schema = (0..wide).map(|at| (format!("c{at}"), Int)).collect();
        let mut steps =
            Steps { rel: Rel::Input { task: "wide".to_owned(), schema }, mistakes: vec![], sources: &sources };
        steps.derive(&OrderedMap { entries: derive.iter().map(entry).collect() });
        assert!(steps.mistakes.is_empty(), "{:?}", steps.mistakes);
        let names = steps.rel.schema().names().map(str::to_owned).collect();
        let mut widths = vec![];
        let mut below = &steps.rel;
        while let Rel::Project { input, columns } = below {
            widths.push(columns.len());
            below = input;
        }
        (widths, names)
    }

    fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_thousand_columns_derived_of_others_are_one_step() {
        let many: Vec<(String, String)> = (0..1_000).map(|at| (format!("d{at}"), format!("c{at} + 1"))).collect();
        assert_eq!(derived(1_000, &many).0, [2_000]);
        // In another order than the table's they are computed in theirs, and put in its order.
        let replaced: Vec<(String, String)> =
            (0..1_000).rev().map(|at| (format!("c{at}"), format!("c{at} + 1"))).collect();
        let (widths, names) = derived(1_000, &replaced);
        assert_eq!(widths, [1_000, 1_000]);
        assert_eq!((names[0].as_str(), names[999].as_str()), ("c0", "c999"));
    }

    #[test]
    fn a_column_that_looks_at_a_derived_one_comes_after_it() {
        let (widths, names) = derived(2, &texts(&[("a", "c0 + 1"), ("b", "a + c1"), ("c0", "c1"), ("c", "c0 + b")]));
        assert_eq!(widths, [5, 4, 4, 3]);
        assert_eq!(names, ["c0", "c1", "a", "b", "c"]);
    }
}
