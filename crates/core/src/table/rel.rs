//! The relational steps of a table job.

use serde::{Deserialize, Serialize};

use super::{AggCall, CmpOp, DataType, EngineError, Expr, ExprKind, Scan, Schema, SortKey, Value, WindowCall};

/// A relation: a source, or a step over other relations. The order of its rows is defined.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Rel {
    /// The table of an upstream task.
    Input {
        /// The task.
        task: String,
        /// Its columns.
        schema: Schema,
    },
    /// Files.
    Scan(Scan),
    /// One row without columns, for `select` without `from`.
    Unit,
    /// Each row several times in succession, with columns appended that differ from time to time.
    Expand {
        /// What it works on.
        input: Box<Rel>,
        /// The columns: names, and a value for each time, equally many and of one type.
        columns: Vec<(String, Vec<Expr>)>,
    },
    /// Each row once for every value of a series, which is appended as a column; not at all where a bound is NULL.
    Series {
        /// What it works on.
        input: Box<Rel>,
        /// The column's name.
        column: String,
        /// The first value: an int, a date or a datetime.
        start: Expr,
        /// What no value goes beyond, of the same type.
        stop: Expr,
        /// From one value to the next.
        step: SeriesStep,
    },
    /// Some rows, and then again and again those that a step makes of the rows before, until it makes none.
    Recursive {
        /// The name under which the step reads the rows before.
        name: String,
        /// The first rows.
        start: Box<Rel>,
        /// What is made of the rows before; its columns are matched by place.
        step: Box<Rel>,
        /// Rows that were there before stay; without, they are left out, in the first rows too.
        all: bool,
    },
    /// In the step of the [`Rel::Recursive`] of that name: the rows before.
    Working {
        /// The name.
        name: String,
        /// The columns.
        schema: Schema,
    },
    /// Some rows chosen by chance, in their order; the same of the same rows every time.
    Sample {
        /// What it works on.
        input: Box<Rel>,
        /// How many.
        size: SampleSize,
        /// Another choice for another number.
        seed: u64,
    },
    /// These columns and no others, computed from the input's row.
    Project {
        /// What it works on.
        input: Box<Rel>,
        /// Names, unique, and values.
        columns: Vec<(String, Expr)>,
    },
    /// The rows for which the predicate is true.
    Filter {
        /// What it works on.
        input: Box<Rel>,
        /// A bool.
        predicate: Expr,
        /// The name under which dropped rows are accounted (`where`, `missing: drop`, `having`); none inside SQL.
        account: Option<String>,
    },
    /// Texts become values (normalize's `columns`): columns replaced in place.
    Convert {
        /// What it works on.
        input: Box<Rel>,
        /// The columns that are converted; all others pass.
        columns: Vec<Conversion>,
        /// What becomes of a value that does not fit.
        on_invalid: OnInvalid,
    },
    /// NULLs of columns replaced (normalize's `missing`, join's `fill`).
    Fill {
        /// What it works on.
        input: Box<Rel>,
        /// Which columns and how.
        columns: Vec<(String, Fill)>,
    },
    /// Rows taken out with a reason (normalize's `reject`): the first rule that is true gives it.
    Reject {
        /// What it works on.
        input: Box<Rel>,
        /// The rules in order.
        rules: Vec<RejectRule>,
    },
    /// The first row of those that are equal in `on`, in the input's order; NULL equals NULL here.
    Distinct {
        /// What it works on.
        input: Box<Rel>,
        /// The columns compared; all if none is given.
        on: Option<Vec<String>>,
    },
    /// The same rows, of which it is told whether their values are those of a list.
    Listed(Box<ListedStep>),
    /// Two relations side by side.
    Join(Box<JoinStep>),
    /// Each left row with the one right row that lies nearest.
    Asof(Box<AsofStep>),
    /// One row for each group, in the order of the keys ascending, NULLs last; NULL is a group of its own.
    Aggregate {
        /// What it works on.
        input: Box<Rel>,
        /// Names and values of the keys; with none the result has one row, even over no rows.
        keys: Vec<(String, Expr)>,
        /// Names and values of the metrics.
        metrics: Vec<(String, AggCall)>,
    },
    /// Columns appended that look at other rows too.
    Window {
        /// What it works on.
        input: Box<Rel>,
        /// Names and calls.
        columns: Vec<(String, WindowCall)>,
    },
    /// Rows in another order; rows with equal keys keep theirs.
    Sort {
        /// What it works on.
        input: Box<Rel>,
        /// The keys, the first one first.
        by: Vec<SortKey>,
    },
    /// Some rows from the start.
    Limit {
        /// What it works on.
        input: Box<Rel>,
        /// Rows left out first.
        offset: u64,
        /// Rows kept at most.
        count: Option<u64>,
    },
    /// Set operations; both sides have the same types in order, the names are the left side's.
    SetOp {
        /// Which.
        kind: SetOpKind,
        /// With `all`, duplicates stay.
        all: bool,
        /// First all of this,
        left: Box<Rel>,
        /// then that; without `all` the first of equal rows stays.
        right: Box<Rel>,
    },
}

/// From one value of a series to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum SeriesStep {
    /// An int that is added; below zero the series descends, NULL makes no value, zero fails the task.
    Number(Expr),
    /// Months, days and then microseconds; the day is clipped to the month each time. Never all zero or of mixed signs.
    Interval {
        /// Months.
        months: i64,
        /// Days.
        days: i64,
        /// Microseconds, of datetimes only.
        micros: i64,
    },
}

/// How many rows are chosen by chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum SampleSize {
    /// So many, or all if there are fewer.
    Rows(u64),
    /// Each row with this chance, 0 to 1.
    Fraction(f64),
}

/// A set operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SetOpKind {
    /// Rows of either.
    Union,
    /// Rows of the left that are in the right too.
    Intersect,
    /// Rows of the left that are not in the right.
    Except,
}

/// One column's conversion. Steps: strip → trim → case → map → parse to `data_type`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conversion {
    /// The column.
    pub column: String,
    /// The type it gets.
    pub data_type: DataType,
    /// `money`: currency signs, white space and thousands commas are taken off before parsing; two currencies in the column warn.
    pub money: bool,
    /// strftime formats tried in order, for dates, datetimes and times; empty: ISO 8601.
    pub formats: Vec<String>,
    /// White space at the ends taken off; a text that is empty then is NULL.
    pub trim: bool,
    /// Letters in one case.
    pub case: Option<TextCase>,
    /// Characters taken out wherever they stand.
    pub strip: Option<String>,
    /// Texts replaced as a whole; NULL for a value that means none.
    pub map: Vec<(String, Value)>,
}

/// The case of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextCase {
    /// all small
    Lower,
    /// ALL CAPITALS
    Upper,
    /// Each Word With A Capital
    Title,
}

/// What becomes of a value that does not fit its declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnInvalid {
    /// The task fails and says row, column and value.
    Fail,
    /// The row is rejected.
    Reject,
    /// The value becomes NULL, and is counted.
    Null,
}

/// How NULLs of a column are filled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Fill {
    /// By the mean of the others, in the column's type (ints and decimals rounded half-even).
    Mean,
    /// By the median of the others, likewise.
    Median,
    /// By zero.
    Zero,
    /// By a constant of the column's type.
    Value(Value),
}

/// Rows to take out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RejectRule {
    /// Which: where this is true.
    pub predicate: Expr,
    /// Why, as the rejects file says it.
    pub reason: String,
}

/// How two relations are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JoinKind {
    /// Pairs.
    #[default]
    Inner,
    /// Pairs, and the left rows that found none.
    Left,
    /// Pairs, and the right rows that found none, in the order of the right side behind the pairs.
    Right,
    /// Pairs, then the left rows that found none in their place, then the right rows that found none.
    Full,
    /// Left rows that found a pair, once each.
    Semi,
    /// Left rows that found none.
    Anti,
    /// Every left row with every right row.
    Cross,
}

/// What `expect` promises, read left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cardinality {
    /// No key twice on either side.
    OneToOne,
    /// No key twice on the left.
    OneToMany,
    /// No key twice on the right.
    ManyToOne,
    /// Anything.
    ManyToMany,
}

/// Keys that a diagnosis shows of rows without a pair.
pub const JOIN_EXAMPLES: usize = 5;

impl Cardinality {
    /// Whether no key may stand twice on the left, and on the right.
    pub fn unique_sides(self) -> (bool, bool) {
        match self {
            Self::OneToOne => (true, true),
            Self::OneToMany => (true, false),
            Self::ManyToOne => (false, true),
            Self::ManyToMany => (false, false),
        }
    }

    /// That a side has a key several times against it.
    pub fn broken(self, side: &str, key: &str, times: u64) -> EngineError {
        let name = match self {
            Self::OneToOne => "one_to_one",
            Self::OneToMany => "one_to_many",
            Self::ManyToOne => "many_to_one",
            Self::ManyToMany => "many_to_many",
        };
        EngineError::Value {
            message: format!("expected {name}, but the {side} side has key {key} {times} times"),
            help: Some("remove the duplicates first, or say what the join really is in `expect`".to_owned()),
        }
    }
}

/// A join. Its rows come in the order of the left side, for one left row in the order of the right side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JoinStep {
    /// The left side.
    pub left: Rel,
    /// The right side. It shares no column name with the left.
    pub right: Rel,
    /// How.
    pub kind: JoinKind,
    /// Pairs of keys, left and right, of one type each. NULL matches nothing.
    pub on: Vec<(Expr, Expr)>,
    /// What must be true of a pair beside; part of the join's condition, so that an outer join keeps the row.
    pub condition: Option<Expr>,
    /// What the author says of the keys; broken, the task fails before it publishes.
    pub expect: Option<Cardinality>,
    /// Names of the sides for the diagnosis, given for `join` tasks; none inside SQL, where nothing is diagnosed.
    pub diagnose: Option<(String, String)>,
}

/// A join with at most one right row for each left row: of those for which the comparison is true, the one whose value is
/// nearest to the left value. Of several of that value it is the last where the right value is the smaller one, else the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AsofStep {
    /// The left side, whose order the rows keep.
    pub left: Rel,
    /// The right side. It shares no column name with the left.
    pub right: Rel,
    /// Pairs of keys, left and right, of one type each. NULL matches nothing.
    pub on: Vec<(Expr, Expr)>,
    /// How a left value compares with a right one that counts: by `<`, `<=`, `>` or `>=`.
    pub op: CmpOp,
    /// The values that are compared, left and right, of one type. NULL matches nothing.
    pub nearest: (Expr, Expr),
    /// Left rows without a right one stay.
    pub keeps_left: bool,
}

/// The rows of a relation as they are, whose value should be one of a list. It is told how many rows have another, and which
/// values of the list no row has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedStep {
    /// The rows.
    pub input: Rel,
    /// What is looked at.
    pub value: Expr,
    /// The list: what each value is called, and whether a row has it.
    pub list: Vec<(String, Expr)>,
}

impl Rel {
    /// The columns of the result.
    pub fn schema(&self) -> Schema {
        match self {
            Self::Input { schema, .. } => schema.clone(),
            Self::Scan(scan) => scan.schema.clone(),
            Self::Unit => Schema::new(),
            Self::Working { schema, .. } => schema.clone(),
            Self::Recursive { start, .. } => start.schema(),
            Self::Expand { input, columns } => {
                let mut schema = input.schema();
                for (name, values) in columns {
                    schema.set(name, values.first().map_or(DataType::Null, |value| value.data_type));
                }
                schema
            }
            Self::Series { input, column, start, .. } => {
                let mut schema = input.schema();
                schema.set(column, start.data_type);
                schema
            }
            Self::Project { columns, .. } => {
                columns.iter().map(|(name, expr)| (name.as_str(), expr.data_type)).collect()
            }
            Self::Filter { input, .. }
            | Self::Reject { input, .. }
            | Self::Fill { input, .. }
            | Self::Distinct { input, .. }
            | Self::Sort { input, .. }
            | Self::Sample { input, .. }
            | Self::Limit { input, .. } => input.schema(),
            Self::Convert { input, columns, .. } => {
                let mut schema = input.schema();
                columns.iter().for_each(|conversion| schema.set(&conversion.column, conversion.data_type));
                schema
            }
            Self::Listed(step) => step.input.schema(),
            Self::Join(step) => step.schema(),
            Self::Asof(step) => beside(&step.left, &step.right),
            Self::Aggregate { keys, metrics, .. } => keys
                .iter()
                .map(|(name, expr)| (name.as_str(), expr.data_type))
                .chain(metrics.iter().map(|(name, call)| (name.as_str(), call.data_type)))
                .collect(),
            Self::Window { input, columns } => {
                let mut schema = input.schema();
                columns.iter().for_each(|(name, call)| schema.set(name, call.data_type));
                schema
            }
            Self::SetOp { left, .. } => left.schema(),
        }
    }

    /// The relations it works on.
    pub fn inputs(&self) -> Vec<&Rel> {
        match self {
            Self::Input { .. } | Self::Scan(_) | Self::Unit | Self::Working { .. } => vec![],
            Self::Project { input, .. }
            | Self::Expand { input, .. }
            | Self::Series { input, .. }
            | Self::Sample { input, .. }
            | Self::Filter { input, .. }
            | Self::Convert { input, .. }
            | Self::Fill { input, .. }
            | Self::Reject { input, .. }
            | Self::Distinct { input, .. }
            | Self::Aggregate { input, .. }
            | Self::Window { input, .. }
            | Self::Sort { input, .. }
            | Self::Limit { input, .. } => vec![input],
            Self::Listed(step) => vec![&step.input],
            Self::Join(step) => vec![&step.left, &step.right],
            Self::Asof(step) => vec![&step.left, &step.right],
            Self::SetOp { left, right, .. } => vec![left, right],
            Self::Recursive { start, step, .. } => vec![start, step],
        }
    }

    /// The column that a key of a join is, by the name that its own table has for it: beside the other side it may have got
    /// another one.
    pub fn key_name<'a>(&'a self, key: &'a Expr) -> Option<&'a str> {
        let name = match &key.kind {
            ExprKind::Column(name) => name,
            ExprKind::Cast(inner) => return self.key_name(inner),
            _ => return None,
        };
        let Self::Project { columns, .. } = self else { return Some(name) };
        match columns.iter().find(|(new, _)| new == name).map(|(_, expr)| &expr.kind) {
            Some(ExprKind::Column(own)) => Some(own),
            _ => Some(name),
        }
    }

    /// Whether rows can be rejected somewhere in it, so that a rejects file is due.
    pub fn can_reject(&self) -> bool {
        match self {
            Self::Reject { .. } | Self::Convert { on_invalid: OnInvalid::Reject, .. } => true,
            _ => self.inputs().into_iter().any(Self::can_reject),
        }
    }
}

impl JoinStep {
    /// The columns of both sides, or of the left alone for semi and anti joins.
    pub fn schema(&self) -> Schema {
        match self.kind {
            JoinKind::Semi | JoinKind::Anti => self.left.schema(),
            _ => beside(&self.left, &self.right),
        }
    }
}

/// The columns of both.
fn beside(left: &Rel, right: &Rel) -> Schema {
    let fields = [left.schema(), right.schema()].into_iter().flat_map(|schema| schema.fields().to_vec());
    fields.map(|field| (field.name, field.data_type)).collect()
}
