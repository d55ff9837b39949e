//! How an axis measures: its scale, its ends, and places on it.

/// How far apart numbers lie on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// By their difference.
    #[default]
    Linear,
    /// By their ratio: numbers above zero alone have a place.
    Log,
    /// By their ratio far from zero, by their difference from −1 to 1.
    Symlog,
}

impl Scale {
    /// The place of a number.
    pub(crate) fn place(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Log => value.ln(),
            Scale::Symlog => value.signum() * value.abs().ln_1p(),
        }
    }

    /// The number at a place.
    pub(crate) fn value(self, place: f64) -> f64 {
        match self {
            Scale::Linear => place,
            Scale::Log => place.exp(),
            Scale::Symlog => place.signum() * place.abs().exp_m1(),
        }
    }

    /// Whether a number has a place.
    pub(crate) fn has(self, value: f64) -> bool {
        // Ratios to anything less are beyond what can be computed with.
        self != Scale::Log || value >= 1e-99
    }

    /// The ends moved outwards by shares of their distance.
    pub(crate) fn wider(self, (low, high): (f64, f64), below: f64, above: f64) -> (f64, f64) {
        let (from, to) = (self.place(low), self.place(high));
        let span = to - from;
        // An end that stays must not be changed by rounding.
        let low = if below > 0.0 { self.value(from - span * below) } else { low };
        let high = if above > 0.0 { self.value(to + span * above) } else { high };
        (low, high)
    }
}

/// A place on an axis, as one writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// A number.
    Number(f64),
    /// A name, a day or a moment.
    Text(String),
}

impl Position {
    /// The number, also where it is written as a text.
    pub fn number(&self) -> Option<f64> {
        match self {
            Position::Number(number) => Some(*number),
            Position::Text(text) => text.parse().ok(),
        }
    }

    /// As a text.
    pub fn text(&self) -> String {
        match self {
            Position::Number(number) => number.to_string(),
            Position::Text(text) => text.clone(),
        }
    }
}

/// How an axis measures, and its ends where the data shall not decide them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// How far apart numbers lie.
    pub scale: Scale,
    /// The lower end.
    pub low: Option<Position>,
    /// The upper end.
    pub high: Option<Position>,
}

impl Measure {
    /// Whether an end is given: data may lie beyond it then.
    pub(crate) fn is_limited(&self) -> bool {
        self.low.is_some() || self.high.is_some()
    }
}

/// The two directions of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Along the horizontal axis.
    X,
    /// Along the vertical axis.
    Y,
}

/// A line, or a band, that the data are compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The axis that its places are on.
    pub direction: Direction,
    /// Where it is, or where the band begins.
    pub from: Position,
    /// Where the band ends.
    pub to: Option<Position>,
    /// What the legend calls it.
    pub label: Option<String>,
}

/// A text at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Its place along the horizontal axis.
    pub x: Position,
    /// Its place along the vertical axis.
    pub y: Position,
    /// What is written there.
    pub text: String,
}

/// A colour: red, green and blue.
pub type Rgb = (u8, u8, u8);

/// Own colours of series and groups: those of the theme serve where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// One after the other, over and over.
    pub colors: Vec<Rgb>,
    /// By the names of series and groups.
    pub named: Vec<(String, Rgb)>,
}

/// Reads `#c8500a` or `#fa0`.
///
/// # Errors
/// A sentence with an example.
pub fn parse_color(text: &str) -> Result<Rgb, String> {
    let wrong = || format!("`{text}` is not a colour; write its red, green and blue, such as `#c8500a`");
    let digits =
        text.strip_prefix('#').filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())).ok_or_else(wrong)?;
    let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let [_, red, green, blue] = number.to_be_bytes();
    match digits.len() {
        6 => Ok((red, green, blue)),
        3 => Ok(((green & 15) * 17, (blue >> 4) * 17, (blue & 15) * 17)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_both_lengths() {
        assert_eq!(parse_color("#c8500a"), Ok((0xc8, 0x50, 0x0a)));
        assert_eq!(parse_color("#fa0"), Ok((0xff, 0xaa, 0x00)));
        for text in ["", "#", "red", "#12", "#12345", "#+12", "#1234567", "#é12"] {
            assert!(parse_color(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_number_is_found_at_its_place(value in -1e12..1e12f64) {
            for scale in [Scale::Linear, Scale::Log, Scale::Symlog] {
                if scale.has(value) {
                    let back = scale.value(scale.place(value));
                    proptest::prop_assert!((back - value).abs() <= value.abs() * 1e-9 + 1e-12, "{scale:?} {back}");
                }
            }
        }
    }
}
