//! `join`: every kind, with and without `where`, `fill`, `expect`.

use serde_json::json;

use super::normalize::Bench;
use super::scalar::{Family, family};
use super::{Known, KnownColumn, Scalar, World, map};

impl World {
    pub(super) fn join(&mut self) -> bool {
        let (left, right) = (self.any_table(), self.any_table());
        if left.rows * right.rows > super::MOST_PAIRS {
            return true;
        }
        let id = self.id();
        let how = self.choices.one(&["inner", "left", "right", "full", "semi", "anti", "cross"]);
        let mut keys = vec![("type", json!("join")), ("left", json!(left.task)), ("right", json!(right.task))];
        keys.push(("how", json!(how)));
        let on = if how == "cross" { Vec::new() } else { self.keys_of(&left, &right) };
        // What the right columns are called beside the left ones.
        let names = beside(&left, &right, &on);
        let clash = names.iter().enumerate().any(|(at, name)| {
            let is_key = on.iter().any(|(_, right)| *right == at);
            !is_key && (left.columns.iter().any(|column| column.name == *name) || names[..at].contains(name))
        });
        if clash || (how != "cross" && on.is_empty()) {
            return true;
        }
        if on.iter().all(|(l, r)| left.columns[*l].name == right.columns[*r].name) && !on.is_empty() {
            keys.push(("on", json!(on.iter().map(|(l, _)| &left.columns[*l].name).collect::<Vec<_>>())));
        } else if !on.is_empty() {
            let pairs = on.iter().map(|(l, r)| (left.columns[*l].name.clone(), json!(right.columns[*r].name)));
            keys.push(("on", map(pairs)));
        }
        let pair: Vec<Scalar> =
            left.scalars("l.")
                .into_iter()
                .chain(right.columns.iter().zip(&names).enumerate().map(|(at, (column, name))| {
                    KnownColumn { name: name.clone(), ..column.clone() }.scalar("", "r.", at)
                }))
                .collect();
        let mut condition: Vec<String> = on.iter().map(|(l, r)| equal(&pair[*l], &pair[left.width() + r])).collect();
        let cardinality = self.expectation(&left, &right, &on, &mut keys);
        if self.choices.once_in(3) {
            let extra = self.scalars(&pair).condition(1);
            keys.push(("where", json!(extra.ours)));
            condition.push(format!("({})", extra.theirs));
        }
        if condition.is_empty() {
            condition.push("1".to_owned());
        }
        if !cardinality {
            self.task(&id, &keys);
            return self.fails(id);
        }
        let (columns, query) = joined(how, &left, &right, &on, &names, &condition.join(" and "));
        let joined = self.shadow.keep(columns.len(), &query);
        let done = joined.and_then(|step| {
            let mut bench = Bench { step, width: columns.len(), columns: columns.into_iter().zip(0..).collect() };
            self.fill(&mut bench, &mut keys, "fill")?;
            self.derive(&mut bench, &mut keys)?;
            let columns = self.select(&mut bench, &mut keys)?;
            Ok((bench.step, columns))
        });
        self.task(&id, &keys);
        match done {
            Ok((step, columns)) => self.succeeds(id, step, columns, Vec::new()),
            Err(_) => self.fails(id),
        }
    }

    /// Columns of both sides that can be compared.
    fn keys_of(&mut self, left: &Known, right: &Known) -> Vec<(usize, usize)> {
        let mut on: Vec<(usize, usize)> = Vec::new();
        for _ in 0..=self.choices.below(2) {
            let (l, r) = (self.choices.below(left.width()), self.choices.below(right.width()));
            let comparable = match (family(left.columns[l].data_type), family(right.columns[r].data_type)) {
                (Family::Decimal, Family::Decimal) => {
                    left.columns[l].bound.max(right.columns[r].bound) < 1e12
                        && scale(&left.columns[l]).max(scale(&right.columns[r])) < 10
                }
                (a, b) => a == b,
            };
            if comparable && !on.iter().any(|(a, b)| *a == l || *b == r) {
                on.push((l, r));
            }
        }
        on
    }

    /// Perhaps a promise, and whether it is kept.
    fn expectation(
        &mut self,
        left: &Known,
        right: &Known,
        on: &[(usize, usize)],
        keys: &mut super::normalize::Keys,
    ) -> bool {
        if on.is_empty() || !self.choices.once_in(4) {
            return true;
        }
        let expect = self.choices.one(&["many_to_many", "many_to_one", "one_to_many", "one_to_one"]);
        keys.push(("expect", json!(expect)));
        let unique = |table: &Known, columns: Vec<usize>| {
            let names: Vec<String> = columns.iter().map(|at| format!("c{at}")).collect();
            let known: Vec<String> = names.iter().map(|name| format!("{name} is not null")).collect();
            let doubled = format!(
                "select count(*) from (select 1 from {} where {} group by {} having count(*) > 1)",
                table.step,
                known.join(" and "),
                names.join(", ")
            );
            self.shadow.number(&doubled) == 0
        };
        let left = unique(left, on.iter().map(|(l, _)| *l).collect());
        let right = unique(right, on.iter().map(|(_, r)| *r).collect());
        match expect {
            "many_to_one" => right,
            "one_to_many" => left,
            "one_to_one" => left && right,
            _ => true,
        }
    }
}

fn scale(column: &KnownColumn) -> u8 {
    column.scalar("", "", 0).scale()
}

/// The names of the right columns beside the left ones.
fn beside(left: &Known, right: &Known, on: &[(usize, usize)]) -> Vec<String> {
    let mut taken: Vec<String> = left.columns.iter().map(|column| column.name.clone()).collect();
    let mut names = Vec::new();
    for (at, column) in right.columns.iter().enumerate() {
        let mut name = column.name.clone();
        if taken.contains(&name) {
            name += "_right";
        }
        while taken.contains(&name) && on.iter().any(|(_, right)| *right == at) {
            name += "_right";
        }
        taken.push(name.clone());
        names.push(name);
    }
    names
}

/// Equal in their common type.
pub(super) fn equal(a: &Scalar, b: &Scalar) -> String {
    let scale = a.scale().max(b.scale());
    let at = |one: &Scalar| match scale - one.scale() {
        0 => one.theirs.clone(),
        by => format!("({} * {})", one.theirs, super::scalar::power(by)),
    };
    format!("{} = {}", at(a), at(b))
}

/// The columns of the join and the query that makes them: pairs by left and right row, then right rows without a pair.
fn joined(
    how: &str,
    left: &Known,
    right: &Known,
    on: &[(usize, usize)],
    names: &[String],
    condition: &str,
) -> (Vec<KnownColumn>, String) {
    let (l, r) = (&left.step, &right.step);
    let own: Vec<String> = (0..left.width()).map(|at| format!("l.c{at}")).collect();
    let mut columns: Vec<KnownColumn> =
        left.columns.iter().map(|column| KnownColumn { reading: None, ..column.clone() }).collect();
    if matches!(how, "semi" | "anti") {
        let not = if how == "anti" { "not " } else { "" };
        let query = format!(
            "select {} from {l} l where {not}exists (select 1 from {r} r where {condition}) order by l.rowid",
            own.join(", ")
        );
        return (columns, query);
    }
    let mut list = own;
    if matches!(how, "right" | "full") {
        for (at, other) in on {
            // The key appears once, in the common type, from whichever side has it.
            let (mine, yours) =
                (left.columns[*at].scalar("", "l.", *at), right.columns[*other].scalar("", "r.", *other));
            let common = super::queries::common(&mine, &yours);
            list[*at] = format!("coalesce({}, {})", common.1, common.2);
            let bound = left.columns[*at].bound.max(right.columns[*other].bound) * common.3;
            columns[*at] = KnownColumn { data_type: common.0, bound, ..columns[*at].clone() };
        }
    }
    for (at, column) in right.columns.iter().enumerate() {
        if !on.iter().any(|(_, right)| *right == at) {
            list.push(format!("r.c{at}"));
            columns.push(KnownColumn { name: names[at].clone(), reading: None, ..column.clone() });
        }
    }
    let word = match how {
        "cross" => "inner",
        other => other,
    };
    let query = format!(
        "select {} from {l} l {word} join {r} r on {condition} order by l.rowid is null, l.rowid, r.rowid",
        list.join(", ")
    );
    (columns, query)
}
