//! `normalize`: every step of it.

use serde_json::json;
use tidemill_core::table::DataType;

use super::cells::NAMES;
use super::scalar::{Family, Scalars, family, half_even};
use super::{Known, KnownColumn, World, map, quoted};

/// A normalize task under construction: the columns and where they stand in the step.
pub(super) struct Bench {
    pub step: String,
    pub columns: Vec<(KnownColumn, usize)>,
    /// Columns of the step, also those that are only looked at.
    pub width: usize,
}

impl Bench {
    pub fn of(table: &Known) -> Self {
        let hidden = table.columns.iter().flat_map(|column| &column.reading).map(|reading| reading.valid + 1).max();
        let columns: Vec<(KnownColumn, usize)> = table.columns.iter().cloned().zip(0..).collect();
        Self { step: table.step.clone(), width: hidden.unwrap_or(0).max(columns.len()), columns }
    }

    pub fn scalars(&self) -> Vec<super::Scalar> {
        self.columns.iter().map(|(column, at)| column.scalar("", "", *at)).collect()
    }

    fn all(&self) -> Vec<String> {
        (0..self.width).map(|at| format!("c{at}")).collect()
    }
}

impl World {
    pub(super) fn normalize(&mut self) -> bool {
        let table = self.any_table();
        let id = self.id();
        let mut bench = Bench::of(&table);
        let mut keys = vec![("type", json!("normalize")), ("from", json!(table.task))];
        let mut rejected = Vec::new();
        if self.choices.once_in(3) {
            keys.push(("rename", self.rename(&mut bench)));
        }
        let done = self
            .convert(&mut bench, &mut keys, &mut rejected)
            .and_then(|()| self.fill(&mut bench, &mut keys, "missing"))
            .and_then(|()| self.derive(&mut bench, &mut keys))
            .and_then(|()| self.reject(&mut bench, &mut keys, &mut rejected))
            .and_then(|()| self.distinct(&mut bench, &mut keys))
            .and_then(|()| self.select(&mut bench, &mut keys));
        self.task(&id, &keys);
        match done {
            Ok(columns) => self.succeeds(id, bench.step, columns, rejected),
            Err(_) => self.fails(id),
        }
    }

    fn rename(&mut self, bench: &mut Bench) -> serde_json::Value {
        let at = self.choices.below(bench.columns.len());
        let taken: Vec<String> = bench.columns.iter().map(|(column, _)| column.name.clone()).collect();
        let free: Vec<&str> = NAMES.into_iter().filter(|name| !taken.iter().any(|taken| taken == name)).collect();
        let new = self.choices.one(&free).to_owned();
        bench.columns[at].0.name.clone_from(&new);
        map([(taken[at].clone(), json!(new))])
    }

    /// Reads the texts that mean something; each column by itself decides whether it is read.
    fn convert(&mut self, bench: &mut Bench, keys: &mut Keys, rejected: &mut Rejected) -> Result<(), String> {
        let on_invalid = self.choices.one(&["reject", "fail", "null"]);
        let mut rules = Vec::new();
        let mut expressions = bench.all();
        let mut conditions = Vec::new();
        for (column, at) in &mut bench.columns {
            let Some(reading) = column.reading.take().filter(|_| !self.choices.once_in(5)) else { continue };
            rules.push((column.name.clone(), reading.rule.clone()));
            expressions[*at] = format!("c{}", reading.value);
            let money = reading.rule == "money";
            let what = match reading.data_type {
                _ if money => "an amount of money".to_owned(),
                DataType::Int => "an int".to_owned(),
                other => format!("a {other}"),
            };
            conditions.push((format!("c{}", reading.valid), format!("{} is not {what}", column.name)));
            (column.data_type, column.bound) = (reading.data_type, reading.bound);
        }
        if rules.is_empty() {
            return Ok(());
        }
        keys.push(("columns", map(rules)));
        keys.push(("on_invalid", json!(on_invalid)));
        let mut before = String::from("1");
        for (valid, reason) in &conditions {
            let bad = format!("select count(*) from {} where {before} and not {valid}", bench.step);
            rejected.push((reason.clone(), self.shadow.number(&bad) as u64));
            before += &format!(" and {valid}");
        }
        let invalid: u64 = rejected.iter().map(|(_, rows)| rows).sum();
        match on_invalid {
            "fail" if invalid > 0 => return Err("an invalid value".to_owned()),
            "reject" => {
                bench.step = self.project(&bench.step, &expressions, &format!("where {before} order by rowid"))?
            }
            _ => {
                rejected.clear();
                bench.step = self.project(&bench.step, &expressions, "")?;
            }
        }
        Ok(())
    }

    /// NULLs filled or their rows dropped: `missing` of normalize, `fill` of join.
    pub(super) fn fill(&mut self, bench: &mut Bench, keys: &mut Keys, key: &'static str) -> Result<(), String> {
        let numeric: Vec<(KnownColumn, usize)> = bench
            .columns
            .iter()
            .filter(|(column, _)| matches!(family(column.data_type), Family::Int | Family::Float | Family::Decimal))
            .cloned()
            .collect();
        if numeric.is_empty() || !self.choices.once_in(3) {
            return Ok(());
        }
        let possible: Vec<Vec<&str>> =
            numeric.iter().map(|(column, at)| self.strategies(&bench.step, column, *at)).collect();
        let plans: Vec<(KnownColumn, usize, &str)> = if self.choices.once_in(3) {
            let common: Vec<&str> =
                possible[0].iter().filter(|how| possible.iter().all(|all| all.contains(how))).copied().collect();
            let strategy = self.choices.one(&common);
            keys.push((key, json!(strategy)));
            numeric.into_iter().map(|(column, at)| (column, at, strategy)).collect()
        } else {
            let all: Vec<_> = numeric.into_iter().zip(possible).collect();
            let chosen = self.choices.some(&all);
            let plans: Vec<_> =
                chosen.into_iter().map(|((column, at), how)| (column, at, self.choices.one(&how))).collect();
            keys.push((key, map(plans.iter().map(|(column, _, how)| (column.name.clone(), json!(how))))));
            plans
        };
        for (_, at, _) in plans.iter().filter(|(_, _, how)| *how == "drop") {
            bench.step = self.project(&bench.step, &bench.all(), &format!("where c{at} is not null order by rowid"))?;
        }
        let mut expressions = bench.all();
        for (column, at, how) in &plans {
            let (step, family) = (&bench.step, family(column.data_type));
            let value = match (*how, family) {
                ("zero", Family::Float) => "0.0".to_owned(),
                ("zero", _) => "0".to_owned(),
                ("mean", Family::Float) => format!("(select sum(c{at})/count(c{at}) from {step})"),
                ("mean", _) => {
                    format!("(select {} from {step})", half_even(&format!("sum(c{at})"), &format!("count(c{at})")))
                }
                ("median", _) => {
                    let middle = format!(
                        "select c{at} v, row_number() over (order by c{at}) n, count(*) over () m \
                         from {step} where c{at} is not null"
                    );
                    let pick = format!("from ({middle}) where n in ((m + 1) / 2, (m + 2) / 2)");
                    match family {
                        Family::Float => format!("(select sum(v) / count(*) {pick})"),
                        _ => format!("(select {} {pick})", half_even("sum(v)", "count(*)")),
                    }
                }
                _ => continue,
            };
            expressions[*at] = format!("coalesce(c{at}, {value})");
            if matches!(*how, "mean" | "median") {
                let (known, _) =
                    bench.columns.iter_mut().find(|(known, _)| known.name == column.name).expect("it is there");
                known.exact = false;
            }
        }
        bench.step = self.project(&bench.step, &expressions, "")?;
        Ok(())
    }

    /// How a column may be filled so that the shadow can follow: it sums in 64 bits.
    fn strategies(&self, step: &str, column: &KnownColumn, at: usize) -> Vec<&'static str> {
        let small = match family(column.data_type) {
            Family::Float => column.exact,
            _ => {
                let large = format!("select count(*) from {step} where c{at} not between -1e15 and 1e15");
                self.shadow.number(&large) == 0
            }
        };
        if small { vec!["zero", "mean", "drop", "keep", "median"] } else { vec!["zero", "drop", "keep"] }
    }

    /// New columns, also in the place of old ones.
    pub(super) fn derive(&mut self, bench: &mut Bench, keys: &mut Keys) -> Result<(), String> {
        let mut derived = Vec::new();
        for _ in 0..self.choices.below(4) {
            let columns = bench.scalars();
            let made = Scalars { choices: &mut self.choices, columns: &columns, may_fail: true }.any(2);
            let name = self.choices.one(&NAMES[3..]).to_owned();
            if derived.iter().any(|(taken, _)| *taken == name) {
                continue;
            }
            derived.push((name.clone(), json!(made.ours)));
            let mut expressions = bench.all();
            expressions.push(made.theirs.clone());
            let at = bench.width;
            bench.width += 1;
            match bench.columns.iter_mut().find(|(column, _)| column.name == name) {
                Some(column) => *column = (KnownColumn::of(name, &made), at),
                None => bench.columns.push((KnownColumn::of(name, &made), at)),
            }
            match self.project(&bench.step, &expressions, "") {
                Ok(step) => bench.step = step,
                Err(error) => {
                    keys.push(("derive", map(derived)));
                    return Err(error);
                }
            }
        }
        if !derived.is_empty() {
            keys.push(("derive", map(derived)));
        }
        Ok(())
    }

    fn reject(&mut self, bench: &mut Bench, keys: &mut Keys, rejected: &mut Rejected) -> Result<(), String> {
        let mut rules = Vec::new();
        let mut left = String::from("1");
        for number in 0..self.choices.below(3) {
            let columns = bench.scalars();
            let condition = self.scalars(&columns).condition(1);
            let reason = format!("rule {number}");
            rules.push(json!({"where": condition.ours, "reason": reason}));
            let hit = format!("select count(*) from {} where {left} and {}", bench.step, condition.theirs);
            rejected.push((reason, self.shadow.number(&hit) as u64));
            left += &format!(" and ({}) is not true", condition.theirs);
        }
        if !rules.is_empty() {
            keys.push(("reject", json!(rules)));
            bench.step = self.project(&bench.step, &bench.all(), &format!("where {left} order by rowid"))?;
        }
        Ok(())
    }

    fn distinct(&mut self, bench: &mut Bench, keys: &mut Keys) -> Result<(), String> {
        if !self.choices.once_in(4) {
            return Ok(());
        }
        let some = if self.choices.once_in(2) { self.choices.some(&bench.columns) } else { bench.columns.clone() };
        let names: Vec<&str> = some.iter().map(|(column, _)| column.name.as_str()).collect();
        let all = some.len() == bench.columns.len();
        keys.push(("distinct", if all { json!(true) } else { json!(names) }));
        let by: Vec<String> = some.iter().map(|(_, at)| format!("c{at}")).collect();
        let first = format!("select min(rowid) from {} group by {}", bench.step, by.join(", "));
        bench.step = self.project(&bench.step, &bench.all(), &format!("where rowid in ({first}) order by rowid"))?;
        Ok(())
    }

    /// The columns that stay, in a step of their own.
    pub(super) fn select(&mut self, bench: &mut Bench, keys: &mut Keys) -> Result<Vec<KnownColumn>, String> {
        let mut kept = bench.columns.clone();
        match self.choices.below(5) {
            3 => {
                kept = self.choices.some(&bench.columns);
                kept.reverse();
                keys.push(("select", json!(kept.iter().map(|(column, _)| &column.name).collect::<Vec<_>>())));
            }
            4 if kept.len() > 1 => {
                let (gone, _) = kept.remove(self.choices.below(bench.columns.len()));
                keys.push(("drop", json!([gone.name])));
            }
            _ => {}
        }
        let expressions: Vec<String> = kept.iter().map(|(_, at)| format!("c{at}")).collect();
        bench.step = self.project(&bench.step, &expressions, "")?;
        let columns = kept.into_iter().map(|(column, _)| KnownColumn { reading: None, ..column });
        Ok(columns.collect())
    }
}

pub(super) type Keys = Vec<(&'static str, serde_json::Value)>;
type Rejected = Vec<(String, u64)>;

/// Names as a list of SQL.
pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}
