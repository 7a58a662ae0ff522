//! Which bytes of a text are code, and which stand in strings and comments.

/// What a byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Code,
    Text,
    Comment,
}

/// The forms of strings and comments of a language.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// `#` opens a comment, and three quotes a long string.
    pub python: bool,
}

/// The part of each byte. A string in one kind of quotes ends with its line at the latest, so that one quote too
/// many never hides more than that.
pub(super) fn parts(text: &str, style: Style) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = vec![Part::Code; bytes.len()];
    // depths of braces at which a template string goes on
    let mut templates: Vec<usize> = Vec::new();
    let mut braces = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = match rest[0] {
            b'#' if style.python => Some((line(bytes, at), Part::Comment)),
            b'/' if !style.python && rest.starts_with(b"//") && !(at > 0 && bytes[at - 1] == b':') => {
                Some((line(bytes, at), Part::Comment))
            }
            b'/' if !style.python && rest.starts_with(b"/*") => Some((until(bytes, at + 2, b"*/"), Part::Comment)),
            b'"' if style.python && rest.starts_with(b"\"\"\"") => Some((until(bytes, at + 3, b"\"\"\""), Part::Text)),
            b'\'' if style.python && rest.starts_with(b"'''") => Some((until(bytes, at + 3, b"'''"), Part::Text)),
            quote @ (b'"' | b'\'') => Some((string(bytes, at + 1, quote), Part::Text)),
            b'`' if !style.python => Some((template(bytes, at + 1, &mut templates, braces), Part::Text)),
            b'{' => {
                braces += 1;
                None
            }
            b'}' => {
                let resumes = templates.last() == Some(&braces);
                braces = braces.saturating_sub(1);
                if resumes {
                    templates.pop();
                    Some((template(bytes, at + 1, &mut templates, braces), Part::Text))
                } else {
                    None
                }
            }
            _ => None,
        };
        match end {
            Some((end, part)) => {
                parts[at..end].fill(part);
                // `${` opens code inside of a template string
                if part == Part::Text
                    && end >= 2
                    && &bytes[end - 2..end] == b"${"
                    && templates.last() == Some(&(braces + 1))
                {
                    braces += 1;
                }
                at = end;
            }
            None => at += 1,
        }
    }
    parts
}

fn line(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n)
}

fn until(bytes: &[u8], at: usize, close: &[u8]) -> usize {
    let from = at.min(bytes.len());
    bytes[from..].windows(close.len()).position(|w| w == close).map_or(bytes.len(), |n| from + n + close.len())
}

fn string(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut at = at;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => return at,
            b'\\' => at += 2,
            b if *b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a piece of a template string: its last quote, or the `${` with which code begins.
fn template(bytes: &[u8], at: usize, templates: &mut Vec<usize>, braces: usize) -> usize {
    let mut at = at;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'`' => return at + 1,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                templates.push(braces + 1);
                return at + 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}
