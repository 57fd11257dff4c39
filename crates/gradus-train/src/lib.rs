//! gradus-train
