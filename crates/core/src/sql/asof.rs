//! `asof join`: each row with the one that lies nearest, as DuckDB has it.

use sqlparser::ast::{Expr as Ast, JoinConstraint, Value as AstValue};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use crate::diagnostic::Diagnostic;
use crate::table::{AsofStep, CmpOp, Expr, ExprKind, JoinKind, Rel};

use super::binder::Binder;
use super::env::{Allowed, Env};
use super::from::{From, beside};
use super::joins::{Names, Tree, columns, filter, key};
use super::text::Bound;
use super::walk::conjuncts;

/// What the condition that is put in says: left rows without a partner stay, or go.
const LEFT: &str = "left";
const INNER: &str = "inner";

/// The grammar knows `asof join t match_condition (…) on …` alone. `asof join t on …` gets such a condition, which says only
/// whether left rows stay.
pub(super) fn with_match_conditions(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut open: Vec<(usize, &str)> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(token) = tokens.get(at) {
        match word(&token.token) {
            Some(Keyword::ASOF) => {
                if let Some((kind, join)) = join_behind(&tokens, at + 1) {
                    open.push((depth, kind));
                    out.push(token.clone());
                    at = join;
                    continue;
                }
            }
            Some(Keyword::ON | Keyword::USING) if open.last().is_some_and(|(level, _)| *level == depth) => {
                let kind = open.pop().map_or(INNER, |(_, kind)| kind);
                let condition = [
                    Token::make_keyword("MATCH_CONDITION"),
                    Token::LParen,
                    Token::SingleQuotedString(kind.to_owned()),
                    Token::RParen,
                ];
                out.extend(condition.map(|put_in| TokenWithSpan::new(put_in, token.span)));
            }
            Some(Keyword::MATCH_CONDITION) => drop(open.pop()),
            _ => {}
        }
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        out.push(token.clone());
        at += 1;
    }
    out
}

fn word(token: &Token) -> Option<Keyword> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

/// Which rows stay, and where the `join` stands, of `[inner | left [outer]] join` from there on.
fn join_behind(tokens: &[TokenWithSpan], from: usize) -> Option<(&'static str, usize)> {
    let mut kind = INNER;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match word(&token.token) {
            Some(Keyword::JOIN) => return Some((kind, at)),
            Some(Keyword::LEFT) => kind = LEFT,
            Some(Keyword::INNER | Keyword::OUTER) => {}
            _ if matches!(token.token, Token::Whitespace(_)) => {}
            _ => return None,
        }
    }
    None
}

impl Binder<'_> {
    /// `left asof join right on a.k = b.k and a.at >= b.at`.
    pub(super) fn asof(
        &self,
        left: From,
        right: From,
        (marker, constraint): (&Ast, &JoinConstraint),
        span: Span,
    ) -> Bound<From> {
        let instead = "write `asof [left] join t on a.k = t.k and a.at >= t.at`";
        let keeps_left = match marker {
            Ast::Value(value) if value.value == AstValue::SingleQuotedString(LEFT.to_owned()) => true,
            Ast::Value(value) if value.value == AstValue::SingleQuotedString(INNER.to_owned()) => false,
            _ => return Err(self.text.unsupported(span, "`match_condition`", instead)),
        };
        if matches!(right.tree, Tree::Lateral(_)) {
            return Err(self.text.unsupported(span, "an `asof join` of a query that names the tables before it", ""));
        }
        let names = (left.tree.names(), right.tree.names());
        let (parts, scope) = self.asof_conditions(left.scope, right.scope, constraint, span)?;
        let mut sorted = Sorted::default();
        parts.into_iter().for_each(|part| sorted.take(part, &names.0, &names.1));
        let ([(op, a, b)], true) = (sorted.comparisons.as_slice(), sorted.others == 0) else {
            let message =
                "an `asof join` takes equalities and one comparison of its two sides by `>=`, `>`, `<=` or `<`";
            return Err(vec![Diagnostic::error(message).at(self.text.place(span), "").help(instead)]);
        };
        let step = AsofStep {
            left: left.tree.build(vec![], &self.numbers),
            right: filter(right.tree.build(vec![], &self.numbers), sorted.of_right),
            on: sorted.keys,
            op: *op,
            nearest: (a.clone(), b.clone()),
            keeps_left,
        };
        Ok(From { tree: Tree::Leaf(Box::new(Rel::Asof(Box::new(step)))), scope })
    }

    /// What must be true of two rows; of `using` the last column is that of the comparison.
    fn asof_conditions(
        &self,
        left: super::column_scope::ColumnScope,
        right: super::column_scope::ColumnScope,
        constraint: &JoinConstraint,
        span: Span,
    ) -> Bound<(Vec<Expr>, super::column_scope::ColumnScope)> {
        match constraint {
            JoinConstraint::On(condition) => {
                let scope = beside(left, right);
                let mut env = Env::new(&scope, "`on`", Allowed::Scalars);
                let condition = self.condition(condition, &mut env)?;
                if !env.early.is_empty() {
                    return Err(self.text.unsupported(span, "a subquery in the `on` of an `asof join`", "use `with`"));
                }
                let mut parts = Vec::new();
                conjuncts(condition, &mut parts);
                Ok((parts, scope))
            }
            JoinConstraint::Using(names) => {
                let (mut on, scope) = self.using(JoinKind::Left, left, right, names)?;
                if let Some(Expr { kind: ExprKind::Compare(op, ..), .. }) = on.last_mut() {
                    *op = CmpOp::Ge;
                }
                Ok((on, scope))
            }
            _ => Err(self.text.wrong(span, "an `asof join` has a condition", "write `on` or `using`")),
        }
    }
}

/// The conditions of such a join by what they do.
#[derive(Default)]
struct Sorted {
    keys: Vec<(Expr, Expr)>,
    comparisons: Vec<(CmpOp, Expr, Expr)>,
    of_right: Vec<Expr>,
    others: usize,
}

impl Sorted {
    fn take(&mut self, part: Expr, left: &Names, right: &Names) {
        if let Some(pair) = key(&part, left, right) {
            self.keys.push(pair);
        } else if columns(&part).is_subset(right) {
            self.of_right.push(part);
        } else if let Some(comparison) = comparison(&part, left, right) {
            self.comparisons.push(comparison);
        } else {
            self.others += 1;
        }
    }
}

/// An inequality with the left side's value first.
fn comparison(part: &Expr, left: &Names, right: &Names) -> Option<(CmpOp, Expr, Expr)> {
    let ExprKind::Compare(op, a, b) = &part.kind else { return None };
    let turned = match op {
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
        CmpOp::Eq | CmpOp::Ne => return None,
    };
    let (x, y) = (columns(a), columns(b));
    if x.is_empty() || y.is_empty() {
        None
    } else if x.is_subset(left) && y.is_subset(right) {
        Some((*op, *a.clone(), *b.clone()))
    } else {
        (y.is_subset(left) && x.is_subset(right)).then(|| (turned, *b.clone(), *a.clone()))
    }
}
