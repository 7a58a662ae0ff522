//! Python: `os.environ`, `os.getenv`, decouple and environs, and the fields of pydantic's settings.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::mask::{self, Part, Style};
use super::{EnvRead, Reads, ahead, behind, identifier, is_name, quoted, skip};

pub(super) fn reads(text: &str) -> Reads {
    let mut out = Reads::default();
    if !["environ", "getenv", "config(", "env", "Settings"].iter().any(|w| text.contains(w)) {
        return out;
    }
    let parts = mask::parts(text, Style { python: true });
    let caught = text.contains("except KeyError") || text.contains("except (KeyError");
    calls(text, &parts, caught, &mut out);
    if text.contains("BaseSettings") {
        settings(text, &parts, &mut out);
    }
    out
}

/// How a pattern reads.
enum How {
    /// Raises when it is not set.
    Raises,
    /// Gives `None`, or a second argument.
    Asks,
    /// Raises without a second argument.
    RaisesOrAsks,
}

fn calls(text: &str, parts: &[Part], caught: bool, out: &mut Reads) {
    let helpers = ["decouple", "starlette.config", "environs", "import environ"].iter().any(|m| text.contains(m));
    let mut patterns = vec![("environ[", How::Raises), ("environ.get(", How::Asks), ("getenv(", How::Asks)];
    if helpers {
        patterns.extend([("config(", How::RaisesOrAsks), ("env(", How::RaisesOrAsks)]);
        for kind in ["env.str(", "env.int(", "env.bool(", "env.list(", "env.url(", "env.float(", "env.db("] {
            patterns.push((kind, How::RaisesOrAsks));
        }
    }
    let lines: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(n, _)| n + 1)).collect();
    for (pattern, how) in patterns {
        for (at, _) in text.match_indices(pattern) {
            let whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if parts[at] != Part::Code || !whole {
                continue;
            }
            let start = skip(text, at + pattern.len());
            let Some((range, end)) = quoted(text, start).filter(|(r, _)| is_name(&text[r.clone()])) else {
                out.dynamic |= !text[start..].starts_with(')');
                continue;
            };
            let after = skip(text, end);
            let rest = &text[after..];
            let module_level = is_outermost(&lines, text, at);
            let mut read =
                EnvRead { name: text[range.clone()].to_owned(), range, default: false, literal: None, needed: false };
            if rest.starts_with(',') {
                fallback(text, after + 1, &mut read);
            }
            match how {
                How::Raises => {
                    let next = rest.strip_prefix(']').map(str::trim_start).unwrap_or_default();
                    let given = next.starts_with('=') && !next.starts_with("==");
                    if given || text[..at].trim_end().ends_with("del") {
                        continue;
                    }
                    read.needed = module_level && !caught;
                }
                How::RaisesOrAsks => read.needed = !read.default && module_level && !caught && helpers,
                How::Asks => {}
            }
            // `os.getenv("X") or "y"`
            if !read.default
                && let Some(close) = rest.strip_prefix(')')
                && let Some(other) = close.trim_start().strip_prefix("or ")
            {
                fallback(text, text.len() - other.len(), &mut read);
                read.default = true;
            }
            out.list.push(read);
        }
    }
    let mut guarded: BTreeSet<&str> = BTreeSet::new();
    for (at, _) in text.match_indices("environ") {
        let rest = &text[at + "environ".len()..];
        let all = [".items", ".keys", ".values", ".copy", ")", " |", ","].iter().any(|w| rest.starts_with(w));
        out.dynamic |= all && parts[at] == Part::Code && text[..at].ends_with("os.");
        // `"X" in os.environ`
        let before = behind(text, at).trim_end_matches("os.").trim_end();
        let before = before.strip_suffix(" in").map(|b| b.trim_end_matches(" not"));
        let asked = before.and_then(|b| b.strip_suffix(['"', '\''])).and_then(|b| b.rsplit(['"', '\'']).next());
        guarded.extend(asked);
    }
    out.list.iter_mut().filter(|r| guarded.contains(r.name.as_str())).for_each(|r| r.needed = false);
}

/// Whether the line that holds `at` begins without white space.
fn is_outermost(lines: &[usize], text: &str, at: usize) -> bool {
    let start = lines[lines.partition_point(|l| *l <= at) - 1];
    !text[start..].starts_with([' ', '\t'])
}

/// What stands for the variable when it is not set.
fn fallback(text: &str, from: usize, read: &mut EnvRead) {
    let at = skip(text, from);
    let at = if text[at..].starts_with("default=") { at + "default=".len() } else { at };
    let word = identifier(text, at);
    if word == "None" || (word == "cast" && text[at..].starts_with("cast=") && !call(text, at).contains("default=")) {
        return;
    }
    read.default = true;
    read.literal = quoted(text, at).map(|(range, _)| range);
}

/// The rest of a call's arguments.
fn call(text: &str, at: usize) -> &str {
    ahead(text, at).split(')').next().unwrap_or_default()
}

/// Types of fields that are read from one variable.
const PLAIN: &[&str] = &[
    "str",
    "int",
    "float",
    "bool",
    "SecretStr",
    "Path",
    "AnyUrl",
    "HttpUrl",
    "AnyHttpUrl",
    "PostgresDsn",
    "RedisDsn",
    "EmailStr",
];

fn settings(text: &str, parts: &[Part], out: &mut Reads) {
    let closing = closing(text, parts);
    let (mut at, mut done) = (0, 0);
    let mut class: Option<Class> = None;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        let code = start + (line.len() - line.trim_start().len());
        if body.is_empty() || parts.get(code) != Some(&Part::Code) {
            continue;
        }
        let depth = code - start;
        if depth == 0 {
            finish(class.take(), out);
            let settings = body.starts_with("class ") && body.contains("BaseSettings");
            class = settings.then(Class::default);
            continue;
        }
        let Some(class) = &mut class else { continue };
        let own = *class.depth.get_or_insert(depth);
        if let Some(prefix) = argument(text, start..at, "env_prefix") {
            text[prefix].clone_into(&mut class.prefix);
        }
        out.from_file |= line.contains("env_file");
        // what stands inside of a field's call is no field
        if depth == own && start >= done {
            let (read, end) = field(text, code, at, &closing);
            done = end;
            class.fields.extend(read);
        }
    }
    finish(class, out);
}

#[derive(Default)]
struct Class {
    prefix: String,
    /// White space before its fields.
    depth: Option<usize>,
    fields: Vec<Field>,
}

fn finish(class: Option<Class>, out: &mut Reads) {
    let Some(class) = class else { return };
    for (mut read, own_name) in class.fields {
        if !own_name {
            read.name = format!("{}{}", class.prefix, read.name).to_uppercase();
        }
        out.list.push(read);
    }
}

/// `name: type = default` at `start`, and where it ends.
fn field(text: &str, start: usize, line_end: usize, closing: &BTreeMap<usize, usize>) -> (Option<Field>, usize) {
    let Some((read, value)) = declared(text, start, line_end) else { return (None, line_end) };
    let Some(value) = value else { return (Some((read, false)), line_end) };
    let open = value + "Field".len();
    if identifier(text, value) != "Field" || !text[open..].starts_with('(') {
        let literal = quoted(text, value).map(|(range, _)| range);
        return (Some((EnvRead { literal, needed: false, ..read }, false)), line_end);
    }
    let end = closing.get(&open).copied().unwrap_or(line_end).max(open + 1);
    (Some(called(text, open..end, read)), end)
}

/// A reading, and whether its name is the variable's own.
type Field = (EnvRead, bool);

/// `name: type`, and where its value begins when it has one; needed when a variable alone can be of its type.
fn declared(text: &str, start: usize, line_end: usize) -> Option<(EnvRead, Option<usize>)> {
    let name = identifier(text, start);
    let colon = skip(text, start + name.len());
    if !is_name(name)
        || !text[colon..].starts_with(':')
        || matches!(name, "else" | "try" | "model_config" | "lambda")
        || name.starts_with('_')
    {
        return None;
    }
    let rest = &text[colon + 1..line_end];
    let (kind, value) = rest.split_once('=').map_or((rest, None), |(k, _)| (k, Some(colon + 1 + k.len() + 1)));
    let kind = kind.split('#').next().unwrap_or_default().trim();
    if kind.starts_with("ClassVar") || kind.is_empty() {
        return None;
    }
    let read = EnvRead {
        name: name.to_owned(),
        range: start..start + name.len(),
        default: value.is_some(),
        literal: None,
        needed: PLAIN.contains(&kind),
    };
    Some((read, value.map(|v| skip(text, v))))
}

/// A field whose value is `Field(…)`.
fn called(text: &str, within: Range<usize>, mut read: EnvRead) -> Field {
    let Range { start: open, end } = within;
    let body = &text[open..end];
    let first = skip(text, open + 1);
    let asks = text[first..].starts_with("...");
    let keyword = identifier(text, first);
    let positional = keyword.is_empty() || !text[first + keyword.len()..].trim_start().starts_with('=');
    read.default = body.contains("default=")
        || body.contains("default_factory")
        || (positional && !asks && first < end.saturating_sub(1));
    read.needed &= !read.default;
    read.literal = quoted(text, first).map(|(range, _)| range).or_else(|| argument(text, open..end, "default"));
    let alias = ["validation_alias", "alias", "env"].iter().find_map(|k| argument(text, open..end, k));
    if body.contains("AliasChoices") {
        read.needed = false;
    }
    if let Some(alias) = alias.filter(|a| is_name(&text[a.clone()])) {
        read.name = text[alias.clone()].to_uppercase();
        read.range = alias;
        return (read, true);
    }
    (read, false)
}

/// The text of `key="…"` in a range.
fn argument(text: &str, within: Range<usize>, key: &str) -> Option<Range<usize>> {
    let body = &text[within.clone()];
    let alone = |at: &usize| !body[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    body.match_indices(key).map(|(at, _)| at).filter(alone).find_map(|at| {
        let equals = skip(text, within.start + at + key.len());
        if !text[equals..].starts_with('=') {
            return None;
        }
        quoted(text, skip(text, equals + 1)).map(|(range, _)| range)
    })
}

/// Behind the parenthesis that closes each one of the code, found in one pass.
fn closing(text: &str, parts: &[Part]) -> BTreeMap<usize, usize> {
    let mut open = Vec::new();
    let mut closing = BTreeMap::new();
    for (at, byte) in text.bytes().enumerate().filter(|(at, _)| parts[*at] == Part::Code) {
        match byte {
            b'(' => open.push(at),
            b')' => closing.extend(open.pop().map(|o| (o, at + 1))),
            _ => {}
        }
    }
    closing
}
