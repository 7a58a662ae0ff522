//! The lines at the foot: version, dates. In one line with bars, on lines of their own, or absent.

use crate::model::workspace::Constitution;

use super::prose;

/// Keys of the footer, in lower case; the first three are kept.
const KEYS: [&str; 11] = [
    "version",
    "ratified",
    "last amended",
    "amended",
    "last updated",
    "next review",
    "supersedes",
    "effective date",
    "effective",
    "status",
    "author",
];

/// Takes the metadata of a file; what stands last holds.
pub(super) fn read(text: &str, constitution: &mut Constitution) {
    for (key, value) in text.lines().filter(|l| is(l)).flat_map(pairs) {
        let kept = (!value.is_empty() && !is_placeholder(&value)).then_some(value);
        match key.as_str() {
            "version" => constitution.version = kept,
            "ratified" => constitution.ratified = kept,
            "last amended" | "amended" | "last updated" => constitution.amended = kept,
            _ => {}
        }
    }
}

/// Whether every piece of the text is metadata.
pub(super) fn is(raw: &str) -> bool {
    let lower = raw.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // most lines are settled by their first word
    if !KEYS.iter().any(|k| lower.starts_with(k)) {
        return false;
    }
    let known = |line: &str| {
        let found: Vec<(String, String)> = pairs(line).collect();
        !found.is_empty()
            && found.len() == line.split('|').filter(|p| !p.trim().is_empty()).count()
            && found.iter().all(|(key, value)| KEYS.contains(&key.as_str()) && fits(key, value))
    };
    raw.lines().filter(|l| !l.trim().is_empty()).all(known)
}

/// `Version: chart versions follow SemVer` is a rule, `Version: 1.2.0` is not.
fn fits(key: &str, value: &str) -> bool {
    let start = value.trim_start_matches(['v', 'V', '[', '`']).chars().next();
    match key {
        "version" => {
            is_placeholder(value) || start.is_some_and(|c| c.is_ascii_digit() || c.is_ascii_uppercase()) && short(value)
        }
        "status" | "author" => short(value),
        _ => true,
    }
}

fn short(value: &str) -> bool {
    value.split(' ').count() < 4
}

fn pairs(line: &str) -> impl Iterator<Item = (String, String)> {
    line.split('|').filter_map(|piece| {
        let plain = prose::plain(piece);
        let plain = plain.trim_start_matches(['-', '*', '+', ' ']);
        let (key, value) = plain.split_once([':', '：'])?;
        Some((key.trim().to_lowercase(), value.trim().to_owned()))
    })
}

/// Whether the text holds a place of the template that nobody filled in: `[PRINCIPLE_1_NAME]`.
pub fn is_placeholder(text: &str) -> bool {
    placeholder(text).is_some()
}

/// Where the first such place stands.
pub fn placeholder(text: &str) -> Option<std::ops::Range<usize>> {
    text.match_indices('[').find_map(|(start, _)| {
        let inner = &text[start + 1..];
        let end = inner.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))?;
        let name = &inner[..end];
        let closed = inner[end..].starts_with(']') && !inner[end..].starts_with("](");
        (closed && name.contains('_') && name.len() > 3).then_some(start..start + end + 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_shapes() {
        let sources = &mut crate::base::source::Sources::default();
        let file = sources.add("constitution.md", "");
        for text in [
            "**Version**: 1.2.0 | **Ratified**: 2026-01-01 | **Last Amended**: 2026-02-02\n",
            "**Version**: 1.2.0\n**Ratified**: 2026-01-01\n**Last Amended**: 2026-02-02\n**Next Review**: later on\n",
            "- **Version:** 1.2.0\n- Ratified: 2026-01-01\n- _Last Amended_: x\n- Last Amended: 2026-02-02\n",
        ] {
            let mut c = Constitution::new(file);
            read(text, &mut c);
            let seen = (c.version.as_deref(), c.ratified.as_deref(), c.amended.as_deref());
            assert_eq!(seen, (Some("1.2.0"), Some("2026-01-01"), Some("2026-02-02")), "{text}");
        }
        let mut c = Constitution::new(file);
        read("**Version**: [CONSTITUTION_VERSION] | **Ratified**: [RATIFICATION_DATE]\n", &mut c);
        read("- **Version**: charts follow semantic versions of their own\n", &mut c);
        assert_eq!((c.version, c.ratified), (None, None));
        assert!(!is("**Versioning**: Semantic versioning for chart releases"));
    }

    #[test]
    fn places_of_the_template() {
        assert_eq!(placeholder("a [PROJECT_NAME] b"), Some(2..16));
        for no in ["[ ] x", "[P] [US1]", "[LINK_A](x.md)", "[a_b]", "x"] {
            assert!(!is_placeholder(no) || no.contains("]("), "{no}");
        }
    }
}
