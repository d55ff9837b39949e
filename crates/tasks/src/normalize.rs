//! `normalize`: a table's columns get their names, types and values; bad rows go out with a reason.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_core::ids::TaskName;
use tidemill_core::spec::{At, OneOrMany, OrderedMap, SqlText};
use tidemill_core::sql::{bind_predicate, bind_scalar};
use tidemill_core::table::{DataType, Expr, ExprKind, Fill, Location, OnInvalid, RejectRule, Rel, Schema, Value};
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
        for (name, expr) in Self::columns_of(&schema) {
            let renamed = rename.get(&name);
            let new = renamed.map_or_else(|| name.clone(), |new| new.value.clone());
            if columns.iter().any(|(taken, _)| *taken == new) {
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
        columns.sort_by_key(|conversion| schema.names().position(|name| name == conversion.column));
        if !columns.is_empty() {
            self.wrap(|input| Rel::Convert { input, columns, on_invalid });
        }
    }

    /// Fills missing values and drops the rows that are to go.
    pub fn missing(&mut self, missing: &At<Missing>) {
        match missing.value.resolve(missing.span, &self.rel.schema()) {
            Ok(filling) => {
                for column in filling.drop {
                    let Some(data_type) = self.rel.schema().get(&column) else { continue };
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
        for (name, expr) in columns.iter_mut().filter(|(_, expr)| expr.data_type == DataType::Null) {
            let filled = fill.iter().find(|(filled, _)| filled == name).map(|(_, how)| how);
            *expr = match filled {
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
        for (name, text) in derive {
            let schema = self.rel.schema();
            let expr = match bind_scalar(text, &schema, self.sources) {
                Ok(expr) => expr,
                Err(mistakes) => {
                    self.mistakes.extend(mistakes);
                    // The column exists for those below, so that one mistake is told once.
                    Expr { kind: ExprKind::Literal(Value::Null), data_type: DataType::Null }
                }
            };
            let mut columns = Self::columns_of(&schema);
            match columns.iter_mut().find(|(taken, _)| *taken == name.value) {
                Some((_, old)) => *old = expr,
                None => columns.push((name.value.clone(), expr)),
            }
            self.wrap(|input| Rel::Project { input, columns });
        }
    }

    fn reject(&mut self, rules: &[Rule]) {
        let schema = self.rel.schema();
        let mut bound = Vec::new();
        for rule in rules {
            match bind_predicate(&rule.r#where, &schema, self.sources) {
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
                for name in select.iter() {
                    let Some(data_type) = schema.get(&name.value) else { continue };
                    if columns.iter().any(|(taken, _)| *taken == name.value) {
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
                columns.retain(|(name, _)| !drop.iter().any(|dropped| dropped.value == *name));
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
