//! What a picture is asked for by: `analysis/3/at/21560000?w=1280`, `analysis/3/face/0`,
//! `analysis/3/poster`, `analysis/3/heat/0`, `job/4/at/0?w=640`, `preview/7`, `model/e9386d4cdf97a55a/roc` (the start of
//! the hash of its weights). Numbers only: no path ever comes from the web view.

use scan::base::Timestamp;
use scan::evaluation::Drawing;

/// Widest picture given.
const MAX_WIDTH: u32 = 4096;
/// Width when none is asked for.
const WIDTH: u32 = 1280;

/// Whose picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Of a kept analysis.
    Analysis(i64),
    /// Of an item of the queue.
    Job(u32),
    /// Of a report that is being prepared.
    Preview,
    /// Of the model whose weights have a hash that starts so.
    Model(u64),
}

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Picture {
    /// The frame shown at a time.
    At {
        /// The time.
        pts: Timestamp,
        /// At most so many pixels wide.
        width: u32,
    },
    /// The best face of a person.
    Face(u32),
    /// A small picture of the whole.
    Poster,
    /// Where a detector looked, to be laid over the frame: by the explanation's place in the analysis.
    Heat(u32),
    /// Page one of a report, by its number.
    Page(u32),
    /// Of a model's evaluation.
    Figure(Drawing),
}

/// Whose and which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Whose picture.
    pub owner: Owner,
    /// Which picture.
    pub picture: Picture,
}

impl Address {
    /// Reads the path of a request, percent-encoded or not; `None` when it names nothing.
    pub fn parse(path: &str) -> Option<Self> {
        let decoded = decode(path.trim_start_matches('/'))?;
        let (path, query) = decoded.split_once('?').unwrap_or((&decoded, ""));
        let mut parts = path.split('/');
        let owner = match (parts.next()?, parts.next()?) {
            ("analysis", id) => Owner::Analysis(id.parse().ok()?),
            ("job", id) => Owner::Job(id.parse().ok()?),
            ("preview", id) => {
                let page = Picture::Page(id.parse().ok()?);
                return parts.next().is_none().then_some(Self { owner: Owner::Preview, picture: page });
            }
            ("model", weights) => {
                let owner = Owner::Model(fingerprint(weights)?);
                let picture = Picture::Figure(Drawing::named(parts.next()?)?);
                return parts.next().is_none().then_some(Self { owner, picture });
            }
            _ => return None,
        };
        let picture = match (parts.next()?, parts.next(), owner) {
            ("at", Some(pts), _) => {
                Picture::At { pts: Timestamp::from_micros(pts.parse().ok()?), width: width(query)? }
            }
            ("face", Some(track), Owner::Analysis(_)) => Picture::Face(track.parse().ok()?),
            ("poster", None, Owner::Analysis(_)) => Picture::Poster,
            ("heat", Some(place), Owner::Analysis(_)) => Picture::Heat(place.parse().ok()?),
            _ => return None,
        };
        parts.next().is_none().then_some(Self { owner, picture })
    }
}

/// The first eight bytes of a hash, from their sixteen digits or from all of them.
pub(crate) fn fingerprint(sha256: &str) -> Option<u64> {
    let start = sha256.get(..16).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u64::from_str_radix(start, 16).ok()
}

fn width(query: &str) -> Option<u32> {
    match query.split('&').find_map(|pair| pair.strip_prefix("w=")) {
        None => Some(WIDTH),
        Some(width) => width.parse().ok().map(|width: u32| width.clamp(1, MAX_WIDTH)),
    }
}

/// `%2F` and the like; `None` when it is not ASCII.
fn decode(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let byte = u8::from_str_radix(after.get(..2)?, 16).ok().filter(u8::is_ascii)?;
        out.push(char::from(byte));
        rest = after.get(2..)?;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_nothing_else() {
        let at = |pts, width| Picture::At { pts: Timestamp::from_micros(pts), width };
        let cases = [
            ("/analysis%2F3%2Fat%2F21560000%3Fw%3D1280", Owner::Analysis(3), at(21_560_000, 1280)),
            ("analysis/3/at/-5?w=99999", Owner::Analysis(3), at(-5, 4096)),
            ("job/4/at/0", Owner::Job(4), at(0, 1280)),
            ("analysis/3/face/0", Owner::Analysis(3), Picture::Face(0)),
            ("analysis/3/poster", Owner::Analysis(3), Picture::Poster),
            ("analysis/3/heat/2", Owner::Analysis(3), Picture::Heat(2)),
            ("/preview%2F7", Owner::Preview, Picture::Page(7)),
            ("model/00000000000000ff/roc", Owner::Model(255), Picture::Figure(Drawing::Roc)),
        ];
        for (path, owner, picture) in cases {
            assert_eq!(Address::parse(path), Some(Address { owner, picture }), "{path}");
        }
        for path in [
            "",
            "/",
            "analysis/3",
            "analysis/../../etc/passwd",
            "analysis/3/at/x",
            "analysis/3/at/0/more",
            "analysis/3/poster/0",
            "analysis/3/at/0?w=x",
            "job/4/poster",
            "job/4/face/0",
            "job/4/heat/0",
            "analysis/3/heat",
            "preview/x",
            "preview/1/2",
            "file/3/at/0",
            "model/ff/roc",
            "model/+0000000000000ff/roc",
            "model/00000000000000ff/card",
            "model/00000000000000ff/roc/more",
            "analysis/3/at/%",
            "analysis/3/at/%FF",
        ] {
            assert_eq!(Address::parse(path), None, "{path}");
        }
    }
}
