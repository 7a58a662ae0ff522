//! Lists of ids in one word: how stamps and `bowline.lock` write them.

use std::fmt::Write as _;

/// Joined by commas; what could end the comment, the word or the list is written as `%` and two hex digits.
pub fn join(ids: &[String]) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-/:#".contains(c);
    let escape = |id: &String| {
        id.chars().fold(String::new(), |mut out, c| {
            if safe(c) {
                out.push(c);
            } else {
                for byte in c.to_string().bytes() {
                    let _ = write!(out, "%{byte:02x}");
                }
            }
            out
        })
    };
    let joined = ids.iter().map(escape).collect::<Vec<_>>().join(",");
    // would open or close a comment of Markdown or of Go's templates
    joined.replace("--", "-%2d").replace("*/", "%2a/")
}

/// What [`join`] joined.
pub fn split(list: &str) -> Vec<String> {
    let plain = |id: &str| {
        let (mut bytes, mut rest) = (Vec::new(), id.as_bytes());
        while let Some((first, behind)) = rest.split_first() {
            let hex =
                behind.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
            if let (b'%', Some(byte)) = (first, hex) {
                bytes.push(byte);
                rest = &behind[2..];
            } else {
                bytes.push(*first);
                rest = behind;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    list.split(',').filter(|i| !i.is_empty()).map(plain).collect()
}
