//! How large a figure is on paper.

/// The unit that a size was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Inches,
    Centimetres,
    Millimetres,
    Pixels,
}

/// Width and height, such as `14x6in`, `35.5x15cm`, `355x150mm` or `4200x1800px`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    width: f64,
    height: f64,
    unit: Unit,
}

impl Default for Size {
    fn default() -> Self {
        Size { width: 14.0, height: 6.0, unit: Unit::Inches }
    }
}

impl Size {
    /// A size in inches.
    pub fn inches(width: f64, height: f64) -> Self {
        Size { width, height, unit: Unit::Inches }
    }

    /// Reads `WIDTHxHEIGHT` and a unit: `in`, `cm`, `mm` or `px`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with `text` and gives an example.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a size; write width x height and a unit, such as `14x6in` or `4200x1800px`");
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let unit_at = compact.len() - compact.chars().rev().take_while(|c| c.is_ascii_alphabetic()).count();
        let (numbers, unit) = compact.split_at(unit_at);
        let unit = match unit {
            "in" => Unit::Inches,
            "cm" => Unit::Centimetres,
            "mm" => Unit::Millimetres,
            "px" => Unit::Pixels,
            _ => return Err(wrong()),
        };
        let (width, height) = numbers.split_once(['x', '×']).ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
        let (Some(width), Some(height)) = (number(width), number(height)) else { return Err(wrong()) };
        Ok(Size { width, height, unit })
    }

    /// Width and height in inches; pixels are turned into inches at `dpi` dots per inch.
    pub fn in_inches(&self, dpi: u32) -> (f64, f64) {
        let per_inch = match self.unit {
            Unit::Inches => 1.0,
            Unit::Centimetres => 2.54,
            Unit::Millimetres => 25.4,
            Unit::Pixels => f64::from(dpi.max(1)),
        };
        (self.width / per_inch, self.height / per_inch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        assert_eq!(Size::parse("14x6in"), Ok(Size::inches(14.0, 6.0)));
        assert_eq!(Size::parse("14 x 6 in"), Ok(Size::inches(14.0, 6.0)));
        assert_eq!(Size::parse("25.4x5.08cm").unwrap().in_inches(300), (10.0, 2.0));
        assert_eq!(Size::parse("254x127mm").unwrap().in_inches(300), (10.0, 5.0));
        assert_eq!(Size::parse("3000x1500px").unwrap().in_inches(300), (10.0, 5.0));
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        for text in
            ["", "14", "14x6", "x6in", "14x-6in", "0x6in", "14x6ft", "axbin", "infxinfin", "nanx1in", "14x6x2in", "é"]
        {
            assert!(Size::parse(text).is_err(), "{text}");
        }
    }
}
