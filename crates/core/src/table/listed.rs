//! Rows whose value should be one of a list, such as those that a pivot makes columns of.

use super::{AggCall, DataType, Expr, ExprKind, ListedStep, Rel, Value};
use crate::format::{quantity, thousands};

/// Values that a warning names.
const EXAMPLES: usize = 3;

/// A row of [`ListedStep::counts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCount {
    /// The value, as a text; None for NULL.
    pub value: Option<String>,
    /// Its place in the list, from 0; None if it is not in it.
    pub place: Option<u64>,
    /// How many rows have it.
    pub rows: u64,
}

/// What the counts of a step say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// Rows whose value is not in the list.
    pub rows: u64,
    /// The sentences about them, and about values of the list that no row has.
    pub warnings: Vec<String>,
}

impl ListedStep {
    /// A relation that counts the rows of each value: the value as a text, its place in the list, rows.
    pub fn counts(&self) -> Rel {
        let place = |at: usize| Expr::literal(Value::Int(at as i64)); // a list in a text is short
        let branches = self.list.iter().enumerate().map(|(at, (_, is_it))| (is_it.clone(), place(at))).collect();
        let case = Expr { kind: ExprKind::Case { branches, otherwise: None }, data_type: DataType::Int };
        let grouped = Rel::Aggregate {
            input: Box::new(self.input.clone()),
            keys: vec![("value".to_owned(), self.value.clone()), ("place".to_owned(), case)],
            metrics: vec![("rows".to_owned(), AggCall::rows())],
        };
        let value = Expr::column("value", self.value.data_type).cast(DataType::String);
        let same = |name: &str| (name.to_owned(), Expr::column(name, DataType::Int));
        Rel::Project {
            input: Box::new(grouped),
            columns: vec![("value".to_owned(), value), same("place"), same("rows")],
        }
    }

    /// What these counts say, which come in the order of the values.
    pub fn told(&self, counts: &[ListedCount]) -> Unlisted {
        let mut others: Vec<&ListedCount> = counts.iter().filter(|count| count.place.is_none()).collect();
        // Those of most rows first; of equally many the smaller value.
        others.sort_by_key(|count| std::cmp::Reverse(count.rows));
        let rows = others.iter().map(|count| count.rows).sum();
        let mut warnings = Vec::new();
        if rows > 0 {
            let all: u64 = counts.iter().map(|count| count.rows).sum();
            let such =
                listing(others.iter().map(|count| format!("{} ({})", self.shown(count), quantity(count.rows, "row"))));
            let (are, their) = if rows == 1 { ("is", "its") } else { ("are", "their") };
            warnings.push(format!(
                "{} of {} {are} in no column of the pivot, because `in` does not list {their} `{}`: {such}",
                thousands(rows),
                quantity(all, "row"),
                self.value,
            ));
        }
        let has = |at: usize| counts.iter().any(|count| count.place == Some(at as u64));
        let absent: Vec<String> =
            (0..self.list.len()).filter(|at| !has(*at)).map(|at| self.list[at].0.clone()).collect();
        // Of no rows at all, the columns say it. Where rows are lost, such a value may be a misspelt one.
        if rows > 0 && !absent.is_empty() {
            warnings.push(format!("no row has the `{}` that `in` lists: {}", self.value, listing(absent.into_iter())));
        }
        Unlisted { rows, warnings }
    }

    fn shown(&self, count: &ListedCount) -> String {
        match (&count.value, self.value.data_type) {
            (None, _) => "NULL".to_owned(),
            (Some(text), DataType::String) => format!("'{text}'"),
            (Some(text), _) => text.clone(),
        }
    }
}

/// The first of them, and how many more there are.
fn listing(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(EXAMPLES);
    let shown = all.take(EXAMPLES).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

impl Rel {
    /// The lists that rows on the way to this relation should keep to, each once, those of the first steps first.
    pub fn lists(&self) -> Vec<&ListedStep> {
        let mut found = Vec::new();
        self.gather_lists(&mut found);
        found
    }

    fn gather_lists<'r>(&'r self, found: &mut Vec<&'r ListedStep>) {
        self.inputs().into_iter().for_each(|input| input.gather_lists(found));
        // What a recursion makes in a round is gone when it has ended.
        if let Self::Listed(step) = self
            && !found.contains(&&**step)
            && !step.input.reads_rounds()
        {
            found.push(step);
        }
    }

    /// Whether it reads what a [`Rel::Recursive`] around it has made in the round before, and differs from round to round.
    pub fn reads_rounds(&self) -> bool {
        matches!(self, Self::Working { .. }) || self.inputs().into_iter().any(Self::reads_rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Schema;

    fn step() -> ListedStep {
        let schema: Schema = [("month", DataType::String)].into_iter().collect();
        let value = Expr::column("month", DataType::String);
        let is_it = |text: &str| Expr {
            kind: ExprKind::Compare(
                crate::table::CmpOp::Eq,
                Box::new(value.clone()),
                Box::new(Expr::literal(Value::String(text.to_owned()))),
            ),
            data_type: DataType::Bool,
        };
        let list = ["Jan", "Feb"].map(|text| (text.to_owned(), is_it(text))).to_vec();
        ListedStep { input: Rel::Input { task: "t".to_owned(), schema }, value, list }
    }

    fn count(value: Option<&str>, place: Option<u64>, rows: u64) -> ListedCount {
        ListedCount { value: value.map(str::to_owned), place, rows }
    }

    #[test]
    fn what_is_not_listed_is_told_with_what_no_row_has() {
        let counts = [
            count(Some("Feb."), None, 2),
            count(Some("Jan"), Some(0), 7),
            count(Some("Mar"), None, 1200),
            count(Some("May"), None, 1),
            count(Some("Sep"), None, 1),
            count(None, None, 2),
        ];
        let Unlisted { rows, warnings } = step().told(&counts);
        assert_eq!(rows, 1206);
        insta::assert_snapshot!(warnings.join("\n"), @r"
        1,206 of 1,213 rows are in no column of the pivot, because `in` does not list their `month`: 'Mar' (1,200 rows), 'Feb.' (2 rows), NULL (2 rows) and 2 more
        no row has the `month` that `in` lists: Feb
        ");
    }

    #[test]
    fn a_month_that_is_still_to_come_is_no_warning() {
        assert_eq!(step().told(&[count(Some("Jan"), Some(0), 7)]), Unlisted { rows: 0, warnings: vec![] });
        assert_eq!(step().told(&[]), Unlisted { rows: 0, warnings: vec![] });
    }
}
