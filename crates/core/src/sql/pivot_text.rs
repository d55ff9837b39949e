//! `pivot t on c in (…) using f(x) group by k` and `unpivot t on a, b into name n value v`, as DuckDB has them, as the clauses of
//! `from` that the grammar knows.

use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::env::passing_name;

/// The name of the call that stands for the column of a pivot with its keys behind it. No text can hold it.
pub(super) fn grouped_name() -> String {
    passing_name("grouped")
}

/// All such statements of a text as `select * from t pivot (…)`.
pub(super) fn with_pivots_behind(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let written = starts_statement(&out, &tokens[at..]).then(|| statement(&tokens[at..])).flatten();
        match written {
            Some((clause, length)) => {
                out.extend(with_pivots_behind(clause));
                at += length;
            }
            None => {
                out.push(token.clone());
                at += 1;
            }
        }
    }
    out
}

/// Whether a statement can begin behind these tokens: at the start, in parentheses, or behind those of `with`; but
/// `from (…) pivot (…)` is none.
fn starts_statement(before: &[TokenWithSpan], from: &[TokenWithSpan]) -> bool {
    match before.iter().rev().find(|token| !matches!(token.token, Token::Whitespace(_))).map(|last| &last.token) {
        None | Some(Token::LParen) => true,
        Some(Token::RParen) => significant(from).nth(1).is_some_and(|next| next.token != Token::LParen),
        Some(_) => false,
    }
}

/// The statement at the start of these tokens in the other form, and how many tokens it has.
fn statement(tokens: &[TokenWithSpan]) -> Option<(Vec<TokenWithSpan>, usize)> {
    let (is_pivot, ends) = match word(tokens.first()?)?.as_str() {
        "pivot" => (true, ["using", "group", "order", "limit"]),
        "unpivot" => (false, ["into", "include", "order", "limit"]),
        _ => return None,
    };
    let (table, rest) = until(&tokens[1..], &["on"]);
    // `from t pivot (…)` has no `on`.
    if significant(table).next().is_none() || word(rest.first()?)? != "on" {
        return None;
    }
    let (on, rest) = until(&rest[1..], &ends);
    let span = tokens[0].span;
    let put = |text: &str| keyword(text, span);
    let mut out = vec![put("select"), sign(Token::Mul, span), put("from")];
    out.extend_from_slice(table);
    let rest = if is_pivot { pivot(on, rest, span, &mut out)? } else { unpivot(on, rest, span, &mut out)? };
    // What stands behind belongs to the query around it.
    let length = tokens.len() - rest.len();
    Some((out, length))
}

fn pivot<'t>(
    on: &[TokenWithSpan],
    rest: &'t [TokenWithSpan],
    span: Span,
    out: &mut Vec<TokenWithSpan>,
) -> Option<&'t [TokenWithSpan]> {
    let (using, rest) = match rest.first().and_then(word).as_deref() {
        Some("using") => until(&rest[1..], &["group", "order", "limit"]),
        _ => (&[][..], rest),
    };
    let (keys, rest) = match rest.first().and_then(word).as_deref() {
        Some("group") => until(by(rest)?, &["order", "limit"]),
        _ => (&[][..], rest),
    };
    let (column, values) = until(on, &["in"]);
    out.extend([keyword("pivot", span), sign(Token::LParen, span)]);
    match significant(using).next() {
        Some(_) => out.extend_from_slice(using),
        None => {
            out.extend([Token::make_keyword("count"), Token::LParen, Token::Mul, Token::RParen].map(|t| sign(t, span)))
        }
    }
    out.push(keyword("for", span));
    if significant(keys).next().is_some() {
        out.extend([sign(Token::make_keyword(&grouped_name()), span), sign(Token::LParen, span)]);
        out.extend_from_slice(column);
        out.push(sign(Token::Comma, span));
        out.extend_from_slice(keys);
        out.push(sign(Token::RParen, span));
    } else {
        out.extend_from_slice(column);
    }
    match values.is_empty() {
        // As a list of any values, which the binder refuses with what to do.
        true => out.extend([
            keyword("in", span),
            sign(Token::LParen, span),
            keyword("any", span),
            sign(Token::RParen, span),
        ]),
        false => out.extend_from_slice(values),
    }
    out.push(sign(Token::RParen, span));
    Some(rest)
}

fn unpivot<'t>(
    on: &[TokenWithSpan],
    rest: &'t [TokenWithSpan],
    span: Span,
    out: &mut Vec<TokenWithSpan>,
) -> Option<&'t [TokenWithSpan]> {
    let (into, rest) = until(rest, &["order", "limit"]);
    let words: Vec<&TokenWithSpan> = significant(into).collect();
    let named = words.iter().map(|token| word(token)).collect::<Vec<_>>();
    let place = |name: &str| named.iter().position(|word| word.as_deref() == Some(name));
    let behind = |name: &str, usual: &str| {
        let token = place(name).and_then(|at| words.get(at + 1));
        token.map_or_else(|| sign(Token::make_keyword(usual), span), |token| (*token).clone())
    };
    out.push(keyword("unpivot", span));
    if place("include").is_some() {
        out.extend([keyword("include", span), keyword("nulls", span)]);
    }
    out.extend([sign(Token::LParen, span), behind("value", "value"), keyword("for", span), behind("name", "name")]);
    out.extend([keyword("in", span), sign(Token::LParen, span)]);
    out.extend_from_slice(on);
    out.extend([sign(Token::RParen, span), sign(Token::RParen, span)]);
    Some(rest)
}

/// What stands behind `group by`.
fn by(rest: &[TokenWithSpan]) -> Option<&[TokenWithSpan]> {
    let at = rest.iter().position(|token| word(token).as_deref() == Some("by"))?;
    Some(&rest[at + 1..])
}

/// The tokens before the first of these words that is in no parentheses, or before what closes the statement; and the rest.
fn until<'t>(tokens: &'t [TokenWithSpan], words: &[&str]) -> (&'t [TokenWithSpan], &'t [TokenWithSpan]) {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return tokens.split_at(at),
            Token::RParen => depth -= 1,
            Token::SemiColon | Token::EOF if depth == 0 => return tokens.split_at(at),
            _ if depth == 0 && word(token).is_some_and(|word| words.contains(&word.as_str())) => {
                return tokens.split_at(at);
            }
            _ => {}
        }
    }
    (tokens, &[])
}

fn significant(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &TokenWithSpan> {
    tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_)))
}

/// A word without quotes, in lower case.
fn word(token: &TokenWithSpan) -> Option<String> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
        _ => None,
    }
}

fn keyword(text: &str, span: Span) -> TokenWithSpan {
    TokenWithSpan::new(Token::make_keyword(text), span)
}

fn sign(token: Token, span: Span) -> TokenWithSpan {
    TokenWithSpan::new(token, span)
}
