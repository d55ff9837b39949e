//! The files that figures are: PDF, pages, and what fonts they are drawn with.

use crate::project::Project;

/// A font of one letter, U+10FFF0, which no other font has: a square.
const SQUARE: &[u8] = include_bytes!("figure_files/square.ttf");

const SHOPS: &str = "shop,day,sales\nnorth,2024-03-01,1234.5\nsouth,2024-03-02,-20\n<b>,2024-03-03,7\n";

/// A chart of the shops with these keys.
fn shops(keys: &str) -> Project {
    Project::new().file("shops.csv", SHOPS).pipeline(&format!(
        "
        version: 1
        tasks:
          shops: {{type: load, path: shops.csv}}
          days: {{type: normalize, from: shops, columns: {{day: date}}}}
          chart: {{type: chart, from: days, {keys}, size: 4x3in}}
        "
    ))
}

/// The bytes of the figure.
fn drawn(keys: &str, path: &str) -> Vec<u8> {
    let project = shops(&format!("{keys}, output: {path}"));
    project.run(["run"]).exits(0);
    std::fs::read(project.root().join(path)).expect("the figure")
}

#[test]
fn a_pdf_is_one_page_as_large_as_the_figure_and_the_same_each_time() {
    let of = || drawn("kind: bar, x: shop, y: sales, title: Größe (a)", "chart.pdf");
    let pdf = of();
    assert!(pdf == of(), "it tells when it was made");
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-1.") && text.trim_end().ends_with("%%EOF"));
    assert!(text.contains("/MediaBox [0 0 288 216]") && text.contains("/Count 1"), "{text}");
    assert!(text.contains("/Title") && !text.contains("Date") && !text.contains("/Font"), "{text}");
    assert!(pdf.len() < 20_000, "{} bytes", pdf.len());
}

#[test]
fn a_page_tells_the_values_of_its_marks_and_asks_nobody() {
    let page = |keys: &str| String::from_utf8(drawn(keys, "chart.html")).expect("text");
    let bars = page("kind: bar, x: shop, y: sales, y_format: '$,.1s', title: A < B");
    assert!(bars.contains("<title>A &lt; B</title>") && bars.contains("<meta charset=\"utf-8\">"));
    // Where the axis shortens, the mark does not.
    assert!(bars.contains("<title>north\nsales: $1,234.50</title>"), "{bars}");
    assert!(bars.contains("<title>&lt;b&gt;\nsales: $7.00</title>"), "{bars}");
    let addresses: Vec<&str> = bars.split("http").skip(1).map(|rest| rest.split('"').next().unwrap_or(rest)).collect();
    assert!(addresses.iter().all(|address| address.starts_with("://www.w3.org/")), "{addresses:?}");
    assert!(!bars.contains(" src=") && !bars.contains("@import") && !bars.contains("url(h"));
    // Light and dark, unless one of them is asked for.
    assert!(bars.contains("prefers-color-scheme: dark) { :root { --paper: #171b22"));
    assert!(!page("kind: bar, x: shop, y: sales, theme: print").contains("class=\"dark\""));

    for (keys, told) in [
        ("kind: line, x: day, y: sales", "2024-03-02\nsales: −20"),
        ("kind: barh, x: sales, y: shop", "south\nsales: −20"),
        ("kind: scatter, x: sales, y: sales", "sales: 7\nsales: 7"),
        ("kind: hist, x: sales, bins: 1", "sales: −20 – 1,234.5\nCount: 3"),
        ("kind: box, x: shop, y: sales", "north\nMedian: 1,234.5"),
        ("kind: heatmap, x: day, y: shop, value: sales", "2024-03-01\nnorth: 1,234.5"),
        ("kind: calendar, x: day, y: sales", "2024-03-03\nsales: 7"),
        ("kind: donut, x: shop, y: sales", "north\nsales: 1,234.5"),
        ("kind: line, x: day, y: sales, locale: de", "2024-03-01\nsales: 1.234,5"),
    ] {
        let page = page(keys);
        assert!(page.contains(&format!("<title>{told}")), "{keys}: {:?}", page.split("<title>").collect::<Vec<_>>());
    }
}

#[test]
fn what_is_no_figure_is_refused() {
    let refused = shops("kind: bar, x: shop, y: sales, output: chart.jpg").run(["check"]).exits(2).stderr;
    assert!(refused.contains("end it with one of .png, .svg, .pdf, .html"), "{refused}");
}

#[test]
fn notes_stand_at_their_points() {
    let svg = |marks: &str| String::from_utf8(drawn(&format!("kind: line, x: day, y: sales{marks}"), "chart.svg"));
    let [plain, noted] = ["", ", marks: [{x: 2024-03-02, y: 500, label: here}]"].map(svg);
    assert_ne!(plain, noted);
    let told = shops("kind: line, x: day, y: sales, marks: [{x: nowhere, y: 500, label: here}], output: c.svg");
    let told = told.run(["run"]).exits(0).stderr;
    assert!(told.contains("`nowhere` is nowhere on its axis"), "{told}");
    let refused = shops("kind: line, x: day, y: sales, marks: [{x: 2024-03-02, y: 500}], output: c.svg");
    let refused = refused.run(["check"]).exits(2).stderr;
    assert!(refused.contains("a note at `x` and `y` needs a `label`"), "{refused}");
}

/// A bar chart whose name is the letter of the square font.
fn strange(fonts: &str) -> Project {
    Project::new().file("t.csv", "name,n\n\u{10fff0}\u{10fff0},2\nOslo,1\n").file("square.ttf", SQUARE).pipeline(
        &format!(
            "
        version: 1
        {fonts}
        tasks:
          t: {{type: load, path: t.csv}}
          chart: {{type: chart, from: t, kind: bar, x: name, y: n, title: \u{10fff0}, output: chart.svg}}
        "
        ),
    )
}

#[test]
fn letters_come_from_fonts_that_the_file_names() {
    let without = strange("");
    let told = without.run(["run"]).exits(0).stderr.replace("\n  ", " ");
    assert!(told.contains("no font has all letters of `title: \u{10fff0}`: boxes are drawn for \u{10fff0}"), "{told}");
    assert!(told.contains("no font has all letters of 1 name: boxes are drawn, such as for"), "{told}");
    let with = strange("fonts: square.ttf");
    let told = with.run(["run"]).exits(0).stderr;
    assert!(!told.contains("warning"), "{told}");
    assert!(without.read("chart.svg") != with.read("chart.svg"), "boxes are drawn");
    // A font is an input.
    assert!(with.run(["run"]).exits(0).stderr.contains("nothing to do"));
    let mut other = SQUARE.to_vec();
    other.extend([0; 4]);
    let with = with.file("square.ttf", other);
    assert!(with.run(["plan"]).exits(0).stdout.contains("square.ttf"));
}

#[test]
fn what_is_no_font_is_a_mistake_at_its_place() {
    let project = strange("fonts: [t.csv]");
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: `t.csv` cannot be used: it is no font with outlines: .ttf, .otf and .ttc files are
     --> pipeline.yaml:2:9
      |
    2 | fonts: [t.csv]
      |         ^^^^^ a font

    1 error
    ");
    let missing = strange("fonts: [gone.ttf]").run(["check"]).exits(2).stderr;
    assert!(missing.contains("gone.ttf"), "{missing}");
}
