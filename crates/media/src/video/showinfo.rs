//! Reads what ffmpeg's `showinfo` filter says on standard error.
//!
//! Two instances report: `showinfo@seen` on every decoded frame, before sampling, and
//! `showinfo@kept` on the frames that sampling kept. Both print integer ticks (`pts:`); the seconds
//! that they print as well have six significant digits only and are not used.

use std::collections::VecDeque;

use super::planes::Colours;

/// Name of the instance that sees every frame.
pub(crate) const SEEN: &str = "seen";
/// Name of the instance that sees the sampled ones.
pub(crate) const KEPT: &str = "kept";

/// What one line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A frame was decoded; its ticks, where it has any.
    Seen(Option<i64>),
    /// A frame passed the sampling.
    Kept(Option<i64>),
    /// Colours of the frame that passed the sampling last.
    Colours(Colours),
    /// Other words of `showinfo`.
    Chatter,
    /// Not of `showinfo`.
    Other,
}

/// Reads `[showinfo@seen @ 0x55…] [info] n:   1 pts:    512 pts_time:0.0333333 …` and, some lines later,
/// `[showinfo@seen @ 0x55…] [info] color_range:tv color_space:bt709 …`.
pub(crate) fn parse(line: &str) -> Line {
    let Some(rest) = line.strip_prefix("[showinfo@") else { return Line::Other };
    let Some((head, text)) = rest.split_once("] [info] ") else { return Line::Chatter };
    if head.starts_with(KEPT)
        && let Some(range) = word(text, "color_range:")
        && let Some(space) = word(text, "color_space:")
    {
        return Line::Colours(Colours::named(range, space));
    }
    let Some(text) = text.strip_prefix("n:") else { return Line::Chatter };
    let Some((_, after)) = text.split_once(" pts:") else { return Line::Chatter };
    let ticks = after.split_whitespace().next().and_then(|word| word.parse().ok());
    match head.split(' ').next() {
        Some(SEEN) => Line::Seen(ticks),
        Some(KEPT) => Line::Kept(ticks),
        _ => Line::Chatter,
    }
}

/// The word that follows `name`, where the text begins with names of this kind.
fn word<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let words = text.trim_start();
    let first = words.starts_with("color_");
    words.split_whitespace().find_map(|word| word.strip_prefix(name)).filter(|_| first)
}

/// Gives each kept frame its number among all decoded ones, which arrive in the same order.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    seen: u64,
    waiting: VecDeque<(u64, Option<i64>)>,
}

impl Numbering {
    /// A frame was decoded.
    pub fn seen(&mut self, ticks: Option<i64>) {
        self.waiting.push_back((self.seen, ticks));
        self.seen += 1;
    }

    /// The number of a kept frame; `None` when no decoded frame has that time.
    pub fn kept(&mut self, ticks: Option<i64>) -> Option<u64> {
        let found = self.waiting.iter().position(|&(_, t)| t == ticks)?;
        self.waiting.drain(..=found).next_back().map(|(index, _)| index)
    }

    /// How many frames were decoded so far.
    pub fn count(&self) -> u64 {
        self.seen
    }

    /// Forgets frames that sampling has dropped for good: a kept one is reported right after it was
    /// seen, so a few suffice.
    pub fn forget_old(&mut self) {
        const ENOUGH: usize = 64;
        let surplus = self.waiting.len().saturating_sub(ENOUGH);
        self.waiting.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_and_seconds_are_not() {
        let line =
            "[showinfo@seen @ 0x55cd8919c700] [info] n:   1 pts:    512 pts_time:0.0333333 pos:     6866 fmt:yuv420p";
        assert_eq!(parse(line), Line::Seen(Some(512)));
        let line = "[showinfo@kept @ 0x1] [info] n:1234 pts:-90000 pts_time:-1 duration: 1 fmt:rgb24";
        assert_eq!(parse(line), Line::Kept(Some(-90_000)));
        let line = "[showinfo@kept @ 0x1] [info] n:   0 pts: NOPTS pts_time:NOPTS pos: 0";
        assert_eq!(parse(line), Line::Kept(None));
        assert_eq!(parse("[showinfo@kept @ 0x1] [info] config in time_base: 1/15360, frame_rate: 30/1"), Line::Chatter);
        assert_eq!(parse("[h264 @ 0x1] [error] n:  0 pts: 1"), Line::Other);
        let line = "color_range:tv color_space:bt709 color_primaries:bt709 color_trc:bt709";
        let colours = Line::Colours(Colours::named("tv", "bt709"));
        assert_eq!(parse(&format!("[showinfo@kept @ 0x1] [info] {line}")), colours);
        assert_eq!(parse(&format!("[showinfo@seen @ 0x1] [info] {line}")), Line::Chatter);
        let words = "[showinfo@kept @ 0x1] [info] User Data=63 color_range:pc color_space:gbr";
        assert_eq!(parse(words), Line::Chatter);
    }

    #[test]
    fn kept_frames_get_their_number_among_all() {
        let mut numbering = Numbering::default();
        for ticks in [Some(0), Some(5), None, Some(10), Some(15)] {
            numbering.seen(ticks);
        }
        assert_eq!(numbering.kept(Some(5)), Some(1));
        assert_eq!(numbering.kept(None), Some(2));
        assert_eq!(numbering.kept(Some(10)), Some(3));
        assert_eq!(numbering.kept(Some(99)), None);
        assert_eq!(numbering.count(), 5);
    }
}
