//! Whole numbers encoded by frame of reference (what they exceed the least of them, in as few bytes as the largest needs), or
//! as codes in a dictionary of the different ones.

use super::bytes::{ByteReader, Damaged};

/// Every number by itself.
const PLAIN: u8 = 0;
/// The different numbers, and for each its place among them.
const DICTIONARY: u8 = 1;

/// Numbers of fewer bytes are not worth a dictionary.
const WORTH_A_DICTIONARY: usize = 4;

/// So many numbers are looked at before it is decided whether they repeat themselves.
const TRIED: usize = 1024;

/// Adds the numbers.
pub(super) fn encode(values: &[i64], out: &mut Vec<u8>) {
    let list = if width(values).1 >= WORTH_A_DICTIONARY { dictionary(values) } else { None };
    match list {
        Some((different, codes)) => {
            out.push(DICTIONARY);
            out.extend_from_slice(&(different.len() as u64).to_le_bytes());
            plain(&different, out);
            plain(&codes, out);
        }
        None => {
            out.push(PLAIN);
            plain(values, out);
        }
    }
}

/// So many numbers that were encoded.
pub(super) fn decode(encoded: &mut ByteReader<'_>, count: usize) -> Result<Vec<i64>, Damaged> {
    match encoded.byte()? {
        PLAIN => read(encoded, count),
        DICTIONARY => {
            let different = encoded.length()?;
            let different = read(encoded, different.min(count))?;
            let place = |place: i64| usize::try_from(place).ok().and_then(|place| different.get(place)).copied();
            read(encoded, count)?.into_iter().map(|at| place(at).ok_or(Damaged)).collect()
        }
        _ => Err(Damaged),
    }
}

/// The least number, and how many bytes the others need beyond it.
fn width(values: &[i64]) -> (i64, usize) {
    let least = values.iter().copied().min().unwrap_or_default();
    let most = values.iter().copied().max().unwrap_or_default();
    let width = match most.wrapping_sub(least) as u64 {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    (least, width)
}

fn plain(values: &[i64], out: &mut Vec<u8>) {
    let (least, width) = width(values);
    out.push(width as u8);
    out.extend_from_slice(&least.to_le_bytes());
    match width {
        0 => {}
        1 => write::<1>(values, least, out),
        2 => write::<2>(values, least, out),
        4 => write::<4>(values, least, out),
        _ => write::<8>(values, least, out),
    }
}

fn write<const WIDTH: usize>(values: &[i64], least: i64, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + values.len() * WIDTH, 0);
    for (place, value) in out[start..].as_chunks_mut::<WIDTH>().0.iter_mut().zip(values) {
        place.copy_from_slice(&value.wrapping_sub(least).to_le_bytes()[..WIDTH]);
    }
}

fn read(encoded: &mut ByteReader<'_>, count: usize) -> Result<Vec<i64>, Damaged> {
    let width = encoded.byte()?;
    let least = encoded.number()? as i64;
    let bytes = encoded.take(count.checked_mul(width.into()).ok_or(Damaged)?)?;
    match width {
        0 => Ok(vec![least; count]),
        1 => Ok(bytes.iter().map(|byte| least.wrapping_add(i64::from(*byte))).collect()),
        2 => Ok(as_numbers::<2>(bytes, least)),
        4 => Ok(as_numbers::<4>(bytes, least)),
        8 => Ok(as_numbers::<8>(bytes, least)),
        _ => Err(Damaged),
    }
}

fn as_numbers<const WIDTH: usize>(bytes: &[u8], least: i64) -> Vec<i64> {
    let number = |bytes: &[u8; WIDTH]| {
        let mut number = [0; size_of::<i64>()];
        number[..WIDTH].copy_from_slice(bytes);
        least.wrapping_add(i64::from_le_bytes(number))
    };
    bytes.as_chunks::<WIDTH>().0.iter().map(number).collect()
}

/// The different numbers in the order in which they appear, and the place of each number among them; none if they are too
/// many to be worth it.
fn dictionary(values: &[i64]) -> Option<(Vec<i64>, Vec<i64>)> {
    let most = values.len() / 4;
    // At least twice as many slots as numbers; each holds a place among the different ones plus one.
    let slots = (most * 2).next_power_of_two().max(2);
    let shift = u64::BITS - slots.trailing_zeros();
    let mut table = vec![0u32; slots];
    let (mut different, mut codes) = (Vec::new(), Vec::with_capacity(values.len()));
    let mut above = None;
    for (row, value) in values.iter().enumerate() {
        if let Some((same, place)) = above
            && same == *value
        {
            codes.push(place);
            continue;
        }
        // Fibonacci hashing: the upper bits of the product depend on all bits of the number.
        let mut slot = ((*value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize;
        let place = loop {
            match table[slot] {
                0 if different.len() >= most || (row < TRIED && different.len() > TRIED / 2) => return None,
                0 => {
                    different.push(*value);
                    table[slot] = different.len() as u32;
                    break different.len() - 1;
                }
                known if different[known as usize - 1] == *value => break known as usize - 1,
                _ => slot = (slot + 1) & (slots - 1),
            }
        };
        codes.push(place as i64);
        above = Some((*value, place as i64));
    }
    Some((different, codes))
}
