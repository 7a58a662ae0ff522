//! What a sentence asks for, by its words. A closed little language, so that a reader can see why a rule is on.
//!
//! A phrase is a list of terms that all must stand in the sentence, in any order: `pin* image|images`.
//! `a|b` is either; `read_only` are words side by side; `pin*` is any word that begins so; `!word` must not stand.

/// A sentence, taken apart once.
pub(super) struct Sentence {
    words: Vec<String>,
}

impl Sentence {
    pub(super) fn new(text: &str) -> Self {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        Self { words: words.map(str::to_lowercase).collect() }
    }

    /// Whether every term of the phrase holds.
    pub(super) fn says(&self, phrase: &str) -> bool {
        phrase.split(' ').all(|term| match term.strip_prefix('!') {
            Some(term) => !self.has(term),
            None => self.has(term),
        })
    }

    /// Whether any of the phrases holds.
    pub(super) fn says_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|p| self.says(p))
    }

    /// The whole numbers of the sentence, words such as `two` among them, in order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.words.iter().filter_map(|w| match w.as_str() {
            "one" | "single" => Some(1),
            "two" | "multiple" => Some(2),
            "three" => Some(3),
            digits => digits.parse().ok(),
        })
    }

    fn has(&self, term: &str) -> bool {
        term.split('|').any(|choice| {
            let parts: Vec<&str> = choice.split('_').collect();
            self.words.windows(parts.len()).any(|words| parts.iter().zip(words).all(|(p, w)| matches(p, w)))
        })
    }
}

fn matches(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |start| word.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::Sentence;

    #[test]
    fn terms_hold_or_not() {
        let s = Sentence::new("**Non-root Users**: never run `latest`, pin base-image versions (2+ replicas)");
        for phrase in
            ["latest", "non_root", "pin* image|images", "!limits latest", "root|x", "base_image_versions", "version*"]
        {
            assert!(s.says(phrase), "{phrase}");
        }
        for phrase in ["root_non", "pinned", "!latest", "latest limits", "ver"] {
            assert!(!s.says(phrase), "{phrase}");
        }
        assert_eq!(s.numbers().collect::<Vec<_>>(), [2]);
    }
}
