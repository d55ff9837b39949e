//! Random pipelines over random tables, and what SQLite says must come of each of their tasks.
//!
//! A case is built from a list of numbers. Every step is written down twice, as YAML and as SQL for SQLite, where the fine
//! print of the pipeline file is spelled out: quotients of ints are floats, decimals are their digits, NULLs come last, the
//! order of rows is a column like any other.

mod aggregates;
mod cells;
mod choices;
mod conditions;
mod joins;
mod normalize;
mod queries;
mod scalar;
mod shadow;
mod sources;

use serde_json::json;
use tidemill_core::table::{DataType, Value};

use self::choices::Choices;
pub use self::choices::numbers;
use self::scalar::{Scalar, Scalars};
use self::shadow::Shadow;

/// A pipeline with its files, and what must come of it.
pub struct Case {
    /// Paths and contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// The tasks, indented as under `tasks:`.
    pub yaml: String,
    /// What must come of the tasks, in the order of the file.
    pub expected: Vec<(String, Expected)>,
}

/// What must come of a task.
pub enum Expected {
    /// This table.
    Table(Table),
    /// A failure.
    Failure,
}

/// A table with its rows.
pub struct Table {
    pub columns: Vec<(String, DataType)>,
    pub rows: Vec<Vec<Value>>,
    /// Rows rejected, by reason, in the order of the reasons.
    pub rejected: Vec<(String, u64)>,
}

impl Case {
    /// The case of these numbers. Its tasks' and files' names begin with the prefix.
    pub fn of(numbers: Vec<u32>, prefix: &str) -> Self {
        let mut world = World {
            choices: Choices::new(numbers),
            shadow: Shadow::new(),
            prefix: prefix.to_owned(),
            tables: Vec::new(),
            names: 0,
            case: Self { files: Vec::new(), yaml: String::new(), expected: Vec::new() },
        };
        world.build();
        world.case
    }
}

/// A task's table as far as it is known while a case is built.
#[derive(Clone)]
struct Known {
    task: String,
    /// The table of the shadow.
    step: String,
    columns: Vec<KnownColumn>,
    rows: usize,
}

/// Pairs of rows that a join may have to look at; beyond, a case would only take long.
const MOST_PAIRS: usize = 4_000;

/// A column of a known table.
#[derive(Clone)]
struct KnownColumn {
    name: String,
    data_type: DataType,
    bound: f64,
    exact: bool,
    /// Of texts that a source holds: what they mean, and in which columns of the shadow that stands.
    reading: Option<Reading>,
}

/// What the texts of a column mean.
#[derive(Clone)]
struct Reading {
    /// The YAML of the column's rule.
    rule: serde_json::Value,
    data_type: DataType,
    bound: f64,
    /// The shadow's column of values; NULL also where the text is invalid.
    value: usize,
    /// The shadow's column that says whether the text is valid.
    valid: usize,
}

/// A case under construction.
struct World {
    choices: Choices,
    shadow: Shadow,
    prefix: String,
    tables: Vec<Known>,
    names: usize,
    case: Case,
}

impl World {
    fn build(&mut self) {
        for _ in 0..=self.choices.below(2) {
            self.load();
        }
        for _ in 0..=self.choices.below(5) {
            let goes_on = match self.choices.below(7) {
                0 | 1 => self.normalize(),
                2 | 3 => self.join(),
                4 => self.aggregate(),
                _ => self.query(),
            };
            if !goes_on {
                break;
            }
        }
    }

    /// A new id of a task.
    fn id(&self) -> String {
        format!("{}t{}", self.prefix, self.case.expected.len())
    }

    /// A column's name that no other has.
    fn fresh(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    /// Writes a task down: its keys and their values.
    fn task(&mut self, id: &str, keys: &[(&str, serde_json::Value)]) {
        let keys: Vec<String> = keys.iter().map(|(key, value)| format!("    {key}: {value}\n")).collect();
        self.case.yaml += &format!("  {id}:\n{}", keys.concat());
    }

    /// Takes note that a task must fail: the case ends there.
    fn fails(&mut self, id: String) -> bool {
        self.case.expected.push((id, Expected::Failure));
        false
    }

    /// Takes note of a task's table.
    fn succeeds(
        &mut self,
        id: String,
        step: String,
        columns: Vec<KnownColumn>,
        mut rejected: Vec<(String, u64)>,
    ) -> bool {
        let types: Vec<DataType> = columns.iter().map(|column| column.data_type).collect();
        let rows = self.shadow.rows(&step, &types);
        rejected.retain(|(_, rows)| *rows > 0);
        rejected.sort();
        let columns_shown = columns.iter().map(|column| (column.name.clone(), column.data_type)).collect();
        self.tables.push(Known { task: id.clone(), step, columns, rows: rows.len() });
        self.case.expected.push((id, Expected::Table(Table { columns: columns_shown, rows, rejected })));
        true
    }

    fn any_table(&mut self) -> Known {
        let tables = self.tables.clone();
        self.choices.one(&tables)
    }

    fn scalars<'a>(&'a mut self, columns: &'a [Scalar]) -> Scalars<'a> {
        Scalars { choices: &mut self.choices, columns, may_fail: false }
    }

    /// Evaluates expressions over the rows of a step: a new step.
    fn project(&mut self, step: &str, columns: &[String], tail: &str) -> Result<String, String> {
        let list = if columns.is_empty() { "null".to_owned() } else { columns.join(", ") };
        let tail = if tail.is_empty() { "order by rowid" } else { tail };
        self.shadow.keep(columns.len().max(1), &format!("select {list} from {step} {tail}"))
    }
}

impl Known {
    /// Its columns as expressions over the table of that alias.
    fn scalars(&self, theirs: &str) -> Vec<Scalar> {
        self.columns.iter().enumerate().map(|(at, column)| column.scalar("", theirs, at)).collect()
    }

    fn width(&self) -> usize {
        self.columns.len()
    }
}

impl KnownColumn {
    fn of(name: impl Into<String>, scalar: &Scalar) -> Self {
        Self { name: name.into(), data_type: scalar.data_type, bound: scalar.bound, exact: scalar.exact, reading: None }
    }

    fn scalar(&self, ours: &str, theirs: &str, at: usize) -> Scalar {
        Scalar {
            ours: format!("{ours}{}", quoted(&self.name)),
            theirs: format!("{theirs}c{at}"),
            data_type: self.data_type,
            bound: self.bound,
            exact: self.exact,
        }
    }
}

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Pairs as a YAML map in their order; JSON is YAML.
fn map(pairs: impl IntoIterator<Item = (String, serde_json::Value)>) -> serde_json::Value {
    json!(pairs.into_iter().collect::<serde_json::Map<_, _>>())
}
