//! Charts as one asks for them: which value stands for several rows, and how the marks are laid out.

use crate::project::Project;

const SALES: &str = "\
month,country,sales,off
2024-01-01,FR,10,1
2024-01-01,DE,20,2
2024-02-01,FR,30,3
2024-02-01,DE,5,1
2024-03-01,FR,20,2
2024-03-01,DE,40,4
";

/// A chart of the sales with these keys.
fn sales(keys: &str) -> Project {
    Project::new().file("sales.csv", SALES).pipeline(&format!(
        "
        version: 1
        tasks:
          sales: {{type: load, path: sales.csv}}
          chart: {{type: chart, from: sales, {keys}, size: 4x3in, output: chart.svg}}
        "
    ))
}

/// The paths of a figure: what is drawn, without the places of the file.
fn drawn(keys: &str) -> String {
    let project = sales(keys);
    project.run(["run"]).exits(0);
    project.read("chart.svg")
}

#[test]
fn several_rows_of_one_category_are_never_one_bar_unless_it_is_said_how() {
    for kind in
        ["kind: bar, x: country, y: sales", "kind: barh, x: sales, y: country", "kind: area, x: country, y: sales"]
    {
        let refused = sales(kind).run(["run"]).exits(1).stderr;
        assert!(refused.contains("6 rows would be one mark"), "{refused}");
        assert!(refused.contains("they have only 2 different `country` (such as `FR`)"), "{refused}");
        assert!(refused.contains("`agg: sum`, `mean`, `median`, `min`, `max` or `count`"), "{refused}");
    }
    let of = |agg: &str| drawn(&format!("kind: bar, x: country, y: sales, agg: {agg}"));
    let drawings = ["sum", "mean", "max", "count"].map(of);
    // Mean and median of FR are the same here, those of DE are not.
    assert!(drawings.iter().enumerate().all(|(place, one)| !drawings[..place].contains(one)));
    assert_ne!(of("mean"), of("median"));
}

#[test]
fn one_row_a_category_needs_no_aggregate() {
    let plain = drawn("kind: bar, x: month, y: sales, color: country");
    assert_eq!(plain, drawn("kind: bar, x: month, y: sales, color: country, agg: mean"));
}

/// Rows are counted where no column of values is named: also those whose values are missing.
#[test]
fn rows_are_counted() {
    let texts = |keys: &str| {
        let project = sales(keys);
        project
            .file("sales.csv", "month,country,sales\n2024-01-01,FR,1\n2024-01-02,FR,\n2024-01-03,DE,7\n")
            .run(["run"])
            .exits(0)
            .stderr
    };
    for keys in ["kind: bar, x: country", "kind: barh, y: country", "kind: line, x: country"] {
        let said = texts(&format!("{keys}, agg: count, values: true"));
        assert!(!said.contains("warning"), "{said}");
    }
    let refused = sales("kind: bar, x: country, agg: sum").run(["check"]).exits(2).stderr;
    assert!(refused.contains("a chart needs `y`"), "{refused}");
    let refused = sales("kind: scatter, x: country").run(["check"]).exits(2).stderr;
    assert!(refused.contains("a chart needs `y`"), "{refused}");
    let [upright, level] = ["kind: bar, x: country", "kind: bar, x: country, y: sales"]
        .map(|keys| drawn(&format!("{keys}, agg: count, y_label: n")));
    assert_eq!(upright, level);
}

#[test]
fn bars_are_laid_in_the_order_that_is_told() {
    let of = |sort: &str| drawn(&format!("kind: barh, x: sales, y: country, agg: sum, {sort}"));
    let [largest, smallest, name, table] = ["sort: -value", "sort: value", "sort: name", "sort: none"].map(of);
    // FR 60, DE 65; in the table FR is first.
    assert_eq!((&largest, &smallest), (&name, &table));
    assert_ne!(largest, smallest);
    assert_eq!(largest, of("x_label: sales"), "the largest on top is what `barh` does unless it is told otherwise");
}

#[test]
fn marks_lie_upon_each_other_where_it_is_asked_for() {
    let of = |stack: &str| drawn(&format!("kind: bar, x: month, y: sales, color: country, {stack}"));
    let drawings = ["stack: false", "stack: true", "stack: percent"].map(of);
    assert!(drawings.iter().enumerate().all(|(place, one)| !drawings[..place].contains(one)));
    assert_eq!(drawings[0], of("values: false"));
}

#[test]
fn scales_limits_and_marks_change_the_axes() {
    let line = "kind: line, x: month, y: sales, color: country";
    let keys = [
        "y_scale: log",
        "y_scale: symlog",
        "y_max: 100",
        "x_scale: date",
        "marks: [{y: 100, label: target}]",
        "marks: [{from: 10, to: 20, axis: y}]",
        "step: true",
        "error: off",
        "facet: country",
        "palette: ['#ff0000']",
        "palette: {FR: '#00f'}",
        "labels: {FR: France}",
        "locale: de, y_format: ',.2f'",
        "y_label: ''",
    ];
    let mut drawings: Vec<String> = keys.iter().map(|more| drawn(&format!("{line}, {more}"))).collect();
    drawings.push(drawn(line));
    for (place, one) in drawings.iter().enumerate() {
        assert!(!drawings[..place].contains(one), "{:?} changes nothing", keys.get(place));
    }
}

#[test]
fn a_mark_that_is_nowhere_is_told() {
    let project = sales("kind: bar, x: country, y: sales, agg: sum, marks: [{x: ES}], y_max: lots");
    let said = project.run(["run"]).exits(0).stderr.replace("\n  ", " ");
    assert!(said.contains("`ES` is nowhere on its axis") && said.contains("`lots` is nowhere on its axis"), "{said}");
}

#[test]
fn keys_that_mean_nothing_to_a_kind_are_refused() {
    insta::assert_snapshot!(sales("kind: scatter, x: month, y: sales, bins: 4, agg: sum").run(["check"]).exits(2).stderr, @r"
    error: `bins` means nothing to `kind: scatter`
     --> pipeline.yaml:4:78
      |
    4 |   chart: {type: chart, from: sales, kind: scatter, x: month, y: sales, bins: 4, agg: sum, size: 4x3in, output: chart.svg}
      |                                                                              ^ not here
      |
      = help: leave it out; it is for hist

    error: `agg` means nothing to `kind: scatter`
     --> pipeline.yaml:4:86
      |
    4 |   chart: {type: chart, from: sales, kind: scatter, x: month, y: sales, bins: 4, agg: sum, size: 4x3in, output: chart.svg}
      |                                                                                      ^^^ not here
      |
      = help: leave it out; it is for line, bar, barh, area, heatmap, calendar, pie, donut, waterfall

    2 errors
    ");
    insta::assert_snapshot!(
        sales("kind: line, x: month, y: sales, marks: [{x: 1, y: 2}], palette: [red], low: off, y_min: 5, y_max: 5")
            .run(["check"])
            .exits(2)
            .stderr, @r"
    error: this is neither a line, a band nor a note
     --> pipeline.yaml:4:77
      |
    4 |   chart: {type: chart, from: sales, kind: line, x: month, y: sales, marks: [{x: 1, y: 2}], palette: [red], low: off, y_min: 5, y_max:...
      |                                                                             ^ a note at `x` and `y` needs a `label`

    error: a colour is not understood
     --> pipeline.yaml:4:92
      |
    4 | ..., marks: [{x: 1, y: 2}], palette: [red], low: off, y_min: 5, y_max: 5, size: 4x3in, output: chart.svg}
      |                             ^^^^^^^ `red` is not a colour; write its red, green and blue, such as `#c8500a`

    error: `low` needs `high`
     --> pipeline.yaml:4:113
      |
    4 | ...sales, marks: [{x: 1, y: 2}], palette: [red], low: off, y_min: 5, y_max: 5, size: 4x3in, output: chart.svg}
      |                                                       ^^^ the upper end is missing

    error: `y_min` must be below `y_max`
     --> pipeline.yaml:4:135
      |
    4 | ...: 2}], palette: [red], low: off, y_min: 5, y_max: 5, size: 4x3in, output: chart.svg}
      |                                                      ^ this is not above the other

    4 errors
    ");
}

const WEEKDAYS: &str = "\
day,shop,orders
2024-01-01,north,3
2024-01-02,north,5
2024-01-03,north,-2
2024-01-08,south,4
2024-01-09,south,1
2024-01-10,south,7
";

/// A chart of the orders with these keys: what is drawn, and what is said.
fn orders(keys: &str) -> (String, String) {
    let project = Project::new().file("orders.csv", WEEKDAYS).pipeline(&format!(
        "
        version: 1
        tasks:
          orders: {{type: load, path: orders.csv, columns: {{day: date}}}}
          chart: {{type: chart, from: orders, {keys}, size: 4x3in, output: chart.svg}}
        "
    ));
    let said = project.run(["run"]).exits(0).stderr;
    (project.read("chart.svg"), said)
}

#[test]
fn every_kind_draws_its_own_figure() {
    let kinds = [
        "kind: box, x: shop, y: orders",
        "kind: violin, x: shop, y: orders",
        "kind: strip, x: shop, y: orders",
        "kind: density, x: orders",
        "kind: density, x: orders, color: shop",
        "kind: heatmap, x: day, y: shop, value: orders",
        "kind: calendar, x: day, y: orders",
        "kind: waterfall, x: day, y: orders",
        "kind: pie, x: shop, y: orders, agg: sum",
        "kind: donut, x: shop, y: orders, agg: sum",
        "kind: box, x: shop, y: orders, values: true, y_scale: symlog",
        "kind: heatmap, x: day, y: shop, value: orders, values: true, theme: dark",
        "kind: box, x: shop, y: orders, facet: shop",
    ];
    let drawings: Vec<String> = kinds.iter().map(|keys| orders(keys).0).collect();
    for (place, one) in drawings.iter().enumerate() {
        assert!(!drawings[..place].contains(one), "`{}` is drawn as another", kinds[place]);
    }
}

#[test]
fn what_is_no_share_and_what_is_the_rest_of_many_slices_is_told() {
    let (_, said) = orders("kind: pie, x: day, y: orders, top: 2, others: true");
    let said = said.replace("\n  ", " ");
    assert!(said.contains("1 value below zero"), "{said}");
    assert!(said.contains("`3 others`"), "{said}");
}

#[test]
fn a_calendar_needs_days_and_a_heatmap_a_value() {
    let check = |keys: &str| sales(keys).run(["check"]).exits(2).stderr;
    let calendar = check("kind: calendar, x: country, y: sales");
    assert!(calendar.contains("`country` is string, and this kind of chart needs days"), "{calendar}");
    let heatmap = check("kind: heatmap, x: month, y: country");
    assert!(heatmap.contains("this kind of chart needs `value`"), "{heatmap}");
    let second = check("kind: box, x: country, y: [sales, off]");
    assert!(second.contains("`kind: box` has one `y`"), "{second}");
    // Texts that are days.
    sales("kind: calendar, x: month, y: sales, x_scale: date, agg: sum").run(["run"]).exits(0);
}

#[test]
fn axes_of_days_take_formats_of_days() {
    let days = "kind: heatmap, x: shop, y: day, value: orders";
    assert_ne!(orders(days).0, orders(&format!("{days}, y_format: '%A'")).0);
    let both = "values: true, y_format: '%A', value_format: '$,.1f'";
    assert_ne!(orders(&format!("{days}, {both}")).0, orders(&format!("{days}, values: true, y_format: '%A'")).0);
    let bars = "kind: barh, x: orders, y: day, agg: sum";
    assert_ne!(orders(bars).0, orders(&format!("{bars}, y_format: '%b %-d'")).0);
}

#[test]
fn formats_that_an_axis_cannot_have_are_told_at_their_letters() {
    let project = Project::new().file("orders.csv", WEEKDAYS).pipeline(
        "
        version: 1
        tasks:
          orders: {type: load, path: orders.csv, columns: {day: date}}
          a: {type: chart, from: orders, kind: line, x: day, y: orders, y_format: '%b %Y', output: a.svg}
          b: {type: chart, from: orders, kind: heatmap, x: shop, y: day, value: orders, value_format: '%b', output: b.svg}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: `%b %Y` is not understood
     --> pipeline.yaml:4:75
      |
    4 |   a: {type: chart, from: orders, kind: line, x: day, y: orders, y_format: '%b %Y', output: a.svg}
      |                                                                           ^^^^^^^ `%b %Y` is of dates, and this axis shows numbers; write for example `,.0f` or `.1%`

    error: `%b` is not understood
     --> pipeline.yaml:5:95
      |
    5 |   b: {type: chart, from: orders, kind: heatmap, x: shop, y: day, value: orders, value_format: '%b', output: b.svg}
      |                                                                                               ^^^^ `%b` is of dates, and this axis shows numbers; write for example `,.0f` or `.1%`

    2 errors
    ");
    let project = Project::new().file("orders.csv", WEEKDAYS).pipeline(
        "
        version: 1
        tasks:
          orders: {type: load, path: orders.csv, columns: {day: date}}
          a: {type: chart, from: orders, kind: line, x: day, y: orders, x_format: ',.0f', output: a.svg}
          b: {type: chart, from: orders, kind: heatmap, x: day, y: orders, value: orders, y_format: '%b', output: b.svg}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: `,.0f` is a format of numbers, and `day` is date
     --> pipeline.yaml:4:75
      |
    4 |   a: {type: chart, from: orders, kind: line, x: day, y: orders, x_format: ',.0f', output: a.svg}
      |                                                                           ^^^^^^ how this column is written
      |
      = help: write one of dates, such as `%b %Y`

    error: `%b` is a format of dates, and `orders` is int
     --> pipeline.yaml:5:93
      |
    5 |   b: {type: chart, from: orders, kind: heatmap, x: day, y: orders, value: orders, y_format: '%b', output: b.svg}
      |                                                                                             ^^^^ how this column is written
      |
      = help: write one of numbers, such as `,.0f`

    2 errors
    ");
}
