//! Texts that are rendered in a run.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::{RuntimeNames, Scope, Template};
use super::render;
use crate::diagnostic::{SourceMap, Span};

pub(super) fn template(text: &str) -> (Template, SourceMap, Scope) {
    let sources = SourceMap::default();
    let file = sources.add("p.yaml", format!("a: {text}"));
    let span = Span { file, start: 3, end: 3 + text.len() as u32 };
    let names = json!({"params": {"n": 15}, "env": {}, "run": {"id": "r", "date": "2024-11-20"}});
    let scope = Scope::new(names.as_object().cloned().expect("it is a map"), BTreeSet::new());
    (Template { text: text.to_owned(), span }, sources, scope)
}

pub(super) fn check(text: &str) -> String {
    let (template, sources, scope) = template(text);
    let known = RuntimeNames {
        tasks: vec!["orders", "raw-web"],
        inputs: vec!["rows"],
        outputs: vec![],
        secrets: vec!["SMTP_URL"],
        ..RuntimeNames::default()
    };
    render(template.check(&scope, &known, &sources), &sources)
}

#[test]
fn known_names_are_fine() {
    assert_eq!(
        check(
            "${{ params.n }} ${{ tasks.orders.rows }} ${{ tasks['raw-web'].status }} ${{ secrets.SMTP_URL }} ${{ run.status }}"
        ),
        ""
    );
    assert_eq!(
        check("{% for row in inputs.rows %}${{ row.a }} ${{ loop.index }}{% endfor %}{% set t = 1 %}${{ t }}"),
        ""
    );
}

#[test]
fn what_is_called_is_found_to_the_letter() {
    insta::assert_snapshot!(check("${{ money(params.n) }} ${{ rang(3) }} ${{ params.n | monney | upper }} ${{ params.n is definde }}"), @r"
    p.yaml:1:8: in `${{ }}`: there is no function `money` [money]
      help: it is a filter: write `value | money`
    p.yaml:1:31: in `${{ }}`: there is no function `rang` [rang]
      help: did you mean `range`?
    p.yaml:1:57: in `${{ }}`: there is no filter `monney` [monney]
      help: did you mean `money`?
    p.yaml:1:91: in `${{ }}`: there is no test `definde` [definde]
      help: did you mean `defined`?
    ");
    insta::assert_snapshot!(check("{% for i in nope(3) %}${{ i | thousand }}{% endfor %}{% filter uper %}x{% endfilter %}"), @r"
    p.yaml:1:16: in `${{ }}`: there is no function `nope` [nope]
      help: there is `dict`, `namespace`, `range`
    p.yaml:1:34: in `${{ }}`: there is no filter `thousand` [thousand]
      help: did you mean `thousands`?
    p.yaml:1:67: in `${{ }}`: there is no filter `uper` [uper]
      help: did you mean `upper`?
    ");
    // What a text makes itself, what it quotes and what it says of itself are no calls.
    for text in [
        "{% macro twice(x) %}${{ x }}${{ x }}{% endmacro %}${{ twice('a') }}",
        "{% macro m() %}${{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}",
        "{% for n in [1] recursive %}${{ loop([]) }}{% endfor %}",
        "{% raw %}${{ x() | nope }}{% endraw %}{# ${{ y() }} #}{% set r = [] %}${{ r }}",
        "$${{ x() | nope }} ${{ 'a'.upper() }} ${{ 'f() | g' }}",
        "{% set r = range %}{% for i in r(3) %}${{ i }}{% endfor %}${{ range is defined }}",
    ] {
        assert_eq!(check(text), "", "{text}");
    }
}

#[test]
fn unknown_names_are_found_to_the_letter() {
    insta::assert_snapshot!(check("${{ tasks.ordrs.rows }} ${{ tasks.orders.row }} ${{ tasks.raw.rows }} ${{ params.m }} ${{ run.stat }} ${{ nope }}"), @r"
    p.yaml:1:14: unknown task `ordrs` [ordrs]
      help: did you mean `orders`?
    p.yaml:1:45: a task has no `row` [row]
      help: did you mean `rows`?
    p.yaml:1:62: unknown task `raw` [raw]
      help: a name with `-` stands in brackets: `tasks['raw-web']`
    p.yaml:1:85: unknown parameter `m` [m]
      help: there is `n`
    p.yaml:1:98: `run` has no `stat` [stat]
      help: did you mean `status`?
    p.yaml:1:110: unknown name `nope` [nope]
      help: there is `params`, `env`, `run`, `inputs`, `tasks`, `secrets`
    ");
    insta::assert_snapshot!(check("{% for row in inputs.row %}${{ row.a }}${{ rov.a }}{% endfor %}"), @r"
    p.yaml:1:25: unknown input `row` [row]
      help: did you mean `rows`?
    p.yaml:1:47: unknown name `rov` [rov]
      help: there is `params`, `env`, `run`, `inputs`, `tasks`, `secrets`
    ");
    insta::assert_snapshot!(check("${{ 1 + }} ${{ secrets.OTHER }}"), @"p.yaml:1:10: in `${{ }}`: unexpected end of input, expected expression [+]");
    insta::assert_snapshot!(check("{% for x in %}"), @"p.yaml:1:16: in `${{ }}`: unexpected end of block [%}]");
}

#[test]
fn rendering_uses_what_the_run_knows() {
    let runtime = json!({"tasks": {"orders": {"rows": 3}}, "run": {"id": "r", "status": "failed"}});
    let runtime = runtime.as_object().expect("it is a map");
    let rendered = |text: &str| {
        let (template, sources, scope) = template(text);
        template.render(&scope, runtime, &sources).unwrap_or_else(|errors| render(errors, &sources))
    };
    assert_eq!(
        rendered("${{ tasks.orders.rows }} of ${{ params.n }}: ${{ run.status }} $${{ x }}"),
        "3 of 15: failed ${{ x }}"
    );
    assert_eq!(rendered("{% if tasks.orders.rows > 2 %}many{% endif %}"), "many");
    insta::assert_snapshot!(rendered("${{ tasks.orders.rejects }}"), @r"
    p.yaml:1:21: `tasks.orders` has no `rejects` [rejects]
      help: there is `rows`
    ");
    let (template, sources, scope) = template("${{ tasks.orders.rows > 2 and params.n == 15 }}");
    assert_eq!(template.eval(&scope, runtime, &sources), Ok(json!(true)));
}
