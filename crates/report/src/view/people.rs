//! Section 7: what was observed of each person, for and against.

use analysis::{Exhibit, ExhibitKind, Explanation, FaceRegion, MIN_BASELINE_CLIPS, Person, Stability, VerdictCode};

use super::block::columns;
use super::summary::{IN_A_ROW, faces, person_cell, statement};
use super::teller::{Teller, picture_file};
use super::{Assets, Block, Callout, Cell, Picture, Section, Tone};
use crate::charts::{Bar, Mark, bars, scale, timeline};
use crate::error::ReportError;
use crate::words::{fill, of, sentence};

/// People described one by one; the others are listed.
const DESCRIBED: usize = 8;
/// Lanes of one chart.
const LANES: usize = 12;
/// Rows of the table of the others.
const ROWS: usize = 60;
/// Units for the names of rungs.
const RUNG_LABEL: i32 = 300;

/// Section 7.
pub(crate) fn section(t: &Teller<'_>, assets: &mut Assets) -> Result<Section, ReportError> {
    let w = t.w;
    let mut blocks = Vec::new();
    let all = t.most_telling();
    match t.failure() {
        Some(error) => blocks.push(Block::text(fill(&w.failed, &[("error", &error)]))),
        None if all.is_empty() => blocks.push(Block::text(w.result_none.clone())),
        None => {}
    }
    if all.len() > DESCRIBED {
        blocks.push(Block::small(fill(&w.others_note, &[("n", &DESCRIBED.to_string())])));
    }
    for person in all.iter().take(DESCRIBED) {
        blocks.extend(one(t, person, assets)?);
    }
    let others: Vec<&Person> = all.iter().skip(DESCRIBED).copied().collect();
    if !others.is_empty() {
        blocks.extend(the_others(t, &others, assets)?);
    }
    if let Some(baseline) = &t.analysis().baseline {
        let n = baseline.clips.len().to_string();
        blocks.insert(0, Block::small(fill(&w.baseline, &[("n", &n)])));
        blocks.insert(0, Block::heading(&w.baseline_title));
        if baseline.ranks.is_empty() {
            let least = MIN_BASELINE_CLIPS.to_string();
            blocks.insert(2, Block::text(fill(&w.baseline_too_few, &[("n", &least)])));
        }
    }
    Ok(Section { heading: w.s_results.clone(), blocks })
}

fn one(t: &Teller<'_>, person: &Person, assets: &mut Assets) -> Result<Vec<Block>, ReportError> {
    let w = t.w;
    let mut blocks =
        vec![Block::heading(&sentence(&t.person(person.track))), Block::Callout { callout: outcome(t, person) }];
    let said = detectors(t, person);
    if !said.is_empty() {
        blocks.push(Block::led(&w.detectors_title, ""));
        blocks.push(Block::List { items: said });
        blocks.push(Block::led(&w.opposite_title, against(t, person).join(" ")));
    }
    blocks.extend(ranks(t, person));
    blocks.extend(lane(t, person, assets)?);
    let items = faces(t, person.track);
    if !items.is_empty() && t.is_video() {
        blocks.push(Block::Pictures { columns: IN_A_ROW, items, caption: w.fig_frames.clone() });
    }
    blocks.extend(whole(t, person));
    if let Some(stability) = &person.stability {
        blocks.extend(ladder(t, person, stability, assets)?);
    }
    blocks.extend(explanations(t, person, assets)?);
    Ok(blocks)
}

fn outcome(t: &Teller<'_>, person: &Person) -> Callout {
    let (w, verdict) = (t.w, &person.verdict);
    let word = of(&w.verdict, &verdict.code);
    let (tone, text) = match verdict.code {
        VerdictCode::Suspected => (Tone::Suspected, statement(t, person).unwrap_or_default()),
        VerdictCode::NoIndication => (Tone::NoIndication, w.nothing_found.clone()),
        VerdictCode::Inconclusive => (Tone::Inconclusive, String::new()),
        VerdictCode::NotExamined => (Tone::NotExamined, String::new()),
    };
    let lead = if verdict.reasons.is_empty() {
        fill(&w.headline_all, &[("verdict", &word)])
    } else {
        fill(&w.because, &[("headline", &word), ("reasons", &t.reasons(&verdict.reasons).join("; "))])
    };
    Callout { tone, lead, text, small: String::new() }
}

/// What each detector says, and where that is among its thresholds.
fn detectors(t: &Teller<'_>, person: &Person) -> Vec<String> {
    let w = t.w;
    let mut said = Vec::new();
    for (id, score) in &person.scores {
        let question = t.analysis().models.iter().find(|m| m.id == *id).map(|m| t.question_of(m.task));
        let logit = t.lang.signed(f64::from(score.logit), 2);
        let values = [
            ("model", id.as_str()),
            ("question", &question.unwrap_or_default()),
            ("score", &t.score(score.score)),
            ("logit", &logit),
        ];
        let line = fill(&w.result_score, &values);
        let stance = t.judged(id).map(|(_, at)| match score.score.get() {
            v if v >= at.high => &w.stance_above,
            v if v < at.low => &w.stance_below,
            _ => &w.stance_between,
        });
        said.push(stance.map_or(format!("{line}."), |stance| format!("{line}, {stance}.")));
    }
    if let (Some(share), true) = (person.fraction_above, t.is_video()) {
        let n = (share * person.usable_crops as f64).round() as u64;
        let values = [
            ("n", t.lang.integer(n)),
            ("all", t.lang.integer(person.usable_crops)),
            ("run", t.lang.integer(person.longest_run)),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        said.push(fill(&w.above_share, &values));
    }
    said
}

/// What was measured that does not fit the outcome.
fn against(t: &Teller<'_>, person: &Person) -> Vec<String> {
    let w = t.w;
    let mut said = Vec::new();
    match person.verdict.code {
        VerdictCode::Suspected => {
            for (id, score) in &person.scores {
                let Some((_, at)) = t.judged(id) else { continue };
                let question = t.analysis().models.iter().find(|m| m.id == *id).map(|m| t.question_of(m.task));
                let values = [("model", id.as_str()), ("question", &question.unwrap_or_default())];
                match score.score.get() {
                    v if v < at.low => said.push(fill(&w.opposite_below, &values)),
                    v if v < at.high => said.push(fill(&w.opposite_between, &values)),
                    _ => {}
                }
            }
            let above = person.fraction_above.map(|share| (share * person.usable_crops as f64).round() as u64);
            let below = above.map(|n| person.usable_crops.saturating_sub(n)).filter(|n| *n > 0 && t.is_video());
            if let Some(n) = below {
                let values = [("n", t.lang.integer(n)), ("all", t.lang.integer(person.usable_crops))];
                let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
                said.push(fill(&w.opposite_some, &values));
            }
        }
        _ => {
            for id in person.scores.keys() {
                let Some((_, at)) = t.judged(id) else { continue };
                let own = t.faces(person.track).filter(|(.., face)| face.quality.usable);
                let highest =
                    own.filter_map(|(.., face)| Some(face.scores.get(id)?.score)).max_by(base::Score::total_cmp);
                if let Some(score) = highest.filter(|s| s.get() >= at.high) {
                    said.push(fill(&w.opposite_for, &[("model", id), ("score", &t.score(score))]));
                }
            }
        }
    }
    if said.is_empty() {
        said.push(w.opposite_none.clone());
    }
    said
}

fn ranks(t: &Teller<'_>, person: &Person) -> Vec<Block> {
    let Some(baseline) = &t.analysis().baseline else { return Vec::new() };
    let w = t.w;
    let own = baseline.ranks.iter().filter(|r| r.track == person.track);
    let told = own.map(|r| {
        let (n, odds, reached) = (r.n.to_string(), (r.n + 1).to_string(), r.reached.to_string());
        let values = [("model", r.model.as_str()), ("n", &n), ("odds", &odds), ("reached", &reached)];
        fill(if r.unusual() { &w.baseline_unusual } else { &w.baseline_usual }, &values)
    });
    let items: Vec<String> = told.collect();
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::led(&w.baseline_title, ""), Block::List { items }]
}

fn lane(t: &Teller<'_>, person: &Person, assets: &mut Assets) -> Result<Option<Block>, ReportError> {
    let Some((_, at)) = person.decided_by().and_then(|id| t.judged(id)).filter(|_| t.is_video()) else {
        return Ok(None);
    };
    let (span, name) = (t.span(), t.person(person.track));
    let svg = timeline(&[t.lane(person)], span, at, t.gap(), &|us| t.lang.clock(us))?;
    let file = format!("/charts/person-{}.svg", person.track);
    assets.insert(file.clone(), svg.into_bytes());
    let duration = t.lang.clock(span.1 - span.0);
    let bands = person.score.map_or_else(String::new, |s| t.score(s));
    let alt = fill(&t.w.alt_time, &[("people", &name), ("duration", &duration), ("bands", &bands)]);
    let caption = [Some(fill(&t.w.fig_person_time, &[("person", &name)])), t.looked([person])];
    let caption = caption.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Ok(Some(Block::Chart { file, alt, caption }))
}

/// The whole frame with the highest score, the face boxed.
fn whole(t: &Teller<'_>, person: &Person) -> Option<Block> {
    let w = t.w;
    let score = |e: &&Exhibit| t.score_at(e).map_or(-1.0, base::Score::get);
    let frames = t.exhibits_of(person.track, ExhibitKind::Frame);
    let best = frames.into_iter().max_by(|a, b| score(a).total_cmp(&score(b)).then(b.pts_us.cmp(&a.pts_us)))?;
    let (name, time, frame) = (t.person(person.track), t.time(best.pts_us), best.frame.0.to_string());
    let told = t.score_at(best).map_or_else(|| w.dash.clone(), |s| t.score(s));
    let note = fill(&w.frame_note, &[("time", &time), ("frame", &frame), ("score", &told)]);
    let values = [("person", name.as_str()), ("time", &time), ("note", &note)];
    let (alt, caption) =
        if t.is_video() { (&w.alt_frame, &w.fig_whole) } else { (&w.alt_frame_still, &w.fig_whole_still) };
    let number = (person.track + 1).to_string();
    let picture = Picture {
        file: picture_file(best),
        alt: fill(alt, &values),
        note: String::new(),
        sub: String::new(),
        marked: best.rect.map(|r| (r.x, r.y, r.w, r.h, number)),
    };
    Some(Block::Whole { picture, caption: fill(caption, &values) })
}

fn ladder(t: &Teller<'_>, person: &Person, s: &Stability, assets: &mut Assets) -> Result<Vec<Block>, ReportError> {
    let w = t.w;
    let Some((_, at)) = t.judged(&s.model) else { return Ok(Vec::new()) };
    let mark = |r: &analysis::RungScore| Mark {
        label: of(&w.rung, &r.rung),
        track: person.track,
        score: r.score.get(),
        told: t.score(r.score),
    };
    let marks: Vec<Mark> = s.rungs.iter().map(mark).collect();
    let list: Vec<String> = marks.iter().map(|m| format!("{} {}", m.label, m.told)).collect();
    let svg = scale(&marks, at, RUNG_LABEL, &|v| t.tick(v))?;
    let file = format!("/charts/ladder-{}.svg", person.track);
    assets.insert(file.clone(), svg.into_bytes());
    let (images, spread) = (t.images(s.crops), t.lang.decimal(s.spread, SPREAD_DECIMALS));
    let values = [("model", s.model.as_str()), ("images", &images), ("ladder", &s.ladder), ("spread", &spread)];
    let outcome = if s.holds { &w.ladder_holds } else { &w.ladder_falls };
    let chart = Block::Chart {
        file,
        alt: fill(&w.alt_ladder, &[("list", &list.join("; "))]),
        caption: fill(&w.fig_ladder, &values),
    };
    Ok(vec![Block::led(&w.ladder_title, outcome.clone()), chart])
}

/// Scores on the ladder differ by little.
const SPREAD_DECIMALS: usize = 3;

fn explanations(t: &Teller<'_>, person: &Person, assets: &mut Assets) -> Result<Vec<Block>, ReportError> {
    let w = t.w;
    let own: Vec<&Explanation> = t.analysis().explanations.iter().filter(|e| e.track == person.track).collect();
    if person.verdict.code == VerdictCode::NotExamined {
        return Ok(Vec::new());
    }
    if own.is_empty() {
        return Ok(vec![Block::led(&w.maps_title, w.maps_none.clone())]);
    }
    let mut blocks = Vec::new();
    let deciding = person.decided_by();
    let highest = own.iter().filter(|e| e.regions.is_some() && Some(e.model.as_str()) == deciding);
    if let Some(e) = highest.max_by(|a, b| a.logit.total_cmp(&b.logit)) {
        blocks.extend(regions(t, e, assets)?);
    }
    let (shown, withheld): (Vec<&Explanation>, Vec<&Explanation>) = own.iter().partition(|e| e.faithfulness.shown);
    blocks.push(Block::led(&w.maps_title, w.maps.clone()));
    if !withheld.is_empty() {
        let each: Vec<String> = withheld.into_iter().map(|e| map_line(t, e)).collect();
        blocks.push(Block::text(fill(&w.maps_withheld, &[("list", &each.join("; "))])));
    }
    blocks.push(Block::List { items: shown.into_iter().map(|e| map_line(t, e)).collect() });
    let maps = t.exhibits_of(person.track, ExhibitKind::HeatMap);
    let picture = |e: &Exhibit| {
        let of_map = own.iter().find(|x| x.pts_us == e.pts_us && e.name.contains(&x.model));
        let model = of_map.map_or_else(String::new, |x| x.model.clone());
        let method = of_map.map_or_else(String::new, |x| of(&w.method, &x.method));
        let name = t.person(person.track);
        let alt = fill(&w.alt_map, &[("person", &name), ("model", &model)]);
        let note = if t.is_video() { t.time(e.pts_us) } else { method.clone() };
        let sub = if t.is_video() { format!("{model}, {method}") } else { model };
        Picture { file: picture_file(e), alt, note, sub, marked: None }
    };
    let items: Vec<Picture> = maps.into_iter().map(picture).collect();
    if !items.is_empty() {
        blocks.push(Block::Pictures { columns: 2, items, caption: String::new() });
    }
    Ok(blocks)
}

fn at(t: &Teller<'_>, e: &Explanation) -> String {
    if t.is_video() { fill(&t.w.at, &[("time", &t.time(e.pts_us))]) } else { String::new() }
}

fn map_line(t: &Teller<'_>, e: &Explanation) -> String {
    let w = t.w;
    let (beaten, random) = (e.faithfulness.beaten.to_string(), e.faithfulness.random.to_string());
    let (at, method) = (at(t, e), of(&w.method, &e.method));
    let model = format!("{} ({method})", e.model);
    let values = [("model", model.as_str()), ("at", &at), ("beaten", &beaten), ("random", &random)];
    let here =
        t.exhibits_of(e.track, ExhibitKind::HeatMap).iter().any(|x| x.pts_us == e.pts_us && x.name.contains(&e.model));
    let text = match (e.faithfulness.shown, here, t.redacted()) {
        (false, ..) => &w.map_withheld,
        (true, true, _) => &w.map_shown,
        (true, false, true) => &w.map_hidden,
        (true, false, false) => &w.map_no_file,
    };
    fill(text, &values)
}

fn regions(t: &Teller<'_>, e: &Explanation, assets: &mut Assets) -> Result<Vec<Block>, ReportError> {
    let w = t.w;
    let Some(regions) = &e.regions else { return Ok(Vec::new()) };
    let order = |r: FaceRegion| FaceRegion::ALL.iter().position(|x| *x == r);
    let mut shares = regions.shares.clone();
    shares.sort_by(|a, b| b.logit.abs().total_cmp(&a.logit.abs()).then(order(a.region).cmp(&order(b.region))));
    let bar = |s: &analysis::RegionShare| Bar {
        label: of(&w.region, &s.region),
        value: s.logit,
        told: t.lang.signed(s.logit, 2),
    };
    let all: Vec<Bar> = shares.iter().map(bar).collect();
    let list: Vec<String> = all.iter().map(|b| format!("{} {}", b.label, b.told)).collect();
    let file = format!("/charts/regions-{}.svg", e.track);
    assets.insert(file.clone(), bars(&all)?.into_bytes());
    let alt = fill(&w.alt_regions, &[("list", &list.join("; "))]);
    let caption = fill(&w.fig_regions, &[("model", &e.model), ("at", &at(t, e))]);
    Ok(vec![Block::led(&w.regions_title, ""), Block::Chart { file, alt, caption }])
}

fn the_others(t: &Teller<'_>, others: &[&Person], assets: &mut Assets) -> Result<Vec<Block>, ReportError> {
    let w = t.w;
    let mut blocks = vec![Block::heading(&fill(&w.others_title, &[("n", &others.len().to_string())]))];
    let columns = columns([(&w.col_person, 0.0), (&w.col_present, 0.0), (&w.col_score, 0.0), (&w.col_result, 1.0)]);
    let mut listed: Vec<&&Person> = others.iter().take(ROWS).collect();
    listed.sort_by_key(|p| p.track);
    let row = |p: &&&Person| {
        let reasons = t.reasons(&p.verdict.reasons).join("; ");
        let word = of(&w.verdict, &p.verdict.code);
        let result =
            if reasons.is_empty() { word } else { fill(&w.because, &[("headline", &word), ("reasons", &reasons)]) };
        let present = format!("{} – {}", t.lang.clock(p.first_us.micros()), t.lang.clock(p.last_us.micros()));
        let score = p.score.map_or_else(|| w.dash.clone(), |s| t.score(s));
        vec![Cell::from(person_cell(t, p.track)), Cell::from(present), Cell::mono(score), Cell::from(result)]
    };
    blocks.push(Block::Table { columns, rows: listed.iter().map(row).collect() });
    let scored: Vec<&Person> = listed.into_iter().copied().filter(|p| p.score.is_some()).take(LANES).collect();
    let Some((facts, thresholds)) = t.thresholds().filter(|_| t.is_video() && !scored.is_empty()) else {
        return Ok(blocks);
    };
    let lanes: Vec<_> = scored.iter().map(|p| t.lane(p)).collect();
    let svg = timeline(&lanes, t.span(), thresholds, t.gap(), &|us| t.lang.clock(us))?;
    let file = "/charts/others.svg".to_owned();
    assets.insert(file.clone(), svg.into_bytes());
    let tracks: Vec<u32> = scored.iter().map(|p| p.track).collect();
    let (span, who) = (t.span(), t.people(&tracks));
    let values = [("people", who.as_str()), ("duration", &t.lang.clock(span.1 - span.0)), ("bands", "")];
    let alt = fill(&w.alt_time, &values).trim().to_owned();
    let caption = fill(&w.fig_time, &[("alarms", &t.alarms(facts.false_alarms)), ("n", &t.lang.integer(facts.n_real))]);
    blocks.push(Block::Chart { file, alt, caption });
    Ok(blocks)
}
