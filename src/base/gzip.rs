//! Unpacking: embedded schemas, and what Helm keeps in Secrets.

use std::io::Read as _;

/// What `packed` holds, at most `most` bytes of it; nothing when it is no gzip.
pub fn unpack(packed: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
