//! `chart`: a figure of a table.

mod findings;
mod kind;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::{Diagnostic, Span};
use tidemill_core::spec::{At, OneOrMany};
use tidemill_core::table::{DataType, Location, PlainData, PlainTable, Schema};
use tidemill_core::task::{
    CheckContext, Descriptor, Io, LogLevel, MakesTable, OutputFile, RunContext, Task, TaskFailure, TaskResult,
    TaskSource,
};
use tidemill_figures::{AxisFormat, Column, Columns, Figure, Kind, NumberFormat, Series, Size, Theme, Trend};

use super::parameters::Parameters;
use super::table_task::{reads, unknown_column, upstream};
use findings::{boxed, counted};
use kind::ChartKind;

/// Defines a struct of the keys that a chart has, and of those given beside.
macro_rules! chart_keys {
    ($(#[$meta:meta])* $name:ident { $($(#[$extra:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Deserialize, Serialize, JsonSchema, Clone)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$extra])* $field: $type,)*
            #[schemars(description = ChartKind::alternatives())]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            kind: Option<At<ChartKind>>,
            /// The column of the horizontal axis; of `barh` the value, of `hist` the values counted.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            x: Option<At<String>>,
            /// The column or columns of the vertical axis; of `barh` the category.
            #[serde(default)]
            y: OneOrMany<At<String>>,
            /// Columns on an axis of their own at the right.
            #[serde(default)]
            y2: OneOrMany<At<String>>,
            /// A grouping column: each of its values gets a colour.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            color: Option<At<String>>,
            /// How the horizontal axis is written: `%b %Y`, `,.0f`, `$,.2f`, `.1%`, `s`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            x_format: Option<At<String>>,
            /// How the vertical axis is written.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            y_format: Option<At<String>>,
            /// How the right axis is written.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            y2_format: Option<At<String>>,
            /// `linear`: the straight line of least squares.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            trend: Option<At<TrendKind>>,
            /// Whether the title ends in Pearson's r.
            #[serde(default)]
            show_r: bool,
            /// Whether the values are written at the marks.
            #[serde(default)]
            values: bool,
            /// Only so many bars: those of the largest values.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            top: Option<u32>,
            /// The headline.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            title: Option<String>,
            /// The name of the horizontal axis.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            x_label: Option<String>,
            /// The name of the vertical axis.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            y_label: Option<String>,
            /// The name of the right axis.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            y2_label: Option<String>,
        }
    };
}

chart_keys! {
    /// Draws a figure of a table.
    Chart {
        /// The table.
        from: At<String>,
        /// Charts stacked from top to bottom, each with the same keys.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        panels: Vec<Panel>,
        /// Width and height on paper, such as `14x6in` (default) or `30x12cm`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<At<String>>,
        /// Dots per inch of a PNG; default 300.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dpi: Option<At<u32>>,
        /// `light` (default), `dark` or `print`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        theme: Option<At<String>>,
        /// Where the figure goes: a .png or .svg file.
        output: At<Location>,
    }
}

chart_keys! {
    /// One of several charts in a figure.
    Panel {
        /// The table, if it is another than the figure's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<At<String>>,
    }
}

/// What is fitted to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TrendKind {
    Linear,
}

/// The task: its charts with their tables.
struct ChartTask {
    parameters: serde_json::Value,
    output: At<Location>,
    size: Size,
    dpi: u32,
    theme: Theme,
    /// Above all panels, where there are several.
    title: Option<String>,
    panels: Vec<(At<String>, Panel)>,
    /// Where the task is in the file.
    place: Span,
}

impl Parameters for Chart {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "chart",
        version: 2,
        summary: "Draws a figure of a table: PNG or SVG, print quality.",
        colour: "#b3386b",
        table: MakesTable::Never,
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let lower = self.output.value.as_str().to_ascii_lowercase();
        if !lower.ends_with(".png") && !lower.ends_with(".svg") {
            mistakes.push(
                Diagnostic::error(format!("`{}` is no figure's name", self.output.value))
                    .at(self.output.span, "a chart is written here")
                    .help("end it with .png or .svg"),
            );
        }
        let size = parsed(self.size.as_ref(), Size::parse, &mut mistakes).unwrap_or_default();
        let known = |name: &str| Theme::parse(name).ok_or_else(|| "there is light, dark and print".to_owned());
        let theme = parsed(self.theme.as_ref(), known, &mut mistakes).unwrap_or_default();
        let dpi = self.dpi.as_ref().map_or(300, |at| at.value);
        if let Some(at) = self.dpi.as_ref().filter(|at| !(30..=1200).contains(&at.value)) {
            mistakes.push(Diagnostic::error("dots per inch go from 30 to 1200").at(at.span, "not these"));
        }
        let parameters = serde_json::to_value(&self).unwrap_or_default();
        let from = self.from.clone();
        let (title, panels) = match self.panels.is_empty() {
            true => (None, vec![(from, self.own_panel())]),
            false => {
                let panels = self.panels.iter().cloned();
                let with_tables = panels.map(|panel| (panel.from.clone().unwrap_or_else(|| from.clone()), panel));
                (self.title.clone(), with_tables.collect())
            }
        };
        for (_, panel) in &panels {
            mistakes.extend(panel.mistakes(source));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let place = source.spec.id.span;
        Ok(Arc::new(ChartTask { parameters, output: self.output, size, dpi, theme, title, panels, place }))
    }
}

impl Chart {
    /// The chart's own keys, where there are no panels.
    fn own_panel(&self) -> Panel {
        let own = self.clone();
        Panel {
            from: None,
            kind: own.kind,
            x: own.x,
            y: own.y,
            y2: own.y2,
            color: own.color,
            x_format: own.x_format,
            y_format: own.y_format,
            y2_format: own.y2_format,
            trend: own.trend,
            show_r: own.show_r,
            values: own.values,
            top: own.top,
            title: own.title,
            x_label: own.x_label,
            y_label: own.y_label,
            y2_label: own.y2_label,
        }
    }
}

/// A text read by `parse`; a mistake is noted at its place.
fn parsed<T>(
    text: Option<&At<String>>,
    parse: impl Fn(&str) -> Result<T, String>,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<T> {
    let text = text?;
    match parse(&text.value) {
        Ok(value) => Some(value),
        Err(reason) => {
            mistakes.push(Diagnostic::error(format!("`{}` is not understood", text.value)).at(text.span, reason));
            None
        }
    }
}

impl Panel {
    fn kind(&self) -> Kind {
        self.kind.as_ref().map_or_else(Kind::default, |at| at.value.0)
    }

    /// What is wrong before any table is known.
    fn mistakes(&self, source: &TaskSource<'_>) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        let task = source.spec.id.span;
        if self.x.is_none() {
            mistakes.push(Diagnostic::error("a chart needs `x`").at(task, "this one has none"));
        }
        let columns = self.kind().columns();
        if columns != Columns::Distribution && self.y.is_empty() {
            mistakes.push(Diagnostic::error("a chart needs `y`").at(task, "this one has none"));
        }
        if let (Columns::ValuesByCategory, Some(second)) = (columns, self.y.get(1)) {
            mistakes.push(
                Diagnostic::error("horizontal bars have one category")
                    .at(second.span, "a second one")
                    .help("`x` is the value, `y` the category, `color` a further split"),
            );
        }
        if let Some(y2) = self.y2.first().filter(|_| columns != Columns::KeysAndValues) {
            mistakes.push(Diagnostic::error("this kind of chart has no second axis").at(y2.span, "not here"));
        }
        let _ = parsed(self.x_format.as_ref(), AxisFormat::parse, &mut mistakes);
        let _ = parsed(self.y_format.as_ref(), NumberFormat::parse, &mut mistakes);
        let _ = parsed(self.y2_format.as_ref(), NumberFormat::parse, &mut mistakes);
        mistakes
    }

    /// The columns of the values: numbers.
    fn value_columns(&self) -> Vec<&At<String>> {
        match self.kind().columns() {
            Columns::ValuesByCategory | Columns::Distribution => self.x.iter().collect(),
            Columns::KeysAndValues => self.y.iter().chain(self.y2.iter()).collect(),
        }
    }

    /// The column of the keys: anything.
    fn key_column(&self) -> Option<&At<String>> {
        match self.kind().columns() {
            Columns::ValuesByCategory => self.y.first(),
            Columns::KeysAndValues | Columns::Distribution => self.x.as_ref(),
        }
    }

    fn check(&self, schema: &Schema) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        for column in self.value_columns() {
            match schema.get(&column.value) {
                None => mistakes.push(unknown_column(column, schema)),
                Some(data_type) if data_type.is_numeric() || data_type == DataType::Null => {}
                Some(data_type) => mistakes.push(
                    Diagnostic::error(format!("`{}` is {data_type}, and a chart needs numbers here", column.value))
                        .at(column.span, "the values of the chart")
                        .help(match self.kind().columns() {
                            Columns::ValuesByCategory => {
                                format!("of `{}`, `x` is the value and `y` the category", self.kind().name())
                            }
                            _ => "convert it in a `normalize` task".to_owned(),
                        }),
                ),
            }
        }
        for column in self.key_column().into_iter().chain(&self.color) {
            if !schema.contains(&column.value) {
                mistakes.push(unknown_column(column, schema));
            }
        }
        mistakes
    }

    /// The columns that are read.
    fn columns(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for column in self.key_column().into_iter().chain(self.value_columns()).chain(&self.color) {
            if !names.contains(&column.value) {
                names.push(column.value.clone());
            }
        }
        names
    }

    fn draw(&self, table: &PlainTable) -> tidemill_figures::Chart {
        let keys = self.key_column().and_then(|column| table.column(&column.value));
        // A series that has an axis to itself is called as the axis is: `Sales`, not `total_amount`.
        let values = |columns: &[At<String>], axis: &Option<String>| -> Vec<Series> {
            let alone = axis.as_ref().filter(|_| columns.len() == 1);
            columns
                .iter()
                .filter_map(|column| {
                    let data = &table.column(&column.value)?.data;
                    let name = alone.unwrap_or(&column.value).clone();
                    Some(Series::new(name, numbers(data, table.rows)))
                })
                .collect()
        };
        let series = match self.kind().columns() {
            Columns::KeysAndValues => values(&self.y, &self.y_label),
            Columns::ValuesByCategory => {
                self.x.as_ref().map_or_else(Vec::new, |x| values(std::slice::from_ref(x), &self.x_label))
            }
            Columns::Distribution => Vec::new(),
        };
        let keys = keys.map_or(Column::Number(Vec::new()), |column| key_values(&column.data, table.rows));
        let mut chart = tidemill_figures::Chart::new(self.kind(), keys, series);
        chart.y2 = values(&self.y2, &self.y2_label);
        chart.group = self.color.as_ref().and_then(|color| table.column(&color.value)).map(|column| {
            (0..table.rows)
                .map(|row| Some(column.data.value(row).to_string()).filter(|text| !text.is_empty()))
                .collect()
        });
        // Formats have been parsed at check.
        chart.x_format = self.x_format.as_ref().and_then(|at| AxisFormat::parse(&at.value).ok());
        chart.y_format = self.y_format.as_ref().and_then(|at| NumberFormat::parse(&at.value).ok());
        chart.y2_format = self.y2_format.as_ref().and_then(|at| NumberFormat::parse(&at.value).ok());
        chart.trend = self.trend.as_ref().map(|_| Trend::Linear);
        chart.show_r = self.show_r;
        chart.values = self.values;
        chart.top = self.top.map(|top| top as usize);
        chart.title = self.title.clone();
        chart.x_label = self.x_label.clone();
        chart.y_label = self.y_label.clone();
        chart.y2_label = self.y2_label.clone();
        chart
    }
}

fn numbers(data: &PlainData, rows: usize) -> Vec<f64> {
    (0..rows).map(|row| data.as_f64(row).unwrap_or(f64::NAN)).collect()
}

fn key_values(data: &PlainData, rows: usize) -> Column {
    match data {
        PlainData::Date(days) => Column::Date(days.clone()),
        PlainData::Datetime(micros) => Column::DateTime(micros.clone()),
        PlainData::Int(_) | PlainData::Float(_) | PlainData::Decimal { .. } => Column::Number(numbers(data, rows)),
        _ => Column::Category(
            (0..rows).map(|row| Some(data.value(row).to_string()).filter(|text| !text.is_empty())).collect(),
        ),
    }
}

impl Task for ChartTask {
    fn io(&self) -> Io {
        let mut edges: Vec<_> = Vec::new();
        for (table, _) in &self.panels {
            if !edges.iter().any(|edge: &tidemill_core::task::Edge| edge.task == *table) {
                edges.push(reads(table, "from"));
            }
        }
        Io {
            reads: edges,
            outputs: vec![OutputFile { path: self.output.clone(), role: "figure".into() }],
            ..Io::default()
        }
    }

    fn parameters(&self) -> serde_json::Value {
        self.parameters.clone()
    }

    fn describe(&self) -> String {
        let kinds: Vec<&str> = self.panels.iter().map(|(_, panel)| panel.kind().name()).collect();
        format!("{} of {} → {}", kinds.join(" + "), self.panels[0].0.value, self.output.value)
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        for (table, panel) in &self.panels {
            if let Ok(schema) = upstream(cx, &table.value) {
                mistakes.extend(panel.check(schema));
            }
        }
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn warnings(&self, _: &CheckContext<'_>) -> Vec<Diagnostic> {
        let title = self.title.as_deref().and_then(|title| boxed("title", title));
        let panels = self.panels.iter().flat_map(|(_, panel)| panel.boxed_texts());
        title.into_iter().chain(panels).map(|warning| warning.at(self.place, "drawn by this task")).collect()
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        let Drawn { charts, rows, warnings, note } = self.draw(cx)?;
        let figure =
            Figure { title: self.title.clone(), size: self.size, dpi: self.dpi, theme: self.theme, panels: charts };
        let is_svg = self.output.value.as_str().to_ascii_lowercase().ends_with(".svg");
        let drawn = match is_svg {
            true => tidemill_figures::render_svg(&figure).map(String::into_bytes),
            false => tidemill_figures::render_png(&figure),
        };
        let bytes = drawn.map_err(|error| TaskFailure::new(error.to_string()))?;
        let staged = (cx.stage)(&self.output.value);
        std::fs::write(&staged, &bytes)
            .map_err(|error| TaskFailure::new(format!("cannot write {}: {error}", self.output.value)))?;
        (cx.log)(LogLevel::Info, &format!("drew {}: {} bytes", counted(rows, "row"), bytes.len()));
        warnings.iter().for_each(|warning| (cx.log)(LogLevel::Warn, warning));
        Ok(TaskResult { outputs: vec![self.output.value.clone()], note: Some(note), warnings, ..TaskResult::default() })
    }
}

/// The charts of a figure, and what is to be said of them.
struct Drawn {
    charts: Vec<tidemill_figures::Chart>,
    /// Those of the largest table.
    rows: u64,
    warnings: Vec<String>,
    note: String,
}

impl ChartTask {
    /// Makes charts of the tables.
    fn draw(&self, cx: &RunContext<'_>) -> Result<Drawn, TaskFailure> {
        let mut tables: BTreeMap<(String, Vec<String>), PlainTable> = BTreeMap::new();
        let (mut charts, mut warnings, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = 0;
        for (place, (from, panel)) in self.panels.iter().enumerate() {
            let (_, table) = cx
                .tables
                .iter()
                .find(|(name, _)| *name == from.value)
                .ok_or_else(|| TaskFailure::new(format!("the table of `{}` is not there", from.value)))?;
            if let Some(mistake) = panel.check(&table.schema).into_iter().next() {
                return Err(TaskFailure { message: mistake.message, help: mistake.help, ..TaskFailure::default() });
            }
            let key = (from.value.clone(), panel.columns());
            if !tables.contains_key(&key) {
                tables.insert(key.clone(), cx.engine.fetch(table, Some(&key.1), None)?);
            }
            rows = rows.max(table.rows);
            let chart = panel.draw(&tables[&key]);
            let findings = chart.findings();
            let prefix = if self.panels.len() > 1 { format!("panel {}: ", place + 1) } else { String::new() };
            let told = panel.told(&table.schema, &findings);
            warnings.extend(told.into_iter().map(|told| format!("{prefix}{told}")));
            orders.extend(panel.order(&findings).map(|order| format!(", {prefix}{order}")));
            charts.push(chart);
        }
        let note = format!("figure of {}{}", counted(rows, "row"), orders.concat());
        Ok(Drawn { charts, rows, warnings, note })
    }
}
