//! JSON, deflated: a document of an hour of video shrinks to about a tenth.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::LibraryError;

/// No document that this program writes comes near it; a larger one is not unpacked.
const MOST_BYTES: u64 = 1 << 30;

pub(crate) fn pack(text: &str) -> Result<Vec<u8>, LibraryError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).map_err(LibraryError::Packed)?;
    encoder.finish().map_err(LibraryError::Packed)
}

pub(crate) fn unpack(bytes: &[u8]) -> Result<String, LibraryError> {
    let mut text = String::new();
    ZlibDecoder::new(bytes).take(MOST_BYTES).read_to_string(&mut text).map_err(LibraryError::Packed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        let text = "{\"a\": \"é\"}".repeat(1000);
        let packed = pack(&text).unwrap();
        assert!(packed.len() < text.len() / 10);
        assert_eq!(unpack(&packed).unwrap(), text);
        assert!(matches!(unpack(&packed[..packed.len() / 2]), Err(LibraryError::Packed(_))));
    }
}
