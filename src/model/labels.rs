//! What Kubernetes takes for the key and the value of a label.

use super::dns::is_domain;

/// `name`, or `domain/name`: the key of a label or an annotation.
pub fn is_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(p, n)| (Some(p), n));
    !name.is_empty() && is_value(name) && prefix.is_none_or(is_domain)
}

/// At most 63 letters, digits, dashes, underscores and dots, a letter or digit first and last; or nothing.
pub fn is_value(value: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && edge(bytes.first())
        && edge(bytes.last())
}
