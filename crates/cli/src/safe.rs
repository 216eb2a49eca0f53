//! File names are chosen by whoever made the file: what they may do to a terminal is decided here.

/// The text on one line, with everything escaped that moves the cursor, changes the reading direction
/// or hides: control characters, line ends, bidirectional and zero-width marks.
pub(crate) fn one_line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let hides = matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
        if c.is_control() || hides {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn nothing_reaches_the_terminal_but_what_can_be_seen() {
        assert_eq!(one_line("a b 'c' \"d\" é 😀.mp4"), "a b 'c' \"d\" é 😀.mp4");
        assert_eq!(one_line("a\nb\x1b[2J\u{202e}gpj"), "a\\nb\\u{1b}[2J\\u{202e}gpj");
        assert_eq!(one_line("👩\u{200d}💻"), "👩\u{200d}💻");
    }
}
