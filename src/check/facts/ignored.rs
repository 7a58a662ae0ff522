//! `artifact-ignored-by-git`: a generated file that no commit would hold.

use crate::base::diag::Diagnostic;
use crate::base::source::Span;

use crate::check::findings::Findings;
use crate::check::view::View;

pub(in crate::check) fn check(view: &View<'_>, out: &mut Findings) {
    for file in &view.files {
        if view.input.facts.ignored_by_git.contains(&file.artifact.path) {
            let message = format!("Git ignores `{}`", file.artifact.path);
            let found = Diagnostic::error("artifact-ignored-by-git", message)
                .at(Span::new(file.id, 0, 0), "never committed")
                .fix("take its folder out of `.gitignore`");
            out.file(file, found);
        }
    }
}
