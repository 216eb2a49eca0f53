//! The house rules that a compiler does not check: who may depend on whom, what must never be
//! linked, how large a file may grow, what a folder may not be called.
//!
//! A crate that is not in the table below fails, and so does a dependency that its row does not allow.
//! The table is the one of the architecture document but for this:
//!
//! - `library` has a row: the window keeps cases, analyses and notes, and the database stands beside
//!   `report` in a crate that knows no window.
//! - `facefiction-desktop` is the document's `src-tauri`. It may also use `library`, which is for it alone,
//!   and `cli`, because the package holds one program for both: started as `facefiction` it is the command
//!   line. Two programs would hold networks, typesetter and fonts twice.
//! - `provenance` has a row but no crate: none of its code is written, and reports say that provenance
//!   was not examined. The row waits, so that the crate is held to it from its first day.

#![allow(clippy::expect_used, reason = "a test program fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// Crate, and the crates of this workspace that it may depend on.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("base", &[]),
    ("media", &["base"]),
    ("nets", &["base"]),
    ("faces", &["base", "media", "nets"]),
    ("detector", &["base", "nets", "faces"]),
    ("analysis", &["base"]),
    ("provenance", &["base", "media"]),
    ("scan", &["base", "media", "nets", "faces", "detector", "analysis", "provenance"]),
    ("report", &["base", "analysis"]),
    ("library", &["base", "analysis"]),
    ("train", &["base", "media", "faces", "nets", "detector", "analysis"]),
    ("cli", &["scan", "report", "train"]),
    ("facefiction-desktop", &["scan", "library", "report", "cli"]),
    ("xtask", &[]),
];

/// What may not be reached, by crate: directly or through any other package.
const UNREACHABLE: [(&str, &[&str]); 4] = [
    ("base", &["candle-core", "image"]),
    ("analysis", &["candle-core", "image", "ffmpeg-sidecar"]),
    ("report", &["candle-core", "ffmpeg-sidecar"]),
    ("cli", &["tauri", "tokio"]),
];

/// Everything that could open a connection. `deny.toml` has the same list for cargo-deny.
const NETWORK_CLIENTS: [&str; 14] = [
    "attohttpc",
    "curl",
    "curl-sys",
    "hf-hub",
    "hyper",
    "isahc",
    "minreq",
    "native-tls",
    "openssl",
    "openssl-sys",
    "reqwest",
    "rustls",
    "surf",
    "ureq",
];

/// Names that say nothing about what is inside.
const FORBIDDEN_FOLDERS: [&str; 6] = ["core", "common", "utils", "types", "services", "helpers"];

const MAX_LINES: usize = 800;
const MAX_SAMPLES_BYTES: u64 = 3_000_000;
const SOURCE_ENDINGS: [&str; 7] = ["rs", "py", "sh", "ts", "tsx", "js", "css"];
/// Written by `cargo xtask bindings`.
const GENERATED: &str = "ui/src/ipc/bindings.ts";
/// Made by tools, or not ours to lay out.
const SKIPPED_FOLDERS: [&str; 7] = ["target", ".git", ".cache", ".tools", "node_modules", "out", "dist"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Metadata {
    /// What cargo knows of this workspace on this machine's platform.
    fn read() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host()])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON of a known form")
    }

    fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// Names of all packages that `start` links on this platform, itself left out.
    fn reachable(&self, start: &Package) -> BTreeSet<&str> {
        let names: BTreeMap<&str, &str> =
            self.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let nodes: BTreeMap<&str, &Node> = self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut seen = BTreeSet::new();
        let mut open = vec![start.id.as_str()];
        while let Some(id) = open.pop() {
            for edge in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
                let linked = edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
                if linked && seen.insert(edge.pkg.as_str()) {
                    open.push(&edge.pkg);
                }
            }
        }
        seen.into_iter().filter_map(|id| names.get(id).copied()).collect()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/xtask lies two deep").to_path_buf()
}

/// The target triple of the compiler in use.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").current_dir(root()).output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn crates_depend_only_on_what_their_row_allows() {
    let metadata = Metadata::read();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let members: BTreeSet<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let mut problems = Vec::new();
    for package in metadata.members() {
        let Some(row) = allowed.get(package.name.as_str()) else {
            problems.push(format!("{} has no row in the table of tests/architecture.rs", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind.is_none()) {
            let name = dependency.name.as_str();
            if members.contains(name) && !row.contains(&name) {
                problems.push(format!("{} may depend on {row:?}, not on {name}", package.name));
            }
        }
    }
    assert!(members.contains("scan") && members.contains("cli"), "this test looks at the wrong workspace");
    assert_none(&problems);
}

#[test]
fn nothing_reaches_what_it_must_not_know() {
    let metadata = Metadata::read();
    let mut problems = Vec::new();
    for (name, banned) in UNREACHABLE {
        let Some(package) = metadata.members().find(|package| package.name == name) else { continue };
        let reachable = metadata.reachable(package);
        problems
            .extend(banned.iter().filter(|ban| reachable.contains(*ban)).map(|ban| format!("{name} reaches {ban}")));
    }
    let detector = metadata.members().find(|package| package.name == "detector").expect("there is a detector");
    assert!(metadata.reachable(detector).contains("candle-core"), "the walk over dependencies finds too little");
    assert_none(&problems);
}

#[test]
fn unsafe_code_is_forbidden_everywhere_but_in_nets() {
    let metadata = Metadata::read();
    let mut problems = Vec::new();
    for package in metadata.members().filter(|package| package.name != "nets") {
        for target in &package.targets {
            let root = target.kind.iter().any(|kind| kind == "lib" || kind == "bin");
            let source = fs::read_to_string(&target.src_path).expect("a target's source reads");
            if root && !source.lines().any(|line| line == "#![forbid(unsafe_code)]") {
                problems.push(format!("no #![forbid(unsafe_code)]: {}", target.src_path.display()));
            }
        }
    }
    assert_none(&problems);
}

/// Walks `Cargo.lock`, which holds every platform and feature in use, from each shipped program.
#[test]
fn no_network_client_is_linked_on_any_platform() {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        #[serde(default)]
        dependencies: Vec<String>,
    }
    let text = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock reads");
    let lock: Lock = toml::from_str(&text).expect("Cargo.lock parses");
    let mut open: Vec<&Locked> = lock.package.iter().filter(|package| package.name == "cli").collect();
    assert_eq!(open.len(), 1, "the shipped program is not in Cargo.lock");
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    while let Some(package) = open.pop() {
        if !seen.insert((package.name.as_str(), package.version.as_str())) {
            continue;
        }
        for dependency in &package.dependencies {
            let mut words = dependency.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next());
            if NETWORK_CLIENTS.contains(&name) {
                problems.push(format!("{} links {name}, which can open connections", package.name));
            }
            let fits = |other: &&Locked| other.name == name && version.is_none_or(|version| other.version == version);
            open.extend(lock.package.iter().filter(fits));
        }
    }
    assert!(seen.len() > 50, "the walk over Cargo.lock finds too little");
    assert_none(&problems);
}

#[test]
fn the_ban_of_network_clients_is_the_same_in_deny_toml() {
    let text = fs::read_to_string(root().join("deny.toml")).expect("deny.toml reads");
    let deny: toml::Table = toml::from_str(&text).expect("deny.toml parses");
    let bans = deny["bans"]["deny"].as_array().expect("a list of bans");
    let banned: Vec<&str> = bans.iter().filter_map(|ban| ban["crate"].as_str()).collect();
    assert_eq!(banned, NETWORK_CLIENTS);
}

#[test]
fn files_stay_readable_and_folders_say_what_they_hold() {
    let mut problems = Vec::new();
    let mut open = vec![root()];
    let mut files = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder lists") {
            let entry = entry.expect("a folder lists");
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            // A link's own type, so that links are not followed.
            let kind = entry.file_type().expect("a file has a type");
            if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
                if FORBIDDEN_FOLDERS.contains(&name.to_ascii_lowercase().as_str()) {
                    problems.push(format!("a folder's name that says nothing: {}", path.display()));
                }
                open.push(path);
            } else if kind.is_file() && has_source_ending(&path) && !path.ends_with(GENERATED) {
                files += 1;
                let lines = fs::read_to_string(&path).expect("a source file is text").lines().count();
                if lines > MAX_LINES {
                    problems.push(format!("{lines} lines, split it: {}", path.display()));
                }
            }
        }
    }
    assert!(files > 20, "this test looks at the wrong folder");
    assert_none(&problems);
}

/// Whoever passes the repository on must be able to tell whose work is in it.
#[test]
fn samples_and_models_say_where_they_come_from() {
    let mut problems = Vec::new();
    let folder = root().join("assets/samples");
    let sources = fs::read_to_string(folder.join("SOURCES.md")).expect("assets/samples/SOURCES.md reads");
    let mut total = 0;
    for entry in fs::read_dir(&folder).expect("assets/samples lists") {
        let entry = entry.expect("assets/samples lists");
        let name = entry.file_name().to_string_lossy().into_owned();
        total += entry.metadata().expect("a sample has a size").len();
        if name != "SOURCES.md" && !sources.contains(&format!("`{name}`")) {
            problems.push(format!("assets/samples/SOURCES.md does not name {name}"));
        }
    }
    if total > MAX_SAMPLES_BYTES {
        problems.push(format!("assets/samples takes {total} bytes, at most {MAX_SAMPLES_BYTES}"));
    }
    let notice = fs::read_to_string(root().join("models/NOTICE")).expect("models/NOTICE reads");
    for entry in fs::read_dir(root().join("models")).expect("models lists") {
        let entry = entry.expect("models lists");
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() || name.starts_with('.') {
            continue;
        }
        if !notice.contains(&name) {
            problems.push(format!("models/NOTICE does not name {name}"));
        }
        let card = fs::read_to_string(entry.path().join("card.toml")).expect("a card reads");
        if card.to_ascii_lowercase().contains("\"draft\"") {
            problems.push(format!("a field of models/{name}/card.toml is a draft"));
        }
    }
    assert_none(&problems);
}

fn has_source_ending(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| SOURCE_ENDINGS.contains(&ending))
}
