//! What the derive writes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Index, Member, Path, Result, Type};

/// One field: how it is named and whether it holds tensors.
struct Part<'a> {
    member: Member,
    name: TokenStream,
    field: &'a Field,
    skip: bool,
}

pub(crate) fn module(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(
            input.span(),
            "Module can be derived for structs only; wrap the alternatives of an enum in structs, or write `Tree` by hand",
        ));
    };
    let engine = engine_path(input)?;
    let parts = parts(&data.fields, &engine)?;
    let Some(first) = parts.iter().find(|p| !p.skip) else {
        return Err(Error::new(
            input.ident.span(),
            "no field holds tensors, so there is nothing to train; a layer without parameters is a function or a closure",
        ));
    };
    let first = &first.field.ty;
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let trees: Vec<&Part<'_>> = parts.iter().filter(|p| !p.skip).collect();
    let (members, names): (Vec<_>, Vec<_>) = trees.iter().map(|p| (&p.member, &p.name)).unzip();
    let all: Vec<_> = parts.iter().map(|p| &p.member).collect();
    let mapped = parts.iter().map(|p| {
        let member = &p.member;
        if p.skip {
            quote!(::core::clone::Clone::clone(&self.#member))
        } else {
            quote!(#engine::Tree::map(&self.#member, f))
        }
    });
    let visitor = format_ident!("visitor");
    Ok(quote! {
        impl #impl_generics ::core::clone::Clone for #ident #ty_generics #where_clause {
            fn clone(&self) -> Self {
                #engine::keeping_ties(|| Self { #(#all: ::core::clone::Clone::clone(&self.#all)),* })
            }
        }
        impl #impl_generics #engine::Tree for #ident #ty_generics #where_clause {
            type Elem = <#first as #engine::Tree>::Elem;
            type Owned = Self;
            fn visit(&self, #visitor: &mut dyn #engine::Visitor<Self::Elem>) {
                #visitor.layer(#engine::Place::of(self));
                #(
                    #visitor.enter(#names);
                    #engine::Tree::visit(&self.#members, #visitor);
                    #visitor.leave();
                )*
            }
            fn map(&self, f: &mut dyn ::core::ops::FnMut(&#engine::Tensor<Self::Elem>) -> #engine::Tensor<Self::Elem>) -> Self {
                Self { #(#all: #mapped),* }
            }
        }
        impl #impl_generics #engine::Module for #ident #ty_generics #where_clause {
            fn visit_mut(&mut self, #visitor: &mut dyn #engine::VisitorMut<Self::Elem>) {
                #(
                    #visitor.enter(#names);
                    #engine::Module::visit_mut(&mut self.#members, #visitor);
                    #visitor.leave();
                )*
            }
        }
    })
}

/// The struct's own `forward` as that of a layer. Without one it would call itself: the lint, at the struct's name, makes that an error.
pub(crate) fn layer(input: &DeriveInput) -> Result<TokenStream> {
    let (engine, nn) = (engine_path(input)?, crate::path::nn());
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote_spanned! {ident.span()=>
        impl #impl_generics #nn::Layer<<Self as #engine::Tree>::Elem> for #ident #ty_generics #where_clause {
            #[deny(unconditional_recursion)]
            fn forward(
                &self,
                x: &#engine::Tensor<<Self as #engine::Tree>::Elem>,
                mode: &mut #engine::Mode,
            ) -> #engine::Tensor<<Self as #engine::Tree>::Elem> {
                let y = Self::forward(self, x, mode);
                mode.report(self, &[x], y)
            }
        }
    })
}

fn parts<'a>(fields: &'a Fields, engine: &Path) -> Result<Vec<Part<'a>>> {
    let part = |(i, field): (usize, &'a Field)| {
        let (member, name) = match &field.ident {
            Some(ident) => {
                let text = ident.to_string();
                let text = text.trim_start_matches("r#");
                (Member::Named(ident.clone()), quote!(#engine::Name::Field(#text)))
            }
            None => (Member::Unnamed(Index::from(i)), quote!(#engine::Name::Index(#i))),
        };
        let skip = is_plain(&field.ty) || is_skipped(field)?;
        Ok(Part { member, name, field, skip })
    };
    fields.iter().enumerate().map(part).collect()
}

/// Whether a field is marked `#[module(skip)]`.
fn is_skipped(field: &Field) -> Result<bool> {
    let mut skip = false;
    for attr in field.attrs.iter().filter(|a| a.path().is_ident("module")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("skip") {
                skip = true;
                return Ok(());
            }
            Err(meta.error("a field takes `#[module(skip)]` and nothing else"))
        })?;
    }
    Ok(skip)
}

/// The path of the engine: `#[module(crate = "…")]`, else as the manifest says.
fn engine_path(input: &DeriveInput) -> Result<Path> {
    let mut path = None;
    for attr in input.attrs.iter().filter(|a| a.path().is_ident("module")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                let text = meta.value()?.parse::<syn::LitStr>()?;
                let parsed = text.parse::<Path>();
                path = Some(parsed.map_err(|_| {
                    Error::new(text.span(), "`crate` takes the path of the engine, such as \"gradus::tensor\"")
                })?);
                return Ok(());
            }
            Err(meta.error("a struct takes `#[module(crate = \"path\")]` and nothing else"))
        })?;
    }
    Ok(path.unwrap_or_else(crate::path::engine))
}

/// Types that hold no tensors: numbers, booleans, characters, strings, phantom data, functions.
fn is_plain(ty: &Type) -> bool {
    const PLAIN: [&str; 18] = [
        "bool",
        "char",
        "f32",
        "f64",
        "i8",
        "i16",
        "i32",
        "i64",
        "isize",
        "u8",
        "u16",
        "u32",
        "u64",
        "usize",
        "String",
        "PhantomData",
        "u128",
        "i128",
    ];
    match ty {
        Type::Path(p) => p.path.segments.last().is_some_and(|s| PLAIN.iter().any(|name| s.ident == name)),
        Type::FnPtr(_) => true,
        Type::Reference(r) => is_plain(&r.elem) || matches!(&*r.elem, Type::Path(p) if p.path.is_ident("str")),
        Type::Array(a) => is_plain(&a.elem),
        _ => false,
    }
}
