//! The rooms of the ops: one file an op, one line in the list that its folder's `mod.rs` holds. The tests walk these lists.

/// An op in the wrapper of its kind; `Itself` is the general kind, which implements [`Op`](crate::op::Op) directly.
macro_rules! boxed {
    (Itself; $op:expr) => { $op };
    ($Kind:ident $(<$n:literal>)?; $op:expr) => { $crate::kind::$Kind $(::<$n, _>)? ($op) };
}

/// How an op is boxed for both number types. What is `Composed` of other ops has a room and a row, but no node of its own.
macro_rules! entry {
    (Composed; $Op:path) => {};
    ($Kind:ident $(<$n:literal>)?; $Op:path) => {
        impl $crate::op::Boxed for $Op {
            fn f32(self) -> Box<dyn $crate::op::Op<f32>> {
                Box::new(boxed!($Kind $(<$n>)?; self))
            }
            fn f64(self) -> Box<dyn $crate::op::Op<f64>> {
                Box::new(boxed!($Kind $(<$n>)?; self))
            }
        }
    };
}

/// The list of a folder: `room: Op as Kind;`, one line a room, more ops of it after a comma. Declares the rooms' modules,
/// how each op is boxed for both number types, and its row in the table.
macro_rules! rooms {
    ($($room:ident: $($Op:ident as $Kind:ident $(<$n:literal>)?),+;)+) => {
        $(pub mod $room;)+
        $($(entry! { $Kind $(<$n>)?; $room::$Op })+)+
        /// The ops of this folder with their cases.
        #[inline]
        pub(super) fn rows() -> Vec<$crate::case::Row> {
            let folder = module_path!().rsplit("::").next().unwrap_or_default();
            vec![$($($crate::case::Row::of::<$room::$Op>(folder, stringify!($room))),+),+]
        }
    };
}

/// Declares the folders, each with the list of its rooms in its own `mod.rs`.
macro_rules! folders {
    ($($folder:ident)+) => {
        $(pub mod $folder;)+
        /// Every op with its cases. Like all that it calls it is `#[inline]`: only programs that walk the table compile the cases.
        #[must_use]
        #[inline]
        pub fn table() -> Vec<$crate::case::Row> {
            [$($folder::rows()),+].into_iter().flatten().collect()
        }
    };
}

folders! { arithmetic elementwise reduction movement linalg fused pooling choice convolution }
