//! A reader over bytes that cannot run past their end: every take is checked.

use anyhow::{Context, Result, ensure};

/// Walks forward through `bytes`; all reads fail, and none panics, at the end.
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Offset of the next byte from the start.
    pub fn position(&self) -> usize {
        self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(count).context("length overflows")?;
        let taken = self.bytes.get(self.at..end);
        let taken = taken
            .with_context(|| format!("needs {count} bytes at {}, only {} are there", self.at, self.bytes.len()))?;
        self.at = end;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// One line of ASCII without its newline, of at most `limit` bytes.
    pub fn line(&mut self, limit: usize) -> Result<&'a str> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take(limit).position(|&byte| byte == b'\n').context("line too long or not ended")?;
        let line = self.take(length)?;
        self.take(1)?;
        ensure!(line.is_ascii(), "line is not ASCII");
        Ok(std::str::from_utf8(line)?)
    }
}
