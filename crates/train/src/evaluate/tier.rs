//! How files travel before they are examined.

use std::fmt;
use std::str::FromStr;

/// A way of delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// As is.
    Clean,
    /// Longest side 768, JPEG quality 60.
    Web,
    /// Longest side 512, JPEG quality 40.
    Hard,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clean, Self::Web, Self::Hard];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Web => "web",
            Self::Hard => "hard",
        }
    }

    /// Longest side in pixels and JPEG quality; `None` where nothing is done.
    pub const fn spoils(self) -> Option<(u32, u8)> {
        match self {
            Self::Clean => None,
            Self::Web => Some((768, 60)),
            Self::Hard => Some((512, 40)),
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tier {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|t| t.name() == name).ok_or_else(|| format!("`{name}` is none of clean, web, hard"))
    }
}
