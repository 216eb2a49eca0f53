//! `facefiction package`: a report with all that is needed to check it, sealed with this user's key.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use report::Redaction;
use report::package::{
    ANALYSIS, Activity, CONFIGURATION, EXHIBITS, ExpectedModel, Files, Key, MANIFEST_SCHEMA, Manifest, REPORT,
    Tolerance, seal, write_zip,
};
use scan::analysis::{Analysis, EvidenceState, ExhibitKind, LADDER, MediaKind};
use scan::base::Ctx;
use scan::{APP, sha256_of, write_new};
use serde_json::json;

use crate::args::PackageArgs;
use crate::exit::Exit;
use crate::reports::{Prepared, Unmade, free, tell};

/// How far a logit may differ when it is computed again: the product's bound on the CPU, and that of
/// processors that round otherwise (field guide 5.8).
const CPU_TOLERANCE: f64 = 1e-3;
const GPU_TOLERANCE: f64 = 5e-3;

/// Runs the command.
///
/// # Errors
/// None that is not told here.
pub(crate) fn run(args: &PackageArgs) -> anyhow::Result<Exit> {
    let cancel = crate::stop::on_signals()?;
    let ctx = Ctx::new(cancel, |_| {});
    let made = || -> Result<String, Unmade> {
        free(&args.out)?;
        let prepared = Prepared::read(&args.analysis, &args.wanted, &ctx)?;
        prepared.tell_evidence();
        let key = own_key()?;
        let files = files(&prepared, &key, &ctx)?;
        ctx.check()?;
        write(&args.out, &files)?;
        Ok(key.fingerprint())
    };
    match made() {
        Ok(fingerprint) => {
            tell(&format!("sealed with the key {fingerprint}"));
            Ok(Exit::Finished)
        }
        Err(unmade) => Ok(unmade.told()),
    }
}

fn files(prepared: &Prepared, key: &Key, ctx: &Ctx) -> Result<Files, Unmade> {
    let analysis = packed_analysis(prepared);
    let failed = |error: serde_json::Error| Unmade::Failed(error.to_string());
    let mut line = analysis.to_json_line().map_err(|e| Unmade::Failed(e.to_string()))?;
    line.push('\n');
    let mut configuration = serde_json::to_vec_pretty(&configuration(prepared)).map_err(failed)?;
    configuration.push(b'\n');
    let mut files = Files::from([
        (REPORT.to_owned(), prepared.pdf()?),
        (ANALYSIS.to_owned(), line.into_bytes()),
        (CONFIGURATION.to_owned(), configuration),
    ]);
    for e in &prepared.exhibits {
        files.insert(format!("{EXHIBITS}/{}", e.name), e.bytes.clone());
    }
    let made = prepared.made.rfc3339();
    let program = std::env::current_exe().ok();
    let application_sha256 = program.map(|path| sha256_of(&path, ctx)).transpose()?.flatten();
    let cpu = analysis.run.device == "cpu";
    let redacted = prepared.style.redaction == Redaction::On;
    let name = Path::new(&prepared.analysis.file.path).file_name().map(|n| n.to_string_lossy().into_owned());
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA.to_owned(),
        made: made.clone(),
        application: APP.to_owned(),
        application_sha256,
        evidence_name: name.filter(|_| !redacted),
        evidence_bytes: analysis.file.bytes,
        evidence_sha256: analysis.file.sha256.clone(),
        models: analysis.models.iter().map(|m| ExpectedModel { id: m.id.clone(), sha256: m.sha256.clone() }).collect(),
        tolerance: Tolerance { logit: if cpu { CPU_TOLERANCE } else { GPU_TOLERANCE } },
        files: Default::default(),
        log_entries: 0,
        log_head: String::new(),
    };
    Ok(seal(files, &activity(prepared, &made), manifest, key)?)
}

/// The analysis as the package holds it: heat maps under their names there, masked where that was asked for.
fn packed_analysis(prepared: &Prepared) -> Analysis {
    let mut analysis = prepared.analysis.clone();
    let maps: Vec<_> = prepared.exhibits.iter().filter(|x| x.kind == ExhibitKind::HeatMap).collect();
    for e in &mut analysis.explanations {
        let of_this = |x: &&&scan::analysis::Exhibit| {
            x.track == e.track && x.pts_us == e.pts_us && x.name.ends_with(&format!("{}.png", e.model))
        };
        e.picture = maps.iter().find(of_this).map(|x| format!("{EXHIBITS}/{}", x.name));
    }
    if prepared.style.redaction == Redaction::On {
        analysis.file.path = "masked".to_owned();
        analysis.file.path_bytes = None;
        for (i, clip) in analysis.baseline.iter_mut().flat_map(|b| &mut b.clips).enumerate() {
            clip.path = format!("masked-{}", i + 1);
        }
    }
    analysis
}

/// How it was examined: what a second run has to be told.
fn configuration(prepared: &Prepared) -> serde_json::Value {
    let (run, kind) = (&prepared.analysis.run, prepared.analysis.file.kind);
    json!({
        "app": run.app,
        "device": run.device,
        "framesPerSecond": run.fps,
        "everyFrame": kind == Some(MediaKind::Video) && run.fps.is_none(),
        "ladder": LADDER,
        "models": prepared.models,
    })
}

fn activity(prepared: &Prepared, made: &str) -> Activity {
    let (run, mut activity) = (&prepared.analysis.run, Activity::default());
    let sha = prepared.analysis.file.sha256.as_deref().unwrap_or("unknown");
    activity.add(&run.started, "scanned", &format!("{} on {}, evidence {sha}", run.app, run.device));
    let checked = match &prepared.evidence {
        EvidenceState::Unchanged => "opened read-only and hashed before and after: unchanged".to_owned(),
        EvidenceState::Undecodable => "unchanged, but its frames could not be decoded again".to_owned(),
        EvidenceState::Absent => "not found".to_owned(),
        EvidenceState::Changed { found } => format!("another file: {found}"),
    };
    activity.add(made, "checked", &checked);
    activity.add(made, "picturesCut", &prepared.exhibits.len().to_string());
    activity.add(made, "reported", REPORT);
    activity.add(made, "packaged", APP);
    activity
}

fn write(out: &Path, files: &Files) -> Result<(), Unmade> {
    if out.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
        let bytes = write_zip(files).map_err(|e| Unmade::Failed(e.to_string()))?;
        return Ok(write_new(out, &bytes)?);
    }
    let failed = |error: io::Error| Unmade::Failed(format!("cannot write ({error}): {}", out.display()));
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = parent.join(format!(".facefiction-{}", std::process::id()));
    fs::create_dir(&draft).map_err(failed)?;
    let written = write_all(&draft, files).and_then(|()| {
        // Renaming onto an empty folder would replace it.
        if fs::symlink_metadata(out).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&draft, out)
    });
    if written.is_err() {
        // What is left over has a name that says whose it is.
        let _ = fs::remove_dir_all(&draft);
    }
    written.map_err(failed)
}

fn write_all(folder: &Path, files: &Files) -> io::Result<()> {
    fs::create_dir(folder.join(EXHIBITS))?;
    for (name, bytes) in files {
        let mut file = fs::File::create_new(folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    Ok(())
}

/// This user's key, made on first use.
fn own_key() -> Result<Key, Unmade> {
    let path = key_path().ok_or(Unmade::Failed("no folder for application data: set HOME".into()))?;
    let failed = |error: io::Error| Unmade::Failed(format!("the key cannot be used ({error}): {}", path.display()));
    match fs::read_to_string(&path) {
        Ok(text) => {
            if open_to_others(&path) {
                tell(&format!("others can read the key; make it private: {}", path.display()));
            }
            return Ok(Key::from_text(&text)?);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let key = Key::generate()?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(failed)?;
    file.write_all(key.to_text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    tell(&format!("made a key for sealing packages: {}", path.display()));
    Ok(key)
}

#[cfg(unix)]
fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> bool {
    false
}

/// `facefiction/seal.key` in the user's folder for application data.
fn key_path() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    folder.map(|folder| folder.join("facefiction").join("seal.key"))
}
