//! Dockerfiles with the folder that they are built from.

use std::collections::BTreeSet;

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Sources, Span};
use crate::check::dockerfile::{Dockerfile, Instruction};
use crate::make::dockerignore::Patterns;
use crate::read::repository::{folder, join, name};

use super::compose::Service;
use super::{Ground, copies, is_test, word};

/// Nobody writes more by hand, and following each file through all of them would take long.
const MOST_INSTRUCTIONS: usize = 400;

/// The same of the words of one instruction.
const MOST_WORDS: usize = 2000;

/// The instruction at which a Dockerfile is too long.
fn too_long(docker: &Dockerfile) -> Option<&Instruction> {
    let long = |i: &&Instruction| i.arguments.split_whitespace().nth(MOST_WORDS).is_some();
    docker.instructions.get(MOST_INSTRUCTIONS).or_else(|| docker.instructions.iter().find(long))
}

/// A Dockerfile and its build context.
pub(super) struct Image {
    pub path: String,
    pub file: FileId,
    pub docker: Dockerfile,
    /// Relative to the repository; `""` is its root.
    pub context: String,
    /// Where a compose file says what the context is.
    pub ignore: Option<Ignore>,
    length: usize,
}

/// What is kept out of the context.
pub(super) struct Ignore {
    pub file: FileId,
    pub path: String,
    pub patterns: Patterns,
}

/// Every Dockerfile that can be read, with the context that a compose file names or that its own lines ask for.
pub(super) fn read(ground: &mut Ground<'_>, services: &[Service]) -> Vec<Image> {
    let mut images = Vec::new();
    for path in ground.repository.dockerfiles().into_iter().filter(|p| !is_test(p)) {
        let Some(file) = ground.text(&path) else { continue };
        let text = ground.sources.text(file);
        let directive = text
            .lines()
            .take_while(|l| l.starts_with('#'))
            .any(|l| l.trim_start_matches('#').trim_start().to_ascii_lowercase().starts_with("escape"));
        // a template is no Dockerfile yet, and another escape character is Windows'
        if directive || text.contains("{{") || text.contains("{%") || !text.contains(|c: char| !c.is_whitespace()) {
            continue;
        }
        let docker = Dockerfile::parse(text, file);
        let length = text.len();
        if docker.stages().next().is_none() {
            continue;
        }
        if let Some(longest) = too_long(&docker) {
            let found = Diagnostic::note("build-too-long", format!("`{path}` is too long to be followed"))
                .at(longest.span, "what it copies and builds was not looked at")
                .fix(format!("write at most {MOST_INSTRUCTIONS} instructions of {MOST_WORDS} words each"));
            ground.add(found, &[]);
            continue;
        }
        let declared: BTreeSet<&str> = services
            .iter()
            .filter_map(|s| s.build.as_ref())
            .filter(|b| b.dockerfile == path)
            .map(|b| b.context.as_str())
            .collect();
        let candidates: Vec<String> = if declared.is_empty() {
            candidates(ground, &path)
        } else {
            declared.into_iter().map(str::to_owned).collect()
        };
        let mut best: Option<(usize, Image)> = None;
        for context in candidates {
            let ignore = ignore(ground, &path, &context);
            let image = Image { path: path.clone(), file, docker: docker.clone(), context, ignore, length };
            let missing = copies::missing(ground, &image).len();
            if best.as_ref().is_none_or(|(least, _)| missing < *least) {
                best = Some((missing, image));
            }
            if missing == 0 {
                break;
            }
        }
        images.extend(best.map(|(_, image)| image));
    }
    images
}

/// Folders that the Dockerfile may be built from, the likeliest first. Beside sources it is its own folder or one
/// above; a Dockerfile among other files of deployment may be built from anywhere.
fn candidates(ground: &Ground<'_>, path: &str) -> Vec<String> {
    let own = folder(path);
    let mut all: Vec<String> = Vec::new();
    let mut at = own;
    loop {
        all.push(at.to_owned());
        if at.is_empty() {
            break;
        }
        at = folder(at);
    }
    let code = [
        "py", "js", "mjs", "cjs", "ts", "tsx", "go", "java", "kt", "rs", "rb", "php", "cs", "mod", "toml", "xml",
        "gradle",
    ];
    let sources = ground.repository.below(own).any(|p| {
        name(p) == "package.json"
            || name(p) == "requirements.txt"
            || name(p).rsplit_once('.').is_some_and(|(_, e)| code.contains(&e))
    });
    if !sources {
        let folders: BTreeSet<&str> = ground.repository.files().map(folder).collect();
        all.extend(folders.into_iter().map(str::to_owned));
    }
    all
}

/// `Dockerfile.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context.
fn ignore(ground: &mut Ground<'_>, dockerfile: &str, context: &str) -> Option<Ignore> {
    [format!("{dockerfile}.dockerignore"), join(context, ".dockerignore")].into_iter().find_map(|path| {
        let file = ground.text(&path)?;
        Some(Ignore { file, path, patterns: Patterns::read(ground.sources.text(file)) })
    })
}

impl Image {
    /// The last part of the context, else of the Dockerfile's folder: what people call it.
    pub(super) fn component(&self) -> &str {
        let context = name(&self.context);
        if context.is_empty() { name(folder(&self.path)) } else { context }
    }

    /// From the first byte of an instruction to the next one.
    pub(super) fn extent(&self, index: usize) -> Span {
        let at = |i: usize| self.docker.instructions.get(i).map(|i| i.span.start as usize);
        Span::new(self.file, at(index).unwrap_or(0), at(index + 1).unwrap_or(self.length))
    }

    /// The place of a word of an instruction, else its first line.
    pub(super) fn place(&self, sources: &Sources, index: usize, text: &str) -> Span {
        word(sources, self.extent(index), text).unwrap_or(self.docker.instructions[index].span)
    }

    /// The stage of that name or number, among those before `before`.
    pub(super) fn stage(&self, name: &str, before: usize) -> Option<usize> {
        let stages: Vec<&Instruction> = self.docker.stages().take(before).collect();
        let by_name = stages.iter().position(|s| s.stage_name().is_some_and(|n| n.eq_ignore_ascii_case(name)));
        by_name.or_else(|| name.parse().ok().filter(|n| *n < stages.len()))
    }

    /// The instructions that make the file system of a stage: those of the stages that it is based on, then its own.
    pub(super) fn chain(&self, stage: usize) -> Vec<usize> {
        let mut stages = vec![stage];
        while let Some(base) = self.docker.stages().nth(stages[stages.len() - 1]) {
            let here = stages[stages.len() - 1];
            match self.stage(base.image(), here).filter(|_| base.image().parse::<usize>().is_err()) {
                Some(below) => stages.push(below),
                None => break,
            }
        }
        let of = |stage: usize| {
            let all = self.docker.instructions.iter().enumerate();
            all.filter(move |(_, i)| i.stage == stage && i.keyword != "FROM").map(|(n, _)| n)
        };
        let first = self.docker.instructions.iter().position(|i| i.keyword == "FROM").unwrap_or(0);
        stages.into_iter().rev().flat_map(of).filter(|n| *n > first).collect()
    }

    /// Whether the context gives a file, all that keeps files out considered.
    pub(super) fn admits(&self, path: &str) -> bool {
        self.ignore.as_ref().is_none_or(|i| !i.patterns.excludes(path))
    }
}
