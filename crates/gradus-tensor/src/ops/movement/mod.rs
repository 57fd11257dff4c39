//! Ops that move numbers: views, shapes, pieces.

pub mod alias;
pub mod broadcast_to;
pub mod concat;
pub mod diagonal;
pub mod flip;
pub mod gather;
pub mod index_add;
pub mod index_select;
pub mod narrow;
pub mod one_hot;
pub mod pad;
pub mod permute;
pub mod repeat;
pub mod reshape;
pub mod roll;
pub mod scatter_add;
pub mod slice;
pub mod split;
pub mod stack;
pub mod triangle;
