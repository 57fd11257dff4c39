//! Vectors of numbers, one type an instruction set, and the choice among them at run time.

use super::tile::{Size, rows};
use crate::real::Real;
use crate::simd::{Isa, Level, Portable, level};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// A vector register. All methods are inlined into a shell that has the features which the type needs.
pub(crate) trait Vector: Copy {
    /// The numbers.
    type T: Real;
    /// How many of them.
    const LANES: usize;
    /// Rows of a tile up to two vectors wide: its sums stay in registers. More than 8 would not be faster, and would take longer to compile.
    const ROWS: usize;
    /// Vectors of the widest tile: with four a step loads fewer numbers for as many products.
    const WIDE: usize = 2;
    /// The size of that tile.
    const SIZE: Size = Size { rows: rows::<Self>(Self::WIDE), vectors: Self::WIDE, lanes: Self::LANES };
    /// All zero.
    unsafe fn zero() -> Self;
    /// `*p` in every lane.
    unsafe fn splat(p: *const Self::T) -> Self;
    /// Reads `LANES` numbers.
    unsafe fn load(p: *const Self::T) -> Self;
    /// Reads `n < LANES` numbers, zeros behind them.
    unsafe fn load_part(p: *const Self::T, n: usize) -> Self;
    /// Writes `LANES` numbers.
    unsafe fn store(self, p: *mut Self::T);
    /// Writes the first `n < LANES` numbers.
    unsafe fn store_part(self, p: *mut Self::T, n: usize);
    /// self + a·b.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    /// self + a.
    unsafe fn add(self, a: Self) -> Self;
    /// The side of the squares that `transpose` turns.
    const BLOCK: usize = 4;
    /// dst[j·dst_row + i] = src[i·src_row + j] for i and j below `BLOCK`.
    #[inline(always)]
    unsafe fn transpose(src: *const Self::T, src_row: usize, dst: *mut Self::T, dst_row: usize) {
        for i in 0..Self::BLOCK {
            for j in 0..Self::BLOCK {
                // SAFETY: the caller's.
                unsafe { dst.add(j * dst_row + i).write(src.add(i * src_row + j).read()) }
            }
        }
    }
    /// The sum of the lanes: halves are added until one is left.
    #[inline(always)]
    unsafe fn sum(self) -> Self::T {
        let mut lanes = [Self::T::ZERO; 16];
        // SAFETY: at most 16 lanes.
        unsafe { self.store(lanes.as_mut_ptr()) };
        let mut n = Self::LANES;
        while n > 1 {
            n /= 2;
            for i in 0..n {
                let x = lanes[i + n];
                lanes[i] += x;
            }
        }
        lanes[0]
    }
}

/// The numbers that have vectors: part of [`Real`].
#[allow(private_bounds, reason = "the vectors are an affair of this crate; Real is sealed")]
pub trait Lanes: Sized {
    #[doc(hidden)]
    type Portable: Vector<T = Self>;
    #[doc(hidden)]
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<T = Self>;
    #[doc(hidden)]
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<T = Self>;
}

/// Work that is compiled for each vector type. `run` must be `#[inline(always)]`, and so must all that it calls with V.
pub(crate) trait Job<T> {
    /// The work.
    ///
    /// # Safety
    /// The machine has the features of V; the rest is said by the implementor.
    unsafe fn run<V: Vector<T = T>>(self);
}

/// Runs `job` with the best vectors of this machine.
///
/// # Safety
/// As the job says.
#[inline]
pub(crate) unsafe fn with_vectors<T: Real, J: Job<T>>(job: J) {
    // SAFETY: the level is that of this machine.
    unsafe { with_level(level(), job) }
}

/// Runs `job` with the vectors of `level`.
///
/// # Safety
/// The machine has that level; and as the job says.
#[inline]
pub(crate) unsafe fn with_level<T: Real, J: Job<T>>(level: Level, job: J) {
    match level {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the caller vouches for the level.
        Level::Avx512 => unsafe { avx512(job) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the caller vouches for the level.
        Level::Avx2 => unsafe { avx2(job) },
        // SAFETY: portable vectors need no feature.
        _ => unsafe { job.run::<T::Portable>() },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]
unsafe fn avx512<T: Real, J: Job<T>>(job: J) {
    // SAFETY: the features of the vectors are on here.
    unsafe { job.run::<T::Avx512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi2")]
unsafe fn avx2<T: Real, J: Job<T>>(job: J) {
    // SAFETY: the features of the vectors are on here.
    unsafe { job.run::<T::Avx2>() }
}

/// [`Vector::SIZE`] on this machine.
pub(crate) fn tile_size<T: Real>() -> Size {
    match level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => T::Avx512::SIZE,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => T::Avx2::SIZE,
        _ => T::Portable::SIZE,
    }
}

/// 128 bits of numbers that the compiler keeps in a register of the target's baseline.
#[derive(Clone, Copy)]
pub struct Array<T, const N: usize>([T; N]);

impl<T: Real, const N: usize> Vector for Array<T, N> {
    type T = T;
    const LANES: usize = N;
    const ROWS: usize = if cfg!(target_arch = "aarch64") { 8 } else { 4 };
    #[inline(always)]
    unsafe fn zero() -> Self {
        Array([T::ZERO; N])
    }
    #[inline(always)]
    unsafe fn splat(p: *const T) -> Self {
        // SAFETY: the caller's.
        Array([unsafe { p.read() }; N])
    }
    #[inline(always)]
    unsafe fn load(p: *const T) -> Self {
        // SAFETY: the caller's.
        Array(unsafe { p.cast::<[T; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn load_part(p: *const T, n: usize) -> Self {
        // SAFETY: the caller's, for the lanes below n.
        Array(std::array::from_fn(|i| if i < n { unsafe { p.add(i).read() } } else { T::ZERO }))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut T) {
        // SAFETY: the caller's.
        unsafe { p.cast::<[T; N]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn store_part(self, p: *mut T, n: usize) {
        for i in 0..n {
            // SAFETY: the caller's, for the lanes below n.
            unsafe { p.add(i).write(self.0[i]) }
        }
    }
    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        Array(std::array::from_fn(|i| Portable.mul_add(a.0[i], b.0[i], self.0[i])))
    }
    #[inline(always)]
    unsafe fn add(self, a: Self) -> Self {
        Array(std::array::from_fn(|i| self.0[i] + a.0[i]))
    }
}

impl Lanes for f32 {
    type Portable = Array<f32, 4>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = __m256;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = __m512;
}

impl Lanes for f64 {
    type Portable = Array<f64, 2>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = __m256d;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = __m512d;
}

/// All ones, then zeros: the mask of the first n lanes starts n places before the middle.
#[cfg(target_arch = "x86_64")]
static MASKS: [[i32; 8]; 2] = [[-1; 8], [0; 8]];

/// The methods that are one instruction each.
#[cfg(target_arch = "x86_64")]
macro_rules! instructions {
    ($zero:ident, $splat:ident, $load:ident, $store:ident, $fma:ident, $add:ident) => {
        #[inline(always)]
        unsafe fn zero() -> Self {
            // SAFETY: the caller has the feature.
            unsafe { $zero() }
        }
        #[inline(always)]
        unsafe fn splat(p: *const Self::T) -> Self {
            // SAFETY: the caller has the feature and vouches for the pointer.
            unsafe { $splat(*p) }
        }
        #[inline(always)]
        unsafe fn load(p: *const Self::T) -> Self {
            // SAFETY: the caller has the feature and vouches for the pointer.
            unsafe { $load(p) }
        }
        #[inline(always)]
        unsafe fn store(self, p: *mut Self::T) {
            // SAFETY: the caller has the feature and vouches for the pointer.
            unsafe { $store(p, self) }
        }
        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: the caller has the feature.
            unsafe { $fma(a, b, self) }
        }
        #[inline(always)]
        unsafe fn add(self, a: Self) -> Self {
            // SAFETY: the caller has the feature.
            unsafe { $add(self, a) }
        }
    };
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m256 {
    type T = f32;
    const LANES: usize = 8;
    const ROWS: usize = 6;
    instructions!(_mm256_setzero_ps, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_add_ps);
    #[inline(always)]
    unsafe fn load_part(p: *const f32, n: usize) -> Self {
        // SAFETY: the mask lies in the table for n ≤ 8; masked lanes are not read.
        unsafe { _mm256_maskload_ps(p, _mm256_loadu_si256(MASKS.as_ptr().cast::<i32>().add(8 - n).cast())) }
    }
    #[inline(always)]
    unsafe fn store_part(self, p: *mut f32, n: usize) {
        // Parts by powers of two: a masked store is a slow microprogram on several machines.
        // SAFETY: the parts together are the first n numbers, which the caller vouches for.
        unsafe {
            let (mut p, mut low) = (p, _mm256_castps256_ps128(self));
            if n & 4 != 0 {
                _mm_storeu_ps(p, low);
                (p, low) = (p.add(4), _mm256_extractf128_ps::<1>(self));
            }
            if n & 2 != 0 {
                _mm_storel_pd(p.cast(), _mm_castps_pd(low));
                (p, low) = (p.add(2), _mm_movehl_ps(low, low));
            }
            if n & 1 != 0 {
                _mm_store_ss(p, low);
            }
        }
    }
    const BLOCK: usize = 8;
    #[inline(always)]
    unsafe fn transpose(src: *const f32, src_row: usize, dst: *mut f32, dst_row: usize) {
        // SAFETY: the caller has the feature and vouches for the 8 x 8 numbers on both sides.
        unsafe {
            let mut r = [_mm256_setzero_ps(); 8];
            for i in 0..4 {
                // Lane halves of rows i and i + 4 meet in one register: then only 4 x 4 blocks are left to turn.
                let (p, q) = (src.add(i * src_row), src.add((i + 4) * src_row));
                r[i] = _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(q));
                r[i + 4] =
                    _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(_mm_loadu_ps(p.add(4))), _mm_loadu_ps(q.add(4)));
            }
            for half in 0..2 {
                let [a, b, c, d] = [r[4 * half], r[4 * half + 1], r[4 * half + 2], r[4 * half + 3]];
                let (ab, ba) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (cd, dc) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                let turned = [
                    _mm256_shuffle_ps::<0x44>(ab, cd),
                    _mm256_shuffle_ps::<0xee>(ab, cd),
                    _mm256_shuffle_ps::<0x44>(ba, dc),
                    _mm256_shuffle_ps::<0xee>(ba, dc),
                ];
                for (j, row) in turned.into_iter().enumerate() {
                    _mm256_storeu_ps(dst.add((4 * half + j) * dst_row), row);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m256d {
    type T = f64;
    const LANES: usize = 4;
    const ROWS: usize = 6;
    instructions!(_mm256_setzero_pd, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_add_pd);
    #[inline(always)]
    unsafe fn load_part(p: *const f64, n: usize) -> Self {
        // SAFETY: the mask lies in the table for n ≤ 4; masked lanes are not read.
        unsafe { _mm256_maskload_pd(p, _mm256_loadu_si256(MASKS.as_ptr().cast::<i32>().add(8 - 2 * n).cast())) }
    }
    #[inline(always)]
    unsafe fn store_part(self, p: *mut f64, n: usize) {
        // SAFETY: the parts together are the first n numbers, which the caller vouches for.
        unsafe {
            let (mut p, mut low) = (p, _mm256_castpd256_pd128(self));
            if n & 2 != 0 {
                _mm_storeu_pd(p, low);
                (p, low) = (p.add(2), _mm256_extractf128_pd::<1>(self));
            }
            if n & 1 != 0 {
                _mm_store_sd(p, low);
            }
        }
    }
    #[inline(always)]
    unsafe fn transpose(src: *const f64, src_row: usize, dst: *mut f64, dst_row: usize) {
        // SAFETY: the caller has the feature and vouches for the 4 x 4 numbers on both sides.
        unsafe {
            for half in 0..2 {
                let mut r = [_mm256_setzero_pd(); 2];
                for i in 0..2 {
                    let (p, q) = (src.add(i * src_row + 2 * half), src.add((i + 2) * src_row + 2 * half));
                    r[i] = _mm256_insertf128_pd::<1>(_mm256_castpd128_pd256(_mm_loadu_pd(p)), _mm_loadu_pd(q));
                }
                _mm256_storeu_pd(dst.add(2 * half * dst_row), _mm256_unpacklo_pd(r[0], r[1]));
                _mm256_storeu_pd(dst.add((2 * half + 1) * dst_row), _mm256_unpackhi_pd(r[0], r[1]));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m512 {
    type T = f32;
    const LANES: usize = 16;
    const ROWS: usize = 8;
    const WIDE: usize = 4;
    instructions!(_mm512_setzero_ps, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_add_ps);
    #[inline(always)]
    unsafe fn load_part(p: *const f32, n: usize) -> Self {
        // SAFETY: masked lanes are not read.
        unsafe { _mm512_maskz_loadu_ps((1u16 << n) - 1, p) }
    }
    #[inline(always)]
    unsafe fn store_part(self, p: *mut f32, n: usize) {
        // SAFETY: masked lanes are not written.
        unsafe { _mm512_mask_storeu_ps(p, (1u16 << n) - 1, self) }
    }
    const BLOCK: usize = 8;
    #[inline(always)]
    unsafe fn transpose(src: *const f32, src_row: usize, dst: *mut f32, dst_row: usize) {
        // SAFETY: the caller's; the narrower vectors are on wherever these are.
        unsafe { __m256::transpose(src, src_row, dst, dst_row) }
    }
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m512d {
    type T = f64;
    const LANES: usize = 8;
    const ROWS: usize = 8;
    const WIDE: usize = 4;
    instructions!(_mm512_setzero_pd, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_add_pd);
    #[inline(always)]
    unsafe fn load_part(p: *const f64, n: usize) -> Self {
        // SAFETY: masked lanes are not read.
        unsafe { _mm512_maskz_loadu_pd((1u8 << n) - 1, p) }
    }
    #[inline(always)]
    unsafe fn store_part(self, p: *mut f64, n: usize) {
        // SAFETY: masked lanes are not written.
        unsafe { _mm512_mask_storeu_pd(p, (1u8 << n) - 1, self) }
    }
    const BLOCK: usize = 4;
    #[inline(always)]
    unsafe fn transpose(src: *const f64, src_row: usize, dst: *mut f64, dst_row: usize) {
        // SAFETY: the caller's; the narrower vectors are on wherever these are.
        unsafe { __m256d::transpose(src, src_row, dst, dst_row) }
    }
}
