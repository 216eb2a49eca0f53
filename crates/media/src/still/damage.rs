//! Damage that decoders pass over in silence: they fill what is missing with grey.

use crate::identify::StillFormat;

/// What is wrong with a picture that could be decoded.
pub(super) fn look(format: StillFormat, bytes: &[u8]) -> Option<String> {
    match format {
        StillFormat::Jpeg => (!jpeg_ends(bytes)).then(|| "the JPEG stream has no end marker: it was cut off".into()),
        _ => None,
    }
}

/// Whether an end marker follows the start of scan. Segments before it are skipped, because a
/// thumbnail inside one has an end marker of its own; in entropy-coded data FF is never followed by
/// D9 unless it is the marker (ITU-T T.81, B.1.1.5).
fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        match bytes.get(at..at + 4) {
            Some(&[0xff, 0xff, ..]) => at += 1,
            Some(&[0xff, 0xda, ..]) => break,
            Some(&[0xff, 0x01 | 0xd0..=0xd8, ..]) => at += 2,
            Some(&[0xff, _, high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
            Some(_) | None => return false,
        }
    }
    bytes.get(at..).is_some_and(|scan| scan.windows(2).any(|pair| pair == [0xff, 0xd9]))
}
