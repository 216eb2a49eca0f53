//! `facefiction models`.

use std::io::{self, Write};
use std::path::Path;

use scan::ScanError;
use scan::models::{Listed, ModelCard, NetsError, encoder_is_here, find, list, load_card, verify};

use crate::args::{ModelsArgs, ModelsCommand};
use crate::exit::Exit;
use crate::models_dir;
use crate::safe::one_line;

/// Runs the command.
///
/// # Errors
/// Output that cannot be written.
pub(crate) fn run(args: &ModelsArgs) -> anyhow::Result<Exit> {
    let folder = match models_dir::find(args.models_dir.as_deref()) {
        Ok(folder) => folder,
        Err(error) => return complain(&error, Exit::Usage),
    };
    match &args.command {
        ModelsCommand::List => list_models(&folder),
        ModelsCommand::Show { id } => show(&folder, id),
        ModelsCommand::Verify { ids } => verify_models(&folder, ids),
        ModelsCommand::Import { folder: source } => import(source, &folder),
    }
}

fn complain(error: &dyn std::error::Error, exit: Exit) -> anyhow::Result<Exit> {
    writeln!(io::stderr(), "facefiction: {}", one_line(&error.to_string()))?;
    Ok(exit)
}

fn list_models(folder: &Path) -> anyhow::Result<Exit> {
    let mut exit = Exit::Finished;
    let mut out = io::stdout().lock();
    for Listed { id, card, .. } in list(folder)? {
        match card {
            Ok(card) => writeln!(
                out,
                "{id:24}  {:16}  {:18}  {:8}  {}",
                task(&card),
                card.architecture,
                card.version,
                card.expires
            )?,
            Err(error) => exit = complain(&error, Exit::Failed)?,
        }
    }
    Ok(exit)
}

fn import(source: &Path, folder: &Path) -> anyhow::Result<Exit> {
    if !source.is_dir() {
        let told = io::Error::new(io::ErrorKind::NotFound, format!("no such folder: {}", source.display()));
        return complain(&told, Exit::Usage);
    }
    match scan::import_model(source, folder) {
        Ok(id) => {
            writeln!(io::stdout(), "{id}: imported into {}", one_line(&folder.to_string_lossy()))?;
            Ok(Exit::Finished)
        }
        Err(error @ ScanError::Exists { .. }) => complain(&error, Exit::Usage),
        Err(error) => complain(&error, Exit::Failed),
    }
}

fn task(card: &ModelCard) -> String {
    serde_json::to_value(card.task).ok().and_then(|v| v.as_str().map(String::from)).unwrap_or_default()
}

fn show(folder: &Path, id: &str) -> anyhow::Result<Exit> {
    match find(folder, id).and_then(|dir| load_card(&dir)) {
        Ok(card) => {
            io::stdout().write_all(toml::to_string_pretty(&card)?.as_bytes())?;
            Ok(Exit::Finished)
        }
        Err(error @ NetsError::NoSuchModel { .. }) => complain(&error, Exit::Usage),
        Err(error) => complain(&error, Exit::Failed),
    }
}

fn verify_models(folder: &Path, ids: &[String]) -> anyhow::Result<Exit> {
    let ids = if ids.is_empty() { list(folder)?.into_iter().map(|l| l.id).collect() } else { ids.to_vec() };
    let mut exit = Exit::Finished;
    for id in ids {
        match find(folder, &id).and_then(|dir| verify(&dir)) {
            Ok(card) if find(folder, &id).is_ok_and(|dir| encoder_is_here(&card, &dir)) => {
                writeln!(io::stdout(), "{id}: intact, SHA-256 {}", card.weights.sha256)?;
            }
            Ok(card) => writeln!(
                io::stdout(),
                "{id}: intact, SHA-256 {}; its encoder is not here, `make deep-model` fetches it",
                card.weights.sha256
            )?,
            Err(error @ NetsError::NoSuchModel { .. }) if exit == Exit::Finished => {
                exit = complain(&error, Exit::Usage)?
            }
            Err(error) => exit = complain(&error, Exit::Failed)?,
        }
    }
    Ok(exit)
}
