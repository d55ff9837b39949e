//! The days of 2024, the year of the sample.

const MONTHS: [u16; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The number of days of the year.
pub const DAYS: u16 = 366;

/// A day of 2024, counted from 0 on the first of January.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub u16);

impl Day {
    /// Every day of the year.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..DAYS).map(Self)
    }

    /// Month and day of the month, both from 1.
    pub fn month_and_day(self) -> (u16, u16) {
        let mut rest = self.0;
        let mut month = 0;
        while rest >= MONTHS[month] {
            rest -= MONTHS[month];
            month += 1;
        }
        (month as u16 + 1, rest + 1)
    }

    /// `7/4/2024`, as a spreadsheet writes it.
    pub fn slashes(self) -> String {
        let (month, day) = self.month_and_day();
        format!("{month}/{day}/2024")
    }

    /// `07/04/2024`, as the shop's database holds it.
    pub fn padded(self) -> String {
        let (month, day) = self.month_and_day();
        format!("{month:02}/{day:02}/2024")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_their_sources_do() {
        assert_eq!(Day(0).slashes(), "1/1/2024");
        assert_eq!(Day(59).padded(), "02/29/2024");
        assert_eq!(Day(60).padded(), "03/01/2024");
        assert_eq!(Day(DAYS - 1).padded(), "12/31/2024");
    }
}
