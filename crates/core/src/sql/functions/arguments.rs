//! The arguments of a call, as the function declares them.

use sqlparser::ast::{Expr as Ast, Spanned};

use crate::diagnostic::Diagnostic;
use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::text::{Bound, all};
use crate::sql::type_names::named;
use crate::sql::types::coerce;
use crate::table::{DataType, Expr, ExprKind, Value};

use super::call::Call;
use super::definition::{Accepts, NUMBER, Parameter};

impl Call<'_> {
    /// Binds the arguments; `common` names those of one common type in messages. There are as many as the function takes.
    pub(in crate::sql) fn arguments(&self, env: &mut Env<'_>, common: &str) -> Bound<Vec<Expr>> {
        let parameters = self.definition.parameters;
        let declared = self.args.iter().zip(parameters.iter().chain(parameters.last().into_iter().cycle()));
        let bound = all(declared.clone().map(|(ast, parameter)| self.argument(ast, parameter, env)))?;
        let is_common: Vec<bool> =
            declared.map(|(_, parameter)| matches!(parameter.accepts, Accepts::Common)).collect();
        let shared = bound.iter().zip(self.args).zip(&is_common).filter(|(_, is_common)| **is_common);
        let shared = shared.map(|((expr, ast), _)| (expr.clone(), *ast)).collect();
        let mut shared = self.binder.unify(shared, common)?.into_iter();
        let settled = |(expr, is_common)| if is_common { shared.next().unwrap_or(expr) } else { expr };
        Ok(bound.into_iter().zip(is_common).map(settled).collect())
    }

    fn argument(&self, ast: &Ast, parameter: &Parameter, env: &mut Env<'_>) -> Bound<Expr> {
        let binder = self.binder;
        let what = format!("`{}`", self.name);
        match parameter.accepts {
            Accepts::Any(_) => binder.value(ast, env),
            Accepts::Written => Ok(coerce(binder.value(ast, env)?, DataType::String)),
            Accepts::Common => binder.expr(ast, env),
            Accepts::OneOf(types) => binder.expect(ast, env, &what, types),
            Accepts::Float => Ok(coerce(binder.expect(ast, env, &what, NUMBER)?, DataType::Float)),
            Accepts::Summand => summand(binder, ast, env, &what),
            Accepts::FloatSummand => Ok(coerce(summand(binder, ast, env, &what)?, DataType::Float)),
            Accepts::Condition => binder.condition(ast, env),
            Accepts::ConstantInt { least, most } => {
                let expr = binder.value(ast, env)?;
                let Some(int) = literal::as_int(&expr) else {
                    let what = format!("the {} of `{}`", parameter.name, self.definition.name);
                    return Err(binder.text.wrong(ast.span(), format!("{what} must be a constant whole number"), ""));
                };
                if (least..=most).contains(&int) {
                    return Ok(expr);
                }
                let message = format!("`{}` takes {least} to {most} {}", self.definition.name, parameter.name);
                Err(binder.text.wrong(ast.span(), message, ""))
            }
            Accepts::ConstantFraction => {
                let expr = coerce(binder.value(ast, env)?, DataType::Float);
                match expr.kind {
                    ExprKind::Literal(Value::Float(fraction)) if (0.0..=1.0).contains(&fraction) => Ok(expr),
                    _ => {
                        let what = format!("the {} of `{}`", parameter.name, self.definition.name);
                        let message = format!("{what} must be a constant from 0 to 1");
                        Err(binder.text.wrong(ast.span(), message, ""))
                    }
                }
            }
            Accepts::ConstantText => {
                let expr = binder.value(ast, env)?;
                self.constant_text(&expr, ast, parameter, "")?;
                Ok(expr)
            }
            Accepts::ConstantSyntax(check) => {
                let expr = binder.value(ast, env)?;
                let text = self.constant_text(&expr, ast, parameter, "not a constant")?;
                match check(text) {
                    Ok(()) => Ok(expr),
                    Err((message, label)) => Err(binder.text.wrong(ast.span(), message, label)),
                }
            }
        }
    }

    fn constant_text<'e>(&self, expr: &'e Expr, ast: &Ast, parameter: &Parameter, label: &str) -> Bound<&'e str> {
        literal::as_string(expr).ok_or_else(|| {
            let message = format!("the {} of `{}` must be a text constant", parameter.name, self.definition.name);
            self.binder.text.wrong(ast.span(), message, label)
        })
    }
}

/// A number to add up.
fn summand(binder: &Binder<'_>, ast: &Ast, env: &mut Env<'_>, what: &str) -> Bound<Expr> {
    let value = binder.value(ast, env)?;
    let found = value.data_type;
    match found {
        DataType::Null => return Ok(coerce(value, DataType::Float)),
        found if found.is_numeric() => return Ok(value),
        _ => {}
    }
    let diagnostic = Diagnostic::error(format!("{what} takes numbers"))
        .at(binder.text.place(ast.span()), format!("this is {}", named(found)));
    Err(vec![match found {
        DataType::Bool => diagnostic.help("to count: `count(*) filter (where …)`"),
        DataType::String => {
            diagnostic.help("convert it: `cast(… as float)`, or give the column a type in a `normalize` task")
        }
        _ => diagnostic,
    }])
}
