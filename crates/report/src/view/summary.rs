//! Page one: what was asked, what was found, what it does not mean.

use analysis::{ExhibitKind, Person, VerdictCode};

use super::block::columns;
use super::teller::{Teller, picture_file};
use super::{Assets, Block, Callout, Cell, Fact, Picture, Section, Tone};
use crate::charts::{Mark, scale, timeline};
use crate::error::ReportError;
use crate::words::{fill, listed, of, sentence};

/// People in the tables and charts of page one.
const PEOPLE: usize = 4;
/// Pictures in a row.
pub(crate) const IN_A_ROW: usize = 5;
/// Units for the labels of charts that name people.
pub(crate) const PERSON_LABEL: i32 = 330;

/// The box at the top.
pub(crate) fn callout(t: &Teller<'_>) -> Callout {
    let analysis = t.analysis();
    let (w, verdict) = (t.w, &analysis.verdict);
    let small = w.summary_limit.clone();
    if let Some(error) = t.failure() {
        let text = fill(&w.failed, &[("error", &error)]);
        let lead = fill(&w.headline_all, &[("verdict", &of(&w.verdict, &VerdictCode::NotExamined))]);
        return Callout { tone: Tone::NotExamined, lead, text, small };
    }
    let word = of(&w.verdict, &verdict.code);
    let mut text: Vec<String> = Vec::new();
    let lead = match verdict.code {
        VerdictCode::Suspected => {
            let suspects = t.with_code(VerdictCode::Suspected);
            text.extend(
                suspects.iter().filter_map(|track| statement(t, analysis.people.iter().find(|p| p.track == *track)?)),
            );
            let strength = verdict.strength.map(|s| of(&w.strength, &s)).unwrap_or_default();
            let values = [("verdict", word.as_str()), ("people", &t.people(&suspects)), ("strength", &strength)];
            let many = suspects.len() > 1 || verdict.strength.is_none();
            fill(if many { &w.headline_one } else { &w.headline_support }, &values)
        }
        VerdictCode::NoIndication => {
            text.push(w.nothing_found.clone());
            text.extend(found(t));
            fill(&w.headline_all, &[("verdict", &word)])
        }
        VerdictCode::Inconclusive | VerdictCode::NotExamined if !verdict.reasons.is_empty() => {
            let reasons = t.reasons(&verdict.reasons).join("; ");
            fill(&w.because, &[("headline", &word), ("reasons", &reasons)])
        }
        VerdictCode::Inconclusive | VerdictCode::NotExamined => fill(&w.headline_all, &[("verdict", &word)]),
    };
    if verdict.reasons.iter().any(super::teller::a_better_copy_helps) && verdict.code != VerdictCode::Suspected {
        text.push(w.better_copy.clone());
    }
    text.extend(others(t));
    if let Some([from, to]) = analysis.file.media.as_ref().and_then(|m| m.covered_us) {
        let [from, to] = [from, to].map(|us| t.time(base::Timestamp::from_micros(us)));
        text.push(fill(&w.damaged, &[("from", &from), ("to", &to)]));
    }
    let tone = match verdict.code {
        VerdictCode::Suspected => Tone::Suspected,
        VerdictCode::Inconclusive => Tone::Inconclusive,
        VerdictCode::NoIndication => Tone::NoIndication,
        VerdictCode::NotExamined => Tone::NotExamined,
    };
    Callout { tone, lead, text: text.join(" "), small }
}

/// How far the observations go for one suspected person, and what was wrong in validation.
pub(crate) fn statement(t: &Teller<'_>, person: &Person) -> Option<String> {
    let w = t.w;
    let strength = of(&w.strength, &person.verdict.strength?);
    let images = t.images(person.usable_crops);
    let [from, to] = [person.first_us, person.last_us].map(|at| t.time(at));
    let place =
        if t.is_video() { fill(&w.place_video, &[("from", &from), ("to", &to), ("images", &images)]) } else { images };
    let name = t.person(person.track);
    let mut said = vec![fill(&w.support, &[("person", &name), ("place", &place), ("strength", &strength)])];
    if !person.segments.is_empty() {
        let ranges: Vec<String> = person
            .segments
            .iter()
            .map(|s| fill(&w.range, &[("from", &t.time(s.start_us)), ("to", &t.time(s.end_us))]))
            .collect();
        said.push(fill(&w.stands_out, &[("ranges", &listed(&ranges, &w.people_and))]));
    }
    if person.stability.as_ref().is_some_and(|s| s.holds) {
        said.push(w.survives.clone());
    }
    said.extend(false_alarms(t, person));
    Some(said.join(" "))
}

fn false_alarms(t: &Teller<'_>, person: &Person) -> Option<String> {
    let model = person.decided_by()?;
    let facts = t.scoring(model)?;
    let values = [("model", model), ("alarms", &t.alarms(facts.false_alarms)), ("n", &t.lang.integer(facts.n_real))];
    Some(fill(&t.w.false_alarms, &values))
}

/// How many manipulated samples each detector found in validation.
pub(crate) fn found(t: &Teller<'_>) -> Option<String> {
    let each: Vec<String> =
        t.m.models
            .iter()
            .filter_map(|m| {
                let s = m.scoring.as_ref()?;
                let (hits, n) = (t.lang.integer(s.found), t.lang.integer(s.n_fake));
                Some(fill(&t.w.found_of, &[("model", &m.id), ("hits", &hits), ("n", &n)]))
            })
            .collect();
    (!each.is_empty()).then(|| fill(&t.w.found_list, &[("list", &listed(&each, &t.w.people_and))]))
}

/// What is said of people whom the headline does not name.
fn others(t: &Teller<'_>) -> Vec<String> {
    let (w, all) = (t.w, t.analysis().verdict.code);
    let kinds = [
        (VerdictCode::NoIndication, &w.others_clear_one, &w.others_clear_many),
        (VerdictCode::Inconclusive, &w.others_open_one, &w.others_open_many),
        (VerdictCode::NotExamined, &w.others_not_one, &w.others_not_many),
    ];
    let told = |(code, one, many): (VerdictCode, &String, &String)| {
        let tracks = t.with_code(code);
        let text = if tracks.len() == 1 { one } else { many };
        (!tracks.is_empty() && code != all).then(|| sentence(&fill(text, &[("people", &t.people(&tracks))])))
    };
    kinds.into_iter().filter_map(told).collect()
}

/// What stands under the box.
pub(crate) fn sections(t: &Teller<'_>, assets: &mut Assets) -> Result<Vec<Section>, ReportError> {
    let w = t.w;
    let mut sections = vec![Section { heading: w.s_item.clone(), blocks: vec![Block::Facts { rows: item(t) }] }];
    if !t.analysis().people.is_empty() {
        sections.push(Section { heading: w.s_suitability.clone(), blocks: suitability(t) });
        if let Some(chart) = result_chart(t, assets)? {
            let heading = if t.is_video() { &w.s_time } else { &w.s_scores };
            sections.push(Section { heading: heading.clone(), blocks: vec![chart] });
        }
    }
    sections.push(key_frames(t));
    Ok(sections)
}

fn item(t: &Teller<'_>) -> Vec<Fact> {
    let (w, file) = (t.w, &t.analysis().file);
    let bytes = file.bytes.map_or_else(|| w.unknown.clone(), |n| t.lang.integer(n));
    let received = t.dossier().received.as_deref().map(crate::safe::one_line);
    let values = [("name", t.file_name()), ("bytes", bytes), ("received", received.clone().unwrap_or_default())];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let line = if received.is_some() && !t.redacted() { &w.received_line } else { &w.file_line };
    let mut rows = vec![Fact::new(&w.file, fill(line, &values))];
    rows.push(Fact::mono(&w.sha256, file.sha256.clone().unwrap_or_else(|| w.unknown.clone())));
    if let Some(content) = content(t) {
        rows.push(Fact::new(&w.content, content));
    }
    let run = &t.analysis().run;
    let author = t.dossier().author.as_deref().map(crate::safe::one_line);
    let label = if author.is_some() { &w.examined_by } else { &w.examined_with };
    let who = author.map(|a| fill(&w.by_who, &[("author", &a)])).unwrap_or_default();
    let mut by = fill(&w.by_line, &[("who", &who), ("app", &run.app), ("device", &run.device.to_uppercase())]);
    if super::close::is_blind(t) == Some(true) {
        by.push_str(&w.blind_line);
    }
    rows.push(Fact::new(label, by));
    rows
}

/// `h264, 1280 × 720, 25 frames a second, 0:48`.
fn content(t: &Teller<'_>) -> Option<String> {
    let media = t.analysis().file.media.as_ref()?;
    let (width, height) = (media.width.to_string(), media.height.to_string());
    let codec = super::examined::codec(&media.codec);
    let mut values = vec![("codec", codec), ("width", width), ("height", height)];
    let video = t.is_video();
    if video {
        values.push(("rate", super::examined::rate(t).unwrap_or_else(|| t.w.unknown.clone())));
        values.push(("duration", media.duration_us.map_or_else(|| t.w.unknown.clone(), |us| t.lang.clock(us))));
    }
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Some(fill(if video { &t.w.content_video } else { &t.w.content_image }, &values))
}

fn suitability(t: &Teller<'_>) -> Vec<Block> {
    let w = t.w;
    let mut people = t.most_telling();
    let more = people.len().saturating_sub(PEOPLE);
    people.truncate(PEOPLE);
    people.sort_by_key(|p| p.track);
    let columns = columns([
        (&w.col_person, 0.0),
        (&w.col_present, 0.0),
        (&w.col_faces, 0.0),
        (&w.col_usable, 0.0),
        (&w.col_size, 0.0),
        (&w.col_limits, 1.0),
    ]);
    let rows = people.into_iter().map(|p| {
        let present = if t.is_video() {
            format!("{} – {}", t.lang.clock(p.first_us.micros()), t.lang.clock(p.last_us.micros()))
        } else {
            w.dash.clone()
        };
        let limits = t.reasons(&p.verdict.reasons);
        let limits = if limits.is_empty() { w.dash.clone() } else { limits.join("; ") };
        let cells = [
            person_cell(t, p.track),
            present,
            t.lang.integer(p.crops),
            t.lang.integer(p.usable_crops),
            super::examined::median_size(t, p.track).unwrap_or_else(|| w.dash.clone()),
            limits,
        ];
        cells.into_iter().map(Cell::from).collect()
    });
    let mut blocks = vec![Block::Table { columns, rows: rows.collect() }];
    match more {
        0 => {}
        1 => blocks.push(Block::small(w.more_person.clone())),
        n => blocks.push(Block::small(fill(&w.more_people, &[("n", &n.to_string())]))),
    }
    blocks
}

/// The number, with the name where there is one.
pub(crate) fn person_cell(t: &Teller<'_>, track: u32) -> String {
    let n = (track + 1).to_string();
    match t.dossier().people.get(&n).filter(|_| !t.redacted()) {
        Some(name) => format!("{n}, {}", crate::safe::one_line(name)),
        None => n,
    }
}

fn result_chart(t: &Teller<'_>, assets: &mut Assets) -> Result<Option<Block>, ReportError> {
    let Some((facts, thresholds)) = t.thresholds() else { return Ok(None) };
    let w = t.w;
    let mut people: Vec<&Person> = t.most_telling().into_iter().filter(|p| p.score.is_some()).collect();
    people.truncate(PEOPLE);
    people.sort_by_key(|p| p.track);
    if people.is_empty() {
        return Ok(None);
    }
    let (alarms, n) = (t.alarms(facts.false_alarms), t.lang.integer(facts.n_real));
    let values = [("alarms", alarms.as_str()), ("n", n.as_str())];
    let told: Vec<String> = people.iter().map(|p| score_line(t, p)).collect();
    let (svg, alt, caption) = if t.is_video() {
        let lanes: Vec<_> = people.iter().map(|p| t.lane(p)).collect();
        let span = t.span();
        let tracks: Vec<u32> = people.iter().map(|p| p.track).collect();
        let (who, duration) = (t.people(&tracks), t.lang.clock(span.1 - span.0));
        let alt = fill(&w.alt_time, &[("people", &who), ("duration", &duration), ("bands", &told.join("; "))]);
        let caption = [Some(fill(&w.fig_time, &values)), t.looked(people.iter().copied())];
        let caption = caption.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (timeline(&lanes, span, thresholds, t.gap(), &|us| t.lang.clock(us))?, alt, caption)
    } else {
        let mark = |p: &&Person| {
            let score = p.score?;
            Some(Mark {
                label: sentence(&fill(&w.person, &[("n", &(p.track + 1).to_string())])),
                track: p.track,
                score: score.get(),
                told: t.score(score),
            })
        };
        let marks: Vec<Mark> = people.iter().filter_map(mark).collect();
        let number = |v: f64| t.tick(v);
        (
            scale(&marks, thresholds, PERSON_LABEL, &number)?,
            fill(&w.alt_scores, &[("list", &told.join("; "))]),
            fill(&w.fig_scores, &values),
        )
    };
    let file = "/charts/result.svg".to_owned();
    assets.insert(file.clone(), svg.into_bytes());
    Ok(Some(Block::Chart { file, alt, caption }))
}

/// `person 2: 0.99`.
fn score_line(t: &Teller<'_>, person: &Person) -> String {
    let score = person.score.map_or_else(|| t.w.dash.clone(), |s| t.score(s));
    format!("{} {score}", t.person(person.track))
}

fn key_frames(t: &Teller<'_>) -> Section {
    let w = t.w;
    let shown = t.most_telling().into_iter().find(|p| !t.exhibits_of(p.track, ExhibitKind::Face).is_empty());
    let Some(person) = shown else {
        let why = t.why_no_pictures().unwrap_or_default();
        let heading = fill(&w.s_frames, &[("person", &w.item)]);
        let heading = if t.analysis().people.is_empty() { w.exhibits_heading.clone() } else { heading };
        return Section { heading, blocks: vec![Block::small(fill(&w.no_frames, &[("why", &why)]))] };
    };
    if t.is_video() {
        let heading = fill(&w.s_frames, &[("person", &t.person(person.track))]);
        let items = faces(t, person.track);
        let caption = w.fig_frames.clone();
        return Section { heading, blocks: vec![Block::Pictures { columns: IN_A_ROW, items, caption }] };
    }
    let mut items: Vec<Picture> = Vec::new();
    for person in &t.analysis().people {
        items.extend(faces(t, person.track));
    }
    items.truncate(IN_A_ROW);
    let blocks = vec![Block::Pictures { columns: IN_A_ROW, items, caption: w.fig_frames_still.clone() }];
    Section { heading: w.s_faces.clone(), blocks }
}

/// A person's faces with their times and scores.
pub(crate) fn faces(t: &Teller<'_>, track: u32) -> Vec<Picture> {
    let w = t.w;
    let picture = |e: &analysis::Exhibit| {
        let (time, name) = (t.time(e.pts_us), t.person(track));
        let score = t.score_at(e).map_or_else(|| w.dash.clone(), |s| t.score(s));
        let values = [("person", name.as_str()), ("time", &time), ("score", &score), ("frame", &e.frame.0.to_string())];
        let (alt, note, sub) = if t.is_video() {
            (&w.alt_face, time.clone(), fill(&w.face_sub, &values))
        } else {
            (&w.alt_face_still, sentence(&name), fill(&w.face_still, &values))
        };
        let alt = sentence(&fill(alt, &values));
        Picture { file: picture_file(e), alt, note, sub, marked: None }
    };
    t.exhibits_of(track, ExhibitKind::Face).into_iter().map(picture).collect()
}
