//! `build-next-standalone`: the folder that Next.js makes only when it is asked to.

use crate::base::diag::{Diagnostic, Edit};
use crate::base::source::Span;
use crate::read::repository::join;

use super::Ground;
use super::copies::{self, Origin};
use super::images::Image;

const CONFIGS: &[&str] = &["next.config.ts", "next.config.mjs", "next.config.js", "next.config.cjs", "next.config.mts"];

pub(super) fn check(ground: &mut Ground<'_>, image: &Image) {
    let Some(folder) = app(ground, image) else { return };
    public(ground, image, &folder);
    let config = CONFIGS.iter().map(|c| join(&folder, c)).find_map(|p| Some((ground.text(&p)?, p)));
    let asked =
        config.as_ref().is_some_and(|(file, _)| without_comments(ground.sources.text(*file)).contains("standalone"));
    let copied = image.docker.instructions.iter().enumerate().find_map(|(index, i)| {
        let copy = copies::copy(i).filter(|c| c.from.is_some())?;
        copy.sources.into_iter().find(|s| s.contains(".next/standalone")).map(|s| (index, s))
    });
    match copied {
        Some((index, source)) if !asked => {
            let at = image.place(ground.sources, index, &source);
            let message = format!("`{}` will not build: Next.js makes no `.next/standalone` here", image.path);
            let mut found = Diagnostic::error("build-next-standalone", message)
                .at(at, "made only when the configuration asks for it");
            let fix = "output: \"standalone\"";
            found = match &config {
                None => found.fix(format!("write `{}` with `{fix}`", join(&folder, "next.config.mjs"))),
                Some((file, path)) => {
                    let open = object(ground.sources.text(*file));
                    let place = open.map(|at| ground.sources.position(Span::new(*file, at, at)).line);
                    let place = place.and_then(|l| ground.sources.line_span(*file, l));
                    if let Some(at) = open {
                        found.edits.push(Edit { span: Span::new(*file, at, at), replacement: format!("\n  {fix},") });
                    }
                    found
                        .and(place.or(Some(Span::new(*file, 0, 0))), "does not ask for it")
                        .fix(format!("add `{fix}` to `{path}`"))
                }
            };
            ground.add(found, &[&image.path]);
        }
        None => server(ground, image, &folder),
        Some(_) => {}
    }
}

/// The folder of the Next.js app that the Dockerfile builds.
fn app(ground: &Ground<'_>, image: &Image) -> Option<String> {
    let package = ground.repository.contents(&join(&image.context, "package.json"))?;
    let json: serde_json::Value = serde_json::from_str(&package).ok()?;
    let next = ["dependencies", "devDependencies"].iter().any(|t| json.get(t).is_some_and(|t| t.get("next").is_some()));
    next.then(|| image.context.clone())
}

/// `COPY --from=build /app/public` of an app that has no such folder: Next.js does not make one.
fn public(ground: &mut Ground<'_>, image: &Image, folder: &str) {
    let path = join(folder, "public");
    if ground.repository.exists(&path) || ground.repository.is_ignored(&path) {
        return;
    }
    // a program of the build may write into it
    let files = CONFIGS.iter().copied().chain(["package.json"]).map(|f| join(folder, f));
    let told = files
        .filter_map(|f| ground.repository.contents(&f))
        .any(|t| ["public", "next-sitemap", "pwa", "serwist"].iter().any(|w| t.contains(w)));
    let made = |index: usize| {
        let line = &image.docker.instructions[index];
        line.keyword == "RUN" && line.arguments.contains("public")
    };
    if told || (0..image.docker.instructions.len()).any(made) {
        return;
    }
    for (index, instruction) in image.docker.instructions.iter().enumerate() {
        let Some(copy) = copies::copy(instruction) else { continue };
        let Some(stage) = copy.from.as_deref().and_then(|f| image.stage(f, instruction.stage)) else { continue };
        let Some(here) = copies::folder_at(image, stage, index) else { continue };
        let wanted = format!("/{}", join(&here, "public"));
        let Some(source) = copy.sources.iter().find(|s| s.trim_end_matches('/') == wanted) else { continue };
        // the stage must hold the app, and nothing else be copied over it
        let whole = format!("/{}", join(&here, "package.json"));
        let app = copies::origin(ground, image, stage, index, &whole);
        if !matches!(app, Origin::Context(from, _) if from == join(folder, "package.json"))
            || copies::origin(ground, image, stage, index, &wanted) != Origin::Nowhere
        {
            continue;
        }
        let message = format!("`{}` will not build: the app has no `public` folder", image.path);
        let found = Diagnostic::error("build-copy-source", message)
            .at(image.place(ground.sources, index, source), "nothing makes this folder")
            .fix(format!("remove the line, or add a file such as `{path}/.gitkeep`"));
        ground.add(found, &[&image.path]);
    }
}

/// `node server.js` where nothing brings a `server.js`.
fn server(ground: &mut Ground<'_>, image: &Image, folder: &str) {
    let Some(command) = image.docker.last("CMD").or_else(|| image.docker.last("ENTRYPOINT")) else { return };
    let words: Vec<&str> = command
        .arguments
        .split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '/'))
        .filter(|w| !w.is_empty())
        .collect();
    if words != ["node", "server.js"] && words != ["node", "./server.js"] {
        return;
    }
    let wrote = image.docker.instructions.iter().any(|i| {
        i.arguments.contains("standalone")
            || (i.keyword == "RUN" && i.arguments.contains("server.js"))
            || (i.keyword == "COPY" && i.arguments.contains("server"))
    });
    let made = ground.repository.below(folder).any(|p| p.ends_with("server.js") || p.ends_with("server.ts"));
    if wrote || made {
        return;
    }
    let message = format!("`{}` will not start: nothing brings a `server.js` into the image", image.path);
    let found = Diagnostic::error("build-next-standalone", message)
        .at(command.span, "this file is a part of `.next/standalone`")
        .fix("copy `.next/standalone` from the stage that builds, or start with `npm start`");
    ground.add(found, &[&image.path]);
}

/// Behind the brace that opens the configuration; nothing when there is more than one candidate.
fn object(text: &str) -> Option<usize> {
    let mut found = Vec::new();
    for opener in ["const nextConfig", "const config", "module.exports", "export default"] {
        for (at, _) in text.match_indices(opener) {
            let rest = &text[at + opener.len()..];
            let line = rest.split('\n').next().unwrap_or_default();
            let head = line.split('{').next().unwrap_or_default();
            let plain = head.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '=' | ':' | '_'));
            if line.contains('{') && plain {
                found.push(at + opener.len() + head.len() + 1);
            }
        }
    }
    (found.len() == 1).then(|| found[0])
}

/// The text with its comments blanked; strings that hold `//` keep what stands before it.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        rest = rest[at..].find("*/").map_or("", |end| &rest[at + end + 2..]);
    }
    out.push_str(rest);
    out.lines()
        .map(|l| if l.trim_start().starts_with("//") { "" } else { l.split(" // ").next().unwrap_or(l) })
        .collect::<Vec<_>>()
        .join("\n")
}
