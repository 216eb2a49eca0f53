//! Signs of the text output, with a plain twin for terminals that know only ASCII.

use scan::analysis::VerdictCode;
use scan::base::Score;

/// Which signs the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyphs {
    /// Anything.
    Unicode,
    /// Letters and punctuation.
    Ascii,
}

impl Glyphs {
    /// ASCII when the environment names another character set than UTF-8; Unicode otherwise, also when
    /// nothing is set, as in a bare container. `variable` reads an environment variable.
    pub(crate) fn choose(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|v| variable(v).filter(|value| !value.is_empty()));
        let utf8 = set.is_none_or(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        });
        if utf8 && variable("TERM").as_deref() != Some("dumb") { Self::Unicode } else { Self::Ascii }
    }

    /// The shape of a verdict: it never rests on colour.
    pub(crate) fn verdict(self, code: VerdictCode) -> &'static str {
        match (self, code) {
            (Self::Unicode, VerdictCode::NotExamined) => "◌",
            (Self::Unicode, VerdictCode::NoIndication) => "○",
            (Self::Unicode, VerdictCode::Inconclusive) => "◐",
            (Self::Unicode, VerdictCode::Suspected) => "◆",
            (Self::Ascii, VerdictCode::NotExamined) => "(.)",
            (Self::Ascii, VerdictCode::NoIndication) => "( )",
            (Self::Ascii, VerdictCode::Inconclusive) => "(-)",
            (Self::Ascii, VerdictCode::Suspected) => "<!>",
        }
    }

    /// The sign of a failed item.
    pub(crate) fn failed(self) -> &'static str {
        match self {
            Self::Unicode => "✕",
            Self::Ascii => "(x)",
        }
    }

    /// One step of a curve, an eighth of [0, 1] each.
    pub(crate) fn level(self, score: Score) -> char {
        const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        const PLAIN: [char; 8] = ['_', '.', '-', '~', '=', '+', '*', '#'];
        let step = ((score.get() * 8.0) as usize).min(7);
        let levels = match self {
            Self::Unicode => BLOCKS,
            Self::Ascii => PLAIN,
        };
        levels.get(step).copied().unwrap_or(' ')
    }

    /// A face that was seen but not good enough to be scored.
    pub(crate) fn unscored(self) -> char {
        match self {
            Self::Unicode => '·',
            Self::Ascii => ':',
        }
    }

    /// Ends of a lane.
    pub(crate) fn wall(self) -> char {
        match self {
            Self::Unicode => '│',
            Self::Ascii => '|',
        }
    }

    /// Between two ends of a range.
    pub(crate) fn dash(self) -> &'static str {
        match self {
            Self::Unicode => "–",
            Self::Ascii => "-",
        }
    }

    /// Between width and height.
    pub(crate) fn times(self) -> &'static str {
        match self {
            Self::Unicode => "×",
            Self::Ascii => "x",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_named_other_character_set_means_ascii() {
        let with = |pairs: &'static [(&str, &str)]| {
            Glyphs::choose(move |v| pairs.iter().find(|(k, _)| *k == v).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[]), Glyphs::Unicode);
        assert_eq!(with(&[("LANG", "fr_FR.UTF-8")]), Glyphs::Unicode);
        assert_eq!(with(&[("LC_ALL", ""), ("LANG", "C.utf8")]), Glyphs::Unicode);
        assert_eq!(with(&[("LC_ALL", "C"), ("LANG", "fr_FR.UTF-8")]), Glyphs::Ascii);
        assert_eq!(with(&[("LANG", "fr_FR.ISO-8859-1")]), Glyphs::Ascii);
        assert_eq!(with(&[("TERM", "dumb")]), Glyphs::Ascii);
    }

    #[test]
    fn ascii_is_ascii_and_levels_rise() {
        let score = |v| Score::new(v).unwrap();
        for v in [0.0, 0.13, 0.5, 0.99, 1.0] {
            assert!(Glyphs::Ascii.level(score(v)).is_ascii());
        }
        assert_eq!([0.0, 0.5, 1.0].map(|v| Glyphs::Unicode.level(score(v))), ['▁', '▅', '█']);
        for code in crate::words::tests::VERDICTS {
            assert!(Glyphs::Ascii.verdict(code).is_ascii());
        }
    }
}
