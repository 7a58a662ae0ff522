//! All documents of a repository, read once for every command.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::base::fs::{self, FileError, Inside};
use crate::base::source::{FileId, SourceFile, Sources, Span};
use crate::model::features::Features;
use crate::model::workspace::{
    Block, Constitution, Delta, Documents, Feature, Layout, PassedOver, Requirement, Task, TaskKind,
};

use super::layout::{self, FoundFeature};
use super::markdown::{self, Kind, Markdown};
use super::{constitution, deltas, links, notes, order, requirements, tasks, yaml};

/// Reads every document below `root`. What cannot be read is reported, and the rest is read all the same.
pub fn documents(root: &Path, sources: &mut Sources) -> (Documents, Vec<Diagnostic>) {
    let found = layout::find(root);
    let mut out = Vec::new();
    if found.features.is_empty() && found.constitution.is_empty() {
        out.push(
            Diagnostic::error("documents-missing", "there are no documents here")
                .saying("looked for `specs/NAME/spec.md` and `tasks.md` at any depth, `.kiro/specs`, `openspec`,")
                .saying("`specs/NAME.md`, `tasks/NAME.md` and `constitution.md`")
                .fix("run in the repository that has them, or begin with `bowline init`"),
        );
    }
    let paths: Vec<&str> =
        found.constitution.iter().map(String::as_str).chain(found.features.iter().flat_map(files_of)).collect();
    let files = open(root, &paths, sources);
    let (of_constitution, mut rest) = files.split_at(found.constitution.len());
    let mut reader = Reader { root, sources, files: of_constitution.iter(), out };
    let constitution = reader.constitution(&found.constitution);
    let mut out = reader.out;
    let parts: Vec<(&FoundFeature, &[File])> = found
        .features
        .iter()
        .map(|feature| {
            let (own, others) = rest.split_at(files_of(feature).count());
            rest = others;
            (feature, own)
        })
        .collect();
    let shared: &Sources = sources;
    let read: Vec<_> = parts
        .into_par_iter()
        .map(|(found, files)| {
            let mut reader = Reader { root, sources: shared, files: files.iter(), out: Vec::new() };
            let (feature, prose) = reader.feature(found);
            (feature, prose, reader.out)
        })
        .collect();
    let mut documents = Documents {
        constitution,
        not_read: found.others,
        passed_over: found.passed_over,
        folders: found.folders,
        existing: Vec::new(),
        features: Features::default(),
    };
    for (feature, prose, found) in read {
        out.extend(found);
        if prose {
            documents.passed_over.extend(passed_over(&feature, sources));
        } else {
            documents.features.push(feature);
        }
    }
    documents.passed_over.sort_by(|a, b| a.path.cmp(&b.path));
    out.extend(deltas::apply(&mut documents.features, sources));
    (documents, out)
}

/// A file that was opened, or why it could not be.
type File = Result<FileId, FileError>;

/// The files of a feature, in the order in which they are read.
fn files_of(feature: &FoundFeature) -> impl Iterator<Item = &str> {
    let all = feature.spec.iter().chain(&feature.deltas).chain(&feature.plan).chain(&feature.tasks);
    all.map(String::as_str)
}

/// Reads the texts side by side, and adds them in their order.
fn open(root: &Path, paths: &[&str], sources: &mut Sources) -> Vec<File> {
    let text = |inside: &mut Inside<'_>, path: &&str| {
        if inside.refuses(path) {
            return Err(FileError::Outside((*path).to_owned()));
        }
        Ok(SourceFile::new(*path, fs::read(&root.join(path))?))
    };
    let texts: Vec<_> = paths.par_iter().map_init(|| Inside::new(root), text).collect();
    texts.into_iter().map(|text| text.map(|t| sources.add_file(t))).collect()
}

struct Reader<'a> {
    root: &'a Path,
    sources: &'a Sources,
    /// Those that are still to be read.
    files: std::slice::Iter<'a, File>,
    out: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Takes the next file, which has that path, apart.
    fn file(&mut self, path: &str) -> Option<(FileId, Markdown)> {
        let file = match self.files.next()? {
            Ok(file) => *file,
            Err(error) => {
                self.out.push(unreadable(self.root, path, error));
                return None;
            }
        };
        let doc = markdown::parse(self.sources.text(file));
        self.out.extend(notes::empty(path, file, &doc));
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

    /// The constitution that governs, with what is wrong with it.
    fn constitution(&mut self, paths: &[String]) -> Option<Constitution> {
        let files: Vec<_> = paths.iter().filter_map(|path| self.file(path)).collect();
        let constitution = constitution::read(&files)?;
        let [(_, doc)] = &files[..] else { return Some(constitution) };
        self.out.extend(notes::constitution(&paths[0], &constitution, doc));
        Some(constitution)
    }

    /// Reads a feature, and tells whether nothing was read of it.
    fn feature(&mut self, found: &FoundFeature) -> (Feature, bool) {
        let mut feature = Feature::new(found.id.clone(), found.layout);
        let mut typed = false;
        if let Some((file, doc)) = found.spec.as_deref().and_then(|p| self.spec_file(p)) {
            feature.spec = Some(file);
            typed = doc.blocks.iter().any(|b| matches!(&b.kind, Kind::Fence(f) if f.is_typed()));
            self.spec(&mut feature, file, &doc);
        }
        for (file, doc) in found.deltas.iter().filter_map(|p| self.spec_file(p)).collect::<Vec<_>>() {
            feature.deltas.push(file);
            self.spec(&mut feature, file, &doc);
        }
        if let Some(path) = &found.plan
            && let Some((file, doc)) = self.file(path)
        {
            feature.plan = Some(file);
            self.out.extend(notes::questions(path, file, &doc));
        }
        if let Some((file, doc)) = found.tasks.as_deref().and_then(|p| self.file(p)) {
            feature.tasks_file = Some(file);
            let reading = tasks::reading(file, &feature.id, &doc);
            self.check_paths(&reading.tasks);
            let (statements, unread) = order::read(file, &doc, &reading.tasks);
            feature.statements = statements;
            feature.tasks = reading.tasks.into_iter().map(Arc::new).collect();
            feature.unread.extend(reading.unread);
            feature.unread.extend(unread);
            feature.asides = reading.asides;
            feature.paths_base = reading.paths_base;
        }
        links::resolve(&mut feature, self.sources);
        let nothing = feature.requirements.is_empty() && feature.tasks.is_empty() && feature.unread.is_empty();
        let prose = feature.layout == Layout::Flat && nothing && !typed;
        (feature, prose)
    }

    fn spec_file(&mut self, path: &str) -> Option<(FileId, Markdown)> {
        let (file, doc) = self.file(path)?;
        self.out.extend(notes::questions(path, file, &doc));
        self.out.extend(notes::places(path, file, &doc));
        Some((file, doc))
    }

    fn spec(&mut self, feature: &mut Feature, file: FileId, doc: &Markdown) {
        if let Some(title) = title(doc) {
            feature.title = title;
        }
        let (found, unread) = requirements::read(file, &feature.id, feature.layout, doc);
        feature.unread.extend(unread);
        self.requirements(feature, found);
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

    /// Takes each id once.
    fn requirements(&mut self, feature: &mut Feature, found: Vec<Requirement>) {
        let mut first: BTreeMap<String, usize> =
            feature.requirements.iter().enumerate().map(|(i, r)| (r.id.id.clone(), i)).collect();
        for requirement in found {
            let Some(before) = first.get(&requirement.id.id).map(|i| &mut feature.requirements[*i]) else {
                first.insert(requirement.id.id.clone(), feature.requirements.len());
                feature.requirements.push(requirement);
                continue;
            };
            if matches!(before.delta, Some(Delta::Renamed(_))) && requirement.delta == Some(Delta::Modified) {
                // renamed and changed at once: the words are the new ones
                (before.text, before.span) = (requirement.text, requirement.span);
                continue;
            }
            self.out.push(
                Diagnostic::warning("requirement-duplicate", format!("`{}` is defined twice", requirement.id.id))
                    .at(requirement.span, "again here; not read")
                    .and(before.span, "first here")
                    .fix("give the second one a number of its own"),
            );
        }
    }

    /// Tasks that make or change files outside of the repository are refused: one finding for each reason in a file,
    /// since a document written on another machine has a hundred such paths.
    fn check_paths(&mut self, tasks: &[Task]) {
        let mut found: BTreeMap<&str, Vec<(&Task, &str, Span)>> = BTreeMap::new();
        let makes = |t: &&Task| matches!(t.kind, TaskKind::Produces | TaskKind::Edits | TaskKind::Removes);
        let mut inside = Inside::new(self.root);
        for task in tasks.iter().filter(makes) {
            for (path, span) in &task.paths {
                if inside.refuses(path) {
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

/// Any Markdown may lie in `specs/`: what is no feature after all is listed.
fn passed_over(feature: &Feature, sources: &Sources) -> Vec<PassedOver> {
    let files = [feature.spec, feature.plan, feature.tasks_file].into_iter().flatten();
    let reason = "nothing in it is a requirement, a task or a typed block";
    files.map(|f| PassedOver { path: sources.path(f).to_owned(), reason: reason.to_owned() }).collect()
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
        FileError::Outside(_) if root.join(path).metadata().is_err() => {
            Diagnostic::error("file-unreadable", format!("`{path}` is a link that leads nowhere, so it is not read"))
                .fix("put the file itself there, or take the link away")
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
