//! Damage that decoders pass over in silence: they fill what is missing with grey.

use crate::identify::StillFormat;

/// What is wrong with a picture that could be decoded.
pub(super) fn look(format: StillFormat, bytes: &[u8]) -> Option<String> {
    match format {
        StillFormat::Jpeg => {
            jpeg_end(bytes).is_none().then(|| "the JPEG stream has no end marker: it was cut off".into())
        }
        _ => None,
    }
}

/// Whether libjpeg complains of bytes before the end marker that are all alike: some cameras pad so. Of a stream that was
/// overwritten it says the same.
pub(super) fn is_padding(complaint: &str, bytes: &[u8]) -> bool {
    let Some((before, _)) = complaint.split_once(" extraneous bytes before marker 0xd9") else { return false };
    let count = before.rsplit(' ').next().and_then(|word| word.parse::<usize>().ok());
    let padding = count.zip(jpeg_end(bytes)).and_then(|(count, end)| bytes.get(end.checked_sub(count)?..end));
    padding.is_some_and(|padding| padding.iter().all(|byte| Some(byte) == padding.first()))
}

/// Where the end marker stands. Segments before the scan are skipped, because a thumbnail inside one has an end marker of
/// its own; in entropy-coded data FF is never followed by D9 unless it is the marker (ITU-T T.81, B.1.1.5).
fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match bytes.get(at..at + 4) {
            Some(&[0xff, 0xff, ..]) => at += 1,
            Some(&[0xff, 0xda, ..]) => break,
            Some(&[0xff, 0x01 | 0xd0..=0xd8, ..]) => at += 2,
            Some(&[0xff, _, high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
            Some(_) | None => return None,
        }
    }
    bytes.get(at..)?.windows(2).position(|pair| pair == [0xff, 0xd9]).map(|found| at + found)
}
