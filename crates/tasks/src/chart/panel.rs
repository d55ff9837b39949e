//! One chart: its keys checked against its table, and the chart that is drawn of both.

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::At;
use tidemill_core::table::{DataType, PlainData, PlainTable, Schema};
use tidemill_core::task::TaskSource;
use tidemill_figures::{
    Agg, Column, Columns, Kind, Locale, Measure, NumberFormat, Scale, Series, Spread, Stack, ValueFormat,
};

use super::keys::{Panel, ScaleKind};
use super::values::{MarkKind, Place, StackKind};
use crate::table_task::unknown_column;

/// What counted rows are called.
const COUNT: &str = "count";

/// A text read by `parse`; a mistake is noted at its place.
pub(super) fn parsed<T>(
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
    pub(super) fn kind(&self) -> Kind {
        self.kind.as_ref().map_or_else(Kind::default, |at| at.value.0)
    }

    /// Whether each row counts as one, since no column is named whose values could be looked at.
    fn counts_rows(&self) -> bool {
        let no_values = match self.kind().columns() {
            Columns::KeysAndValues => self.y.is_empty() && self.y2.is_empty(),
            Columns::ValuesByCategory => self.x.is_none(),
            Columns::Plain | Columns::Grid | Columns::Distribution => false,
        };
        no_values && self.agg.as_ref().is_some_and(|at| at.value.value() == Agg::Count)
    }

    /// What is wrong before any table is known.
    pub(super) fn mistakes(&self, source: &TaskSource<'_>) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        let task = source.spec.id.span;
        let columns = self.kind().columns();
        let counts = self.counts_rows();
        if self.x.is_none() && !(counts && columns == Columns::ValuesByCategory) {
            mistakes.push(Diagnostic::error("a chart needs `x`").at(task, "this one has none"));
        }
        if columns != Columns::Distribution && self.y.is_empty() && !(counts && columns == Columns::KeysAndValues) {
            mistakes.push(Diagnostic::error("a chart needs `y`").at(task, "this one has none"));
        }
        if let (Columns::ValuesByCategory, Some(second)) = (columns, self.y.get(1)) {
            mistakes.push(
                Diagnostic::error("horizontal bars have one category")
                    .at(second.span, "a second one")
                    .help("`x` is the value, `y` the category, `color` a further split"),
            );
        }
        if columns == Columns::Grid && self.value.is_none() {
            let help = "`x` are the columns, `y` the rows, `value` is what their colours show";
            mistakes
                .push(Diagnostic::error("this kind of chart needs `value`").at(task, "this one has none").help(help));
        }
        if let (Columns::Plain | Columns::Grid, Some(second)) = (columns, self.y.get(1)) {
            mistakes.push(
                Diagnostic::error(format!("`kind: {}` has one `y`", self.kind().name()))
                    .at(second.span, "a second one"),
            );
        }
        if let Some(y2) = self.y2.first().filter(|_| columns != Columns::KeysAndValues) {
            mistakes.push(Diagnostic::error("this kind of chart has no second axis").at(y2.span, "not here"));
        }
        for (key, span) in self.special() {
            if !self.kind().takes().contains(&key) {
                let takes = |kind: &&Kind| kind.takes().contains(&key);
                let kinds: Vec<&str> = Kind::all().iter().filter(takes).map(|kind| kind.name()).collect();
                mistakes.push(
                    Diagnostic::error(format!("`{key}` means nothing to `kind: {}`", self.kind().name()))
                        .at(span, "not here")
                        .help(format!("leave it out; it is for {}", kinds.join(", "))),
                );
            }
        }
        let (of_keys, of_others) = self.formats();
        for (format, shows_keys) in of_keys.into_iter().map(|at| (at, true)).chain(of_others.map(|at| (at, false))) {
            let read = |text: &str| if shows_keys { ValueFormat::parse(text) } else { of_numbers(text) };
            let _ = parsed(Some(format), read, &mut mistakes);
        }
        mistakes.extend(self.value_mistakes());
        mistakes
    }

    /// The formats of axes that may show days, and those of axes that show nothing but numbers.
    fn formats(&self) -> (Vec<&At<String>>, impl Iterator<Item = &At<String>>) {
        let (x, y) = (self.x_format.as_ref(), self.y_format.as_ref());
        let (keys, numbers) = match self.kind().columns() {
            Columns::KeysAndValues | Columns::Plain => ([x, None], [y, None]),
            Columns::ValuesByCategory => ([y, None], [x, None]),
            Columns::Grid => ([x, y], [None, None]),
            Columns::Distribution => ([None, None], [x, y]),
        };
        let others = [self.y2_format.as_ref(), self.value_format.as_ref()];
        (keys.into_iter().flatten().collect(), numbers.into_iter().chain(others).flatten())
    }

    /// Formats of days over columns that have none, and of numbers over days.
    fn format_mistakes(&self, schema: &Schema) -> Vec<Diagnostic> {
        let (x, y) = (self.x_format.as_ref(), self.y_format.as_ref());
        let keys = match self.kind().columns() {
            Columns::KeysAndValues | Columns::Plain => vec![(x, self.x.as_ref())],
            Columns::ValuesByCategory => vec![(y.filter(|at| ValueFormat::is_of_dates(&at.value)), self.y.first())],
            Columns::Grid => vec![(x, self.x.as_ref()), (y, self.y.first())],
            Columns::Distribution => Vec::new(),
        };
        let mistake = |(format, column): (Option<&At<String>>, Option<&At<String>>)| {
            let (format, column) = (format?, column?);
            let data_type = schema.get(&column.value)?;
            let are_days = matches!(data_type, DataType::Date | DataType::Datetime);
            let of_days = ValueFormat::is_of_dates(&format.value);
            // Of a heatmap, a format of numbers serves for the values.
            let is_for_values = self.kind().columns() == Columns::Grid && self.y_format.as_ref() == Some(format);
            let is_wrong = (of_days && (data_type.is_numeric() || data_type == DataType::Bool))
                || (!of_days && are_days && !is_for_values);
            let (what, help) = match of_days {
                true => ("dates", "write one of numbers, such as `,.0f`"),
                false => ("numbers", "write one of dates, such as `%b %Y`"),
            };
            is_wrong.then(|| {
                let message =
                    format!("`{}` is a format of {what}, and `{}` is {data_type}", format.value, column.value);
                Diagnostic::error(message).at(format.span, "how this column is written").help(help)
            })
        };
        keys.into_iter().filter_map(mistake).collect()
    }

    /// What is wrong with values, and with keys that go together or do not.
    fn value_mistakes(&self) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        for mark in &self.marks {
            if let Err(reason) = mark.value.kind() {
                mistakes.push(Diagnostic::error("this is neither a line, a band nor a note").at(mark.span, reason));
            }
        }
        if let Some(palette) = &self.palette
            && let Err(reason) = palette.value.value(str::to_owned)
        {
            mistakes.push(Diagnostic::error("a colour is not understood").at(palette.span, reason));
        }
        if let Some(bins) = self.bins.as_ref().filter(|at| !(1..=1000).contains(&at.value)) {
            mistakes.push(Diagnostic::error("a histogram has 1 to 1000 bins").at(bins.span, "not so many"));
        }
        mistakes.extend(self.spread_mistakes());
        for (axis, low, high) in [("x", &self.x_min, &self.x_max), ("y", &self.y_min, &self.y_max)] {
            if let (Some(low), Some(high)) = (low, high)
                && let (Place::Number(from), Place::Number(to)) = (&low.value, &high.value)
                && from >= to
            {
                let message = format!("`{axis}_min` must be below `{axis}_max`");
                mistakes.push(Diagnostic::error(message).at(high.span, "this is not above the other"));
            }
        }
        mistakes
    }

    /// What is wrong with how far values may be off.
    fn spread_mistakes(&self) -> Vec<Diagnostic> {
        let one = |message: &str, span, note: &str| vec![Diagnostic::error(message).at(span, note)];
        let given = self.error.as_ref().or(self.low.as_ref()).or(self.high.as_ref());
        match (&self.error, &self.low, &self.high) {
            (Some(error), low, high) if low.is_some() || high.is_some() => {
                one("`error` is `low` and `high` in one", error.span, "give this one, or those two")
            }
            (None, Some(low), None) => one("`low` needs `high`", low.span, "the upper end is missing"),
            (None, None, Some(high)) => one("`high` needs `low`", high.span, "the lower end is missing"),
            _ => match (given, &self.agg, &self.stack) {
                (Some(given), Some(_), _) => {
                    one("what `agg` makes of several rows has no `error`", given.span, "take the table of one row each")
                }
                (Some(given), _, Some(stack)) if stack.value != StackKind::Whether(false) => {
                    one("what is stacked has no `error`", given.span, "the ends would lie elsewhere")
                }
                _ => Vec::new(),
            },
        }
    }

    /// The columns of the values: numbers.
    pub(super) fn value_columns(&self) -> Vec<&At<String>> {
        match self.kind().columns() {
            Columns::ValuesByCategory | Columns::Distribution => self.x.iter().collect(),
            Columns::KeysAndValues => self.y.iter().chain(self.y2.iter()).collect(),
            Columns::Plain => self.y.iter().collect(),
            Columns::Grid => self.value.iter().collect(),
        }
    }

    /// The column of the groups: of rows, or of colours.
    fn group_column(&self) -> Option<&At<String>> {
        if self.kind().columns() == Columns::Grid { self.y.first() } else { self.color.as_ref() }
    }

    /// The columns of how far values may be off: numbers.
    fn spread_columns(&self) -> impl Iterator<Item = &At<String>> {
        self.error.iter().chain(&self.low).chain(&self.high)
    }

    /// The column of the keys: anything.
    pub(super) fn key_column(&self) -> Option<&At<String>> {
        match self.kind().columns() {
            Columns::ValuesByCategory => self.y.first(),
            Columns::KeysAndValues | Columns::Plain | Columns::Grid | Columns::Distribution => self.x.as_ref(),
        }
    }

    pub(super) fn check(&self, schema: &Schema) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        for column in self.value_columns().into_iter().chain(self.spread_columns()) {
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
        if let Some(days) = self.key_column().filter(|_| self.kind().wants_days())
            && let Some(data_type) = schema.get(&days.value)
            && !matches!(data_type, DataType::Date | DataType::Datetime | DataType::Null)
            && self.x_scale.as_ref().is_none_or(|at| at.value != ScaleKind::Date)
        {
            mistakes.push(
                Diagnostic::error(format!("`{}` is {data_type}, and this kind of chart needs days", days.value))
                    .at(days.span, "the days")
                    .help("make dates of them in a `normalize` task, or write `x_scale: date`"),
            );
        }
        mistakes.extend(self.format_mistakes(schema));
        for column in self.key_column().into_iter().chain(self.group_column()).chain(&self.facet) {
            if !schema.contains(&column.value) {
                mistakes.push(unknown_column(column, schema));
            }
        }
        mistakes
    }

    /// The columns that are read.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let all = self.key_column().into_iter().chain(self.value_columns()).chain(self.spread_columns());
        for column in all.chain(self.group_column()).chain(&self.facet) {
            if !names.contains(&column.value) {
                names.push(column.value.clone());
            }
        }
        names
    }

    pub(super) fn draw(&self, table: &PlainTable) -> tidemill_figures::Chart {
        let keys = self.key_column().and_then(|column| table.column(&column.value));
        // A series that has an axis to itself is called as the axis is: `Sales`, not `total_amount`.
        let values = |columns: &[At<String>], axis: &Option<String>| -> Vec<Series> {
            let alone = axis.as_ref().filter(|name| columns.len() == 1 && !name.is_empty());
            columns
                .iter()
                .filter_map(|column| {
                    let data = &table.column(&column.value)?.data;
                    let name = alone.cloned().unwrap_or_else(|| self.label(&column.value));
                    Some(Series::new(name, numbers(data, table.rows)))
                })
                .collect()
        };
        let series = match self.kind().columns() {
            _ if self.counts_rows() => vec![Series::new(self.label(COUNT), vec![1.0; table.rows])],
            Columns::KeysAndValues | Columns::Plain => values(&self.y, &self.y_label),
            Columns::Grid => {
                self.value.as_ref().map_or_else(Vec::new, |value| values(std::slice::from_ref(value), &None))
            }
            Columns::ValuesByCategory => {
                self.x.as_ref().map_or_else(Vec::new, |x| values(std::slice::from_ref(x), &self.x_label))
            }
            Columns::Distribution => Vec::new(),
        };
        let is_date = [&self.x_scale, &self.y_scale].into_iter().flatten().any(|at| at.value == ScaleKind::Date);
        let keys = keys.map_or(Column::default(), |column| key_values(&column.data, table.rows, is_date));
        let texts = |column: &Option<At<String>>| -> Option<Vec<Option<String>>> {
            let column = table.column(&column.as_ref()?.value)?;
            Some(texts(&column.data, table.rows))
        };
        let labelled = |text: Option<String>| text.map(|text| self.label(&text));
        tidemill_figures::Chart {
            y2: values(&self.y2, &self.y2_label),
            group: texts(&self.group_column().cloned()).map(|group| group.into_iter().map(labelled).collect()),
            facet: texts(&self.facet),
            spread: self.spread(table),
            x_label: self.axis_name(&self.x_label, self.x.as_slice()),
            y_label: self.axis_name(&self.y_label, &self.y),
            y2_label: self.axis_name(&self.y2_label, &self.y2),
            ..self.settings(tidemill_figures::Chart::new(self.kind(), keys, series))
        }
    }

    /// The chart with what does not depend on the table. Formats and colours have been read at check.
    fn settings(&self, chart: tidemill_figures::Chart) -> tidemill_figures::Chart {
        let locale = self.locale.as_ref().map_or_else(Locale::default, |at| at.value.value());
        let number = |format: &Option<At<String>>, scale: &Option<At<ScaleKind>>| {
            let is_percent = scale.as_ref().is_some_and(|at| at.value == ScaleKind::Percent) || self.shares(format);
            let text = format.as_ref().map(|at| at.value.as_str()).or(is_percent.then_some(".0%"))?;
            ValueFormat::parse(text).ok().map(|format| format.in_locale(locale))
        };
        let plain = |format: &Option<At<String>>| {
            let format = NumberFormat::parse(&format.as_ref()?.value).ok()?;
            Some(format.in_locale(locale))
        };
        let along = self.x_format.as_ref().and_then(|at| ValueFormat::parse(&at.value).ok());
        let is_across = self.kind().columns() == Columns::ValuesByCategory;
        let along = along.map(|format| format.in_locale(locale)).or_else(|| {
            let scale = self.x_scale.as_ref().filter(|at| at.value == ScaleKind::Percent);
            scale.and_then(|_| ValueFormat::parse(".0%").ok()).map(|format| format.in_locale(locale))
        });
        let (mut references, mut notes) = (Vec::new(), Vec::new());
        for mark in &self.marks {
            match mark.value.kind() {
                Ok(MarkKind::Reference(reference)) => references.push(reference),
                Ok(MarkKind::Note(note)) => notes.push(note),
                Err(_) => {}
            }
        }
        let measure = |scale: &Option<At<ScaleKind>>, low: &Option<At<Place>>, high: &Option<At<Place>>| Measure {
            scale: scale.as_ref().map_or_else(Scale::default, |at| at.value.value()),
            low: low.as_ref().map(|at| at.value.value()),
            high: high.as_ref().map(|at| at.value.value()),
        };
        tidemill_figures::Chart {
            x_axis: measure(&self.x_scale, &self.x_min, &self.x_max),
            y_axis: measure(&self.y_scale, &self.y_min, &self.y_max),
            x_format: along,
            y_format: number(&self.y_format, if is_across { &None } else { &self.y_scale }),
            value_format: plain(&self.value_format),
            y2_format: plain(&self.y2_format),
            trend: self.trend.as_ref().map(|at| at.value.value()),
            agg: self.agg.as_ref().map(|at| at.value.value()),
            sort: self.sort.as_ref().map(|at| at.value.value()),
            others: self.others.as_ref().is_some_and(|at| at.value),
            stack: self.stack.as_ref().map(|at| at.value.value()),
            bins: self.bins.as_ref().map(|at| at.value as usize),
            step: self.step.as_ref().is_some_and(|at| at.value),
            references,
            notes,
            palette: self
                .palette
                .as_ref()
                .and_then(|at| at.value.value(|name| self.label(name)).ok())
                .unwrap_or_default(),
            locale,
            show_r: self.show_r,
            values: self.values,
            top: self.top.map(|top| top as usize),
            title: self.title.clone(),
            ..chart
        }
    }

    /// Whether the values are shares, and nothing says how they are written.
    fn shares(&self, format: &Option<At<String>>) -> bool {
        format.is_none() && self.stack.as_ref().is_some_and(|at| at.value.value() == Stack::Share)
    }

    /// What a series or a group is called.
    fn label(&self, name: &str) -> String {
        self.labels.get(name).map_or(name, String::as_str).to_owned()
    }

    /// The name of an axis: the one that is given, or that of its only column; an empty one is none.
    fn axis_name(&self, given: &Option<String>, columns: &[At<String>]) -> Option<String> {
        let usual = || match columns {
            [column] => Some(self.label(&column.value)),
            [] if self.counts_rows() => Some(self.label(COUNT)),
            _ => None,
        };
        given.clone().or_else(usual).filter(|name| !name.is_empty())
    }

    /// How far the values of the first series may be off.
    fn spread(&self, table: &PlainTable) -> Option<Spread> {
        let values = |column: &At<String>| Some(numbers(&table.column(&column.value)?.data, table.rows));
        if let Some(error) = &self.error {
            let middle = values(self.value_columns().first()?)?;
            let (low, high) =
                middle.iter().zip(values(error)?).map(|(value, error)| (value - error, value + error)).unzip();
            return Some(Spread { low, high });
        }
        Some(Spread { low: values(self.low.as_ref()?)?, high: values(self.high.as_ref()?)? })
    }
}

/// A format of numbers, where one of dates is told that there are none.
fn of_numbers(text: &str) -> Result<ValueFormat, String> {
    if ValueFormat::is_of_dates(text) {
        return Err(format!("`{text}` is of dates, and this axis shows numbers; write for example `,.0f` or `.1%`"));
    }
    NumberFormat::parse(text).map(ValueFormat::Number)
}

fn texts(data: &PlainData, rows: usize) -> Vec<Option<String>> {
    (0..rows).map(|row| Some(data.value(row).to_string()).filter(|text| !text.is_empty())).collect()
}

/// The column as keys; `is_date` reads texts as days and moments.
fn key_values(data: &PlainData, rows: usize, is_date: bool) -> Column {
    match data {
        PlainData::Date(days) => Column::Date(days.clone()),
        PlainData::Datetime(micros) => Column::DateTime(micros.clone()),
        PlainData::Int(_) | PlainData::Float(_) | PlainData::Decimal { .. } => Column::Number(numbers(data, rows)),
        _ if is_date => Column::moments(&texts(data, rows)),
        _ => Column::Category(texts(data, rows)),
    }
}

fn numbers(data: &PlainData, rows: usize) -> Vec<f64> {
    (0..rows).map(|row| data.as_f64(row).unwrap_or(f64::NAN)).collect()
}
