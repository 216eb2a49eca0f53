//! `facefiction package`: a report with all that is needed to check it, sealed with this user's key.

use std::path::Path;

use report::package::{Files, Key, KeyFile, KeyState, key_path, pack, write_folder, write_zip};
use scan::base::Ctx;
use scan::{sha256_of, write_new};

use crate::args::PackageArgs;
use crate::exit::Exit;
use crate::reports::{Prepared, Unmade, free, tell};

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
        let program = std::env::current_exe().ok();
        let application_sha256 = program.map(|path| sha256_of(&path, &ctx)).transpose()?.flatten();
        let files = pack(&prepared.material(), application_sha256, &key)?;
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

fn write(out: &Path, files: &Files) -> Result<(), Unmade> {
    let failed = |e: report::package::ShelfError| Unmade::Failed(e.to_string());
    if out.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
        return Ok(write_new(out, &write_zip(files).map_err(failed)?)?);
    }
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    write_folder(out, &parent.join(format!(".facefiction-{}", std::process::id())), files).map_err(failed)
}

/// This user's key, made on first use.
fn own_key() -> Result<Key, Unmade> {
    let path = key_path().ok_or(Unmade::Failed("no folder for application data: set HOME".into()))?;
    let KeyFile { key, state } = KeyFile::open(&path)?;
    match state {
        KeyState::Kept => {}
        KeyState::OpenToOthers => tell(&format!("others can read the key; make it private: {}", path.display())),
        KeyState::Made => tell(&format!("made a key for sealing packages: {}", path.display())),
    }
    Ok(key)
}
