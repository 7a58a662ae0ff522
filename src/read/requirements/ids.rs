//! Ids of requirements where they are defined: `FR-004`, `FR-1.2`, `NFR-AUTH-003`, `US1`, `FR-001a`.

use crate::model::workspace::RequirementKind;

/// Prefixes that are requirements wherever they stand.
const KNOWN: [(&str, RequirementKind); 20] = [
    ("FR", RequirementKind::Functional),
    ("NFR", RequirementKind::NonFunctional),
    ("SC", RequirementKind::Success),
    ("AC", RequirementKind::Criterion),
    ("US", RequirementKind::Story),
    ("REQ", RequirementKind::Functional),
    ("BR", RequirementKind::Functional),
    ("UR", RequirementKind::Functional),
    ("IR", RequirementKind::Functional),
    ("OR", RequirementKind::Functional),
    ("SR", RequirementKind::NonFunctional),
    ("TR", RequirementKind::Functional),
    ("PR", RequirementKind::NonFunctional),
    ("DR", RequirementKind::Functional),
    ("QR", RequirementKind::NonFunctional),
    ("CR", RequirementKind::Functional),
    ("AR", RequirementKind::Functional),
    ("EC", RequirementKind::Criterion),
    ("INFRA", RequirementKind::Functional),
    ("PERF", RequirementKind::NonFunctional),
];

/// The id that the text begins with, and its kind. A prefix of another name needs two letters and a dash, and counts
/// only where `anything` is allowed: in a section of requirements.
pub(super) fn definition(text: &str, anything: bool) -> Option<(&str, RequirementKind)> {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let prefix = &text[..letters];
    let known = KNOWN.iter().find(|(p, _)| *p == prefix).map(|(_, kind)| *kind);
    let kind = match known {
        Some(kind) => kind,
        None if anything && (2..=8).contains(&letters) && text[letters..].starts_with('-') => {
            RequirementKind::Functional
        }
        None => return None,
    };
    let end = letters + tail(&text[letters..])?;
    let ends = !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    ends.then(|| (&text[..end], kind))
}

/// The length of `-AUTH-001.2a`: a dash, a module, numbers with dots, a letter.
fn tail(text: &str) -> Option<usize> {
    let mut at = usize::from(text.starts_with('-'));
    let module = text[at..].bytes().take_while(u8::is_ascii_uppercase).count();
    if at == 1 && (2..=10).contains(&module) && text[at + module..].starts_with('-') {
        at += module + 1;
    }
    loop {
        let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        at += digits;
        let more = text[at..].strip_prefix('.').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        if !more {
            break;
        }
        at += 1;
    }
    let letter = text[at..].starts_with(|c: char| c.is_ascii_lowercase());
    Some(at + usize::from(letter))
}

/// An id as it is compared: `FR-3`, `FR-003` and `fr 3` are one.
pub fn folded(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    let mut rest = id;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let bare = number.trim_start_matches('0');
            out.push_str(if bare.is_empty() { "0" } else { bare });
            rest = after;
            continue;
        }
        match c {
            '-' | '_' | ' ' => {}
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            _ => out.extend(c.to_lowercase()),
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_ids() {
        for (text, id) in [
            ("FR-004, then", "FR-004"),
            ("FR-1.2: x", "FR-1.2"),
            ("FR-001a**", "FR-001a"),
            ("NFR-AUTH-003 x", "NFR-AUTH-003"),
            ("US1]", "US1"),
            ("SC-001.", "SC-001"),
        ] {
            assert_eq!(definition(text, false).map(|(id, _)| id), Some(id), "{text}");
        }
        for no in ["FR-x", "SCALE-1", "NG-001", "FR-001ab", "FR", "T001", "FR-1.x2_", "P1"] {
            assert_eq!(definition(no, false).filter(|(id, _)| *id != "FR-1"), None, "{no}");
        }
        assert_eq!(definition("SCALE-1: x", true).map(|(id, _)| id), Some("SCALE-1"));
        assert_eq!(definition("Q-1: x", true), None);
    }

    #[test]
    fn one_id_written_differently() {
        for (a, b) in [("FR-3", "FR-003"), ("US-01", "US1"), ("User login", "user  login"), ("1.02", "1.2")] {
            assert_eq!(folded(a), folded(b));
        }
        assert_ne!(folded("FR-30"), folded("FR-3"));
        assert_ne!(folded("FR-1.1"), folded("FR-11"));
    }
}
