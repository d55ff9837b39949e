//! HTML reports: the page around them, Markdown, tables and pictures.

use crate::project::{Outcome, Project};

const SALES: &str =
    "country,total,change,days\nChad & *Co*,1234.565,-3,\"1,5,3\"\nPeru|Sur,,4,\"2,2\"\n<b>,10.005,0,7\n";

/// A report of the sales from that template.
fn report(template: &str, text: &str, keys: &str) -> Project {
    Project::new().file("sales.csv", SALES).file(template, text).pipeline(&format!(
        "
        version: 1
        tasks:
          sales: {{type: load, path: sales.csv, columns: {{total: 'decimal(10,3)'}}}}
          figure: {{type: chart, from: sales, kind: bar, x: country, y: change, size: 4x3in, dpi: 40, output: figure.png}}
          page: {{type: report, template: {template}, inputs: {{sales: sales}}, depends_on: [figure], {keys}}}
        "
    ))
}

/// What is published.
fn page(template: &str, text: &str) -> String {
    let project = report(template, text, "output: page.html");
    project.run(["run"]).exits(0);
    project.read("page.html")
}

/// What stands in the page, without what is around it.
fn content(page: &str) -> &str {
    page.split_once("<main>\n").expect("a page").1.split_once("\n</main>").expect("its end").0
}

#[test]
fn a_template_without_a_page_gets_one_and_one_with_it_stays_as_it_is() {
    let made = page("r.html", "<h1>Sales &amp; <i>more</i></h1>\n");
    assert!(made.starts_with("<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"), "{made}");
    assert!(made.contains("<title>Sales &amp; more</title>") && made.contains("prefers-color-scheme: dark"), "{made}");
    assert_eq!(content(&made), "<h1>Sales &amp; <i>more</i></h1>");
    assert!(page("r.html", "<p>x</p>").contains("<title>page</title>"));
    for own in ["<!doctype html><p>x</p>", "<HTML>x</HTML>\n", "<body\nclass=a>x</body>"] {
        assert_eq!(page("r.html", own), own);
    }
    let project = report("r.html", "<p>x</p>\n", "output: page.html, style: none");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("page.html"), "<p>x</p>\n");
}

#[test]
fn markdown_becomes_html_and_values_in_it_are_text() {
    let text = "# Sales\n\n{% for row in inputs.sales %}\n- **${{ row.country }}**: `${{ row.country }}`\n{% endfor %}\n\n| a | b |\n|---|---|\n| ${{ inputs.sales[1].country }} | x |\n";
    insta::assert_snapshot!(content(&page("r.md", text)), @r"
    <h1>Sales</h1>
    <ul>
    <li><strong>Chad &amp; *Co*</strong>: <code>Chad &amp; *Co*</code></li>
    <li><strong>Peru|Sur</strong>: <code>Peru|Sur</code></li>
    <li><strong>&lt;b&gt;</strong>: <code>&lt;b&gt;</code></li>
    </ul>
    <table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>
    <tr><td>Peru|Sur</td><td>x</td></tr>
    </tbody></table>
    ");
    // What stands on the line below a table is no row of it.
    let below = report("r.md", "${{ inputs.sales | table(['country']) }}\nand *more*\n", "output: page.md");
    below.run(["run"]).exits(0);
    assert!(below.read("page.md").contains(" |\n\nand *more*\n"), "{}", below.read("page.md"));
    assert!(
        page("r.md", "${{ inputs.sales | table(['country']) }}\nand *more*\n").contains("<p>and <em>more</em></p>")
    );
    // Markdown that stays so has neither page nor escapes.
    let project = report("r.md", "# ${{ inputs.sales[0].country }}\n", "output: page.md");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("page.md"), "# Chad & *Co*\n");
}

#[test]
fn tables_have_headings_formats_totals_colours_and_sparklines() {
    let columns = "{'country': 'Country', 'total': {'heading': 'Revenue', 'format': '$,.2f', 'total': 'sum'}, 'change': {'color': {'< 0': 'red', '>= 4': 'green'}}, 'days': {'sparkline': true, 'align': 'center'}}";
    for template in ["r.md", "r.html"] {
        let made = page(template, &format!("${{{{ inputs.sales | table({columns}) }}}}\n"));
        let page = content(&made);
        // Halves are rounded away from zero, as SQL does; the sum is that of all digits.
        for cell in [">Country</th>", ">$1,234.57</td>", ">–</td>", ">$10.01</td>", ">$1,244.57</td>", ">Total</td>"]
        {
            assert!(page.contains(cell), "{cell} in {page}");
        }
        assert!(page.contains("light-dark(#b3261e,#ff9a91)\">-3</td>") && page.contains(">0</td>"), "{page}");
        assert!(
            page.contains("text-align:center;font-family:monospace;white-space:pre\">▁█▅</td>") && page.contains("▄▄"),
            "{page}"
        );
        assert!(
            page.contains(">&lt;b&gt;</td>") && page.contains("<td style=\"white-space:nowrap\">Chad &amp; *Co*</td>"),
            "{page}"
        );
    }
    let refused = report("r.md", &format!("${{{{ inputs.sales | table({columns}) }}}}\n"), "output: page.md");
    let told = refused.run(["run"]).exits(1).stderr;
    assert!(told.contains("r.md:1") && told.contains("column `change` has a `color`, and Markdown has none"), "{told}");
}

#[test]
fn a_picture_has_a_width_and_says_what_it_shows() {
    let shown =
        |filter: &str| content(&page("r.md", &format!("${{{{ tasks.figure.output | {filter} }}}}\n"))).to_owned();
    let sized = shown("image(width=300)");
    assert!(sized.contains("<img src=\"data:image/png;base64,"), "{sized}");
    assert!(sized.ends_with("alt=\"figure\" style=\"width:300px;max-width:100%;height:auto\">"), "{sized}");
    assert!(shown("image(alt='a \"b\"')").contains("alt=\"a &quot;b&quot;\" style=\"max-width"));
    let plain = content(&page("r.md", "![Sales](${{ tasks.figure.output | image }})\n")).to_owned();
    assert!(
        plain.starts_with("<p><img src=\"data:image/png;base64,") && plain.ends_with("alt=\"Sales\" /></p>"),
        "{plain}"
    );
    let wrong = report("r.html", "${{ tasks.figure.output | image(width='wide') }}", "output: page.html");
    let told = wrong.run(["check"]).exits(2).stderr;
    assert!(told.contains("`wide` is no width"), "{told}");
}

#[test]
fn what_a_report_cannot_be_is_told_where_it_stands() {
    let checked = |keys: &str| -> Outcome { report("r.html", "x", keys).run(["check"]).exits(2) };
    let pdf = checked("output: page.pdf").stderr;
    assert!(
        pdf.contains("`page.pdf` is no report's name") && pdf.contains("chromium --headless --print-to-pdf"),
        "{pdf}"
    );
    let style = checked("output: page.md, style: default").stderr;
    assert!(style.contains("`style` has no meaning here") && style.contains("only for .html"), "{style}");
}
