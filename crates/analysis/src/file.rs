//! Facts about the examined file.

use serde::{Deserialize, Serialize};

/// What a file turned out to be, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum MediaKind {
    /// A still picture; of an animation the first frame is examined.
    Image,
    /// Anything with moving pictures.
    Video,
}

/// What the container says about the pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct MediaFacts {
    /// Pixels of the upright frame.
    pub width: u32,
    /// Pixels of the upright frame.
    pub height: u32,
    /// Microseconds; `None` for a still or when nobody knows.
    pub duration_us: Option<i64>,
    /// Frames a second as a fraction, `30000/1001`; `None` for a still.
    pub frame_rate: Option<String>,
    /// Whether frames are unevenly spaced.
    pub variable_frame_rate: bool,
    /// Short name of the codec or of the image format.
    pub codec: String,
    /// Degrees by which the stored pictures were turned to stand upright: 0, 90, 180 or 270.
    pub rotation: i32,
    /// Whether the decoder met errors or the stream ended early.
    pub damaged: bool,
    /// First and last presentation time that was decoded, in microseconds, where the file is damaged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered_us: Option<[i64; 2]>,
}

/// Which file it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// The path as given; bytes that are not UTF-8 are replaced by U+FFFD, see `path_bytes`.
    pub path: String,
    /// The exact bytes of the path in lower-case hexadecimal, present only when `path` lost some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
    /// Size in bytes; `None` when the file could not be opened.
    pub bytes: Option<u64>,
    /// SHA-256 in lower-case hexadecimal; `None` when the file could not be read to its end.
    pub sha256: Option<String>,
    /// By content; `None` when unknown.
    pub kind: Option<MediaKind>,
    /// `None` when it could not be probed.
    pub media: Option<MediaFacts>,
}

impl FileFacts {
    /// A file of which only the path is known.
    pub fn at(path: &std::path::Path) -> Self {
        let bytes = path.as_os_str().as_encoded_bytes();
        let path_bytes = std::str::from_utf8(bytes).is_err().then(|| hex(bytes));
        Self {
            path: path.to_string_lossy().into_owned(),
            path_bytes,
            bytes: None,
            sha256: None,
            kind: None,
            media: None,
        }
    }

    /// The exact bytes of the path on the system that wrote it; `None` when `path_bytes` is not
    /// hexadecimal.
    pub fn exact_path(&self) -> Option<Vec<u8>> {
        match &self.path_bytes {
            None => Some(self.path.clone().into_bytes()),
            Some(hex) => unhex(hex),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_plain_name_needs_no_bytes() {
        for name in ["a b.jpg", "-x.mp4", "nouvelle\nligne.png", "😀 \"'.mov"] {
            let facts = FileFacts::at(Path::new(name));
            assert_eq!((facts.path.as_str(), facts.path_bytes.as_ref()), (name, None));
            assert_eq!(facts.exact_path(), Some(name.as_bytes().to_vec()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_survives() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let name = b"caf\xe9.jpg";
        let facts = FileFacts::at(Path::new(OsStr::from_bytes(name)));
        assert_eq!(facts.path, "caf\u{fffd}.jpg");
        assert_eq!(facts.path_bytes.as_deref(), Some("636166e92e6a7067"));
        assert_eq!(facts.exact_path(), Some(name.to_vec()));
        let json = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<FileFacts>(&json).unwrap(), facts);
    }

    #[test]
    fn broken_hexadecimal_is_refused() {
        for bad in ["6", "zz", "é1"] {
            let facts = FileFacts { path_bytes: Some(bad.into()), ..FileFacts::at(Path::new("x")) };
            assert_eq!(facts.exact_path(), None, "{bad}");
        }
    }
}
