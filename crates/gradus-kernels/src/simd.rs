//! Shells: one generic body, compiled for each instruction set, chosen at run time.

use crate::real::Real;
use std::sync::OnceLock;

mod sealed {
    pub trait Sealed {}
}

/// The instruction set that a body is compiled for: a token, so that the body can ask what is cheap.
pub trait Isa: sealed::Sealed + Copy + Send + Sync + 'static {
    /// Whether a fused multiply-add is one instruction.
    const FMA: bool;

    /// a·b + c, fused where that is one instruction.
    #[inline(always)]
    fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T {
        if Self::FMA { a.fused_mul_add(b, c) } else { a * b + c }
    }
}

/// The baseline of the target; fused multiply-add only where the target always has it.
#[derive(Clone, Copy, Debug)]
pub struct Portable;
impl sealed::Sealed for Portable {}
impl Isa for Portable {
    const FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
}

/// x86 vectors of 256 or 512 bits with fused multiply-add.
#[derive(Clone, Copy, Debug)]
pub struct Wide;
impl sealed::Sealed for Wide {}
impl Isa for Wide {
    const FMA: bool = true;
}

/// A body that [`simd`] compiles for each instruction set. `run` must be `#[inline(always)]`.
pub trait Kernel {
    /// What the body returns.
    type Output;
    /// The body.
    fn run<S: Isa>(self, s: S) -> Self::Output;
}

/// Instruction sets that have a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The target's baseline.
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL).
    Avx512,
}

/// The best shell of this machine, found once.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        {
            use std::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") && has!("fma") {
                return Level::Avx512;
            }
            if has!("avx2") && has!("fma") {
                return Level::Avx2;
            }
        }
        Level::Portable
    })
}

/// Runs `kernel` under the best shell of this machine.
#[inline]
pub fn simd<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` has found these features on this machine.
        Level::Avx512 => return unsafe { avx512(kernel) },
        // SAFETY: `level` has found these features on this machine.
        Level::Avx2 => return unsafe { avx2(kernel) },
        Level::Portable => {}
    }
    portable(kernel)
}

/// The baseline's shell. Apart where there are others, so that it is compiled once and not into every caller.
#[cfg_attr(target_arch = "x86_64", inline(never), cold)]
#[cfg_attr(not(target_arch = "x86_64"), inline)]
fn portable<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Portable)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Wide)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi2")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Wide)
}
