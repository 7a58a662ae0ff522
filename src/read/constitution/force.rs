//! How strongly a sentence binds, by its words and by those of its heading.

use crate::model::workspace::Force;

/// By the sentence's own words; `None` without any word of force. A condition weakens it.
pub(super) fn of(text: &str) -> Option<Force> {
    let lower = text.to_lowercase();
    let written: Vec<&str> = words(text).collect();
    let spoken: Vec<&str> = words(&lower).collect();
    // words of RFC 2119 in capitals are meant
    let meant = |list: &[&str]| written.iter().any(|w| list.contains(w));
    let has = |list: &[&str]| spoken.iter().any(|w| list.contains(w));
    let says = |list: &[&str]| list.iter().any(|p| lower.contains(p));
    if says(&["where possible", "where practical", "if possible", "si possible", "尽可能", "جہاں ممکن ہو"])
    {
        return Some(Force::Should);
    }
    if meant(&["MUST", "SHALL"]) {
        return Some(Force::Must);
    }
    let should = ["should", "recommended", "devrait", "devraient", "recommandé"];
    if has(&should) || says(&["应该", "建议", "چاہیے", "سفارش"]) {
        return Some(Force::Should);
    }
    let must = [
        "must",
        "never",
        "all",
        "every",
        "required",
        "shall",
        "no",
        "only",
        "mandatory",
        "non-negotiable",
        "doit",
        "doivent",
        "jamais",
        "obligatoire",
        "tous",
        "toutes",
    ];
    let forbidden = ["not allowed", "必须", "禁止", "不得", "严禁", "لازمی", "ضروری", "کبھی نہیں", "ممنوع"];
    if has(&must) || lower.starts_with("do not") || lower.starts_with("don't") || says(&forbidden) {
        return Some(Force::Must);
    }
    (has(&["may", "consider", "optional", "optionally", "facultatif"]) || says(&["可选", "اختیاری"]))
        .then_some(Force::May)
}

/// What a heading or a lead-in says about all that stands below it.
pub(super) fn of_heading(title: &str) -> Option<Force> {
    let lower = title.to_lowercase();
    let says = |list: &[&str]| list.iter().any(|p| lower.contains(p));
    let plain: Vec<&str> = words(&lower).collect();
    if says(&["non-negotiable", "mandatory", "(required", "(must", "强制", "لازمی", "obligatoire"])
        || forbids(title)
        || plain == ["do"]
    {
        Some(Force::Must)
    } else if says(&["optional", "facultatif", "可选", "اختیاری"]) {
        Some(Force::May)
    } else if says(&["recommended", "(should"]) {
        Some(Force::Should)
    } else {
        None
    }
}

/// Whether a heading or a lead-in forbids what it introduces: `DON'T`, `Prohibited`, `Containers must never`.
pub(super) fn forbids(title: &str) -> bool {
    let lower = title.to_lowercase().replace('’', "'");
    let text = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let whole = ["don't", "don'ts", "dont", "do not", "never", "avoid", "prohibited", "forbidden", "not allowed", "no"];
    let starts = ["prohibited ", "forbidden ", "anti-pattern", "antipattern", "never ", "don't ", "do not "];
    let ends = [" must not", " must never", " never", " do not", " don't", " prohibited", " forbidden", " not allowed"];
    whole.contains(&text)
        || starts.iter().any(|s| text.starts_with(s)) && text.split(' ').count() < 5
        || ends.iter().any(|e| text.ends_with(e))
        || is_crossed_out(&lower)
        || ["禁止", "不得", "ممنوع", "interdit"].contains(&text)
}

/// Whether a line begins with a cross.
pub(super) fn is_crossed_out(text: &str) -> bool {
    text.trim_start().starts_with(['❌', '✗', '✘', '🚫', '⛔'])
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\'' || c == '’')).filter(|w| !w.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_force() {
        for (text, wanted) in [
            ("Images MUST be small and should be scanned", Some(Force::Must)),
            ("Read-only where possible, all of them", Some(Force::Should)),
            ("Tests should exist", Some(Force::Should)),
            ("Never by hand", Some(Force::Must)),
            ("Consider a mesh", Some(Force::May)),
            ("Images are small", None),
            ("Les images doivent être petites", Some(Force::Must)),
            ("所有镜像必须固定版本", Some(Force::Must)),
            ("ہر امیج کا ورژن لازمی ہے", Some(Force::Must)),
        ] {
            assert_eq!(of(text), wanted, "{text}");
        }
    }

    #[test]
    fn headings_forbid_or_rank() {
        for yes in ["DON'T", "Don’t", "Prohibited", "Containers must never", "❌ Wrong", "Anti-Patterns"] {
            assert!(forbids(yes), "{yes}");
        }
        for no in ["No secrets in images", "DO", "Donate", "Never mind the order of the long list that follows"] {
            assert!(!forbids(no), "{no}");
        }
        assert_eq!(of_heading("II. Images (NON-NEGOTIABLE)"), Some(Force::Must));
        assert_eq!(of_heading("Mesh (RECOMMENDED)"), Some(Force::Should));
        assert_eq!(of_heading("Vertical scaling (Optional)"), Some(Force::May));
        assert_eq!(of_heading("DO"), Some(Force::Must));
        assert_eq!(of_heading("Documents"), None);
    }
}
