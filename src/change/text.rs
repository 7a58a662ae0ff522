//! Differences between two texts, line by line: documents to disk, disk to a Git revision.

/// A unified diff of two texts with three lines around each change; empty when they are equal.
pub fn texts(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

/// Lines added and removed.
pub fn text_counts(old: &str, new: &str) -> (usize, usize) {
    let diff = similar::TextDiff::from_lines(old, new);
    diff.iter_all_changes().fold((0, 0), |(added, removed), change| match change.tag() {
        similar::ChangeTag::Insert => (added + 1, removed),
        similar::ChangeTag::Delete => (added, removed + 1),
        similar::ChangeTag::Equal => (added, removed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_diffs() {
        assert_eq!(texts("f", "a\n", "a\n"), "");
        let text = texts("f", "a\nb\n", "a\nc\n");
        assert!(text.starts_with("--- a/f\n+++ b/f\n@@") && text.contains("-b\n+c\n"), "{text}");
        assert_eq!(text_counts("a\nb\n", "a\nc\nd\n"), (2, 1));
    }
}
