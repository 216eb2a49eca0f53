//! What can go wrong between a folder in `models/` and a logit.

use std::path::PathBuf;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetsError {
    /// A file or folder cannot be read.
    #[error("cannot read: {source}: {path}")]
    Read {
        /// What the system said.
        source: std::io::Error,
        /// The file or folder.
        path: PathBuf,
    },
    /// A file is larger than what will be read into memory.
    #[error("larger than the limit of {limit} bytes: {path}")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
        /// The file.
        path: PathBuf,
    },
    /// A model card is not TOML, lacks a field, or has one that is unknown or of the wrong type.
    #[error("model card, line {line}: {message}: {path}")]
    CardSyntax {
        /// First line of the place, counted from one.
        line: usize,
        /// What the parser said; names the field.
        message: String,
        /// The card; empty for a card that did not come from a file.
        path: PathBuf,
    },
    /// A field of a model card has a value that makes no sense.
    #[error("model card, field `{field}`: {message}: {path}")]
    CardField {
        /// Dotted path of the field.
        field: &'static str,
        /// What is wrong with it.
        message: String,
        /// The card; empty for a card that did not come from a file.
        path: PathBuf,
    },
    /// The weights file does not have the size that its card states.
    #[error("weights have another size than the {expected} bytes of the model card: {path}")]
    SizeMismatch {
        /// Bytes stated in the card.
        expected: u64,
        /// The weights file.
        path: PathBuf,
    },
    /// A network's encoder, which is too large to come with the program, was not made yet.
    #[error("{id} needs an encoder that does not come with the program; `make deep-model` fetches it: {path}")]
    NoEncoder {
        /// The model.
        id: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// The weights file is not the one that its card describes.
    #[error("weights have SHA-256 {actual}, the model card says {expected}: {path}")]
    HashMismatch {
        /// From the card.
        expected: String,
        /// Of the bytes that were read.
        actual: String,
        /// The weights file.
        path: PathBuf,
    },
    /// No folder of that name holds a model.
    #[error("no model `{id}`: {path}")]
    NoSuchModel {
        /// The wanted id.
        id: String,
        /// Where models live.
        path: PathBuf,
    },
    /// The bytes are not safetensors.
    #[error("not readable as safetensors: {0}")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A tensor has an element type that no net here uses.
    #[error("tensor `{name}` has type {dtype}, only F32, F16, BF16 and I8 with scales are read")]
    TensorType {
        /// Name of the tensor.
        name: String,
        /// Type as safetensors writes it.
        dtype: String,
    },
    /// A net needs a tensor that the weights lack.
    #[error("tensor `{name}` is missing")]
    MissingTensor {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has another shape than the net needs.
    #[error("tensor `{name}` has shape {actual:?} instead of {expected:?}")]
    TensorShape {
        /// Name of the tensor.
        name: String,
        /// What the net needs.
        expected: Vec<usize>,
        /// What the weights hold.
        actual: Vec<usize>,
    },
    /// The input of a net has a shape that it cannot take.
    #[error("{net} takes {expected}, got shape {actual:?}")]
    InputShape {
        /// The net.
        net: &'static str,
        /// In words.
        expected: &'static str,
        /// What it was given.
        actual: Vec<usize>,
    },
    /// A device was asked for by name and cannot be used.
    #[error("device {device} is not available: {reason}")]
    DeviceUnavailable {
        /// The device.
        device: &'static str,
        /// Why not.
        reason: String,
    },
    /// Not a device's name.
    #[error("unknown device `{0}`: auto, cpu, cuda or metal")]
    UnknownDevice(String),
    /// The architecture is a face finder, not a classifying backbone.
    #[error("{0} is not a classification backbone")]
    NotABackbone(&'static str),
    /// A combination that this crate does not compute.
    #[error("not computed here: {0}")]
    Unsupported(&'static str),
    /// A tensor operation failed.
    #[error("tensor operation failed: {0}")]
    Candle(#[from] candle_core::Error),
}

impl NetsError {
    /// The same error with the path that a parser of text could not know.
    pub(crate) fn at(self, place: &std::path::Path) -> Self {
        match self {
            Self::CardSyntax { line, message, .. } => Self::CardSyntax { line, message, path: place.into() },
            Self::CardField { field, message, .. } => Self::CardField { field, message, path: place.into() },
            other => other,
        }
    }
}
