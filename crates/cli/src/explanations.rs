//! `--explain`: heat maps as pictures in the folder of `--out`, the rest in the document and in words.

use std::path::{Path, PathBuf};

use scan::analysis::{Analysis, Explanation, FaceRegion, Person};
use scan::base::Ctx;
use scan::{Explained, Pipeline, ScanError, explain_item, write_atomically};

use crate::words::{Words, time};

/// Folder of the pictures below that of `--out`.
const FOLDER: &str = "explanations";
/// Regions told in words, those that move the score most.
const TOLD: usize = 3;
/// Logits below which a region is not worth a word.
const NOTHING: f64 = 0.005;

/// The folder that heat maps are written to.
pub(crate) struct Pictures {
    out: PathBuf,
}

impl Pictures {
    /// Opens or creates the folder in `out`.
    ///
    /// # Errors
    /// [`ScanError::Write`] when that is refused.
    pub(crate) fn open(out: &Path) -> Result<Self, ScanError> {
        let path = out.join(FOLDER);
        std::fs::create_dir_all(&path).map_err(|source| ScanError::Write { path, source })?;
        Ok(Self { out: out.to_path_buf() })
    }

    /// Explains the item, writes the pictures under names that begin with `stem`, puts the rest into the analysis.
    ///
    /// # Errors
    /// As [`explain_item`]; [`ScanError::Write`] when the disk refuses.
    pub(crate) fn explain(
        &self,
        stem: &str,
        path: &Path,
        analysis: &mut Analysis,
        pipeline: &Pipeline,
        ctx: &Ctx,
    ) -> Result<(), ScanError> {
        let mut explanations = Vec::new();
        for Explained { mut explanation, png, .. } in explain_item(path, analysis, pipeline, ctx)? {
            if let Some(png) = png {
                let name = format!("{FOLDER}/{}", file_name(stem, &explanation));
                write_atomically(&self.out.join(&name), &png)?;
                explanation.picture = Some(name);
            }
            explanations.push(explanation);
        }
        analysis.explanations = explanations;
        Ok(())
    }
}

/// Sorts by item, person, time and model: `9f2c41ab6e0d8a53-d215decc4fce3d80-p01-000012480ms-manipulated-faces.png`.
fn file_name(stem: &str, e: &Explanation) -> String {
    let ms = e.pts_us.micros().max(0) / 1000;
    format!("{stem}-p{:02}-{ms:09}ms-{}.png", e.track + 1, e.model)
}

/// What there is to say of a person's explanations: of each detector the crop with the highest score.
pub(crate) fn sentences(analysis: &Analysis, person: &Person, words: &dyn Words) -> Vec<String> {
    let own: Vec<&Explanation> = analysis.explanations.iter().filter(|e| e.track == person.track).collect();
    let mut models: Vec<&str> = own.iter().map(|e| e.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    let best = |model: &&str| {
        let of_model = own.iter().filter(|e| e.model == *model);
        of_model.max_by(|a, b| a.logit.total_cmp(&b.logit).then(b.pts_us.cmp(&a.pts_us))).copied()
    };
    let still = analysis.file.media.as_ref().is_none_or(|m| m.duration_us.is_none());
    let said = |e: &Explanation| {
        let at = (!still).then(|| time(e.pts_us, words));
        let regions = words.regions(&e.model, at.as_deref(), &heaviest(e));
        let map = match (&e.picture, e.faithfulness.shown) {
            (Some(file), _) => words.map_shown(file, e.faithfulness.beaten, e.faithfulness.random),
            (None, false) => words.map_withheld(e.faithfulness.beaten, e.faithfulness.random),
            (None, true) => String::new(),
        };
        [regions, map]
    };
    models.iter().filter_map(best).flat_map(said).filter(|text| !text.is_empty()).collect()
}

/// The regions that move the score most, heaviest first.
fn heaviest(e: &Explanation) -> Vec<(FaceRegion, f64)> {
    let Some(regions) = &e.regions else { return Vec::new() };
    let mut shares: Vec<(FaceRegion, f64)> = regions.shares.iter().map(|s| (s.region, s.logit)).collect();
    shares.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    shares.retain(|(_, logit)| logit.abs() >= NOTHING);
    shares.truncate(TOLD);
    shares
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::tests::{analysis, person};
    use crate::words::Lang;
    use scan::analysis::{Faithfulness, MapMethod, RegionShare, RegionShares, Strength, Verdict};
    use scan::base::{FrameIndex, Rect, Score, Timestamp};

    pub(crate) fn explanation(us: i64, logit: f32, fall: f64) -> Explanation {
        let random: Vec<f64> = (0..39).map(f64::from).collect();
        let shares = FaceRegion::ALL.iter().enumerate();
        let shares = shares.map(|(i, r)| RegionShare { region: *r, logit: i as f64 / 2.0 - 1.0, area: 0.125 });
        let faithfulness = Faithfulness::of(0.15, fall, &random).unwrap();
        Explanation {
            track: 0,
            frame: FrameIndex(1),
            pts_us: Timestamp::from_micros(us),
            model: "swapped".into(),
            logit,
            score: Score::new(0.9).unwrap(),
            crop: Rect::new(0.0, 0.0, 9.0, 9.0),
            method: MapMethod::GradCam,
            peak: 1.0,
            regions: Some(RegionShares { logit: 3.0, logit_removed: -3.0, shares: shares.collect() }),
            picture: faithfulness.shown.then(|| format!("explanations/{us}.png")),
            faithfulness,
        }
    }

    #[test]
    fn names_sort_by_item_person_time_and_model() {
        let at = |us| Explanation { track: 0, ..explanation(us, 1.0, 99.0) };
        assert_eq!(file_name("ab-cd", &at(12_480_000)), "ab-cd-p01-000012480ms-swapped.png");
        let later = Explanation { track: 11, ..at(100) };
        let names = [
            file_name("a", &at(9_000_000)),
            file_name("a", &at(10_000_000)),
            file_name("a", &later),
            file_name("b", &at(0)),
        ];
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn the_highest_crop_of_each_detector_is_told_with_its_heaviest_regions() {
        let mut item = analysis("a.mp4", Verdict::suspected(Score::new(0.9).unwrap(), Strength::Limited, []));
        item.people = vec![person(0, item.verdict.clone(), 9, 9)];
        item.explanations = vec![explanation(1_000_000, 2.0, 0.0), explanation(2_000_000, 3.0, 99.0)];
        let told = sentences(&item, &item.people[0], Lang::En.words());
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("swapped") && told[0].contains("0:02.000"), "{told:?}");
        assert!(told[0].contains("background +2.50, hair and border +2.00, forehead +1.50"), "{told:?}");
        assert!(told[1].contains("explanations/2000000.png") && told[1].contains("39 of 39"), "{told:?}");
        item.explanations = vec![explanation(1_000_000, 2.0, 0.0)];
        let withheld = sentences(&item, &item.people[0], Lang::En.words());
        assert!(withheld[1].contains("withheld") && withheld[1].contains("0 of 39"), "{withheld:?}");
    }
}
