//! Charts that show something else than their rows say it: in the run's summary, and where the file alone shows it, in `check`.

use crate::project::Project;

const SALES: &str = "month,country,channel,sales\n1,FR,web,10\n1,DE,web,20\n2,FR,web,30\n2,DE,shop,\n,FR,shop,5\n";

/// A chart of the sales with these keys.
fn sales(keys: &str) -> Project {
    Project::new().file("sales.csv", SALES).pipeline(&format!(
        "
        version: 1
        tasks:
          sales: {{type: load, path: sales.csv}}
          chart: {{type: chart, from: sales, {keys}, output: chart.png}}
        "
    ))
}

/// What a run says of the chart.
fn told(project: &Project) -> String {
    let said = project.run(["run"]).exits(0).stderr;
    said.lines().filter(|line| line.contains("chart")).map(|line| line.trim().to_owned() + "\n").collect()
}

#[test]
fn rows_that_bars_add_up_are_told() {
    insta::assert_snapshot!(told(&sales("kind: bar, x: country, y: sales")), @"");
    insta::assert_snapshot!(told(&sales("kind: barh, x: sales, y: country")), @"");
    insta::assert_snapshot!(told(&sales("kind: area, x: month, y: sales, color: channel")), @"");
}

#[test]
fn a_line_does_not_zigzag_through_several_rows_of_one_key() {
    let project = sales("kind: line, x: month, y: sales");
    insta::assert_snapshot!(told(&project), @"");
    // Coloured by what tells the rows apart it is a line again.
    insta::assert_snapshot!(told(&sales("kind: line, x: month, y: sales, color: country")), @"");
}

#[test]
fn rows_that_are_not_drawn_are_told() {
    insta::assert_snapshot!(told(&sales("kind: scatter, x: month, y: sales")), @"");
    insta::assert_snapshot!(told(&sales("kind: hist, x: sales")), @"");
}

#[test]
fn colours_that_nobody_could_tell_apart_are_told() {
    let rows: String = (0..12).map(|no| format!("{no},g{no},{no}\n")).collect();
    let chart = |kind: &str| {
        let project = Project::new().file("t.csv", format!("x,g,y\n{rows}")).pipeline(&format!(
            "
            version: 1
            tasks:
              t: {{type: load, path: t.csv}}
              chart:
                type: chart
                from: t
                panels: [{{kind: {kind}, x: x, y: y, color: g}}, {{kind: line, x: x, y: y}}]
                output: chart.svg
            "
        ));
        told(&project)
    };
    insta::assert_snapshot!(chart("bar"), @"");
    insta::assert_snapshot!(chart("scatter"), @"");
}

#[test]
fn a_warning_stays_with_a_figure_that_is_not_drawn_again() {
    let project = sales("kind: bar, x: country, y: sales");
    project.run(["run"]).exits(0);
    let shown = project.run(["show", "chart"]).exits(0).stdout;
    assert!(shown.contains("are added up"), "{shown}");
}

#[test]
fn letters_that_the_font_lacks_are_told() {
    let project = Project::new().file("t.csv", "product,n\n東京タワー,2\nOslo,1\nمرحبا,1\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          chart: {type: chart, from: t, kind: bar, x: product, y: n, title: 売上, output: chart.svg}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(0).stderr, @"");
    insta::assert_snapshot!(told(&project), @"");
}

#[test]
fn the_size_of_dots_goes_by_all_of_them() {
    let radius = |colors: &dyn Fn(usize) -> &'static str| {
        let rows: String = (0..600).map(|no| format!("{no},{},{no}\n", colors(no))).collect();
        let project = Project::new().file("t.csv", format!("x,g,y\n{rows}")).pipeline(
            "
            version: 1
            tasks:
              t: {type: load, path: t.csv}
              chart: {type: chart, from: t, kind: scatter, x: x, y: y, color: g, output: chart.svg}
            ",
        );
        project.run(["run"]).exits(0);
        // A dot is two half circles: `A` and its radius, or an arc of curves; its opacity goes with its size.
        let svg = project.read("chart.svg");
        let mut opacities: Vec<&str> =
            svg.split("fill-opacity=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        opacities.sort_unstable();
        opacities.dedup();
        opacities.join(" ")
    };
    let (even, uneven) = (radius(&|no| ["a", "b"][no % 2]), radius(&|no| if no == 0 { "a" } else { "b" }));
    assert_eq!(even, uneven);
    assert!(!even.is_empty() && !even.contains(' '), "{even}");
}
