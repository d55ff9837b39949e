//! Digits in groups of three.

/// `1234567.25` as `1,234,567.25`: the digits before the point, of which there are no others than digits, in groups of three.
pub fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut text = String::with_capacity(number.len() + whole / 3);
    for (place, digit) in number[..whole].char_indices() {
        if place > 0 && (whole - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(&number[whole..]);
    text
}

/// `10,200`.
pub fn thousands(number: u64) -> String {
    grouped(&number.to_string())
}

/// `1 row`, `10,200 rows`.
pub fn quantity(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let texts = [0, 999, 1_000, 10_200, 123_456, u64::MAX].map(thousands);
        assert_eq!(texts, ["0", "999", "1,000", "10,200", "123,456", "18,446,744,073,709,551,615"]);
        assert_eq!(["7.12345", "1234.5", ".5", ""].map(grouped), ["7.12345", "1,234.5", ".5", ""]);
    }

    #[test]
    fn one_is_told_from_many() {
        assert_eq!([0, 1, 1_000].map(|number| quantity(number, "row")), ["0 rows", "1 row", "1,000 rows"]);
    }
}
