//! The forms of ids: of tasks (`T012`, `T012a`, `T-4.3a`, `4.1.1`) and of requirements (`FR-004`).

/// The task id that `text` begins with.
pub fn task_id(text: &str) -> Option<&str> {
    let word = word(text);
    is_task_id(word).then_some(word)
}

/// The requirement id that `text` begins with: FR, NFR, SC, US or AC, and a number.
pub fn requirement_id(text: &str) -> Option<&str> {
    let prefix = ["NFR", "FR", "SC", "US", "AC"].iter().find(|p| text.starts_with(**p))?.len();
    let rest = &text[prefix..];
    let dash = usize::from(rest.starts_with('-'));
    let digits = rest[dash..].bytes().take_while(u8::is_ascii_digit).count();
    let letter = usize::from(rest[dash + digits..].starts_with(|c: char| c.is_ascii_lowercase()));
    let end = prefix + dash + digits + letter;
    let ends = !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (digits > 0 && ends).then(|| &text[..end])
}

/// Whether the word is a task id and nothing else.
pub fn is_task_id(word: &str) -> bool {
    let numbers = |rest: &str, least: usize| {
        let rest = rest.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(rest);
        let parts = || rest.split('.');
        parts().all(|p| (1..=9).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit())) && parts().count() >= least
    };
    if word.strip_prefix('T').is_some_and(|rest| numbers(rest.strip_prefix('-').unwrap_or(rest), 1)) {
        return true;
    }
    let capitals = word.bytes().take_while(u8::is_ascii_uppercase).count();
    match word[capitals..].strip_prefix('-') {
        Some(rest) => capitals >= 2 && requirement_id(word).is_none() && numbers(rest, 1),
        None => capitals == 0 && numbers(word, 2),
    }
}

/// The two ends of a range such as `T004-T007` or `T004–T007`.
pub fn task_range(text: &str) -> Option<(&str, &str)> {
    text.char_indices().filter(|(_, c)| matches!(c, '-' | '–' | '—')).find_map(|(i, c)| {
        let (from, to) = (&text[..i], &text[i + c.len_utf8()..]);
        (is_task_id(from) && is_task_id(to)).then_some((from, to))
    })
}

/// Whether a check box's text begins like a task id that is misspelt: `t012`, `Task 12`, `T_12`, `#12`.
pub fn resembles_task_id(text: &str) -> bool {
    let lower = text.trim_start_matches(['*', '_', '`']).to_lowercase();
    let rest = ["task", "t", "#"].iter().find_map(|p| lower.strip_prefix(p));
    rest.is_some_and(|r| r.trim_start_matches([' ', '_', '-', '#']).starts_with(|c: char| c.is_ascii_digit()))
}

/// The run of letters, digits, dots and dashes at the start, without dots and dashes at its end.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_ids_in_all_their_forms() {
        for id in ["T001", "T1234", "T012a", "T-4.3a", "4.1.1", "5.1", "TASK-12"] {
            assert_eq!(task_id(&format!("{id}: x")), Some(id));
        }
        for no in ["FR-001", "P", "US1", "3 pods", "Test", "v1.2", "t001", "T01x3", "T"] {
            assert_eq!(task_id(no), None, "{no}");
        }
        assert_eq!(task_range("T004–T007"), Some(("T004", "T007")));
        assert_eq!(task_range("T-4.3"), None);
        assert!(["t012", "Task 12", "T_12", "#12", "**task-3"].into_iter().all(resembles_task_id));
        assert!(!resembles_task_id("Tests pass"));
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
