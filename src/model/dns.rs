//! Names of DNS (RFC 1123) in lower case, which is what Kubernetes takes for the names of most objects.

/// Lower-case letters, digits and inner dashes; of any length.
pub fn is_dashed(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// One label: at most 63 characters.
pub fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_dashed(text)
}

/// What begins with a letter, as the name of a Service must (RFC 1035), and is at most so long.
pub fn is_name(text: &str, most: usize) -> bool {
    text.len() <= most && is_dashed(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Labels with dots between them, at most 253 characters together.
pub fn is_domain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_takes() {
        for (text, expected) in [
            ("todo-api", [true, true, true, true]),
            ("9a", [true, true, false, true]),
            ("a.b", [false, false, false, true]),
            ("-a", [false; 4]),
            ("a-", [false; 4]),
            ("A", [false; 4]),
            ("", [false; 4]),
            ("a..b", [false; 4]),
            (&"a".repeat(63), [true, true, true, true]),
            (&"a".repeat(64), [true, false, false, false]),
            (&format!("{0}{0}{0}{0}", "a".repeat(62) + "."), [false; 4]),
        ] {
            assert_eq!([is_dashed(text), is_label(text), is_name(text, 63), is_domain(text)], expected, "{text}");
        }
    }
}
