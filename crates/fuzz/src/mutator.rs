//! How an input is spoiled.

use std::ops::Range;

use crate::Random;

/// No input becomes larger.
const LARGEST: usize = 1 << 16;
/// What fields for lengths and counts do not expect.
const EDGES: [u64; 8] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, i64::MAX as u64, u64::MAX];
/// What numbers in texts do not expect.
const NUMBERS: [&str; 10] = [
    "0",
    "-1",
    "65536",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999999999999999999",
    "1e400",
    "0.000000000000000000000000000000000000001",
    "NaN",
];

/// What stands in inputs of a kind.
pub struct Grammar<'a> {
    /// Valid inputs.
    pub seeds: &'a [&'a [u8]],
    /// Words that mean something there.
    pub words: &'a [&'a str],
    /// What opens and closes a thing that may stand inside one of its kind.
    pub nests: &'a [(&'a str, &'a str)],
}

/// Spoils inputs of a kind.
pub struct Mutator<'a> {
    grammar: &'a Grammar<'a>,
    random: &'a mut Random,
}

impl<'a> Mutator<'a> {
    /// One by that chance.
    pub fn new(grammar: &'a Grammar<'a>, random: &'a mut Random) -> Self {
        Self { grammar, random }
    }

    /// One of the seeds, spoiled.
    pub fn input(&mut self) -> Vec<u8> {
        let seed = self.random.pick(self.grammar.seeds);
        self.spoiled(seed)
    }

    /// The bytes, spoiled in one way or a few.
    pub fn spoiled(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let more = self.random.below(4);
        for _ in 0..=self.random.below(more + 1) {
            self.spoil(&mut bytes);
            bytes.truncate(LARGEST);
        }
        bytes
    }

    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        match self.random.below(12) {
            0 => self.flip(bytes),
            1 => bytes.truncate(self.random.below(bytes.len())),
            2 => drop(bytes.drain(self.range(bytes.len()))),
            3 => self.double(bytes),
            4 => self.splice(bytes),
            5 => self.number(bytes),
            6 => self.edge(bytes),
            7 if !self.grammar.nests.is_empty() => self.nest(bytes),
            8 => self.swap_lines(bytes),
            9 => self.noise(bytes),
            _ => self.word(bytes),
        }
    }

    /// Some bytes in a row; of short ranges there are more.
    fn range(&mut self, len: usize) -> Range<usize> {
        let start = self.random.below(len + 1);
        let most = if self.random.one_in(8) { len } else { 8 };
        start..(start + self.random.below(most + 1)).min(len)
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let bit = self.random.below(8);
        let at = self.random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }

    fn double(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes.len());
        let times = if self.random.one_in(8) { 500 } else { 1 + self.random.below(4) };
        let times = times.min(LARGEST / range.len().max(1));
        let again = bytes[range.clone()].repeat(times);
        bytes.splice(range.end..range.end, again);
    }

    /// A part of another seed in place of a part of this one.
    fn splice(&mut self, bytes: &mut Vec<u8>) {
        let other = *self.random.pick(self.grammar.seeds);
        let (from, to) = (self.range(other.len()), self.range(bytes.len()));
        bytes.splice(to, other[from].iter().copied());
    }

    /// Another number in place of one, or at any place.
    fn number(&mut self, bytes: &mut Vec<u8>) {
        let at = self.random.below(bytes.len());
        let start = bytes[at..].iter().position(u8::is_ascii_digit).map_or(at, |found| at + found);
        let end = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = *self.random.pick(&NUMBERS);
        bytes.splice(start..end, number.bytes());
    }

    /// Another number where one may stand that is no text.
    fn edge(&mut self, bytes: &mut [u8]) {
        let number = self.random.pick(&EDGES).to_le_bytes();
        let width = 1 << self.random.below(4);
        let at = self.random.below(bytes.len());
        bytes[at..].iter_mut().zip(&number[..width]).for_each(|(byte, new)| *byte = *new);
    }

    /// A part inside many of one kind.
    fn nest(&mut self, bytes: &mut Vec<u8>) {
        let (open, close) = *self.random.pick(self.grammar.nests);
        let times = *self.random.pick(&[2, 40, 130, 1_000, 10_000]);
        let times = times.min(LARGEST / 2 / (open.len() + close.len()).max(1));
        let range = self.range(bytes.len());
        let inner = bytes[range.clone()].to_vec();
        bytes.splice(range, [open.repeat(times).as_bytes(), &inner, close.repeat(times).as_bytes()].concat());
    }

    fn swap_lines(&mut self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let (one, two) = (self.random.below(lines.len()), self.random.below(lines.len()));
        if !lines.is_empty() {
            lines.swap(one, two);
        }
        *bytes = lines.concat();
    }

    fn noise(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes.len());
        let noise: Vec<u8> = (0..self.random.below(8)).map(|_| self.random.next_u64() as u8).collect();
        bytes.splice(range, noise);
    }

    /// A word in place of some bytes, or between them.
    fn word(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes.len());
        let range = if self.random.one_in(2) { range.start..range.start } else { range };
        if let Some(word) = self.grammar.words.get(self.random.below(self.grammar.words.len())) {
            bytes.splice(range, word.bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const GRAMMAR: Grammar<'_> =
        Grammar { seeds: &[b"a,b\n1,22\n", b""], words: &["\"", ";"], nests: &[("(", ")"), ("[[", "]]")] };

    #[test]
    fn inputs_differ_and_can_be_made_again() {
        let input = |seed| Mutator::new(&GRAMMAR, &mut Random::new(seed)).input();
        let inputs: Vec<Vec<u8>> = (0..2_000).map(input).collect();
        assert!(inputs.iter().cloned().collect::<BTreeSet<_>>().len() > 500);
        assert!(inputs.iter().all(|bytes| bytes.len() <= LARGEST));
        assert!(inputs.iter().any(|bytes| bytes.starts_with(b"((((((((((")), "some are nested");
        assert_eq!(inputs[7], input(7));
    }
}
