//! MD5 (RFC 1321) and SHA-256 (FIPS 180-4) of bytes, in hexadecimal digits.

/// The MD5.
pub(crate) fn md5(bytes: &[u8]) -> String {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let constants: [u32; 64] = std::array::from_fn(|at| ((at as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32);
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in blocks(bytes, (bytes.len() as u64).wrapping_mul(8).to_le_bytes()).chunks_exact(64) {
        let words: [u32; 16] = std::array::from_fn(|at| u32::from_le_bytes(word(block, at)));
        let [mut a, mut b, mut c, mut d] = state;
        for at in 0..64 {
            let (mixed, place) = match at / 16 {
                0 => ((b & c) | (!b & d), at),
                1 => ((d & b) | (!d & c), (5 * at + 1) % 16),
                2 => (b ^ c ^ d, (3 * at + 5) % 16),
                _ => (c ^ (b | !d), 7 * at % 16),
            };
            let sum = a.wrapping_add(mixed).wrapping_add(constants[at]).wrapping_add(words[place]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(SHIFTS[at / 16][at % 4])));
        }
        for (whole, part) in state.iter_mut().zip([a, b, c, d]) {
            *whole = whole.wrapping_add(part);
        }
    }
    state.iter().flat_map(|part| part.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    const ROUNDS: [u32; 64] = round_constants();
    let mut state =
        [0x6a09_e667_u32, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    for block in blocks(bytes, (bytes.len() as u64).wrapping_mul(8).to_be_bytes()).chunks_exact(64) {
        let mut words = [0_u32; 64];
        for at in 0..64 {
            words[at] = if at < 16 {
                u32::from_be_bytes(word(block, at))
            } else {
                let (x, y) = (words[at - 15], words[at - 2]);
                let small = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
                let large = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
                words[at - 16].wrapping_add(small).wrapping_add(words[at - 7]).wrapping_add(large)
            };
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for at in 0..64 {
            let large = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let first = h.wrapping_add(large).wrapping_add(choice).wrapping_add(ROUNDS[at]).wrapping_add(words[at]);
            let small = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = small.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
        }
        for (whole, part) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *whole = whole.wrapping_add(part);
        }
    }
    state.iter().map(|part| format!("{part:08x}")).collect()
}

/// The bytes, a one bit, zeros, and the length in bits at the end of a block of 64 bytes.
fn blocks(bytes: &[u8], length: [u8; 8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend(length);
    padded
}

/// Four bytes of a block.
fn word(block: &[u8], at: usize) -> [u8; 4] {
    std::array::from_fn(|byte| block[at * 4 + byte])
}

/// The first 32 bits behind the point of the cube roots of the first 64 primes.
const fn round_constants() -> [u32; 64] {
    let (mut constants, mut count, mut candidate) = ([0; 64], 0, 2_u128);
    while count < 64 {
        let mut divisor = 2;
        while divisor * divisor <= candidate && candidate % divisor != 0 {
            divisor += 1;
        }
        if divisor * divisor > candidate {
            constants[count] = cube_root(candidate << 96) as u32;
            count += 1;
        }
        candidate += 1;
    }
    constants
}

/// The largest number whose cube is not above.
const fn cube_root(cube: u128) -> u128 {
    let (mut low, mut high) = (0, 1 << 36);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if middle * middle * middle <= cube { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(md5(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5(b"message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
        let digits = "1234567890".repeat(8);
        assert_eq!(md5(digits.as_bytes()), "57edf4a22be3c955ac49da2e2107b67a");
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(sha256(two_blocks), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        // One byte short of a block, a block, and one more.
        for length in [55, 56, 63, 64, 65] {
            assert_eq!((md5(&vec![b'a'; length]).len(), sha256(&vec![b'a'; length]).len()), (32, 64));
        }
    }
}
