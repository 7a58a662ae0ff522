//! All documents of a repository, read once for every command.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::diag::Diagnostic;
use crate::base::fs::{self, FileError};
use crate::base::source::{FileId, Sources, Span};
use crate::model::workspace::{Block, Documents, Feature, Task, TaskKind};

use super::layout::{self, FoundFeature};
use super::markdown::{self, Kind, Markdown};
use super::{constitution, requirements, tasks, yaml};

/// Reads every document below `root`. What cannot be read is reported, and the rest is read all the same.
pub fn documents(root: &Path, sources: &mut Sources) -> (Documents, Vec<Diagnostic>) {
    let found = layout::find(root);
    let mut reader = Reader { root, sources, out: Vec::new() };
    if found.features.is_empty() && found.constitution.is_none() {
        reader.out.push(
            Diagnostic::error("documents-missing", "there are no documents here")
                .saying("looked for `constitution.md`, `specs/NAME.md` and `tasks/NAME.md`, and for `specs/NAME/spec.md` at any depth")
                .fix("write `specs/NAME.md` with a typed block (```yaml bowline), or run in the repository that has one"),
        );
    }
    let governing = found.constitution.and_then(|path| reader.file(&path));
    let documents = Documents {
        constitution: governing.map(|(file, doc)| constitution::read(file, &doc)),
        not_read: found.others,
        folders: found.folders,
        features: found.features.into_iter().map(|f| reader.feature(f)).collect(),
    };
    (documents, reader.out)
}

struct Reader<'a> {
    root: &'a Path,
    sources: &'a mut Sources,
    out: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn file(&mut self, path: &str) -> Option<(FileId, Markdown)> {
        let text = match fs::inside(self.root, path).and_then(|p| fs::read(&p)) {
            Ok(text) => text,
            Err(error) => {
                self.out.push(unreadable(self.root, path, &error));
                return None;
            }
        };
        let doc = markdown::parse(&text);
        let file = self.sources.add(path, text);
        for unclosed in &doc.unclosed {
            let span = Span::new(file, unclosed.range.start, unclosed.range.end);
            let (what, how) = match unclosed.what {
                "fence" => ("code fence", "repeat its opening marks on a line of their own where it ends"),
                _ => ("comment", "add `-->` where it ends"),
            };
            self.out.push(
                Diagnostic::error("fence-unclosed", format!("this {what} is never closed"))
                    .at(span, "opened here")
                    .saying("everything below it is taken for a part of it and not read")
                    .fix(how),
            );
        }
        Some((file, doc))
    }

    fn feature(&mut self, found: FoundFeature) -> Feature {
        let mut feature = Feature::new(found.id, found.layout);
        if let Some((file, doc)) = found.spec.and_then(|p| self.file(&p)) {
            feature.spec = Some(file);
            self.spec(&mut feature, file, &doc);
        }
        feature.plan = found.plan.and_then(|p| self.file(&p)).map(|(file, _)| file);
        if let Some((file, doc)) = found.tasks.and_then(|p| self.file(&p)) {
            feature.tasks_file = Some(file);
            let reading = tasks::reading(file, &feature.id, &doc);
            self.check_paths(&reading.tasks);
            feature.tasks = reading.tasks;
            feature.unread.extend(reading.unread);
            feature.asides = reading.asides;
            feature.paths_base = reading.paths_base;
        }
        feature
    }

    fn spec(&mut self, feature: &mut Feature, file: FileId, doc: &Markdown) {
        if let Some(title) = title(doc) {
            feature.title = title;
        }
        let (found, unread) = requirements::read(file, &feature.id, doc);
        feature.unread.extend(unread);
        for requirement in found {
            if let Some(first) = feature.requirements.iter().find(|r| r.id == requirement.id) {
                self.out.push(
                    Diagnostic::warning("requirement-duplicate", format!("`{}` is defined twice", requirement.id.id))
                        .at(requirement.span, "again here; not read")
                        .and(first.span, "first here")
                        .fix("give the second one a number of its own"),
                );
            } else {
                feature.requirements.push(requirement);
            }
        }
        for block in &doc.blocks {
            let Kind::Fence(fence) = &block.kind else { continue };
            let span = Span::new(file, block.range.start, block.range.end);
            let opening = Span::new(file, block.range.start, block.range.start);
            if doc.unclosed.iter().any(|u| u.range.start == block.range.start) || !fence.is_typed() {
                continue;
            }
            match yaml::parse(&yaml::Piece { file, text: &fence.content, runs: fence.runs.clone() }) {
                Ok(node) => feature.blocks.push(Block { span, node }),
                Err(mut diagnostic) => {
                    // an empty block has no byte of its own to point at
                    if let Some(label) = diagnostic.primary.as_mut().filter(|_| fence.runs.is_empty()) {
                        label.span = opening;
                    }
                    self.out.push(diagnostic);
                }
            }
        }
    }

    /// Tasks that make or change files outside of the repository are refused: one finding for each reason in a file,
    /// since a document written on another machine has a hundred such paths.
    fn check_paths(&mut self, tasks: &[Task]) {
        let mut found: BTreeMap<&str, Vec<(&Task, &str, Span)>> = BTreeMap::new();
        let makes = |t: &&Task| matches!(t.kind, TaskKind::Produces | TaskKind::Edits | TaskKind::Removes);
        for task in tasks.iter().filter(makes) {
            for (path, span) in &task.paths {
                if let Err(FileError::Outside(_)) = fs::inside(self.root, path) {
                    let why = if path.starts_with('/') {
                        "an absolute path"
                    } else if path.split('/').any(|p| p == "..") {
                        "`..` climbs out of the repository"
                    } else {
                        "a symbolic link on the way leads out of the repository"
                    };
                    found.entry(why).or_default().push((task, path, *span));
                }
            }
        }
        for (why, places) in found {
            let (task, path, span) = places[0];
            let message = format!("`{}` names `{path}`, which leaves the repository", task.id.id);
            let mut finding = Diagnostic::error("path-outside", message).at(span, why);
            let mut others: Vec<&str> = places[1..].iter().map(|(t, _, _)| t.id.id.as_str()).collect();
            others.dedup();
            others.retain(|id| *id != task.id.id);
            finding = match others[..] {
                [] => finding,
                [one] => finding.saying(format!("so does `{one}`")),
                [one, .., last] => finding.saying(format!("so do {} other tasks, `{one}` to `{last}`", others.len())),
            };
            self.out
                .push(finding.fix("name a path inside the repository, relative to its root").task(task.id.to_string()));
        }
    }
}

fn unreadable(root: &Path, path: &str, error: &FileError) -> Diagnostic {
    match error {
        FileError::NotUtf8(_) => {
            let bytes = std::fs::read(root.join(path)).unwrap_or_default();
            let good = std::str::from_utf8(&bytes).err().map_or(0, |e| e.valid_up_to());
            let line = bytes[..good].split(|b| *b == b'\n').count();
            Diagnostic::error("file-not-utf8", format!("`{path}` is not UTF-8, so it is not read"))
                .saying(format!("the first byte that is not UTF-8 stands in line {line}"))
                .fix("save the file as UTF-8")
        }
        FileError::Outside(_) => Diagnostic::error(
            "path-outside",
            format!("`{path}` is a link that leaves the repository, so it is not read"),
        )
        .fix("put the file itself there"),
        FileError::Changed(_) => Diagnostic::error("file-unreadable", error.to_string()).fix("run it again"),
        FileError::Io { source, .. } => {
            Diagnostic::error("file-unreadable", format!("`{path}` cannot be read: {source}"))
                .fix("check that it is a file and that you may read it")
        }
    }
}

/// The first heading, without spec-kit's opening words.
fn title(doc: &Markdown) -> Option<String> {
    let heading = doc.blocks.iter().find(|b| matches!(b.kind, Kind::Heading(1)))?;
    let title = super::prose::plain(&doc.masked[heading.head.clone()]);
    let words = ["Feature Specification:", "Specification:", "Spec:"];
    Some(words.iter().find_map(|w| title.strip_prefix(w)).unwrap_or(&title).trim().to_owned())
}
