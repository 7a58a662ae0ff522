//! Digests: blake3 over bytes, written as lower-case hex.

/// The first `digits` hex digits (at most 64) of the blake3 digest of `bytes`.
pub fn hex(bytes: &[u8], digits: usize) -> String {
    let full = blake3::hash(bytes).to_hex();
    full[..digits.min(full.len())].to_owned()
}

/// The whole digest.
pub fn bytes(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// Collects parts so that no two different lists of parts give the same digest.
#[derive(Default)]
pub struct Digester(blake3::Hasher);

impl Digester {
    /// Adds one part, with its length before it.
    #[must_use]
    pub fn part(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub fn hex(&self, digits: usize) -> String {
        let full = self.0.finalize().to_hex();
        full[..digits.min(full.len())].to_owned()
    }
}
