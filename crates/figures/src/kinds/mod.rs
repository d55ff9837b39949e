//! The kinds of charts, a file each. A new one is a file and a line in the list.

mod area;
mod bar;
mod barh;
mod calendar;
mod density;
mod heatmap;
mod hist;
mod line;
mod observed;
mod pie;
mod scatter;
mod waterfall;

use crate::Kind;

/// All kinds, in the order in which they are told; the first is the default.
static KINDS: [Kind; 15] = [
    Kind(&line::Line),
    Kind(&bar::Bar),
    Kind(&barh::BarH),
    Kind(&scatter::Scatter),
    Kind(&area::Area),
    Kind(&hist::Hist),
    Kind(&density::DensityPlot),
    Kind(&observed::BOX),
    Kind(&observed::VIOLIN),
    Kind(&observed::STRIP),
    Kind(&heatmap::Heatmap),
    Kind(&calendar::Calendar),
    Kind(&pie::PIE),
    Kind(&pie::DONUT),
    Kind(&waterfall::Waterfall),
];

impl Kind {
    /// All kinds, in the order in which they are told.
    pub fn all() -> &'static [Kind] {
        &KINDS
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Kind> {
        KINDS.iter().copied().find(|kind| kind.name() == name)
    }
}

impl Default for Kind {
    fn default() -> Self {
        KINDS[0]
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Data, KeyScale, Stat};
    use crate::kind::ChartKind;
    use crate::marks::Marks;
    use crate::marks::dots::Dots;
    use crate::{Chart, Column, Figure, Kind, Series, render_svg};

    /// A kind that is not in the list: this is all that one has to say.
    struct DotPlot;

    impl ChartKind for DotPlot {
        fn name(&self) -> &'static str {
            "dot"
        }

        fn summary(&self) -> &'static str {
            "a dot over each name"
        }

        fn data(&self, chart: &Chart) -> Data {
            Data::new(chart, KeyScale::Names, Stat::Merge)
        }

        fn marks(&self, _: &Chart, _: &Data) -> Box<dyn Marks> {
            Box::new(Dots)
        }
    }

    #[test]
    fn a_kind_needs_nothing_but_its_own_file() {
        let keys = Column::Category(["a", "b", "a"].map(|name| Some(name.to_owned())).into());
        let chart = |kind| Chart::new(kind, keys.clone(), vec![Series::new("n", vec![1.0, 5.0, 2.0])]);
        let drawn = |kind| render_svg(&Figure::new(chart(kind))).unwrap();
        assert_ne!(drawn(Kind(&DotPlot)), drawn(Kind::default()));
    }

    #[test]
    fn every_kind_is_found_by_its_name() {
        assert!(Kind::all().iter().all(|kind| Kind::named(kind.name()) == Some(*kind)));
        assert_eq!(Kind::named("dot"), None);
    }
}
