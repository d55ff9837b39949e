//! Colours. The palettes stay apart for readers who see few colours.

use plotters::style::RGBColor;

use crate::canvas::Dash;

/// A set of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Dark marks on white with a light grid.
    #[default]
    Light,
    /// Light marks on a dark ground, for screens.
    Dark,
    /// Greys only, lines told apart by their dashes.
    Print,
}

/// What is left to choose once the theme is known.
#[derive(Debug)]
pub(crate) struct Colors {
    pub background: RGBColor,
    /// Titles and values.
    pub strong: RGBColor,
    /// Labels and ticks.
    pub text: RGBColor,
    pub grid: RGBColor,
    /// The line at zero, or at the foot of the chart.
    pub baseline: RGBColor,
    /// Groups beyond those that get a colour.
    pub muted: RGBColor,
    /// A fitted line over a single series.
    pub trend: RGBColor,
    /// One a series, in this order; beyond its end it starts again.
    pub palette: &'static [RGBColor],
    /// From the least value to the largest.
    pub ramp: &'static [RGBColor],
    /// From far below zero to far above it.
    pub diverging: &'static [RGBColor],
    /// Dashes of lines in points, by series, where the colours alone do not tell them apart.
    pub dashes: &'static [Dash],
}

impl Theme {
    /// The theme of that name: `light`, `dark` or `print`.
    pub fn parse(name: &str) -> Option<Theme> {
        Some(match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            "print" => Theme::Print,
            _ => return None,
        })
    }

    /// The colour of its paper, in hexadecimal digits.
    pub(crate) fn background(self) -> String {
        let RGBColor(red, green, blue) = self.colors().background;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    pub(crate) fn colors(self) -> &'static Colors {
        match self {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
            Theme::Print => &PRINT,
        }
    }
}

impl Colors {
    /// The dashes of the line at `place`: empty for a solid one.
    pub fn dash(&self, place: usize) -> Dash {
        self.dashes[place % self.dashes.len()]
    }
}

/// A colour as one writes it in hexadecimal digits.
const fn rgb(digits: u32) -> RGBColor {
    let [_, red, green, blue] = digits.to_be_bytes();
    RGBColor(red, green, blue)
}

static LIGHT: Colors = Colors {
    background: rgb(0xffffff),
    strong: rgb(0x1c2430),
    text: rgb(0x3f4855),
    grid: rgb(0xe1e5ea),
    baseline: rgb(0x8a93a0),
    muted: rgb(0xc3c8cf),
    trend: rgb(0xc8500a),
    palette: &[
        rgb(0x0173b2),
        rgb(0xd55e00),
        rgb(0x029e73),
        rgb(0xb35ba3),
        rgb(0xde8f05),
        rgb(0x4ba3d9),
        rgb(0x946a3e),
        rgb(0x6b7280),
    ],
    ramp: &[rgb(0xe9f2f9), rgb(0x9ccbe6), rgb(0x3c96cc), rgb(0x0b5a97), rgb(0x062a52)],
    diverging: &[rgb(0x8c2d04), rgb(0xe8853a), rgb(0xf4f4f2), rgb(0x4ba3d9), rgb(0x08407a)],
    dashes: &[&[]],
};

static DARK: Colors = Colors {
    background: rgb(0x171b22),
    strong: rgb(0xf2f4f7),
    text: rgb(0xc5ccd6),
    grid: rgb(0x2d3440),
    baseline: rgb(0x7b8593),
    muted: rgb(0x4a5260),
    trend: rgb(0xff9d5c),
    palette: &[
        rgb(0x56b4e9),
        rgb(0xf28e52),
        rgb(0x2fc39b),
        rgb(0xdd9fd0),
        rgb(0xf0c53f),
        rgb(0x8fa8ff),
        rgb(0xc9a27a),
        rgb(0xa3acb9),
    ],
    ramp: &[rgb(0x1f2c3d), rgb(0x1d4f7c), rgb(0x2f84bd), rgb(0x7cc4ee), rgb(0xe4f4fd)],
    diverging: &[rgb(0xffb37d), rgb(0xb8571a), rgb(0x262c36), rgb(0x2b74ab), rgb(0x9ad2f7)],
    dashes: &[&[]],
};

static PRINT: Colors = Colors {
    background: rgb(0xffffff),
    strong: rgb(0x000000),
    text: rgb(0x262626),
    grid: rgb(0xe0e0e0),
    baseline: rgb(0x7a7a7a),
    muted: rgb(0xdadada),
    trend: rgb(0x000000),
    // Neighbours are as far from each other as eight greys can be.
    palette: &[
        rgb(0x666666),
        rgb(0x262626),
        rgb(0xaeaeae),
        rgb(0x505050),
        rgb(0xc6c6c6),
        rgb(0x7c7c7c),
        rgb(0x3a3a3a),
        rgb(0x969696),
    ],
    ramp: &[rgb(0xf2f2f2), rgb(0xa8a8a8), rgb(0x1a1a1a)],
    // Without colours, one grey must not stand for a value below zero and for one above it.
    diverging: &[rgb(0x1a1a1a), rgb(0x8e8e8e), rgb(0xf4f4f4)],
    dashes: &[
        &[],
        &[6.0, 2.5],
        &[1.5, 2.0],
        &[8.0, 2.5, 1.5, 2.5],
        &[3.0, 3.0],
        &[10.0, 3.0],
        &[8.0, 2.0, 1.5, 2.0, 1.5, 2.0],
        &[1.5, 4.0],
    ],
};
