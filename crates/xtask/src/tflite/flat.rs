//! A flatbuffer reader that checks every offset before it follows it.
//!
//! Source: the FlatBuffers internals document: a table starts with a signed offset back to its
//! vtable; the vtable lists, after its own size and the table's, one 16-bit offset per field (0 =
//! absent); strings, vectors and sub-tables are reached by an unsigned 32-bit forward offset.

use anyhow::{Context, Result, bail, ensure};

/// Upper bound of the entries of one vector of tables.
const MAX_TABLES: usize = 100_000;

/// The start of a flatbuffer with the expected file identifier.
pub struct Root<'a> {
    bytes: &'a [u8],
}

impl<'a> Root<'a> {
    pub fn read(bytes: &'a [u8], identifier: [u8; 4]) -> Result<Self> {
        let found: [u8; 4] = array(bytes, 4)?;
        ensure!(found == identifier, "the file's identifier is not {}", identifier.escape_ascii());
        Ok(Self { bytes })
    }

    pub fn table(&self) -> Result<Table<'a>> {
        Table::at(self.bytes, follow(self.bytes, 0)?)
    }
}

/// One table; its fields are read by number.
pub struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
    vtable_bytes: usize,
}

impl<'a> Table<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Result<Self> {
        let back = i64::from(i32::from_le_bytes(array(bytes, at)?));
        let vtable = i64::try_from(at)?.checked_sub(back).context("vtable offset overflows")?;
        let vtable = usize::try_from(vtable).context("vtable lies before the file")?;
        let vtable_bytes = usize::from(u16::from_le_bytes(array(bytes, vtable)?));
        ensure!(vtable_bytes >= 4 && vtable_bytes.is_multiple_of(2), "a vtable of {vtable_bytes} bytes");
        Ok(Self { bytes, at, vtable, vtable_bytes })
    }

    /// Where the field's value is, or `None` when it has its default.
    fn position(&self, field: usize) -> Result<Option<usize>> {
        let entry = 4 + 2 * field;
        if entry + 2 > self.vtable_bytes {
            return Ok(None);
        }
        let offset = usize::from(u16::from_le_bytes(array(self.bytes, self.vtable + entry)?));
        Ok((offset != 0).then(|| self.at + offset))
    }

    fn scalar<const N: usize>(&self, field: usize) -> Result<Option<[u8; N]>> {
        self.position(field)?.map(|position| array(self.bytes, position)).transpose()
    }

    pub fn u8_or(&self, field: usize, default: u8) -> Result<u8> {
        Ok(self.scalar(field)?.map_or(default, u8::from_le_bytes))
    }

    pub fn i32_or(&self, field: usize, default: i32) -> Result<i32> {
        Ok(self.scalar(field)?.map_or(default, i32::from_le_bytes))
    }

    pub fn u32_or(&self, field: usize, default: u32) -> Result<u32> {
        Ok(self.scalar(field)?.map_or(default, u32::from_le_bytes))
    }

    pub fn u64_or(&self, field: usize, default: u64) -> Result<u64> {
        Ok(self.scalar(field)?.map_or(default, u64::from_le_bytes))
    }

    /// A sub-table, or `None` when absent.
    pub fn table(&self, field: usize) -> Result<Option<Self>> {
        let Some(position) = self.position(field)? else { return Ok(None) };
        Self::at(self.bytes, follow(self.bytes, position)?).map(Some)
    }

    /// A vector of tables; empty when absent.
    pub fn tables(&self, field: usize) -> Result<Vec<Self>> {
        let (start, count) = self.vector(field, 4)?;
        ensure!(count <= MAX_TABLES, "a vector of {count} tables");
        (0..count).map(|index| Self::at(self.bytes, follow(self.bytes, start + 4 * index)?)).collect()
    }

    /// A vector of bytes; empty when absent.
    pub fn bytes(&self, field: usize) -> Result<&'a [u8]> {
        let (start, count) = self.vector(field, 1)?;
        self.bytes.get(start..start + count).context("a vector sticks out of the file")
    }

    pub fn i32s(&self, field: usize) -> Result<Vec<i32>> {
        Ok(self.scalars(field)?.map(i32::from_le_bytes).collect())
    }

    pub fn u16s(&self, field: usize) -> Result<Vec<u16>> {
        Ok(self.scalars(field)?.map(u16::from_le_bytes).collect())
    }

    /// A string, which must be there and be UTF-8.
    pub fn text(&self, field: usize) -> Result<&'a str> {
        let text = self.bytes(field)?;
        ensure!(!text.is_empty(), "a name is missing");
        std::str::from_utf8(text).context("a name is not UTF-8")
    }

    fn scalars<const N: usize>(&self, field: usize) -> Result<impl Iterator<Item = [u8; N]> + use<'a, N>> {
        let (start, count) = self.vector(field, N)?;
        let bytes = self.bytes.get(start..start + count * N).context("a vector sticks out of the file")?;
        Ok(bytes.as_chunks::<N>().0.iter().copied())
    }

    /// Start and length of a vector whose elements of `size` bytes all lie inside the file.
    fn vector(&self, field: usize, size: usize) -> Result<(usize, usize)> {
        let Some(position) = self.position(field)? else { return Ok((0, 0)) };
        let at = follow(self.bytes, position)?;
        let count = usize::try_from(u32::from_le_bytes(array(self.bytes, at)?))?;
        let start = at + 4;
        let end = count.checked_mul(size).and_then(|length| length.checked_add(start));
        match end {
            Some(end) if end <= self.bytes.len() => Ok((start, count)),
            _ => bail!("a vector of {count} elements sticks out of the file"),
        }
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let end = at.checked_add(N).context("offset overflows")?;
    let taken = bytes.get(at..end).with_context(|| format!("offset {at} lies outside the file"))?;
    Ok(taken.try_into()?)
}

/// The target of the unsigned forward offset at `at`.
fn follow(bytes: &[u8], at: usize) -> Result<usize> {
    let offset = usize::try_from(u32::from_le_bytes(array(bytes, at)?))?;
    ensure!(offset != 0, "an offset of zero");
    at.checked_add(offset).context("offset overflows")
}
