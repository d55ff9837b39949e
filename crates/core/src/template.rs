//! The template language: MiniJinja with `${{ }}`, `{% %}`, `{# #}`, nothing undefined, and filters for reports.

mod aggregates;
mod depth;
mod filters;
mod inspect;
mod known;
mod nesting;
mod number;
mod picture;
mod rows;
mod table;

use std::borrow::Cow;
use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};

pub(crate) use inspect::{Mistake, mistakes};
pub(crate) use known::{FILTERS, TESTS, functions, has_filter, has_test};
pub use picture::{checked_width, picture_kind};
pub use rows::table_rows;

/// Steps that one template may take before it is stopped: more than a report of a million cells needs. Text costs a step
/// for every 64 bytes, so this bounds memory too.
const FUEL: u64 = 20_000_000;

/// The template language without any templates. Templates whose name [is that of HTML](is_html) escape what they print.
///
/// A line that holds nothing but a `{% %}` leaves no empty line behind, and NULL prints as nothing. Filters: `money`,
/// `thousands`, `percent`, `date`, `table`, `sparkline`; more by [`Environment::add_filter`]. Those that calculate do it as SQL does:
/// exactly, and past NULLs. Give templates their text through [`prepare`], and expressions through [`expression`].
pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    if let Ok(syntax) = syntax() {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    environment.set_auto_escape_callback(|name| if is_html(name) { AutoEscape::Html } else { AutoEscape::None });
    environment.set_formatter(
        |out, state, value| {
            if value.is_none() { Ok(()) } else { minijinja::escape_formatter(out, state, value) }
        },
    );
    // It would show all names that there are, whatever a text is said to use.
    environment.remove_global("debug");
    for name in ["default", "d"] {
        environment.add_filter(name, filters::default);
    }
    environment.add_filter("round", filters::round);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("sum", aggregates::sum);
    environment.add_filter("min", aggregates::min);
    environment.add_filter("max", aggregates::max);
    environment.add_filter("join", aggregates::join);
    environment.add_filter("money", filters::money);
    environment.add_filter("thousands", filters::thousands);
    environment.add_filter("percent", filters::percent);
    environment.add_filter("date", filters::date);
    environment.add_filter("sparkline", table::sparkline);
    null_in_tables(&mut environment, "");
    environment.add_function(nesting::BOUNDED, |value: Value| nesting::bounded(&value));
    environment
}

/// What stands for NULL in tables that do not say it by `null`.
pub fn null_in_tables(environment: &mut Environment<'_>, null: &'static str) {
    environment.add_filter(
        "table",
        move |state: &State<'_, '_>, rows: &Value, columns: Option<Value>, keys: Kwargs| {
            table::table(state, rows, columns, &keys, null)
        },
    );
}

/// The delimiters; they are constant, and a test proves that they are accepted.
fn syntax() -> Result<SyntaxConfig, minijinja::Error> {
    SyntaxConfig::builder()
        .block_delimiters("{%", "%}")
        .variable_delimiters("${{", "}}")
        .comment_delimiters("{#", "#}")
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
}

/// A template's text as the engine wants it: `$${{` stands for a literal `${{`, and what is set does not nest without end.
///
/// # Errors
/// If it is too deep for the engine.
pub fn prepare(text: &str) -> Result<Cow<'_, str>, Error> {
    if let Some(place) = too_deep(text) {
        return Err(depth_error(Some(&text[..place.start])));
    }
    let text = nesting::with_bounds(text);
    Ok(if text.contains("$${{") { Cow::Owned(text.replace("$${{", "{% raw %}${{{% endraw %}")) } else { text })
}

/// An expression as the engine wants it.
///
/// # Errors
/// If it is too deep for the engine.
pub fn expression(text: &str) -> Result<&str, Error> {
    if depth::expression_too_deep(text).is_some() { Err(depth_error(None)) } else { Ok(text) }
}

/// Where a template has more operators inside one another than the engine can walk.
pub fn too_deep(text: &str) -> Option<Range<usize>> {
    depth::too_deep(text)
}

/// The insides of all `${{ … }}` and `{% … %}` that are neither quoted by `raw` nor in a comment, in order. To be asked for only of
/// a text that is not [too deep](too_deep).
pub(crate) fn insides(text: &str) -> Vec<Range<usize>> {
    let inside = |tag: Range<usize>| {
        let begin = tag.start + if text[tag.clone()].starts_with('$') { 3 } else { 2 };
        begin..tag.end.saturating_sub(2).max(begin)
    };
    depth::tags(text).into_iter().map(inside).collect()
}

fn depth_error(before: Option<&str>) -> Error {
    let line = before.map(|text| format!("line {}: ", text.matches('\n').count() + 1)).unwrap_or_default();
    let most = depth::MOST;
    let what = format!(
        "{line}this is too deep: more than {most} operators, calls or branches inside one another; use `{{% set %}}` for parts of it"
    );
    Error::new(ErrorKind::SyntaxError, what)
}

/// What the engine has against a template, in a sentence.
pub fn explain(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!(
            "this takes more than {} million steps, or makes more than {} MB of text, and was stopped",
            FUEL / 1_000_000,
            FUEL * 64 / 1_000_000
        ),
        (ErrorKind::UnknownFunction, Some(detail)) => {
            let name = detail.split(' ').next().unwrap_or(detail);
            format!("there is no function `{name}`; if it is a filter, write `value | {name}`")
        }
        (ErrorKind::UnknownFilter | ErrorKind::UnknownTest, Some(detail)) => {
            let (what, rest) = detail.split_once(' ').unwrap_or(("name", detail));
            format!("there is no {what} `{}`", rest.trim_end_matches(" is unknown"))
        }
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    }
}

/// Whether a file of that name holds HTML: `page.html`, `PAGE.HTM`, `page.xhtml`, and templates for them such as
/// `page.html.j2`.
pub fn is_html(name: &str) -> bool {
    ends_in(name, &[".html", ".htm", ".xhtml"])
}

/// Whether a file of that name holds Markdown: `page.md`, `PAGE.MARKDOWN`, and templates for them such as `page.md.j2`.
pub fn is_markdown(name: &str) -> bool {
    ends_in(name, &[".md", ".markdown"])
}

/// Whether the name has one of these endings; that of a template behind it is looked through.
fn ends_in(name: &str, endings: &[&str]) -> bool {
    let lower = name.to_ascii_lowercase();
    let templates = [".j2", ".jinja", ".jinja2", ".tmpl", ".tpl"];
    let page = templates.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    endings.iter().any(|ending| page.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(name: &str, text: &str) -> String {
        let rows = serde_json::json!([
            {"country": "Chad & Co", "total": "44004.73", "orders": 89},
            {"country": "Peru", "total": null, "orders": 1200},
        ]);
        environment()
            .render_named_str(
                name,
                &prepare(text).expect("it is not deep"),
                minijinja::context! { rows => minijinja::value::Serde(rows), x => 1234567 },
            )
            .unwrap_or_else(|error| format!("{error:#}"))
    }

    #[test]
    fn the_delimiters_are_accepted() {
        assert!(syntax().is_ok());
        assert_eq!(render("a.md", "${{ x }} $${{ x }} {# no #}{{ x }}"), "1234567 ${{ x }} {{ x }}");
    }

    #[test]
    fn a_filter_that_is_called_is_told_how_it_is_written() {
        let error = environment().render_str("${{ money(5) }}", ()).expect_err("no function");
        assert_eq!(explain(&error), "there is no function `money`; if it is a filter, write `value | money`");
    }

    #[test]
    fn money_is_exact() {
        assert_eq!(render("a.md", "${{ 44004.73 | money }}"), "44,004.73");
        assert_eq!(render("a.md", "${{ 44004.73 | money('$') }}"), "$44,004.73");
        assert_eq!(render("a.md", "${{ '90071992547409931.25' | money('€') }}"), "€90,071,992,547,409,931.25");
        assert_eq!(render("a.md", "${{ '-0.125' | money('$') }} ${{ 5 | money }}"), "-$0.13 5.00");
    }

    #[test]
    fn numbers_dates_and_shares_are_readable() {
        assert_eq!(render("a.md", "${{ 10200 | thousands }} ${{ '-1234.50' | thousands }}"), "10,200 -1,234.50");
        assert_eq!(
            render("a.md", "${{ 0.047 | percent }} ${{ 0.5 | percent(0) }} ${{ '0.04712' | percent(2) }}"),
            "4.7 % 50 % 4.71 %"
        );
        assert_eq!(render("a.md", "${{ '2024-11-20T19:45:00+01:00' | date('%d.%m.%Y %H:%M') }}"), "20.11.2024 19:45");
        assert_eq!(render("a.md", "${{ '2024-11-20' | date('%-d %B %Y') }}"), "20 November 2024");
        assert!(render("a.md", "${{ 'soon' | date }}").contains("`soon` is no date"));
    }

    #[test]
    fn a_table_fits_the_format_of_its_template() {
        insta::assert_snapshot!(render("a.md", "${{ rows | table }}"), @r"
        | country | total | orders |
        | --- | ---: | ---: |
        | Chad & Co | 44004.73 | 89 |
        | Peru |  | 1200 |
        ");
        insta::assert_snapshot!(render("a.html", "${{ rows | table(['orders', 'country']) }}"), @r#"
        <table>
        <thead><tr><th style="text-align:right">orders</th><th>country</th></tr></thead>
        <tbody>
        <tr><td style="text-align:right">89</td><td style="white-space:nowrap">Chad &amp; Co</td></tr>
        <tr><td style="text-align:right">1200</td><td style="white-space:nowrap">Peru</td></tr>
        </tbody>
        </table>
        "#);
        assert!(render("a.md", "${{ rows | table(['nope']) }}").contains("no column `nope`"));
    }

    #[test]
    fn columns_of_a_table_are_shown_as_they_say() {
        let columns = "{'country': 'Land', 'total': {'heading': 'Sum', 'format': '$,.1f', 'total': 'sum'}, \
                       'orders': {'align': 'left', 'total': 'max', 'color': {'> 100': 'red'}}}";
        let html = render("a.html", &format!("${{{{ rows | table({columns}, null='–', total='All') }}}}"));
        insta::assert_snapshot!(html, @r#"
        <table>
        <thead><tr><th>Land</th><th style="text-align:right">Sum</th><th style="text-align:left">orders</th></tr></thead>
        <tbody>
        <tr><td style="white-space:nowrap">Chad &amp; Co</td><td style="text-align:right">$44,004.7</td><td style="text-align:left">89</td></tr>
        <tr><td style="white-space:nowrap">Peru</td><td style="text-align:right">–</td><td style="text-align:left;color:#b3261e;color:light-dark(#b3261e,#ff9a91)">1200</td></tr>
        </tbody>
        <tfoot>
        <tr><td style="white-space:nowrap">All</td><td style="text-align:right">$44,004.7</td><td style="text-align:left">1200</td></tr>
        </tfoot>
        </table>
        "#);
        insta::assert_snapshot!(render("a.md", "${{ rows | table({'total': {'total': 'sum', 'align': 'center'}, 'country': {}}) }}"), @r"
        | total | country |
        | :---: | --- |
        | 44004.73 | Chad & Co |
        |  | Peru |
        | **44004.73** | **Total** |
        ");
        for (column, told) in [
            ("{'country': {'format': ',.0f'}}", "column `country`: `Chad & Co` is no number"),
            ("{'total': {'format': 'nice'}}", "of dates `%d %b %Y`"),
            ("{'total': {'align': 'up'}}", "`up` is no alignment"),
            ("{'total': {'total': 'avg'}}", "`avg` is no total"),
            ("{'total': {'colour': 'scale'}}", "column `total` takes no `colour`: there is heading"),
            ("{'total': {'color': 'red'}}", "`color` is \"scale\", or a map"),
            ("{'total': {'color': {'0': 'red'}}}", "`0` is no condition"),
            ("{'total': {'color': {'> 0': 'red;x'}}}", "`red;x` is no colour"),
            ("{'total': {'color': {'> 0': 'red'}}}", "Markdown has none"),
            ("{'total': 5}", "takes a heading, or a map"),
            ("{'nope': 'No'}", "no column `nope`"),
        ] {
            let error = render("a.md", &format!("${{{{ rows | table({column}) }}}}"));
            assert!(error.contains(told), "{column}: {error}");
        }
    }

    #[test]
    fn sparklines_show_numbers_from_the_least_to_the_largest() {
        let of = |value: &str| render("a.md", &format!("[${{{{ {value} | sparkline }}}}]"));
        for (value, line) in [
            ("'1, 2, 3'", "[▁▅█]"),
            ("[0, 7, 3.5]", "[▁█▅]"),
            ("'[1, null, 8]'", "[▁ █]"),
            // Of more than 32 numbers, neighbours are one.
            ("range(64)", "[▁▁▁▂▂▂▂▃▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▆▇▇▇▇███]"),
            ("[5, 5]", "[▄▄]"),
            ("[none]", "[ ]"),
            ("none", "[]"),
            ("rows | map(attribute='orders')", "[▁█]"),
        ] {
            assert_eq!(of(value), line, "{value}");
        }
        assert!(of("'a, b'").contains("is no number") && of("7").contains("is no list of numbers"));
        // One more number makes no line shorter.
        let width = |count: usize| of(&format!("range({count})")).chars().count() - 2;
        assert_eq!([1, 31, 32, 33, 34, 63, 65, 1000].map(width), [1, 31, 32, 32, 32, 32, 32, 32]);
    }

    #[test]
    fn null_is_empty_and_filters_calculate_as_sql_does() {
        let of = |text: &str| render("a.md", text);
        assert_eq!(of("[${{ rows[1].total }}] ${{ rows[1].total | default('-') }} ${{ none | d(0) }}"), "[] - 0");
        assert_eq!(
            of("[${{ none | money }}${{ none | round(2) }}${{ none | upper }}] ${{ none | money | d('-') }}"),
            "[] -"
        );
        assert_eq!(
            of("${{ 1.005 | round(2) }} ${{ 2.5 | round }} ${{ -2.5 | round }} ${{ 7 | round(1) }}"),
            "1.01 3.0 -3.0 7"
        );
        assert_eq!(of("${{ 2.71 | round(1, 'ceil') }} ${{ 1234 | round(-2) }}"), "2.8 1200");
        assert_eq!(of("${{ [0.1, 0.2, none] | sum }} ${{ [1, 2, none] | sum }} [${{ [none] | sum }}]"), "0.3 3 []");
        assert_eq!(
            of("${{ rows | sum(attribute='orders') }} ${{ rows | map(attribute='orders') | max }}"),
            "1289 1200"
        );
        assert_eq!(
            of("${{ [none, 3, 2] | min }} ${{ [none, 3] | max }} ${{ ['a', none, 'b'] | join(', ') }}"),
            "2 3 a, b"
        );
        assert_eq!(of("${{ [1e300, 1e300] | sum > 1e300 }}"), "True");
        assert!(of("${{ ['a', 1] | sum }}").contains("`a` is no number"));
        assert!(of("${{ rows | sum(attribute='order') }}").contains("no `order`"));
    }

    #[test]
    fn html_is_known_by_its_name() {
        let escaped = |name: &str| render(name, "${{ '<b>' }}") == "&lt;b&gt;";
        for name in ["a.html", "A.HTML", "a.htm", "x/a.xhtml", "a.html.j2", "a.HTML.jinja"] {
            assert!(escaped(name), "{name}");
        }
        for name in ["a.md", "html", "a.html.md", "a.j2", "a.txt.j2"] {
            assert!(!escaped(name), "{name}");
        }
    }

    #[test]
    fn what_grows_without_end_is_stopped() {
        let doubled =
            "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}";
        let error = environment().render_str(&prepare(doubled).expect("it is not deep"), ()).expect_err("too much");
        assert!(explain(&error).contains("million steps"), "{error}");
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        assert!(render("a.md", "${{ y }}").contains("undefined"));
    }
}
