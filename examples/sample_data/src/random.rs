//! Random numbers that stay the same over versions and platforms.

/// SplitMix64, as published by Steele, Lea and Flood (2014): a few lines of integer arithmetic, which no update of a
/// library can change under the committed files.
pub struct Random {
    state: u64,
}

impl Random {
    /// The numbers that belong to `seed` and to the purpose `name`.
    pub fn new(seed: u64, name: &str) -> Self {
        // FNV-1a keeps the streams of two names apart.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self { state: seed ^ hash }
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end`, without `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high half of the product; what this favours is below 2^-40 for every range used here.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// One of `items`, which are not empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// Draws an index, each as often as its weight says.
pub struct Weighted {
    /// The sums of the weights up to and with each index.
    sums: Vec<u64>,
}

impl Weighted {
    /// Takes at least one weight, not all of them 0.
    pub fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let sums = weights.into_iter().scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    /// The next index.
    pub fn draw(&self, random: &mut Random) -> usize {
        let at = random.below(self.sums.last().copied().unwrap_or(0));
        self.sums.partition_point(|sum| *sum <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_algorithm() {
        // The first outputs of SplitMix64 from state 1234567, as in the test vectors of its other implementations.
        let mut random = Random { state: 1_234_567 };
        assert_eq!(
            [random.next(), random.next(), random.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn weights_are_respected() {
        let weighted = Weighted::new([3, 0, 1]);
        let mut random = Random::new(1, "weights");
        let mut counts = [0; 3];
        (0..4_000).for_each(|_| counts[weighted.draw(&mut random)] += 1);
        assert_eq!(counts[1], 0);
        assert!((2_850..=3_150).contains(&counts[0]), "{counts:?}");
    }
}
