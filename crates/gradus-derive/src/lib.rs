//! gradus-derive
