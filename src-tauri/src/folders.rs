//! Where the program keeps things, and where its models are.

use std::path::{Path, PathBuf};

use crate::error::{CommandError, ErrorCode};

/// The folders of this user.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Settings and the window's place.
    pub config: PathBuf,
    /// The library, unless the user chose another place, and models that were imported.
    pub data: PathBuf,
    /// The models that came with the program.
    pub models: PathBuf,
    /// The file of the key that seals packages; the command line has the same.
    pub key: PathBuf,
}

/// Environment variable that names the folder of models, as for the command line.
const MODELS_VARIABLE: &str = "FACEFICTION_MODELS";

/// How far above the program's own folder `models/` is looked for: `target/release/deps` lies three
/// below the repository.
const LEVELS_ABOVE: usize = 3;

/// The models of the repository this program was built from.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models");

/// The folder that the environment names; else the first that exists of `models/` among the program's
/// resources, beside or above the program, and the repository's.
///
/// # Errors
/// When there is none.
pub fn find_models(resources: Option<&Path>) -> Result<PathBuf, CommandError> {
    if let Some(named) = std::env::var_os(MODELS_VARIABLE).filter(|name| !name.is_empty()) {
        return Ok(PathBuf::from(named));
    }
    let program = std::env::current_exe().ok();
    let above = program.iter().flat_map(|program| program.ancestors().skip(1).take(LEVELS_ABOVE + 1));
    let candidates = resources.into_iter().chain(above).map(|folder| folder.join("models"));
    let found = candidates.chain([PathBuf::from(REPOSITORY)]).find(|folder| folder.is_dir());
    found.ok_or_else(|| CommandError::new(ErrorCode::Setup, "no models are installed; install the program again"))
}
