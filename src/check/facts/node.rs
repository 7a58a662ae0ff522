//! `build-node-dev-deps`: a build that needs what the installation before it left out.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::base::diag::{Diagnostic, Edit};
use crate::base::source::{FileId, Span};
use crate::read::repository::{folder, join};

use super::copies::{self, Origin};
use super::images::Image;
use super::{Ground, word};

/// Programs of `scripts`, and the package that brings each.
const TOOLS: &[(&str, &str)] = &[
    ("next", "next"),
    ("vite", "vite"),
    ("tsc", "typescript"),
    ("react-scripts", "react-scripts"),
    ("nest", "@nestjs/cli"),
    ("webpack", "webpack"),
    ("rollup", "rollup"),
    ("esbuild", "esbuild"),
    ("tsup", "tsup"),
    ("ng", "@angular/cli"),
    ("astro", "astro"),
    ("nuxt", "nuxt"),
    ("turbo", "turbo"),
    ("swc", "@swc/cli"),
    ("babel", "@babel/cli"),
    ("vue-tsc", "vue-tsc"),
    ("parcel", "parcel"),
];

/// An installation without development packages.
struct Install {
    index: usize,
    stage: usize,
    /// The words that leave them out, in the instruction or in an `ENV` above.
    cause: Cause,
}

enum Cause {
    Flag(String),
    Environment(usize),
}

/// The `package.json` of a build.
struct Package {
    file: FileId,
    folder: String,
    json: Json,
}

pub(super) fn check(ground: &mut Ground<'_>, image: &Image) {
    for install in installs(image) {
        let Some((build, command)) = build_after(image, &install) else { continue };
        let Some(package) = package(ground, image, &install) else { continue };
        let needed = needed(ground, &package, &command);
        let Some(first) = needed.first() else { continue };
        let names: Vec<String> = needed.iter().map(|n| format!("`{n}`")).collect();
        let message = format!("`{}` will not build: `{command}` needs {}", image.path, names.join(", "));
        let at = image.place(ground.sources, build, &command);
        let place = word_in_quotes(ground, package.file, first);
        let why = match &install.cause {
            Cause::Flag(flag) => image.place(ground.sources, install.index, flag),
            Cause::Environment(index) => image.place(ground.sources, *index, "NODE_ENV"),
        };
        let mut found = Diagnostic::error("build-node-dev-deps", message)
            .at(at, "the build runs here")
            .and(why, "leaves out the packages of `devDependencies`")
            .and(place, "a development package");
        found = match edit(ground, image, &install) {
            Some((edit, words)) => {
                found.edits.push(edit);
                found.fix(format!("install everything before the build: `{words}`"))
            }
            None => found.fix("install everything in the stage that builds, and production packages in the last one"),
        };
        ground.add(found, &[&image.path]);
    }
}

fn commands(line: &str) -> impl Iterator<Item = &str> {
    line.split(['&', ';', '|']).map(str::trim).filter(|c| !c.is_empty())
}

fn is_install(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().skip_while(|w| w.starts_with("--mount")).collect();
    match words.as_slice() {
        ["npm", "ci" | "install" | "i" | "clean-install", rest @ ..] | ["pnpm", "install" | "i", rest @ ..] => {
            rest.iter().all(|w| w.starts_with('-'))
        }
        ["yarn"] => true,
        ["yarn", first, ..] => *first == "install" || first.starts_with('-'),
        _ => false,
    }
}

/// The flag with which an installation leaves development packages out.
fn flag(command: &str) -> Option<&str> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let known = ["--only=production", "--only=prod", "--omit=dev", "--production", "--production=true", "--prod", "-P"];
    words.iter().find(|w| known.contains(w)).copied()
}

fn includes(command: &str) -> bool {
    ["--include=dev", "--production=false", "--also=dev", "--dev"].iter().any(|f| command.contains(f))
}

fn installs(image: &Image) -> Vec<Install> {
    let mut all = Vec::new();
    for (index, instruction) in image.docker.instructions.iter().enumerate() {
        if instruction.keyword != "RUN" {
            continue;
        }
        let Some(command) = commands(&instruction.arguments).find(|c| is_install(c)) else { continue };
        if includes(command) || instruction.arguments.contains("NODE_ENV=development") {
            continue;
        }
        let stage = instruction.stage;
        if let Some(flag) = flag(command) {
            all.push(Install { index, stage, cause: Cause::Flag(flag.to_owned()) });
        } else if let Some(environment) = production(image, stage, index) {
            all.push(Install { index, stage, cause: Cause::Environment(environment) });
        }
    }
    all
}

/// The `ENV` that sets `NODE_ENV=production` for an instruction.
fn production(image: &Image, stage: usize, before: usize) -> Option<usize> {
    let chain = image.chain(stage).into_iter().filter(|i| *i < before);
    let sets = |index: &usize| {
        let instruction = &image.docker.instructions[*index];
        matches!(instruction.keyword.as_str(), "ENV" | "ARG") && instruction.arguments.contains("NODE_ENV")
    };
    let last = chain.rev().find(sets)?;
    let instruction = &image.docker.instructions[last];
    let value = instruction.arguments.split("NODE_ENV").nth(1)?.trim_start_matches([' ', '=', '"', '\'']);
    (instruction.keyword == "ENV" && value.starts_with("production")).then_some(last)
}

/// The first command that builds with what was installed, unless something else is installed in between.
fn build_after(image: &Image, install: &Install) -> Option<(usize, String)> {
    for (index, instruction) in image.docker.instructions.iter().enumerate() {
        if instruction.keyword != "RUN" || index < install.index {
            continue;
        }
        let mut later = index > install.index;
        for command in commands(&instruction.arguments) {
            if !later {
                later = is_install(command);
                continue;
            }
            if !is_build(command) {
                continue;
            }
            let chain = image.chain(instruction.stage);
            let own = chain.contains(&install.index);
            let brought = chain.iter().filter(|i| **i < index).any(|i| {
                copies::copy(&image.docker.instructions[*i]).is_some_and(|c| {
                    let from = c.from.and_then(|f| image.stage(&f, instruction.stage));
                    from == Some(install.stage)
                        && c.sources.iter().any(|s| s.trim_end_matches('/').ends_with("node_modules"))
                })
            });
            let other = chain.iter().filter(|i| **i <= index && **i != install.index).any(|i| {
                let line = &image.docker.instructions[*i];
                let again = |c: &str| {
                    is_install(c) || c.starts_with("npm ") && !is_build(c) || c.starts_with("npx ") && !is_build(c)
                };
                line.keyword == "RUN" && (*i > install.index || !own) && commands(&line.arguments).any(again)
            });
            if (own || brought) && !other {
                return Some((index, command.to_owned()));
            }
        }
    }
    None
}

fn is_build(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().filter(|w| !w.contains('=')).collect();
    matches!(
        words.as_slice(),
        ["npm" | "pnpm" | "yarn", "run" | "run-script", "build", ..]
            | ["yarn" | "pnpm", "build", ..]
            | ["npx" | "yarn" | "pnpm", "next" | "vite" | "tsc", ..]
    )
}

fn package(ground: &mut Ground<'_>, image: &Image, install: &Install) -> Option<Package> {
    let here = copies::folder_at(image, install.stage, install.index)?;
    let target = format!("/{}", join(&here, "package.json"));
    let Origin::Context(path, _) = copies::origin(ground, image, install.stage, install.index, &target) else {
        return None;
    };
    let file = ground.text(&path)?;
    let json = serde_json::from_str(ground.sources.text(file)).ok()?;
    Some(Package { file, folder: folder(&path).to_owned(), json })
}

/// Development packages that the build certainly runs or reads.
fn needed(ground: &Ground<'_>, package: &Package, command: &str) -> Vec<String> {
    let has = |table: &str, name: &str| package.json.get(table).is_some_and(|t| t.get(name).is_some());
    let only_dev = |name: &str| has("devDependencies", name) && !has("dependencies", name);
    let script = package.json.pointer("/scripts/build").and_then(Json::as_str).unwrap_or_default();
    let before = package.json.pointer("/scripts/prebuild").and_then(Json::as_str).unwrap_or_default();
    let lines =
        if command.contains("build") && !command.starts_with("npx") { vec![before, script] } else { vec![command] };
    let programs: BTreeSet<&str> = lines
        .iter()
        .flat_map(|l| commands(l))
        .filter_map(|c| {
            c.split_whitespace().find(|w| !w.contains('=') && !matches!(*w, "npx" | "cross-env" | "yarn" | "pnpm"))
        })
        .collect();
    let mut wanted: Vec<&str> =
        TOOLS.iter().filter(|(program, _)| programs.contains(program)).map(|(_, package)| *package).collect();
    let file = |name: &str| ground.repository.has_file(&join(&package.folder, name));
    if programs.contains("next") {
        if ["tsconfig.json", "next.config.ts"].iter().any(|f| file(f)) {
            wanted.push("typescript");
        }
        let configs = ["postcss.config.js", "postcss.config.mjs", "postcss.config.cjs", "postcss.config.ts"];
        let texts = configs.iter().filter_map(|c| ground.repository.contents(&join(&package.folder, c)));
        let text: String = texts.collect();
        for plugin in ["@tailwindcss/postcss", "tailwindcss", "autoprefixer"] {
            if ["\"", "'"].iter().any(|q| text.contains(&format!("{q}{plugin}{q}")))
                || (plugin != "@tailwindcss/postcss" && text.contains(&format!("{plugin}:")))
            {
                wanted.push(plugin);
            }
        }
    }
    let mut needed: Vec<String> = Vec::new();
    for name in wanted {
        if only_dev(name) && !needed.iter().any(|n| n == name) {
            needed.push(name.to_owned());
        }
    }
    needed
}

fn word_in_quotes(ground: &Ground<'_>, file: FileId, name: &str) -> Option<Span> {
    let text = ground.sources.text(file);
    let from = text.find("\"devDependencies\"")?;
    let at = from + text[from..].find(&format!("\"{name}\""))?;
    Some(Span::new(file, at, at + name.len() + 2))
}

/// Takes the flag away, or asks for everything against `NODE_ENV`; only where the last stage does not take its
/// packages from there.
fn edit(ground: &Ground<'_>, image: &Image, install: &Install) -> Option<(Edit, String)> {
    let last = image.docker.stages().count().checked_sub(1)?;
    if install.stage == last {
        return None;
    }
    let kept = image.docker.last_stage().filter_map(copies::copy).any(|c| {
        let modules =
            |s: &String| s.trim_end_matches('/').ends_with("node_modules") || s.trim_end_matches('/') == "/app";
        c.from.is_some() && c.sources.iter().any(modules)
    });
    let command = commands(&image.docker.instructions[install.index].arguments).find(|c| is_install(c))?;
    if kept {
        return None;
    }
    match &install.cause {
        Cause::Flag(flag) => {
            let at = word(ground.sources, image.extent(install.index), flag)?;
            let text = ground.sources.text(image.file);
            let spaces = text[..at.start as usize].chars().rev().take_while(|c| *c == ' ').count();
            let span = Span::new(image.file, at.start as usize - spaces, at.end as usize);
            let words: Vec<&str> =
                command.split_whitespace().filter(|w| w != flag && !w.starts_with("--mount")).collect();
            Some((Edit { span, replacement: String::new() }, words.join(" ")))
        }
        Cause::Environment(_) => {
            let short: String =
                command.split_whitespace().filter(|w| !w.starts_with("--mount")).take(2).collect::<Vec<_>>().join(" ");
            let at = word(ground.sources, image.extent(install.index), &short)?;
            if !short.starts_with("npm ") {
                return None;
            }
            let span = Span::new(image.file, at.end as usize, at.end as usize);
            Some((Edit { span, replacement: " --include=dev".to_owned() }, format!("{short} --include=dev")))
        }
    }
}
