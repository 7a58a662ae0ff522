//! What a Dockerfile of the user says: its last base image, its ports, how it starts.

use crate::model::proposal::Found;
use crate::read::repository::{self, Repository};

use super::component::Dockerfile;

/// An instruction with the line that it begins in.
struct Instruction {
    name: String,
    rest: String,
    line: usize,
}

/// Reads a Dockerfile of the repository.
pub fn read(repository: &Repository, path: &str) -> Option<Dockerfile> {
    let text = repository.contents(path)?;
    let all = instructions(&text);
    let mut file = Dockerfile { path: path.to_owned(), ..Dockerfile::default() };
    let mut port_variable: Option<u16> = None;
    let mut sources: Vec<String> = Vec::new();
    for one in &all {
        match one.name.as_str() {
            "FROM" => {
                let image = one.rest.split_whitespace().find(|w| !w.starts_with("--")).unwrap_or_default();
                file.from = Some(Found::new(image.to_owned(), path, one.line));
                // what an earlier stage exposes does not reach this one
                file.ports.clear();
                file.user = None;
            }
            "ENV" | "ARG" => {
                let value = one.rest.split_whitespace().find_map(|w| w.strip_prefix("PORT="));
                let value = value.or_else(|| one.rest.strip_prefix("PORT "));
                port_variable = value.and_then(|v| v.trim_matches('"').parse().ok()).or(port_variable);
            }
            "EXPOSE" => {
                for word in one.rest.split_whitespace() {
                    let number = word.split('/').next().unwrap_or_default();
                    let port = if number.contains('$') { port_variable } else { number.parse().ok() };
                    if let Some(port) = port.filter(|p| *p > 0) {
                        file.ports.push(Found::new(port, path, one.line));
                    }
                }
            }
            "CMD" | "ENTRYPOINT" => {
                if let Some(port) = port_argument(&one.rest) {
                    file.ports.push(Found::new(port, path, one.line));
                }
            }
            "USER" => file.user = Some(Found::new(one.rest.trim().to_owned(), path, one.line)),
            "COPY" | "ADD" if !one.rest.contains("--from=") => {
                let words: Vec<&str> = one.rest.split_whitespace().filter(|w| !w.starts_with("--")).collect();
                sources.extend(words.iter().take(words.len().saturating_sub(1)).map(|w| (*w).to_owned()));
            }
            _ => {}
        }
    }
    file.context = context(repository, path, &sources);
    Some(file)
}

/// `--port 8001`, `-p 3001`, `"--bind", "0.0.0.0:9000"`.
pub fn port_argument(text: &str) -> Option<u16> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "[],\"'=".contains(c)).filter(|w| !w.is_empty()).collect();
    words.windows(2).find_map(|pair| match pair[0] {
        "--port" | "-p" | "-P" => pair[1].parse().ok(),
        "--bind" | "-b" => pair[1].rsplit(':').next()?.parse().ok(),
        _ => None,
    })
}

/// The folder that its `COPY` lines count from: its own, unless they fit the repository's root better.
fn context(repository: &Repository, path: &str, sources: &[String]) -> String {
    let own = repository::folder(path);
    let plain: Vec<&String> =
        sources.iter().filter(|s| !s.contains(['*', '$', '?', '[']) && *s != "." && *s != "./").collect();
    let fits = |folder: &str| {
        plain.iter().filter(|s| repository.exists(&repository::join(folder, s.trim_end_matches('/')))).count()
    };
    if own.is_empty() || fits("") <= fits(own) { own.to_owned() } else { String::new() }
}

fn instructions(text: &str) -> Vec<Instruction> {
    let mut all: Vec<Instruction> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let continues = trimmed.ends_with('\\');
        let body = trimmed.trim_end_matches('\\').trim_end();
        if open && let Some(last) = all.last_mut() {
            last.rest.push(' ');
            last.rest.push_str(body);
        } else {
            let (name, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
            all.push(Instruction { name: name.to_ascii_uppercase(), rest: rest.trim().to_owned(), line: index + 1 });
        }
        open = continues;
    }
    all
}

/// The version in the tag of a language's image: `3.12` of `python:3.12-slim`.
pub fn version_of(image: &str, language: &str) -> Option<String> {
    let name = image.rsplit('/').next()?;
    let (repository, tag) = name.split_once(':')?;
    let version: String = tag.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    (repository == language && !version.is_empty()).then(|| version.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_counts() {
        let root = tempfile::tempdir().expect("a folder");
        let text = "FROM node:20 AS build\nEXPOSE 1\nCOPY api/package.json ./\nfrom python:3.12-slim\nENV PORT=8010 \\\n  A=b\nexpose $PORT/tcp\nCMD [\"uvicorn\", \"m:app\", \"--port\", \"9\"]\n";
        crate::base::fs::write(&root.path().join("docker/Dockerfile"), text.as_bytes()).expect("written");
        crate::base::fs::write(&root.path().join("api/package.json"), b"{}").expect("written");
        let file = read(&Repository::walk(root.path()), "docker/Dockerfile").expect("read");
        let ports: Vec<(u16, usize)> = file.ports.iter().map(|p| (p.value, p.at.line)).collect();
        assert_eq!(ports, [(8010, 7), (9, 8)]);
        assert_eq!(file.context, "");
        assert_eq!(version_of(&file.from.expect("a base").value, "python").as_deref(), Some("3.12"));
        assert_eq!(port_argument("gunicorn --bind=0.0.0.0:9000 x"), Some(9000));
        assert_eq!(version_of("localhost:5000/node", "node"), None);
    }
}
