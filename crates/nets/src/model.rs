//! From a folder in `models/` to a checked card and its weights.
//!
//! The weights are read once into a buffer; that buffer is hashed, compared with the card and parsed,
//! so what runs is what was checked.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::card::{ModelCard, WeightsFile};
use crate::error::NetsError;
use crate::weights::Weights;

/// Name of the card in a model's folder.
pub const CARD_FILE: &str = "card.toml";
/// Where the tensors of a head begin.
const HEAD: &str = "head.";
/// A card is a page of text; anything larger is something else.
const MAX_CARD_BYTES: u64 = 64 * 1024;

/// A folder under `models/`, with its card or the reason why it has none.
#[derive(Debug)]
pub struct Listed {
    /// Name of the folder.
    pub id: String,
    /// The folder.
    pub dir: PathBuf,
    /// The card, without a look at the weights.
    pub card: Result<ModelCard, NetsError>,
}

/// Reads the card and the weights of the model in `dir`, and checks one against the other; the tensors of an encoder
/// are among the weights.
///
/// # Errors
/// [`NetsError::NoEncoder`], unreadable or oversized files, a bad card, weights of another size or hash than the card states,
/// weights that are not safetensors.
pub fn load(dir: &Path) -> Result<(ModelCard, Weights), NetsError> {
    let card = load_card(dir)?;
    let weights = Weights::from_safetensors(&checked_bytes(dir, &card.weights)?)?;
    let weights = with_encoder(&card, dir, weights)?;
    Ok((card, weights))
}

/// One network of several models, with a logit each.
#[derive(Debug)]
pub struct Shared {
    /// Which of the models that were asked for, in their order.
    pub members: Vec<usize>,
    /// Their cards.
    pub cards: Vec<ModelCard>,
    /// The encoder's tensors, what the models put in their place, and the rows of their heads.
    pub weights: Weights,
}

/// Models whose cards name the same encoder as few networks, so that the encoder is held and run once: those that put
/// the same tensors into its place (its norms, say) are one.
///
/// # Errors
/// As [`load`] for each; [`NetsError::TensorShape`] for a head of another size.
pub fn load_sharing(dirs: &[PathBuf]) -> Result<Vec<Shared>, NetsError> {
    let mut networks: Vec<(Shared, Vec<Weights>)> = Vec::new();
    for (i, dir) in dirs.iter().enumerate() {
        let card = load_card(dir)?;
        let own = Weights::from_safetensors(&checked_bytes(dir, &card.weights)?)?;
        match networks.iter_mut().find(|(n, _)| n.weights.equals_but_for(HEAD, &own)) {
            Some((network, others)) => {
                network.members.push(i);
                network.cards.push(card);
                others.push(own);
            }
            None => networks.push((Shared { members: vec![i], cards: vec![card], weights: own }, Vec::new())),
        }
    }
    let whole = |(network, others): (Shared, Vec<Weights>)| {
        let first = network.cards.first().zip(network.members.first().and_then(|&i| dirs.get(i)));
        let weights = match first {
            Some((card, dir)) => with_encoder(card, dir, network.weights)?,
            None => network.weights,
        };
        Ok(Shared { weights: weights.with_rows_of(&others, HEAD)?, ..network })
    };
    networks.into_iter().map(whole).collect()
}

/// Weights and the tensors of the encoder that they have none in the place of.
fn with_encoder(card: &ModelCard, dir: &Path, weights: Weights) -> Result<Weights, NetsError> {
    let Some(encoder) = &card.encoder else { return Ok(weights) };
    let folder = encoder_folder(dir, encoder);
    let path = folder.join(&encoder.file);
    if !path.exists() {
        return Err(NetsError::NoEncoder { id: card.id.clone(), path });
    }
    Ok(Weights::from_safetensors(&checked_bytes(&folder, encoder)?)?.with(weights))
}

/// Reads and checks the card of the model in `dir`, not its weights.
///
/// # Errors
/// An unreadable, oversized or bad card.
pub fn load_card(dir: &Path) -> Result<ModelCard, NetsError> {
    let path = dir.join(CARD_FILE);
    let bytes = read_bounded(&path, MAX_CARD_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|e| NetsError::Read {
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, e.utf8_error()),
        path: path.clone(),
    })?;
    ModelCard::from_toml(&text).map_err(|e| e.at(&path))
}

/// Checks the card in `dir` and the size and hash of its weights, those of its encoder among them; gives the card back. An
/// encoder that was not made yet is no fault ([`encoder_is_here`] tells), and one that is there is read once and not held:
/// multiplied out it would take some hundred megabytes.
///
/// # Errors
/// As [`load`], but that an encoder of the right hash is not parsed.
pub fn verify(dir: &Path) -> Result<ModelCard, NetsError> {
    let card = load_card(dir)?;
    Weights::from_safetensors(&checked_bytes(dir, &card.weights)?)?;
    if let Some(encoder) = card.encoder.as_ref().filter(|_| encoder_is_here(&card, dir)) {
        check_hash(&encoder_folder(dir, encoder).join(&encoder.file), encoder)?;
    }
    Ok(card)
}

/// Whether the network of this card in `dir` can run: it has no encoder, or there is a file of its name.
pub fn encoder_is_here(card: &ModelCard, dir: &Path) -> bool {
    card.encoder.as_ref().is_none_or(|encoder| encoder_folder(dir, encoder).join(&encoder.file).exists())
}

/// The folder above the model's; of a model that is linked into another folder, also the one above its true place.
fn encoder_folder(dir: &Path, encoder: &WeightsFile) -> PathBuf {
    let above = |dir: &Path| dir.parent().map(Path::to_path_buf);
    let near = above(dir).unwrap_or_else(|| dir.to_path_buf());
    if near.join(&encoder.file).exists() {
        return near;
    }
    let true_place = dir.canonicalize().ok().and_then(|dir| above(&dir));
    true_place.filter(|folder| folder.join(&encoder.file).exists()).unwrap_or(near)
}

/// The models in `models_dir` (folders that hold a card) in order of id. A card whose id is not its
/// folder's name is an error of that entry. What begins with a dot is passed over: no model has such a name,
/// and an import that was cut off leaves half of one there.
///
/// # Errors
/// [`NetsError::Read`] when the folder itself cannot be read.
pub fn list(models_dir: &Path) -> Result<Vec<Listed>, NetsError> {
    let unreadable = |source| NetsError::Read { source, path: models_dir.into() };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(models_dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let dir = entry.path();
        if let Ok(id) = entry.file_name().into_string()
            && !id.starts_with('.')
            && dir.join(CARD_FILE).exists()
        {
            let card = load_card(&dir).and_then(|card| named_like_its_folder(card, &id, &dir));
            found.push(Listed { id, dir, card });
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// The folder of the model `id`.
///
/// # Errors
/// [`NetsError::NoSuchModel`] when `models_dir` has none.
pub fn find(models_dir: &Path, id: &str) -> Result<PathBuf, NetsError> {
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let dir = models_dir.join(id);
    if plain && dir.join(CARD_FILE).exists() {
        return Ok(dir);
    }
    Err(NetsError::NoSuchModel { id: id.to_owned(), path: models_dir.into() })
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn named_like_its_folder(card: ModelCard, id: &str, dir: &Path) -> Result<ModelCard, NetsError> {
    if card.id == id {
        return Ok(card);
    }
    Err(NetsError::CardField {
        field: "id",
        message: format!("`{}` lies in a folder of another name", card.id),
        path: dir.join(CARD_FILE),
    })
}

fn checked_bytes(dir: &Path, stated: &WeightsFile) -> Result<Vec<u8>, NetsError> {
    let path = dir.join(&stated.file);
    let bytes = match read_bounded(&path, stated.bytes) {
        Ok(bytes) if bytes.len() as u64 == stated.bytes => bytes,
        Ok(_) | Err(NetsError::TooLarge { .. }) => {
            return Err(NetsError::SizeMismatch { expected: stated.bytes, path });
        }
        Err(e) => return Err(e),
    };
    let actual = sha256_hex(&bytes);
    if actual != stated.sha256 {
        return Err(NetsError::HashMismatch { expected: stated.sha256.clone(), actual, path });
    }
    Ok(bytes)
}

/// Size and hash of a file that is read piece by piece.
fn check_hash(path: &Path, stated: &WeightsFile) -> Result<(), NetsError> {
    let unreadable = |source| NetsError::Read { source, path: path.into() };
    let (mut file, mut hasher) = (File::open(path).map_err(unreadable)?.take(stated.bytes + 1), Sha256::new());
    let read = std::io::copy(&mut file, &mut hasher).map_err(unreadable)?;
    if read != stated.bytes {
        return Err(NetsError::SizeMismatch { expected: stated.bytes, path: path.into() });
    }
    let actual: String = hasher.finalize().iter().map(|b| format!("{b:02x}")).collect();
    if actual != stated.sha256 {
        return Err(NetsError::HashMismatch { expected: stated.sha256.clone(), actual, path: path.into() });
    }
    Ok(())
}

fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, NetsError> {
    let unreadable = |source| NetsError::Read { source, path: path.into() };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(NetsError::TooLarge { limit, path: path.into() });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::{Dtype, TensorView};
    use tempfile::TempDir;

    const CARD: &str = r#"
id = "finder"
name = "A face finder"
version = "1"
architecture = "mtcnn"
task = "faceDetection"
licence = "MIT"
source = "made here"
trained_on = "nothing"
not_for = "anything"
trained = "2026-01-01"
expires = "2027-01-01"
input = { size = 48, resize = 48, mean = [0.5, 0.5, 0.5], std = [0.5, 0.5, 0.5], channels = "rgb", crop = { rule = "whole" } }
"#;

    const SCORING: &str = r#"
[scoring]
fps = 5.0
calibration = { kind = "platt", slope = 1.0, intercept = 0.0, n_real = 1, n_fake = 1, measured_on = "made here" }
[scoring.operating_points]
suspected = { threshold = 0.9, fpr = 0.0, false_alarms = 0, n_real = 1, tpr = 1.0, found = 1, n_fake = 1, measured_on = "made here" }
no_indication = { threshold = 0.2, fnr = 0.0, missed = 0, n_fake = 1, cleared = 1, n_real = 1, measured_on = "made here" }
[scoring.validation]
n_real = 1
false_alarms = 0
n_fake = 1
found = 1
unit = "picture"
measured_on = "made here"
measured = "2026-01-01"
"#;

    fn models() -> (TempDir, PathBuf) {
        let root = TempDir::new().unwrap();
        let dir = root.path().join("finder");
        std::fs::create_dir(&dir).unwrap();
        let data = 1f32.to_le_bytes();
        let view = TensorView::new(Dtype::F32, vec![1], &data).unwrap();
        let bytes = safetensors::serialize([("a", view)], None).unwrap();
        let table = format!(
            "[weights]\nfile = \"w.safetensors\"\nbytes = {}\nsha256 = \"{}\"\n",
            bytes.len(),
            sha256_hex(&bytes)
        );
        std::fs::write(dir.join("w.safetensors"), bytes).unwrap();
        std::fs::write(dir.join(CARD_FILE), format!("{CARD}{table}")).unwrap();
        (root, dir)
    }

    #[test]
    fn a_model_loads_and_verifies() {
        let (root, dir) = models();
        let (card, weights) = load(&dir).unwrap();
        assert_eq!(card.id, "finder");
        assert_eq!(weights.get("a").unwrap().data, [1.0]);
        assert_eq!(verify(&find(root.path(), "finder").unwrap()).unwrap(), card);
    }

    /// A model `id` with these tensors and the encoder `e.safetensors` above it.
    fn with_head(root: &Path, id: &str, encoder: &str, tensors: &[(&str, f32)]) -> PathBuf {
        let dir = root.join(id);
        std::fs::create_dir(&dir).unwrap();
        let data: Vec<[u8; 4]> = tensors.iter().map(|(_, v)| v.to_le_bytes()).collect();
        let shape = |name: &str| if name.starts_with(HEAD) { vec![1, 1] } else { vec![1] };
        let views = tensors.iter().zip(&data);
        let views = views.map(|((name, _), d)| (*name, TensorView::new(Dtype::F32, shape(name), d).unwrap()));
        let bytes = safetensors::serialize(views, None).unwrap();
        std::fs::write(dir.join("w.safetensors"), &bytes).unwrap();
        let card = CARD.replace("\"mtcnn\"", "\"clip-vit-b16\"").replace("faceDetection", "faceSynthesis");
        let hash = sha256_hex(&bytes);
        let own = format!("[weights]\nfile = \"w.safetensors\"\nbytes = {}\nsha256 = \"{hash}\"\n", bytes.len());
        let card = card.replace("\"finder\"", &format!("\"{id}\"")) + SCORING + encoder + &own;
        std::fs::write(dir.join(CARD_FILE), card).unwrap();
        dir
    }

    #[test]
    fn models_that_change_the_encoder_alike_are_one_network() {
        let root = TempDir::new().unwrap();
        let data = [7f32, 8.0].map(f32::to_le_bytes).concat();
        let views = [("norm", &data[..4]), ("fixed", &data[4..])];
        let views = views.map(|(name, d)| (name, TensorView::new(Dtype::F32, vec![1], d).unwrap()));
        let bytes = safetensors::serialize(views, None).unwrap();
        std::fs::write(root.path().join("e.safetensors"), &bytes).unwrap();
        let hash = sha256_hex(&bytes);
        let encoder = format!("[encoder]\nfile = \"e.safetensors\"\nbytes = {}\nsha256 = \"{hash}\"\n", bytes.len());
        let head = |id, tensors: &[(&str, f32)]| with_head(root.path(), id, &encoder, tensors);
        let dirs = [
            head("a", &[("norm", 1.0), ("head.w", 10.0)]),
            head("b", &[("norm", 2.0), ("head.w", 20.0)]),
            head("c", &[("norm", 1.0), ("head.w", 30.0)]),
            head("d", &[("head.w", 40.0)]),
        ];
        let networks = load_sharing(&dirs).unwrap();
        let of = |n: &Shared, name| n.weights.get(name).unwrap().data.clone();
        let told: Vec<_> = networks.iter().map(|n| (n.members.clone(), of(n, "norm"), of(n, "head.w"))).collect();
        let expected = [
            (vec![0, 2], vec![1.0], vec![10.0, 30.0]),
            (vec![1], vec![2.0], vec![20.0]),
            (vec![3], vec![7.0], vec![40.0]),
        ];
        assert_eq!(told, expected);
        assert!(networks.iter().all(|n| of(n, "fixed") == [8.0]));
    }

    #[test]
    fn an_encoder_lies_above_and_is_checked_too() {
        let (root, dir) = models();
        let text = std::fs::read_to_string(dir.join(CARD_FILE)).unwrap();
        let text = text.replace("\"mtcnn\"", "\"clip-vit-b16\"");
        let data = 2f32.to_le_bytes();
        let view = TensorView::new(Dtype::F32, vec![1], &data).unwrap();
        let bytes = safetensors::serialize([("b", view)], None).unwrap();
        let encoder = format!(
            "[encoder]\nfile = \"e.safetensors\"\nbytes = {}\nsha256 = \"{}\"\n",
            bytes.len(),
            sha256_hex(&bytes)
        );
        let text = text.replace("faceDetection", "faceSynthesis") + SCORING;
        let missing = ModelCard::from_toml(&text).unwrap_err().to_string();
        assert!(missing.contains("`encoder`"), "{missing}");
        let scoring = text + &encoder;
        std::fs::write(dir.join(CARD_FILE), &scoring).unwrap();
        let card = verify(&dir).unwrap();
        assert!(!encoder_is_here(&card, &dir));
        let absent = load(&dir).unwrap_err();
        assert!(matches!(absent, NetsError::NoEncoder { .. }));
        assert!(absent.to_string().contains("`make deep-model`"), "{absent}");
        let path = root.path().join("e.safetensors");
        std::fs::write(&path, &bytes).unwrap();
        let (_, weights) = load(&dir).unwrap();
        assert_eq!(
            (&weights.get("a").unwrap().data[..], &weights.get("b").unwrap().data[..]),
            (&[1.0][..], &[2.0][..])
        );
        assert!(encoder_is_here(&card, &dir));
        #[cfg(unix)]
        {
            let elsewhere = TempDir::new().unwrap();
            let link = elsewhere.path().join("finder");
            std::os::unix::fs::symlink(&dir, &link).unwrap();
            assert!(load(&link).is_ok() && encoder_is_here(&card, &link));
        }
        assert_eq!(verify(&dir).unwrap(), card);
        std::fs::write(&path, [&bytes[1..], &[0]].concat()).unwrap();
        assert!(matches!(verify(&dir), Err(NetsError::HashMismatch { .. })));
        for other in [&bytes[1..], &[&bytes[..], &[0]].concat()] {
            std::fs::write(&path, other).unwrap();
            assert!(matches!(load(&dir), Err(NetsError::SizeMismatch { .. })));
            assert!(matches!(verify(&dir), Err(NetsError::SizeMismatch { .. })));
        }
    }

    #[test]
    fn one_flipped_bit_is_noticed() {
        let (_root, dir) = models();
        let path = dir.join("w.safetensors");
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(verify(&dir), Err(NetsError::HashMismatch { .. })));
    }

    #[test]
    fn a_longer_or_shorter_file_is_noticed() {
        let (_root, dir) = models();
        let path = dir.join("w.safetensors");
        let bytes = std::fs::read(&path).unwrap();
        for other in [[&bytes[..], &[0]].concat(), bytes[1..].to_vec(), Vec::new()] {
            std::fs::write(&path, other).unwrap();
            assert!(matches!(load(&dir), Err(NetsError::SizeMismatch { .. })));
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(load(&dir), Err(NetsError::Read { .. })));
    }

    #[test]
    fn a_bad_card_is_an_error_of_its_own_entry() {
        let (root, _dir) = models();
        for (id, text) in [("empty", String::new()), ("other-name", CARD.to_owned()), ("huge", "#".repeat(70_000))] {
            let dir = root.path().join(id);
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join(CARD_FILE), text).unwrap();
        }
        std::fs::copy(root.path().join("finder").join(CARD_FILE), root.path().join("other-name").join(CARD_FILE))
            .unwrap();
        std::fs::create_dir(root.path().join("no-card")).unwrap();
        let all = list(root.path()).unwrap();
        let ids: Vec<_> = all.iter().map(|l| (l.id.as_str(), l.card.is_ok())).collect();
        assert_eq!(ids, [("empty", false), ("finder", true), ("huge", false), ("other-name", false)]);
        assert!(matches!(all[0].card, Err(NetsError::CardSyntax { .. })));
        assert!(matches!(all[2].card, Err(NetsError::TooLarge { .. })));
        assert!(matches!(all[3].card, Err(NetsError::CardField { field: "id", .. })));
    }

    #[test]
    fn what_an_import_left_is_no_model() {
        let (root, _dir) = models();
        for left in [".other.draft", ".finder.draft"] {
            let dir = root.path().join(left);
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join(CARD_FILE), &CARD[..40]).unwrap();
        }
        let ids: Vec<_> = list(root.path()).unwrap().into_iter().map(|l| (l.id, l.card.is_ok())).collect();
        assert_eq!(ids, [("finder".to_owned(), true)]);
    }

    #[test]
    fn an_id_cannot_leave_the_folder() {
        let (root, _dir) = models();
        for id in ["../finder", "", ".", "no-such", "finder/../finder"] {
            assert!(matches!(find(root.path(), id), Err(NetsError::NoSuchModel { .. })), "{id}");
        }
        assert!(list(&root.path().join("absent")).is_err());
    }
}
