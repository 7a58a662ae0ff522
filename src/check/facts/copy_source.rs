//! `build-copy-source`, `build-stage-unknown`: what a Dockerfile copies and nothing gives.

use crate::base::diag::{Diagnostic, Edit};
use crate::base::source::Span;
use crate::base::suggest::nearest;
use crate::read::repository::{folder, name};

use super::Ground;
use super::copies::{self, Missing};
use super::images::Image;

pub(super) fn check(ground: &mut Ground<'_>, image: &Image) {
    stages(ground, image);
    for (index, source, path, why) in copies::missing(ground, image) {
        let at = image.place(ground.sources, index, &source);
        let inside = path.strip_prefix(&image.context).unwrap_or(&path).trim_start_matches('/');
        let context =
            if image.context.is_empty() { "the repository's root".to_owned() } else { format!("`{}/`", image.context) };
        let message = format!("`{}` will not build: `{source}` is not in the build context", image.path);
        let mut found = Diagnostic::error("build-copy-source", message);
        match why {
            Missing::Ignored => {
                let Some(ignore) = &image.ignore else { continue };
                let line = hiding(ground, ignore.file, inside);
                let end = ground.sources.text(ignore.file).len();
                let opening = if ground.sources.text(ignore.file).ends_with('\n') || end == 0 { "" } else { "\n" };
                found = found
                    .at(at, "kept out of the build context")
                    .and(line, "this line keeps it out")
                    .fix(format!("let it in: add `!{inside}` to `{}`", ignore.path));
                found.edits.push(Edit {
                    span: Span::new(ignore.file, end, end),
                    replacement: format!("{opening}!{inside}\n"),
                });
            }
            Missing::Outside => {
                found = found
                    .at(at, "`..` does not lead out of the build context")
                    .saying(format!("the context is {context}"))
                    .fix("build with a folder further up as the context, and write paths from there");
            }
            Missing::Absent => {
                let there: Vec<&str> = ground.repository.below(folder(&path)).map(name).collect();
                let near = nearest(name(&path), there, 1).first().map(|n| format!("; did you mean `{n}`"));
                let fix = match name(&path) {
                    lock @ ("package-lock.json" | "yarn.lock" | "pnpm-lock.yaml" | "uv.lock" | "poetry.lock") => {
                        format!("commit `{lock}`, or leave it out of this line")
                    }
                    _ => format!("correct the path, or add `{path}`"),
                };
                found = found
                    .at(at, "nothing of that name is there")
                    .saying(format!("the build context is {context}"))
                    .fix(format!("{fix}{}", near.unwrap_or_default()));
            }
        }
        ground.add(found, &[&image.path]);
    }
}

/// The last line of the ignore file that keeps the path out.
fn hiding(ground: &Ground<'_>, file: crate::base::source::FileId, path: &str) -> Option<Span> {
    let text = ground.sources.text(file);
    let hides = |line: &str| crate::make::dockerignore::Patterns::read(line).excludes(path);
    let number = text.lines().enumerate().filter(|(_, l)| hides(l)).map(|(n, _)| n + 1).last()?;
    ground.sources.line_span(file, number)
}

/// `--from` of a stage that does not exist.
fn stages(ground: &mut Ground<'_>, image: &Image) {
    for (index, instruction) in image.docker.instructions.iter().enumerate() {
        let Some(from) = copies::copy(instruction).and_then(|c| c.from) else { continue };
        if from.contains('$') || image.stage(&from, instruction.stage).is_some() {
            continue;
        }
        let names: Vec<&str> = image.docker.stages().take(instruction.stage).filter_map(|s| s.stage_name()).collect();
        let number = from.bytes().all(|b| b.is_ascii_digit());
        // a name that is no stage is an image; one letter away from a stage it was meant to be that
        let lower = from.to_lowercase();
        let plain = !from.contains(['/', ':', '.']);
        let near = nearest(&lower, names.iter().copied().filter(|_| plain), 1);
        let near = near.first().filter(|n| !n.contains(lower.as_str()) && from.len() > 3).copied();
        if !number && near.is_none() {
            continue;
        }
        let at = image.place(ground.sources, index, &format!("--from={from}"));
        let message = format!("`{}` will not build: there is no stage `{from}` before this line", image.path);
        let mut found = Diagnostic::error("build-stage-unknown", message).at(at, "no stage of that name or number");
        if let Some(near) = near {
            let start = at.end as usize - from.len();
            found = found.fix(format!("write `--from={near}`"));
            found
                .edits
                .push(Edit { span: Span::new(image.file, start, at.end as usize), replacement: near.to_owned() });
        } else {
            found = found.fix("name a stage that stands above this one; give it a name with `FROM … AS name`");
        }
        ground.add(found, &[&image.path]);
    }
}
