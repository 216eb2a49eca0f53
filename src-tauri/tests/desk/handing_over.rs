//! What goes to others: where the detectors looked, reports and packages.

use desktop::error::ErrorCode;
use desktop::handover;
use desktop::ipc::{
    EvidenceFound, JobEvent, ModelMatch, PackageEvidence, PackageForm, PackageProblem, ReportExtent, ReportOptions,
    ReportRedaction, Rerun, SystemLanguage,
};
use scan::base::{CancelToken, Ctx};

use crate::session::{analysis_of, sample, session};

fn options() -> ReportOptions {
    ReportOptions {
        language: SystemLanguage::En,
        extent: ReportExtent::Full,
        redaction: ReportRedaction::Off,
        offset_minutes: 60,
        case_name: "Harbour \"A\"".into(),
        author: " A. Desk ".into(),
        organisation: String::new(),
        question: "Was the face altered?".into(),
        notes: String::new(),
        first_opinion: String::new(),
        first_opinion_at: None,
    }
}

#[test]
fn where_detectors_looked_is_kept_with_the_analysis_and_forgotten_with_it() {
    let session = session();
    let analysis = analysis_of(&session.examine(&sample("side-by-side.jpg")).1);
    let before = session.view(analysis);
    assert_eq!(before.explanations, []);
    assert_eq!(analysis_of(&session.explain(&sample("side-by-side.jpg"), analysis)), analysis);
    let after = session.view(analysis);
    assert_eq!((&after.verdict, &after.people, &after.frames), (&before.verdict, &before.people, &before.frames));
    assert_eq!(after.explanations.iter().map(|e| e.track).collect::<Vec<_>>(), [0, 1]);
    for (place, explanation) in after.explanations.iter().enumerate() {
        let map = session.picture(&format!("analysis/{analysis}/heat/{place}"));
        let shown = explanation.faithfulness.shown && explanation.peak > 0.0;
        assert_eq!(map.is_ok(), shown, "a map that means nothing is not handed out: {:?}", explanation.faithfulness);
    }
    assert_eq!(session.picture(&format!("analysis/{analysis}/heat/99")).unwrap_err(), ErrorCode::NotFound);
    let other = session.explain(&sample("hopper.jpg"), analysis);
    assert!(matches!(other.last(), Some(JobEvent::Failed { .. })), "another file is not explained: {other:?}");
    session.desk.forget(|library| library.forget_analyses(&[analysis])).unwrap();
    assert!(session.picture(&format!("analysis/{analysis}/heat/0")).is_err());
}

#[test]
fn a_report_is_looked_at_and_written_and_nothing_is_replaced() {
    let session = session();
    let path = session.data.path().join("coffee.jpg");
    std::fs::copy(sample("side-by-side.jpg"), &path).unwrap();
    let analysis = analysis_of(&session.examine(&path).1);
    let (desk, silent) = (&session.desk, Ctx::silent());
    let preview = handover::preview(desk, analysis, &options(), &silent).unwrap();
    assert!(preview.pages > 1 && preview.pictures > 0 && preview.evidence == EvidenceFound::Unchanged, "{preview:?}");
    let page = desk.handover.page(preview.number).unwrap();
    let svg = String::from_utf8(page.to_vec()).unwrap();
    assert!(svg.starts_with("<svg") && !svg.contains("<script"));
    let links = svg.matches("href=\"").count();
    let within = svg.matches("href=\"#").count() + svg.matches("href=\"data:").count();
    assert_eq!(links, within, "a page loads nothing from elsewhere");

    let out = session.data.path().join("report");
    let written = handover::write_report(desk, analysis, &options(), &out, &silent).unwrap();
    assert_eq!((written.name.as_str(), written.fingerprint), ("report.pdf", None));
    let pdf = std::fs::read(out.with_extension("pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    let again = handover::write_report(desk, analysis, &options(), &out, &silent).unwrap_err();
    assert_eq!(again.code, ErrorCode::AlreadyThere);
    assert_eq!(std::fs::read(out.with_extension("pdf")).unwrap(), pdf);

    let stopped = CancelToken::default();
    stopped.cancel();
    let other = session.data.path().join("other.pdf");
    let ctx = Ctx::new(stopped, |_| {});
    assert_eq!(
        handover::write_report(desk, analysis, &options(), &other, &ctx).map_err(|e| e.code),
        Err(ErrorCode::Cancelled)
    );
    assert!(!other.exists());
    std::fs::remove_file(&path).unwrap();
    let without = handover::preview(desk, analysis, &options(), &silent).unwrap();
    assert_eq!((without.pictures, without.evidence), (0, EvidenceFound::Absent));
}

#[test]
fn a_package_verifies_and_one_flipped_bit_is_named() {
    let session = session();
    let (desk, silent) = (&session.desk, Ctx::silent());
    let evidence = session.data.path().join("pair.jpg");
    std::fs::copy(sample("side-by-side.jpg"), &evidence).unwrap();
    let analysis = analysis_of(&session.examine(&evidence).1);
    session.explain(&evidence, analysis);
    let zip = session.data.path().join("package.zip");
    let written = handover::write_package(desk, analysis, &options(), (&zip, PackageForm::Zip), &silent).unwrap();
    let fingerprint = written.fingerprint.unwrap();

    let selection = desk.select(std::slice::from_ref(&zip));
    assert_eq!((selection.package.as_deref(), selection.images), (Some("package.zip"), 0), "it is no file to examine");
    let parcel = desk.selections.package(selection.id).unwrap();
    let check = handover::check(desk, &parcel, &silent).unwrap();
    assert_eq!((check.problems.as_slice(), check.own_key), (&[][..], true));
    assert_eq!(check.fingerprint.as_ref(), Some(&fingerprint));
    assert_eq!(check.evidence, PackageEvidence::Same { name: "pair.jpg".into() }, "it lies beside the package");
    assert!(check.models.iter().all(|model| model.state == ModelMatch::Same) && !check.models.is_empty());
    let Rerun::Confirmed { logits, largest, tolerance } = check.rerun else { panic!("{:?}", check.rerun) };
    assert!(logits > 1 && largest <= tolerance);

    let folder = session.data.path().join("elsewhere/package");
    std::fs::create_dir(session.data.path().join("elsewhere")).unwrap();
    let form = PackageForm::Folder;
    let written = handover::write_package(desk, analysis, &options(), (&folder, form), &silent).unwrap();
    assert_eq!(written.fingerprint, Some(fingerprint), "one key for all");
    let again = handover::write_package(desk, analysis, &options(), (&folder, form), &silent).unwrap_err();
    assert_eq!(again.code, ErrorCode::AlreadyThere);
    let selection = desk.select(std::slice::from_ref(&folder));
    let look = || handover::check(desk, &desk.selections.package(selection.id).unwrap(), &silent).unwrap();
    assert_eq!((look().evidence, look().rerun), (PackageEvidence::Absent, Rerun::NotRun));
    assert!(desk.selections.set_evidence(selection.id, sample("hopper.jpg")));
    assert!(matches!(look().evidence, PackageEvidence::Other { .. }) && look().rerun == Rerun::NotRun);
    desk.selections.set_evidence(selection.id, evidence.clone());
    assert!(matches!(look().rerun, Rerun::Confirmed { .. }));
    let report = folder.join("report.pdf");
    let mut bytes = std::fs::read(&report).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&report, bytes).unwrap();
    let touched = look();
    assert_eq!(touched.problems, [PackageProblem::Changed { file: "report.pdf".into() }]);
    assert_eq!(touched.rerun, Rerun::NotRun);
}
