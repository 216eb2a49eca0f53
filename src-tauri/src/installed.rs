//! The models on this machine: those that came with the program and those that were imported.
//!
//! An imported model lies in a folder of this user's data. As soon as there is one, the models that came
//! with the program are linked into that folder too, so that the pipeline finds all in one place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use scan::ScanError;
use scan::evaluation::{Drawing, drawings};
use scan::models::{Listed, ModelCard, NetsError, encoder_is_here, list, load_card, verify};

use crate::error::{CommandError, ErrorCode};
use crate::frames::fingerprint;
use crate::ipc::{Figure, FigureKind, ModelState, ModelView, Settings, Threshold, Validation};
use crate::lock::lock;
use crate::now::today;

/// Name of the card in a model's folder.
const CARD: &str = "card.toml";
/// How the name of a copy ends that was not checked yet; it begins with a dot, so that it is listed nowhere.
const DRAFT: &str = ".draft";

/// Held while the models that came with the program are linked: several threads ask for the folder, and none may read
/// it while another takes a link away to make it anew.
static LINKING: Mutex<()> = Mutex::new(());
/// Held during an import, which clears away what it takes for left over.
static IMPORTING: Mutex<()> = Mutex::new(());

/// The folder with all models.
///
/// # Errors
/// A folder that cannot be read or written.
pub fn folder(built_in: &Path, imported: &Path) -> Result<PathBuf, CommandError> {
    if !imported.is_dir() {
        return Ok(built_in.to_owned());
    }
    let _alone = lock(&LINKING);
    let failed = |error: io::Error| CommandError::unwritable(imported, &error);
    for entry in fs::read_dir(built_in).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().join(CARD).exists() {
            link(&entry.path(), &imported.join(entry.file_name())).map_err(failed)?;
        }
    }
    for entry in fs::read_dir(imported).map_err(failed)? {
        let at = entry.map_err(failed)?.path();
        // What an older version of the program came with.
        if at.is_symlink() && !at.exists() {
            unless_gone(fs::remove_file(&at)).map_err(failed)?;
        }
    }
    Ok(imported.to_owned())
}

/// Whether a detector of this id that sees every frame lies in the folder.
pub fn has(folder: &Path, id: &str) -> bool {
    let plain = Path::new(id).file_name().is_some_and(|name| name == id);
    let is_slow = || load_card(&folder.join(id)).is_ok_and(|card| card.architecture.has_encoder());
    plain && folder.join(id).join(CARD).is_file() && !is_slow()
}

/// Whether there are slow detectors in the folder, and all that they need.
pub fn can_look_again(folder: &Path) -> bool {
    let Ok(all) = list(folder) else { return false };
    let slow = all.iter().filter_map(|listed| Some((listed, listed.card.as_ref().ok()?)));
    let mut slow = slow.filter(|(_, card)| card.architecture.has_encoder()).peekable();
    slow.peek().is_some() && slow.all(|(listed, card)| encoder_is_here(card, &listed.dir))
}

#[cfg(unix)]
fn link(model: &Path, at: &Path) -> io::Result<()> {
    match fs::read_link(at) {
        Ok(target) if target == model => return Ok(()),
        Ok(_) => unless_gone(fs::remove_file(at))?,
        // An imported model of the same name was refused, so this is a copy of an older version.
        Err(_) if at.exists() => return Ok(()),
        Err(_) => {}
    }
    new_link(model, at)
}

/// Another process may have made the very link since it was looked for.
#[cfg(unix)]
fn new_link(model: &Path, at: &Path) -> io::Result<()> {
    let is_there = || fs::read_link(at).is_ok_and(|target| target == model);
    match std::os::unix::fs::symlink(model, at) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_there() => Ok(()),
        made => made,
    }
}

#[cfg(not(unix))]
fn link(model: &Path, at: &Path) -> io::Result<()> {
    if at.exists() {
        return Ok(());
    }
    copy_model(model, at)
}

/// Whether the model at this place came with the program.
fn is_built_in(built_in: &Path, id: &str) -> bool {
    built_in.join(id).join(CARD).exists()
}

/// Every model with its card and the check of its weights, which reads them whole.
///
/// # Errors
/// A folder that cannot be read.
pub fn views(built_in: &Path, imported: &Path, settings: &Settings) -> Result<Vec<ModelView>, CommandError> {
    let folder = folder(built_in, imported)?;
    let chosen: Vec<String> = settings.detectors.iter().filter(|id| has(&folder, id)).cloned().collect();
    let looks_again = settings.second_look && can_look_again(&folder);
    Ok(list(&folder)?.into_iter().map(|listed| view(listed, built_in, &chosen, looks_again)).collect())
}

fn view(listed: Listed, built_in: &Path, chosen: &[String], looks_again: bool) -> ModelView {
    let Listed { id, dir, card } = listed;
    let built_in = is_built_in(built_in, &id);
    let card = match card {
        Ok(card) => card,
        Err(error) => return unreadable(id, built_in, &error),
    };
    let (state, detail) = match verify(&dir) {
        Ok(card) if !encoder_is_here(&card, &dir) => (ModelState::NoEncoder, None),
        Ok(card) if today().is_some_and(|today| card.expired(today)) => (ModelState::Expired, None),
        Ok(_) => (ModelState::Verified, None),
        Err(error @ (NetsError::HashMismatch { .. } | NetsError::SizeMismatch { .. })) => {
            (ModelState::HashMismatch, Some(error.to_string()))
        }
        Err(error) => (ModelState::Broken, Some(error.to_string())),
    };
    let is_scoring = card.task.scores();
    // The window has it look a second time only.
    let scoring = || card.together.as_ref().map(|t| &t.scoring).or(card.scoring.as_ref());
    let validation = scoring().map(|scoring| Validation {
        model: card.id.clone(),
        n_real: scoring.validation.n_real,
        false_alarms: scoring.validation.false_alarms,
        n_fake: scoring.validation.n_fake,
        found: scoring.validation.found,
        unit: scoring.validation.unit.clone(),
        measured_on: scoring.validation.measured_on.clone(),
    });
    let threshold = scoring().map(|scoring| Threshold {
        model: card.id.clone(),
        suspected: scoring.operating_points.suspected.threshold,
        no_indication: scoring.operating_points.no_indication.threshold,
    });
    let figures = figures_of(&dir, &card.weights.sha256);
    let second_look = card.architecture.has_encoder();
    ModelView {
        chosen: is_scoring && if second_look { looks_again } else { chosen.is_empty() || chosen.contains(&id) },
        second_look,
        task: scan::task_of(card.task),
        architecture: card.architecture.to_string(),
        trained: card.trained.to_string(),
        expires: card.expires.to_string(),
        name: card.name,
        version: card.version,
        licence: card.licence,
        source: card.source,
        trained_on: card.trained_on,
        not_for: card.not_for,
        sha256: card.weights.sha256,
        bytes: card.weights.bytes,
        id,
        state,
        detail,
        is_scoring,
        built_in,
        validation,
        threshold,
        figures,
    }
}

/// The drawings of its evaluation, by addresses that the `frame:` scheme answers.
fn figures_of(folder: &Path, sha256: &str) -> Vec<Figure> {
    let Some(weights) = fingerprint(sha256) else { return Vec::new() };
    let figure = |drawing: Drawing| Figure {
        kind: match drawing {
            Drawing::Roc => FigureKind::Roc,
            Drawing::Reliability => FigureKind::Reliability,
            Drawing::Confusion => FigureKind::Confusion,
            Drawing::Tiers => FigureKind::Tiers,
            Drawing::Curves => FigureKind::Training,
        },
        url: format!("model/{weights:016x}/{}", drawing.name()),
    };
    drawings(folder).into_iter().map(figure).collect()
}

/// The folder of the model whose weights have a hash that starts so.
pub fn folder_of(models: &Path, weights: u64) -> Option<PathBuf> {
    let all = list(models).ok()?;
    let is_it =
        |listed: &Listed| listed.card.as_ref().is_ok_and(|card| fingerprint(&card.weights.sha256) == Some(weights));
    all.into_iter().find(is_it).map(|listed| listed.dir)
}

/// A model whose card does not read is shown with what is wrong.
fn unreadable(id: String, built_in: bool, error: &NetsError) -> ModelView {
    let unknown = String::new;
    ModelView {
        name: id.clone(),
        id,
        version: unknown(),
        task: scan::analysis::Task::FaceManipulation,
        architecture: unknown(),
        licence: unknown(),
        source: unknown(),
        trained_on: unknown(),
        not_for: unknown(),
        trained: unknown(),
        expires: unknown(),
        sha256: unknown(),
        bytes: 0,
        state: ModelState::Broken,
        detail: Some(error.to_string()),
        is_scoring: false,
        chosen: false,
        second_look: false,
        built_in,
        validation: None,
        threshold: None,
        figures: Vec::new(),
    }
}

/// Copies the model whose card is `card` among the imported ones, after its copy was checked: what is
/// used is what was checked. Gives its id.
///
/// # Errors
/// A card or weights that do not fit, an id that is taken, a disk that refuses.
pub fn import(card: &Path, built_in: &Path, imported: &Path) -> Result<String, CommandError> {
    let _alone = lock(&IMPORTING);
    let source = card.parent().unwrap_or(Path::new("."));
    let stated: ModelCard = load_card(source)?;
    let place = imported.join(&stated.id);
    if is_built_in(built_in, &stated.id) || place.exists() {
        let message = format!("a model named {} is installed already", stated.id);
        return Err(CommandError::new(ErrorCode::Invalid, message).at(card));
    }
    let failed = |error: io::Error| CommandError::unwritable(imported, &error);
    fs::create_dir_all(imported).map_err(failed)?;
    clear_drafts(imported).map_err(failed)?;
    match scan::import_model(source, imported) {
        Ok(id) => Ok(id),
        Err(ScanError::Nets(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
}

/// Removes what imports left behind that were killed.
fn clear_drafts(imported: &Path) -> io::Result<()> {
    for entry in fs::read_dir(imported)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && name.ends_with(DRAFT) && !entry.file_type()?.is_file() {
            clear(&entry.path())?;
        }
    }
    Ok(())
}

fn clear(folder: &Path) -> io::Result<()> {
    unless_gone(fs::remove_dir_all(folder))
}

/// What was to be removed may be gone already.
fn unless_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn copy_files(from: &Path, to: &Path, weights: &str) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for name in [CARD, weights] {
        fs::copy(from.join(name), to.join(name))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn copy_model(model: &Path, at: &Path) -> io::Result<()> {
    let card = load_card(model).map_err(io::Error::other)?;
    copy_files(model, at, &card.weights.file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
    }

    fn of(detectors: &[&str], second_look: bool) -> Settings {
        let detectors = detectors.iter().map(|id| (*id).to_owned()).collect();
        Settings { detectors, second_look, ..Settings::default() }
    }

    /// A folder with what a slow detector needs, but for its encoder.
    fn with_slow(folder: &Path) {
        for id in ["manipulated-faces", "deep-manipulation"] {
            copy_of(id, folder, id);
        }
    }

    #[test]
    fn a_slow_detector_takes_part_when_a_second_look_is_wanted_and_its_encoder_is_here() {
        let (models, nothing) = (tempfile::tempdir().unwrap(), Path::new("/nowhere"));
        with_slow(models.path());
        let seen = |settings: &Settings| {
            let views = views(models.path(), nothing, settings).unwrap();
            let of = |id| views.iter().find(|view| view.id == id).map(|v| (v.state, v.chosen, v.second_look)).unwrap();
            (of("deep-manipulation"), of("manipulated-faces"))
        };
        // Without its encoder it cannot, and keeps nobody from examining.
        let quick = (ModelState::Verified, true, false);
        assert_eq!(seen(&of(&[], true)), ((ModelState::NoEncoder, false, true), quick));
        assert!(!can_look_again(models.path()));
        let card = load_card(&models.path().join("deep-manipulation")).unwrap();
        let encoder = models.path().join(card.encoder.unwrap().file);
        fs::write(encoder, "other bytes").unwrap();
        assert!(can_look_again(models.path()));
        let slow = |settings: &Settings| seen(settings).0;
        // It is seen that these are not the bytes that the card names.
        assert_eq!(slow(&of(&[], true)).0, ModelState::HashMismatch);
        assert!(slow(&of(&[], true)).1 && !slow(&of(&[], false)).1 && !slow(&of(&["deep-manipulation"], false)).1);
        assert!(seen(&of(&["deep-manipulation"], false)).1.1, "named alone it is passed over");
    }

    fn copy_of(id: &str, to: &Path, new_id: &str) -> PathBuf {
        let folder = to.join(new_id);
        fs::create_dir_all(&folder).unwrap();
        let card = fs::read_to_string(repository().join(id).join(CARD)).unwrap();
        let own = format!("id = \"{id}\"");
        assert!(card.contains(&own));
        fs::write(folder.join(CARD), card.replace(&own, &format!("id = \"{new_id}\""))).unwrap();
        fs::copy(repository().join(id).join("weights.safetensors"), folder.join("weights.safetensors")).unwrap();
        folder.join(CARD)
    }

    #[test]
    fn what_is_imported_is_checked_first_and_found_beside_the_others() {
        let (from, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (built_in, imported) = (repository(), data.path().join("models"));
        assert_eq!(folder(&built_in, &imported).unwrap(), built_in);
        let card = copy_of("blazeface-short", from.path(), "another-finder");
        let drawn = card.with_file_name("evaluation");
        fs::create_dir(&drawn).unwrap();
        fs::write(drawn.join("roc.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
        fs::write(drawn.join("curves.svg"), "<svg><script>1</script></svg>").unwrap();
        fs::write(drawn.join("scores.csv"), "not for anybody").unwrap();
        assert_eq!(import(&card, &built_in, &imported).unwrap(), "another-finder");
        #[cfg(unix)]
        std::os::unix::fs::symlink(built_in.join("swapped-starter"), imported.join("swapped-starter")).unwrap();
        let views = views(&built_in, &imported, &of(&["swapped-starter"], false)).unwrap();
        assert!(!imported.join("swapped-starter").is_symlink(), "a model of an older version is gone");
        let new = views.iter().find(|view| view.id == "another-finder").unwrap();
        assert!(!new.built_in && new.state == ModelState::Verified);
        let [roc] = new.figures.as_slice() else { panic!("{:?}", new.figures) };
        let url = format!("model/{}/roc", &new.sha256[..16]);
        assert_eq!((roc.kind, roc.url.as_str()), (FigureKind::Roc, url.as_str()));
        let copied = fs::read_dir(imported.join("another-finder/evaluation")).unwrap().count();
        assert_eq!(copied, 1, "what only draws is taken along, nothing else");
        let old = views.iter().find(|view| view.id == "manipulated-faces").unwrap();
        assert!(old.built_in && old.is_scoring && old.chosen && old.validation.is_some() && old.threshold.is_some());
        let again = import(&card, &built_in, &imported).unwrap_err();
        assert_eq!(again.code, ErrorCode::Invalid);
    }

    #[test]
    fn an_import_that_was_killed_is_no_model_and_the_next_one_clears_it_away() {
        let (from, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (built_in, imported) = (repository(), data.path().join("models"));
        let left = imported.join(".half-copied.draft");
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join(CARD), "id = \"half-co").unwrap();
        let seen = || views(&built_in, &imported, &Settings::default()).unwrap();
        assert!(seen().iter().all(|view| view.state != ModelState::Broken && !view.id.starts_with('.')));
        let card = copy_of("blazeface-short", from.path(), "another-finder");
        import(&card, &built_in, &imported).unwrap();
        assert!(!left.exists() && imported.join("another-finder").join(CARD).exists());
    }

    #[test]
    fn several_threads_may_ask_for_the_folder_while_it_is_made() {
        let (built_in, data) = (repository(), tempfile::tempdir().unwrap());
        for round in 0..20 {
            let imported = data.path().join(round.to_string());
            fs::create_dir(&imported).unwrap();
            let start = std::sync::Barrier::new(8);
            let ask = || {
                start.wait();
                folder(&built_in, &imported)
            };
            let asked: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(asked.iter().all(Result::is_ok), "{asked:?}");
            assert!(has(&imported, "manipulated-faces"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_another_process_made_meanwhile_is_taken_when_it_leads_to_the_same() {
        let data = tempfile::tempdir().unwrap();
        let (model, at) = (repository().join("mtcnn"), data.path().join("mtcnn"));
        new_link(&model, &at).unwrap();
        new_link(&model, &at).unwrap();
        let other = new_link(&repository().join("face-mesh"), &at).unwrap_err();
        assert_eq!((other.kind(), fs::read_link(&at).unwrap()), (io::ErrorKind::AlreadyExists, model));
    }

    #[test]
    fn what_does_not_fit_its_card_leaves_nothing_behind() {
        let (from, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let imported = data.path().join("models");
        let card = copy_of("blazeface-short", from.path(), "another-finder");
        let weights = card.with_file_name("weights.safetensors");
        let mut bytes = fs::read(&weights).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&weights, bytes).unwrap();
        let error = import(&card, &repository(), &imported).unwrap_err();
        assert_eq!(error.code, ErrorCode::Setup);
        assert_eq!(fs::read_dir(&imported).unwrap().count(), 0);
        fs::remove_dir(&imported).unwrap();
        fs::write(&card, "nonsense").unwrap();
        assert!(import(&card, &repository(), &imported).is_err() && !imported.exists());
    }
}
