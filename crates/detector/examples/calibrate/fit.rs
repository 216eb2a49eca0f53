//! Calibration, thresholds and tables out of measured logits.

use std::collections::BTreeMap;

use analysis::{clopper_pearson, likelihood_ratio_floor, metrics};
use anyhow::Context;

use crate::rows::Row;
use crate::said::said;

/// False alarms allowed over all reals: half of one per cent, because two detectors look at each face.
const POOLED_FPR: f64 = 0.005;
/// False alarms allowed in any one source.
const SOURCE_FPR: f64 = 0.01;
/// Fakes that may fall below the low threshold.
const MISSED: f64 = 0.10;
/// Thresholds are rounded away from accusation to so many decimals.
const ROUNDED: f64 = 1e4;
const FOLDS: u64 = 5;

/// A group of crops that count as one: a person, a photograph, a source video.
#[derive(Clone, Debug)]
struct Unit {
    source: String,
    name: String,
    fake: bool,
    /// Over its crops, by the product's own boxes.
    mean: f64,
    /// The highest of any of its crops, by the own or by the listed box: a box that sits a little differently must
    /// not accuse anybody.
    max: f64,
}

struct Question {
    id: &'static str,
    own: fn(&Row) -> Option<f64>,
    listed: fn(&Row) -> Option<f64>,
    /// Rows that no training step saw and that this detector's crop can be cut from.
    held_out: fn(&Row) -> bool,
}

const QUESTIONS: [Question; 2] = [
    Question {
        id: "generated-starter",
        own: |r| r.generated,
        listed: |r| r.generated_listed,
        held_out: |r| r.list == "stills" || (r.list == "videos" && !r.is_fake()),
    },
    Question {
        id: "swapped-starter",
        own: |r| r.swapped,
        listed: |r| r.swapped_listed,
        held_out: |r| r.list == "stills" || r.list == "dfdc" || (r.list == "videos" && r.split == "val"),
    },
];

/// A detector's calibration and thresholds.
#[derive(Clone, Copy, Debug)]
pub struct Bands {
    slope: f64,
    intercept: f64,
    /// Suspected from here.
    pub high: f64,
    /// No indication below.
    pub low: f64,
}

impl Bands {
    pub fn score(&self, logit: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * logit + self.intercept)).exp())
    }
}

pub fn fit(rows: &[Row]) -> anyhow::Result<()> {
    let [generated, swapped] = QUESTIONS.map(|question| {
        println!("\n# {}", question.id);
        one(rows, &question).context(question.id)
    });
    said(rows, &[generated?, swapped?]);
    Ok(())
}

fn one(rows: &[Row], q: &Question) -> anyhow::Result<Bands> {
    let crops: Vec<(&Row, f64)> = rows
        .iter()
        .filter(|r| r.list != "videos" && r.list != "media" && (q.held_out)(r) && r.usable)
        .filter_map(|r| Some((r, (q.own)(r)?)))
        .collect();
    let (fake, real) = split(crops.iter().map(|(r, l)| (r.is_fake(), *l)));
    let (slope, intercept) = metrics::fit_platt(&real, &fake).context("no calibration")?;
    let score = |l: f64| 1.0 / (1.0 + (-(slope * l + intercept)).exp());
    // What the quality gate refuses still helps to set a threshold that accuses nobody.
    let all = units_of(rows.iter().filter(|r| (q.held_out)(r)), q);
    let units = units_of(rows.iter().filter(|r| (q.held_out)(r) && r.usable), q);
    let (with_refused, without) = (threshold(&all), threshold(&units));
    println!("threshold on logits: {without:.3}, with the crops that the gate refuses {with_refused:.3}");
    let high = (score(with_refused.max(without)) * ROUNDED).ceil() / ROUNDED;
    let low = (score(quantile(&fake, MISSED)) * ROUNDED).floor() / ROUNDED;
    calibration_table(&real, &fake, score);
    println!("\nslope = {slope:.4}, intercept = {intercept:.4}, suspected >= {high}, no indication < {low}");
    let at = |l: f64| score(l);
    let counts = counts(&units, |u| at(if u.fake { u.mean } else { u.max }) >= high);
    card(&units, counts, low, &crops, at);
    by_source(&units, high, low, at);
    boxes(rows, q);
    clips(rows, q, high, low, at);
    Ok(Bands { slope, intercept, high, low })
}

fn calibration_table(real: &[f64], fake: &[f64], score: impl Fn(f64) -> f64) {
    let plain = |l: &f64| 1.0 / (1.0 + (-l).exp());
    let both =
        |f: &dyn Fn(&f64) -> f64| (real.iter().map(f).collect::<Vec<_>>(), fake.iter().map(f).collect::<Vec<_>>());
    println!("\n{} real and {} fake crops, AUC {:.3}", real.len(), fake.len(), metrics::auc(real, fake).unwrap_or(0.0));
    println!("\n| | ECE, 15 bins | Brier |\n|---|---|---|");
    for (name, (r, f)) in [("sigmoid of the logit", both(&plain)), ("calibrated", both(&|l| score(*l)))] {
        println!(
            "| {name} | {:.3} | {:.3} |",
            metrics::ece(&r, &f, 15).unwrap_or(0.0),
            metrics::brier(&r, &f).unwrap_or(0.0)
        );
    }
    for fpr in [0.05, 0.01, 0.001] {
        println!("\nTPR at FPR {fpr}: {:.3}", metrics::tpr_at_fpr(real, fake, fpr).unwrap_or(0.0));
    }
}

/// The lowest logit at which no source has more than [`SOURCE_FPR`] and all together not more than
/// [`POOLED_FPR`] of their reals, a real unit counting when any of its crops does.
fn threshold(units: &[Unit]) -> f64 {
    let mut sources: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for unit in units.iter().filter(|u| !u.fake) {
        sources.entry(&unit.source).or_default().push(unit.max);
    }
    let pooled: Vec<f64> = sources.values().flatten().copied().collect();
    let each = sources.values().filter_map(|s| metrics::threshold_at_fpr(s, SOURCE_FPR));
    each.chain(metrics::threshold_at_fpr(&pooled, POOLED_FPR)).fold(f64::NEG_INFINITY, f64::max)
}

/// (false alarms, reals, found, fakes).
type Counts = [u64; 4];

fn counts(units: &[Unit], hit: impl Fn(&Unit) -> bool) -> Counts {
    let mut c = [0; 4];
    for u in units {
        let at = if u.fake { 2 } else { 0 };
        c[at] += u64::from(hit(u));
        c[at + 1] += 1;
    }
    c
}

/// Counts where the threshold was set without the fold that is counted.
fn cross_fitted(units: &[Unit]) -> Counts {
    let fold = |u: &Unit| {
        u.name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)) % FOLDS
    };
    let mut sum = [0; 4];
    for k in 0..FOLDS {
        let (out, rest): (Vec<Unit>, Vec<Unit>) = units.iter().cloned().partition(|u| fold(u) == k);
        let t = threshold(&rest);
        let c = counts(&out, |u| if u.fake { u.mean >= t } else { u.max >= t });
        sum = std::array::from_fn(|i| sum[i] + c[i]);
    }
    sum
}

fn card(units: &[Unit], c: Counts, low: f64, crops: &[(&Row, f64)], score: impl Fn(f64) -> f64) {
    let [alarms, reals, found, fakes] = c;
    println!("\nsuspected: {}; LR at least {:.1}", rates(c), likelihood_ratio_floor(found, fakes, alarms, reals));
    let x = cross_fitted(units);
    println!(
        "\nthreshold set without the fold counted: {}; LR at least {:.1}",
        rates(x),
        likelihood_ratio_floor(x[2], x[3], x[0], x[1])
    );
    let below = |fake: bool| crops.iter().filter(|(r, l)| r.is_fake() == fake && score(*l) < low).count();
    let n = |fake: bool| crops.iter().filter(|(r, _)| r.is_fake() == fake).count();
    println!(
        "\nno indication, crops: missed {} of {} fakes, cleared {} of {} reals",
        below(true),
        n(true),
        below(false),
        n(false)
    );
}

fn rates([alarms, reals, found, fakes]: Counts) -> String {
    format!("false alarms {}, found {}", rate(alarms, reals), rate(found, fakes))
}

/// `3 of 400 (0.8 %, 0.2-2.2 %)` with the exact 95 % interval.
fn rate(hits: u64, n: u64) -> String {
    let b = clopper_pearson(hits, n, 0.025);
    format!(
        "{hits} of {n} ({:.1} %, {:.1}-{:.1} %)",
        100.0 * hits as f64 / n.max(1) as f64,
        100.0 * b.low,
        100.0 * b.high
    )
}

fn by_source(units: &[Unit], high: f64, low: f64, score: impl Fn(f64) -> f64) {
    let mut sources: BTreeMap<(bool, &str), Vec<&Unit>> = BTreeMap::new();
    for u in units {
        sources.entry((u.fake, &u.source)).or_default().push(u);
    }
    println!("\n| source | units | suspected | no indication |\n|---|---|---|---|");
    for ((fake, source), of) in sources {
        let hits = |f: &dyn Fn(&Unit) -> bool| of.iter().filter(|u| f(u)).count() as u64;
        let n = of.len() as u64;
        let above = hits(&|u| score(if u.fake { u.mean } else { u.max }) >= high);
        let below = hits(&|u| score(u.mean) < low);
        println!(
            "| {source}, {} | {n} | {} | {} |",
            if fake { "fake" } else { "real" },
            rate(above, n),
            rate(below, n)
        );
    }
}

/// How far the product's own boxes move logits against the boxes of the list.
fn boxes(rows: &[Row], q: &Question) {
    let stills: Vec<&Row> = rows.iter().filter(|r| r.list == "stills").collect();
    let faceless = stills.iter().filter(|r| r.crops == 0).count();
    println!("\nboxes: {} stills, {faceless} without a face", stills.len());
    println!("\n| stills | n | mean | median | 95 % | AUC own box | AUC listed box |\n|---|---|---|---|---|---|---|");
    for (name, refused_too) in [("pass the gate", false), ("all found", true)] {
        let kept = stills.iter().filter(|r| r.usable || refused_too);
        let pairs: Vec<(bool, f64, f64)> =
            kept.filter_map(|r| Some((r.is_fake(), (q.own)(r)?, (q.listed)(r)?))).collect();
        let moved: Vec<f64> = pairs.iter().map(|(_, a, b)| (a - b).abs()).collect();
        let area = |pick: fn(&(bool, f64, f64)) -> f64| {
            let (fake, real) = split(pairs.iter().map(|p| (p.0, pick(p))));
            metrics::auc(&real, &fake).unwrap_or(0.0)
        };
        println!(
            "| {name} | {} | {:.2} | {:.2} | {:.2} | {:.3} | {:.3} |",
            pairs.len(),
            moved.iter().sum::<f64>() / moved.len() as f64,
            quantile(&moved, 0.5),
            quantile(&moved, 0.95),
            area(|p| p.1),
            area(|p| p.2),
        );
    }
}

fn clips(rows: &[Row], q: &Question, high: f64, low: f64, score: impl Fn(f64) -> f64) {
    let mut kinds: BTreeMap<(&str, &str, &str), Vec<f64>> = BTreeMap::new();
    for r in rows.iter().filter(|r| r.list == "videos" || r.list == "media") {
        if let (Some(logit), "real" | "fake") = ((q.own)(r), r.label.as_str()) {
            kinds.entry((&r.list, &r.split, &r.kind)).or_default().push(score(logit));
        }
    }
    println!(
        "\n| clips | split | kind | n | suspected | no indication | median score |\n|---|---|---|---|---|---|---|"
    );
    for ((list, split, kind), scores) in &kinds {
        let count = |f: &dyn Fn(f64) -> bool| scores.iter().filter(|s| f(**s)).count();
        println!(
            "| {list} | {split} | {kind} | {} | {} | {} | {:.3} |",
            scores.len(),
            count(&|s| s >= high),
            count(&|s| s < low),
            quantile(scores, 0.5)
        );
    }
    for list in ["videos", "media"] {
        let unseen = |r: &&Row| r.list == list && (list == "media" || q.id == "generated-starter" || r.split == "val");
        let of = rows.iter().filter(unseen);
        let (fake, real) = split(of.filter(|r| r.label != "none").filter_map(|r| Some((r.is_fake(), (q.own)(r)?))));
        println!(
            "\n{list}: AUC {:.3} over {} fake and {} real clips",
            metrics::auc(&real, &fake).unwrap_or(0.0),
            fake.len(),
            real.len()
        );
    }
}

/// Source, group, whether fake.
type UnitKey<'a> = (&'a str, &'a str, bool);
/// Logits of one crop: with the product's box, and the highest with either.
type OwnAndHighest = (f64, f64);

fn units_of<'a>(rows: impl Iterator<Item = &'a Row>, q: &Question) -> Vec<Unit> {
    let mut groups: BTreeMap<UnitKey<'_>, Vec<OwnAndHighest>> = BTreeMap::new();
    for r in rows {
        if let Some(own) = (q.own)(r) {
            let highest = (q.listed)(r).map_or(own, |listed| listed.max(own));
            groups.entry((&r.source, &r.group, r.is_fake())).or_default().push((own, highest));
        }
    }
    let unit = |((source, name, fake), logits): (UnitKey<'_>, Vec<OwnAndHighest>)| Unit {
        source: source.into(),
        name: name.into(),
        fake,
        mean: logits.iter().map(|l| l.0).sum::<f64>() / logits.len() as f64,
        max: logits.iter().map(|l| l.1).fold(f64::NEG_INFINITY, f64::max),
    };
    groups.into_iter().map(unit).collect()
}

/// Fakes, reals.
fn split(of: impl Iterator<Item = (bool, f64)>) -> (Vec<f64>, Vec<f64>) {
    let (fake, real): (Vec<_>, Vec<_>) = of.partition(|(fake, _)| *fake);
    (fake.into_iter().map(|p| p.1).collect(), real.into_iter().map(|p| p.1).collect())
}

fn quantile(values: &[f64], p: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((p * sorted.len() as f64) as usize).or(sorted.last()).copied().unwrap_or(f64::NAN)
}
