//! Philox4x32-10: a keyed bijection of 128-bit counters, in vectors.

use super::{Tiles, cover};
use crate::simd::Isa;

/// Blocks of a tile: their words stand in four rows, so that lanes need no shuffles.
pub(super) const LANES: usize = 32;
/// Words of a tile: word r of block `LANES`·t + l is element 4·`LANES`·t + `LANES`·r + l.
pub(super) const WORDS: usize = 4 * LANES;

const M: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const W: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const LOW: u64 = 0xFFFF_FFFF;

/// A key of 128 bits: half of it is Philox's key, half the upper half of the counter. The lower half counts 2⁶⁴ blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub [u32; 4]);

impl From<u128> for Key {
    fn from(bits: u128) -> Key {
        Key([0, 32, 64, 96].map(|shift| (bits >> shift) as u32))
    }
}

impl From<Key> for u128 {
    fn from(Key(words): Key) -> u128 {
        words.iter().rev().fold(0, |bits, &w| bits << 32 | u128::from(w))
    }
}

impl Key {
    /// The n-th key made from this one: streams of different children, and of the parent, are unrelated.
    pub fn child(self, n: u64) -> Key {
        // For a given n a bijection of the parent: two parents never share a child of the same number.
        Key(philox4x32_10(self.0, [n as u32 ^ 0x6368_696C, (n >> 32) as u32 ^ 0x6472_656E]))
    }
}

/// The four words of block `counter` under `key` (Salmon et al. 2011, section 3.3; ten rounds).
///
/// ```
/// // A known answer of the authors' library Random123.
/// let words = gradus_kernels::random::philox4x32_10([0; 4], [0; 2]);
/// assert_eq!(words, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
/// ```
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    rounds(counter.map(u64::from), key).map(|w| w as u32)
}

/// Words live in the lower halves of 64-bit lanes; the upper halves are left dirty. So a round of one lane is two products
/// 32 x 32 → 64, two shifts and four exclusive ors, and no vector is ever split or merged.
#[inline(always)]
fn rounds(mut c: [u64; 4], mut k: [u32; 2]) -> [u64; 4] {
    for _ in 0..10 {
        let (p, q) = ((c[0] & LOW) * M[0], (c[2] & LOW) * M[1]);
        c = [(q >> 32) ^ c[1] ^ u64::from(k[0]), q, (p >> 32) ^ c[3] ^ u64::from(k[1]), p];
        k = [k[0].wrapping_add(W[0]), k[1].wrapping_add(W[1])];
    }
    c
}

/// The words of tile `t`.
#[inline(always)]
pub(super) fn tile(Key([k0, k1, k2, k3]): Key, t: u64) -> [[u32; LANES]; 4] {
    let mut w = [[0; LANES]; 4];
    let base = t.wrapping_mul(LANES as u64);
    for l in 0..LANES {
        // `base` is a multiple of LANES: adding l never carries into the upper half.
        let c = rounds([base + l as u64, base >> 32, u64::from(k2), u64::from(k3)], [k0, k1]);
        for r in 0..4 {
            w[r][l] = c[r] as u32;
        }
    }
    w
}

/// out\[i\] = word `start + i` of the stream of `key`.
pub fn fill_bits(key: Key, start: u64, out: &mut [u32]) {
    #[derive(Clone, Copy)]
    struct Bits(Key);
    impl Tiles<u32, WORDS> for Bits {
        #[inline(always)]
        fn at<S: Isa>(self, _: S, t: u64, out: &mut [u32; WORDS]) {
            let w = tile(self.0, t);
            for r in 0..4 {
                out[r * LANES..(r + 1) * LANES].copy_from_slice(&w[r]);
            }
        }
    }
    cover(Bits(key), start, out);
}
