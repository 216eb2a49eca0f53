//! Sections 1, 8 to 10, 12 and 13: what frames the results.

use super::block::columns;
use super::examined::started;
use super::summary::{callout, found};
use super::teller::Teller;
use super::{Block, Callout, Cell, Fact, Section};
use crate::dossier::Opinion;
use crate::material::Redaction;
use crate::moment::Moment;
use crate::package::sha256;
use crate::safe::{one_line, paragraphs};
use crate::words::{fill, of};
use analysis::{EvidenceState, ExhibitKind, MediaKind, Strength, Task, VerdictCode};

/// How far a raw output may differ on another device (field guide 5.8).
pub(crate) const TOLERANCE: f64 = 5e-3;

/// Section 1.
pub(crate) fn this_report(t: &Teller<'_>) -> Section {
    let (w, d) = (t.w, t.dossier());
    let stated = |text: &Option<String>| text.as_deref().map_or_else(|| w.not_stated.clone(), one_line);
    let noted = |text: &Option<String>| text.as_deref().map(|text| t.noted(text));
    let rows = vec![
        Fact::new(&w.f_report_id, stated(&noted(&d.report_id))),
        Fact::new(&w.f_case, stated(&noted(&d.case))),
        Fact::new(&w.f_author, stated(&d.author)),
        Fact::new(&w.f_organisation, stated(&d.organisation)),
        Fact::new(&w.f_made, made(t)),
        Fact::new(&w.f_app, t.m.app.to_owned()),
        Fact::new(&w.f_schema, t.analysis().schema.clone()),
        Fact::new(&w.f_language, w.language.clone()),
        Fact::new(&w.f_redaction, if t.redacted() { w.redacted.clone() } else { w.not_redacted.clone() }),
    ];
    let blocks = vec![Block::Facts { rows }, Block::text(w.how_to_read.clone())];
    Section { heading: w.s_report.clone(), blocks }
}

/// Here and in UTC.
fn made(t: &Teller<'_>) -> String {
    let made = t.m.made;
    if made.offset_minutes == 0 {
        return t.lang.moment(made);
    }
    format!("{} ({})", t.lang.moment(made), t.lang.moment(Moment::utc(made.unix_seconds)))
}

/// Whether a first opinion was there before the scores were; `None` when there is none.
pub(crate) fn is_blind(t: &Teller<'_>) -> Option<bool> {
    let opinion = t.dossier().first_opinion.as_ref()?;
    let at = opinion.at.as_deref().and_then(Moment::parse);
    let started = Moment::parse(&t.analysis().run.started);
    Some(at.zip(started).is_some_and(|(at, started)| at.unix_seconds < started.unix_seconds))
}

/// Section 8.
pub(crate) fn observations(t: &Teller<'_>) -> Section {
    let (w, d) = (t.w, t.dossier());
    let mut blocks = Vec::new();
    if let Some(opinion) = &d.first_opinion {
        blocks.push(Block::heading(&w.first_opinion));
        blocks.extend(opinion_text(t, opinion));
        let at = opinion.at.as_deref().and_then(Moment::parse).map(|m| t.lang.moment(m));
        let said = match (is_blind(t), &at) {
            (_, None) => w.opinion_undated.clone(),
            (Some(true), Some(at)) => fill(&w.opinion_blind, &[("at", at), ("started", &started(t))]),
            (_, Some(at)) => fill(&w.opinion_late, &[("at", at), ("started", &started(t))]),
        };
        blocks.push(Block::small(said));
    }
    if let Some(notes) = &d.notes {
        blocks.push(Block::heading(&w.notes));
        blocks.extend(noted(t, notes));
    }
    if let Some(second) = &d.second_reviewer {
        blocks.push(Block::heading(&w.second_reviewer));
        blocks.extend(opinion_text(t, second));
    }
    if blocks.is_empty() {
        blocks.push(Block::text(w.observations_none.clone()));
    }
    Section { heading: w.s_observations.clone(), blocks }
}

fn noted(t: &Teller<'_>, text: &str) -> Vec<Block> {
    paragraphs(text).into_iter().map(|p| Block::text(t.noted(&p))).collect()
}

fn opinion_text(t: &Teller<'_>, opinion: &Opinion) -> Vec<Block> {
    let mut blocks = noted(t, &opinion.text);
    let told = [opinion.by.as_deref(), opinion.at.as_deref()];
    let told: Vec<String> = told.into_iter().flatten().map(one_line).collect();
    if !told.is_empty() {
        blocks.push(Block::small(told.join(", ")));
    }
    blocks
}

/// Section 9.
pub(crate) fn conclusion(t: &Teller<'_>) -> Section {
    let w = t.w;
    let mut blocks = vec![Block::Callout { callout: Callout { small: w.limits.clone(), ..callout(t) } }];
    if t.with_code(VerdictCode::Suspected).is_empty()
        && t.failure().is_none()
        && let Some(found) = found(t)
        && t.analysis().verdict.code != VerdictCode::NoIndication
    {
        blocks.push(Block::text(found));
    }
    blocks.push(Block::text(w.scale.clone()));
    let columns = columns([(&w.col_word, 1.0), (&w.col_ratio, 1.0), (&w.col_this, 1.0)]);
    let here = |strength: Strength| {
        let people = t.analysis().people.iter().filter(|p| p.verdict.strength == Some(strength));
        let tracks: Vec<u32> = people.map(|p| p.track).collect();
        if tracks.is_empty() { String::new() } else { fill(&w.scale_here, &[("people", &t.people(&tracks))]) }
    };
    let levels = [
        (Strength::Limited, &w.ratio_2),
        (Strength::Moderate, &w.ratio_10),
        (Strength::ModeratelyStrong, &w.ratio_100),
    ];
    let mut rows: Vec<Vec<Cell>> = levels
        .into_iter()
        .map(|(s, ratio)| {
            let told = here(s);
            let strong = !told.is_empty();
            let cells = [of(&w.word, &s), ratio.clone(), told];
            cells.into_iter().map(|text| Cell { strong, ..Cell::from(text) }).collect()
        })
        .collect();
    rows.push([w.word_higher.clone(), w.ratio_1000.clone(), String::new()].map(Cell::from).into());
    blocks.extend([Block::Table { columns, rows }, Block::small(w.scale_sources.clone())]);
    Section { heading: w.s_conclusion.clone(), blocks }
}

/// Section 10.
pub(crate) fn limits(t: &Teller<'_>) -> Section {
    let w = t.w;
    let mut blocks =
        vec![Block::text(w.limits.clone()), Block::text(w.not_covered.clone()), Block::text(w.editorial.clone())];
    let today = t.m.made.rfc3339();
    for m in t.m.models.iter().filter(|m| m.expires.as_str() < today.get(..10).unwrap_or_default()) {
        blocks.push(Block::text(fill(&w.expired, &[("model", &m.id), ("expires", &m.expires)])));
    }
    let scoring: Vec<_> = t.m.models.iter().filter(|m| m.scoring.is_some()).collect();
    if !scoring.is_empty() {
        blocks.push(Block::heading(&w.not_for_title));
        blocks.extend(scoring.into_iter().map(|m| Block::led(&m.id, one_line(m.not_for.trim()))));
    }
    Section { heading: w.s_limits.clone(), blocks }
}

/// Section 12.
pub(crate) fn reproduction(t: &Teller<'_>) -> Section {
    let (w, run) = (t.w, &t.analysis().run);
    let threads = match run.threads {
        1 => w.thread_one.clone(),
        n => fill(&w.thread_many, &[("n", &n.to_string())]),
    };
    let device = fill(&w.device_line, &[("device", &run.device.to_uppercase()), ("threads", &threads)]);
    let rows = vec![
        Fact::new(&w.f_app, run.app.clone()),
        Fact::new(&w.f_device, device),
        Fact::new(&w.f_started, started(t)),
        Fact::new(&w.f_took, fill(&w.seconds, &[("n", &t.lang.decimal(run.seconds, 1))])),
    ];
    let tolerance = t.lang.decimal(TOLERANCE, 3);
    let blocks = vec![
        Block::text(fill(&w.reproduction, &[("tolerance", &tolerance)])),
        Block::Code { text: command(t) },
        Block::Facts { rows },
        Block::text(w.recheck.clone()),
    ];
    Section { heading: w.s_reproduction.clone(), blocks }
}

/// The command line that examines the file in the same way.
fn command(t: &Teller<'_>) -> String {
    let analysis = t.analysis();
    let mut parts = vec!["facefiction scan".to_owned()];
    match (analysis.file.kind, analysis.run.fps) {
        (Some(MediaKind::Video), Some(fps)) => parts.push(format!("--fps {fps}")),
        (Some(MediaKind::Video), None) => parts.push("--every-frame".to_owned()),
        _ => {}
    }
    let scoring = |task| matches!(task, Task::FaceManipulation | Task::FaceSynthesis);
    parts.extend(analysis.models.iter().filter(|m| scoring(m.task)).map(|m| format!("--model {}", m.id)));
    if analysis.models.iter().any(|m| m.id.starts_with("blazeface")) {
        parts.push("--detector blazeface".to_owned());
    }
    parts.push(format!("--device {} --format json", analysis.run.device));
    let path = if t.redacted() { "FILE".to_owned() } else { quoted(&t.file_name()) };
    parts.push(format!("-- {path}"));
    parts.join(" ")
}

/// A word of a shell's command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '+' | ',' | ':');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Section 13.
pub(crate) fn annexes(t: &Teller<'_>) -> Section {
    let w = t.w;
    let mut blocks = vec![Block::heading(&w.annex_a), Block::text(w.activity.clone()), activity(t)];
    blocks.push(Block::heading(&w.annex_b));
    match exhibits(t) {
        Some(table) => blocks.extend([Block::text(w.exhibits_note.clone()), table]),
        None => {
            let why = t.why_no_pictures().unwrap_or_default();
            blocks.push(Block::text(fill(&w.exhibits_none, &[("why", &why)])));
        }
    }
    blocks.push(Block::heading(&w.annex_c));
    let rows = w.glossary.iter().map(|(term, meaning)| Fact::new(term, meaning.clone()));
    blocks.push(Block::Facts { rows: rows.collect() });
    if t.m.style.redaction == Redaction::On {
        blocks.push(Block::heading(&w.annex_d));
        let tracks: Vec<u32> = t.concerned().iter().copied().collect();
        let text = if tracks.is_empty() {
            w.redaction_nobody.clone()
        } else {
            fill(&w.redaction, &[("people", &t.people(&tracks))])
        };
        blocks.push(Block::text(text));
    }
    Section { heading: w.s_annexes.clone(), blocks }
}

fn activity(t: &Teller<'_>) -> Block {
    let (w, file) = (t.w, &t.analysis().file);
    let made = t.lang.moment(t.m.made);
    let app = &t.analysis().run.app;
    let scanned = match &file.sha256 {
        Some(sha) => fill(&w.act_scanned, &[("app", app), ("sha", sha)]),
        None => fill(&w.act_unhashed, &[("app", app)]),
    };
    let mut rows = vec![(started(t), scanned)];
    rows.extend(t.failure().map(|error| (started(t), fill(&w.failed, &[("error", &error)]))));
    rows.push(match t.m.evidence {
        EvidenceState::Unchanged | EvidenceState::Undecodable => (made.clone(), w.act_checked.clone()),
        EvidenceState::Absent => (made.clone(), fill(&w.act_check_failed, &[("why", &w.no_pictures_absent)])),
        EvidenceState::Changed { found } => {
            let why = fill(&w.no_pictures_changed, &[("found", found)]);
            (made.clone(), fill(&w.act_check_failed, &[("why", &why)]))
        }
    });
    let n = t.exhibits().count();
    if n > 0 {
        rows.push((made.clone(), fill(&w.act_pictures, &[("n", &n.to_string())])));
    }
    rows.push((made, w.act_reported.clone()));
    let columns = columns([(&w.col_when, 0.0), (&w.col_what, 1.0)]);
    Block::Table { columns, rows: rows.into_iter().map(|(when, what)| [when, what].map(Cell::from).into()).collect() }
}

fn exhibits(t: &Teller<'_>) -> Option<Block> {
    let w = t.w;
    let columns = columns([(&w.col_exhibit, 0.0), (&w.col_shows, 0.0), (&w.sha256, 1.0)]);
    let row = |e: &analysis::Exhibit| {
        let text = match (e.kind, t.is_video()) {
            (ExhibitKind::Frame, true) => &w.shows_frame,
            (ExhibitKind::Frame, false) => &w.shows_frame_still,
            (ExhibitKind::Face, true) => &w.shows_face,
            (ExhibitKind::Face, false) => &w.shows_face_still,
            (ExhibitKind::HeatMap, true) => &w.shows_map,
            (ExhibitKind::HeatMap, false) => &w.shows_map_still,
        };
        let shows = fill(text, &[("person", &t.person(e.track)), ("time", &t.time(e.pts_us))]);
        let hash = sha256(&e.bytes);
        // In halves: as one word it would be wider than its column.
        let (first, second) = hash.split_at_checked(hash.len() / 2).unwrap_or((&hash, ""));
        vec![Cell::mono(e.name.clone()), Cell::from(shows), Cell::mono(format!("{first} {second}"))]
    };
    let rows: Vec<Vec<Cell>> = t.exhibits().map(row).collect();
    (!rows.is_empty()).then_some(Block::Table { columns, rows })
}
