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
    // Behind the tasks and the table of them, warnings are broken into lines.
    let said = project.run(["run"]).exits(0).stderr;
    let (tasks, behind) = said.split_once("\n\n").expect("a summary");
    let said = format!("{tasks}\n{}", behind.replace("\n  ", " "));
    let is_told = |line: &&str| line.starts_with("warning chart:") || line.starts_with("done    chart");
    said.lines().filter(is_told).map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn a_line_does_not_zigzag_through_several_rows_of_one_key() {
    let project = sales("kind: line, x: month, y: sales");
    insta::assert_snapshot!(told(&project), @r"
    done    chart  figure of 5 rows  [time]
    warning chart: 1 row has no value in `month` and is not drawn; fill it, or leave them out, in a task before
    warning chart: 2 rows are dots, for no line can join them: they have one `month` (`1`); `aggregate` them first, or tell them apart by `color`
    ");
    // Coloured by what tells the rows apart it is a line again.
    insta::assert_snapshot!(told(&sales("kind: line, x: month, y: sales, color: country")), @r"
    done    chart  figure of 5 rows  [time]
    warning chart: 1 row has no value in `month` and is not drawn; fill it, or leave them out, in a task before
    ");
}

#[test]
fn rows_that_are_not_drawn_are_told() {
    insta::assert_snapshot!(told(&sales("kind: scatter, x: month, y: sales")), @r"
    done    chart  figure of 5 rows  [time]
    warning chart: 1 row has no value in `month` and is not drawn; fill it, or leave them out, in a task before
    warning chart: 1 row has no number in `sales` and is not drawn; fill it, or leave them out, in a task before
    ");
    insta::assert_snapshot!(told(&sales("kind: hist, x: sales")), @r"
    done    chart  figure of 5 rows  [time]
    warning chart: 1 row has no value in `sales` and is not drawn; fill it, or leave them out, in a task before
    ");
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
    insta::assert_snapshot!(chart("bar, others: true"), @r"
    done    chart  figure of 12 rows  [time]
    warning chart: panel 1: `color: g` makes 12 colours, more than can be told apart: 5 of them are one, `5 others`; keep fewer in a task before
    ");
    insta::assert_snapshot!(chart("scatter"), @r"
    done    chart  figure of 12 rows  [time]
    warning chart: panel 1: `color: g` makes 12 colours, more than can be told apart: 5 of them are grey; keep fewer in a task before
    ");
}

#[test]
fn bars_that_are_put_into_another_order_are_told() {
    let ranked = Project::new().file("t.csv", "k,n\na,1\nb,2\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          chart: {type: chart, from: t, kind: barh, x: n, y: k, output: chart.svg}
        ",
    );
    assert_eq!(told(&ranked), "done    chart  figure of 2 rows, the largest `n` on top  [time]\n");
    // As it is, once the table has that order.
    let as_it_is = ranked.file("t.csv", "k,n\nb,2\na,1\n");
    assert_eq!(told(&as_it_is), "done    chart  figure of 2 rows  [time]\n");
}

#[test]
fn a_warning_stays_with_a_figure_that_is_not_drawn_again() {
    let project = sales("kind: scatter, x: month, y: sales");
    project.run(["run"]).exits(0);
    std::fs::remove_file(project.root().join("chart.png")).expect("it was drawn");
    let again = project.run(["run"]).exits(0).stderr;
    assert!(again.contains("cached  chart") || again.contains("restored"), "{again}");
    assert!(again.contains("has no number in"), "{again}");
}

#[test]
fn letters_that_the_font_lacks_are_told() {
    // Letters for private use: no font of any machine has them.
    let project = Project::new().file("t.csv", "product,n\n\u{10fff3}\u{10fff1},2\nOslo,1\n\u{10fff2},1\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          chart: {type: chart, from: t, kind: bar, x: product, y: n, title: \u{10fff3}, output: chart.svg}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(0).stderr, @r"
    warning: no font has all letters of `title: 􏿳`: boxes are drawn for 􏿳
     --> pipeline.yaml:4:3
      |
    4 |   chart: {type: chart, from: t, kind: bar, x: product, y: n, title: 􏿳, output: chart.svg}
      |   ^^^^^ drawn by this task
      |
      = help: name a font with them under `fonts`, or install one
    ok pipeline: 2 tasks, no mistakes
    ");
    insta::assert_snapshot!(told(&project), @r"
    done    chart  figure of 3 rows  [time]
    warning chart: no font has all letters of 2 names: boxes are drawn, such as for 􏿱 􏿳 of `􏿳􏿱`; name a font with them under `fonts`, or install one
    ");
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
