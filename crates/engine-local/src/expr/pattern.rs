//! Functions of regular expressions.

use std::ops::Range;

use polars::prelude::{Int64Chunked, IntoSeries, Series, StringChunked};
use regex::{Captures, Match, Regex, RegexBuilder};
use tidemill_core::table::{DataType, Expr, ExprKind, Value};

use super::characters::nth;
use super::eval::Eval;
use super::kernel::{Compute, Kernel, constant_text, first};
use super::like;
use crate::arrays::long_text;
use crate::arrays::typed::texts;
use crate::error::{Outcome, unsupported, value};
use crate::runtime::memory::Growth;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel { name: "regexp_like", compute: Compute::Expressions(regexp_like) },
    Kernel { name: "regexp_replace", compute: Compute::Expressions(regexp_replace) },
    Kernel { name: "regexp_extract", compute: Compute::Expressions(regexp_extract) },
    Kernel { name: "regexp_count", compute: Compute::Expressions(regexp_count) },
    Kernel { name: "regexp_split_part", compute: Compute::Expressions(regexp_split_part) },
];

/// The pattern that a call names, a constant.
fn pattern(args: &[Expr], flags: &str) -> Outcome<Regex> {
    let source = constant_text(args.get(1))?;
    RegexBuilder::new(&source)
        .case_insensitive(flags.contains('i'))
        .build()
        .map_err(|error| value(format!("{source:?} is not a regular expression: {error}")))
}

fn third(args: &[Expr]) -> Outcome<&Expr> {
    args.get(2).ok_or_else(|| unsupported("a pattern without what is done with it"))
}

fn regexp_like(eval: &Eval<'_>, args: &[Expr], _: DataType) -> Outcome<Series> {
    let regex = pattern(args, "")?;
    Ok(like::matches(&texts(&eval.series(first(args)?)?)?, &regex).into_series())
}

/// The matches one after another. As in PostgreSQL an empty one may stand directly behind another.
fn each_match<M>(
    text: &str,
    find: impl Fn(usize) -> Option<M>,
    range: impl Fn(&M) -> Range<usize>,
) -> impl Iterator<Item = M> {
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let found = find(start?)?;
        let Range { start: from, end } = range(&found);
        let next = text[end..].chars().next().map(|sign| end + sign.len_utf8());
        start = if from == end { next } else { Some(end) };
        Some(found)
    })
}

fn regexp_count(eval: &Eval<'_>, args: &[Expr], _: DataType) -> Outcome<Series> {
    let regex = pattern(args, "")?;
    let counts = |text: &str| each_match(text, |start| regex.find_at(text, start), Match::range).count() as i64;
    let texts = texts(&eval.series(first(args)?)?)?;
    Ok(texts.iter().map(|text| text.map(counts)).collect::<Int64Chunked>().into_series())
}

fn regexp_extract(eval: &Eval<'_>, args: &[Expr], _: DataType) -> Outcome<Series> {
    let regex = pattern(args, "")?;
    let group = match args.get(2).map(|group| &group.kind) {
        Some(ExprKind::Literal(Value::Int(group))) => usize::try_from(*group).unwrap_or(0),
        _ => 0,
    };
    let texts = texts(&eval.series(first(args)?)?)?;
    let found = |text| regex.captures(text).and_then(|found| found.get(group)).map_or("", |found| found.as_str());
    Ok(texts.iter().map(|text| text.map(found)).collect::<StringChunked>().into_series())
}

fn regexp_replace(eval: &Eval<'_>, args: &[Expr], _: DataType) -> Outcome<Series> {
    let flags = args.get(3).map_or_else(|| Ok(String::new()), |flags| constant_text(Some(flags)))?;
    let regex = pattern(args, &flags)?;
    let times = if flags.contains('g') { usize::MAX } else { 1 };
    let (text, with) = (eval.series(first(args)?)?, eval.series(third(args)?)?);
    let whole = |found: &Captures<'_>| found.get_match().range();
    let replaced = |text: &str, with: &str| {
        let (mut result, mut copied, mut growth) = (String::new(), 0, Growth::default());
        for found in each_match(text, |start| regex.captures_at(text, start), whole).take(times) {
            result.push_str(&text[copied..whole(&found).start]);
            let with = expanded(with, &found);
            growth.by(with.len())?;
            result.push_str(&with);
            long_text::fits(result.len())?;
            copied = whole(&found).end;
        }
        Ok(result + &text[copied..])
    };
    let all = eval.context.of_texts::<_, Vec<Option<Outcome<String>>>>(&text, &with, replaced)?;
    let all: Outcome<StringChunked> = all.into_iter().map(Option::transpose).collect();
    Ok(all?.into_series())
}

/// The replacement with its groups filled in.
fn expanded(with: &str, found: &Captures<'_>) -> String {
    let mut result = String::new();
    let mut signs = with.chars().peekable();
    while let Some(sign) = signs.next() {
        let group = match (sign, signs.peek()) {
            ('\\', Some('&')) => Some(0),
            ('\\', Some(digit @ '1'..='9')) => digit.to_digit(10),
            ('\\', Some('\\')) => {
                signs.next();
                None
            }
            _ => None,
        };
        match group {
            None => result.push(sign),
            Some(group) => {
                signs.next();
                result.push_str(found.get(group as usize).map_or("", |found| found.as_str()));
            }
        }
    }
    result
}

fn regexp_split_part(eval: &Eval<'_>, args: &[Expr], _: DataType) -> Outcome<Series> {
    let regex = pattern(args, "")?;
    let (text, place) = (eval.series(first(args)?)?, eval.series(third(args)?)?);
    let part = |text: &str, place: i64| nth(&split(text, &regex), place).map(str::to_owned);
    Ok(eval.context.of_text_and_int::<_, StringChunked>(&text, &place, part)?.into_series())
}

/// What stands between the matches. As in PostgreSQL an empty match counts only between two characters, and not directly
/// behind another.
fn split<'t>(text: &'t str, regex: &Regex) -> Vec<&'t str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for found in regex.find_iter(text) {
        if !found.is_empty() || (found.start() > start && found.end() < text.len()) {
            parts.push(&text[start..found.start()]);
            start = found.end();
        }
    }
    parts.push(&text[start..]);
    parts
}
