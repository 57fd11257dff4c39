//! Pooling layers over the last axis or the last two.

use crate::layer::{Layer, without_leaves};
use gradus_tensor::{Mode, Real, Tensor, Windows};
use std::marker::PhantomData;

/// Windows side by side, to be changed.
fn tiles(kernel: &[usize]) -> Vec<Windows> {
    kernel.iter().map(|&k| Windows::tiles(k)).collect()
}

macro_rules! windowed {
    ($($(#[$doc:meta])* $Layer:ident { $($extra:ident: $E:ty = $value:expr)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Layer<T: Real = f32> {
            windows: Vec<Windows>,
            $($extra: $E,)?
            number: PhantomData<T>,
        }

        impl<T: Real> $Layer<T> {
            /// Windows of `kernel` points, side by side: one number for `[.., l]`, two for `[.., h, w]`.
            ///
            /// # Panics
            /// If there are not one or two numbers, or one is 0.
            #[track_caller]
            pub fn new<const D: usize>(kernel: [usize; D]) -> Self {
                const { assert!(D == 1 || D == 2, "pooling: over one axis or two") };
                assert!(!kernel.contains(&0), "pooling: a window must have points, got {kernel:?}");
                $Layer { windows: tiles(&kernel), $($extra: $value,)? number: PhantomData }
            }

            fn each<const D: usize>(mut self, given: [usize; D], change: impl Fn(&mut Windows, usize)) -> Self {
                assert!(D == self.windows.len(), "pooling: {} axes, got {given:?}", self.windows.len());
                self.windows.iter_mut().zip(given).for_each(|(w, v)| change(w, v));
                self
            }

            /// Steps between windows (the size of a window).
            ///
            /// # Panics
            /// If there are not as many numbers as axes.
            #[track_caller]
            #[must_use]
            pub fn stride<const D: usize>(self, stride: [usize; D]) -> Self {
                self.each(stride, |w, v| if let Windows::Fixed { stride, .. } = w { *stride = v })
            }

            /// Points of nothing on either side of the input (0).
            ///
            /// # Panics
            /// If there are not as many numbers as axes.
            #[track_caller]
            #[must_use]
            pub fn padding<const D: usize>(self, padding: [usize; D]) -> Self {
                self.each(padding, |w, v| if let Windows::Fixed { padding, .. } = w { *padding = v })
            }

            /// Steps between the points of a window (1).
            ///
            /// # Panics
            /// If there are not as many numbers as axes.
            #[track_caller]
            #[must_use]
            pub fn dilation<const D: usize>(self, dilation: [usize; D]) -> Self {
                self.each(dilation, |w, v| if let Windows::Fixed { dilation, .. } = w { *dilation = v })
            }

            /// Whether a last window may reach beyond the padded input, so that the number of windows is rounded up (it may not).
            #[must_use]
            pub fn ceil_mode(mut self, may: bool) -> Self {
                self.windows.iter_mut().for_each(|w| {
                    if let Windows::Fixed { ceil, .. } = w {
                        *ceil = may;
                    }
                });
                self
            }

            /// The output for the input `x`.
            #[track_caller]
            pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
                mode.report(self, &[x], self.pool(x))
            }
        }

        impl<T: Real> Layer<T> for $Layer<T> {
            fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
                self.forward(x, mode)
            }
        }

        without_leaves!($Layer);
    )+};
}

windowed! {
    /// The largest number of every window, over the last axis or the last two; the derivative goes to the first of equal ones.
    ///
    /// # Panics
    /// If a window does not fit or holds padding only.
    #[doc(alias = "MaxPool1d")]
    #[doc(alias = "MaxPool2d")]
    MaxPool {}
    /// The mean of every window, over the last axis or the last two; points in the padding count as zeros unless told otherwise.
    ///
    /// # Panics
    /// If a window does not fit or holds padding only.
    #[doc(alias = "AvgPool1d")]
    #[doc(alias = "AvgPool2d")]
    AvgPool { count_padding: bool = true }
}

impl<T: Real> MaxPool<T> {
    fn pool(&self, x: &Tensor<T>) -> Tensor<T> {
        match self.windows[..] {
            [w] => x.max_pool1d(w),
            _ => x.max_pool2d([self.windows[0], self.windows[1]]),
        }
    }
}

impl<T: Real> AvgPool<T> {
    /// Whether points in the padding count as zeros (they do), or not at all.
    #[doc(alias = "count_include_pad")]
    #[must_use]
    pub fn count_padding(mut self, count: bool) -> Self {
        self.count_padding = count;
        self
    }

    fn pool(&self, x: &Tensor<T>) -> Tensor<T> {
        match self.windows[..] {
            [w] => x.avg_pool1d(w, self.count_padding),
            _ => x.avg_pool2d([self.windows[0], self.windows[1]], self.count_padding),
        }
    }
}

macro_rules! adaptive {
    ($($(#[$doc:meta])* $Layer:ident: $one:ident, $two:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Layer<T: Real = f32> {
            output: Vec<usize>,
            number: PhantomData<T>,
        }

        impl<T: Real> $Layer<T> {
            /// So many windows: one number for `[.., l]`, two for `[.., h, w]`.
            pub fn new<const D: usize>(output: [usize; D]) -> Self {
                const { assert!(D == 1 || D == 2, "pooling: over one axis or two") };
                $Layer { output: output.to_vec(), number: PhantomData }
            }

            /// The output for the input `x`.
            #[track_caller]
            pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
                let y = match self.output[..] {
                    [n] => x.$one(n),
                    _ => x.$two([self.output[0], self.output[1]]),
                };
                mode.report(self, &[x], y)
            }
        }

        impl<T: Real> Layer<T> for $Layer<T> {
            fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
                self.forward(x, mode)
            }
        }

        without_leaves!($Layer);
    )+};
}

adaptive! {
    /// The means of a given number of windows that share the last axis, or the last two, as evenly as they can.
    ///
    /// # Panics
    /// If windows are asked of an empty axis.
    #[doc(alias = "AdaptiveAvgPool1d")]
    #[doc(alias = "AdaptiveAvgPool2d")]
    AdaptiveAvgPool: adaptive_avg_pool1d, adaptive_avg_pool2d;
    /// The largest numbers of a given number of windows that share the last axis, or the last two, as evenly as they can.
    ///
    /// # Panics
    /// If windows are asked of an empty axis.
    #[doc(alias = "AdaptiveMaxPool1d")]
    #[doc(alias = "AdaptiveMaxPool2d")]
    AdaptiveMaxPool: adaptive_max_pool1d, adaptive_max_pool2d;
}
