//! `join`: two tables side by side.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::format::{quantity, thousands};
use tidemill_core::spec::{At, OneOrMany, OrderedMap, SqlText};
use tidemill_core::sql::{RowColumns, bind_predicate, common_type};
use tidemill_core::table::{
    Cardinality, DataType, Expr, ExprKind, Function, JoinDiagnosis, JoinKind, JoinStep, Rel, Schema,
};
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};

use super::fill::Missing;
use super::normalize::Steps;
use super::parameters::Parameters;
use super::table_task::{TableLogic, reads, table_task, upstream};

/// Joins two tables.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The left table.
    left: At<String>,
    /// The right table.
    right: At<String>,
    /// The keys: columns that both have, or a map from left columns to right ones. NULL matches nothing.
    #[serde(default)]
    on: On,
    /// `inner` (default), `left`, `right`, `full`, `semi`, `anti` or `cross`.
    #[serde(default = "inner")]
    how: At<JoinKind>,
    /// What must be true of a pair beside the keys; part of the join's condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#where: Option<SqlText>,
    /// What is promised of the keys, left to right: broken, the task fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expect: Option<Cardinality>,
    /// How missing values are filled: a map from columns to values or strategies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fill: Option<At<Missing>>,
    /// New columns and their expressions, from top to bottom.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    derive: OrderedMap<SqlText>,
    /// The columns kept, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    select: Option<OneOrMany<At<String>>>,
    /// The columns left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drop: Option<OneOrMany<At<String>>>,
}

fn inner() -> At<JoinKind> {
    At { value: JoinKind::Inner, span: Default::default() }
}

/// Pairs of keys, left and right.
#[derive(Default)]
struct On(Vec<(At<String>, At<String>)>);

impl Parameters for Join {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "join",
        // 2: `round`, `trunc`, `floor` and `ceil` of decimals leave no more digits than they say.
        version: 2,
        summary: "Joins two tables and says what the join did to their rows.",
        colour: "#7a4fb3",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        if self.how.value == JoinKind::Cross && !self.on.0.is_empty() {
            mistakes.push(
                Diagnostic::error("a cross join has no keys")
                    .at(self.on.0[0].0.span, "a key")
                    .at(self.how.span, "every row with every row")
                    .help("take `on` away, or join in another way"),
            );
        }
        if self.how.value != JoinKind::Cross && self.on.0.is_empty() && self.r#where.is_none() {
            mistakes.push(
                Diagnostic::error(format!("join `{}` has no keys", source.spec.id.value))
                    .at(source.spec.id.span, "here")
                    .help("add `on:`, or `how: cross` if every row is to meet every row"),
            );
        }
        if let (Some(select), Some(drop)) = (&self.select, &self.drop)
            && let (Some(_), Some(first)) = (select.first(), drop.first())
        {
            mistakes.push(
                Diagnostic::error("`select` and `drop` exclude each other")
                    .at(first.span, "dropped here")
                    .help("`select` alone says which columns stay, and in which order"),
            );
        }
        if mistakes.is_empty() { table_task(self, source) } else { Err(mistakes) }
    }
}

impl TableLogic for Join {
    fn io(&self) -> Io {
        Io { reads: vec![reads(&self.left, "left"), reads(&self.right, "right")], ..Io::default() }
    }

    fn expressions(&self) -> Vec<&SqlText> {
        self.r#where.iter().chain(self.derive.iter().map(|(_, text)| text)).collect()
    }

    fn describe(&self) -> String {
        let how = serde_json::to_value(self.how.value).ok().and_then(|value| Some(value.as_str()?.to_owned()));
        let keys: Vec<String> = self
            .on
            .0
            .iter()
            .map(|(l, r)| if l.value == r.value { l.value.clone() } else { format!("{} = {}", l.value, r.value) })
            .collect();
        let on = if keys.is_empty() { String::new() } else { format!(" on {}", keys.join(", ")) };
        format!("{} {} join {}{on}", self.left.value, how.unwrap_or_default(), self.right.value)
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let (left, right) = (upstream(cx, &self.left.value), upstream(cx, &self.right.value));
        let (left, right) = (left?, right?);
        let sides = Sides::lay_out(self, left, right)?;
        let (rel, mistakes) = self.joined(&sides, cx);
        let mut steps = Steps { rel, mistakes, sources: cx.sources };
        if let Some(fill) = &self.fill {
            steps.missing(fill);
        }
        steps.derive(&self.derive);
        steps.select(self.select.as_ref(), self.drop.as_ref());
        if steps.mistakes.is_empty() { Ok(steps.rel) } else { Err(steps.mistakes) }
    }
}

/// The columns of both sides, and how the right ones are called beside the left ones.
struct Sides<'a> {
    left: &'a Schema,
    right: &'a Schema,
    /// Right columns, in their order: the name there, the name beside the left side, whether it is a key.
    names: Vec<(String, String, bool)>,
    /// Keys, left and right (by their own names), and the type in which they are compared.
    keys: Vec<(String, String, DataType)>,
}

impl<'a> Sides<'a> {
    fn lay_out(join: &Join, left: &'a Schema, right: &'a Schema) -> Result<Self, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let mut keys = Vec::new();
        for (l, r) in &join.on.0 {
            match (left.get(&l.value), right.get(&r.value)) {
                (Some(a), Some(b)) => match common_type(a, b) {
                    Some(common) => keys.push((l.value.clone(), r.value.clone(), common)),
                    None => mistakes.push(
                        Diagnostic::error(format!(
                            "cannot join `{}.{}` ({a}) to `{}.{}` ({b})",
                            join.left.value, l.value, join.right.value, r.value
                        ))
                        .at(r.span, "keys must have the same type")
                        .help("convert one of them in a `normalize` task"),
                    ),
                },
                (a, b) => {
                    let mut tell = |key: &At<String>, side: &At<String>, schema: &Schema| {
                        mistakes.push(
                            Diagnostic::error(format!("`{}` has no column `{}`", side.value, key.value))
                                .at(key.span, "a key of the join")
                                .suggest(&key.value, schema.names()),
                        );
                    };
                    if a.is_none() {
                        tell(l, &join.left, left);
                    }
                    if b.is_none() {
                        tell(r, &join.right, right);
                    }
                }
            }
        }
        let mut taken: BTreeSet<String> = left.names().map(str::to_owned).collect();
        let mut names = Vec::new();
        let right_keys: HashSet<&str> = keys.iter().map(|(_, key, _)| key.as_str()).collect();
        for column in right.names() {
            let is_key = right_keys.contains(column);
            let mut name = column.to_owned();
            if taken.contains(&name) {
                name.push_str("_right");
            }
            if is_key {
                // The key appears once, under the left name; this one is only compared.
                while taken.contains(&name) {
                    name.push_str("_right");
                }
            } else if taken.contains(&name) && keeps_right(join.how.value) {
                mistakes.push(
                    Diagnostic::error(format!("two columns would be called `{name}`"))
                        .at(join.right.span, format!("`{column}` of this table, and one of the left"))
                        .help("rename one of them in a `normalize` task before the join"),
                );
            }
            taken.insert(name.clone());
            names.push((column.to_owned(), name, is_key));
        }
        if mistakes.is_empty() { Ok(Self { left, right, names, keys }) } else { Err(mistakes) }
    }

    /// The name that a right column has beside the left side.
    fn beside(&self, column: &str) -> &str {
        self.right.place(column).map_or("", |at| &self.names[at].1)
    }
}

fn keeps_right(how: JoinKind) -> bool {
    !matches!(how, JoinKind::Semi | JoinKind::Anti)
}

impl Join {
    /// The join with its columns; where `where` has mistakes, without it.
    fn joined(&self, sides: &Sides<'_>, cx: &CheckContext<'_>) -> (Rel, Vec<Diagnostic>) {
        let mut mistakes = Vec::new();
        let of = |schema: &Schema, name: &str| schema.get(name).unwrap_or(DataType::Null);
        let renamed: Vec<(String, Expr)> =
            sides.names.iter().map(|(own, name, _)| (name.clone(), Expr::column(own, of(sides.right, own)))).collect();
        let condition = match &self.r#where {
            Some(text) => {
                let pair: Schema = sides
                    .left
                    .fields()
                    .iter()
                    .map(|field| (field.name.clone(), field.data_type))
                    .chain(renamed.iter().map(|(name, expr)| (name.clone(), expr.data_type)))
                    .collect();
                bind_predicate(text, &RowColumns::of(&pair), cx.sources).map_err(|more| mistakes = more).ok()
            }
            None => None,
        };
        let on = sides
            .keys
            .iter()
            .map(|(l, r, common)| {
                let left = Expr::column(l, of(sides.left, l)).cast(*common);
                (left, Expr::column(sides.beside(r), of(sides.right, r)).cast(*common))
            })
            .collect();
        let input =
            |task: &At<String>, schema: &Schema| Rel::Input { task: task.value.clone(), schema: schema.clone() };
        let right = Rel::Project { input: Box::new(input(&self.right, sides.right)), columns: renamed };
        let step = JoinStep {
            left: input(&self.left, sides.left),
            right,
            kind: self.how.value,
            on,
            condition,
            expect: self.expect,
            diagnose: Some((self.left.value.clone(), self.right.value.clone())),
        };
        let joined = Rel::Join(Box::new(step));
        if !keeps_right(self.how.value) {
            return (joined, mistakes);
        }
        (Rel::Project { columns: self.visible(sides), input: Box::new(joined) }, mistakes)
    }

    /// The left columns and the right ones that are no keys; where a left key may be missing, the right one stands for it.
    fn visible(&self, sides: &Sides<'_>) -> Vec<(String, Expr)> {
        let may_miss_left = matches!(self.how.value, JoinKind::Right | JoinKind::Full);
        let mut keys = HashMap::new();
        for key in sides.keys.iter().filter(|_| may_miss_left) {
            keys.entry(key.0.as_str()).or_insert(key);
        }
        let mut columns: Vec<(String, Expr)> = Vec::new();
        for field in sides.left.fields() {
            let own = Expr::column(&field.name, field.data_type);
            let expr = match keys.get(field.name.as_str()) {
                Some((_, right, common)) => {
                    let data_type = sides.right.get(right).unwrap_or(DataType::Null);
                    let other = Expr::column(sides.beside(right), data_type).cast(*common);
                    let call = ExprKind::Call(Function::COALESCE, vec![own.cast(*common), other]);
                    Expr { kind: call, data_type: *common }
                }
                None => own,
            };
            columns.push((field.name.clone(), expr));
        }
        for (own, name, is_key) in &sides.names {
            if !is_key {
                columns.push((name.clone(), Expr::column(name, sides.right.get(own).unwrap_or(DataType::Null))));
            }
        }
        columns
    }
}

/// What the user should know of a join that multiplied rows without having said that it would.
pub fn fan_out_warning(join: &JoinDiagnosis) -> Option<String> {
    let grew = join.out_rows > join.left_rows && join.max_matches_per_left > 1;
    if !grew || join.expect.is_some() {
        return None;
    }
    let ratio = join.out_rows as f64 / join.left_rows.max(1) as f64;
    let most = match &join.max_matches_key {
        Some(key) => format!("; {key} alone matched {} rows", join.max_matches_per_left),
        None => String::new(),
    };
    Some(format!(
        "joining {} to {} multiplied rows: {} became {} ({ratio:.1} per row{most}); a sum over the result counts rows more than once",
        join.left,
        join.right,
        thousands(join.left_rows),
        thousands(join.out_rows),
    ))
}

/// Examples that a warning shows.
const EXAMPLES: usize = 3;

/// What the user should know of a join whose rows found no match, where the kind of join means that they should: of an
/// inner join they are gone, of an outer one the other side's columns are NULL.
pub fn unmatched_warning(join: &JoinDiagnosis) -> Option<String> {
    let left =
        side(&join.left, join.left_unmatched, join.left_rows, join.left_null_keys, &join.left_unmatched_examples);
    let right =
        side(&join.right, join.right_unmatched, join.right_rows, join.right_null_keys, &join.right_unmatched_examples);
    let (left_counts, right_counts) = match join.kind {
        JoinKind::Inner | JoinKind::Full => (true, true),
        JoinKind::Left => (true, false),
        JoinKind::Right => (false, true),
        JoinKind::Semi | JoinKind::Anti | JoinKind::Cross => (false, false),
    };
    let is_worth_it = (left_counts && left.is_some()) || (right_counts && right.is_some());
    let (l, r) = (&join.left, &join.right);
    match (left, right) {
        _ if !is_worth_it => None,
        (Some(left), Some(right)) => Some(format!("{left} found no match in {r}; {right} found none in {l}")),
        (Some(left), None) => Some(format!("{left} found no match in {r}")),
        (None, right) => right.map(|right| format!("{right} found no match in {l}")),
    }
}

/// `24 of 339 rows of traffic (day=2024-01-12, …; 3 without a key)`, if there are such rows.
fn side(table: &str, unmatched: u64, rows: u64, null_keys: u64, examples: &[String]) -> Option<String> {
    if unmatched == 0 {
        return None;
    }
    let mut shown = examples.iter().take(EXAMPLES).cloned().collect::<Vec<_>>().join(", ");
    if examples.len() > EXAMPLES {
        shown += ", …";
    }
    if null_keys > 0 {
        let between = if shown.is_empty() { "" } else { "; " };
        shown += &format!("{between}{} without a key", thousands(null_keys));
    }
    let shown = if shown.is_empty() { shown } else { format!(" ({shown})") };
    Some(format!("{} of {} of {table}{shown}", thousands(unmatched), quantity(rows, "row")))
}

impl Serialize for On {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de> Deserialize<'de> for On {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnVisitor;

        impl<'de> Visitor<'de> for OnVisitor {
            type Value = On;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of columns, or a map from left columns to right ones")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<On, A::Error> {
                let list: Vec<At<String>> = Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))?;
                Ok(On(list.into_iter().map(|at| (at.clone(), at)).collect()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<On, A::Error> {
                let map: OrderedMap<At<String>> = OrderedMap::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(On(map.entries))
            }
        }

        deserializer.deserialize_any(OnVisitor)
    }
}

impl JsonSchema for On {
    fn schema_name() -> Cow<'static, str> {
        "On".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({"anyOf": [
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "string"}}
        ]})
    }
}
