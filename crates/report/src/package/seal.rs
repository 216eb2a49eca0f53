//! Ed25519 over the manifest.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::{hex, sha256, unhex};
use crate::error::ReportError;

/// A key that seals packages. Keep its bytes secret.
pub struct Key(SigningKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.fingerprint()).finish()
    }
}

impl Key {
    /// A new one, from the system's source of randomness.
    ///
    /// # Errors
    /// [`ReportError::Key`] when the system gives none.
    pub fn generate() -> Result<Self, ReportError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|e| ReportError::Key { message: e.to_string() })?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// Reads what [`Key::to_text`] wrote.
    ///
    /// # Errors
    /// [`ReportError::Key`] for anything else.
    pub fn from_text(text: &str) -> Result<Self, ReportError> {
        let secret = text.lines().find(|line| !line.starts_with('#')).and_then(|line| unhex::<32>(line.trim()));
        let secret = secret.ok_or(ReportError::Key { message: "it is no key of this program".into() })?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// The secret as a text file.
    pub fn to_text(&self) -> String {
        let public = self.fingerprint();
        format!(
            "# Seals evidence packages. Secret: whoever has it can seal in your name.\n# Fingerprint {public}\n{}\n",
            hex(self.0.as_bytes())
        )
    }

    /// The fingerprint of its public half.
    pub fn fingerprint(&self) -> String {
        fingerprint(&hex(self.0.verifying_key().as_bytes()))
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Signature {
        let public = hex(self.0.verifying_key().as_bytes());
        Signature {
            algorithm: ALGORITHM.to_owned(),
            fingerprint: fingerprint(&public),
            public_key: public,
            manifest_sha256: sha256(bytes),
            signature: hex(&self.0.sign(bytes).to_bytes()),
        }
    }
}

const ALGORITHM: &str = "Ed25519";

/// The seal of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `Ed25519`.
    pub algorithm: String,
    /// 32 bytes in hexadecimal.
    pub public_key: String,
    /// [`fingerprint`] of the public key.
    pub fingerprint: String,
    /// SHA-256 of the manifest that was signed.
    pub manifest_sha256: String,
    /// 64 bytes in hexadecimal, over the bytes of the manifest.
    pub signature: String,
}

/// What a seal says of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sealed {
    Yes,
    /// The manifest is another one than was signed.
    OtherManifest,
    /// The seal itself is broken.
    Broken,
}

impl Signature {
    pub(super) fn of(&self, manifest: &[u8]) -> Sealed {
        let own = self.algorithm == ALGORITHM && self.fingerprint == fingerprint(&self.public_key);
        let key = unhex::<32>(&self.public_key).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let signature = unhex::<64>(&self.signature).map(|bytes| ed25519_dalek::Signature::from_bytes(&bytes));
        let same = self.manifest_sha256 == sha256(manifest);
        let valid = key.zip(signature).is_some_and(|(key, s)| key.verify_strict(manifest, &s).is_ok());
        match (own, valid, same) {
            (true, true, true) => Sealed::Yes,
            (true, false, false) => Sealed::OtherManifest,
            _ => Sealed::Broken,
        }
    }
}

/// What people compare: SHA-256 of the public key in groups of four digits, the first 32 of them.
pub fn fingerprint(public_key: &str) -> String {
    let hash = sha256(public_key.as_bytes());
    let digits: Vec<char> = hash.chars().take(32).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
