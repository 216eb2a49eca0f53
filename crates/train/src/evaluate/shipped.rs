//! Tables by face size, blur and compression, in the form that is shipped with a detector.

use analysis::metrics::{BUCKETS_SCHEMA, Buckets, Dimension, Graded, bucket_table};

use super::results::{Evaluation, ModelFacts};
use super::scores::ScoredLogit;

/// The tables of one detector. Every delivery counts: re-encoded copies are what is compressed and small.
pub fn shipped_buckets(
    (model, sha256): (&str, &str),
    threshold: f64,
    (day, measured_on): (&str, &str),
    graded: &[Graded],
) -> Buckets {
    Buckets {
        schema: BUCKETS_SCHEMA.to_owned(),
        model: model.to_owned(),
        sha256: sha256.to_owned(),
        threshold,
        measured: day.to_owned(),
        measured_on: measured_on.to_owned(),
        dimensions: Dimension::ALL.map(|d| (d, bucket_table(graded, d, threshold))).into(),
    }
}

/// One detector's tables of an evaluation.
pub(super) fn buckets_of(evaluation: &Evaluation<'_>, model: &ModelFacts) -> Buckets {
    let graded = evaluation.rows.iter().zip(evaluation.groups()).filter_map(|(row, group)| {
        let (fake, quality) = (row.row.fake()?, row.measured.quality?);
        let score = model.score(*row.measured.logits.get(&model.id)?)?;
        Some(Graded { group, fake, score, quality })
    });
    let run = &evaluation.run;
    let lists = run.manifests.iter().map(|m| short(m)).collect::<Vec<_>>().join(", ");
    let met = if run.conditions.is_empty() { String::new() } else { format!(", {}", run.conditions.join(", ")) };
    let faces = if run.crops { "faces of the list" } else { "faces found by the product" };
    let tiers = evaluation.tiers.iter().map(|t| t.name()).collect::<Vec<_>>().join(", ");
    let measured_on = format!("{lists}{met}; {faces}; delivered {tiers}; units by `{}`", run.group);
    let graded: Vec<Graded> = graded.collect();
    shipped_buckets((&model.id, &model.sha256), model.suspected, (&run.day, &measured_on), &graded)
}

/// The last two parts of a path: what is shipped does not tell of anybody's folders.
pub fn short(path: &str) -> String {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|p| !p.is_empty()).collect();
    parts.get(parts.len().saturating_sub(2)..).unwrap_or_default().join("/")
}

/// Rows of `scores.csv` under a new calibration; `calibrated` gives the score of a logit.
pub fn graded_of_scores(rows: &[ScoredLogit], calibrated: &dyn Fn(f64) -> f64) -> Vec<Graded> {
    let mut names: Vec<&str> = rows.iter().map(|r| r.group.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let graded = |r: &ScoredLogit| {
        let group = names.binary_search(&r.group.as_str()).ok()?;
        Some(Graded { group, fake: r.fake, score: calibrated(r.logit), quality: r.quality? })
    };
    rows.iter().filter_map(graded).collect()
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn folders_are_not_told() {
        assert_eq!(short("/home/ann/data/list.csv"), "data/list.csv");
        assert_eq!(short("C:\\ann\\data\\list.csv"), "data/list.csv");
        assert_eq!(short("list.csv"), "list.csv");
    }
}
