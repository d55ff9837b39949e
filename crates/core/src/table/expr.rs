//! Scalar expressions with their types resolved: every implicit cast is written out, every column exists.

use serde::Serialize;

use super::{DataType, Function, Value};

/// A typed expression over the columns of one relation.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The type of its value.
    pub data_type: DataType,
}

/// The forms of an expression. Operands of arithmetic and comparison have the types the operation works on: the binder has
/// put a [`ExprKind::Cast`] where the text had none.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub enum ExprKind {
    /// The column of that name.
    Column(String),
    /// A constant.
    Literal(Value),
    /// To `data_type` of the expression. A value that does not fit fails the task; the message names row and value.
    Cast(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `not x`, three-valued.
    Not(Box<Expr>),
    /// `x + y` and its kind; both operands of the result's type, except for dates (see [`ArithOp`]).
    Arith(ArithOp, Box<Expr>, Box<Expr>),
    /// `x < y` and its kind; both operands of one type; NULL if either is NULL.
    Compare(CmpOp, Box<Expr>, Box<Expr>),
    /// `x and y`, three-valued (Kleene).
    And(Box<Expr>, Box<Expr>),
    /// `x or y`, three-valued (Kleene).
    Or(Box<Expr>, Box<Expr>),
    /// `x is null`; with `negated`, `x is not null`. Never NULL.
    IsNull {
        /// What is looked at.
        operand: Box<Expr>,
        /// For `is not null`.
        negated: bool,
    },
    /// `x in (…)`: all of one type; NULL if `x` is NULL, or if it is in none and one of the list is NULL.
    InList {
        /// What is looked for.
        operand: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// For `not in`.
        negated: bool,
    },
    /// `x like 'a%'`: `%` any text, `_` any one character, both case-sensitive unless `ignore_case` (`ilike`).
    Like {
        /// The text.
        operand: Box<Expr>,
        /// The pattern, a constant.
        pattern: String,
        /// The character that takes `%` and `_` their meaning.
        escape: Option<char>,
        /// For `ilike`.
        ignore_case: bool,
        /// For `not like`.
        negated: bool,
    },
    /// `case when … then … else … end`; branches of the result's type, conditions bool.
    Case {
        /// Conditions and what follows from them, the first true one counts.
        branches: Vec<(Expr, Expr)>,
        /// Otherwise; NULL if not given.
        otherwise: Option<Box<Expr>>,
    },
    /// A function of scalars.
    Call(Function, Vec<Expr>),
}

/// Arithmetic. int ∘ int is int except `/`, which is float; with a float, float; decimals stay exact.
///
/// Dates: date + int (days) and date − int are date; date − date is int days; datetime ± int days is datetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ArithOp {
    /// `+`. Int and decimal overflow fails the task.
    Add,
    /// `-`. Likewise.
    Sub,
    /// `*`. Likewise.
    Mul,
    /// `/`. By zero: NULL, and counted as a warning.
    Div,
    /// `%`, the sign of the dividend. By zero: NULL, and counted as a warning.
    Mod,
}

impl ArithOp {
    /// How SQL writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum CmpOp {
    /// `=`.
    Eq,
    /// `<>`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
}

impl CmpOp {
    /// How SQL writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// A key to sort by. NULLs come last whatever the direction, unless `nulls_first`.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub struct SortKey {
    /// What to sort by.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
    /// Only if the SQL says `nulls first`.
    pub nulls_first: bool,
}

impl Expr {
    /// The column of that name and type.
    pub fn column(name: impl Into<String>, data_type: DataType) -> Self {
        Self { kind: ExprKind::Column(name.into()), data_type }
    }

    /// A constant.
    pub fn literal(value: Value) -> Self {
        Self { data_type: value.data_type(), kind: ExprKind::Literal(value) }
    }

    /// The same value as another type; itself if it is of that type already.
    #[must_use]
    pub fn cast(self, data_type: DataType) -> Self {
        if self.data_type == data_type { self } else { Self { kind: ExprKind::Cast(Box::new(self)), data_type } }
    }

    /// The expressions it is made of.
    pub fn operands(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) => vec![],
            ExprKind::Cast(operand)
            | ExprKind::Negate(operand)
            | ExprKind::Not(operand)
            | ExprKind::IsNull { operand, .. }
            | ExprKind::Like { operand, .. } => vec![operand],
            ExprKind::Arith(_, left, right)
            | ExprKind::Compare(_, left, right)
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right) => vec![left, right],
            ExprKind::InList { operand, list, .. } => std::iter::once(&**operand).chain(list).collect(),
            ExprKind::Case { branches, otherwise } => {
                branches.iter().flat_map(|(condition, value)| [condition, value]).chain(otherwise.as_deref()).collect()
            }
            ExprKind::Call(_, arguments) => arguments.iter().collect(),
        }
    }

    /// Calls `visit` with the name of every column it reads, in the order in which they occur.
    pub fn for_each_column<'x>(&'x self, visit: &mut dyn FnMut(&'x str)) {
        if let ExprKind::Column(name) = &self.kind {
            visit(name);
        }
        self.operands().into_iter().for_each(|operand| operand.for_each_column(visit));
    }
}
