//! `.dockerignore` as Docker reads it: patterns count from the root of the context, the last match wins, and what
//! lies below a match matches.

use crate::base::glob;

/// The patterns of a file, in order.
#[derive(Clone, Debug, Default)]
pub struct Patterns(Vec<Pattern>);

#[derive(Clone, Debug)]
struct Pattern {
    parts: Vec<String>,
    /// `!`: what matches is let in again.
    admits: bool,
}

impl Patterns {
    pub fn read(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let pattern = |line: &str| {
            let (admits, rest) = line.strip_prefix('!').map_or((false, line), |r| (true, r.trim()));
            let parts: Vec<String> =
                rest.split('/').filter(|p| !p.is_empty() && *p != ".").map(str::to_owned).collect();
            (!parts.is_empty()).then_some(Pattern { parts, admits })
        };
        Self(lines.filter_map(pattern).collect())
    }

    /// Leaves out what is made from the digest of the context itself, where the context is the repository: its tag would
    /// never come to rest.
    pub fn leave_out(&mut self, context: &str, app: &str) {
        if context.split('/').all(|p| p.is_empty() || p == ".") {
            for made in [format!("out/{app}"), format!("charts/{app}"), ".bowline".to_owned(), ".git".to_owned()] {
                let parts = made.split('/').map(str::to_owned).collect();
                self.0.push(Pattern { parts, admits: false });
            }
        }
    }

    /// Whether Docker leaves a path (relative to the context, with `/`) out.
    pub fn excludes(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let hits = |p: &Pattern| (1..=parts.len()).any(|depth| matches(&p.parts, &parts[..depth]));
        self.0.iter().rev().find(|p| hits(p)).is_some_and(|p| !p.admits)
    }

    /// Whether nothing below an excluded folder can be let in again, so that it need not be looked at.
    pub fn prunes(&self) -> bool {
        self.0.iter().all(|p| !p.admits)
    }
}

/// `**` stands for any number of folders, none included. Never more than quadratic.
fn matches(pattern: &[String], path: &[&str]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match pattern.get(p) {
            Some(part) if part == "**" => {
                p += 1;
                retry = Some((p, n));
            }
            None if n == path.len() => return true,
            Some(part) if path.get(n).is_some_and(|name| glob::matches(part, name)) => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((after, from)) if from < path.len() => {
                    retry = Some((after, from + 1));
                    (p, n) = (after, from + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_docker_means() {
        let patterns = Patterns::read(
            "# comment\ntests\n*.md\n!README.md\n**/*.pyc\n/a/b/\n**/node_modules\nx?[0-9]\ndocs/**/draft\n\\!odd\n",
        );
        for out in [
            "tests",
            "tests/a/b",
            "CHANGES.md",
            "a.pyc",
            "x/y/a.pyc",
            "a/b/c",
            "node_modules/x",
            "web/node_modules/y/z",
            "xy7",
            "docs/draft",
            "docs/a/b/draft/c",
            "!odd",
        ] {
            assert!(patterns.excludes(out), "{out}");
        }
        for kept in ["src/tests", "README.md", "docs/CHANGES.md", "a/c", "xyz", "a.py", "docs/a"] {
            assert!(!patterns.excludes(kept), "{kept}");
        }
        let many = Patterns::read(&format!("{}/a\n{}z\n", ["**"; 40].join("/"), "*".repeat(40)));
        assert!(many.excludes(&["a"; 60].join("/")) && !many.excludes(&["b"; 60].join("/")));
        assert!(!many.excludes(&"b".repeat(200)));
        assert!(!patterns.prunes());
        assert!(Patterns::read("a\n").prunes());
    }
}
