//! What detectors are worth on labelled files: manifests in, tables, curves, thresholds and cards out.
//!
//! Pure but for reading manifests and writing results: a shell examines the files with the product's own pipeline
//! and hands over what came of each ([`Measured`]). Nothing here knows a network or a picture.

mod calibrate;
mod card;
mod confusion;
mod journal;
mod manifest;
mod matrix;
mod measured;
mod output;
mod pairs;
mod plots;
mod reliability;
mod results;
mod roc;
mod scores;
mod shipped;
mod summary;
mod tier;
mod tiers;

pub use calibrate::{Calibrated, CalibrationPlan, Counts, Scaling, calibrate};
pub use card::{Beside, CardWords, UNCALIBRATED, next_year, with_scoring, with_together};
pub use journal::{Journal, Key};
pub use manifest::{Condition, Faces, ListedFace, Manifest, Row};
pub use measured::{FrameScore, Measured};
pub use output::{clear_results, write_results};
pub use results::{Evaluation, LeftOut, ModelFacts, RunFacts, Scored};
pub use scores::{ScoredLogit, read_scores};
pub use shipped::{graded_of_scores, shipped_buckets, short};
pub use tier::Tier;
