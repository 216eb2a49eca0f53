//! The desk with real files, models and decoders; no window.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod examining;
mod handing_over;
mod keeping;
mod session;
