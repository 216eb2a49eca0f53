//! `summary.md`: the same in words and tables, with the files to look at.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use analysis::metrics::{Bucket, Buckets, Dimension, Metrics, Rate};

use super::confusion::verdicts;
use super::matrix::{Against, Matrix};
use super::results::{Evaluation, Scored, Tables, ValueMetrics};

/// Files named in each list of the worst.
const WORST: usize = 12;
/// Files named for each reason why there is no score.
const EXAMPLES: usize = 3;
/// Below so many groups an interval is rough.
const FEW_GROUPS: u64 = 20;

/// `0.857 [0.833, 0.882]`; `None` where there is no value.
pub(super) fn interval(rate: &Rate) -> Option<String> {
    let value = rate.value?;
    Some(match rate.low.zip(rate.high) {
        Some((low, high)) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        None => format!("{value:.3}"),
    })
}

fn shown(rate: &Rate) -> String {
    interval(rate).unwrap_or("–".to_owned())
}

/// Text that a table can hold.
fn cell(text: &str) -> String {
    let one_line: String =
        text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
    one_line.replace('|', "\\|").replace('`', "'")
}

/// A few lines for a terminal.
pub(super) fn headline(evaluation: &Evaluation<'_>, tables: &Tables) -> String {
    let m = &tables.overall;
    let mut told = format!(
        "{} fake and {} real files scored, {} without a score: AUC {}\n",
        m.n_fake,
        m.n_real,
        m.failures,
        shown(&m.auc)
    );
    let _ = writeln!(
        told,
        "suspected: {} of the reals, {} of the fakes; found at 1 % false alarms: {}",
        shown(&m.fpr_suspected),
        shown(&m.tpr_suspected),
        shown(&m.tpr_at_fpr.one_percent)
    );
    for tier in evaluation.tiers.iter().filter(|_| evaluation.tiers.len() > 1) {
        if let Some(m) = tables.tiers.get(tier.name()) {
            let _ = writeln!(told, "delivered {tier}: AUC {}, {} without a score", shown(&m.auc), m.failures);
        }
    }
    for (id, m) in tables.models.iter().filter(|_| tables.models.len() > 1) {
        let _ = writeln!(told, "{id} alone: AUC {}", shown(&m.auc));
    }
    told
}

/// The whole page.
pub(super) fn summary_md(evaluation: &Evaluation<'_>, tables: &Tables, buckets: &BTreeMap<&str, Buckets>) -> String {
    let mut page = String::from("# Evaluation\n\n");
    conditions(&mut page, evaluation);
    page.push_str(&headline(evaluation, tables).lines().map(|l| format!("**{l}**  \n")).collect::<String>());
    rough(&mut page, &tables.overall);
    page.push_str("\n## In numbers\n\n");
    let mut sets: Vec<(String, &Metrics)> = vec![("overall".into(), &tables.overall)];
    let tiers = evaluation.tiers.iter().filter(|_| evaluation.tiers.len() > 1);
    sets.extend(tiers.filter_map(|t| Some((format!("delivered {t}"), tables.tiers.get(t.name())?))));
    sets.push(("videos".into(), &tables.videos));
    sets.push(("frames of videos".into(), &tables.frames));
    sets.extend(tables.models.iter().map(|(id, m)| (format!("{id} alone"), m)));
    sets.retain(|(_, m)| m.groups > 0);
    numbers(&mut page, &sets);
    for (id, p) in &tables.pairs {
        let (id, share) = (cell(id), shown(&p.fake_above_real));
        let _ = writeln!(
            page,
            "\nOf {} groups with reals and fakes, the fakes lie above in {share} (exact) by {id}.",
            p.groups
        );
    }
    said(&mut page, evaluation, tables);
    for (column, values) in &tables.by {
        by_value(&mut page, column, values);
        if let Some(matrix) = tables.matrix.get(column) {
            matrix_table(&mut page, column, matrix);
        }
    }
    for buckets in buckets.values() {
        kinds(&mut page, buckets);
    }
    worst(&mut page, evaluation);
    unscored(&mut page, evaluation, tables);
    page.push_str(READING);
    page
}

const READING: &str = "\n## How to read this
- Intervals in brackets are 95 %, from 1,000 redraws of the groups. *Exact* ones are Clopper–Pearson's and take every file for independent.
- AUC: the share of pairs of a fake and a real in which the fake has the higher score, ties counting half. AP: average precision. EER: where misses and false alarms are equally frequent.
- Accuracy counts a score of at least 0.5 as fake. The product does not: it says *suspected* from the threshold in a detector's card on, after testing whether a suspicion survives re-encoding.
- ECE: mean gap between score and share of fakes over 15 bins of equal size. Brier: mean squared gap between score and label. Both depend on how many of the files are fakes.
- Files without a score are counted (coverage), never scored. A score is not a probability that a file is fake: that needs a base rate that nobody knows.
";

fn conditions(page: &mut String, evaluation: &Evaluation<'_>) {
    let run = &evaluation.run;
    let lists = run.manifests.iter().map(|m| format!("`{}`", cell(m))).collect::<Vec<_>>().join(", ");
    let met: String = run.conditions.iter().map(|c| format!(", rows with `{}`", cell(c))).collect();
    let faces = if run.crops { "taken from the list" } else { "looked for, as `scan` does" };
    let _ = writeln!(
        page,
        "Measured on {} by {} ({}, {} threads): {lists}{met}; faces {faces}.",
        run.day, run.app, run.device, run.threads
    );
    let models = evaluation.models.iter().map(|m| {
        let short: String = m.sha256.chars().take(12).collect();
        format!(
            "`{}` (weights {short}…, suspected from {}, no indication below {})",
            m.id, m.suspected, m.no_indication
        )
    });
    let _ = writeln!(page, "Detectors: {}. Groups by `{}`.\n", models.collect::<Vec<_>>().join(", "), cell(&run.group));
}

fn rough(page: &mut String, overall: &Metrics) {
    if overall.groups > 0 && overall.groups < FEW_GROUPS {
        let _ = writeln!(
            page,
            "\nOnly {} groups are drawn from: the intervals are rough, and too narrow where the groups are alike. `--group COLUMN` chooses other groups.",
            overall.groups
        );
    }
}

fn numbers(page: &mut String, sets: &[(String, &Metrics)]) {
    page.push_str("| | fake | real | no score | AUC | AP | EER | found at FPR 5 % | at 1 % | at 0.1 % |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (name, m) in sets {
        let t = &m.tpr_at_fpr;
        let rates = [&m.auc, &m.ap, &m.eer, &t.five_percent, &t.one_percent, &t.one_permille].map(shown).join(" | ");
        let _ = writeln!(page, "| {} | {} | {} | {} | {rates} |", cell(name), m.n_fake, m.n_real, m.failures);
    }
    page.push_str("\n| | accuracy | balanced | reals suspected | exact | fakes suspected | exact | ECE | Brier | coverage |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (name, m) in sets {
        let rates = [&m.accuracy, &m.balanced_accuracy, &m.fpr_suspected].map(shown).join(" | ");
        let more = [&m.ece, &m.brier, &m.coverage].map(shown).join(" | ");
        let (real, fake) = (bounds(&m.fpr_suspected_exact), bounds(&m.tpr_suspected_exact));
        let _ = writeln!(page, "| {} | {rates} | {real} | {} | {fake} | {more} |", cell(name), shown(&m.tpr_suspected));
    }
}

fn bounds(rate: &Rate) -> String {
    rate.low.zip(rate.high).map_or("–".to_owned(), |(low, high)| format!("{low:.3}–{high:.3}"))
}

fn said(page: &mut String, evaluation: &Evaluation<'_>, tables: &Tables) {
    let counts = verdicts(evaluation);
    let head = counts.iter().map(|c| c.0).collect::<Vec<_>>().join(" | ");
    let _ = writeln!(page, "\n## What the product says\n\n| | {head} |\n|---|---|---|---|---|");
    for (row, name) in ["real", "fake"].into_iter().enumerate() {
        let row = counts.iter().map(|c| c.1.get(row).copied().unwrap_or_default().to_string());
        let _ = writeln!(page, "| {name} | {} |", row.collect::<Vec<_>>().join(" | "));
    }
    for (label, n) in &tables.other_labels {
        let _ = writeln!(page, "\n{n} files labelled `{}` were examined and are in no table.", cell(label));
    }
}

fn by_value(page: &mut String, column: &str, values: &BTreeMap<String, ValueMetrics>) {
    let _ = writeln!(
        page,
        "\n## By `{}`\n\nAUCs with * tell a value that has one class only from all files of the other class.\n",
        cell(column)
    );
    page.push_str("| | fake | real | no score | AUC | reals suspected | exact | fakes suspected | exact |\n|---|---|---|---|---|---|---|---|---|\n");
    for (value, v) in values {
        let m = &v.metrics;
        let auc = v.auc_against_all.as_ref().map_or_else(|| shown(&m.auc), |a| format!("{} *", shown(a)));
        let (fpr, tpr) = (share(&m.fpr_suspected), share(&m.tpr_suspected));
        let (real, fake) = (bounds(&m.fpr_suspected_exact), bounds(&m.tpr_suspected_exact));
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {auc} | {fpr} | {real} | {tpr} | {fake} |",
            cell(value),
            m.n_fake,
            m.n_real,
            m.failures
        );
    }
}

fn share(rate: &Rate) -> String {
    rate.value.map_or("–".to_owned(), |v| format!("{v:.3}"))
}

fn matrix_table(page: &mut String, column: &str, matrix: &Matrix) {
    let Some(values) = matrix.values().next().map(|row| row.keys().collect::<Vec<_>>()) else { return };
    let names = matrix.keys().map(|id| cell(id)).collect::<Vec<_>>().join(" | ");
    let _ = writeln!(
        page,
        "\n### Each detector on each `{}`\n\nAUC of the detector's own logit. *: one class only, told from all files of the other. In bold: named as left out of its training.\n",
        cell(column)
    );
    let _ = writeln!(page, "| | {names} |\n|---|{}", "---|".repeat(matrix.len()));
    for value in values {
        let cells = matrix.values().map(|row| match row.get(value) {
            None => "–".to_owned(),
            Some(c) => {
                let star = if c.against == Against::All { " *" } else { "" };
                let auc = format!("{}{star}", shown(&c.auc));
                if c.left_out { format!("**{auc}**") } else { auc }
            }
        });
        let _ = writeln!(page, "| {} | {} |", cell(value), cells.collect::<Vec<_>>().join(" | "));
    }
    let left: Vec<String> = matrix
        .iter()
        .filter_map(|(id, row)| {
            let aucs: Vec<f64> = row.values().filter(|c| c.left_out).filter_map(|c| c.auc.value).collect();
            let mean = aucs.iter().sum::<f64>() / aucs.len() as f64;
            (!aucs.is_empty()).then(|| format!("{} {mean:.3} over {}", cell(id), aucs.len()))
        })
        .collect();
    if !left.is_empty() {
        let _ = writeln!(page, "\nMean over what was left out: {}.", left.join(", "));
    }
}

fn kinds(page: &mut String, buckets: &Buckets) {
    let _ = writeln!(
        page,
        "\n## `{}` by kind of picture\n\nUnits are groups, in all deliveries. A real one counts as a false alarm when any of its files lies at or above {}, a fake one as found when their mean does. Intervals are exact. Shipped as `buckets.json`.\n",
        buckets.model, buckets.threshold
    );
    page.push_str("| | real | false alarms | fake | found | AUC |\n|---|---|---|---|---|---|\n");
    for (dimension, table) in &buckets.dimensions {
        let name = match dimension {
            Dimension::FaceSize => "face, px",
            Dimension::Sharpness => "sharpness",
            Dimension::Blockiness => "block noise",
        };
        for b in table {
            let auc = b.auc.map_or("–".to_owned(), |a| format!("{a:.3}"));
            let (alarms, found) = (counted(b.false_alarms, &b.fpr), counted(b.found, &b.tpr));
            let _ =
                writeln!(page, "| {name} {} | {} | {alarms} | {} | {found} | {auc} |", range(b), b.n_real, b.n_fake);
        }
    }
}

fn counted(hits: u64, rate: &Rate) -> String {
    if rate.value.is_none() { "–".to_owned() } else { format!("{hits}: {}", shown(rate)) }
}

fn range(b: &Bucket) -> String {
    match (b.from, b.to) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("from {from}"),
        (None, Some(to)) => format!("below {to}"),
        (None, None) => "all".to_owned(),
    }
}

fn worst(page: &mut String, evaluation: &Evaluation<'_>) {
    let mut scored: Vec<(&Scored<'_>, f64, bool)> =
        evaluation.main_rows().filter_map(|r| Some((r, r.measured.score?, r.row.fake()?))).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.row.file.cmp(&b.0.row.file)));
    let alarms: Vec<_> = scored.iter().filter(|s| !s.2).take(WORST).collect();
    let misses: Vec<_> = scored.iter().rev().filter(|s| s.2).take(WORST).collect();
    for (title, rows) in [("Reals with the highest scores", alarms), ("Fakes with the lowest scores", misses)] {
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(page, "\n## {title}\n\n| file | score | verdict | detectors' logits |\n|---|---|---|---|");
        for (row, score, _) in rows {
            let logits = row.measured.logits.iter().map(|(id, l)| format!("{} {l:.2}", cell(id)));
            let verdict = super::scores::verdict_name(row.measured.verdict);
            let file = cell(&row.row.file);
            let _ = writeln!(page, "| `{file}` | {score:.4} | {verdict} | {} |", logits.collect::<Vec<_>>().join(", "));
        }
    }
}

fn unscored(page: &mut String, evaluation: &Evaluation<'_>, tables: &Tables) {
    let mut why: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for row in evaluation.rows.iter().filter(|r| r.measured.score.is_none()) {
        let m = &row.measured;
        // What a decoder says names the file; what is wrong with it is one reason.
        let reason = if m.failed { "could not be examined" } else { m.error.as_deref().unwrap_or_default() };
        why.entry((row.tier.name(), reason, row.row.label.as_str())).or_default().push(&row.row.file);
    }
    if why.is_empty() {
        let _ = writeln!(
            page,
            "\n## Without a score\n\nNone: {} of {} files.",
            tables.overall.failures,
            evaluation.main_rows().count()
        );
        return;
    }
    page.push_str("\n## Without a score\n\n| delivered | why | label | files | such as |\n|---|---|---|---|---|\n");
    for ((tier, reason, label), files) in why {
        let some = files.iter().take(EXAMPLES).map(|f| format!("`{}`", cell(f))).collect::<Vec<_>>().join(", ");
        let _ = writeln!(page, "| {tier} | {} | {} | {} | {some} |", cell(reason), cell(label), files.len());
    }
}
