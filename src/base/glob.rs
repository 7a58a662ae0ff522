//! Patterns of one part of a path, as Go and with it Docker and Helm read them: `*`, `?`, `[a-z]`, `[^a-z]`, `\`.

/// Whether a name is one that the pattern means. Never more than quadratic.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, n));
                p += 1;
                continue;
            }
            None if n == name.len() => return true,
            Some(_) if n < name.len() => one(&pattern[p..], name[n]),
            _ => None,
        };
        match (step, retry) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            // a star takes everything but a slash
            (None, Some((after, from))) if from < name.len() && name[from] != '/' => {
                retry = Some((after, from + 1));
                (p, n) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// How many characters of the pattern take this one character, if any do.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => (c != '/').then_some(1),
        ['\\', escaped, ..] => (*escaped == c).then_some(2),
        ['[', rest @ ..] => {
            let negated = rest.first() == Some(&'^');
            let body = &rest[usize::from(negated)..];
            let end = body.iter().skip(1).position(|c| *c == ']')? + 1;
            let (mut at, mut hit) = (0, false);
            while at < end {
                if at + 2 < end && body[at + 1] == '-' {
                    hit |= (body[at]..=body[at + 2]).contains(&c);
                    at += 3;
                } else {
                    hit |= body[at] == c;
                    at += 1;
                }
            }
            (hit != negated && c != '/').then_some(end + 2 + usize::from(negated))
        }
        [plain, ..] => (*plain == c).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, name, wanted) in [
            ("*.md", "README.md", true),
            ("package*.json", "package-lock.json", true),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("a*b*c", "a/b/c", false),
            ("*", "", true),
            ("*a", "baab", false),
            ("\\*", "*", true),
            ("a", "ab", false),
            ("[!a]", "!", true),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
