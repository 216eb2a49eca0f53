//! Adding a model to those that are here.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::ScanError;
use crate::evaluation;

/// Name of the card in a model's folder.
const CARD: &str = "card.toml";

/// Copies the model in the folder `source` (its card, its weights, what can be shown of its evaluation) into the folder
/// `models`. The copy is checked against its card before it gets its name, so what is used is what was checked; nothing
/// that is there is replaced. Gives the id.
///
/// # Errors
/// A card or weights that do not fit, an id that is taken, a disk that refuses.
pub fn import_model(source: &Path, models: &Path) -> Result<String, ScanError> {
    let stated = nets::model::load_card(source)?;
    let place = models.join(&stated.id);
    if fs::symlink_metadata(&place).is_ok() {
        return Err(ScanError::Exists { path: place });
    }
    let failed = |cause: io::Error| ScanError::Write { path: place.clone(), source: cause };
    // A name that no model can have, so that a copy which was cut off is never taken for one.
    let draft = models.join(format!(".{}.draft", stated.id));
    clear(&draft).map_err(failed)?;
    let checked = copied(source, &draft, &stated.weights.file)
        .map_err(failed)
        .and_then(|()| Ok(nets::model::verify(&draft)?))
        .and_then(|card| fs::rename(&draft, &place).map_err(failed).map(|()| card.id));
    if checked.is_err() {
        clear(&draft).map_err(failed)?;
    }
    checked
}

fn copied(source: &Path, draft: &Path, weights: &str) -> io::Result<()> {
    fs::create_dir(draft)?;
    for name in [CARD, weights] {
        fs::copy(source.join(name), draft.join(name))?;
    }
    evaluation::copy(source, draft)
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_checked_before_it_is_there_and_replaces_none() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/blazeface-short");
        let models = tempfile::tempdir().unwrap();
        assert_eq!(import_model(&shipped, models.path()).unwrap(), "blazeface-short");
        let card = nets::model::verify(&models.path().join("blazeface-short")).unwrap();
        assert!(matches!(import_model(&shipped, models.path()), Err(ScanError::Exists { .. })));

        let (other, changed) = (tempfile::tempdir().unwrap(), models.path().join("blazeface-short"));
        fs::write(changed.join(&card.weights.file), "other bytes").unwrap();
        assert!(matches!(import_model(&changed, other.path()), Err(ScanError::Nets(_))));
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0, "nothing is left of it");
        assert!(matches!(import_model(other.path(), models.path()), Err(ScanError::Nets(_))));
    }
}
