//! The long parts of a product: compiled in this crate, once for each number, and not again in every crate that multiplies.

use super::block::Piece;
use super::pack::{Panels, Strips};
use super::thin::{Dots, Rows};
use super::vector::with_vectors;

/// The jobs of a product as bodies without type parameters: part of [`Real`](crate::Real).
#[doc(hidden)]
#[allow(private_interfaces, reason = "the parts of a product are an affair of this crate; Real is sealed")]
pub trait Products: Sized {
    /// # Safety
    /// As the job says.
    unsafe fn piece(job: Piece<Self>);
    /// # Safety
    /// As the job says.
    unsafe fn panels(job: Panels<Self>);
    /// # Safety
    /// As the job says.
    unsafe fn strips(job: Strips<Self>);
    /// # Safety
    /// As the job says.
    unsafe fn rows(job: Rows<Self>);
    /// # Safety
    /// As the job says.
    unsafe fn dots(job: Dots<Self>);
}

macro_rules! products {
    ($T:ty: $($name:ident($Job:ident))+) => {
        #[allow(private_interfaces, reason = "as for the trait")]
        impl Products for $T {
            $(
                unsafe fn $name(job: $Job<$T>) {
                    // SAFETY: the caller's.
                    unsafe { with_vectors(job) }
                }
            )+
        }
    };
}

products!(f32: piece(Piece) panels(Panels) strips(Strips) rows(Rows) dots(Dots));
products!(f64: piece(Piece) panels(Panels) strips(Strips) rows(Rows) dots(Dots));
