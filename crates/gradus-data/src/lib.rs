//! gradus-data
