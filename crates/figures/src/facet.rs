//! A chart taken apart: one for each text of a column.

use crate::data::{distinct, name_of};
use crate::{Chart, Column, Series, Spread};

/// More charts than this nobody compares.
const MOST_FACETS: usize = 36;

/// The values of these rows.
fn taken<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().filter_map(|row| values.get(*row).cloned()).collect()
}

impl Chart {
    /// The texts that facets are made of, in the order of their rows, and of how many none is made.
    pub(crate) fn facet_names(&self) -> (Vec<String>, usize) {
        let Some(facet) = &self.facet else { return (Vec::new(), 0) };
        let (mut names, _) = distinct(facet.iter().map(|name| Some(name_of(name))));
        let left_out = names.len().saturating_sub(MOST_FACETS);
        names.truncate(MOST_FACETS);
        (names, left_out)
    }

    /// A chart of the rows of each text of the facet's column.
    pub(crate) fn facets(&self) -> Vec<Chart> {
        let Some(facet) = &self.facet else { return Vec::new() };
        let (names, _) = self.facet_names();
        let part = |name: String| {
            let of_row = facet.iter().map(name_of);
            let rows: Vec<usize> = of_row.enumerate().filter(|(_, other)| *other == name).map(|(row, _)| row).collect();
            let series = |all: &[Series]| -> Vec<Series> {
                all.iter().map(|series| Series::new(series.name.clone(), taken(&series.values, &rows))).collect()
            };
            let spread = |spread: &Spread| Spread { low: taken(&spread.low, &rows), high: taken(&spread.high, &rows) };
            Chart {
                keys: match &self.keys {
                    Column::Date(values) => Column::Date(taken(values, &rows)),
                    Column::DateTime(values) => Column::DateTime(taken(values, &rows)),
                    Column::Number(values) => Column::Number(taken(values, &rows)),
                    Column::Category(values) => Column::Category(taken(values, &rows)),
                },
                series: series(&self.series),
                y2: series(&self.y2),
                group: self.group.as_ref().map(|group| taken(group, &rows)),
                spread: self.spread.as_ref().map(spread),
                facet: None,
                title: Some(name),
                x_label: None,
                y_label: None,
                y2_label: None,
                show_r: false,
                top: None,
                ..self.clone()
            }
        };
        names.into_iter().map(part).collect()
    }
}
