//! The keys of a chart, and of each of its panels.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Span;
use tidemill_core::spec::{At, OneOrMany};
use tidemill_core::table::Location;
use tidemill_figures::{Agg, Locale, Scale, Sort, Trend};

use super::values::{Mark, PaletteKeys, Place, StackKind};

use super::kind::ChartKind;

/// Defines both from the keys that they share.
macro_rules! chart_and_panel {
    ($($(#[$meta:meta])* $field:ident: $type:ty,)*) => {
        /// Draws a figure of a table.
        #[derive(Deserialize, Serialize, JsonSchema, Clone)]
        #[serde(deny_unknown_fields)]
        pub struct Chart {
            /// The table.
            pub(super) from: At<String>,
            /// Charts stacked from top to bottom, each with the same keys.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub(super) panels: Vec<Panel>,
            /// Width and height on paper, such as `14x6in` (default) or `30x12cm`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub(super) size: Option<At<String>>,
            /// Dots per inch of a PNG; default 300.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub(super) dpi: Option<At<u32>>,
            /// `light` (default), `dark` or `print`. Without it, an .html figure is as light or dark as its reader's screen.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub(super) theme: Option<At<String>>,
            /// Where the figure goes: a .png, .svg, .pdf or .html file.
            pub(super) output: At<Location>,
            $($(#[$meta])* pub(super) $field: $type,)*
        }

        /// One of several charts in a figure.
        #[derive(Deserialize, Serialize, JsonSchema, Clone)]
        #[serde(deny_unknown_fields)]
        pub struct Panel {
            /// The table, if it is another than the figure's.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub(super) from: Option<At<String>>,
            $($(#[$meta])* pub(super) $field: $type,)*
        }

        impl Chart {
            /// The chart's own keys, where there are no panels.
            pub(super) fn own_panel(&self) -> Panel {
                let own = self.clone();
                Panel { from: None, $($field: own.$field,)* }
            }
        }
    };
}

chart_and_panel! {
    #[schemars(description = ChartKind::alternatives())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<At<ChartKind>>,
    /// The column of the horizontal axis; of `barh` the value, of `hist` and `density` the values that are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<At<String>>,
    /// The column or columns of the vertical axis; of `barh` the category.
    #[serde(default)]
    y: OneOrMany<At<String>>,
    /// The column that the colours of a `heatmap` show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<At<String>>,
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
    /// How the values in the cells of a `heatmap` are written; without it, as `y_format` says, if that is of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value_format: Option<At<String>>,
    /// How the right axis is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y2_format: Option<At<String>>,
    /// `linear`: the straight line of least squares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trend: Option<At<TrendKind>>,
    /// Whether the title ends in Pearson's r.
    #[serde(default)]
    show_r: bool,
    /// What makes one value of several rows of one key: `sum`, `mean`, `median`, `min`, `max` or `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agg: Option<At<AggKind>>,
    /// The order of bars: `value`, `-value` (the largest first), `name` or `none` (that of the table).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sort: Option<At<SortKind>>,
    /// Whether the groups beyond eight colours become one, the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    others: Option<At<bool>>,
    /// Whether marks of several series lie upon each other: `true`, `false`, or `percent` for shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack: Option<At<StackKind>>,
    /// How many bins a histogram has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bins: Option<At<u32>>,
    /// Whether a line keeps its height until the next key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<At<bool>>,
    /// A column: how far the value of each row may be off, up and down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<At<String>>,
    /// A column: the lower end of what the value of each row may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<At<String>>,
    /// A column: the upper end of what the value of each row may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<At<String>>,
    /// A column: each of its values gets a small chart of its own, all with the same axes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facet: Option<At<String>>,
    /// Lines, bands and notes: `{y: 100, label: target}`, `{x: 2024-01-01}`, `{from: 80, to: 120, axis: y}`, `{x: 3, y: 12, label: here}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    marks: Vec<At<Mark>>,
    /// How the horizontal axis measures: `linear` (default), `log`, `symlog`, `percent` or `date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x_scale: Option<At<ScaleKind>>,
    /// How the vertical axis measures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y_scale: Option<At<ScaleKind>>,
    /// The left end of the horizontal axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x_min: Option<At<Place>>,
    /// The right end of the horizontal axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x_max: Option<At<Place>>,
    /// The lower end of the vertical axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y_min: Option<At<Place>>,
    /// The upper end of the vertical axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y_max: Option<At<Place>>,
    /// Own colours: a list, or a map from series and groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    palette: Option<At<PaletteKeys>>,
    /// What series and groups are called in the legend.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    /// The language of numbers and dates: `en` (default) or `de`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<At<LocaleKind>>,
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

/// Defines words that stand for values of the library of figures.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident for $target:ty { $($word:literal $variant:ident => $value:expr,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
        pub(super) enum $name {
            $(#[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// What the library calls it.
            pub(super) fn value(self) -> $target {
                match self {
                    $($name::$variant => $value,)*
                }
            }
        }
    };
}

words! {
    /// What is fitted to the data.
    TrendKind for Trend {
        "linear" Linear => Trend::Linear,
    }
}

words! {
    /// What makes one value of several.
    AggKind for Agg {
        "sum" Sum => Agg::Sum,
        "mean" Mean => Agg::Mean,
        "median" Median => Agg::Median,
        "min" Min => Agg::Min,
        "max" Max => Agg::Max,
        "count" Count => Agg::Count,
    }
}

words! {
    /// The order of names.
    SortKind for Sort {
        "value" Value => Sort::Value,
        "-value" ValueDescending => Sort::ValueDescending,
        "name" Name => Sort::Name,
        "none" Table => Sort::Table,
    }
}

words! {
    /// How an axis measures.
    ScaleKind for Scale {
        "linear" Linear => Scale::Linear,
        "log" Log => Scale::Log,
        "symlog" Symlog => Scale::Symlog,
        "percent" Percent => Scale::Linear,
        "date" Date => Scale::Linear,
    }
}

words! {
    /// The language of numbers and dates.
    LocaleKind for Locale {
        "en" English => Locale::English,
        "de" German => Locale::German,
    }
}

impl Panel {
    /// The keys that not every kind of chart takes, where they are given.
    pub(super) fn special(&self) -> Vec<(&'static str, Span)> {
        fn at<T>(key: &'static str, given: &Option<At<T>>) -> Option<(&'static str, Span)> {
            given.as_ref().map(|given| (key, given.span))
        }
        let keys = [
            self.marks.first().map(|mark| ("marks", mark.span)),
            at("color", &self.color),
            at("value", &self.value),
            at("value_format", &self.value_format),
            at("agg", &self.agg),
            at("sort", &self.sort),
            at("others", &self.others),
            at("stack", &self.stack),
            at("bins", &self.bins),
            at("step", &self.step),
            at("error", &self.error),
            at("low", &self.low),
            at("high", &self.high),
            at("x_scale", &self.x_scale),
            at("y_scale", &self.y_scale),
            at("x_min", &self.x_min),
            at("x_max", &self.x_max),
            at("y_min", &self.y_min),
            at("y_max", &self.y_max),
        ];
        keys.into_iter().flatten().collect()
    }
}
