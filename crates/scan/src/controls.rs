//! Known samples, scored before anything else is: a device or a build that computes them wrongly judges
//! nobody (field guide, section 1, idea 4).
//!
//! `assets/controls` holds crops of real and generated faces of `assets/samples` as each shipped detector
//! wants them, and the logits that PyTorch computes for them (`reference.py` there).

use std::collections::BTreeMap;

use analysis::Control;
use base::{Ctx, Warning, WarningCode};
use detector::Detector;
use image::RgbImage;
use serde::Deserialize;

use crate::error::ScanError;

/// How far a logit may be from the reference: the product's bound on the CPU, and that of processors
/// that round otherwise (field guide 5.8).
const CPU_TOLERANCE: f64 = 1e-3;
const GPU_TOLERANCE: f64 = 5e-3;

const REFERENCE: &str = include_str!("../../../assets/controls/reference.json");

macro_rules! crops {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../../assets/controls/", $name)).as_slice())),*]
    };
}

const CROPS: [(&str, &[u8]); 6] = crops![
    "deep-generated-a.png",
    "deep-hopper.png",
    "generated-faces-generated-a.png",
    "generated-faces-hopper.png",
    "manipulated-faces-generated-a.png",
    "manipulated-faces-hopper.png",
];

/// What the reference says of one crop, by SHA-256 of the weights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    sample: String,
    generated: bool,
    logit: f64,
}

/// Scores the samples that are known for this detector; none for one that was added by the user.
///
/// # Errors
/// A detector that fails; broken samples, which are part of the program.
pub(crate) fn of_detector(detector: &Detector, on_cpu: bool) -> Result<Vec<Control>, ScanError> {
    let known: BTreeMap<String, Vec<Known>> =
        serde_json::from_str(REFERENCE).map_err(|error| ScanError::Controls { message: error.to_string() })?;
    let Some(known) = known.get(&detector.card().weights.sha256) else { return Ok(Vec::new()) };
    let crops = known.iter().map(|k| crop(&k.sample)).collect::<Result<Vec<_>, _>>()?;
    let logits = detector.logits(&crops)?;
    let tolerance = if on_cpu { CPU_TOLERANCE } else { GPU_TOLERANCE };
    let control = |(known, logit): (&Known, f32)| Control {
        model: detector.card().id.clone(),
        sample: known.sample.clone(),
        generated: known.generated,
        expected: known.logit,
        obtained: f64::from(logit),
        tolerance,
    };
    Ok(known.iter().zip(logits).map(control).collect())
}

fn crop(sample: &str) -> Result<RgbImage, ScanError> {
    let broken = |message: String| ScanError::Controls { message: format!("{sample}: {message}") };
    let (_, bytes) = CROPS.iter().find(|(name, _)| *name == sample).ok_or(broken("not part of the program".into()))?;
    Ok(image::load_from_memory(bytes).map_err(|error| broken(error.to_string()))?.into_rgb8())
}

/// Loads on the first of the devices that computes its controls rightly. A refused one is warned about.
///
/// # Errors
/// [`ScanError::Controls`] when none does; what `load` says.
pub(crate) fn trusted<D: std::fmt::Display, T>(
    devices: impl IntoIterator<Item = D>,
    load: impl Fn(&D) -> Result<(T, Vec<Control>), ScanError>,
    ctx: &Ctx,
) -> Result<(D, T, Vec<Control>), ScanError> {
    let mut refused = Vec::new();
    for device in devices {
        let (loaded, controls) = load(&device)?;
        let Some(failed) = controls.iter().find(|c| !c.passed()) else {
            let warn = |message| ctx.warn(Warning::new(WarningCode::ControlsFailed, message));
            refused.into_iter().for_each(warn);
            return Ok((device, loaded, controls));
        };
        refused.push(format!(
            "{device}: {} of {} is {:.4}, not {:.4}",
            failed.model, failed.sample, failed.obtained, failed.expected
        ));
    }
    Err(ScanError::Controls { message: refused.join("; ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use std::path::Path;

    fn control(obtained: f64) -> Control {
        let (model, sample) = ("m".to_owned(), "s.png".to_owned());
        Control { model, sample, generated: true, expected: 2.0, obtained, tolerance: 1e-3 }
    }

    fn load(
        obtained: &'static [(&'static str, f64)],
    ) -> impl Fn(&&'static str) -> Result<(u8, Vec<Control>), ScanError> {
        |device| {
            let (_, logit) = obtained.iter().find(|(name, _)| name == device).unwrap();
            Ok((7, vec![control(2.0), control(*logit)]))
        }
    }

    #[test]
    fn a_device_that_computes_wrongly_is_replaced_and_told_of() {
        let ctx = Ctx::silent();
        let (device, _, controls) = trusted(["cuda", "cpu"], load(&[("cuda", 2.1), ("cpu", 2.0005)]), &ctx).unwrap();
        assert_eq!((device, controls.len()), ("cpu", 2));
        let warnings = ctx.take_warnings();
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].code, WarningCode::ControlsFailed);
        assert!(warnings[0].detail.starts_with("cuda: m of s.png is 2.1"), "{}", warnings[0].detail);
    }

    #[test]
    fn a_device_that_computes_rightly_is_taken_in_silence() {
        let ctx = Ctx::silent();
        let (device, ..) = trusted(["cuda", "cpu"], load(&[("cuda", 2.0)]), &ctx).unwrap();
        assert_eq!((device, ctx.take_warnings().len()), ("cuda", 0));
    }

    #[test]
    fn when_the_cpu_fails_nothing_is_loaded() {
        let failed = trusted(["cpu"], load(&[("cpu", f64::NAN)]), &Ctx::silent());
        assert!(matches!(failed, Err(ScanError::Controls { .. })));
    }

    #[test]
    fn every_shipped_detector_has_controls_of_both_kinds() {
        let known: BTreeMap<String, Vec<Known>> = serde_json::from_str(REFERENCE).unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let cards = nets::model::list(&models).unwrap().into_iter().map(|listed| listed.card.unwrap());
        for card in cards.filter(|card| card.task.scores()) {
            let of_it = known.get(&card.weights.sha256).unwrap_or_else(|| panic!("no controls of {}", card.id));
            for generated in [false, true] {
                assert!(of_it.iter().any(|known| known.generated == generated), "{}", card.id);
            }
            for known in of_it {
                let crop = crop(&known.sample).unwrap();
                assert_eq!(crop.width(), card.input.size, "{}", known.sample);
            }
        }
    }

    #[test]
    fn the_shipped_detectors_pass_and_tell_generated_from_real() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        for id in ["generated-faces", "manipulated-faces"] {
            let detector = Detector::load(&models.join(id), &Device::Cpu).unwrap();
            let controls = of_detector(&detector, true).unwrap();
            assert_eq!(controls.iter().filter(|c| c.generated).count(), 1, "{id}");
            assert_eq!(controls.len(), 2);
            for c in &controls {
                assert!(c.passed(), "{c:?}");
            }
            if id == "generated-faces" {
                let of = |generated| controls.iter().filter(move |c| c.generated == generated).map(|c| c.obtained);
                assert!(of(true).fold(f64::INFINITY, f64::min) > of(false).fold(f64::NEG_INFINITY, f64::max));
            }
        }
    }
}
