//! A stretch of a video, examined again at every frame.
//!
//! What comes out refines the picture of an analysis, never its verdict: thresholds and validation hold
//! for the sampling of the models' cards, and whoever picks a stretch by its scores would pick a verdict.

use std::path::Path;

use analysis::FrameObservation;
use base::{Ctx, FrameIndex, Progress, Stage, Timestamp};
use media::{Frame, Media, MediaError};

use crate::error::ScanError;
use crate::pipeline::Pipeline;
use crate::stages::{Expected, Told, examine};

/// Examines every frame of the video at `path` whose presentation time lies in `from..=to`, in order.
/// Tracks count from zero within the range. Progress is as in [`crate::scan_item`].
///
/// # Errors
/// A file that cannot be opened or decoded, a network that failed, [`ScanError::Cancelled`].
pub fn scan_range(
    path: &Path,
    (from, to): (Timestamp, Timestamp),
    pipeline: &Pipeline,
    ctx: &Ctx,
    on_frame: &dyn Fn(&FrameObservation),
) -> Result<Vec<FrameObservation>, ScanError> {
    ctx.checkpoint(Progress { stage: Stage::Probing, done: 0, total: None })?;
    let media = Media::open(path, pipeline.limits(), ctx)?;
    let first = media.frame_times(ctx)?.partition_point(|&time| time < from) as u64;
    let info = media.info();
    let frames = media.frames_from(from, info.width, pipeline.threads(), ctx)?;
    let expected = Expected {
        video: true,
        duration_us: u64::try_from(to.micros_since(from)).ok(),
        frame_bytes: info.width as usize * info.height as usize * 3,
    };
    let in_range = |frame: &Result<Frame, MediaError>| frame.as_ref().map_or(true, |frame| frame.pts <= to);
    let numbered = frames
        .take_while(in_range)
        .zip(first..)
        .map(|(frame, number)| frame.map(|frame| Frame { index: FrameIndex(number), ..frame }));
    let tell = |told: Told<'_>| {
        if let Told::Frame(frame) = told {
            on_frame(frame);
        }
    };
    let examined = examine(numbered, pipeline, expected, ctx, &tell)?;
    // What comes back stands for the whole stretch: half of one would hide what was known of the rest.
    match examined.broken {
        Some(error) => Err(error.into()),
        None => Ok(examined.frames),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Rate, ScanOptions};
    use crate::{Observer, scan_item_observed};
    use nets::device::DeviceChoice;
    use std::cell::RefCell;

    #[test]
    fn a_range_holds_the_same_frames_as_the_whole_at_every_frame() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let clip = root.join("assets/samples/clip.mp4");
        let options = ScanOptions {
            rate: Rate::PerSecond(2.5),
            models: vec!["manipulated-faces".into()],
            device: DeviceChoice::Cpu,
            threads: Some(2),
            ..ScanOptions::default()
        };
        let pipeline = Pipeline::load(&root.join("models"), &options).unwrap();
        let (ctx, sampled) = (Ctx::silent(), RefCell::new(Vec::new()));
        let on_frame = |frame: &FrameObservation| sampled.borrow_mut().push(frame.clone());
        let observer = Observer { on_file: &|_| {}, on_picture: &|_| {}, on_frame: &on_frame };
        scan_item_observed(&clip, &pipeline, &ctx, &observer).unwrap();
        let (from, to) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(1_600_000));
        let range = scan_range(&clip, (from, to), &pipeline, &ctx, &|_| {}).unwrap();
        let times: Vec<i64> = range.iter().map(|frame| frame.pts.micros()).collect();
        assert_eq!(times, (25..=40).map(|n| n * 40_000).collect::<Vec<_>>());
        let shared: Vec<_> = sampled.into_inner().into_iter().filter(|f| (from..=to).contains(&f.pts)).collect();
        assert!(shared.len() >= 2);
        for whole in shared {
            let again = range.iter().find(|frame| frame.pts == whole.pts).unwrap();
            assert_eq!(again.frame, whole.frame);
            let boxes = |frame: &FrameObservation| frame.faces.iter().map(|face| face.rect).collect::<Vec<_>>();
            // A frame that was searched in full and one that was followed: the same faces, placed a little differently.
            let (again, whole) = (boxes(again), boxes(&whole));
            assert_eq!(again.len(), whole.len());
            assert!(again.iter().zip(&whole).all(|(a, b)| a.iou(*b) > 0.9), "{again:?} {whole:?}");
        }
    }
}
