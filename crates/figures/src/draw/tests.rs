//! What must hold for every drawing: texts stay on the page and apart, and nothing makes it panic.

use proptest::prelude::*;
use resvg::usvg::roxmltree::{Document, Node};

use crate::plot::Plot;
use crate::{
    Agg, Chart, Column, Direction, Figure, Kind, Measure, Note, NumberFormat, Position, Reference, Scale, Series, Size,
    Sort, Spread, Stack, Trend, ValueFormat, font,
};

fn kind(name: &str) -> Kind {
    Kind::named(name).unwrap()
}

fn svg(figure: &Figure) -> String {
    super::svg(figure, false).unwrap().0
}

fn names(texts: &[&str]) -> Column {
    Column::Category(texts.iter().map(|text| Some((*text).to_owned())).collect())
}

fn texts(drawing: &str) -> Vec<String> {
    let document = Document::parse(drawing).unwrap();
    document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .filter_map(|node| node.text().map(str::to_owned))
        .collect()
}

/// A text and the box around it, which may be turned.
#[derive(Clone, Debug)]
struct Boxed {
    text: String,
    /// In points, one after the other around the box.
    corners: [(f64, f64); 4],
}

impl Boxed {
    /// Of an element: from the baseline up to the height of a capital letter, less what is seen as nothing.
    fn new(node: &Node<'_, '_>) -> Boxed {
        let number = |name| node.attribute(name).and_then(|text| text.parse::<f64>().ok()).unwrap();
        let text = node.text().unwrap_or_default().to_owned();
        let (x, base, size) = (number("x"), number("y"), number("font-size"));
        let width = font::width(&text, size, node.has_attribute("font-weight"));
        let left = match node.attribute("text-anchor") {
            Some("end") => x - width,
            Some(_) => x - width / 2.0,
            None => x,
        };
        let top = base - size * 0.72;
        let turn = node.attribute("transform").map_or(vec![0.0, 0.0, 0.0], |turn| {
            let numbers = turn.trim_start_matches("rotate(").trim_end_matches(')');
            numbers.split(' ').map(|number| number.parse().unwrap()).collect()
        });
        let (sin, cos) = f64::to_radians(turn[0]).sin_cos();
        let turned = |(x, y): (f64, f64)| {
            let (x, y) = (x - turn[1], y - turn[2]);
            (turn[1] + x * cos - y * sin, turn[2] + x * sin + y * cos)
        };
        let corners = [(left, top), (left + width, top), (left + width, base), (left, base)].map(turned);
        Boxed { text, corners }
    }

    /// Whether two boxes have more than their edges in common: no line along a side of either parts them.
    fn touches(&self, other: &Boxed) -> bool {
        const NOTHING: f64 = 0.05;
        let sides = [self, other]
            .into_iter()
            .flat_map(|one| [(one.corners[0], one.corners[1]), (one.corners[1], one.corners[2])]);
        sides.map(|(from, to)| (from.1 - to.1, to.0 - from.0)).all(|(x, y)| {
            let length = x.hypot(y).max(1e-9);
            let span = |one: &Boxed| {
                let along = one.corners.map(|corner| (corner.0 * x + corner.1 * y) / length);
                (along.into_iter().fold(f64::INFINITY, f64::min), along.into_iter().fold(f64::NEG_INFINITY, f64::max))
            };
            let (one, other) = (span(self), span(other));
            one.0 < other.1 - NOTHING && other.0 < one.1 - NOTHING
        })
    }
}

/// Texts that leave the page or touch each other, level, upright or slanted.
fn clashes(drawing: &str, (width, height): (f64, f64)) -> Vec<String> {
    let document = Document::parse(drawing).unwrap();
    let boxes: Vec<Boxed> =
        document.descendants().filter(|node| node.has_tag_name("text")).map(|node| Boxed::new(&node)).collect();
    let mut clashes = Vec::new();
    for (place, one) in boxes.iter().enumerate() {
        let leaves = |(x, y): &(f64, f64)| *x < -0.5 || *x > width + 0.5 || *y < -0.5 || *y > height + 0.5;
        if one.corners.iter().any(leaves) {
            clashes.push(format!("`{}` at {:?} leaves the page", one.text, one.corners));
        }
        for other in boxes[place + 1..].iter().filter(|other| one.touches(other)) {
            clashes
                .push(format!("`{}` at {:?} touches `{}` at {:?}", one.text, one.corners, other.text, other.corners));
        }
    }
    clashes
}

#[test]
fn a_small_line_chart_is_drawn_like_this() {
    let keys = Column::Date(vec![Some(19_722), Some(19_753), Some(19_782)]);
    let mut chart = Chart::new(kind("line"), keys, vec![Series::new("Revenue", vec![1200.0, 800.0, 1500.0])]);
    chart.title = Some("Sales < plan".to_owned());
    chart.trend = Some(Trend::Linear);
    chart.y_format = ValueFormat::parse("$,.0f").ok();
    let figure = Figure { size: Size::inches(8.0, 3.5), ..Figure::new(chart) };
    insta::assert_snapshot!(svg(&figure));
}

#[test]
fn a_year_of_days_ends_with_its_last_month_and_names_nothing_twice() {
    // From 2024-01-01 to 2024-12-30.
    let keys = Column::Date((19_723..20_088).map(Some).collect());
    let values = (0..365).map(f64::from).collect();
    let mut chart = Chart::new(kind("line"), keys, vec![Series::new("Sales", values)]);
    chart.trend = Some(Trend::Linear);
    chart.y_label = Some("Sales".to_owned());
    chart.y_format = ValueFormat::parse("$,.0f").ok();
    let shown = texts(&svg(&Figure::new(chart)));
    assert!(shown.contains(&"Dec".to_owned()) && !shown.contains(&"Jan 2025".to_owned()), "{shown:?}");
    assert_eq!(shown.iter().filter(|text| *text == "Sales").count(), 1, "{shown:?}");
    assert!(shown.contains(&"Linear trend: $0 → $364".to_owned()), "{shown:?}");
}

#[test]
fn the_largest_bars_stand_on_top_with_their_values() {
    let mut chart = Chart::new(
        kind("barh"),
        names(&["small", "large", "negative", "middle"]),
        vec![Series::new("Revenue", vec![10.0, 1234.5, -60.0, 700.0])],
    );
    chart.values = true;
    chart.top = Some(3);
    chart.x_format = ValueFormat::parse("$,.0f").ok();
    let drawing = svg(&Figure::new(chart));
    let shown = texts(&drawing);
    let place = |text: &str| shown.iter().position(|shown| shown == text);
    assert!(place("large") < place("middle") && place("middle") < place("small"), "{shown:?}");
    assert_eq!(place("negative"), None);
    assert!(place("$1,234").is_some() && place("$700").is_some(), "{shown:?}");
}

#[test]
fn two_axes_take_the_colours_of_their_series() {
    let keys = Column::Number(vec![1.0, 2.0, 3.0]);
    let mut chart = Chart::new(kind("line"), keys, vec![Series::new("Revenue", vec![1.0, 3.0, 2.0])]);
    chart.y2 = vec![Series::new("Sessions", vec![10.0, 20.0, 90.0])];
    chart.y2_format = NumberFormat::parse("$,.0f").ok();
    chart.show_r = true;
    chart.title = Some("Both".to_owned());
    let drawing = svg(&Figure::new(chart));
    let document = Document::parse(&drawing).unwrap();
    let right = document.descendants().find(|node| node.text().is_some_and(|text| text.starts_with('$'))).unwrap();
    assert_eq!(right.attribute("fill"), Some("#d55e00"), "the second colour of the light theme");
    assert!(texts(&drawing).contains(&"Both (r = 0.115)".to_owned()), "{:?}", texts(&drawing));
}

#[test]
fn without_data_the_figure_says_so() {
    let mut chart = Chart::new(kind("bar"), names(&[]), vec![Series::new("Revenue", Vec::new())]);
    chart.title = Some("Quiet".to_owned());
    assert_eq!(texts(&svg(&Figure::new(chart.clone()))), ["Quiet", "No data"]);
    let missing = Chart { keys: names(&["a"]), series: vec![Series::new("Revenue", vec![f64::NAN])], ..chart };
    assert_eq!(texts(&svg(&Figure::new(missing))), ["Quiet", "No data"]);
    let none = Figure { panels: Vec::new(), ..Figure::new(Chart::new(kind("line"), names(&[]), Vec::new())) };
    assert_eq!(texts(&svg(&none)), ["No data"]);
    // Equal values have no density, and axes without a curve would mislead.
    let equal = Chart::new(kind("density"), Column::Number(vec![5.0, 5.0]), Vec::new());
    assert_eq!(texts(&svg(&Figure::new(equal))), ["No data"]);
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -1e6..1e6f64,
        2 => 0.0..100.0f64,
        1 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(0.0),
        1 => Just(f64::INFINITY),
    ]
}

fn keys(rows: usize) -> impl Strategy<Value = Column> {
    // A name may be any word but that by which a number that is none is known in what is drawn.
    let text = prop_oneof!["[a-zA-Zäß<& ]{0,40}", "[a-d]", "\\PC{0,6}"].prop_map(|text| text.replace("NaN", "nan"));
    let text = proptest::option::of(text);
    prop_oneof![
        proptest::collection::vec(proptest::option::of(18_000..20_000i32), rows).prop_map(Column::Date),
        proptest::collection::vec(proptest::option::of(any::<i32>()), rows).prop_map(Column::Date),
        proptest::collection::vec(proptest::option::of(any::<i64>()), rows).prop_map(Column::DateTime),
        proptest::collection::vec(value(), rows).prop_map(Column::Number),
        proptest::collection::vec(text, rows).prop_map(Column::Category),
    ]
}

/// From what is shown beside a text to a poster, in inches.
fn size() -> impl Strategy<Value = (f64, f64)> {
    prop_oneof![
        2 => (3.0..17.0f64, 2.0..11.0f64),
        1 => Just((5.0, 10.0 / 3.0)),
        1 => Just((14.0, 6.0)),
    ]
}

fn chart() -> impl Strategy<Value = Chart> {
    let kinds = proptest::sample::select(Kind::all());
    let values = |rows| proptest::collection::vec(value(), rows);
    let columns = (0..50usize).prop_flat_map(move |rows| {
        let name = || {
            proptest::option::of(prop_oneof![4 => "[a-m]", 1 => "[a-zA-MO-Z ]{1,30}", 1 => "2024-0[1-9]-[0-2][1-9]"])
        };
        let group = proptest::option::of(proptest::collection::vec(name(), rows));
        (
            keys(rows),
            proptest::collection::vec(values(rows), 0..4),
            proptest::collection::vec(values(rows), 0..3),
            group,
        )
    });
    let texts = proptest::collection::vec(proptest::option::of("\\PC{0,60}"), 4);
    let formats =
        proptest::option::of(prop_oneof![Just("$,.0f"), Just(".1%"), Just("s"), Just("d"), Just(".2e"), Just("%B %Y")]);
    let dates = proptest::option::of(prop_oneof![Just("%b %Y"), Just("%A %-d %B"), Just("%H:%M"), Just(",.1f")]);
    let plain = (kinds, columns, texts, (formats, dates), any::<[bool; 3]>(), proptest::option::of(0..20usize))
        .prop_map(|(kind, (keys, left, right, group), mut texts, (format, x_format), [trend, show_r, values], top)| {
            let name = |(place, values)| Series::new(format!("series {place}"), values);
            let mut text = || texts.pop().flatten();
            Chart {
                y2: right.into_iter().enumerate().map(name).collect(),
                group,
                x_format: x_format.and_then(|format| ValueFormat::parse(format).ok()),
                y_format: format.and_then(|format| ValueFormat::parse(format).ok()),
                trend: trend.then_some(Trend::Linear),
                show_r,
                values,
                top,
                title: text(),
                x_label: text(),
                y_label: text(),
                y2_label: text(),
                ..Chart::new(kind, keys, left.into_iter().enumerate().map(name).collect())
            }
        });
    (plain, settings()).prop_map(|(chart, settings)| settings.of(chart))
}

/// What changes how a chart is drawn, whatever it is.
#[derive(Clone, Debug)]
struct Settings {
    agg: Option<Agg>,
    sort: Option<Sort>,
    stack: Option<Stack>,
    bins: Option<usize>,
    flags: [bool; 4],
    scales: [Scale; 2],
    ends: [Option<f64>; 4],
    at: f64,
    notes: Vec<(f64, f64, String)>,
}

fn settings() -> impl Strategy<Value = Settings> {
    use proptest::sample::select;
    let aggs = select(vec![Agg::Sum, Agg::Mean, Agg::Median, Agg::Min, Agg::Max, Agg::Count]);
    let sorts = select(vec![Sort::Table, Sort::Name, Sort::Value, Sort::ValueDescending]);
    let stacks = select(vec![Stack::No, Stack::Sum, Stack::Share]);
    let scale = || select(vec![Scale::Linear, Scale::Linear, Scale::Log, Scale::Symlog]);
    let end = || proptest::option::weighted(0.15, value());
    (
        (proptest::option::of(aggs), proptest::option::of(sorts), proptest::option::of(stacks)),
        proptest::option::of(1..70usize),
        any::<[bool; 4]>(),
        [scale(), scale()],
        [end(), end(), end(), end()],
        value(),
        proptest::collection::vec((value(), value(), "[a-zß ]{1,50}"), 0..4),
    )
        .prop_map(|((agg, sort, stack), bins, flags, scales, ends, at, notes)| Settings {
            agg,
            sort,
            stack,
            bins,
            flags,
            scales,
            ends,
            at,
            notes,
        })
}

impl Settings {
    fn of(self, chart: Chart) -> Chart {
        let [others, step, spread, facet] = self.flags;
        let [low, high, bottom, top] = self.ends.map(|end| end.map(Position::Number));
        let off = |by: f64| -> Vec<f64> {
            chart
                .series
                .first()
                .map_or(vec![by; chart.keys.len()], |series| series.values.iter().map(|v| v + by).collect())
        };
        let line =
            |direction, to| Reference { direction, from: Position::Number(self.at), to, label: Some("target".into()) };
        let note = |(x, y, text)| Note { x: Position::Number(x), y: Position::Number(y), text };
        Chart {
            notes: self.notes.into_iter().map(note).collect(),
            agg: self.agg,
            sort: self.sort,
            stack: self.stack,
            bins: self.bins,
            others,
            step,
            spread: spread.then(|| Spread { low: off(-2.0), high: off(3.0) }),
            facet: chart.group.clone().filter(|_| facet),
            x_axis: Measure { scale: self.scales[0], low, high },
            y_axis: Measure { scale: self.scales[1], low: bottom, high: top },
            references: vec![line(Direction::X, None), line(Direction::Y, Some(Position::Number(5.0)))],
            ..chart
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_chart_gives_a_clean_drawing(chart in chart(), second in proptest::option::of(chart()), (width, height) in size()) {
        let size = Size::inches(width, height);
        let mut figure = Figure { size, ..Figure::new(chart) };
        // Two charts have at least as much room as one has in the smallest figure.
        figure.panels.extend(second.filter(|_| height >= 4.0));
        let drawing = svg(&figure);
        prop_assert!(!drawing.contains("NaN") && !drawing.contains("inf\""), "{drawing}");
        let (width, height) = figure.size.in_inches(300);
        let clashes = clashes(&drawing, (width * 72.0, height * 72.0));
        prop_assert!(clashes.is_empty(), "{clashes:#?}");
        let (same, spots) = super::svg(&figure, true).unwrap();
        prop_assert_eq!(&drawing, &same);
        prop_assert!(spots.iter().all(|spot| !spot.text.is_empty() && !spot.text.contains("NaN")), "{spots:?}");
        prop_assert_eq!(drawing, svg(&figure));
    }
}

/// A heatmap of one row for each of three facets, of which none has all rows or all values.
#[test]
fn facets_of_a_heatmap_share_their_rows_and_colours() {
    let text = |texts: [&str; 3]| texts.map(|text| Some(text.to_owned())).to_vec();
    let chart = Chart {
        group: Some(text(["north", "south", "west"])),
        facet: Some(text(["a", "b", "c"])),
        ..Chart::new(kind("heatmap"), names(&["x", "x", "x"]), vec![Series::new("n", vec![1.0, 50.0, 100.0])])
    };
    let whole = Plot::new(&chart);
    for facet in chart.facets() {
        let plot = Plot::facet(&facet, &whole);
        assert_eq!((plot.left, plot.left_marks.ramp()), ((-0.5, 2.5), Some((1.0, 100.0))));
    }
    let drawing = svg(&Figure::new(chart));
    assert_eq!(texts(&drawing).iter().filter(|text| *text == "south").count(), 3);
}

#[test]
fn axes_of_names_write_days_by_their_formats() {
    let days = || Column::Date(vec![Some(19_723), Some(19_754), Some(19_783)]);
    let values = vec![Series::new("n", vec![3.0, 1.0, 2.0])];
    for name in ["heatmap", "box", "violin", "strip", "waterfall", "pie", "donut"] {
        let mut chart = Chart::new(kind(name), days(), values.clone());
        chart.x_format = ValueFormat::parse("%b in %y").ok();
        if name == "heatmap" {
            chart.group = Some(["2024-01-31", "2024-02-01", "x"].map(|day| Some(day.to_owned())).into());
            chart.y_format = ValueFormat::parse("%A").ok();
            chart.value_format = NumberFormat::parse("$,.2f").ok();
            chart.values = true;
        }
        let shown = texts(&svg(&Figure::new(chart)));
        for wanted in ["Jan in 24", "Feb in 24", "Mar in 24"] {
            assert!(shown.iter().any(|text| text == wanted), "{name}: {shown:?}");
        }
        if name == "heatmap" {
            for wanted in ["Wednesday", "Thursday", "x", "$3.00"] {
                assert!(shown.iter().any(|text| text == wanted), "{shown:?}");
            }
        }
    }
    let mut lying = Chart::new(kind("barh"), days(), values.clone());
    lying.y_format = ValueFormat::parse("%b in %y").ok();
    lying.x_format = ValueFormat::parse("$,.0f").ok();
    let shown = texts(&svg(&Figure::new(lying)));
    assert!(shown.contains(&"Feb in 24".to_owned()) && shown.contains(&"$3".to_owned()), "{shown:?}");
    let mut ranked = Chart::new(kind("bar"), days(), values);
    ranked.sort = Some(Sort::Value);
    ranked.x_format = ValueFormat::parse("%b in %y").ok();
    assert!(texts(&svg(&Figure::new(ranked))).contains(&"Feb in 24".to_owned()));
}

/// A format says how keys are written, not which of them are one.
#[test]
fn a_coarse_format_makes_no_one_of_several_keys() {
    let mut numbers =
        Chart::new(kind("bar"), Column::Number(vec![1.2, 1.4, -3.0]), vec![Series::new("n", vec![3.0, 1.0, 2.0])]);
    numbers.x_format = ValueFormat::parse(",.0f").ok();
    let plot = Plot::new(&numbers);
    assert_eq!((plot.data.keys.names().len(), plot.data.unmerged.is_none()), (3, true));
    assert_eq!(plot.key_names(), ["1", "1", "−3"]);

    // Of sixty days, each month is named once, at its first day.
    let mut days = Chart::new(
        kind("heatmap"),
        Column::Date((19_723..19_783).map(Some).collect()),
        vec![Series::new("n", vec![1.0; 60])],
    );
    days.group = Some(vec![Some("a".to_owned()); 60]);
    days.x_format = ValueFormat::parse("%B").ok();
    let shown = texts(&svg(&Figure::new(days)));
    let months: Vec<&String> = shown.iter().filter(|text| text.ends_with("uary")).collect();
    assert_eq!(months, ["January", "February"]);
}

#[test]
fn a_mark_without_a_colour_of_its_own_tells_its_own_name() {
    let groups = |count: usize| -> Vec<Option<String>> { (0..count).map(|no| Some(format!("g{no}"))).collect() };
    for stack in [None, Some(Stack::Sum), Some(Stack::Share)] {
        let values = (0..10).map(|no| f64::from(no) + 1.0).collect();
        let mut chart = Chart::new(kind("bar"), names(&["a"; 10]), vec![Series::new("n", values)]);
        chart.group = Some(groups(10));
        chart.stack = stack;
        let (drawing, spots) = super::svg(&Figure::new(chart.clone()), true).unwrap();
        let shared = texts(&drawing).iter().filter(|text| *text == "3 others").count();
        assert_eq!(shared, 1, "the legend names once those that are grey together");
        let told = |name: &str| spots.iter().filter(|spot| spot.text.contains(name)).count();
        assert_eq!((told("g0:"), told("g9:"), told("others")), (1, 1, 0), "{spots:?}");
        // What is one mark is told as one.
        chart.others = true;
        let (_, spots) = super::svg(&Figure::new(chart), true).unwrap();
        let rest: Vec<&str> =
            spots.iter().map(|spot| spot.text.as_str()).filter(|text| text.contains("others")).collect();
        assert_eq!(rest.len(), 1, "{spots:?}");
    }
}

/// Two rows of facets in a figure that is too low for their titles and labels.
#[test]
fn a_chart_without_room_has_no_labels_upon_each_other() {
    let facets = (0..8).map(|no| Some(format!("facet {no}"))).collect();
    for height in [1.2, 1.6, 2.0, 2.3] {
        let mut chart =
            Chart::new(kind("hist"), Column::Number((0..8).map(|no| f64::from(no) * 900.0).collect()), Vec::new());
        chart.facet = Some(Vec::clone(&facets));
        chart.title = Some("All of them".to_owned());
        let drawing = svg(&Figure { size: Size::inches(5.0, height), ..Figure::new(chart) });
        assert_eq!(clashes(&drawing, (5.0 * 72.0, height * 72.0)), Vec::<String>::new(), "{height}");
    }
}
