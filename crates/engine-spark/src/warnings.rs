//! What becomes NULL in expressions without failing, counted by a query beside the job's.

use tidemill_core::table::{ArithOp, DataType, Expr, ExprKind, Function, JoinStep, Rel, Value};

use crate::lower::{Lowered, Lowerer, Lowering, Scope};
use crate::steps::each_step;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ZeroDivision,
    Root,
    Logarithm,
}

impl Kind {
    /// In the order in which they are told.
    const ALL: [Self; 3] = [Self::ZeroDivision, Self::Root, Self::Logarithm];
}

/// Conditions of rows in which something becomes NULL, over the rows of a step's input.
struct Found<'a> {
    scope: &'a Scope,
    conditions: Vec<(Kind, String)>,
}

/// A query of three counts: divisions by zero, square roots below zero, logarithms at or below zero; None if there can be none.
///
/// # Errors
/// If a step cannot be said in SQL.
pub(crate) fn query(rel: &Rel, lowerer: &Lowerer<'_>) -> Lowering<Option<String>> {
    let mut counts: [Vec<String>; 3] = Default::default();
    let mut outcome = Ok(());
    each_step(rel, &mut |step| {
        if outcome.is_ok() {
            outcome = count(step, lowerer, &mut counts);
        }
    });
    outcome?;
    if counts.iter().all(Vec::is_empty) {
        return Ok(None);
    }
    let sum = |counts: &Vec<String>| if counts.is_empty() { "0L".to_owned() } else { counts.join(" + ") };
    Ok(Some(format!("select {}", counts.each_ref().map(sum).join(", "))))
}

fn count(step: &Rel, lowerer: &Lowerer<'_>, counts: &mut [Vec<String>; 3]) -> Lowering<()> {
    let (input, exprs): (&Rel, Vec<&Expr>) = match step {
        Rel::Project { input, columns } => (input, columns.iter().map(|(_, expr)| expr).collect()),
        Rel::Filter { input, predicate, .. } => (input, vec![predicate]),
        Rel::Reject { input, rules } => (input, rules.iter().map(|rule| &rule.predicate).collect()),
        Rel::Sort { input, by } => (input, by.iter().map(|key| &key.expr).collect()),
        Rel::Expand { input, columns } => (input, columns.iter().flat_map(|(_, values)| values).collect()),
        Rel::Aggregate { input, keys, metrics } => {
            let calls = metrics.iter().flat_map(|(_, call)| call.exprs());
            (input, keys.iter().map(|(_, key)| key).chain(calls).collect())
        }
        Rel::Window { input, columns } => (input, columns.iter().flat_map(|(_, call)| call.exprs()).collect()),
        Rel::Join(step) => return count_join(step, lowerer, counts),
        _ => return Ok(()),
    };
    let looked_at = |input: Lowered| (Scope::of(&input.schema, "t."), format!("({}) t", input.sql));
    add(&exprs, || Ok(looked_at(lowerer.rel(input)?)), counts)
}

/// The keys of either side are computed for each of its rows, the condition for each pair of equal keys.
fn count_join(step: &JoinStep, lowerer: &Lowerer<'_>, counts: &mut [Vec<String>; 3]) -> Lowering<()> {
    let side = |rel: &Rel, name: &str| {
        let lowered = lowerer.rel(rel)?;
        Ok((Scope::of(&lowered.schema, &format!("{name}.")), format!("({}) {name}", lowered.sql)))
    };
    let (left, right): (Vec<&Expr>, Vec<&Expr>) = step.on.iter().map(|(left, right)| (left, right)).unzip();
    add(&left, || side(&step.left, "l"), counts)?;
    add(&right, || side(&step.right, "r"), counts)?;
    let pairs = || {
        let ((ours, left), (theirs, right)) = (side(&step.left, "l")?, side(&step.right, "r")?);
        let equal = |(a, b): &(Expr, Expr)| Ok(format!("{} = {}", ours.expr(a)?, theirs.expr(b)?));
        let equal = step.on.iter().map(equal).collect::<Lowering<Vec<_>>>()?;
        let on = if equal.is_empty() { "true".to_owned() } else { equal.join(" and ") };
        Ok((ours.beside(theirs), format!("{left} join {right} on {on}")))
    };
    add(&step.condition.iter().collect::<Vec<_>>(), pairs, counts)
}

/// Counts in the rows of a `from`, with what its columns are called, which is only asked for if there is something to count.
fn add(
    exprs: &[&Expr],
    rows: impl FnOnce() -> Lowering<(Scope, String)>,
    counts: &mut [Vec<String>; 3],
) -> Lowering<()> {
    if !exprs.iter().any(|expr| may_become_null(expr)) {
        return Ok(());
    }
    let (scope, from) = rows()?;
    let mut found = Found { scope: &scope, conditions: Vec::new() };
    exprs.iter().try_for_each(|expr| found.look(expr, &[]))?;
    for (place, kind) in Kind::ALL.into_iter().enumerate() {
        let of_kind = found.conditions.iter().filter(|(of, _)| *of == kind);
        let sums: Vec<String> = of_kind.map(|(_, condition)| format!("count_if({condition})")).collect();
        if !sums.is_empty() {
            counts[place].push(format!("(select {} from {from})", sums.join(" + ")));
        }
    }
    Ok(())
}

fn may_become_null(expr: &Expr) -> bool {
    let is_one = match &expr.kind {
        ExprKind::Arith(ArithOp::Div | ArithOp::Mod, _, divisor) => {
            !matches!(&divisor.kind, ExprKind::Literal(value) if !is_zero(value))
        }
        ExprKind::Call(function, _) => matches!(function.name, "sqrt" | "ln" | "log10" | "log"),
        _ => false,
    };
    is_one || expr.operands().into_iter().any(may_become_null)
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(value) => *value == 0,
        Value::Float(value) => *value == 0.0,
        Value::Decimal { unscaled, .. } => *unscaled == 0,
        _ => false,
    }
}

impl Found<'_> {
    /// Looks at an expression that is computed in the rows for which all of `guards` are true.
    fn look(&mut self, expr: &Expr, guards: &[String]) -> Lowering<()> {
        if !may_become_null(expr) {
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Case { branches, otherwise } => return self.branches(branches, otherwise.as_deref(), guards),
            ExprKind::Call(function, args) if *function == Function::COALESCE => return self.coalesce(args, guards),
            ExprKind::Arith(ArithOp::Div | ArithOp::Mod, left, right) if right.data_type != DataType::Null => {
                let (x, y) = (self.scope.expr(left)?, self.scope.expr(right)?);
                self.note(Kind::ZeroDivision, format!("{x} is not null and {y} = 0"), guards);
            }
            ExprKind::Call(function, args) if function.name == "sqrt" => {
                let x = self.scope.expr(&args[0])?;
                self.note(Kind::Root, format!("{x} < 0"), guards);
            }
            ExprKind::Call(function, args) if matches!(function.name, "ln" | "log10") => {
                let x = self.scope.expr(&args[0])?;
                self.note(Kind::Logarithm, format!("{x} <= 0"), guards);
            }
            ExprKind::Call(function, args) if function.name == "log" => {
                let (base, x) = (self.scope.expr(&args[0])?, self.scope.expr(&args[1])?);
                let outside = format!("({x} <= 0 or {base} <= 0 or {base} = 1)");
                self.note(Kind::Logarithm, format!("{x} is not null and {base} is not null and {outside}"), guards);
            }
            _ => {}
        }
        expr.operands().into_iter().try_for_each(|operand| self.look(operand, guards))
    }

    fn note(&mut self, kind: Kind, condition: String, guards: &[String]) {
        let all: Vec<String> = guards.iter().cloned().chain([condition]).collect();
        self.conditions.push((kind, all.join(" and ")));
    }

    fn branches(&mut self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>, guards: &[String]) -> Lowering<()> {
        let mut guards = guards.to_vec();
        for (condition, value) in branches {
            self.look(condition, &guards)?;
            let is_true = format!("coalesce({}, false)", self.scope.expr(condition)?);
            self.look(value, &[guards.as_slice(), std::slice::from_ref(&is_true)].concat())?;
            guards.push(format!("not {is_true}"));
        }
        otherwise.map_or(Ok(()), |value| self.look(value, &guards))
    }

    fn coalesce(&mut self, args: &[Expr], guards: &[String]) -> Lowering<()> {
        let mut guards = guards.to_vec();
        for arg in args {
            self.look(arg, &guards)?;
            guards.push(format!("{} is null", self.scope.expr(arg)?));
        }
        Ok(())
    }
}
