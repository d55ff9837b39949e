//! What a chart shows otherwise than its rows say.

use std::collections::BTreeSet;

use crate::data::{Data, Run};
use crate::font::Fallback;
use crate::references::unplaced;
use crate::{Chart, Fonts, Repeats, Warning};

/// What whoever looks at a chart should know of how its rows became marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Rows of one key, where the chart has a mark for each key and no [`Agg`](crate::Agg) to make one value of them.
    pub unmerged: Option<Repeats>,
    /// What may mislead.
    pub warnings: Vec<Warning>,
    /// Whether names were put into the order of their values.
    pub ranked: bool,
    /// Names of keys and groups with letters that no font has, each with these letters: boxes are drawn for them.
    pub boxed: Vec<(String, Vec<char>)>,
}

impl Chart {
    /// What whoever looks at this chart should know, if it is drawn with these fonts.
    pub fn findings(&self, fonts: &Fonts) -> Findings {
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
        let runs = left.iter().chain(&right).filter(|_| self.group.is_some()).map(Run::legend_name);
        let names: Vec<&str> = keys.names().iter().map(String::as_str).chain(runs).collect();
        let lacking = Fallback::new(fonts, names.iter().copied()).lacking;
        let boxed = |name: &str| {
            let letters: BTreeSet<char> = name.chars().filter(|letter| lacking.contains(letter)).collect();
            (!letters.is_empty()).then(|| (name.to_owned(), letters.into_iter().collect()))
        };
        let boxed = names.into_iter().filter_map(boxed).collect();
        Findings { unmerged, warnings, ranked, boxed }
    }
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
            let found = chart(kind, names(&["a", "b", "a", "a"]), &[1.0, 2.0, 3.0, 4.0]).findings(&Fonts::default());
            assert_eq!((found.unmerged.as_ref(), &found.warnings[..]), (Some(&repeats), &[][..]), "{kind}");
            let mut told = chart(kind, names(&["a", "b", "a", "a"]), &[1.0, 2.0, 3.0, 4.0]);
            told.agg = Some(Agg::Mean);
            assert_eq!(told.findings(&Fonts::default()).unmerged, None, "{kind}");
        }
        let mut line = chart("line", names(&["a", "b", "a", "a"]), &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(line.findings(&Fonts::default()).warnings, [Warning::Unjoined(repeats)]);
        line.group = Some(["p", "p", "q", "r"].map(|name| Some(name.to_owned())).into());
        assert_eq!(line.findings(&Fonts::default()).warnings, []);
        // One value a key is a line, however often it is given.
        assert_eq!(chart("line", names(&["a", "b", "a"]), &[1.0, 2.0, 1.0]).findings(&Fonts::default()).warnings, []);
        assert_eq!(
            chart("scatter", names(&["a", "b", "a"]), &[1.0, 2.0, 3.0]).findings(&Fonts::default()).warnings,
            []
        );
    }

    #[test]
    fn rows_that_are_left_out_are_told() {
        let keys = || Column::Number(vec![1.0, f64::NAN, 3.0, 4.0]);
        let values = [1.0, 2.0, f64::NAN, f64::INFINITY];
        let without_key = Warning::WithoutKey { rows: 1 };
        let without_value = Warning::WithoutValue { series: 0, rows: 2 };
        for kind in ["bar", "barh", "area", "scatter"] {
            let found = chart(kind, keys(), &values).findings(&Fonts::default()).warnings;
            assert_eq!(found, [without_key.clone(), without_value.clone()], "{kind}");
        }
        // A line shows a gap.
        assert_eq!(
            chart("line", keys(), &values).findings(&Fonts::default()).warnings,
            std::slice::from_ref(&without_key)
        );
        assert_eq!(chart("hist", keys(), &values).findings(&Fonts::default()).warnings, [without_key]);
    }

    #[test]
    fn numbers_beyond_all_measure_are_told_and_break_nothing() {
        for kind in Kind::all() {
            if kind.columns() == crate::Columns::Distribution {
                let found = chart(kind.name(), Column::Number(vec![1e300, f64::NAN, 5.0, 6.0]), &[])
                    .findings(&Fonts::default());
                assert_eq!(
                    found.warnings,
                    [Warning::WithoutKey { rows: 1 }, Warning::KeysTooLarge { values: 1 }],
                    "{kind:?}"
                );
                continue;
            }
            let mut chart = chart(kind.name(), names(&["a", "b", "c"]), &[1e300, -1e300, 5.0]);
            chart.keys = if kind.wants_days() { Column::Date(vec![Some(1), Some(2), Some(3)]) } else { chart.keys };
            let found = chart.findings(&Fonts::default()).warnings;
            assert_eq!(found, [Warning::TooLarge { series: 0, values: 2 }], "{kind:?}");
        }
    }

    #[test]
    fn equal_values_without_a_curve_are_told() {
        let of = |values: &[f64]| {
            chart("density", Column::Number(values.to_vec()), values).findings(&Fonts::default()).warnings
        };
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
            assert_eq!(chart.findings(&Fonts::default()).warnings, [grey], "{kind}");
        }
    }

    #[test]
    fn horizontal_bars_are_ranked_but_days_without_a_limit_are_not() {
        assert!(chart("barh", names(&["a", "b"]), &[1.0, 2.0]).findings(&Fonts::default()).ranked);
        assert!(!chart("barh", names(&["b", "a"]), &[2.0, 1.0]).findings(&Fonts::default()).ranked);
        let mut days = chart("barh", Column::Date(vec![Some(2), Some(1), Some(3)]), &[1.0, 2.0, 3.0]);
        let drawn = |chart: &Chart| chart.kind.0.data(chart).keys.names().to_vec();
        assert_eq!(drawn(&days), ["1970-01-02", "1970-01-03", "1970-01-04"]);
        days.top = Some(2);
        assert_eq!(drawn(&days), ["1970-01-04", "1970-01-02"]);
    }

    #[test]
    fn letters_without_a_shape_are_found() {
        let lacking = |text: &str| Fonts::default().lacking(text);
        assert!(lacking("Größe, “Zażółć” €5 → Ωλ Привет\n\u{200b}").is_empty());
        // Letters that mean nothing but to those who have agreed on them: no font of any machine has these.
        let private = "\u{10fff0}\u{10fff1} \u{10fff0}";
        assert_eq!(lacking(private).len(), 2);
        let found = chart("bar", names(&[private, "Oslo"]), &[1.0, 2.0]).findings(&Fonts::default());
        assert_eq!(found.boxed, [(private.to_owned(), vec!['\u{10fff0}', '\u{10fff1}'])]);
    }
}
