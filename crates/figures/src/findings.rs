//! What a chart shows otherwise than its rows say.

use crate::data::Data;
use crate::references::unplaced;
use crate::{Chart, Repeats, Warning, font};

/// What whoever looks at a chart should know of how its rows became marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Rows of one key, where the chart has a mark for each key and no [`Agg`](crate::Agg) to make one value of them.
    pub unmerged: Option<Repeats>,
    /// What may mislead.
    pub warnings: Vec<Warning>,
    /// Whether names were put into the order of their values.
    pub ranked: bool,
    /// Names of keys and groups with letters that the font lacks: boxes are drawn for them.
    pub boxed: Vec<String>,
}

impl Chart {
    /// What whoever looks at this chart should know.
    pub fn findings(&self) -> Findings {
        let data = self.kind.0.data(self);
        let unplaced = unplaced(self, &data).into_iter().map(|position| Warning::Unplaced { position });
        let Data { keys, left, right, mut warnings, mut unmerged, ranked } = data;
        if self.facet.is_some() {
            // What the whole has several rows of, a facet may have one of.
            let facets: Vec<Data> = self.facets().iter().map(|facet| facet.kind.0.data(facet)).collect();
            let told = |warning: &&Warning| matches!(warning, Warning::Unjoined(_));
            warnings.retain(|warning| !told(&warning));
            warnings.extend(facets.iter().find_map(|data| data.warnings.iter().find(told).cloned()));
            unmerged = facets.into_iter().find_map(|data| data.unmerged);
        }
        warnings.extend(unplaced);
        let (_, left_out) = self.facet_names();
        warnings.extend((left_out > 0).then_some(Warning::Facets { left_out }));
        let runs = left.iter().chain(&right).filter(|_| self.group.is_some()).map(|run| &run.name);
        let names = keys.names().iter().chain(runs);
        let boxed = names.filter(|name| !unknown_letters(name).is_empty()).cloned().collect();
        Findings { unmerged, warnings, ranked, boxed }
    }
}

/// The letters of a text that the font of figures lacks, each once.
pub fn unknown_letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().filter(|letter| !font::has(*letter)).collect();
    letters.sort_unstable();
    letters.dedup();
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Agg, Column, Kind, Repeats, Series};

    fn chart(kind: &str, keys: Column, values: &[f64]) -> Chart {
        Chart::new(Kind::named(kind).unwrap(), keys, vec![Series::new("v", values.to_vec())])
    }

    fn names(texts: &[&str]) -> Column {
        Column::Category(texts.iter().map(|text| Some((*text).to_owned())).collect())
    }

    #[test]
    fn rows_of_one_key_are_told() {
        let repeats = Repeats { rows: 3, keys: 1, example: "a".to_owned() };
        for kind in ["bar", "barh", "area"] {
            let found = chart(kind, names(&["a", "b", "a", "a"]), &[1.0, 2.0, 3.0, 4.0]).findings();
            assert_eq!((found.unmerged.as_ref(), &found.warnings[..]), (Some(&repeats), &[][..]), "{kind}");
            let mut told = chart(kind, names(&["a", "b", "a", "a"]), &[1.0, 2.0, 3.0, 4.0]);
            told.agg = Some(Agg::Mean);
            assert_eq!(told.findings().unmerged, None, "{kind}");
        }
        let mut line = chart("line", names(&["a", "b", "a", "a"]), &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(line.findings().warnings, [Warning::Unjoined(repeats)]);
        line.group = Some(["p", "p", "q", "r"].map(|name| Some(name.to_owned())).into());
        assert_eq!(line.findings().warnings, []);
        // One value a key is a line, however often it is given.
        assert_eq!(chart("line", names(&["a", "b", "a"]), &[1.0, 2.0, 1.0]).findings().warnings, []);
        assert_eq!(chart("scatter", names(&["a", "b", "a"]), &[1.0, 2.0, 3.0]).findings().warnings, []);
    }

    #[test]
    fn rows_that_are_left_out_are_told() {
        let keys = || Column::Number(vec![1.0, f64::NAN, 3.0, 4.0]);
        let values = [1.0, 2.0, f64::NAN, f64::INFINITY];
        let without_key = Warning::WithoutKey { rows: 1 };
        let without_value = Warning::WithoutValue { series: 0, rows: 2 };
        for kind in ["bar", "barh", "area", "scatter"] {
            let found = chart(kind, keys(), &values).findings().warnings;
            assert_eq!(found, [without_key.clone(), without_value.clone()], "{kind}");
        }
        // A line shows a gap.
        assert_eq!(chart("line", keys(), &values).findings().warnings, std::slice::from_ref(&without_key));
        assert_eq!(chart("hist", keys(), &values).findings().warnings, [without_key]);
    }

    #[test]
    fn equal_values_without_a_curve_are_told() {
        let of = |values: &[f64]| chart("density", Column::Number(values.to_vec()), values).findings().warnings;
        assert_eq!(of(&[5.0]), [Warning::WithoutSpread]);
        assert_eq!(of(&[5.0, 5.0, 5.0]), [Warning::WithoutSpread]);
        assert_eq!(of(&[5.0, 6.0]), []);
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn groups_without_a_colour_are_told() {
        for (kind, pooled) in [("bar", true), ("area", true), ("bar", false), ("line", false), ("scatter", false)] {
            let mut chart = chart(kind, Column::Number((0..9).map(f64::from).collect()), &[1.0; 9]);
            chart.others = pooled;
            chart.group = Some((0..9).map(|row| Some(format!("g{row}"))).collect());
            let grey = Warning::Grey { groups: 9, grey: 2, pooled };
            assert_eq!(chart.findings().warnings, [grey], "{kind}");
        }
    }

    #[test]
    fn horizontal_bars_are_ranked_but_days_without_a_limit_are_not() {
        assert!(chart("barh", names(&["a", "b"]), &[1.0, 2.0]).findings().ranked);
        assert!(!chart("barh", names(&["b", "a"]), &[2.0, 1.0]).findings().ranked);
        let mut days = chart("barh", Column::Date(vec![Some(2), Some(1), Some(3)]), &[1.0, 2.0, 3.0]);
        let drawn = |chart: &Chart| chart.kind.0.data(chart).keys.names().to_vec();
        assert_eq!(drawn(&days), ["1970-01-02", "1970-01-03", "1970-01-04"]);
        days.top = Some(2);
        assert_eq!(drawn(&days), ["1970-01-04", "1970-01-02"]);
    }

    #[test]
    fn letters_without_a_shape_are_found() {
        assert_eq!(unknown_letters("Größe, “Zażółć” €5 → Ωλ Привет\n\u{200b}"), []);
        assert_eq!(unknown_letters("売上 売 (مرحبا)").len(), 2 + 5);
        let found = chart("bar", names(&["東京", "Oslo"]), &[1.0, 2.0]).findings();
        assert_eq!(found.boxed, ["東京"]);
    }
}
