//! Lists of labelled faces: reading and checking them, cutting their crops once, making new ones.

mod manifest;
mod meshes;
mod pack;
mod store;

pub use manifest::{Label, Manifest, Row};
pub(crate) use meshes::Meshes;
pub(crate) use pack::{Geometry, Pack, Wanted};
