//! Texts encoded: a dictionary of the different ones and a code for each row, or one after the other.

use polars::prelude::{ChunkTake, IdxSize, NewChunkedArray, StringChunked};

use super::bytes::{ByteReader, Damaged};
use super::dictionary::{Dictionary, of_texts};
use super::ints;
use crate::arrays::select::{NONE, index};

/// Every text by itself.
const PLAIN: u8 = 0;
/// The different texts, and for each row its place among them.
const DICTIONARY: u8 = 1;

/// Letters of fewer bytes are not compressed.
const WORTH_COMPRESSING: usize = 512;

/// Of zstd's levels the one that costs least of those that find repeated words.
const LEVEL: i32 = 1;

/// Adds the texts; a NULL counts as whatever is least to write.
pub(super) fn encode(values: &StringChunked, out: &mut Vec<u8>) {
    match of_texts(values, values.len() / 2) {
        Some(Dictionary { firsts, codes }) => {
            let different: Vec<&str> = firsts.iter().map(|row| values.get(*row as usize).unwrap_or_default()).collect();
            let codes: Vec<i64> = codes.into_iter().map(i64::from).collect();
            out.push(DICTIONARY);
            out.extend_from_slice(&(different.len() as u64).to_le_bytes());
            push(&different, out);
            ints::encode(&codes, out);
        }
        None => {
            out.push(PLAIN);
            let texts: Vec<&str> = values.iter().map(Option::unwrap_or_default).collect();
            push(&texts, out);
        }
    }
}

/// So many texts that were encoded; NULL where `is_there` says so.
pub(super) fn decode(
    encoded: &mut ByteReader<'_>,
    count: usize,
    is_there: Option<&[bool]>,
) -> Result<StringChunked, Damaged> {
    let is_there = |row: usize| is_there.is_none_or(|is_there| is_there.get(row).copied().unwrap_or_default());
    match encoded.byte()? {
        PLAIN => {
            let (letters, lengths) = read(encoded, count)?;
            let mut texts = split(&letters, &lengths);
            if (0..count).all(is_there) {
                let texts = texts.collect::<Result<Vec<_>, _>>()?;
                return Ok(StringChunked::from_iter_values("".into(), texts.into_iter()));
            }
            let text = |(row, text): (usize, Result<_, _>)| text.map(|text| is_there(row).then_some(text));
            texts.by_ref().enumerate().map(text).collect()
        }
        DICTIONARY => {
            let different = encoded.length()?.min(count);
            let (letters, lengths) = read(encoded, different)?;
            let texts = split(&letters, &lengths).collect::<Result<Vec<_>, _>>()?;
            let list = StringChunked::from_iter_values("".into(), texts.into_iter());
            let place = |(row, place): (usize, i64)| match IdxSize::try_from(place) {
                _ if !is_there(row) => Ok(NONE),
                Ok(place) if (place as usize) < different => Ok(place),
                _ => Err(Damaged),
            };
            let codes = ints::decode(encoded, count)?.into_iter().enumerate().map(place);
            let codes: Vec<IdxSize> = codes.collect::<Result<_, _>>()?;
            list.take(&index(&codes)).map_err(|_| Damaged)
        }
        _ => Err(Damaged),
    }
}

/// The lengths of the texts, then all letters, compressed if that helps.
fn push(texts: &[&str], out: &mut Vec<u8>) {
    let lengths: Vec<i64> = texts.iter().map(|text| text.len() as i64).collect();
    ints::encode(&lengths, out);
    let letters = texts.concat();
    let compressed =
        if letters.len() < WORTH_COMPRESSING { None } else { zstd::bulk::compress(letters.as_bytes(), LEVEL).ok() };
    let compressed = compressed.filter(|compressed| compressed.len() < letters.len() / 8 * 7);
    let bytes = compressed.as_deref().unwrap_or(letters.as_bytes());
    out.push(u8::from(compressed.is_some()));
    out.extend_from_slice(&(letters.len() as u64).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn read(encoded: &mut ByteReader<'_>, count: usize) -> Result<(String, Vec<i64>), Damaged> {
    let lengths = ints::decode(encoded, count)?;
    let is_compressed = encoded.byte()? != 0;
    let (size, stored) = (encoded.length()?, encoded.length()?);
    let bytes = encoded.take(stored)?;
    let letters = if is_compressed { decompress(bytes, size)? } else { bytes.to_vec() };
    let said: i128 = lengths.iter().map(|length| i128::from(*length)).sum();
    if letters.len() != size || said != size as i128 || lengths.iter().any(|length| *length < 0) {
        return Err(Damaged);
    }
    Ok((String::from_utf8(letters).map_err(|_| Damaged)?, lengths))
}

/// No more memory is taken than what is really there needs.
fn decompress(bytes: &[u8], size: usize) -> Result<Vec<u8>, Damaged> {
    use std::io::Read;
    let mut letters = Vec::new();
    let reader = zstd::stream::Decoder::new(bytes).map_err(|_| Damaged)?;
    reader.take(size as u64 + 1).read_to_end(&mut letters).map_err(|_| Damaged)?;
    Ok(letters)
}

fn split<'a>(letters: &'a str, lengths: &[i64]) -> impl Iterator<Item = Result<&'a str, Damaged>> {
    let mut start = 0;
    lengths.iter().map(move |length| {
        let end = start + *length as usize; // not negative, and their sum is that of the letters
        let text = letters.get(start..end).ok_or(Damaged);
        start = end;
        text
    })
}
