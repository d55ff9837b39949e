//! `sql`: joins, groups, windows, set operations, subqueries and common table expressions.

use serde_json::json;
use tidemill_core::table::DataType;

use super::aggregates::{Call, group_by};
use super::joins::equal;
use super::normalize::list;
use super::scalar::{Scalars, power};
use super::{Known, KnownColumn, Scalar, World, quoted};

/// A query: its text, and the step that the shadow made of it.
struct Query {
    text: String,
    step: String,
    columns: Vec<KnownColumn>,
    /// Whether it ends with its order.
    ordered: bool,
}

/// The common type of two columns, both in it as SQLite has them, and by how much the bound grows.
pub(super) fn common(a: &Scalar, b: &Scalar) -> (DataType, String, String, f64) {
    let (DataType::Decimal { precision: p1, scale: s1 }, DataType::Decimal { precision: p2, scale: s2 }) =
        (a.data_type, b.data_type)
    else {
        return (a.data_type, a.theirs.clone(), b.theirs.clone(), 1.0);
    };
    let scale = s1.max(s2);
    let precision = ((p1 - s1).max(p2 - s2) + scale).min(38);
    let at = |one: &Scalar| match scale - one.scale() {
        0 => one.theirs.clone(),
        by => format!("({} * {})", one.theirs, power(by)),
    };
    let factor = 10f64.powi((scale - s1.min(s2)).into());
    (DataType::Decimal { precision, scale }, at(a), at(b), factor)
}

impl World {
    pub(super) fn query(&mut self) -> bool {
        let id = self.id();
        let table = self.any_table();
        let made = match self.choices.below(7) {
            0 => self.selection(&table),
            1 => self.joined_selection(&table),
            2 => self.grouped_selection(&table),
            3 => self.windows(&table),
            4 => self.set_operation(&table),
            5 => self.with_subquery(&table),
            _ => self.common_table(&table),
        };
        let Ok(mut query) = made else { unreachable!("queries hold nothing that overflows") };
        if !query.ordered && self.choices.once_in(3) {
            self.sort(&mut query);
        }
        self.task(&id, &[("type", json!("sql")), ("sql", json!(query.text))]);
        self.succeeds(id, query.step, query.columns, Vec::new())
    }

    /// Expressions over the columns as the select list: names, both texts.
    fn outputs(&mut self, scope: &[Scalar]) -> (Vec<KnownColumn>, Vec<String>, Vec<String>) {
        let (mut columns, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..=self.choices.below(3) {
            let made = Scalars { choices: &mut self.choices, columns: scope, may_fail: false }.any(1);
            ours.push(format!("{} as s{at}", made.ours));
            theirs.push(made.theirs.clone());
            columns.push(KnownColumn::of(format!("s{at}"), &made));
        }
        (columns, ours, theirs)
    }

    fn filter(&mut self, scope: &[Scalar]) -> (String, String) {
        if !self.choices.once_in(2) {
            return (String::new(), String::new());
        }
        let condition = self.scalars(scope).condition(1);
        (format!(" where {}", condition.ours), format!(" where {}", condition.theirs))
    }

    fn selection(&mut self, table: &Known) -> Result<Query, String> {
        let scope = table.scalars("");
        let (columns, ours, theirs) = self.outputs(&scope);
        let (our_where, their_where) = self.filter(&scope);
        let distinct = self.choices.once_in(4);
        let word = if distinct { "distinct " } else { "" };
        let mut step = self.project(&table.step, &theirs, &format!("{their_where} order by rowid"))?;
        if distinct {
            step = self.first_of_equal(&step, columns.len())?;
        }
        let text = format!("select {word}{} from {}{our_where}", ours.join(", "), quoted(&table.task));
        Ok(Query { text, step, columns, ordered: false })
    }

    fn first_of_equal(&mut self, step: &str, width: usize) -> Result<String, String> {
        let names = all(width);
        let firsts = format!("select min(rowid) from {step} group by {}", names.join(", "));
        self.project(step, &names, &format!("where rowid in ({firsts}) order by rowid"))
    }

    /// Two tables, by keys of one type and perhaps a condition.
    fn joined_selection(&mut self, left: &Known) -> Result<Query, String> {
        let right = self.any_table();
        let pairs: Vec<(usize, usize)> = (0..left.width())
            .flat_map(|l| (0..right.width()).map(move |r| (l, r)))
            .filter(|(l, r)| left.columns[*l].data_type == right.columns[*r].data_type)
            .collect();
        if pairs.is_empty() || left.rows * right.rows > super::MOST_PAIRS {
            return self.selection(left);
        }
        let scope: Vec<Scalar> = [(left, "l."), (&right, "r.")]
            .into_iter()
            .flat_map(|(table, alias)| {
                table.columns.iter().enumerate().map(move |(at, column)| column.scalar(alias, alias, at))
            })
            .collect();
        let (l, r) = self.choices.one(&pairs);
        let (mine, yours) = (&scope[l], &scope[left.width() + r]);
        let (mut our_on, mut their_on) = (format!("{} = {}", mine.ours, yours.ours), equal(mine, yours));
        if self.choices.once_in(3) {
            let extra = self.scalars(&scope).condition(1);
            our_on += &format!(" and {}", extra.ours);
            their_on += &format!(" and {}", extra.theirs);
        }
        let (columns, ours, theirs) = self.outputs(&scope);
        let kind = self.choices.one(&["join", "left join", "right join", "full join"]);
        let text = format!(
            "select {} from {} as l {kind} {} as r on {our_on}",
            ours.join(", "),
            quoted(&left.task),
            quoted(&right.task)
        );
        let query = format!(
            "select {} from {} l {kind} {} r on {their_on} order by l.rowid is null, l.rowid, r.rowid",
            theirs.join(", "),
            left.step,
            right.step
        );
        let step = self.shadow.keep(columns.len(), &query)?;
        Ok(Query { text, step, columns, ordered: false })
    }

    fn grouped_selection(&mut self, table: &Known) -> Result<Query, String> {
        let scope = table.scalars("");
        let indices: Vec<usize> = (0..table.width()).collect();
        let by: Vec<usize> = self.choices.some(&indices).into_iter().take(2).collect();
        // Sums of large ints may overflow, and nothing in a query of the oracle does.
        let calls: Vec<Call> = (0..2)
            .map(|_| self.call(&scope))
            .filter(|call| !call.ours.starts_with("sum") || call.column.bound < 9e18)
            .collect();
        let (our_where, their_where) = self.filter(&scope);
        let filtered = self.project(&table.step, &all(table.width()), &format!("{their_where} order by rowid"))?;
        let step = self.grouped(&filtered, &by, &calls)?;
        let names: Vec<String> = by.iter().map(|at| table.columns[*at].name.clone()).collect();
        let mut columns: Vec<KnownColumn> =
            by.iter().map(|at| KnownColumn { reading: None, ..table.columns[*at].clone() }).collect();
        let mut ours: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        for call in calls {
            let name = self.fresh("g");
            ours.push(format!("{} as {name}", call.ours));
            columns.push(KnownColumn { name, ..call.column });
        }
        let text = format!("select {} from {}{our_where}{}", ours.join(", "), quoted(&table.task), group_by(&names));
        Ok(Query { text, step, columns, ordered: false })
    }

    /// Window functions beside the table's first column.
    fn windows(&mut self, table: &Known) -> Result<Query, String> {
        let scope = table.scalars("");
        let first = scope[0].clone();
        let mut columns = vec![KnownColumn::of(table.columns[0].name.clone(), &first)];
        let (mut ours, mut theirs) = (vec![first.ours], vec![first.theirs]);
        for _ in 0..=self.choices.below(2) {
            let name = self.fresh("w");
            let (over, sort) = (self.choices.one(&scope), self.choices.one(&scope));
            let value = self.choices.one(&scope);
            let down = self.choices.one(&["", " desc"]);
            let partition = self.choices.once_in(2);
            let (our_part, their_part) = match partition {
                true => (format!("partition by {} ", over.ours), format!("partition by {} ", over.theirs)),
                false => (String::new(), String::new()),
            };
            let our_sort = format!("order by {}{down}", sort.ours);
            let their_sort = format!("order by {}{down} nulls last", sort.theirs);
            let frame = self.choices.one(&[
                "rows between unbounded preceding and current row",
                "rows between 1 preceding and 1 following",
                "rows between 2 preceding and current row",
            ]);
            let plain = format!("{our_part}{our_sort}");
            let framed = format!("{our_part}{our_sort} {frame}");
            let peers = format!("{their_part}{their_sort}");
            let rows = format!("{their_part}{their_sort}, rowid");
            let (x, y) = (&value.ours, &value.theirs);
            // Among peers the order of the rows counts, so theirs is sorted by it too, except where peers count together.
            let (our_call, their_call, ours_over, theirs_over, is_value) = match self.choices.below(8) {
                0 => ("row_number()".to_owned(), "row_number()".to_owned(), plain, rows, false),
                1 => ("rank()".to_owned(), "rank()".to_owned(), plain, peers, false),
                2 => ("dense_rank()".to_owned(), "dense_rank()".to_owned(), plain, peers, false),
                form @ (3 | 4) => {
                    let call = if form == 3 { "lag" } else { "lead" };
                    let by = self.choices.below(2) + 1;
                    (format!("{call}({x}, {by})"), format!("{call}({y}, {by})"), plain, rows, true)
                }
                5 => {
                    let call = self.choices.one(&["first_value", "last_value", "min", "max"]);
                    (format!("{call}({x})"), format!("{call}({y})"), framed, format!("{rows} {frame}"), true)
                }
                6 => ("count(*)".to_owned(), "count(*)".to_owned(), plain, peers, false),
                _ => (format!("count({x})"), format!("count({y})"), framed, format!("{rows} {frame}"), false),
            };
            ours.push(format!("{our_call} over ({ours_over}) as {name}"));
            theirs.push(format!("{their_call} over ({theirs_over})"));
            columns.push(match is_value {
                true => KnownColumn::of(name, &value),
                false => KnownColumn { name, data_type: DataType::Int, bound: 1e4, exact: true, reading: None },
            });
        }
        let text = format!("select {} from {}", ours.join(", "), quoted(&table.task));
        let step = self.project(&table.step, &theirs, "")?;
        Ok(Query { text, step, columns, ordered: false })
    }

    /// Two selections of the same types.
    fn set_operation(&mut self, table: &Known) -> Result<Query, String> {
        let scope = table.scalars("");
        let (columns, ours, theirs) = self.outputs(&scope);
        let kind = self.choices.one(&["union all", "union", "intersect", "except"]);
        let (left, right) = (self.filter(&scope), self.filter(&scope));
        let width = columns.len();
        let a = self.project(&table.step, &theirs, &format!("{} order by rowid", left.1))?;
        let b = self.project(&table.step, &theirs, &format!("{} order by rowid", right.1))?;
        let names = all(width);
        let list = names.join(", ");
        let step = match kind {
            "union all" | "union" => {
                let both = format!(
                    "select {list} from (select 0 side, rowid place, * from {a} union all select 1, rowid, * from {b}) \
                     order by side, place"
                );
                let step = self.shadow.keep(width, &both)?;
                if kind == "union" { self.first_of_equal(&step, width)? } else { step }
            }
            _ => {
                let same: Vec<String> = names.iter().map(|name| format!("b.{name} is {a}.{name}")).collect();
                let not = if kind == "except" { "not " } else { "" };
                let found = format!("where {not}exists (select 1 from {b} b where {})", same.join(" and "));
                let step = self.project(&a, &names, &format!("{found} order by rowid"))?;
                self.first_of_equal(&step, width)?
            }
        };
        let select = |filter: &str| format!("select {} from {}{filter}", ours.join(", "), quoted(&table.task));
        let text = format!("{} {kind} {}", select(&left.0), select(&right.0));
        Ok(Query { text, step, columns, ordered: false })
    }

    /// Rows by what another table holds.
    fn with_subquery(&mut self, table: &Known) -> Result<Query, String> {
        let other = self.any_table();
        let pairs: Vec<(usize, usize)> = (0..table.width())
            .flat_map(|l| (0..other.width()).map(move |r| (l, r)))
            .filter(|(l, r)| table.columns[*l].data_type == other.columns[*r].data_type)
            .collect();
        if pairs.is_empty() {
            return self.selection(table);
        }
        let (l, r) = self.choices.one(&pairs);
        let (mine, yours) = (quoted(&table.columns[l].name), quoted(&other.columns[r].name));
        let filter = self.filter(&other.scalars(""));
        let not = self.choices.one(&["", "not "]);
        let (task, id) = (quoted(&table.task), quoted(&other.task));
        let (ours, theirs) = match self.choices.below(3) {
            0 => (
                format!("{mine} {not}in (select {yours} from {id}{})", filter.0),
                format!("c{l} {not}in (select c{r} from {}{})", other.step, filter.1),
            ),
            1 => (
                format!("{not}exists (select 1 from {id} as o where o.{yours} = t.{mine})"),
                format!("{not}exists (select 1 from {} o where o.c{r} = t.c{l})", other.step),
            ),
            _ => (
                format!("{mine} = (select max({yours}) from {id}{})", filter.0),
                format!("c{l} = (select max(c{r}) from {}{})", other.step, filter.1),
            ),
        };
        let columns: Vec<KnownColumn> =
            table.columns.iter().map(|column| KnownColumn { reading: None, ..column.clone() }).collect();
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let text = format!("select {} from {task} as t where {ours}", list(&names));
        let query =
            format!("select {} from {} t where {theirs} order by rowid", all(columns.len()).join(", "), table.step);
        let step = self.shadow.keep(columns.len(), &query)?;
        Ok(Query { text, step, columns, ordered: false })
    }

    /// A query over a query.
    fn common_table(&mut self, table: &Known) -> Result<Query, String> {
        let inner = match self.choices.below(3) {
            0 => self.grouped_selection(table)?,
            1 => self.set_operation(table)?,
            _ => self.selection(table)?,
        };
        let named = Known { task: "inner_rows".to_owned(), step: inner.step, columns: inner.columns, rows: 0 };
        let outer = match self.choices.below(2) {
            0 => self.grouped_selection(&named)?,
            _ => self.selection(&named)?,
        };
        let text = match self.choices.once_in(2) {
            true => format!("with inner_rows as ({}) {}", inner.text, outer.text),
            false => outer.text.replace("\"inner_rows\"", &format!("({}) as inner_rows", inner.text)),
        };
        Ok(Query { text, ..outer })
    }

    /// An order, and perhaps a limit.
    fn sort(&mut self, query: &mut Query) {
        let indices: Vec<usize> = (0..query.columns.len()).collect();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for at in self.choices.some(&indices) {
            let down = self.choices.one(&["", " desc"]);
            ours.push(format!("{}{down}", quoted(&query.columns[at].name)));
            theirs.push(format!("c{at}{down} nulls last"));
        }
        query.text += &format!(" order by {}", ours.join(", "));
        let mut tail = format!("order by {}, rowid", theirs.join(", "));
        if self.choices.once_in(2) {
            let (limit, offset) = (self.choices.below(5), self.choices.below(3));
            query.text += &format!(" limit {limit} offset {offset}");
            tail += &format!(" limit {limit} offset {offset}");
        }
        query.step = self.project(&query.step, &all(query.columns.len()), &tail).expect("an order fails never");
        query.ordered = true;
    }
}

fn all(width: usize) -> Vec<String> {
    (0..width).map(|at| format!("c{at}")).collect()
}
