//! PostgreSQL's `numeric` in its binary form: groups of four decimal digits.

use bytes::BufMut;

/// Digits in a group.
const GROUP: u32 = 4;
/// What a group counts to.
const BASE: i128 = 10_000;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// A number as the server sends it.
#[derive(Clone, Copy)]
pub(super) struct Numeric<'a> {
    groups: &'a [u8],
    weight: i16,
    sign: u16,
    scale: u16,
}

impl<'a> Numeric<'a> {
    /// Of its bytes; None if they are none of a number.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let (header, groups) = bytes.split_at_checked(8)?;
        let field = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let (count, weight, sign, scale) = (field(0), field(2) as i16, field(4), field(6));
        (groups.len() == usize::from(count) * 2).then_some(Self { groups, weight, sign, scale })
    }

    /// All its digits without the point, if it has no others than `precision` in all and `scale` behind the point.
    pub fn unscaled(self, precision: u8, scale: u8) -> Option<i128> {
        if self.sign & 0x8000 != 0 {
            return None;
        }
        let mut value: i128 = 0;
        let mut exponent = (i32::from(self.weight) + 1) * GROUP as i32 + i32::from(scale);
        for group in self.groups.chunks_exact(2) {
            let group = i128::from(u16::from_be_bytes([group[0], group[1]]));
            exponent -= GROUP as i32;
            value = if exponent >= 0 {
                value.checked_mul(BASE)?.checked_add(group)?
            } else {
                // Of the last group only the first digits may count.
                let beyond = 10_i128.checked_pow(exponent.unsigned_abs())?;
                if beyond > BASE || group % beyond != 0 {
                    return None;
                }
                value.checked_mul(BASE / beyond)?.checked_add(group / beyond)?
            };
        }
        if exponent > 0 && value != 0 {
            value = value.checked_mul(10_i128.checked_pow(exponent.unsigned_abs())?)?;
        }
        let fits = value < 10_i128.pow(u32::from(precision.min(38)));
        fits.then_some(if self.sign == NEGATIVE { -value } else { value })
    }

    /// As the server prints it.
    pub fn text(self) -> String {
        match self.sign {
            NAN => return "NaN".to_owned(),
            INFINITY => return "Infinity".to_owned(),
            MINUS_INFINITY => return "-Infinity".to_owned(),
            _ => {}
        }
        let group = |at: i32| {
            let at = usize::try_from(at).ok().map(|at| at * 2);
            let group = at.and_then(|at| self.groups.get(at..at + 2)).unwrap_or(&[0, 0]);
            format!("{:04}", u16::from_be_bytes([group[0], group[1]]))
        };
        let weight = i32::from(self.weight);
        let whole: String = (0..=weight).map(group).collect();
        let whole = whole.trim_start_matches('0');
        let groups_behind = u32::from(self.scale).div_ceil(GROUP) as i32;
        let mut fraction: String = (weight + 1..=weight + groups_behind).map(group).collect();
        fraction.truncate(usize::from(self.scale));
        let sign = if self.sign == NEGATIVE { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{}{point}{fraction}", if whole.is_empty() { "0" } else { whole })
    }
}

/// Writes a number as the server takes it, its length before it.
pub(super) fn put(unscaled: i128, scale: u8, out: &mut Vec<u8>) {
    let scale = u32::from(scale);
    let mut rest = unscaled.unsigned_abs();
    // The groups from the last one: up to ten of them behind the point, up to eleven in all.
    let mut groups = [0_u16; 12];
    let mut count = 0;
    let mut push = |group: u128| {
        groups[count] = group as u16;
        count += 1;
    };
    let partial = scale % GROUP;
    if partial != 0 {
        let cut = 10_u128.pow(partial);
        push(rest % cut * 10_u128.pow(GROUP - partial));
        rest /= cut;
    }
    for _ in 0..scale / GROUP {
        push(rest % BASE as u128);
        rest /= BASE as u128;
    }
    while rest > 0 {
        push(rest % BASE as u128);
        rest /= BASE as u128;
    }
    let behind = scale.div_ceil(GROUP) as i16;
    out.put_i32(8 + 2 * count as i32);
    out.put_i16(count as i16);
    out.put_i16(count as i16 - behind - 1);
    out.put_u16(if unscaled < 0 { NEGATIVE } else { 0 });
    out.put_u16(scale as u16);
    groups[..count].iter().rev().for_each(|group| out.put_u16(*group));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tidemill_core::table::decimal_text;

    use super::*;

    fn bytes(count: u16, weight: i16, sign: u16, scale: u16, groups: &[u16]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put_u16(count);
        bytes.put_i16(weight);
        bytes.put_u16(sign);
        bytes.put_u16(scale);
        groups.iter().for_each(|group| bytes.put_u16(*group));
        bytes
    }

    #[test]
    fn what_the_server_sends_is_read_exactly() {
        let number = bytes(3, 1, NEGATIVE, 2, &[1, 2345, 6700]);
        let number = Numeric::of(&number).expect("a number");
        assert_eq!(number.text(), "-12345.67");
        assert_eq!(number.unscaled(7, 2), Some(-1_234_567));
        assert_eq!(number.unscaled(8, 3), Some(-12_345_670));
        assert_eq!(number.unscaled(38, 1), None, "a digit would be lost");
        assert_eq!(number.unscaled(6, 2), None, "there is a digit more");
        let round = bytes(1, 2, 0, 0, &[1]);
        assert_eq!(Numeric::of(&round).and_then(|number| number.unscaled(38, 0)), Some(100_000_000));
        let nan = bytes(0, 0, NAN, 0, &[]);
        let nan = Numeric::of(&nan).expect("a number");
        assert_eq!((nan.text().as_str(), nan.unscaled(38, 0)), ("NaN", None));
        assert!(Numeric::of(&[0, 1, 0, 0, 0, 0, 0, 0]).is_none(), "cut off");
        let tiny = bytes(1, -3, 0, 10, &[100]);
        let tiny = Numeric::of(&tiny).expect("a number");
        assert_eq!((tiny.text().as_str(), tiny.unscaled(38, 10)), ("0.0000000001", Some(1)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(digits in 0_u32..=38, value: i128, scale in 0_u8..=38) {
            let value = value % 10_i128.pow(digits);
            let mut out = Vec::new();
            put(value, scale, &mut out);
            let number = Numeric::of(&out[4..]).expect("a number");
            prop_assert_eq!(number.unscaled(38, scale), Some(value));
            prop_assert_eq!(number.text(), decimal_text(value, scale));
        }

        #[test]
        fn no_bytes_make_it_fail(bytes: Vec<u8>, scale in 0_u8..=38) {
            if let Some(number) = Numeric::of(&bytes) {
                number.unscaled(38, scale);
            }
        }
    }
}
