//! Sections 2 to 5: what was asked, of which file, and whether it can bear an answer.

use std::collections::BTreeMap;

use analysis::{EvidenceState, MediaKind, Reason};

use super::block::columns;
use super::summary::person_cell;
use super::teller::Teller;
use super::{Block, Cell, Fact, Section};
use crate::moment::Moment;
use crate::safe::one_line;
use crate::words::{fill, of};

/// Rows of the table of people; an hour of a crowd has hundreds.
const ROWS: usize = 60;

/// Section 2.
pub(crate) fn question(t: &Teller<'_>) -> Section {
    let w = t.w;
    let rows = vec![Fact::new("H1", w.h1.clone()), Fact::new("H2", w.h2.clone())];
    let blocks = vec![Block::text(t.title()), Block::text(w.propositions.clone()), Block::Facts { rows }];
    Section { heading: w.s_question.clone(), blocks }
}

/// Section 3.
pub(crate) fn item(t: &Teller<'_>) -> Section {
    let (w, file, dossier) = (t.w, &t.analysis().file, t.dossier());
    let stated = |text: &Option<String>| text.as_deref().map_or_else(|| w.not_stated.clone(), one_line);
    let kind = match file.kind {
        Some(MediaKind::Image) => w.image.clone(),
        Some(MediaKind::Video) => w.video.clone(),
        None => w.unknown.clone(),
    };
    let bytes = file.bytes.map_or_else(|| w.unknown.clone(), |n| fill(&w.bytes, &[("n", &t.lang.integer(n))]));
    let rehash = match t.m.evidence {
        EvidenceState::Unchanged | EvidenceState::Undecodable => w.rehash_same.clone(),
        EvidenceState::Changed { found } => fill(&w.rehash_changed, &[("found", found)]),
        EvidenceState::Absent => w.rehash_absent.clone(),
    };
    let mut rows = vec![
        Fact::new(&w.f_name, t.file_name()),
        Fact::new(&w.f_bytes, bytes),
        Fact::mono(&w.sha256, file.sha256.clone().unwrap_or_else(|| w.unknown.clone())),
        Fact::new(&w.f_rehash, rehash),
        Fact::new(&w.f_kind, kind),
    ];
    // Who handed a file over is what redaction is for.
    if !t.redacted() {
        rows.push(Fact::new(&w.f_received, stated(&dossier.received)));
        rows.push(Fact::new(&w.f_copy, stated(&dossier.copy)));
    }
    rows.push(Fact::new(&w.f_examined, started(t)));
    let mut blocks = vec![Block::Facts { rows }];
    if !t.redacted() {
        blocks.push(Block::heading(&w.custody));
        if dossier.custody.is_empty() {
            blocks.push(Block::text(w.custody_none.clone()));
        } else {
            let columns = columns([(&w.col_when, 0.0), (&w.col_who, 0.0), (&w.col_what, 1.0)]);
            let row = |c: &crate::dossier::Custody| [&c.when, &c.who, &c.what].map(|s| Cell::from(one_line(s))).into();
            blocks.push(Block::Table { columns, rows: dossier.custody.iter().map(row).collect() });
        }
    }
    Section { heading: w.s_item.clone(), blocks }
}

/// When the examination began, in words.
pub(crate) fn started(t: &Teller<'_>) -> String {
    let started = &t.analysis().run.started;
    Moment::parse(started).map_or_else(|| one_line(started), |m| t.lang.moment(m))
}

/// Section 4.
pub(crate) fn provenance(t: &Teller<'_>) -> Section {
    Section { heading: t.w.s_provenance.clone(), blocks: vec![Block::text(t.w.provenance.clone())] }
}

/// Section 5.
pub(crate) fn suitability(t: &Teller<'_>) -> Section {
    let w = t.w;
    let mut blocks = Vec::new();
    if t.analysis().file.media.is_some() {
        blocks.push(Block::Facts { rows: media(t) });
    }
    if !t.analysis().people.is_empty() {
        blocks.push(Block::text(w.excluded.clone()));
        blocks.push(people(t));
    }
    if blocks.is_empty() || t.failure().is_some() {
        blocks.push(Block::text(super::summary::callout(t).text));
    }
    Section { heading: w.s_technical.clone(), blocks }
}

fn media(t: &Teller<'_>) -> Vec<Fact> {
    let w = t.w;
    let Some(media) = &t.analysis().file.media else { return Vec::new() };
    let mut rows = vec![
        Fact::new(&w.f_codec, codec(&media.codec)),
        Fact::new(&w.f_picture, format!("{} × {}", media.width, media.height)),
    ];
    if t.is_video() {
        rows.push(Fact::new(&w.f_rate, rate(t).unwrap_or_else(|| w.unknown.clone())));
        let duration = media.duration_us.map(|us| t.time(base::Timestamp::from_micros(us)));
        rows.push(Fact::new(&w.f_duration, duration.unwrap_or_else(|| w.unknown.clone())));
    }
    if media.rotation != 0 {
        rows.push(Fact::new(&w.f_rotation, fill(&w.degrees, &[("n", &media.rotation.to_string())])));
    }
    // What is said of decoding and of faces would be said of nothing.
    if t.failure().is_some() {
        return rows;
    }
    let damage = match (media.damaged, media.covered_us) {
        (false, _) => w.damage_none.clone(),
        (true, None) => w.damage_all.clone(),
        (true, Some([from, to])) => {
            let [from, to] = [from, to].map(|us| t.time(base::Timestamp::from_micros(us)));
            fill(&w.damage_some, &[("from", &from), ("to", &to)])
        }
    };
    rows.push(Fact::new(&w.f_damage, damage));
    let n = t.lang.integer(t.analysis().timeline.len() as u64);
    let sampling = match (t.is_video(), t.analysis().run.fps) {
        (true, Some(fps)) => fill(&w.sampling_fps, &[("n", &n), ("fps", &plain(t, fps))]),
        (true, None) => fill(&w.sampling_all, &[("n", &n)]),
        (false, _) => w.sampling_still.clone(),
    };
    rows.push(Fact::new(&w.f_sampling, sampling));
    let (all, usable) = counts(t);
    let values = [("n", t.lang.integer(all)), ("usable", t.lang.integer(usable))];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    rows.push(Fact::new(&w.f_faces, fill(&w.faces_line, &values)));
    rows
}

/// Faces found and usable.
pub(crate) fn counts(t: &Teller<'_>) -> (u64, u64) {
    t.analysis().people.iter().fold((0, 0), |(all, usable), p| (all + p.crops, usable + p.usable_crops))
}

fn people(t: &Teller<'_>) -> Block {
    let w = t.w;
    let columns = columns([
        (&w.col_person, 0.0),
        (&w.col_present, 0.0),
        (&w.col_faces, 0.0),
        (&w.col_usable, 0.0),
        (&w.col_size, 0.0),
        (&w.col_left_out, 1.0),
    ]);
    let mut listed = t.most_telling();
    listed.truncate(ROWS);
    listed.sort_by_key(|p| p.track);
    let rows = listed.into_iter().map(|p| {
        let present = if t.is_video() {
            format!("{} – {}", t.lang.clock(p.first_us.micros()), t.lang.clock(p.last_us.micros()))
        } else {
            w.dash.clone()
        };
        let cells = [
            person_cell(t, p.track),
            present,
            t.lang.integer(p.crops),
            t.lang.integer(p.usable_crops),
            median_size(t, p.track).unwrap_or_else(|| w.dash.clone()),
            left_out(t, p.track),
        ];
        cells.into_iter().map(Cell::from).collect()
    });
    Block::Table { columns, rows: rows.collect() }
}

/// `too small (3); turned away (1)`.
fn left_out(t: &Teller<'_>, track: u32) -> String {
    let mut counts: BTreeMap<Reason, u64> = BTreeMap::new();
    for (.., face) in t.faces(track).filter(|(.., face)| !face.quality.usable) {
        for reason in &face.quality.reasons {
            *counts.entry(*reason).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return t.w.dash.clone();
    }
    let each = counts
        .iter()
        .map(|(reason, n)| fill(&t.w.left_out, &[("reason", &of(&t.w.reason, reason)), ("n", &t.lang.integer(*n))]));
    each.collect::<Vec<_>>().join("; ")
}

/// Median of the longer side of a person's faces.
pub(crate) fn median_size(t: &Teller<'_>, track: u32) -> Option<String> {
    let mut sizes: Vec<f32> = t.faces(track).map(|(.., face)| face.quality.face_px).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let median = sizes.get(sizes.len() / 2)?;
    Some(fill(&t.w.px, &[("n", &format!("{median:.0}"))]))
}

/// The codec as people write it.
pub(crate) fn codec(short: &str) -> String {
    let known = [
        ("h264", "H.264"),
        ("hevc", "H.265"),
        ("vp8", "VP8"),
        ("vp9", "VP9"),
        ("av1", "AV1"),
        ("mpeg4", "MPEG-4"),
        ("jpeg", "JPEG"),
        ("png", "PNG"),
        ("webp", "WebP"),
        ("heif", "HEIF"),
        ("gif", "GIF"),
        ("tiff", "TIFF"),
        ("bmp", "BMP"),
    ];
    known.iter().find(|(name, _)| *name == short).map_or_else(|| one_line(short), |(_, known)| (*known).to_owned())
}

/// `25 frames a second`.
pub(crate) fn rate(t: &Teller<'_>) -> Option<String> {
    let media = t.analysis().file.media.as_ref()?;
    let text = media.frame_rate.as_deref()?;
    let (over, under) = text.split_once('/').unwrap_or((text, "1"));
    let fps = over.parse::<f64>().ok()? / under.parse::<f64>().ok().filter(|u| *u > 0.0)?;
    let template = if media.variable_frame_rate { &t.w.rate_variable } else { &t.w.rate };
    Some(fill(template, &[("fps", &plain(t, fps))]))
}

/// A number with at most two decimals, and none that are noughts.
pub(crate) fn plain(t: &Teller<'_>, value: f64) -> String {
    let decimals = (0..2).find(|d| (value * 10f64.powi(*d)).fract().abs() < 1e-6).unwrap_or(2);
    t.lang.decimal(value, decimals.unsigned_abs() as usize)
}
