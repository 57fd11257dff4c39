//! Readers and writers of files. Every size that a file announces is compared with the bytes that are there before
//! anything is allocated, and whatever is wrong comes back as an [`Error`](crate::Error), never as a panic.

mod element;
mod input;
mod tar;
mod zip;

pub mod csv;
pub mod idx;
pub mod mnist;
pub mod npy;
pub mod npz;
pub mod uci;

pub use element::Element;
