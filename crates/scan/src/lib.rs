//! Composes the pipeline: from the paths a user names to one analysis an item.
//!
//! Owns what only composition can own: the list of items ([`list`]), the loaded models and options
//! ([`Pipeline`]), the bounded stages decode → look → score of one item ([`scan_item`]), batches that
//! no bad item ends ([`Batch`]) and the store that lets a batch resume ([`Store`]). Knows no words for
//! readers and no layout: shells translate. Re-exports what they need of the crates below, because a
//! shell depends on this crate only.
#![forbid(unsafe_code)]

mod again;
mod ahead;
mod batch;
mod clock;
mod controls;
mod delivery;
mod error;
pub mod evaluation;
mod exhibits;
mod explain;
#[cfg(test)]
mod fakes;
mod given;
mod grade;
mod import;
mod item;
mod keepsakes;
mod ladder;
mod list;
mod options;
mod ordered;
mod patch;
pub mod picture;
mod pipeline;
mod policy;
mod range;
mod reel;
mod rerun;
mod scorer;
mod second_look;
mod stages;
mod store;

pub use batch::{Batch, Examine, Finished, OnProgress, Origin, Resume};
pub use clock::{rfc3339, unix_seconds};
pub use delivery::Delivery;
pub use error::ScanError;
pub use exhibits::{
    Collected, Masking, SHOWN_FACES, SHOWN_PEOPLE, collect_exhibits, heat_maps, heat_maps_from, model_facts,
};
pub use explain::{EXPLAINED_CROPS, EXPLAINED_PEOPLE, Explained, explain_item};
pub use given::{GivenFace, scan_given};
pub use import::import_model;
pub use item::{Observer, scan_item, scan_item_observed, sha256_of};
pub use list::{Item, Sighting, Skip, list, list_observed, list_without};
pub use media::Limits;
pub use nets::device::DeviceChoice;
pub use nets::heap::return_free_pages;
pub use options::{FaceFinder, Rate, ScanOptions, SecondLook};
pub use pipeline::{APP, Pipeline};
pub use policy::task_of;
pub use store::{Draft, Store, sweep, write_atomically, write_new};

pub use range::scan_range;
pub use rerun::{Compared, options_of, rerun};
pub use second_look::{SECOND_LOOK_CROPS, SECOND_LOOK_PEOPLE};
pub use {analysis, base, media};

/// Model cards and the check of their weights, for shells that show them.
pub mod models {
    pub use detector::DetectorError;
    pub use nets::NetsError;
    pub use nets::card::{Calibration, Date, ModelCard, Task};
    pub use nets::model::{Listed, encoder_is_here, find, list, load_card, verify};
}
