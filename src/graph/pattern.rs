//! Patterns in the paths of tasks: `templates/backend-*.yaml`, `deploy/{dockerfiles,helm}`.

/// Whether a path is one.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '{', '?'])
}

/// `*` stands for any run of characters but `/`, `**` for any run, `?` for one character but `/`.
pub fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<char>, Vec<char>) = (pattern.chars().collect(), path.chars().collect());
    // which prefixes of the path the pattern so far can stand for
    let mut now = vec![false; path.len() + 1];
    now[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let mut next = vec![false; path.len() + 1];
        match pattern[at] {
            '*' => {
                let deep = pattern.get(at + 1) == Some(&'*');
                at += usize::from(deep);
                let mut reach = false;
                for i in 0..=path.len() {
                    reach = now[i] || reach && (deep || path[i - 1] != '/');
                    next[i] = reach;
                }
                // `**/` may stand for nothing
                if deep && pattern.get(at + 1) == Some(&'/') {
                    let before: Vec<bool> = now.clone();
                    let slash = |i: usize| i > 0 && next[i - 1] && path[i - 1] == '/';
                    next = (0..=path.len()).map(|i| before[i] || slash(i)).collect();
                    at += 1;
                }
            }
            wanted => {
                for i in 1..=path.len() {
                    let fits = if wanted == '?' { path[i - 1] != '/' } else { path[i - 1] == wanted };
                    next[i] = now[i - 1] && fits;
                }
            }
        }
        now = next;
        at += 1;
    }
    now[path.len()]
}

/// The folder that every path a pattern means lies in.
pub fn folder(pattern: &str) -> &str {
    let end = pattern.find(['*', '{', '?']).unwrap_or(pattern.len());
    pattern[..end].rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, fits) in [
            ("a/*.yaml", "a/b.yaml", true),
            ("a/*.yaml", "a/b/c.yaml", false),
            ("charts/*/templates/backend-*.yaml", "charts/todo/templates/backend-service.yaml", true),
            ("a/**/c.yaml", "a/c.yaml", true),
            ("a/**/c.yaml", "a/b/b/c.yaml", true),
            ("a/**/c.yaml", "ac.yaml", false),
            ("a/**", "a/b/c", true),
            ("backend-?.yaml", "backend-x.yaml", true),
            ("*a*a*a*a*a*a*b", &"a".repeat(200), false),
            ("é*", "éa", true),
        ] {
            assert_eq!(matches(pattern, path), fits, "{pattern} {path}");
        }
        assert_eq!((folder("a/b/c-*.yaml"), folder("*.yaml")), ("a/b", ""));
    }
}
