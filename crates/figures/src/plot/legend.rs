//! The legend.

use super::trend::Fit;
use crate::data::{Data, Run, written};
use crate::marks::{Marks, Symbol};
use crate::references::Line;
use crate::{Chart, NumberFormat};

/// One entry of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub name: String,
    pub symbol: Symbol,
}

pub(super) fn entries(
    chart: &Chart,
    data: &Data,
    (left_marks, right_marks): (&dyn Marks, &dyn Marks),
    fits: &[Fit],
    lines: &[Line],
    format: &NumberFormat,
) -> Vec<Entry> {
    let kind = chart.kind.0;
    if let Some((low, high)) = left_marks.ramp() {
        let symbol = data.left.first().map(|run| left_marks.symbol(run));
        // Zero is in the middle of colours for both sides of it.
        let most = high.max(-low);
        let (low, high) = if low < 0.0 && high > 0.0 { (-most, most) } else { (low, high) };
        let values = chart.series.first().map_or("", |series| &series.name);
        let name = format!("{values}: {} to {}", format.format(low), format.format(high));
        return symbol.map(|symbol| Entry { name, symbol }).into_iter().collect();
    }
    // Slices have no other name.
    let single = data.left.len() + data.right.len() < 2 && kind.has_axes();
    let mut entries: Vec<Entry> = Vec::new();
    // A lone cloud needs no name; a lone line does, once a fitted line is beside it, unless its axis bears the name.
    let on_axis = data.left.iter().any(|run| Some(&run.name) == chart.y_label.as_ref());
    if !single || (!fits.is_empty() && !kind.is_cloud() && !on_axis) {
        let name = |run: &Run| match kind.has_axes() {
            true => run.legend_name().to_owned(),
            false => written(&run.name, &chart.keys, chart.format_of_keys(), chart.locale),
        };
        let entry = |run: &Run, marks: &dyn Marks| Entry { name: name(run), symbol: marks.symbol(run) };
        let left = data.left.iter().map(|run| (run, entry(run, left_marks)));
        let right = data.right.iter().map(|run| (run, entry(run, right_marks)));
        let named = left.chain(right).filter(|(run, _)| !run.name.is_empty());
        // Grey runs of one name share an entry; they come last.
        let (colored, mut grey): (Vec<_>, Vec<_>) = named.partition(|(run, _)| run.color.is_some());
        grey.dedup_by(|later, kept| later.1.name == kept.1.name);
        entries.extend(colored.into_iter().chain(grey).map(|(_, entry)| entry));
    }
    if !fits.is_empty() {
        let single = fits.iter().all(|fit| fit.color.is_none());
        entries.push(Entry { name: trend_name(chart, fits), symbol: Symbol::Fit { dashed: !kind.is_cloud(), single } });
    }
    let named = lines.iter().enumerate().filter_map(|(place, line)| Some((place, line, line.label.clone()?)));
    entries.extend(named.map(|(place, line, name)| Entry {
        name,
        symbol: if line.to.is_some() { Symbol::Band } else { Symbol::Reference(place) },
    }));
    entries
}

/// What the fitted line is called; a single one along a line says from where to where it leads, for that is what a
/// reader wants of it.
fn trend_name(chart: &Chart, fits: &[Fit]) -> String {
    match (fits, chart.format_of_values()) {
        ([fit], Some(format)) if chart.kind.0.tells_trend_ends() => {
            format!("Linear trend: {} → {}", format.format(fit.from.1), format.format(fit.to.1))
        }
        _ => "Linear trend".to_owned(),
    }
}
