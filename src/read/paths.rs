//! Paths in running text, back-ticked or bare, each with its place.

use std::collections::BTreeSet;
use std::ops::Range;

use super::path_bytes::Kinds;
use super::path_words::{COMMANDS, ENDINGS, KINDS, NAMED, PLACES, PRODUCTS, PROGRAMS, ROOTS};
use super::segments::{clean, segments};

/// The most paths that braces are written out to.
const MOST: usize = 256;

/// Where two bytes stand side by side.
fn pair(text: &str, pair: [u8; 2]) -> Option<usize> {
    text.as_bytes().windows(2).position(|w| w == pair)
}

/// A word of the text, and how it stands there.
struct Word<'t> {
    range: Range<usize>,
    kinds: Kinds,
    quoted: bool,
    /// The word before it.
    before: &'t str,
}

impl Word<'_> {
    /// After `in`, `at`, `under` and the like.
    fn is_placed(&self) -> bool {
        PLACES.has_folded(self.before)
    }
}

/// Every path that the text names, in order, with its range; pointers to lines (`main.py:17`) are cut off.
pub fn paths(text: &str) -> Vec<(String, Range<usize>)> {
    places(text).into_iter().map(|place| (text[place.clone()].to_owned(), place)).collect()
}

/// The same, without the paths themselves.
pub fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let telling = Kinds::DOT.or(Kinds::SLASH).or(Kinds::BACKSLASH).or(Kinds::POINTER).or(Kinds::CLOSE);
    each_word(text, &mut |word| {
        let raw = &text[word.range.clone()];
        let kinds = word.kinds;
        if !kinds.any(telling) {
            if NAMED.has(raw) {
                found.push(word.range);
            }
            return;
        }
        // the target of a link is the path, its text a title
        let skip = if kinds.any(Kinds::CLOSE) { pair(raw, *b"](").map_or(0, |i| i + 2) } else { 0 };
        let path = if skip > 0 { raw[skip..].trim_end_matches(')') } else { raw };
        let path = if kinds.any(Kinds::POINTER) { without_pointer(path) } else { path };
        let kinds = if path.len() < raw.len() { Kinds::of(path) } else { kinds };
        let start = word.range.start + skip;
        if is_path(path, kinds, &word) {
            found.push(start..start + path.len());
        }
    });
    let foldered = |place: &Range<usize>| text.as_bytes()[place.clone()].contains(&b'/');
    if found.len() < 2 || found.iter().all(foldered) {
        return found;
    }
    // `Create the Dockerfile at app/backend/Dockerfile` names one file
    let names: BTreeSet<&str> =
        found.iter().filter_map(|p| text[p.clone()].rsplit_once('/')).map(|(_, name)| name).collect();
    found.retain(|place| foldered(place) || !names.contains(&text[place.clone()]));
    found
}

/// The words of a text that are folders or paths when it is known that they are: `phase_4`, `phase2/backend/`.
pub fn folders(text: &str) -> Vec<(String, Range<usize>)> {
    let good = |w: &str| w.contains('/') && !w.contains("//") && w.contains(char::is_alphanumeric);
    let mut found = Vec::new();
    each_word(text, &mut |word| {
        if word.quoted || good(&text[word.range.clone()]) {
            found.push((text[word.range.clone()].to_owned(), word.range));
        }
    });
    found
}

/// The paths that braces stand for: `deployment/{dockerfiles,helm}` are two. Globs stay as they are.
pub fn expand(path: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(next) = open.pop() {
        match choices(&next).filter(|_| done.len() + open.len() < MOST) {
            Some((start, close, choices)) => {
                let (before, after) = (&next[..start], &next[close + 1..]);
                open.extend(choices.iter().take(MOST).rev().map(|c| format!("{before}{}{after}", c.trim())));
            }
            None => done.push(next),
        }
    }
    done
}

/// The first braces with a comma in them: where they open and close, and what they offer.
fn choices(path: &str) -> Option<(usize, usize, Vec<&str>)> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut commas: Vec<usize> = Vec::new();
    for (i, c) in path.char_indices() {
        match c {
            '{' => {
                depth += 1;
                if depth == 1 {
                    start = i;
                    commas.clear();
                }
            }
            ',' if depth == 1 => commas.push(i),
            '}' if depth == 1 && !commas.is_empty() => {
                let from = std::iter::once(start + 1).chain(commas.iter().map(|c| c + 1));
                let to = commas.iter().copied().chain(std::iter::once(i));
                return Some((start, i, from.zip(to).map(|(a, b)| &path[a..b]).collect()));
            }
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Words that may be paths. Code with white space in it is a command, unless it is a path with a space.
fn each_word<'t>(text: &'t str, each: &mut impl FnMut(Word<'t>)) {
    let mut at = 0;
    let mut before = "";
    if memchr::memchr(b'`', text.as_bytes()).is_none() {
        return bare(text, 0..text.len(), &mut before, each);
    }
    for (number, piece) in text.split('`').enumerate() {
        if number % 2 == 1 {
            let spaced = piece.contains(char::is_whitespace);
            if !piece.is_empty() && (!spaced || (is_absolute(piece) && !piece.contains([';', '|', '&', '$', '\n']))) {
                each(Word { range: at..at + piece.len(), kinds: Kinds::of(piece), quoted: true, before });
            }
            // `a` and `b` stand at the same place
        } else {
            bare(text, at..at + piece.len(), &mut before, each);
        }
        at += piece.len() + 1;
    }
}

/// The words of a piece without back-ticks, and the last of them that says where.
fn bare<'t>(text: &'t str, range: Range<usize>, before: &mut &'t str, each: &mut impl FnMut(Word<'t>)) {
    let mut program = false;
    let mut commanded = false;
    let mut arguments = false;
    let mut words = segments(text, range);
    loop {
        // what most words are changes nothing
        while let Some((start, word)) = if program || arguments { None } else { words.plain() } {
            if NAMED.may_have(word) {
                let range = start..start + word.len();
                each(Word { range, kinds: Kinds::PLAIN, quoted: false, before });
            }
            (program, commanded) = (PROGRAMS.has(word), word == "cd");
            if !is_between(word) {
                *before = word;
            }
        }
        let Some((start, end, kinds)) = words.next() else { break };
        let raw = &text[start..end];
        let word = clean(text, start..end);
        let content = &text[word.clone()];
        let ends = matches!(raw.as_bytes().last(), Some(b'.' | b')' | b'!' | b'?' | b';' | b','));
        let flag = raw.len() > 1
            && raw.as_bytes()[0] == b'-'
            && raw[1..].starts_with(|c: char| c == '-' || c.is_alphanumeric());
        let argument = arguments || (commanded && content.contains('/'));
        if PROGRAMS.has(content) {
            (program, commanded, arguments) = (true, content == "cd", false);
        } else if program && flag {
            arguments = true;
        } else if program && !arguments {
            let command = COMMANDS.has(content);
            commanded |= command;
            program = command || argument || content == "&&" || (commanded && content.is_empty());
            commanded &= program;
        } else if arguments
            && matches!(
                content,
                "and"
                    | "in"
                    | "with"
                    | "to"
                    | "using"
                    | "from"
                    | "for"
                    | "at"
                    | "then"
                    | "on"
                    | "via"
                    | "or"
                    | "command"
            )
        {
            (program, commanded, arguments) = (false, false, false);
        }
        if !argument && !flag && !word.is_empty() {
            let kinds = if content.len() == raw.len() { kinds } else { Kinds::of(content) };
            each(Word { range: word, kinds, quoted: false, before });
        }
        if ends {
            (program, commanded, arguments) = (false, false, false);
        }
        if !content.is_empty() && !is_between(content) {
            *before = content;
        }
    }
}

/// Words between a path and the one that says that it follows.
fn is_between(word: &str) -> bool {
    matches!(word, "and" | "or" | "the" | "a")
}

/// Without a pointer into the file: `main.py:175`, `main.py:3-9`, `test.py::TestList`, `a.md#L3`.
fn without_pointer(word: &str) -> &str {
    let word = word.find("::").map_or(word, |i| &word[..i]);
    let word = word.find('#').filter(|i| *i > 0).map_or(word, |i| &word[..i]);
    let mut word = word;
    while let Some((path, line)) = word.rsplit_once(':') {
        let digits = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if !digits || path.len() < 2 {
            break;
        }
        word = path;
    }
    word
}

fn is_path(path: &str, kinds: Kinds, word: &Word<'_>) -> bool {
    if !kinds.any(Kinds::DOT.or(Kinds::SLASH).or(Kinds::BACKSLASH)) {
        return NAMED.has(path);
    }
    let wide = kinds.any(Kinds::WIDE);
    let lettered = kinds.any(Kinds::PLAIN) || (wide && path.contains(char::is_alphanumeric));
    if path.len() > 1024 || !lettered || (kinds.any(Kinds::SLASH) && pair(path, *b"//").is_some()) {
        return false;
    }
    if is_windows(path) {
        return true;
    }
    if kinds.any(Kinds::BACKSLASH) {
        // `server\\routes\\lines.py`
        let name = path.rsplit('\\').next().unwrap_or(path);
        let plain = |c: char| c.is_alphanumeric() || "._-\\".contains(c);
        return path.chars().all(plain) && name_ending(name).is_some_and(|(_, e)| ENDINGS.has(e));
    }
    let foreign = kinds.any(Kinds::OTHER.or(Kinds::POINTER)) || (kinds.any(Kinds::SPACE) && !word.quoted);
    if foreign || (wide && !path.chars().all(|c| c.is_ascii() || c.is_alphanumeric())) {
        return false;
    }
    let slash = |b: &u8| *b == b'/';
    let Some(last) = path.bytes().rposition(|b| b == b'/').filter(|_| kinds.any(Kinds::SLASH)) else {
        return is_file(path, word.quoted);
    };
    let (folder, name) = (&path[..last], &path[last + 1..]);
    let first = &path[..path.as_bytes().iter().position(slash).unwrap_or(last)];
    if path.starts_with('/') {
        let file = NAMED.has(name) || name_ending(name).is_some();
        return file || (is_system(path) && (word.quoted || word.is_placed()));
    }
    if is_product(name)
        || (is_product(first) && path.split('/').all(is_product))
        || first.bytes().rposition(|b| b == b'.').is_some_and(|dot| dot > 0 && is_domain(&first[dot + 1..]))
    {
        return false;
    }
    if name.is_empty() {
        return folder.chars().all(|c| c.is_alphanumeric() || "._-/@+*{},~()[]".contains(c)) && folder.len() > 1;
    }
    if NAMED.has(name) || name.starts_with(".env") || name_ending(name).is_some() || path.starts_with("../") {
        return true;
    }
    let parts = path.split('/').count();
    let root = ROOTS.has(first);
    let telling = path.contains(['-', '_']) || first.bytes().any(|b| b.is_ascii_digit());
    let names = path.split('/').all(|p| p.starts_with(|c: char| c.is_ascii_uppercase()));
    if word.quoted {
        let kind = name.starts_with(|c: char| c.is_ascii_uppercase()) || KINDS.has(name);
        let mime = matches!(first, "application" | "text" | "image" | "audio" | "video" | "multipart");
        return !mime
            && !first.starts_with('@')
            && (root || kind && parts == 2 || word.is_placed() || parts > 2 || path.contains("/{"));
    }
    if path.contains(['(', '[', '$', '{']) || names {
        return path.contains('{') && path.contains('}') && !path.contains('$') && (root || word.is_placed());
    }
    let both = parts == 2 && ROOTS.has(name);
    (root && !both) || (word.is_placed() && (both || telling))
}

/// Whether a word without a folder is a file.
fn is_file(path: &str, quoted: bool) -> bool {
    if NAMED.has(path) || path.strip_prefix(".env.").is_some_and(|rest| !rest.is_empty()) {
        return true;
    }
    if path.starts_with("Dockerfile.") || path == "process.env" {
        return path != "process.env";
    }
    let known = name_ending(path).is_some_and(|(stem, e)| ENDINGS.has(e) && !stem.is_empty());
    known && (quoted || !is_product(path)) && !path.contains(['(', ')', '$', ' '])
}

fn is_product(name: &str) -> bool {
    PRODUCTS.has(name)
}

/// The ending of a file name, if it looks like one: begins with a letter, at most twelve letters and digits.
fn name_ending(name: &str) -> Option<(&str, &str)> {
    let dot = name.bytes().rposition(|b| b == b'.')?;
    let (stem, ending) = (&name[..dot], &name[dot + 1..]);
    let ending = if Kinds::of(ending).is_plain() { ending } else { ending.trim_matches(['{', '}', '*']) };
    let letter = ending.starts_with(|c: char| c.is_ascii_alphabetic());
    let short = ending.len() <= 12 && Kinds::of(ending).is_plain();
    (letter && short && !is_domain(ending)).then_some((stem, ending))
}

fn is_domain(ending: &str) -> bool {
    matches!(ending, "io" | "com" | "dev" | "org" | "net" | "local" | "ai" | "app")
}

fn is_windows(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() > 3 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'\\'
}

fn is_absolute(path: &str) -> bool {
    is_windows(path) || is_system(path)
}

fn is_system(path: &str) -> bool {
    let roots = ["/etc/", "/tmp/", "/var/", "/home/", "/usr/", "/opt/", "/mnt/", "/srv/", "/Users/"];
    roots.iter().any(|r| path.starts_with(r))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let found = paths(text);
        for (path, range) in &found {
            assert_eq!(&text[range.clone()], path);
        }
        found.into_iter().map(|(p, _)| p).collect()
    }

    #[test]
    fn paths_bare_and_quoted() {
        assert_eq!(found("Write charts/todo/templates/backend-deployment.yaml (per FR-004)."), {
            ["charts/todo/templates/backend-deployment.yaml"]
        });
        assert_eq!(found("Create `Chart.yaml`, `values.yaml` in `charts/todo/`"), {
            ["Chart.yaml", "values.yaml", "charts/todo/"]
        });
        assert_eq!(found("Write the Dockerfile at app/backend/Dockerfile"), ["app/backend/Dockerfile"]);
        assert_eq!(found("Fix app/backend/todo/main.py:175 and Dockerfile"), {
            ["app/backend/todo/main.py", "Dockerfile"]
        });
        assert_eq!(found("Write `backend/Deployment` and ../x.yaml and /etc/nginx/nginx.conf"), {
            ["backend/Deployment", "../x.yaml", "/etc/nginx/nginx.conf"]
        });
    }

    #[test]
    fn folders_globs_braces_and_pointers() {
        assert_eq!(found("Make the folders in backend/ and `deployment/{dockerfiles,helm}`"), {
            ["backend/", "deployment/{dockerfiles,helm}"]
        });
        assert_eq!(
            found("Lay out server/{a,b}/c.yaml, templates/web-*.yaml"),
            ["server/{a,b}/c.yaml", "templates/web-*.yaml"]
        );
        assert_eq!(
            found("Tests in `tests/api/test_list.py::TestList` and `a/b.py:3-9`"),
            ["tests/api/test_list.py", "a/b.py"]
        );
        assert_eq!(found("Page in web/app/(auth)/[id]/page.tsx (new)"), ["web/app/(auth)/[id]/page.tsx"]);
        assert_eq!(found("See [the plan](./plan.md) and (src/a.py)."), ["./plan.md", "src/a.py"]);
        assert_eq!(found(r"Copy from `D:\work\todo app\web` to phase_2/web"), [r"D:\work\todo app\web", "phase_2/web"]);
        assert_eq!(
            found("Add _helpers.tpl, .helmignore and .env.example"),
            ["_helpers.tpl", ".helmignore", ".env.example"]
        );
        assert_eq!(found("编写 backend/main.py，然后 `web/Dockerfile`。"), ["backend/main.py", "web/Dockerfile"]);
        assert_eq!(expand("a/{b,c{d,e}}/f.{py,ts}"), {
            ["a/b/f.py", "a/b/f.ts", "a/cd/f.py", "a/cd/f.ts", "a/ce/f.py", "a/ce/f.ts"]
        });
        assert!(expand(&"{a,b}".repeat(40)).len() <= 2 * MOST);
    }

    #[test]
    fn what_only_looks_like_a_path() {
        for text in [
            "requests/limits and CPU/memory on Next.js/React or React/Next.js",
            "`/health/live` and /api/tasks at http://todo.local/index.html",
            "`docker build -t x charts/todo/Dockerfile`",
            "networking.k8s.io/v1, bowline.dev/task, 10.0.0.0/16, v1.0/2.0, `application/json`",
            "create/update/delete in login/signup, frontend/backend, US1/US2, TCP/IP, `python:3.11-slim`",
            "run docker build -t web:1 web/Dockerfile and helm lint charts/todo",
            "response.json(), signIn.email(), `@types/node`, ghcr.io/org/app:1.2",
            "GET /api/{user_id}/tasks and PASS/FAIL",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
