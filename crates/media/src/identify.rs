//! What a file is, by its first bytes. The name is never looked at.

use std::path::Path;

use base::Ctx;

use crate::source::Source;
use crate::{Kind, Limits, MediaError, probe};

/// Bytes that tell one kind from another; enough for a long list of brands.
pub(crate) const HEAD: usize = 256;

/// A picture format that is decoded here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StillFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
    Heic,
    Avif,
}

impl StillFormat {
    /// The name that stands in `MediaInfo::codec`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::Heic => "heic",
            Self::Avif => "avif",
        }
    }
}

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    Still(StillFormat),
    /// A known picture or document format that is not decoded.
    Unsupported(&'static str),
    /// Left to ffprobe.
    Other,
}

/// Whether `path` is a picture or a video, decided by its content: magic bytes for pictures, ffprobe
/// for everything else.
///
/// # Errors
/// Every [`MediaError`] but those of decoding: not there, not readable, not a file, empty, not
/// media, no video stream, unsupported, or ffprobe missing or silent.
pub fn identify(path: &Path) -> Result<Kind, MediaError> {
    let source = Source::open(path)?;
    match sniff(&source.head(HEAD)?) {
        Sniffed::Still(_) => Ok(Kind::Image),
        Sniffed::Unsupported(format) => Err(MediaError::Unsupported { path: path.to_owned(), format }),
        Sniffed::Other => probe::probe(&source, &Limits::default(), &Ctx::silent()).map(|_| Kind::Video),
    }
}

/// Whether a file begins as a picture does that can be decoded. Reads its first bytes only and asks no other program, so
/// `false` says no more than that it is something else, or cannot be read.
pub fn begins_as_still(path: &Path) -> bool {
    let head = Source::open(path).and_then(|source| source.head(HEAD));
    head.is_ok_and(|head| matches!(sniff(&head), Sniffed::Still(_)))
}

/// Reads the magic bytes.
pub(crate) fn sniff(head: &[u8]) -> Sniffed {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if starts(b"\xff\xd8\xff") {
        Sniffed::Still(StillFormat::Jpeg)
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Sniffed::Still(StillFormat::Png)
    } else if starts(b"RIFF") && at(8, b"WEBP") {
        Sniffed::Still(StillFormat::WebP)
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Sniffed::Still(StillFormat::Gif)
    } else if is_bmp(head) {
        Sniffed::Still(StillFormat::Bmp)
    } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        Sniffed::Still(StillFormat::Tiff)
    } else if at(4, b"ftyp") {
        brands(head)
    } else if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL \r\n\x87\n") {
        Sniffed::Unsupported("JPEG XL")
    } else if starts(b"\0\0\0\x0cjP  \r\n\x87\n") || starts(b"\xff\x4f\xff\x51") {
        Sniffed::Unsupported("JPEG 2000")
    } else if starts(b"8BPS") {
        Sniffed::Unsupported("Photoshop")
    } else if starts(b"%PDF-") {
        Sniffed::Unsupported("PDF")
    } else {
        Sniffed::Other
    }
}

/// `BM` alone is too short to trust: the reserved words and the size of the second header must fit.
fn is_bmp(head: &[u8]) -> bool {
    let word = |at: usize| head.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    head.starts_with(b"BM") && word(6) == Some(0) && matches!(word(14), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// Brands of ISO/IEC 23008-12 (HEIF) and the AVIF specification; any other brand is a video's.
/// The major brand decides; of the generic ones (`mif1`, `msf1`) the compatible brands tell which.
fn brands(head: &[u8]) -> Sniffed {
    let size = head.get(..4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
    let end = usize::try_from(size).unwrap_or(HEAD).clamp(16, HEAD).min(head.len());
    let of = |brand: &[u8]| match brand {
        b"avif" | b"avis" => Some(StillFormat::Avif),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => Some(StillFormat::Heic),
        _ => None,
    };
    let major = head.get(8..12).unwrap_or_default();
    if let Some(format) = of(major) {
        return Sniffed::Still(format);
    }
    if matches!(major, b"mif1" | b"mif2" | b"msf1" | b"miaf") {
        let compatible = head.get(16..end).unwrap_or_default().chunks_exact(4).find_map(of);
        return Sniffed::Still(compatible.unwrap_or(StillFormat::Heic));
    }
    match major {
        b"jp2 " | b"jpx " | b"jpm " => Sniffed::Unsupported("JPEG 2000"),
        b"crx " => Sniffed::Unsupported("Canon raw"),
        _ => Sniffed::Other,
    }
}

/// Whether the name promises a picture or a video: a damaged one must not vanish from a folder's report because nothing
/// recognises it.
pub fn is_named_like_media(path: &Path) -> bool {
    const EXTENSIONS: [&str; 26] = [
        "jpg", "jpeg", "jpe", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif", "mp4", "m4v", "mov",
        "mkv", "webm", "avi", "flv", "wmv", "mpg", "mpeg", "mts", "m2ts", "3gp", "ogv",
    ];
    let extension = path.extension().and_then(std::ffi::OsStr::to_str);
    extension.is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_bytes_decide() {
        let cases: [(&[u8], Sniffed); 16] = [
            (b"\xff\xd8\xff\xe0", Sniffed::Still(StillFormat::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Sniffed::Still(StillFormat::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Sniffed::Still(StillFormat::WebP)),
            (b"RIFF\0\0\0\0AVI LIST", Sniffed::Other),
            (b"GIF89a", Sniffed::Still(StillFormat::Gif)),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Sniffed::Still(StillFormat::Bmp)),
            (b"BMW is a car maker, and this is text", Sniffed::Other),
            (b"MM\0*", Sniffed::Still(StillFormat::Tiff)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Sniffed::Still(StillFormat::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Sniffed::Still(StillFormat::Heic)),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif", Sniffed::Still(StillFormat::Avif)),
            (b"\0\0\0\x18ftypavis\0\0\0\0avifmif1", Sniffed::Still(StillFormat::Avif)),
            (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", Sniffed::Other),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Sniffed::Other),
            (b"%PDF-1.7", Sniffed::Unsupported("PDF")),
            (b"", Sniffed::Other),
        ];
        for (head, expected) in cases {
            assert_eq!(sniff(head), expected, "{:?}", String::from_utf8_lossy(head));
        }
    }
}
