//! The forms of ids: of tasks (`T012`, `T-4.3a`, `4.1.1`, `OPS-7`) and of requirements (`FR-004`), their ranges and
//! their short lists.

/// Longest word that is looked at as an id: what is longer is prose, and a scan of it would be wasted.
const LONGEST: usize = 64;

/// Names of standards and encodings that look like ids of tasks.
const STANDARDS: [&str; 16] =
    ["AES", "CVE", "ECMA", "ES", "HTTP", "IEEE", "IPV", "ISO", "MD", "PEP", "RFC", "RSA", "SHA", "TLS", "UTF", "WCAG"];

/// The task id that `text` begins with.
pub fn task_id(text: &str) -> Option<&str> {
    let word = word(text);
    is_task_id(word).then_some(word)
}

/// The requirement id that `text` begins with: FR, NFR, SC, US or AC, and a number.
pub fn requirement_id(text: &str) -> Option<&str> {
    let prefix = match text.as_bytes() {
        [b'N', b'F', b'R', ..] => 3,
        [b'F', b'R', ..] | [b'S', b'C', ..] | [b'U', b'S', ..] | [b'A', b'C', ..] => 2,
        _ => return None,
    };
    let rest = &text[prefix..];
    let dash = usize::from(rest.starts_with('-'));
    let digits = rest[dash..].bytes().take_while(u8::is_ascii_digit).count();
    let letter = usize::from(rest[dash + digits..].starts_with(|c: char| c.is_ascii_lowercase()));
    let end = prefix + dash + digits + letter;
    let ends = !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (digits > 0 && ends).then(|| &text[..end])
}

/// Whether the word is a task id and nothing else: `T012`, `T012a`, `T-4.3a`, `4.1.1`, `OPS-7`, `FE-AUTH-2`.
/// A bare number is none: only the file that it stands in can tell.
pub fn is_task_id(word: &str) -> bool {
    if word.is_empty() || word.len() > LONGEST {
        return false;
    }
    if word.strip_prefix('T').is_some_and(|rest| are_numbers(rest.strip_prefix('-').unwrap_or(rest), 1)) {
        return true;
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) { are_numbers(word, 2) } else { is_coded(word) }
}

/// Whether the id begins with a letter: in a file of such ids, `1.5` is a number.
pub fn is_lettered(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// What ids of one kind begin with: `T`, `T-`, `OPS-`; nothing for `4.1.1`.
pub fn family(id: &str) -> &str {
    if let Some(rest) = id.strip_prefix('T')
        && rest.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
    {
        return &id[..=usize::from(rest.starts_with('-'))];
    }
    if is_lettered(id) { id.rfind('-').map_or(id, |i| &id[..=i]) } else { "" }
}

/// Numbers with dots between them, at least so many, and perhaps one small letter at the end.
fn are_numbers(text: &str, least: usize) -> bool {
    let text = text.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(text);
    let mut count = 0;
    for part in text.split('.') {
        if !(1..=9).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        count += 1;
    }
    count >= least
}

/// Capitals and digits, a dash, and a last part with a digit: `OPS-7`, `K8S-001`, `FE-AUTH-2`, `API-A1`.
fn is_coded(word: &str) -> bool {
    let Some((front, last)) = word.rsplit_once('-') else { return false };
    let capitals = |p: &str| p.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let mut parts = front.split('-');
    let first = parts.next().unwrap_or_default();
    let letter = |p: &str| p.starts_with(|c: char| c.is_ascii_uppercase());
    // `T001-T004` and `OPS-1-OPS-4` are ranges
    let opens = first.len() >= 2 && letter(first) && capitals(first) && !is_task_id(first);
    let ends = last.len() <= 16
        && last.bytes().any(|b| b.is_ascii_digit())
        && last.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
        && !last.ends_with('.');
    opens
        && parts.all(|p| letter(p) && capitals(p))
        && ends
        && !STANDARDS.contains(&first)
        && requirement_id(word).is_none()
}

/// The two ends of a range such as `T004-T007` or `T004–T007`.
pub fn task_range(text: &str) -> Option<(&str, &str)> {
    if text.len() > 2 * LONGEST {
        return None;
    }
    text.char_indices().filter(|(_, c)| is_dash(*c)).find_map(|(i, c)| {
        let (from, to) = (&text[..i], &text[i + c.len_utf8()..]);
        (is_task_id(from) && is_task_id(to)).then_some((from, to))
    })
}

/// `-`, `–`, `—`, `‑`, `~`: what stands between the ends of a range.
pub fn is_dash(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '‑' | '~' | '～')
}

/// `tail` written out after `id`: `T-4.3a` and `b` are `T-4.3b`, `T001` and `004` are `T004`, `T-4.1` and `4.2` are
/// `T-4.2`. `None` if it is not a short form.
pub fn completed(id: &str, tail: &str) -> Option<String> {
    let mut letters = tail.chars();
    if let (Some('a'..='z'), None) = (letters.next(), letters.next()) {
        let stem = id.strip_suffix(|c: char| c.is_ascii_lowercase())?;
        return Some(format!("{stem}{tail}"));
    }
    if !is_lettered(id) || tail.len() > LONGEST || !tail.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let whole = format!("{}{tail}", family(id));
    is_task_id(&whole).then_some(whole)
}

/// Whether a check box's text begins like a task id that is misspelt: `t012`, `Task 12`, `T_12`, `#12`.
pub fn resembles_task_id(text: &str) -> bool {
    let front = text.trim_start_matches(['*', '_', '`']);
    let starts = |p: &&str| front.get(..p.len()).is_some_and(|f| f.eq_ignore_ascii_case(p));
    let rest = ["task", "t", "#"].iter().find(|p| starts(p)).map(|p| &front[p.len()..]);
    rest.is_some_and(|r| r.trim_start_matches([' ', '_', '-', '#']).starts_with(|c: char| c.is_ascii_digit()))
}

/// The run of letters, digits, dots and dashes at the start, without dots and dashes at its end.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(text.len());
    // `T001-T004` begins with `T001`, and what begins with a range is no id
    text[..end].trim_end_matches(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_ids_in_all_their_forms() {
        for id in ["T001", "T1234", "T012a", "T-4.3a", "4.1.1", "5.1", "TASK-12", "K8S-001", "FE-AUTH-2", "API-A1"] {
            assert_eq!(task_id(&format!("{id}: x")), Some(id));
        }
        for no in [
            "FR-001", "P", "US1", "3 pods", "Test", "v1.2", "t001", "T01x3", "T", "UTF-8", "SHA-256", "CI-CD", "A-1",
            "RFC-7807",
        ] {
            assert_eq!(task_id(no), None, "{no}");
        }
        assert_eq!(task_range("T004–T007"), Some(("T004", "T007")));
        assert_eq!(task_range("4.1-4.3"), Some(("4.1", "4.3")));
        assert_eq!(task_range("OPS-1-OPS-3"), Some(("OPS-1", "OPS-3")));
        assert_eq!(task_range("T-4.3"), None);
        assert!(["t012", "Task 12", "T_12", "#12", "**task-3"].into_iter().all(resembles_task_id));
        assert!(!resembles_task_id("Tests pass"));
    }

    #[test]
    fn families_and_short_forms() {
        let families = ["T001", "T-4.3a", "4.1.1", "FE-AUTH-2"].map(family);
        assert_eq!(families, ["T", "T-", "", "FE-AUTH-"]);
        assert_eq!(completed("T-4.3a", "b").as_deref(), Some("T-4.3b"));
        assert_eq!(completed("T001", "004").as_deref(), Some("T004"));
        assert_eq!(completed("T-4.1", "4.2").as_deref(), Some("T-4.2"));
        assert_eq!(completed("T001", "b"), None);
        assert_eq!(completed("4.1", "2"), None);
    }

    #[test]
    fn requirement_ids() {
        assert_eq!(requirement_id("FR-004, then"), Some("FR-004"));
        assert_eq!(requirement_id("NFR-12a."), Some("NFR-12a"));
        assert_eq!(requirement_id("US1]"), Some("US1"));
        assert_eq!(requirement_id("FR-x"), None);
        assert_eq!(requirement_id("SCALE-1"), None);
    }
}
