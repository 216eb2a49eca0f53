//! From the material of a report to a sealed package.

use std::path::Path;

use analysis::{Analysis, EvidenceState, Exhibit, ExhibitKind, LADDER, MediaKind};
use serde_json::json;

use super::{
    ANALYSIS, Activity, CONFIGURATION, EXHIBITS, ExpectedModel, Files, Key, MANIFEST_SCHEMA, Manifest, REPORT,
    Tolerance, seal,
};
use crate::error::ReportError;
use crate::material::{Material, Redaction};
use crate::names::Names;
use crate::pdf::render_pdf;

/// What stands for a name in a redacted package.
const MASKED: &str = "masked";

/// The report and all that is needed to check it, sealed. `application_sha256` is the hash of the program's file,
/// where it could be read.
///
/// # Errors
/// What the typesetter says; JSON that cannot be written.
pub fn pack(material: &Material<'_>, application_sha256: Option<String>, key: &Key) -> Result<Files, ReportError> {
    let analysis = packed_analysis(material);
    let mut line = serde_json::to_vec(&analysis)?;
    line.push(b'\n');
    let mut configuration = serde_json::to_vec_pretty(&configuration(material))?;
    configuration.push(b'\n');
    let mut files = Files::from([
        (REPORT.to_owned(), render_pdf(material)?),
        (ANALYSIS.to_owned(), line),
        (CONFIGURATION.to_owned(), configuration),
    ]);
    for e in material.exhibits {
        files.insert(format!("{EXHIBITS}/{}", e.name), e.bytes.clone());
    }
    let made = material.made.rfc3339();
    let redacted = material.style.redaction == Redaction::On;
    let name = Path::new(&material.analysis.file.path).file_name().map(|n| n.to_string_lossy().into_owned());
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA.to_owned(),
        made: made.clone(),
        application: material.app.to_owned(),
        application_sha256,
        evidence_name: name.filter(|_| !redacted),
        evidence_bytes: analysis.file.bytes,
        evidence_sha256: analysis.file.sha256.clone(),
        models: analysis.models.iter().map(ExpectedModel::from).collect(),
        tolerance: Tolerance::of_device(&analysis.run.device),
        files: Default::default(),
        log_entries: 0,
        log_head: String::new(),
    };
    seal(files, &activity(material, &made), manifest, key)
}

/// The analysis as the package holds it: heat maps under their names there, masked where that was asked for.
fn packed_analysis(material: &Material<'_>) -> Analysis {
    let mut analysis = material.analysis.clone();
    let maps: Vec<_> = material.exhibits.iter().filter(|x| x.kind == ExhibitKind::HeatMap).collect();
    for e in &mut analysis.explanations {
        let of_this =
            |x: &&&Exhibit| x.track == e.track && x.pts_us == e.pts_us && x.name.ends_with(&format!("{}.png", e.model));
        e.picture = maps.iter().find(of_this).map(|x| format!("{EXHIBITS}/{}", x.name));
    }
    if material.style.redaction == Redaction::On {
        let names = Names::of(material.analysis, material.dossier);
        let details = analysis.run.warnings.iter_mut().map(|warning| &mut warning.detail);
        for said in details.chain(analysis.error.iter_mut().map(|error| &mut error.message)) {
            *said = names.masked(said, MASKED).unwrap_or_else(|| MASKED.to_owned());
        }
        analysis.file.path = MASKED.to_owned();
        analysis.file.path_bytes = None;
        for (i, clip) in analysis.baseline.iter_mut().flat_map(|b| &mut b.clips).enumerate() {
            clip.path = format!("{MASKED}-{}", i + 1);
        }
    }
    analysis
}

/// How it was examined: what a second run has to be told.
fn configuration(material: &Material<'_>) -> serde_json::Value {
    let (run, kind) = (&material.analysis.run, material.analysis.file.kind);
    json!({
        "app": run.app,
        "device": run.device,
        "framesPerSecond": run.fps,
        "everyFrame": kind == Some(MediaKind::Video) && run.fps.is_none(),
        "ladder": LADDER,
        "models": material.models,
    })
}

fn activity(material: &Material<'_>, made: &str) -> Activity {
    let (run, mut activity) = (&material.analysis.run, Activity::default());
    let sha = material.analysis.file.sha256.as_deref().unwrap_or("unknown");
    activity.add(&run.started, "scanned", &format!("{} on {}, evidence {sha}", run.app, run.device));
    let checked = match material.evidence {
        EvidenceState::Unchanged => "opened read-only and hashed before and after: unchanged".to_owned(),
        EvidenceState::Undecodable => "unchanged, but its frames could not be decoded again".to_owned(),
        EvidenceState::Absent => "not found".to_owned(),
        EvidenceState::Changed { found } => format!("another file: {found}"),
    };
    activity.add(made, "checked", &checked);
    activity.add(made, "picturesCut", &material.exhibits.len().to_string());
    activity.add(made, "reported", REPORT);
    activity.add(made, "packaged", material.app);
    activity
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dossier, Moment, Style};
    use analysis::{Baseline, BaselineClip, ErrorCode, FileFacts, ItemError, Run};
    use base::{Warning, WarningCode};

    fn failed() -> Analysis {
        let run = Run {
            app: "facefiction 0".into(),
            device: "cpu".into(),
            threads: 1,
            fps: None,
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 0.0,
            warnings: vec![
                Warning::new(WarningCode::DecoderMessage, "moov not found: /home/jane/case 7/witness.mp4"),
                Warning::new(WarningCode::DecoderMessage, "cannot write /tmp/Witness-1.wav"),
                Warning::new(WarningCode::FacesDropped, "3 faces"),
            ],
            controls: vec![],
        };
        let message = "cannot be read; own clips: /home/jane/known.mov, known.mov; witness.mp4".to_owned();
        let error = ItemError { code: ErrorCode::NotReadable, message };
        let file = FileFacts::at(Path::new("/home/jane/case 7/witness.mp4"));
        let clip = BaselineClip { path: "/home/jane/known.mov".into(), sha256: None, logits: Default::default() };
        let baseline = Some(Baseline { clips: vec![clip], ranks: vec![] });
        Analysis { baseline, ..Analysis::failed(file, error, vec![], run) }
    }

    fn packed(redaction: Redaction) -> Analysis {
        packed_analysis(&Material {
            analysis: &failed(),
            models: &[],
            exhibits: &[],
            evidence: &EvidenceState::Absent,
            dossier: &Dossier::default(),
            app: "facefiction 0",
            made: Moment::utc(0),
            style: Style { redaction, ..Style::default() },
        })
    }

    #[test]
    fn a_redacted_package_names_no_file_in_what_it_says_of_one() {
        assert_eq!(packed(Redaction::Off), failed());
        let masked = packed(Redaction::On);
        let details: Vec<&str> = masked.run.warnings.iter().map(|w| w.detail.as_str()).collect();
        assert_eq!(details, ["moov not found: masked", "masked", "3 faces"]);
        let said = masked.error.as_ref().map(|error| error.message.as_str());
        assert_eq!(said, Some("cannot be read; own clips: masked, masked; masked"));
        let json = masked.to_json_line().unwrap().to_lowercase();
        for name in ["witness", "known", "jane", "case 7"] {
            assert!(!json.contains(name), "{name}: {json}");
        }
    }
}
