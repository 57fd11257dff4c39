//! gradus-init
