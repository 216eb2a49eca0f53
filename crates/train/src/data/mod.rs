//! Lists of labelled faces: reading and checking them, cutting their crops once, making new ones.

mod manifest;
mod meshes;
mod pack;
mod picture;
pub mod prepare;
mod store;
mod variants;
mod words;

pub use manifest::{Label, Manifest, Row};
pub(crate) use meshes::Meshes;
pub(crate) use pack::{Geometry, Pack, Wanted};
pub use picture::write_jpeg;
pub(crate) use picture::{Framed, GREEN, RED, grid};
pub(crate) use variants::Variants;
pub(crate) use words::Words;
