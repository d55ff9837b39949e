//! Expressions and what PostgreSQL answers: `postgres.tsv`, written by `postgres.sh`.

use super::functions::try_bound;
use super::*;

/// An expression and its answers, each the text of the value, `NULL` or `error`.
struct Recorded<'f> {
    expression: &'f str,
    postgres: &'f str,
    /// The answer here and the reason, where they differ.
    here: Option<(&'f str, &'f str)>,
}

fn recorded() -> impl Iterator<Item = Recorded<'static>> {
    let lines = include_str!("postgres.tsv").lines().filter(|line| !line.starts_with("--"));
    lines.map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
        [expression, postgres] => Recorded { expression, postgres, here: None },
        [expression, postgres, here, why] if !why.is_empty() => {
            Recorded { expression, postgres, here: Some((here, why)) }
        }
        _ => panic!("{line}"),
    })
}

/// The answer here. JSON is text, so its casts are left out.
fn answered(expression: &str) -> String {
    let query = format!("select {} as result", expression.replace("::json", ""));
    let Ok(report) = try_bound(&query).map(|rel| try_run(rel, &[])) else { return "error".to_owned() };
    match report.as_ref().map(|report| report.table.as_ref().map(rows)) {
        Ok(Some(rows)) if rows == ["-"] => "NULL".to_owned(),
        Ok(Some(rows)) => rows.concat(),
        _ => "error".to_owned(),
    }
}

/// PostgreSQL writes a blank where ISO 8601 has a T, and exact numbers with zeros behind.
fn is_same(here: &str, postgres: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let is_moment = here.len() >= 19 && here.as_bytes()[10] == b'T';
    here == postgres
        || (is_moment && here.replacen('T', " ", 1) == postgres)
        || number(here).is_some_and(|x| number(postgres) == Some(x))
}

#[test]
fn expressions_are_answered_as_postgresql_does_or_differ_for_a_reason() {
    let mut wrong = Vec::new();
    for Recorded { expression, postgres, here } in recorded() {
        let answer = answered(expression);
        match here {
            Some((here, _)) if is_same(&answer, postgres) => wrong.push(format!("{expression}: equal, not {here}")),
            Some((here, _)) if here != answer => wrong.push(format!("{expression}: {answer}, not {here}")),
            None if !is_same(&answer, postgres) => wrong.push(format!("{expression}: {answer}, not {postgres}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(recorded().count() >= 300);
}
