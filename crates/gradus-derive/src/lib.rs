//! `#[derive(Module)]`: a struct of layers as a tree of tensors. `#[derive(Layer)]`: its `forward` as that of a layer.
//!
//! The macro writes `Tree`, `Module` and `Clone` for a struct whose fields are layers, parameters, tensors, lists or options of them. Plain
//! fields (numbers, booleans, strings) are copied along; mark any other field that holds no tensors with `#[module(skip)]`.
#![forbid(unsafe_code)]

mod expand;
mod path;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `Module` (with `Tree` and `Clone`) for a struct of layers.
///
/// Field attributes: `#[module(skip)]` for a field without tensors. Struct attribute: `#[module(crate = "path")]` where the engine is
/// reached under another path than `gradus`, `gradus_nn` or `gradus_tensor`.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::module(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `Layer` for a module with a method `forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor` of its own, so that it can stand in a
/// `Sequential` and answer `summary`, `output_shape`, `try_forward` and `capture`. The output is reported to whoever watches the step.
#[proc_macro_derive(Layer)]
pub fn derive_layer(input: TokenStream) -> TokenStream {
    expand::layer(&parse_macro_input!(input as DeriveInput)).unwrap_or_else(syn::Error::into_compile_error).into()
}
