//! Spoiled pipeline files and templates.

use serde_json::json;
use tidemill_fuzz::{Grammar, Mutator};

use super::example::EXAMPLE;
use super::random::{VALID, is_valid};
use super::render;
use super::templates::{check, template};

const PIPELINES: Grammar<'_> = Grammar {
    seeds: &[
        VALID.as_bytes(),
        EXAMPLE.as_bytes(),
        b"version: 1\ntasks:\n  a: {type: load, path: [a.csv, b.csv], columns: a, options: {delimiter: ';', skip_rows: 1}}\n  b:\n    type: email\n    path: x\n    depends_on: [a]\n    trigger_rule: always\n    limit: 0x1F\n    subject: >-\n      ${{ tasks.a.rows }} rows\n",
        b"version: 1\nx: &x {type: load, path: a}\ntasks:\n  a: *x\n  b: {<<: *x, path: b}\ninclude: []\non_failure: {c: {type: load, path: c}}\n",
    ],
    words: &[
        "${{", "}}", "'", "\"", ": ", "\n", "\t", "- ", "{", "]", "&a ", "*a", "|", "<<: ", "-5", "null", "~", "? ", "!!str ",
        "---\n", "...\n", "%YAML 1.2\n", "#", "tasks:", "foreach: ", "params: ", "include: [p.yaml]\n", "version: 1\n", "\u{feff}",
        "\u{2028}", "é", "\0", "1h", "10GB", "* * * * *", "Europe/Paris", "0o17", "1e9", "\\x00", "\r",
    ],
    nests: &[("[", "]"), ("{a: ", "}"), ("${{ (", ") }}"), ("- ", ""), ("!a ", ""), ("{% if x %}", "{% endif %}"), ("? ", "")],
};

#[test]
fn spoiled_pipeline_files_are_read_or_refused() {
    tidemill_fuzz::run("pipeline", |random| Mutator::new(&PIPELINES, random).input(), |_, bytes| is_valid(bytes));
}

const TEMPLATES: Grammar<'_> = Grammar {
    seeds: &[
        b"# Report of ${{ run.date }}\n${{ tasks.orders.rows | thousands }} of ${{ params.n }}: ${{ secrets.SMTP_URL }}\n",
        b"{% for row in inputs.rows %}${{ loop.index }} ${{ row.a | money('$') }} ${{ row.b | upper | default('-') }}{% else %}none{% endfor %}",
        b"{% set t = inputs.rows | map(attribute='a') | sum %}{% if t > 2 and not run.status == 'failed' %}${{ t | round(2) }}{% elif t is none %}{% endif %}",
        b"{% macro m(x, y=1) %}${{ x ~ y }}{% endmacro %}${{ m(params.n) }}{% raw %}${{ {% endraw %}$${{ x }}{# no #}",
        b"{% set ns = namespace(x=[1, 2.5, {'a': none}, 'b'[1:]]) %}{% for i in range(9) %}{% set ns.x = ns.x + [i] %}{% endfor %}${{ ns.x | join(', ') }}",
        b"${{ inputs.rows | table(['a', 'b']) }}\n${{ inputs.rows | sort(attribute='a') | list | length }} ${{ '2024-11-20' | date('%d.%m.%Y') }} ${{ 0.047 | percent(1) }}",
    ],
    words: &[
        "${{ ", " }}", "{% ", " %}", "{%- ", "-%}", "{#", "#}", "$${{", "'", "\"", "(", ")", "[", "]", "{", "|", ".", "..", ",", "~",
        " * 999999999 ", " ** 999 ", " // 0 ", " % 0 ", "-9223372036854775808", " if ", " else ", " in ", " not ", " is ", " is defined",
        "params", "tasks.orders.rows", "inputs.rows", "run", "env", "loop", "loop.cycle(1)", "self", "ns.x", "none", "true", "é", "\0", "\n",
        "{% set x = x ~ x %}", "{% for i in range(99999) %}", "{% endfor %}", "{% recursive %}", "{% break %}", "{% include 'a' %}",
        "{% extends 'a' %}", "{% block b %}", "{% filter upper %}", "{% autoescape true %}", "{% call m(1) %}", "{% do x %}", "range(99999999)",
        "|indent(999999999)", "|batch(0)", "|slice(999999999)", "|tojson(indent=999999999)", "|replace('', 'xxxxxxxx')", "|round(99)",
        "|date('%Q')", "|date('%999999999d')", "|money(none)", "|table(none)", "|percent(999999999)", "|sort", "|unique", "|reverse", "|first",
        "|last", "|list", "|string", "|int", "|float", "|abs", "|items", "|dictsort", "|groupby('a')", "|map('map', 'map')", "|select('in', 1)",
        "|chain([1])", "|zip([1])", "|split('')", "|lines", "|format(1)", "'%999999999d'|format(1)", "|pprint", "|urlencode", "|escape", "|safe",
    ],
    nests: &[
        ("(", ")"),
        ("[", "]"),
        ("{'a': ", "}"),
        ("not ", ""),
        ("-", ""),
        ("1 + ", ""),
        ("x.", "y"),
        ("x|", "list"),
        ("{% if true %}", "{% endif %}"),
        ("{% for i in [1, 2] %}", "{% endfor %}"),
        ("{% set x = [x, x] %}", ""),
        ("${{ ", " }}"),
    ],
};

#[test]
fn spoiled_templates_are_rendered_or_refused() {
    let runtime = json!({
        "tasks": {"orders": {"rows": 3}}, "run": {"id": "r", "status": "failed", "date": "2024-11-20"},
        "inputs": {"rows": [{"a": "1.50", "b": null}, {"a": 3, "b": "é"}]}, "secrets": {"SMTP_URL": "smtp://x"}, "outputs": {},
    });
    let runtime = runtime.as_object().expect("it is a map");
    let make = |random: &mut tidemill_fuzz::Random| Mutator::new(&TEMPLATES, random).input();
    tidemill_fuzz::run("template", make, |_, bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = check(&text);
        let (template, sources, scope) = template(&text);
        let told = |errors: Vec<crate::diagnostic::Diagnostic>| {
            assert!(
                !errors.is_empty() && errors.iter().all(|error| !error.message.is_empty()),
                "refused without a word"
            );
            render(errors, &sources);
        };
        let _ = template.eval(&scope, runtime, &sources).map_err(told);
        template.render(&scope, runtime, &sources).map_err(told).is_ok()
    });
}
