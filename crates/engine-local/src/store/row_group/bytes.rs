//! A bounds-checked reader of encoded bytes; whatever they are, nothing is read that is not there.

/// Bytes are not what was encoded.
#[derive(Debug)]
pub(crate) struct Damaged;

/// Bytes yet to be read.
pub(super) struct ByteReader<'a>(pub &'a [u8]);

impl<'a> ByteReader<'a> {
    /// The next so many.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Damaged> {
        self.take(1)?.first().copied().ok_or(Damaged)
    }

    /// The next eight bytes as a number.
    pub fn number(&mut self) -> Result<u64, Damaged> {
        Ok(u64::from_le_bytes(self.take(size_of::<u64>())?.try_into().map_err(|_| Damaged)?))
    }

    /// The next eight bytes as a length.
    pub fn length(&mut self) -> Result<usize, Damaged> {
        usize::try_from(self.number()?).map_err(|_| Damaged)
    }
}

/// Adds bits, eight in a byte, the first lowest.
pub(super) fn push_bits(bits: impl ExactSizeIterator<Item = bool>, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bits.len().div_ceil(8), 0);
    for (at, bit) in bits.enumerate() {
        out[start + at / 8] |= u8::from(bit) << (at % 8);
    }
}

/// So many bits.
pub(super) fn bits(encoded: &[u8], count: usize) -> impl Iterator<Item = bool> {
    (0..count).map(move |at| encoded.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1))
}
