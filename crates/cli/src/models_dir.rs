//! Where the models are.

use std::path::{Path, PathBuf};

/// Environment variable that names the folder.
pub(crate) const VARIABLE: &str = "FACEFICTION_MODELS";

/// Where the Debian package puts them, beside those of the window.
const SYSTEM: &str = "/usr/lib/FaceFiction/models";

/// The repository this program was built from: what a developer's `cargo run` uses.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");

/// How far above the program's own folder `models/` is looked for: `target/release/deps` lies three
/// below the repository.
const LEVELS_ABOVE: usize = 3;

/// No folder with models was found.
#[derive(Debug, thiserror::Error)]
#[error("no models found; name their folder with --models DIR or {VARIABLE} (looked in {})", listed(.0))]
pub(crate) struct NotFound(Vec<PathBuf>);

fn listed(folders: &[PathBuf]) -> String {
    folders.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The folder named on the command line or by the environment, as it is; else the first that exists of
/// `models/` beside or above the program, the system's, and the repository's.
///
/// # Errors
/// When there is none.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf, NotFound> {
    let from_environment = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(folder) = named.map(Path::to_path_buf).or(from_environment) {
        return if folder.is_dir() { Ok(folder) } else { Err(NotFound(vec![folder])) };
    }
    first_of(candidates(std::env::current_exe().ok().as_deref()))
}

fn candidates(program: Option<&Path>) -> Vec<PathBuf> {
    let above = program.into_iter().flat_map(|p| p.ancestors().skip(1).take(LEVELS_ABOVE + 1));
    above.map(|folder| folder.join("models")).chain([SYSTEM.into(), REPOSITORY.into()]).collect()
}

fn first_of(candidates: Vec<PathBuf>) -> Result<PathBuf, NotFound> {
    match candidates.iter().find(|folder| folder.is_dir()) {
        Some(folder) => Ok(folder.clone()),
        None => Err(NotFound(candidates)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folder_wins_and_a_named_one_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let models = dir.path().join("models");
        let program = dir.path().join("target/release/facefiction");
        std::fs::create_dir_all(&models).unwrap();
        let looked = candidates(Some(&program));
        assert_eq!(looked[0], dir.path().join("target/release/models"));
        assert_eq!(first_of(looked).unwrap(), models);
        assert_eq!(find(Some(&models)).unwrap(), models);
        assert!(find(Some(&dir.path().join("absent"))).unwrap_err().to_string().contains("absent"));
    }
}
