//! CSV (RFC 4180): one row a person; an item without people has one row with the person's cells empty.

use analysis::{Analysis, Person, Segment, Verdict};

/// The columns, in order. Names are those of the JSON, but that people are numbered from 1 as in texts, reports and case
/// files; times are microseconds; lists are joined with a space.
pub const HEADER: [&str; 26] = [
    "path",
    "path_bytes",
    "sha256",
    "bytes",
    "kind",
    "width",
    "height",
    "duration_us",
    "codec",
    "damaged",
    "verdict",
    "strength",
    "reasons",
    "score",
    "person",
    "first_us",
    "last_us",
    "crops",
    "usable_crops",
    "person_verdict",
    "person_strength",
    "person_reasons",
    "person_score",
    "segments",
    "error_code",
    "error_message",
];

/// The header line.
pub fn header() -> String {
    line(HEADER.map(String::from).to_vec())
}

/// The rows of one item, each with its line end.
pub fn rows(analysis: &Analysis) -> String {
    let row = |person: Option<&Person>| {
        let mut cells = file_cells(analysis);
        cells.extend(verdict_cells(Some(&analysis.verdict)));
        cells.extend(person_cells(person));
        let error = analysis.error.as_ref();
        cells.push(error.map_or_else(String::new, |e| name(&e.code)));
        cells.push(error.map_or_else(String::new, |e| guarded(&e.message)));
        line(cells)
    };
    if analysis.people.is_empty() {
        return row(None);
    }
    analysis.people.iter().map(|p| row(Some(p))).collect()
}

fn file_cells(analysis: &Analysis) -> Vec<String> {
    let file = &analysis.file;
    let media = file.media.as_ref();
    vec![
        guarded(&file.path),
        file.path_bytes.clone().unwrap_or_default(),
        file.sha256.clone().unwrap_or_default(),
        shown(file.bytes),
        file.kind.as_ref().map_or_else(String::new, name),
        shown(media.map(|m| m.width)),
        shown(media.map(|m| m.height)),
        shown(media.and_then(|m| m.duration_us)),
        media.map_or_else(String::new, |m| guarded(&m.codec)),
        shown(media.map(|m| m.damaged)),
    ]
}

fn verdict_cells(verdict: Option<&Verdict>) -> [String; 4] {
    let reasons = verdict.map_or_else(String::new, |v| v.reasons.iter().map(name).collect::<Vec<_>>().join(" "));
    [
        verdict.map_or_else(String::new, |v| name(&v.code)),
        verdict.and_then(|v| v.strength).as_ref().map_or_else(String::new, name),
        reasons,
        shown(verdict.and_then(|v| v.score).map(base::Score::get)),
    ]
}

fn person_cells(person: Option<&Person>) -> Vec<String> {
    let segment = |s: &Segment| format!("{}-{}", s.start_us.micros(), s.end_us.micros());
    let mut cells = vec![
        shown(person.map(|p| p.track + 1)),
        shown(person.map(|p| p.first_us.micros())),
        shown(person.map(|p| p.last_us.micros())),
        shown(person.map(|p| p.crops)),
        shown(person.map(|p| p.usable_crops)),
    ];
    cells.extend(verdict_cells(person.map(|p| &p.verdict)));
    cells.push(person.map_or_else(String::new, |p| p.segments.iter().map(segment).collect::<Vec<_>>().join(" ")));
    cells
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

/// The name that a closed enum has in the JSON.
fn name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Text that a spreadsheet would take for a formula gets an apostrophe in front: file names are chosen
/// by strangers.
fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

fn line(cells: Vec<String>) -> String {
    let quoted: Vec<String> = cells.into_iter().map(quoted).collect();
    format!("{}\r\n", quoted.join(","))
}

fn quoted(cell: String) -> String {
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::{ErrorCode, FileFacts, ItemError, Reason, Run, Strength};
    use base::{Score, Timestamp};
    use std::path::Path;

    fn item(path: &str) -> Analysis {
        let run = Run {
            app: "facefiction 0".into(),
            device: "cpu".into(),
            threads: 1,
            fps: None,
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 0.5,
            warnings: vec![],
            controls: vec![],
        };
        let error = ItemError { code: ErrorCode::Empty, message: "-1".into() };
        Analysis::failed(FileFacts::at(Path::new(path)), error, vec![], run)
    }

    fn person(track: u32, verdict: Verdict) -> Person {
        Person {
            track,
            first_us: Timestamp::from_micros(0),
            last_us: Timestamp::from_micros(8),
            crops: 9,
            usable_crops: 8,
            score: verdict.score,
            verdict,
            fraction_above: None,
            longest_run: 0,
            scores: Default::default(),
            segments: vec![],
            stability: None,
        }
    }

    #[test]
    fn every_row_has_every_column() {
        let suspected = Verdict::suspected(Score::new(0.25).unwrap(), Strength::Limited, []);
        let mut item = item("a.mp4");
        item.verdict = suspected.clone();
        item.people = vec![person(0, suspected), person(1, Verdict::not_examined([Reason::TooSmall, Reason::Blurred]))];
        let text = rows(&item);
        let lines: Vec<Vec<&str>> = text.trim_end().split("\r\n").map(|l| l.split(',').collect()).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|row| row.len() == HEADER.len()));
        let at = |row: usize, name: &str| lines[row][HEADER.iter().position(|h| *h == name).unwrap()];
        assert_eq!((at(0, "verdict"), at(0, "strength"), at(0, "person_score")), ("suspected", "limited", "0.25"));
        assert_eq!((at(1, "person"), at(1, "person_reasons"), at(1, "person_score")), ("2", "tooSmall blurred", ""));
    }

    #[test]
    fn names_are_quoted_and_are_no_formulas() {
        let text = rows(&item("=cmd|' /C calc'!A0, \"x\"\n.jpg"));
        assert!(text.starts_with("\"'=cmd|' /C calc'!A0, \"\"x\"\"\n.jpg\","), "{text}");
        assert!(text.ends_with(",empty,'-1\r\n"), "{text}");
    }
}
