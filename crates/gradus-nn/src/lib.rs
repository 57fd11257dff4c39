//! gradus-nn
