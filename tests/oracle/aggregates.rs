//! `aggregate`: where, groups, metrics, having, sort, limit.

use serde_json::json;
use tidemill_core::table::DataType;

use super::normalize::list;
use super::scalar::{Family, Scalars, family, half_even};
use super::{KnownColumn, Scalar, World, map};

/// An aggregate over the rows of a group, in both languages.
pub(super) struct Call {
    pub ours: String,
    pub theirs: String,
    pub column: KnownColumn,
}

impl World {
    pub(super) fn aggregate(&mut self) -> bool {
        let table = self.any_table();
        let id = self.id();
        let mut keys = vec![("type", json!("aggregate")), ("from", json!(table.task))];
        let mut step = table.step.clone();
        let columns = table.scalars("");
        if self.choices.once_in(3) {
            let condition = self.scalars(&columns).condition(1);
            keys.push(("where", json!(condition.ours)));
            let all: Vec<String> = (0..table.width()).map(|at| format!("c{at}")).collect();
            step = self
                .project(&step, &all, &format!("where {} order by rowid", condition.theirs))
                .expect("nothing overflows");
        }
        let indices: Vec<usize> = (0..table.width()).collect();
        let by = if self.choices.once_in(5) { Vec::new() } else { self.choices.some(&indices) };
        let by = by.into_iter().take(2).collect::<Vec<_>>();
        if !by.is_empty() {
            keys.push(("group_by", json!(by.iter().map(|at| &table.columns[*at].name).collect::<Vec<_>>())));
        }
        let calls: Vec<Call> = (0..=self.choices.below(3)).map(|_| self.call(&columns)).collect();
        let done = self.grouped(&step, &by, &calls).and_then(|grouped| {
            // The groups with their keys and the values of the calls, over which metrics are expressions.
            let mut scope: Vec<Scalar> =
                by.iter().enumerate().map(|(at, key)| table.columns[*key].scalar("", "", at)).collect();
            scope.extend(
                calls
                    .iter()
                    .zip(by.len()..)
                    .map(|(call, at)| Scalar { ours: call.ours.clone(), ..call.column.scalar("", "", at) }),
            );
            let mut result: Vec<(KnownColumn, String)> = by
                .iter()
                .enumerate()
                .map(|(at, key)| (KnownColumn { reading: None, ..table.columns[*key].clone() }, format!("c{at}")))
                .collect();
            let mut metrics = Vec::new();
            for call in scope[by.len()..].iter().cloned() {
                let made = match self.choices.once_in(4) {
                    true => Scalars { choices: &mut self.choices, columns: &scope, may_fail: true }.any(1),
                    false => call,
                };
                let name = self.fresh("m");
                metrics.push((name.clone(), json!(made.ours)));
                result.push((KnownColumn::of(name, &made), made.theirs));
            }
            keys.push(("metrics", map(metrics)));
            let mut tail = String::new();
            if self.choices.once_in(4) {
                let condition = self.scalars(&scope).condition(1);
                keys.push(("having", json!(condition.ours)));
                tail = format!("where {}", condition.theirs);
            }
            // An aggregation fails before `having` has a say, a metric computed from it does not.
            let kept = self.project(&grouped, &all(by.len() + calls.len()), &format!("{tail} order by rowid"))?;
            let expressions: Vec<String> = result.iter().map(|(_, theirs)| theirs.clone()).collect();
            let columns: Vec<KnownColumn> = result.into_iter().map(|(column, _)| column).collect();
            let mut last = self.project(&kept, &expressions, "")?;
            if self.choices.once_in(2) {
                let (ours, theirs) = self.order(&columns);
                keys.push(("sort", json!(ours)));
                last = self.project(&last, &all(columns.len()), &format!("order by {theirs}, rowid"))?;
            }
            if self.choices.once_in(3) {
                let limit = self.choices.below(4);
                keys.push(("limit", json!(limit)));
                last = self.project(&last, &all(columns.len()), &format!("order by rowid limit {limit}"))?;
            }
            Ok((last, columns))
        });
        if !keys.iter().any(|(key, _)| *key == "metrics") {
            let metrics: Vec<_> = calls.iter().map(|call| (self.fresh("m"), json!(call.ours))).collect();
            keys.push(("metrics", map(metrics)));
        }
        self.task(&id, &keys);
        match done {
            Ok((step, columns)) => self.succeeds(id, step, columns, Vec::new()),
            Err(_) => self.fails(id),
        }
    }

    /// The groups: their keys in order, and what the calls make of them.
    pub(super) fn grouped(&mut self, step: &str, by: &[usize], calls: &[Call]) -> Result<String, String> {
        let names: Vec<String> = by.iter().map(|at| format!("c{at}")).collect();
        let values = names.iter().cloned().chain(calls.iter().map(|call| call.theirs.clone()));
        let values = values.collect::<Vec<_>>().join(", ");
        let group = match names.is_empty() {
            true => String::new(),
            false => {
                let order: Vec<String> = names.iter().map(|name| format!("{name} nulls last")).collect();
                format!("group by {} order by {}", names.join(", "), order.join(", "))
            }
        };
        self.shadow.keep(by.len() + calls.len(), &format!("select {values} from {step} {group}"))
    }

    /// Some columns, each up or down, as a task writes them and as SQLite does.
    fn order(&mut self, columns: &[KnownColumn]) -> (Vec<String>, String) {
        let indices: Vec<usize> = (0..columns.len()).collect();
        let chosen = self.choices.some(&indices);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for at in chosen {
            let down = self.choices.once_in(2);
            ours.push(format!("{}{}", if down { "-" } else { "" }, columns[at].name));
            theirs.push(format!("c{at} {} nulls last", if down { "desc" } else { "asc" }));
        }
        (ours, theirs.join(", "))
    }

    /// An aggregate over these columns.
    pub(super) fn call(&mut self, columns: &[Scalar]) -> Call {
        let argument = self.choices.one(columns);
        let filter = match self.choices.once_in(5) {
            true => Some(self.scalars(columns).condition(1)),
            false => None,
        };
        let (our_filter, their_filter) = filter.map_or((String::new(), String::new()), |filter| {
            (format!(" filter (where {})", filter.ours), format!(" filter (where {})", filter.theirs))
        });
        let (x, y) = (argument.ours.as_str(), argument.theirs.as_str());
        let of = |ours: String, theirs: String, data_type: DataType, bound: f64, exact: bool| Call {
            ours: format!("{ours}{our_filter}"),
            theirs,
            column: KnownColumn { name: String::new(), data_type, bound, exact, reading: None },
        };
        let family = family(argument.data_type);
        let f = &their_filter;
        match self.choices.below(8) {
            0 => of("count(*)".into(), format!("count(*){f}"), DataType::Int, 1e4, true),
            1 => of(format!("count({x})"), format!("count({y}){f}"), DataType::Int, 1e4, true),
            2 => of(format!("count(distinct {x})"), format!("count(distinct {y}){f}"), DataType::Int, 1e4, true),
            3 => of(format!("min({x})"), format!("min({y}){f}"), argument.data_type, argument.bound, argument.exact),
            4 => of(format!("max({x})"), format!("max({y}){f}"), argument.data_type, argument.bound, argument.exact),
            5 if family == Family::Text => of(
                format!("string_agg({x}, '|')"),
                format!("group_concat({y}, '|' order by rowid){f}"),
                DataType::String,
                1e6,
                true,
            ),
            6 => {
                // SQLite has no first and last: the row numbers of the group say which value it is.
                let (name, end) = self.choices.one(&[("first", "asc"), ("last", "desc")]);
                let picked = format!("json_group_array({} order by rowid {end}){f}", json_cell(family, y));
                let theirs = format!(
                    "case when count(*){f} = 0 then null else {} end",
                    from_json(family, &format!("{picked} ->> 0"))
                );
                match family {
                    Family::Float => of("count(*)".into(), format!("count(*){f}"), DataType::Int, 1e4, true),
                    _ => of(format!("{name}({x})"), theirs, argument.data_type, argument.bound, true),
                }
            }
            form => match family {
                Family::Int if form == 7 => {
                    let (high, low) = (format!("sum({y} >> 32){f}"), format!("sum({y} & 4294967295){f}"));
                    let theirs = format!("({high} * 4294967296.0 + {low}) / count({y}){f}");
                    of(format!("avg({x})"), theirs, DataType::Float, 9.3e18, false)
                }
                Family::Int => {
                    // In halves, so that only the whole sum may overflow and not the way to it.
                    let (high, low) = (format!("sum({y} >> 32){f}"), format!("sum({y} & 4294967295){f}"));
                    let top = format!("({high} + ({low} >> 32))");
                    let theirs = format!(
                        "case when {top} not between -2147483648 and 2147483647 then abs(-9223372036854775807 - 1) \
                         else ({top} << 32) + ({low} & 4294967295) end"
                    );
                    of(format!("sum({x})"), theirs, DataType::Int, 9.3e18, true)
                }
                Family::Float if argument.exact && form == 7 => {
                    of(format!("avg({x})"), format!("sum({y}){f} / count({y}){f}"), DataType::Float, 1e15, false)
                }
                Family::Float if argument.exact => {
                    of(format!("sum({x})"), format!("sum({y}){f}"), DataType::Float, 1e15, argument.bound < 1e13)
                }
                Family::Decimal if argument.bound <= 1e8 && form == 7 => {
                    let theirs = half_even(&format!("sum({y}){f} * 1000000"), &format!("count({y}){f}"));
                    let data_type = DataType::Decimal { precision: 38, scale: argument.scale() + 6 };
                    of(format!("avg({x})"), theirs, data_type, argument.bound * 1e6, true)
                }
                Family::Decimal if argument.bound < 1e14 => {
                    let data_type = DataType::Decimal { precision: 38, scale: argument.scale() };
                    of(format!("sum({x})"), format!("sum({y}){f}"), data_type, argument.bound * 1e4, true)
                }
                _ => of("count(*)".into(), format!("count(*){f}"), DataType::Int, 1e4, true),
            },
        }
    }
}

/// A value as it can stand in a JSON array and come back.
fn json_cell(family: Family, value: &str) -> String {
    if family == Family::Text { value.to_owned() } else { format!("cast({value} as text)") }
}

fn from_json(family: Family, value: &str) -> String {
    if family == Family::Text { format!("({value})") } else { format!("cast({value} as integer)") }
}

fn all(width: usize) -> Vec<String> {
    (0..width).map(|at| format!("c{at}")).collect()
}

/// The keys of a query, as SQL.
pub(super) fn group_by(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" group by {}", list(names)) }
}
