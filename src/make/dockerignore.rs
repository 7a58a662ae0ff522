//! `.dockerignore` as Docker reads it: patterns count from the root of the context, the last match wins, and what
//! lies below a match matches.

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

/// `**` stands for any number of folders, none included.
fn matches(pattern: &[String], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((first, rest)) if first == "**" => (0..=path.len()).any(|skip| matches(rest, &path[skip..])),
        Some((first, rest)) => path.split_first().is_some_and(|(name, below)| {
            let (glob, name): (Vec<char>, Vec<char>) = (first.chars().collect(), name.chars().collect());
            glob_matches(&glob, &name) && matches(rest, below)
        }),
    }
}

fn glob_matches(glob: &[char], name: &[char]) -> bool {
    match glob.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|skip| glob_matches(rest, &name[skip..])),
        Some(('?', rest)) => name.split_first().is_some_and(|(_, below)| glob_matches(rest, below)),
        Some(('[', rest)) if rest.contains(&']') => {
            let end = rest.iter().position(|c| *c == ']').unwrap_or(0);
            name.split_first()
                .is_some_and(|(c, below)| in_class(&rest[..end], *c) && glob_matches(&rest[end + 1..], below))
        }
        Some(('\\', rest)) if !rest.is_empty() => name.first() == rest.first() && glob_matches(&rest[1..], &name[1..]),
        Some((c, rest)) => name.first() == Some(c) && glob_matches(rest, &name[1..]),
    }
}

fn in_class(class: &[char], c: char) -> bool {
    let (negated, class) = class.strip_prefix(&['^']).map_or((false, class), |rest| (true, rest));
    let mut found = false;
    let mut rest = class;
    while let Some((from, behind)) = rest.split_first() {
        if let ['-', to, after @ ..] = behind {
            found |= (*from..=*to).contains(&c);
            rest = after;
        } else {
            found |= *from == c;
            rest = behind;
        }
    }
    found != negated
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
        assert!(!patterns.prunes());
        assert!(Patterns::read("a\n").prunes());
    }
}
