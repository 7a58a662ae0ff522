//! `build-python-metadata`: a package is built before the files that its `pyproject.toml` names are copied.

use crate::base::diag::{Diagnostic, Edit};
use crate::base::source::Span;
use crate::read::repository::{folder, join, name};

use super::copies::{self, Origin};
use super::images::Image;
use super::pyproject::Pyproject;
use super::{Ground, word};

pub(super) fn check(ground: &mut Ground<'_>, image: &Image) {
    for (index, instruction) in image.docker.instructions.iter().enumerate() {
        let Some(command) = (instruction.keyword == "RUN").then(|| builds(&instruction.arguments)).flatten() else {
            continue;
        };
        let stage = instruction.stage;
        let Some(here) = copies::folder_at(image, stage, index) else { continue };
        // a `cd` before the command moves it, and a mount brings what no line copies
        if instruction.arguments.contains("cd ") || instruction.arguments.contains("--mount=type=bind") {
            continue;
        }
        let at = |file: &str| format!("/{}", join(&here, file));
        let Origin::Context(project, copied) = copies::origin(ground, image, stage, index, &at("pyproject.toml"))
        else {
            continue;
        };
        let Some(file) = ground.text(&project) else { continue };
        let read = Pyproject::read(ground.sources.text(file));
        if !read.needs_files() {
            continue;
        }
        for (wanted, place) in [read.readme.clone(), read.license.clone()].into_iter().flatten() {
            let made = instruction.arguments.contains(name(&wanted));
            if made || copies::origin(ground, image, stage, index, &at(&wanted)) != Origin::Nowhere {
                continue;
            }
            let message = format!("`{}` will not build: `{command}` needs `{wanted}`", image.path);
            let run = word(ground.sources, image.extent(index), command).unwrap_or(instruction.span);
            let named = Span::new(file, place.start, place.end);
            let only = image.place(ground.sources, copied, "pyproject.toml");
            let mut found = Diagnostic::error("build-python-metadata", message)
                .at(run, format!("`{wanted}` is not in the image here"))
                .and(only, "`pyproject.toml` is copied, and not the file that it names")
                .and(named, "named here");
            found = match fixed(ground, image, copied, &project, &wanted) {
                Some(edits) => {
                    found.edits = edits;
                    found.fix(format!("copy `{wanted}` too"))
                }
                None if ground.repository.exists(&join(folder(&project), &wanted)) => {
                    found.fix(format!("copy `{wanted}` before this line"))
                }
                None => found.fix(format!("write `{wanted}`, or take its name out of `{project}`")),
            };
            ground.add(found, &[&image.path]);
        }
    }
}

/// The part of a shell line that builds the package in the working directory.
fn builds(line: &str) -> Option<&str> {
    line.split(['&', ';', '|']).map(str::trim).find(|part| {
        let mut words = part.split_whitespace().skip_while(|w| w.starts_with("--mount"));
        let first = words.next().unwrap_or_default();
        let first = first.rsplit('/').next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        let install = match first {
            "pip" | "pip3" => matches!(rest.first(), Some(&("install" | "wheel"))),
            "python" | "python3" => rest.starts_with(&["-m", "pip", "install"]),
            "uv" => rest.starts_with(&["pip", "install"]),
            _ => false,
        };
        install && rest.iter().any(|w| *w == "." || *w == "./" || w.starts_with(".[") || w.starts_with("\".["))
    })
}

/// The edits that copy the file beside `pyproject.toml`; nothing where that is not certain.
fn fixed(ground: &mut Ground<'_>, image: &Image, copied: usize, project: &str, wanted: &str) -> Option<Vec<Edit>> {
    let source = join(folder(project), wanted);
    let instruction = &image.docker.instructions[copied];
    let copy = copies::copy(instruction)?;
    let folder_like = copy.to == "." || copy.to.ends_with('/') || copy.sources.len() > 1;
    let written = copy.sources.iter().find(|s| name(s) == "pyproject.toml")?;
    if !ground.repository.has_file(&source)
        || !folder_like
        || wanted.contains('/')
        || instruction.arguments.contains('[')
    {
        return None;
    }
    let sibling = join(folder(written), wanted);
    let at = word(ground.sources, image.extent(copied), written)?;
    let mut edits = vec![Edit {
        span: Span::new(image.file, at.end as usize, at.end as usize),
        replacement: format!(" {sibling}"),
    }];
    let inside = join("", sibling.trim_start_matches('/'));
    if let Some(ignore) = image.ignore.as_ref().filter(|i| i.patterns.excludes(&inside)) {
        let text = ground.sources.text(ignore.file);
        let opening = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        edits.push(Edit {
            span: Span::new(ignore.file, text.len(), text.len()),
            replacement: format!("{opening}!{inside}\n"),
        });
    }
    Some(edits)
}
