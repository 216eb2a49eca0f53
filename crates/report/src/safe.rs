//! File names and notes are chosen by strangers: what they may do to a page is decided here.

/// The text on one line, with everything escaped that hides or changes the reading direction: control
/// characters, line ends, bidirectional and zero-width marks.
pub(crate) fn one_line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || hides(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    safe
}

/// The paragraphs of a text; within each everything is escaped that hides.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| one_line(&line.replace('\t', " "))).collect()
}

/// Marks that cannot be seen. Joiners are kept: writing needs them.
fn hides(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(one_line("a\nb\u{202e}gpj"), "a\\nb\\u{202e}gpj");
        assert_eq!(one_line("\"c\" 'é' شاهد 日本"), "\"c\" 'é' شاهد 日本");
        assert_eq!(paragraphs("one\n\n two\t2\r\nthree"), ["one", "two 2", "three"]);
    }
}
