//! `.helmignore` as Helm reads it, which is neither Git's way nor Docker's: the first line that applies decides, and
//! a line `!name` hides everything of another name.

use crate::base::glob::matches;
use crate::read::repository::name;

/// The lines that count, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// From 1.
    line: usize,
    pattern: String,
    negated: bool,
    folders_only: bool,
    /// Compared with the whole path, not with the last part.
    whole: bool,
}

impl Rules {
    /// # Errors
    /// The line, from 1, for which Helm refuses the whole file, and why.
    pub(super) fn read(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut rules = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line_number = number + 1;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.contains("**") {
                return Err((line_number, "Helm knows no `**`"));
            }
            if !is_pattern(line) {
                return Err((line_number, "this pattern is not closed"));
            }
            let (negated, pattern) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
            let (folders_only, pattern) = pattern.strip_suffix('/').map_or((false, pattern), |rest| (true, rest));
            let whole = pattern.contains('/');
            let pattern = pattern.strip_prefix('/').unwrap_or(pattern).to_owned();
            rules.push(Rule { line: line_number, pattern, negated, folders_only, whole });
        }
        // Helm's own last line
        rules.push(Rule {
            line: 0,
            pattern: "templates/.?*".to_owned(),
            negated: false,
            folders_only: false,
            whole: true,
        });
        Ok(Self(rules))
    }

    /// The line (from 1; 0 for Helm's own) that hides a file, or one of the folders that it lies in.
    pub(super) fn hiding(&self, path: &str) -> Option<usize> {
        let folders = path.match_indices('/').map(|(at, _)| (&path[..at], true));
        folders.chain([(path, false)]).find_map(|(path, folder)| self.decides(path, folder))
    }

    fn decides(&self, path: &str, folder: bool) -> Option<usize> {
        for rule in &self.0 {
            let name = if rule.whole { path } else { name(path) };
            let hit = matches(&rule.pattern, name);
            let hides = if rule.negated {
                (rule.folders_only && !folder) || !hit
            } else {
                (folder || !rule.folders_only) && hit
            };
            if hides {
                return Some(rule.line);
            }
        }
        None
    }

    /// The lines that begin with `!`.
    pub(super) fn negated(&self) -> Vec<usize> {
        self.0.iter().filter(|r| r.negated).map(|r| r.line).collect()
    }

    /// The same without the lines that begin with `!`.
    pub(super) fn without_negated(&self) -> Self {
        Self(self.0.iter().filter(|r| !r.negated).cloned().collect())
    }
}

/// Whether Go's `filepath.Match` takes it for a pattern: every bracket closed and holding something.
fn is_pattern(line: &str) -> bool {
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next().is_none() {
            return false;
        }
        if c != '[' {
            continue;
        }
        if chars.peek() == Some(&'^') {
            chars.next();
        }
        let mut held = 0;
        loop {
            match chars.next() {
                Some(']') if held > 0 => break,
                None | Some(']') => return false,
                Some('\\') => {
                    chars.next();
                }
                Some(_) => {}
            }
            held += 1;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_applies_decides() {
        let rules = |text: &str| Rules::read(text).expect("rules");
        assert_eq!(rules("*.md\n!README.md\n").hiding("Chart.yaml"), Some(2));
        assert_eq!(rules("*.md\n").hiding("README.md"), Some(1));
        assert_eq!(rules("*.md\n").hiding("templates/x.yaml"), None);
        assert_eq!(rules("templates/\n").hiding("templates/x.yaml"), Some(1));
        assert_eq!(rules("/values.yaml\n").hiding("values.yaml"), Some(1));
        assert_eq!(rules("/x.yaml\n").hiding("templates/x.yaml"), None);
        assert_eq!(rules("templates/*.txt\n").hiding("templates/NOTES.txt"), Some(1));
        assert_eq!(rules("").hiding("templates/.x"), Some(0));
        assert_eq!(rules("!*.yaml\n").hiding("Chart.yaml"), None);
        assert_eq!(rules("!*.yaml\n").hiding("templates/x.yaml"), Some(1), "the folder is hidden");
        assert_eq!(Rules::read("a\n**/b\n").unwrap_err().0, 2);
        assert_eq!(Rules::read("[a\n").unwrap_err().0, 1);
        assert_eq!(rules("*.md\n!README.md\n").without_negated().hiding("Chart.yaml"), None);
    }
}
