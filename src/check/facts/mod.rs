//! Facts: what will not build, load or run, whatever the constitution says and whoever wrote the file.
//! A fact is reported only when it is certain; what a reader would have to guess is left alone.

mod chart;
mod claims;
mod code;
mod compose;
mod copies;
mod copy_source;
mod egress;
mod given;
mod gotemplate;
mod helmignore;
mod ignored;
mod images;
mod node;
mod objects;
mod pyproject;
mod python;
mod secret_names;
mod secrets;
mod standalone;
mod variables;

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Sources, Span};
use crate::model::workspace::Documents;
use crate::read::repository::{Repository, is_compose, is_dockerfile, name};

pub(in crate::check) use ignored::check;

/// What the checks look at, and where they put what they find.
pub(super) struct Ground<'a> {
    pub repository: &'a mut Repository,
    pub sources: &'a mut Sources,
    found: Vec<Found>,
}

/// A finding and the files that it is about, by which a ticked task is found that claims the opposite.
struct Found {
    diagnostic: Diagnostic,
    about: Vec<String>,
    /// The variables that it is about.
    variables: Vec<String>,
}

impl Ground<'_> {
    /// A finding about these files and folders.
    pub(super) fn add(&mut self, diagnostic: Diagnostic, about: &[&str]) {
        self.add_of(&[], diagnostic, about);
    }

    /// A finding about these variables in these files.
    pub(super) fn add_of(&mut self, variables: &[&str], diagnostic: Diagnostic, about: &[&str]) {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        self.found.push(Found { diagnostic, about: owned(about), variables: owned(variables) });
    }

    /// The text of a file, as a part of the sources.
    pub(super) fn text(&mut self, path: &str) -> Option<FileId> {
        self.repository.text(path, self.sources)
    }
}

/// Checks everything in the repository that is neither document nor code. The same repository gives the same
/// findings in the same order.
pub fn repository(repository: &mut Repository, documents: &Documents, sources: &mut Sources) -> Vec<Diagnostic> {
    let mut ground = Ground { repository, sources, found: Vec::new() };
    let compose = compose::read(&mut ground);
    let images = images::read(&mut ground, &compose);
    for image in &images {
        copy_source::check(&mut ground, image);
        python::check(&mut ground, image);
        node::check(&mut ground, image);
        standalone::check(&mut ground, image);
    }
    let charts = chart::read(&mut ground);
    let objects = objects::read(&mut ground, &charts);
    let components = code::read(&mut ground, &images);
    let deployments = given::read(&mut ground, &components, &images, &compose, &charts, &objects);
    secrets::check(&mut ground, &charts, &objects, &compose);
    secrets::code(&mut ground, &components, &deployments);
    variables::check(&mut ground, &components, &images, &deployments);
    egress::check(&mut ground, &components, &charts, &objects, &deployments);
    let found = std::mem::take(&mut ground.found);
    claims::contradict(found, documents)
}

/// Whether there is anything that facts can be about: an image, a chart, a compose file.
pub fn has_subject(repository: &Repository) -> bool {
    repository.files().any(|p| {
        let name = name(p);
        is_dockerfile(name) || is_compose(name) || name == "Chart.yaml"
    })
}

/// Whether a path is of tests or of examples of what is wrong: what lies there may be broken on purpose.
fn is_test(path: &str) -> bool {
    let parts = ["test", "tests", "__tests__", "testdata", "fixtures", "e2e", "spec", "mocks", "__mocks__"];
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(|p| parts.contains(&p)))
}

/// The place of a word in a piece of a file, where it stands by itself.
fn word(sources: &Sources, within: Span, word: &str) -> Option<Span> {
    let text = sources.slice(within);
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let alone = |at: &usize| !text[..*at].ends_with(part) && !text[*at + word.len()..].starts_with(part);
    let at = text.match_indices(word).map(|(at, _)| at).find(alone).or_else(|| text.find(word))?;
    let start = within.start as usize + at;
    Some(Span::new(within.file, start, start + word.len()))
}
