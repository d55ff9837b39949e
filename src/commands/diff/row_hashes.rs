//! Rows as hashes of their keys and cells, put aside by key, so that two tables are paired a part at a time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;
use tidemill_core::table::{PlainData, Value};

/// So many bytes of hashes are a part: two of them, one of each table, are in memory at a time.
const PART_BYTES: u64 = 16 << 20;
/// No more parts than these, for each has a file open.
const MOST_PARTS: u64 = 128;

/// How one column is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashedAs {
    /// By its values: both tables have them of one type.
    Values,
    /// By the text of its values, which is comparable where the type has changed.
    Texts,
}

impl HashedAs {
    /// Feeds the value of a row. Values that are the same to people are the same here: the zeros, and all that is no number.
    fn feed(self, data: &PlainData, row: usize, hasher: &mut DefaultHasher) {
        match (self, data) {
            (Self::Texts, data) => match data.value(row) {
                Value::Null => hasher.write_u8(0),
                value => Some(plain_zero(value).to_string()).hash(hasher),
            },
            (_, PlainData::Bool(values)) => values[row].hash(hasher),
            (_, PlainData::Float(values)) => values[row].map(canonical).hash(hasher),
            (_, PlainData::Decimal { unscaled, .. }) => unscaled[row].hash(hasher),
            (_, PlainData::String(values)) => values[row].hash(hasher),
            (_, PlainData::Date(values)) => values[row].hash(hasher),
            (_, PlainData::Int(values) | PlainData::Datetime(values) | PlainData::Time(values)) => {
                values[row].hash(hasher);
            }
            (_, PlainData::Null(_)) => hasher.write_u8(0),
        }
    }
}

fn canonical(value: f64) -> u64 {
    match value {
        0.0 => 0,
        value if value.is_nan() => f64::NAN.to_bits(),
        value => value.to_bits(),
    }
}

/// Zero without a sign.
pub fn plain_zero(value: Value) -> Value {
    match value {
        Value::Float(zero) if zero == 0.0 => Value::Float(zero.abs()),
        value => value,
    }
}

/// The hash of the key of a row: of 128 bits, so that two keys with one hash are not to be expected.
pub fn key_hash(columns: &[(&PlainData, HashedAs)], row: usize) -> u128 {
    let mut hasher = DefaultHasher::new();
    columns.iter().for_each(|(data, hashed_as)| hashed_as.feed(data, row, &mut hasher));
    let first = hasher.finish();
    hasher.write_u8(0);
    u128::from(first) << 64 | u128::from(hasher.finish())
}

/// The hash of one cell, only ever compared with that of one other.
pub fn cell_hash(data: &PlainData, hashed_as: HashedAs, row: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    hashed_as.feed(data, row, &mut hasher);
    hasher.finish()
}

/// The rows of one table, in parts by their keys: equal keys lie in the same part.
pub struct RowHashes {
    parts: Vec<BufWriter<SpooledTempFile>>,
    cells: usize,
}

/// A row: its key's hash, its place, the hashes of its cells.
pub struct HashedRow<'a> {
    /// The hash of its key.
    pub key: u128,
    /// Its place in the table.
    pub row: u64,
    /// The hashes of its cells, eight bytes each.
    pub cells: &'a [u8],
}

impl RowHashes {
    /// For tables of at most so many rows with so many cells beside the key.
    pub fn new(rows: u64, cells: usize) -> Self {
        let parts = rows.saturating_mul(length(cells) as u64).div_ceil(PART_BYTES).clamp(1, MOST_PARTS);
        // One part of a small table stays in memory.
        let part = || BufWriter::new(SpooledTempFile::new(if parts == 1 { PART_BYTES as usize } else { 0 }));
        Self { parts: (0..parts).map(|_| part()).collect(), cells }
    }

    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Adds a row.
    pub fn push(&mut self, key: u128, row: u64, cells: impl Iterator<Item = u64>) -> io::Result<()> {
        let at = (key % self.parts.len() as u128) as usize;
        let part = &mut self.parts[at];
        part.write_all(&key.to_le_bytes())?;
        part.write_all(&row.to_le_bytes())?;
        for cell in cells {
            part.write_all(&cell.to_le_bytes())?;
        }
        Ok(())
    }

    /// The rows of one part.
    pub fn part(&mut self, at: usize) -> io::Result<HashPartition> {
        let part = &mut self.parts[at];
        part.flush()?;
        let file = part.get_mut();
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let part = HashPartition { bytes, length: length(self.cells), order: Vec::new() };
        let mut order: Vec<usize> = (0..part.bytes.len() / part.length).collect();
        // They were put aside in their order, which rows of one key keep.
        order.sort_by_key(|at| part.at(*at).key);
        Ok(HashPartition { order, ..part })
    }
}

/// Bytes of a row.
fn length(cells: usize) -> usize {
    size_of::<u128>() + size_of::<u64>() * (1 + cells)
}

/// Rows of one table whose keys are in one part.
pub struct HashPartition {
    bytes: Vec<u8>,
    length: usize,
    order: Vec<usize>,
}

impl HashPartition {
    /// The rows, by their keys and then by their places.
    pub fn rows(&self) -> impl Iterator<Item = HashedRow<'_>> {
        self.order.iter().map(|at| self.at(*at))
    }

    fn at(&self, at: usize) -> HashedRow<'_> {
        let row = &self.bytes[at * self.length..(at + 1) * self.length];
        let (key, rest) = row.split_at(size_of::<u128>());
        let (row, cells) = rest.split_at(size_of::<u64>());
        // They have these lengths.
        let key = key.try_into().map_or(0, u128::from_le_bytes);
        HashedRow { key, row: row.try_into().map_or(0, u64::from_le_bytes), cells }
    }
}
