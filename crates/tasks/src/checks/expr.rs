//! `expr`: an expression is true of every row.

use serde::{Deserialize, Serialize};
use tidemill_core::spec::SqlText;
use tidemill_core::sql::bind_predicate;
use tidemill_core::table::{CheckKind, Expr};

use super::{CheckCompiler, CheckParameters};

/// The expression.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub struct Expression(SqlText);

impl CheckParameters for Expression {
    const NAME: &'static str = "expr";
    const SUMMARY: &'static str = "An expression that is true.";

    type Form = SqlText;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        match bind_predicate(&self.0, compiler.row_columns(), compiler.cx.sources) {
            Ok(predicate) => {
                let columns = columns_of(&predicate);
                let name = format!("expr: {}", self.0.raw.trim());
                compiler.check(name, CheckKind::RowsSatisfy { predicate, columns });
            }
            Err(mistakes) => compiler.mistakes(mistakes),
        }
    }
}

/// The columns that an expression reads, in the order in which they occur.
fn columns_of(expr: &Expr) -> Vec<String> {
    let mut columns = Vec::new();
    expr.for_each_column(&mut |name| {
        if !columns.iter().any(|known| known == name) {
            columns.push(name.to_owned());
        }
    });
    columns
}
