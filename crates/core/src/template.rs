//! The template language: MiniJinja with `${{ }}`, `{% %}`, `{# #}`, nothing undefined, and filters for reports.

mod filters;
mod number;
mod rows;
mod table;

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

pub use rows::table_rows;

/// Steps that one template may take before it is stopped: far more than a report of a million cells needs.
const FUEL: u64 = 200_000_000;

/// The template language without any templates. Templates whose name ends in `.html` escape what they print.
///
/// A line that holds nothing but a `{% %}` leaves no empty line behind. Filters: `money`, `thousands`, `percent`, `date`,
/// `table`; more by [`Environment::add_filter`]. Give templates their text through [`prepare`].
pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    if let Ok(syntax) = syntax() {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") || name.ends_with(".htm") { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.add_filter("money", filters::money);
    environment.add_filter("thousands", filters::thousands);
    environment.add_filter("percent", filters::percent);
    environment.add_filter("date", filters::date);
    environment.add_filter("table", table::table);
    environment
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

/// A template's text as the engine wants it: `$${{` stands for a literal `${{`.
pub fn prepare(text: &str) -> Cow<'_, str> {
    if text.contains("$${{") {
        Cow::Owned(text.replace("$${{", "{% raw %}${{{% endraw %}"))
    } else {
        Cow::Borrowed(text)
    }
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
                &prepare(text),
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
    fn money_is_exact() {
        assert_eq!(render("a.md", "${{ 44004.73 | money }}"), "44,004.73");
        assert_eq!(render("a.md", "${{ 44004.73 | money('$') }}"), "$44,004.73");
        assert_eq!(render("a.md", "${{ '90071992547409931.25' | money('€') }}"), "€90,071,992,547,409,931.25");
        assert_eq!(render("a.md", "${{ '-0.125' | money('$') }} ${{ 5 | money }}"), "-$0.12 5.00");
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
        <tr><td style="text-align:right">89</td><td>Chad &amp; Co</td></tr>
        <tr><td style="text-align:right">1200</td><td>Peru</td></tr>
        </tbody>
        </table>
        "#);
        assert!(render("a.md", "${{ rows | table(['nope']) }}").contains("no column `nope`"));
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        assert!(render("a.md", "${{ y }}").contains("undefined"));
    }
}
