//! What `COPY` and `ADD` bring from the build context, and where in the image a file comes from.

use crate::base::glob;
use crate::check::dockerfile::Instruction;
use crate::read::repository::{join, name};

use super::Ground;
use super::images::Image;

/// One `COPY` or `ADD`.
pub(super) struct Copy {
    /// The stage or image of `--from`.
    pub from: Option<String>,
    pub sources: Vec<String>,
    pub to: String,
}

/// Why a source is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nothing of that name.
    Absent,
    /// `..` leads out of the context.
    Outside,
    /// There, and kept out by the `.dockerignore`.
    Ignored,
}

/// The parts of the instruction; nothing for another instruction or one that cannot be read.
pub(super) fn copy(instruction: &Instruction) -> Option<Copy> {
    if !matches!(instruction.keyword.as_str(), "COPY" | "ADD") {
        return None;
    }
    let mut rest = instruction.arguments.trim();
    let mut from = None;
    while rest.starts_with("--") {
        let (flag, more) = rest.split_once(char::is_whitespace)?;
        if let Some(stage) = flag.strip_prefix("--from=") {
            from = Some(stage.trim_matches(['"', '\'']).to_owned());
        }
        rest = more.trim_start();
    }
    let mut words: Vec<String> = if rest.starts_with('[') {
        serde_json::from_str(rest).ok()?
    } else {
        rest.split_whitespace().map(|w| w.trim_matches(['"', '\'']).to_owned()).collect()
    };
    let to = words.pop().filter(|_| !words.is_empty())?;
    Some(Copy { from, sources: words, to })
}

/// Whether a source is something else than a path of the context that is known now.
fn is_unknown(source: &str) -> bool {
    source.starts_with("<<")
        || source.contains('$')
        || source.contains("://")
        || source.starts_with("git@")
        || source.contains(['*', '?', '[', '\\'])
}

/// Every source of the context that is certainly not given: instruction, source as written, path, why.
pub(super) fn missing(ground: &Ground<'_>, image: &Image) -> Vec<(usize, String, String, Missing)> {
    let mut all = Vec::new();
    for (index, instruction) in image.docker.instructions.iter().enumerate() {
        let Some(copy) = copy(instruction).filter(|c| c.from.is_none()) else { continue };
        for source in copy.sources.iter().filter(|s| !is_unknown(s)) {
            let inside = join("", source.trim_start_matches('/'));
            let climbs = inside.starts_with("..");
            let inside = inside.trim_start_matches("../").trim_start_matches("..").to_owned();
            let path = join(&image.context, &inside);
            let repository = &ground.repository;
            if inside.is_empty() {
                continue;
            }
            let why = if !repository.exists(&path) {
                // what a program makes first and Git does not take may well be there when the image is built
                if repository.is_ignored(&path) {
                    continue;
                }
                if climbs { Missing::Outside } else { Missing::Absent }
            } else if image.admits(&inside) || !repository.is_complete() {
                continue;
            } else if repository.has_file(&path) {
                Missing::Ignored
            } else if repository.has_folder(&path) {
                let start = if image.context.is_empty() { 0 } else { image.context.len() + 1 };
                if repository.below(&path).any(|p| image.admits(&p[start..])) {
                    continue;
                }
                Missing::Ignored
            } else {
                continue;
            };
            all.push((index, source.clone(), path, why));
        }
    }
    all
}

/// What is known of a path in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Copied from this path of the context, by that instruction.
    Context(String, usize),
    /// Nothing brings it.
    Nowhere,
    /// Something may: another stage, a command.
    Unknown,
}

/// Where the working directory of a stage stands before an instruction; nothing when a variable decides.
pub(super) fn folder_at(image: &Image, stage: usize, before: usize) -> Option<String> {
    let mut at = String::from("/");
    for index in image.chain(stage).into_iter().filter(|i| *i < before) {
        let instruction = &image.docker.instructions[index];
        if instruction.keyword == "WORKDIR" {
            let to = instruction.arguments.trim_matches(['"', '\'']);
            if to.contains('$') {
                return None;
            }
            at = if to.starts_with('/') { to.to_owned() } else { format!("{at}/{to}") };
        }
    }
    Some(format!("/{}", join("", &at)))
}

/// Where `target`, an absolute path in a stage, comes from before the instruction `before`.
pub(super) fn origin(ground: &Ground<'_>, image: &Image, stage: usize, before: usize, target: &str) -> Origin {
    let mut known = Origin::Nowhere;
    for index in image.chain(stage).into_iter().filter(|i| *i < before) {
        let instruction = &image.docker.instructions[index];
        if instruction.keyword == "RUN" {
            let text = &instruction.arguments;
            let mounted = text.contains("--mount=type=bind") && !text.contains("source=");
            let fetched =
                ["git clone", "tar ", "unzip", "cp ", "mv ", "curl ", "wget "].iter().any(|w| text.contains(w));
            if text.contains(name(target)) || mounted || fetched {
                known = Origin::Unknown;
            }
            continue;
        }
        let Some(copy) = copy(instruction) else { continue };
        let Some(here) = folder_at(image, stage, index) else { return Origin::Unknown };
        if copy.to.contains('$') {
            known = Origin::Unknown;
            continue;
        }
        let to = if copy.to.starts_with('/') { copy.to.clone() } else { format!("{here}/{}", copy.to) };
        let to = format!("/{}", join("", &to));
        let Some(rest) = target.strip_prefix(to.as_str()).filter(|r| to == "/" || r.is_empty() || r.starts_with('/'))
        else {
            continue;
        };
        let rest = rest.trim_start_matches('/');
        if copy.from.is_some()
            || copy.sources.iter().any(|s| s.starts_with("<<") || s.contains('$') || s.contains("://"))
        {
            known = Origin::Unknown;
            continue;
        }
        for source in &copy.sources {
            if let Some(path) = brings(ground, image, source, rest) {
                known = Origin::Context(path, index);
            }
        }
    }
    known
}

/// The path of the context that a source puts at `rest` below the destination; `rest` is empty for the destination
/// itself.
fn brings(ground: &Ground<'_>, image: &Image, source: &str, rest: &str) -> Option<String> {
    let inside = join("", source.trim_start_matches('/'));
    if inside.contains(['*', '?', '[', '\\']) {
        let (folder, pattern) = inside.rsplit_once('/').unwrap_or(("", &inside));
        if folder.contains(['*', '?', '[', '\\']) {
            return None;
        }
        let below = join(folder, rest);
        let path = join(&image.context, &below);
        let first = rest.split('/').next().unwrap_or_default();
        let hit = glob::matches(pattern, first);
        return (hit && ground.repository.exists(&path) && image.admits(&below)).then_some(path);
    }
    let path = join(&image.context, &inside);
    let below = if ground.repository.has_folder(&path) || inside.is_empty() {
        join(&inside, rest)
    } else if rest.is_empty() || rest == name(&inside) {
        inside
    } else {
        return None;
    };
    let path = join(&image.context, &below);
    (ground.repository.exists(&path) && image.admits(&below)).then_some(path)
}
