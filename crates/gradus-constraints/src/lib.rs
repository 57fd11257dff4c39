//! gradus-constraints
