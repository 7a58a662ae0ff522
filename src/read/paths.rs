//! Paths in running text, back-ticked or bare, each with its place.

use std::ops::Range;

/// Files that are known without an ending or a folder.
const NAMED: [&str; 8] =
    ["Dockerfile", ".dockerignore", "Makefile", "Containerfile", ".helmignore", ".gitignore", "LICENSE", ".env"];

/// Endings that make a word without a folder a file.
const ENDINGS: [&str; 14] =
    ["yaml", "yml", "tpl", "json", "toml", "md", "txt", "py", "ts", "tsx", "sh", "ini", "sql", "dockerignore"];

/// Products that look like files.
const PRODUCTS: [&str; 6] = ["Next.js", "Node.js", "Vue.js", "Nuxt.js", "Express.js", "Three.js"];

/// Kinds that make `unit/kind` in back-ticks a name of an object.
const KINDS: [&str; 18] = [
    "configmap",
    "cronjob",
    "deployment",
    "dockerfile",
    "horizontalpodautoscaler",
    "hpa",
    "ingress",
    "job",
    "namespace",
    "networkpolicy",
    "pdb",
    "poddisruptionbudget",
    "resourcequota",
    "role",
    "secret",
    "service",
    "serviceaccount",
    "statefulset",
];

/// Every path that the text names, in order, with its range; pointers to lines (`main.py:17`) are cut off.
pub fn paths(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found: Vec<(String, Range<usize>)> = words(text)
        .into_iter()
        .filter_map(|(range, quoted)| {
            let word = &text[range.clone()];
            let path = without_line(word);
            is_path(path, quoted).then(|| (path.to_owned(), range.start..range.start + path.len()))
        })
        .collect();
    // `Create the Dockerfile at app/backend/Dockerfile` names one file
    let folders: Vec<String> = found.iter().filter(|(p, _)| p.contains('/')).map(|(p, _)| p.clone()).collect();
    let again = |name: &str| folders.iter().any(|f| f.strip_suffix(name).is_some_and(|rest| rest.ends_with('/')));
    found.retain(|(path, _)| path.contains('/') || !again(path));
    found
}

/// Words, and whether they stand in back-ticks; code with white space in it is a command, not a path.
fn words(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, piece) in text.split('`').enumerate() {
        let quoted = number % 2 == 1;
        if quoted {
            if !piece.is_empty() && !piece.contains(char::is_whitespace) {
                found.push((at..at + piece.len(), true));
            }
        } else {
            let mut from = at;
            let separates = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
            for segment in piece.split_inclusive(separates) {
                let word = segment.trim_end_matches(separates);
                let trimmed = word.trim_start_matches(['(', '[', '"', '\'', '*', '<']);
                let start = from + word.len() - trimmed.len();
                let trimmed = trimmed.trim_end_matches(['.', ':', ')', ']', '"', '\'', '>', '!', '?', '*']);
                if !trimmed.is_empty() {
                    found.push((start..start + trimmed.len(), false));
                }
                from += segment.len();
            }
        }
        at += piece.len() + 1;
    }
    found
}

fn without_line(word: &str) -> &str {
    match word.rsplit_once(':') {
        Some((path, line)) if !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit() || b == b'-') => path,
        _ => word,
    }
}

fn is_path(word: &str, quoted: bool) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "._-/@+*{},~".contains(c);
    if !word.chars().all(allowed) || !word.contains(char::is_alphanumeric) || word.contains("//") {
        return false;
    }
    let Some((folder, name)) = word.rsplit_once('/') else {
        let ending = name_ending(word).is_some_and(|(stem, e)| ENDINGS.contains(&e) && !stem.is_empty());
        return NAMED.contains(&word) || ending;
    };
    if name.is_empty() {
        return folder.contains('/') || quoted || is_root(folder);
    }
    if folder.is_empty() || folder.starts_with('/') {
        return NAMED.contains(&name) || name_ending(name).is_some() || is_system(word);
    }
    if PRODUCTS.contains(&name) {
        return false;
    }
    let kind = name.starts_with(|c: char| c.is_ascii_uppercase()) || KINDS.contains(&name);
    NAMED.contains(&name)
        || name_ending(name).is_some()
        || folder.split('/').next().is_some_and(is_root)
        || word.starts_with("../")
        || (quoted && kind && !folder.contains('/'))
}

/// The ending of a file name, if it looks like one: begins with a letter, at most twelve letters and digits.
fn name_ending(name: &str) -> Option<(&str, &str)> {
    let (stem, ending) = name.rsplit_once('.')?;
    let letter = ending.starts_with(|c: char| c.is_ascii_alphabetic());
    let short = ending.len() <= 12 && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    (letter && short && !is_domain(ending)).then_some((stem, ending))
}

fn is_domain(ending: &str) -> bool {
    matches!(ending, "io" | "com" | "dev" | "org" | "net" | "local" | "ai" | "app")
}

fn is_root(folder: &str) -> bool {
    matches!(
        folder,
        "app" | "src" | "charts" | "out" | "specs" | "plans" | "tasks" | "tests" | "docs" | "k8s" | "helm" | "deploy"
    )
}

fn is_system(path: &str) -> bool {
    ["/etc/", "/tmp/", "/var/", "/home/", "/usr/", "/opt/", "/mnt/", "/srv/"].iter().any(|r| path.starts_with(r))
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
    fn what_only_looks_like_a_path() {
        for text in [
            "requests/limits and CPU/memory on Next.js/React or React/Next.js",
            "`/health/live` and /api/tasks at http://todo.local/index.html",
            "`docker build -t x charts/todo/Dockerfile`",
            "networking.k8s.io/v1, bowline.dev/task, 10.0.0.0/16, v1.0/2.0, `application/json`",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
