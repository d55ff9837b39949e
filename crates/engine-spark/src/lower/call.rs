//! A call of a scalar function, and how one is said.

use tidemill_core::table::{DataType, Expr, Function, Modifier, Value};

use super::literal::constant;
use super::{Lowering, refused};

/// A call, its arguments in SQL.
pub(super) struct Call<'a> {
    /// The function.
    pub function: Function,
    /// The arguments.
    pub exprs: &'a [Expr],
    /// The same in SQL.
    pub args: Vec<String>,
    /// The type of the result.
    pub to: DataType,
}

/// How a function is said.
pub(super) type Lower = fn(&Call<'_>) -> Lowering<String>;

/// A function that Spark computes with equal results.
pub(super) struct FunctionLowering {
    /// Its name.
    pub name: &'static str,
    /// How it is said.
    pub lower: Lower,
}

impl Call<'_> {
    /// The arguments with commas.
    pub fn list(&self) -> String {
        self.args.join(", ")
    }

    /// The type of an argument.
    pub fn of(&self, place: usize) -> DataType {
        self.exprs.get(place).map_or(DataType::Null, |arg| arg.data_type)
    }

    /// The constant text that an argument is.
    pub fn text(&self, place: usize, what: &str) -> Lowering<&str> {
        match self.exprs.get(place).and_then(constant) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(refused(format!("{what} that is no constant cannot be used"))),
        }
    }

    /// What the function is told beside its arguments.
    pub fn modifier(&self) -> Lowering<Modifier> {
        self.function.modifier.ok_or_else(|| refused(format!("`{}` lacks its part", self.function.name)))
    }

    /// A function that Spark wants at least two arguments for.
    pub fn several(&self, name: &str) -> String {
        if self.args.len() == 1 { self.args[0].clone() } else { format!("{name}({})", self.list()) }
    }
}
