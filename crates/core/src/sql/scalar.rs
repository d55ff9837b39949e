//! Expressions: from what stands in the text to what it means.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType as AstType, Expr as Ast, Function as AstFunction, Spanned,
    UnaryOperator, ValueWithSpan,
};

use crate::diagnostic::{Diagnostic, nearest};
use crate::table::{ArithOp, CmpOp, DataType, Expr, ExprKind, Function, Value};

use super::binder::Binder;
use super::column_scope::Found;
use super::env::{Allowed, Env, is_window, outer_name};
use super::literal;
use super::text::{Bound, all, both};
use super::type_names::{kind_name, named};
use super::types::{coerce, common, harden, is_soft, same_kind};
use super::walk::{all_of, any_column, any_of, boolean, compare, is_null, rewrite};
use super::{functions, operators};

/// How deep an expression may be; chains of `and` and of `or` count once.
const MAX_DEPTH: usize = 200;

impl Binder<'_> {
    /// An expression whose type is final: numbers with a point that stand beside nothing are floats.
    pub(super) fn value(&self, ast: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
        self.expr(ast, env).map(harden)
    }

    /// A condition: true, false or NULL.
    pub(super) fn condition(&self, ast: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
        let expr = self.expr(ast, env)?;
        match expr.data_type {
            DataType::Bool | DataType::Null => Ok(coerce(expr, DataType::Bool)),
            other => {
                let help = match other {
                    DataType::Int | DataType::Float | DataType::Decimal { .. } => "compare it: `… <> 0`",
                    DataType::String => "compare it: `… = 'yes'`",
                    _ => "compare it, or use `is not null`",
                };
                Err(vec![
                    Diagnostic::error(format!("a condition must be true or false; this is {}", named(other)))
                        .at(self.text.place(ast.span()), named(other))
                        .help(help),
                ])
            }
        }
    }

    /// An expression of that type or one that widens to it.
    pub(super) fn expect(&self, ast: &Ast, env: &mut Env<'_>, what: &str, accept: &[DataType]) -> Bound<Expr> {
        let expr = self.value(ast, env)?;
        self.expected(expr, ast, what, accept)
    }

    /// As [`Binder::expect`], of a bound expression.
    pub(super) fn expected(&self, expr: Expr, ast: &Ast, what: &str, accept: &[DataType]) -> Bound<Expr> {
        if accept.iter().any(|kind| same_kind(*kind, expr.data_type)) || expr.data_type == DataType::Null {
            return Ok(if expr.data_type == DataType::Null { coerce(expr, accept[0]) } else { expr });
        }
        if let (Some(string), true) = (literal::as_string(&expr), accept[0].is_temporal()) {
            return literal::parse_as(self.text, string, accept[0], ast.span()).map(Expr::literal);
        }
        let list: Vec<&str> = accept.iter().map(|kind| kind_name(*kind)).collect();
        let diagnostic =
            Diagnostic::error(format!("{what} takes {}; this is {}", list.join(" or "), named(expr.data_type)))
                .at(self.text.place(ast.span()), named(expr.data_type));
        Err(vec![match accept.iter().find(|to| castable(expr.data_type, **to)) {
            Some(to) => diagnostic.help(format!("convert it: `cast(… as {to})`")),
            None if expr.data_type.is_temporal() => diagnostic
                .help("parts of it are numbers: `extract(month from …)`; it is cut by `date_trunc('month', …)`"),
            None => diagnostic,
        }])
    }

    /// An expression as it stands, in which a number with a point may still wait for its neighbour.
    pub(super) fn expr(&self, ast: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
        if env.depth >= MAX_DEPTH {
            return Err(self.text.wrong(
                ast.span(),
                "this expression is too deep",
                format!("more than {MAX_DEPTH} operators inside one another"),
            ));
        }
        env.depth += 1;
        let bound = self.node(ast, env);
        env.depth -= 1;
        bound
    }

    fn node(&self, ast: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
        match ast {
            Ast::Nested(inner) => self.expr(inner, env),
            Ast::Value(value) => literal::literal(self.text, value),
            Ast::Identifier(name) => self.column(None, name, env),
            Ast::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, name] => self.column(Some(table), name, env),
                _ => Err(self.text.unsupported(ast.span(), "a name of three parts", "write `table.column`")),
            },
            Ast::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
                self.chain(ast, left, right, env)
            }
            Ast::BinaryOp { left, op, right } => operators::binary(self, left, op, right, env),
            Ast::UnaryOp { op, expr } => self.unary(*op, expr, env),
            Ast::IsNull(operand) => Ok(is_null(self.value(operand, env)?, false)),
            Ast::IsNotNull(operand) => Ok(is_null(self.value(operand, env)?, true)),
            Ast::IsUnknown(operand) => Ok(is_null(self.condition(operand, env)?, false)),
            Ast::IsNotUnknown(operand) => Ok(is_null(self.condition(operand, env)?, true)),
            Ast::IsTrue(operand) => self.is_bool(operand, true, false, env),
            Ast::IsNotTrue(operand) => self.is_bool(operand, true, true, env),
            Ast::IsFalse(operand) => self.is_bool(operand, false, false, env),
            Ast::IsNotFalse(operand) => self.is_bool(operand, false, true, env),
            Ast::IsDistinctFrom(a, b) => self.distinct_from(a, b, true, env),
            Ast::IsNotDistinctFrom(a, b) => self.distinct_from(a, b, false, env),
            Ast::Between { expr, negated, low, high } => self.between(expr, low, high, *negated, env),
            Ast::InList { expr, list, negated } => self.in_list(expr, list, *negated, env),
            Ast::Like { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_deref(), *negated, false, env)
            }
            Ast::ILike { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_deref(), *negated, true, env)
            }
            Ast::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), env)
            }
            Ast::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None } => {
                self.cast(expr, data_type, env)
            }
            Ast::Cast { kind: CastKind::TryCast, expr, data_type, format: None } => self.try_cast(expr, data_type, env),
            Ast::Cast { kind: CastKind::SafeCast, .. } => {
                Err(self.text.unsupported(ast.span(), "`safe_cast`", "here it is called `try_cast`"))
            }
            Ast::TypedString(typed) => {
                let to = self.data_type(&typed.data_type, typed.value.span)?;
                let string = literal::literal(self.text, &typed.value)?;
                match literal::as_string(&string) {
                    Some(string) => {
                        let value = Expr::literal(literal::parse_as(self.text, string, to, typed.value.span)?);
                        Ok(if is_soft(&value) { settled_literal(value, to) } else { value })
                    }
                    None => Err(self.text.wrong(typed.value.span, format!("expected a text behind `{to}`"), "")),
                }
            }
            Ast::Extract { field, expr, .. } => functions::extract(self, field, expr, env),
            Ast::AtTimeZone { timestamp, time_zone } => functions::at_time_zone(self, timestamp, time_zone, env),
            Ast::Position { expr, r#in } => functions::position(self, expr, r#in, env),
            Ast::Ceil { expr, field } => functions::ceil_floor(self, "ceil", expr, field, env),
            Ast::Floor { expr, field } => functions::ceil_floor(self, "floor", expr, field, env),
            Ast::Substring { expr, substring_from, substring_for, .. } => {
                functions::substring(self, expr, substring_from.as_deref(), substring_for.as_deref(), env)
            }
            Ast::Trim { expr, trim_where, trim_what, trim_characters } => {
                let characters = trim_characters.iter().flatten().chain(trim_what.as_deref());
                functions::trim(self, expr, *trim_where, &characters.collect::<Vec<_>>(), env)
            }
            Ast::Function(call) => self.call(call, env),
            Ast::InSubquery { .. } | Ast::Exists { .. } | Ast::Subquery(_) if env.of_key(ast).is_some() => {
                env.of_key(ast).ok_or_else(Vec::new)
            }
            Ast::InSubquery { expr, subquery, negated } => self.in_subquery(expr, subquery, *negated, env),
            Ast::AnyOp { left, compare_op, right, .. } => self.quantified(left, compare_op, right, false, env),
            Ast::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true, env),
            Ast::Exists { subquery, negated } => self.exists(subquery, *negated, env),
            Ast::Subquery(query) => self.scalar_subquery(query, env),
            Ast::RLike { expr, regexp, .. } => {
                let word = if *regexp { "`regexp`" } else { "`rlike`" };
                Err(self.text.unsupported(expr.span(), word, "use `regexp_like(text, pattern)`"))
            }
            Ast::Interval(interval) => Err(super::interval::no_value(self, interval.value.span())),
            other => Err(self.text.unsupported(other.span(), &format!("`{}`", shortened(other)), "")),
        }
    }

    fn call(&self, call: &AstFunction, env: &mut Env<'_>) -> Bound<Expr> {
        functions::call(self, call, env)
    }

    /// A column by its name.
    fn column(
        &self,
        table: Option<&sqlparser::ast::Ident>,
        name: &sqlparser::ast::Ident,
        env: &mut Env<'_>,
    ) -> Bound<Expr> {
        let alias = match table {
            None => env.aliases.find(name, |_, _| true),
            Some(_) => Vec::new(),
        };
        let usable = |expr: &Expr| {
            let windowed = env.allowed == Allowed::Aggregates && any_column(expr, &is_window);
            env.within.is_none() && !windowed
        };
        let alias = match alias.as_slice() {
            [at] => Some(&env.aliases[*at].1).filter(|expr| usable(expr)).cloned(),
            _ => None,
        };
        if let (Some(expr), true) = (&alias, env.aliases_first) {
            return Ok(expr.clone());
        }
        let mut missing = match env.scope.find(self.text, table, name)? {
            Found::Column(expr) => {
                if env.within.is_none() {
                    expr.for_each_column(&mut |column| {
                        env.seen.entry(column.to_owned()).or_insert(name.span);
                    });
                }
                return Ok(expr);
            }
            Found::Missing(diagnostic) => diagnostic,
        };
        if let Some(expr) = alias {
            return Ok(expr);
        }
        if let Some(expr) = self.outer_column(table, name)? {
            return Ok(expr);
        }
        let later = super::column_scope::matching(&env.later, name, |(later, _)| Some(later.as_str()));
        if let ([(_, instead), ..], None) = (later.as_slice(), table) {
            missing.help = vec![instead.clone()];
            return Err(vec![missing]);
        }
        let further = env.aliases.iter().map(|(alias, _)| alias.as_str()).filter(|_| table.is_none());
        if let Some(near) = nearest(&name.value, further)
            && !missing.help.iter().any(|help| help.starts_with("did you mean"))
        {
            missing.help = vec![format!("did you mean `{near}`?")];
        }
        Err(vec![missing])
    }

    /// A column of a query around this one, the nearest first.
    fn outer_column(&self, table: Option<&sqlparser::ast::Ident>, name: &sqlparser::ast::Ident) -> Bound<Option<Expr>> {
        let queries = std::iter::successors(self.outer.as_deref(), |outer| outer.outer.as_deref());
        for (level, query) in queries.enumerate() {
            if let Found::Column(expr) = query.scope.find(self.text, table, name)? {
                return Ok(Some(rewrite(expr, &mut |node| match &node.kind {
                    ExprKind::Column(name) => {
                        let named = (0..=level).fold(name.clone(), |name, _| outer_name(&name));
                        Some(Expr::column(named, node.data_type))
                    }
                    _ => None,
                })));
            }
        }
        Ok(None)
    }

    /// `a and b and c`, or the same with `or`, as a balanced tree.
    fn chain(&self, ast: &Ast, left: &Ast, right: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
        let is_and = matches!(ast, Ast::BinaryOp { op: BinaryOperator::And, .. });
        let mut parts = vec![right];
        let mut rest = left;
        while let Ast::BinaryOp { left, op, right } = rest {
            if !matches!((is_and, op), (true, BinaryOperator::And) | (false, BinaryOperator::Or)) {
                break;
            }
            parts.push(right);
            rest = left;
        }
        parts.push(rest);
        let parts = all(parts.into_iter().rev().map(|part| self.condition(part, env)))?;
        let joined = if is_and { all_of(parts) } else { any_of(parts) };
        Ok(joined.unwrap_or_else(|| Expr::literal(Value::Bool(is_and))))
    }

    fn unary(&self, op: UnaryOperator, operand: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
        match op {
            UnaryOperator::Not => Ok(boolean(ExprKind::Not(Box::new(self.condition(operand, env)?)))),
            UnaryOperator::BitwiseNot => operators::bitwise_not(self, operand, env),
            UnaryOperator::Plus | UnaryOperator::Minus => {
                // The smallest int has no positive counterpart.
                if let Ast::Value(ValueWithSpan { value: sqlparser::ast::Value::Number(digits, _), .. }) = operand
                    && op == UnaryOperator::Minus
                    && digits == "9223372036854775808"
                {
                    return Ok(Expr::literal(Value::Int(i64::MIN)));
                }
                let expr = self.expr(operand, env)?;
                if !expr.data_type.is_numeric() && expr.data_type != DataType::Null {
                    return Err(self.text.wrong(
                        operand.span(),
                        format!("`{op}` takes a number; this is {}", named(expr.data_type)),
                        named(expr.data_type),
                    ));
                }
                if op == UnaryOperator::Plus {
                    return Ok(expr);
                }
                let negated = match expr.kind {
                    ExprKind::Literal(Value::Int(int)) if int != i64::MIN => Expr::literal(Value::Int(-int)),
                    ExprKind::Literal(Value::Float(float)) => Expr::literal(Value::Float(-float)),
                    ExprKind::Literal(Value::Decimal { unscaled, scale }) => {
                        Expr::literal(Value::Decimal { unscaled: -unscaled, scale })
                    }
                    ExprKind::Literal(Value::Null) => expr,
                    kind => {
                        let data_type = expr.data_type;
                        let operand = Box::new(Expr { kind, data_type });
                        Expr { kind: ExprKind::Negate(operand), data_type }
                    }
                };
                Ok(negated)
            }
            other => Err(self.text.unsupported(operand.span(), &format!("the operator `{other}`"), "")),
        }
    }

    fn case(
        &self,
        operand: Option<&Ast>,
        conditions: &[CaseWhen],
        otherwise: Option<&Ast>,
        env: &mut Env<'_>,
    ) -> Bound<Expr> {
        let value = operand.map(|ast| self.expr(ast, env)).transpose();
        let whens = all(conditions.iter().map(|branch| match (operand, &value) {
            (None, _) => self.condition(&branch.condition, env),
            (Some(ast), Ok(Some(value))) => {
                let condition = self.expr(&branch.condition, env)?;
                let copy = self.copy_of(value, ast.span())?;
                let (a, b) = operators::comparable_exprs(self, (copy, ast), (condition, &branch.condition))?;
                Ok(compare(CmpOp::Eq, a, b))
            }
            // What is wrong with the operand is told; the conditions may have mistakes too.
            (Some(_), _) => self.expr(&branch.condition, env),
        }));
        let results: Vec<&Ast> = conditions.iter().map(|branch| &branch.result).chain(otherwise).collect();
        let thens = all(results.into_iter().map(|ast| self.expr(ast, env).map(|expr| (expr, ast))));
        let (_, (whens, thens)) = both(value, both(whens, thens))?;
        let mut thens = self.unify(thens, "the branches of `case`")?;
        let otherwise = otherwise.and_then(|_| thens.pop()).map(Box::new);
        let data_type = thens.first().map_or(DataType::Null, |then| then.data_type);
        let branches = whens.into_iter().zip(thens).collect();
        Ok(Expr { kind: ExprKind::Case { branches, otherwise }, data_type })
    }

    fn cast(&self, operand: &Ast, to: &AstType, env: &mut Env<'_>) -> Bound<Expr> {
        let (expr, to) = both(self.expr(operand, env), self.data_type(to, operand.span()))?;
        self.cast_to(expr, to, operand)
    }

    /// `try_cast(x as t)`: what `cast` would fail of is NULL.
    fn try_cast(&self, operand: &Ast, to: &AstType, env: &mut Env<'_>) -> Bound<Expr> {
        let (expr, to) = both(self.value(operand, env), self.data_type(to, operand.span()))?;
        if !castable(expr.data_type, to) {
            return self.cast_to(expr, to, operand);
        }
        Ok(Expr { kind: ExprKind::Call(Function::new("try_cast"), vec![expr]), data_type: to })
    }

    fn cast_to(&self, expr: Expr, to: DataType, operand: &Ast) -> Bound<Expr> {
        if let Some(string) = literal::as_string(&expr) {
            let value = Expr::literal(literal::parse_as(self.text, string, to, operand.span())?);
            return Ok(if is_soft(&value) { settled_literal(value, to) } else { value });
        }
        let from = expr.data_type;
        if !castable(from, to) {
            let message = format!("{} cannot be converted to {}", named(from), named(to));
            let diagnostic = Diagnostic::error(message).at(self.text.place(operand.span()), named(from));
            return Err(vec![match to {
                DataType::Datetime if from.is_numeric() => {
                    diagnostic.help("seconds since 1970 are converted by `to_timestamp(…)`")
                }
                _ => diagnostic,
            }]);
        }
        let expr = match to {
            DataType::Decimal { .. } => expr,
            _ => harden(expr),
        };
        // The author asked for it: a cast stays visible, and a number with a point is settled by it.
        let settled = coerce(expr, to);
        Ok(if is_soft(&settled) { settled_literal(settled, to) } else { settled })
    }

    /// All as one type; `what` names them in the message.
    pub(super) fn unify(&self, exprs: Vec<(Expr, &Ast)>, what: &str) -> Bound<Vec<Expr>> {
        let texts_beside = exprs.iter().map(|(expr, _)| expr.data_type).find(|kind| kind.is_temporal());
        let exprs = all(exprs.into_iter().map(|(expr, ast)| match (texts_beside, literal::as_string(&expr)) {
            (Some(to), Some(string)) => {
                literal::parse_as(self.text, string, to, ast.span()).map(|value| (Expr::literal(value), ast))
            }
            _ => Ok((expr, ast)),
        }))?;
        let Some((first, first_ast)) = exprs.first() else { return Ok(Vec::new()) };
        let mut model = first.clone();
        for (expr, ast) in &exprs[1..] {
            let Some(data_type) = common(&model, expr) else {
                // Any value can be written as a text; few texts can be read as a value.
                let to = if expr.data_type == DataType::String { DataType::String } else { model.data_type };
                return Err(vec![
                    Diagnostic::error(format!(
                        "{what} are of different types: {} and {}",
                        named(model.data_type),
                        named(expr.data_type)
                    ))
                    .at(self.text.place(ast.span()), named(expr.data_type))
                    .at(self.text.place(first_ast.span()), named(model.data_type))
                    .help(format!("convert one: `cast(… as {to})`")),
                ]);
            };
            if !(is_soft(&model) && is_soft(expr)) || data_type != model.data_type {
                model = Expr::column("", data_type);
            }
        }
        let to = if is_soft(&model) { DataType::Float } else { model.data_type };
        Ok(exprs.into_iter().map(|(expr, _)| coerce(expr, to)).collect())
    }

    /// A type by its SQL name.
    fn data_type(&self, ast: &AstType, span: sqlparser::tokenizer::Span) -> Bound<DataType> {
        super::type_names::data_type(self.text, ast, span)
    }

    /// `a op b` of numbers.
    pub(super) fn arith(&self, op: ArithOp, a: Expr, b: Expr, data_type: DataType) -> Expr {
        Expr { kind: ExprKind::Arith(op, Box::new(a), Box::new(b)), data_type }
    }
}

/// A decimal constant that no neighbour changes any more.
fn settled_literal(expr: Expr, data_type: DataType) -> Expr {
    Expr { kind: ExprKind::Cast(Box::new(expr)), data_type }
}

fn castable(from: DataType, to: DataType) -> bool {
    use DataType::{Bool, Date, Datetime, Null, String, Time};
    match (from, to) {
        (from, to) if same_kind(from, to) => true,
        (Null | String, _) | (_, String) => true,
        (from, to) if from.is_numeric() && to.is_numeric() => true,
        (Bool, to) => to == DataType::Int,
        (DataType::Int, Bool) => true,
        (Date, Datetime) | (Datetime, Date | Time) => true,
        _ => false,
    }
}

/// The beginning of a node's text, for messages.
fn shortened(ast: &Ast) -> String {
    let text = ast.to_string();
    if text.chars().count() <= 40 { text } else { format!("{}…", text.chars().take(39).collect::<String>()) }
}
