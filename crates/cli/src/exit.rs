//! Exit codes, as the interface contract fixes them.

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Finished, whatever was found.
    Finished,
    /// At least one item failed.
    Failed,
    /// Wrong usage.
    Usage,
    /// Something is suspected, and the user asked to be told so; goes before [`Exit::Failed`].
    Suspected,
    /// Cancelled.
    Cancelled,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Finished => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Suspected => 10,
            Self::Cancelled => 130,
        }
    }
}
