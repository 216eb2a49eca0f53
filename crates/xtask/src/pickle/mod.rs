//! Reads a pickle as data: a machine for the few opcodes and the four globals that a PyTorch state
//! dict uses. Everything else is refused, nothing is imported or called.
//!
//! Values live in one arena and refer to each other by index, so a pickle that refers to itself
//! cannot make this reader recurse, and its work is bounded by the number of opcodes.
//!
//! Source: the opcode table of Python's `pickletools` and the layout of PyTorch's pre-1.6 files.

mod machine;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail};

pub use machine::read;

/// Index of a value in its [`Pickle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(usize);

/// The globals that may be named, and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    OrderedDict,
    RebuildTensorV2,
    Storage(Element),
}

/// Element types of storages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    F16,
    F32,
    I64,
}

impl Element {
    pub fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::I64 => 8,
        }
    }
}

/// A storage named in a pickle; its bytes follow later in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageRef {
    pub element: Element,
    pub key: String,
    pub elements: usize,
}

/// A tensor as a view into a storage. Offset and strides count elements.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorRef {
    pub storage: StorageRef,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// What a pickle can hold here.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A `LONG1` of more than 8 bytes: little-endian two's complement.
    BigInt(Vec<u8>),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(StorageRef),
    Tensor(TensorRef),
}

/// A pickle that was read: all its values, and which of them it stands for.
#[derive(Debug)]
pub struct Pickle {
    values: Vec<Value>,
    root: Id,
}

impl Pickle {
    pub fn root(&self) -> Result<&Value> {
        self.value(self.root)
    }

    pub fn value(&self, id: Id) -> Result<&Value> {
        self.values.get(id.0).context("reference to a value that is not there")
    }

    /// The value as text.
    pub fn text(&self, id: Id) -> Result<&str> {
        match self.value(id)? {
            Value::Text(text) => Ok(text),
            other => bail!("expected text, found {}", other.kind()),
        }
    }
}

impl Value {
    /// The kind's name, for messages: never the contents.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::BigInt(_) => "an integer",
            Self::Text(_) => "text",
            Self::Tuple(_) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Global(_) => "a global",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
        }
    }
}
