//! The report's own fonts. Archives demand that every character has a glyph, so what none of them has is
//! written as its code.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

macro_rules! fonts {
    ($($file:literal)*) => {
        /// In order of preference.
        const FILES: &[&[u8]] = &[$(include_bytes!(concat!("../../../assets/fonts/", $file))),*];
    };
}

fonts! {
    "Inter-Regular.otf" "Inter-SemiBold.otf" "Inter-Italic.otf" "JetBrainsMono-Regular.ttf"
    "NotoSansArabic-Regular.ttf" "NotoSansHebrew-Regular.ttf" "NotoSansDevanagari-Regular.ttf"
    "NotoSansBengali-Regular.ttf" "NotoSansTamil-Regular.ttf" "NotoSansThai-Regular.ttf"
    "NotoSansArmenian-Regular.ttf" "NotoSansGeorgian-Regular.ttf" "NotoSansEthiopic-Regular.ttf"
    "NanumSquareR.ttf" "DroidSansFallbackFull.ttf"
}

/// The fonts as the typesetter wants them.
pub(crate) struct Fonts {
    pub faces: Vec<Font>,
    pub book: LazyHash<FontBook>,
    covered: BTreeSet<char>,
}

/// All fonts, read once.
pub(crate) fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let faces: Vec<Font> = FILES.iter().flat_map(|file| Font::iter(Bytes::new(*file))).collect();
        let book = LazyHash::new(FontBook::from_fonts(&faces));
        let coverage = faces.iter().flat_map(|f| f.info().coverage.iter());
        let covered = coverage.filter_map(char::from_u32).collect();
        Fonts { faces, book, covered }
    })
}

/// Every string in `value` with only characters that can be set.
pub(crate) fn settable(value: &mut Value) {
    match value {
        Value::String(text) => *text = shown(text),
        Value::Array(all) => all.iter_mut().for_each(settable),
        Value::Object(all) => all.values_mut().for_each(settable),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `a😀` becomes `a[U+1F600]`.
fn shown(text: &str) -> String {
    let covered = &fonts().covered;
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Says how the character before it is to look; without that it says nothing.
            '\u{fe00}'..='\u{fe0f}' | '\u{200c}' | '\u{200d}' => {
                if covered.contains(&c) && !matches!(c, '\u{fe00}'..='\u{fe0f}') {
                    safe.push(c);
                }
            }
            c if covered.contains(&c) => safe.push(c),
            c => safe.push_str(&format!("[U+{:04X}]", c as u32)),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_the_world_are_covered_and_the_rest_is_named() {
        for text in
            ["Łódź «É» “q”", "Привет", "Ελλάδα", "شاهد", "שלום", "日本語 한국어 中文", "हिन्दी", "ไทย", "ქართული"]
        {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("a😀b"), "a[U+1F600]b");
        assert_eq!(shown("\u{2764}\u{fe0f}").matches('\u{fe0f}').count(), 0);
    }
}
