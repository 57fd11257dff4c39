//! Which number type a generic slice holds: the way from code over any `Real` to code for one type.

/// A slice of one of the two number types.
#[derive(Debug)]
pub enum SliceMut<'a> {
    /// Numbers of 32 bits.
    F32(&'a mut [f32]),
    /// Numbers of 64 bits.
    F64(&'a mut [f64]),
}

impl SliceMut<'_> {
    /// How many numbers the slice holds.
    pub fn len(&self) -> usize {
        match self {
            SliceMut::F32(x) => x.len(),
            SliceMut::F64(x) => x.len(),
        }
    }

    /// Whether the slice holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Part of [`Real`](crate::Real): tells which of the two types a generic slice holds.
pub trait Kind: Sized {
    /// The same slice, with its type named.
    fn slice_mut(x: &mut [Self]) -> SliceMut<'_>;
}

impl Kind for f32 {
    #[inline(always)]
    fn slice_mut(x: &mut [f32]) -> SliceMut<'_> {
        SliceMut::F32(x)
    }
}

impl Kind for f64 {
    #[inline(always)]
    fn slice_mut(x: &mut [f64]) -> SliceMut<'_> {
        SliceMut::F64(x)
    }
}
