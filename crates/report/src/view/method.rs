//! Sections 6 and 11: how it was done, and how well that way does.

use std::collections::BTreeSet;

use analysis::metrics::{Alike, Dimension, alike};
use analysis::{ModelFacts, ScoringFacts, Task, clopper_pearson, likelihood_ratio_floor};

use super::block::columns;
use super::examined::{counts, plain};
use super::teller::Teller;
use super::{Block, Callout, Cell, Fact, Section, Tone};
use crate::words::{fill, listed, of};

/// Each side of the bounds of section 11 is wrong with this probability, as in the wording itself.
const TAIL: f64 = 0.05;
/// Numbers of people in one cell of a table.
const LISTED: usize = 12;

/// Section 6.
pub(crate) fn section(t: &Teller<'_>) -> Section {
    let w = t.w;
    let mut blocks = vec![Block::Callout { callout: paragraph(t) }];
    // Where nothing could be examined, none of them led to anything.
    if t.failure().is_none() {
        blocks.extend(steps(t));
    }
    blocks.push(Block::heading(&w.models_title));
    blocks.push(models(t));
    blocks.push(Block::small(w.weights_of.clone()));
    let hashes = t.analysis().models.iter().map(|m| Fact::mono(&m.id, m.sha256.clone()));
    // Models that share an encoder name it alike: once is enough.
    let encoders: BTreeSet<_> = t.analysis().models.iter().filter_map(|m| m.encoder_sha256.clone()).collect();
    let encoders = encoders.into_iter().map(|sha256| Fact::mono(&w.encoder, sha256));
    blocks.push(Block::Facts { rows: hashes.chain(encoders).collect() });
    if let Some(table) = thresholds(t).filter(|_| t.failure().is_none()) {
        blocks.extend([Block::heading(&w.thresholds_title), table, Block::small(w.thresholds_note.clone())]);
        blocks.extend(sums(t));
    }
    blocks.push(Block::heading(&w.controls_title));
    blocks.extend(controls(t));
    blocks.push(Block::heading(&w.deviations_title));
    // That the processor computed, because nothing else is there, stands above already.
    let told = t.analysis().run.warnings.iter().filter(|warning| warning.code != base::WarningCode::DeviceFallback);
    let items: Vec<String> = told.map(|warning| deviation(t, warning)).collect();
    blocks.push(if items.is_empty() { Block::text(w.deviations_none.clone()) } else { Block::List { items } });
    Section { heading: w.s_method.clone(), blocks }
}

fn steps(t: &Teller<'_>) -> [Block; 2] {
    let w = t.w;
    let ladder = fill(&w.step_ladder, &[("ladder", analysis::LADDER)]);
    let steps = [&w.step_hash, &w.step_decode, &w.step_faces, &w.step_gate, &w.step_score, &w.step_aggregate, &ladder];
    [Block::heading(&w.steps), Block::List { items: steps.into_iter().cloned().collect() }]
}

fn deviation(t: &Teller<'_>, warning: &base::Warning) -> String {
    let headline = of(&t.w.warning, &warning.code);
    let told = match t.said(&warning.detail) {
        Some(detail) => fill(&t.w.because, &[("headline", &headline), ("reasons", &detail)]),
        None => fill(&t.w.headline_all, &[("verdict", &headline)]),
    };
    crate::words::sentence(&told)
}

fn paragraph(t: &Teller<'_>) -> Callout {
    let (w, run) = (t.w, &t.analysis().run);
    let sha = t.analysis().file.sha256.as_deref().unwrap_or(&w.unknown);
    if let Some(error) = t.failure() {
        let text = fill(&w.methods_failed, &[("error", &error), ("app", &run.app), ("sha", sha)]);
        return Callout { tone: Tone::Quote, lead: w.methods_title.clone(), text, small: w.editorial.clone() };
    }
    let (all, usable) = counts(t);
    let named = |task: &[Task]| -> Vec<String> {
        let models = t.analysis().models.iter().filter(|m| task.contains(&m.task));
        models.map(|m| t.facts(&m.id).map_or_else(|| m.id.clone(), |f| format!("{} {}", f.id, f.version))).collect()
    };
    let fps = run.fps.map_or_else(|| w.fps_all.clone(), |fps| fill(&w.fps_sampled, &[("fps", &plain(t, fps))]));
    let values = [
        ("app", run.app.clone()),
        ("fps", fps),
        ("finder", listed(&named(&[Task::FaceDetection]), &w.people_and)),
        ("models", listed(&named(&[Task::FaceManipulation, Task::FaceSynthesis]), &w.people_and)),
        ("usable", t.lang.integer(usable)),
        ("all", t.lang.integer(all)),
        ("sha", sha.to_owned()),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let text = fill(if t.is_video() { &w.methods_video } else { &w.methods_image }, &values);
    Callout { tone: Tone::Quote, lead: w.methods_title.clone(), text, small: w.editorial.clone() }
}

fn models(t: &Teller<'_>) -> Block {
    let w = t.w;
    let columns = columns([(&w.col_model, 0.0), (&w.col_question, 1.0), (&w.col_version, 0.0), (&w.col_trained, 0.0)]);
    let row = |m: &analysis::Model| {
        let (version, dates) = match t.facts(&m.id) {
            Some(f) => {
                let values = [("trained", f.trained.as_str()), ("expires", f.expires.as_str())];
                (f.version.clone(), fill(&w.trained_expires, &values))
            }
            None => (w.dash.clone(), w.no_card.clone()),
        };
        [m.id.clone(), t.question_of(m.task), version, dates].map(Cell::from).into()
    };
    Block::Table { columns, rows: t.analysis().models.iter().map(row).collect() }
}

fn thresholds(t: &Teller<'_>) -> Option<Block> {
    let w = t.w;
    let columns = columns([(&w.col_model, 0.0), (&w.col_question, 1.0), (&w.col_low, 0.0), (&w.col_high, 0.0)]);
    let row = |m: &ModelFacts| {
        let (_, at) = t.judged(&m.id)?;
        let (low, high) = (t.lang.decimal(at.low, 4), t.lang.decimal(at.high, 4));
        Some([Cell::from(m.id.clone()), Cell::from(t.question_of(m.task)), Cell::mono(low), Cell::mono(high)].into())
    };
    let rows: Vec<Vec<Cell>> = t.m.models.iter().filter_map(row).collect();
    (!rows.is_empty()).then_some(Block::Table { columns, rows })
}

/// Whose scores are of two raw outputs.
fn sums<'a>(t: &'a Teller<'_>) -> impl Iterator<Item = Block> + use<'a> {
    scoring(t).filter_map(|(m, s)| {
        let of = s.together.as_ref()?;
        let (own, other) = (t.lang.decimal(of.own, 4), t.lang.decimal(of.other, 4));
        let values = [("model", m.id.as_str()), ("with", &of.with), ("own", &own), ("other", &other)];
        Some(Block::small(fill(&t.w.together_note, &values)))
    })
}

fn scoring<'a>(t: &Teller<'a>) -> impl Iterator<Item = (&'a ModelFacts, &'a ScoringFacts)> {
    t.m.models.iter().filter_map(|m| Some((m, m.scoring.as_ref()?)))
}

fn controls(t: &Teller<'_>) -> Vec<Block> {
    let (w, controls) = (t.w, &t.analysis().run.controls);
    if controls.is_empty() {
        return vec![Block::text(w.controls_none.clone())];
    }
    let failed = controls.iter().filter(|c| !c.passed()).count();
    let (n, all) = (failed.to_string(), controls.len().to_string());
    let outcome = if failed == 0 {
        fill(&w.controls_passed, &[("n", &all)])
    } else {
        fill(&w.controls_failed, &[("n", &n), ("all", &all)])
    };
    let columns = columns([
        (&w.col_model, 0.0),
        (&w.col_sample, 1.0),
        (&w.col_known, 0.0),
        (&w.col_expected, 0.0),
        (&w.col_obtained, 0.0),
    ]);
    let row = |c: &analysis::Control| {
        let known = if c.generated { &w.known_generated } else { &w.known_real };
        let number = |v: f64| Cell::mono(t.lang.signed(v, 4));
        let sample = c.sample.strip_prefix(&format!("{}-", c.model)).unwrap_or(&c.sample);
        vec![
            Cell::from(c.model.clone()),
            Cell::from(crate::safe::one_line(sample)),
            Cell::from(known.clone()),
            number(c.expected),
            number(c.obtained),
        ]
    };
    let table = Block::Table { columns, rows: controls.iter().map(row).collect() };
    vec![Block::text(format!("{} {outcome}", w.controls)), table]
}

/// What a model did on files like this one, one row a kind.
fn on_files_like(t: &Teller<'_>, model: &ModelFacts) -> Vec<Block> {
    let w = t.w;
    let rows = alike(t.analysis(), model.buckets.as_slice());
    let Some(tables) = model.buckets.as_ref().filter(|_| !rows.is_empty()) else {
        return vec![Block::small(w.like_none.clone())];
    };
    let columns =
        columns([(&w.col_kind, 1.0), (&w.col_person, 0.0), (&w.col_real_suspected, 0.0), (&w.col_fake_suspected, 0.0)]);
    let row = |a: &Alike| {
        let of = |hits: u64, n: u64| match n {
            0 => w.like_no_units.clone(),
            n => fill(&w.like_of, &[("n", &t.lang.integer(hits)), ("all", &t.lang.integer(n))]),
        };
        let people = people_listed(t, &a.tracks);
        let cells = [kind_of(t, a), people, of(a.false_alarms, a.n_real), of(a.found, a.n_fake)];
        cells.map(Cell::from).into()
    };
    let table = Block::Table { columns, rows: rows.iter().map(row).collect() };
    let measured =
        fill(&w.like_measured, &[("on", &crate::safe::one_line(&tables.measured_on)), ("when", &tables.measured)]);
    vec![Block::heading(&w.like_title), Block::text(w.like.clone()), table, Block::small(measured)]
}

/// Numbers of people, a long list cut short.
fn people_listed(t: &Teller<'_>, tracks: &[u32]) -> String {
    let mut numbers: Vec<String> = tracks.iter().take(LISTED).map(|track| (track + 1).to_string()).collect();
    if tracks.len() > LISTED {
        numbers.push("…".to_owned());
    }
    listed(&numbers, &t.w.people_and)
}

/// `faces of 128 to 192 pixels`, `compression 1.05 to 1.15`.
fn kind_of(t: &Teller<'_>, a: &Alike) -> String {
    let w = t.w;
    let name = match a.dimension {
        Dimension::FaceSize => &w.like_face_size,
        Dimension::Sharpness => &w.like_sharpness,
        Dimension::Blockiness => &w.like_blockiness,
    };
    let ends = match (a.from, a.to) {
        (Some(from), Some(to)) => fill(&w.like_between, &[("from", &plain(t, from)), ("to", &plain(t, to))]),
        (Some(from), None) => fill(&w.like_from, &[("from", &plain(t, from))]),
        (None, Some(to)) => fill(&w.like_below, &[("to", &plain(t, to))]),
        (None, None) => w.like_any.clone(),
    };
    fill(name, &[("ends", &ends)])
}

/// Section 11.
pub(crate) fn validation(t: &Teller<'_>) -> Section {
    let w = t.w;
    let mut blocks = vec![Block::text(w.validation.clone())];
    for (m, s) in scoring(t) {
        let per_thousand = |rate: f64, up: bool| {
            let n = if up { (rate * 1000.0).ceil() } else { (rate * 1000.0).floor() };
            t.lang.integer(n.max(0.0) as u64)
        };
        let high = per_thousand(clopper_pearson(s.false_alarms, s.n_real, TAIL).high, true);
        let low = per_thousand(clopper_pearson(s.found, s.n_fake, TAIL).low, false);
        let floor = likelihood_ratio_floor(s.found, s.n_fake, s.false_alarms, s.n_real);
        let word = s.strength().map_or_else(|| w.word_none.clone(), |x| of(&w.word, &x));
        blocks.push(Block::heading(&format!("{} · {}", m.id, t.question_of(m.task))));
        let rows = vec![
            Fact::new(&w.f_unit, s.unit.clone()),
            Fact::new(&w.f_real, t.lang.integer(s.n_real)),
            Fact::new(&w.f_alarms, fill(&w.alarms_line, &[("n", &t.lang.integer(s.false_alarms)), ("high", &high)])),
            Fact::new(&w.f_fakes, t.lang.integer(s.n_fake)),
            Fact::new(&w.f_found, fill(&w.found_line, &[("n", &t.lang.integer(s.found)), ("low", &low)])),
            Fact::new(&w.f_floor, t.lang.decimal(floor, 1)),
            Fact::new(&w.f_word, word),
            Fact::new(&w.f_on, s.measured_on.clone()),
            Fact::new(&w.f_when, s.measured.clone()),
        ];
        blocks.push(Block::Facts { rows });
        blocks.extend(on_files_like(t, m));
    }
    if scoring(t).next().is_none() {
        blocks = vec![Block::text(w.validation_none.clone())];
    }
    Section { heading: w.s_validation.clone(), blocks }
}
