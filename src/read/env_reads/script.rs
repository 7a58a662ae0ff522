//! JavaScript and TypeScript: `process.env`, `import.meta.env`.

use super::mask::{self, Part, Style};
use super::{EnvRead, Reads, behind, identifier, is_name, quoted, skip};

pub(super) fn reads(text: &str) -> Reads {
    let mut out = Reads::default();
    if !text.contains("env") {
        return out;
    }
    let parts = mask::parts(text, Style { python: false });
    for root in ["process.env", "import.meta.env", "Bun.env"] {
        for (at, _) in text.match_indices(root) {
            let whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))
                || text[..at].ends_with("...")
                || text[..at].ends_with("globalThis.");
            if parts[at] == Part::Code && whole {
                one(text, at, at + root.len(), &mut out);
            }
        }
    }
    for (at, call) in text.match_indices("Deno.env.get(") {
        if let Some((range, end)) =
            quoted(text, at + call.len()).filter(|(r, _)| parts[at] == Part::Code && is_name(&text[r.clone()]))
        {
            out.list.push(read(text, range, end + 1));
        }
    }
    out
}

fn one(text: &str, at: usize, end: usize, out: &mut Reads) {
    let rest = &text[end..];
    let dot = rest.strip_prefix("?.").or_else(|| rest.strip_prefix('.').filter(|r| !r.starts_with('.')));
    if let Some(after) = dot.filter(|a| !a.starts_with('[')) {
        let start = text.len() - after.len();
        let word = identifier(text, start);
        if is_name(word) {
            out.list.extend(unless_given(text, read(text, start..start + word.len(), start + word.len())));
        }
    } else if let Some(after) = rest.strip_prefix('[').or_else(|| rest.strip_prefix("?.[")) {
        let start = text.len() - after.len();
        match quoted(text, skip(text, start)).filter(|(r, _)| is_name(&text[r.clone()])) {
            Some((range, end)) => {
                let close = skip(text, end) + 1;
                out.list.extend(unless_given(text, read(text, range, close)));
            }
            None => out.dynamic = true,
        }
    } else if let Some(before) = text[..at].trim_end().strip_suffix('=').map(str::trim_end).filter(|b| b.ends_with('}'))
    {
        // `const { A, B = "x" } = process.env`
        let Some(open) =
            behind(text, before.len()).rfind('{').map(|n| n + before.len() - behind(text, before.len()).len())
        else {
            return;
        };
        out.dynamic |= before[open..].contains("...");
        let mut start = open + 1;
        for piece in before[open + 1..before.len() - 1].split(',') {
            let from = start + (piece.len() - piece.trim_start().len());
            start += piece.len() + 1;
            let word = identifier(text, from);
            if is_name(word) {
                let default = piece.contains('=');
                let literal = piece
                    .find('=')
                    .and_then(|n| quoted(text, skip(text, from - (piece.len() - piece.trim_start().len()) + n + 1)));
                out.list.push(EnvRead {
                    name: word.to_owned(),
                    range: from..from + word.len(),
                    default,
                    literal: literal.map(|(range, _)| range),
                    needed: false,
                });
            }
        }
    } else {
        out.dynamic = true;
    }
}

/// A reading whose expression ends at `end`.
fn read(text: &str, range: std::ops::Range<usize>, end: usize) -> EnvRead {
    let name = text[range.clone()].to_owned();
    let mut read = EnvRead { name, range, default: false, literal: None, needed: false };
    let rest = text.get(end..).unwrap_or_default().trim_start_matches(['!', ')']).trim_start();
    if let Some(other) = rest.strip_prefix("||").or_else(|| rest.strip_prefix("??")) {
        read.default = true;
        let at = skip(text, text.len() - other.len());
        read.literal = quoted(text, at).map(|(range, _)| range);
    }
    read
}

/// Nothing for `process.env.X = …`, which sets it.
fn unless_given(text: &str, read: EnvRead) -> Option<EnvRead> {
    let rest = text[read.range.end..].trim_start_matches(['"', '\'', ']']).trim_start();
    let sets = rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
    (!sets).then_some(read)
}
