//! `env-read-not-given`, `env-given-not-read`, `env-inlined-at-build`: the variables that code reads beside those
//! that its deployments give.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::{Diagnostic, Edit, Severity};
use crate::base::source::Span;
use crate::base::suggest::nearest;
use crate::read::repository::join;

use super::Ground;
use super::code::{Component, Read};
use super::given::{Deployment, mentions};
use super::images::Image;

/// Prefixes of what a build writes into the browser's code.
const INLINED: &[&str] = &["NEXT_PUBLIC_", "VITE_", "REACT_APP_"];
/// What every container has.
const ALWAYS: &[&str] = &[
    "PATH",
    "HOME",
    "HOSTNAME",
    "PWD",
    "USER",
    "SHELL",
    "LANG",
    "TZ",
    "TMPDIR",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
];

pub(super) fn check(ground: &mut Ground<'_>, components: &[Component], images: &[Image], deployments: &[Deployment]) {
    for (index, component) in components.iter().enumerate() {
        let own: Vec<&Deployment> = deployments.iter().filter(|d| d.component == index).collect();
        if own.is_empty() {
            continue;
        }
        not_given(ground, component, &own);
        if !component.dynamic && !component.from_file {
            not_read(ground, component, &own);
        }
        inlined(ground, component, images, &own);
    }
}

/// What the code cannot do without, and one of its deployments gives nowhere: one finding for each component.
fn not_given(ground: &mut Ground<'_>, component: &Component, own: &[&Deployment]) {
    if component.from_file {
        return;
    }
    let soft: BTreeSet<&str> = component.reads.iter().filter(|r| r.default).map(|r| r.name.as_str()).collect();
    let mut needed: BTreeMap<&str, &Read> = BTreeMap::new();
    for read in component.reads.iter().filter(|r| r.needed && !soft.contains(r.name.as_str())) {
        needed.entry(&read.name).or_insert(read);
    }
    needed.retain(|name, _| !ALWAYS.contains(name));
    let lacks = |deployment: &&&Deployment| {
        !deployment.open && !deployment.commanded && needed.keys().any(|n| !mentions(&deployment.text, n))
    };
    let Some(deployment) = own.iter().find(lacks) else { return };
    let missing: Vec<(&str, &Read)> =
        needed.iter().filter(|(n, _)| !mentions(&deployment.text, n)).map(|(n, r)| (*n, *r)).collect();
    let names: Vec<String> = missing.iter().map(|(n, _)| format!("`{n}`")).collect();
    let message = format!(
        "`{}` does not start: {} {} not given",
        component.name,
        names.join(", "),
        if names.len() == 1 { "is" } else { "are" }
    );
    let mut found = Diagnostic::error("env-read-not-given", message)
        .at(missing[0].1.span, "the code stops here without it")
        .fix(format!(
            "give {} in `{}`, or give it a default in the code",
            if names.len() == 1 { "it" } else { "them" },
            deployment.what
        ));
    for (_, read) in &missing[1..] {
        found = found.and(read.span, "and here");
    }
    found = found.and(deployment.at, "deployed here without it");
    let about: Vec<&str> =
        [deployment.path.as_str()].into_iter().chain(component.dockerfiles.iter().map(String::as_str)).collect();
    let variables: Vec<&str> = missing.iter().map(|(n, _)| *n).collect();
    ground.add_of(&variables, found, &about);
}

/// What is given under nearly the name that the code reads.
fn not_read(ground: &mut Ground<'_>, component: &Component, own: &[&Deployment]) {
    for deployment in own.iter().filter(|d| !d.open && !d.commanded) {
        let unread: Vec<&(String, Span)> = deployment
            .given
            .iter()
            .filter(|(n, _)| !component.reads.iter().any(|r| r.name.eq_ignore_ascii_case(n)))
            .collect();
        let open: BTreeMap<&str, &Read> = component
            .reads
            .iter()
            .filter(|r| !mentions(&deployment.text, &r.name))
            .map(|r| (r.name.as_str(), r))
            .collect();
        for (given, span) in unread {
            let Some(near) =
                nearest(given, open.keys().copied().filter(|r| differs_once(given, r)), 1).first().copied()
            else {
                continue;
            };
            // a name that stands anywhere in the component may be read by a library or a script
            if anywhere(ground, component, given) {
                continue;
            }
            let found = Diagnostic::warning(
                "env-given-not-read",
                format!("`{}` is given `{given}` and reads `{near}`", component.name),
            )
            .at(*span, "nothing in the code reads this")
            .and(open[near].span, format!("reads `{near}`, which is not given"))
            .fix(format!("use one name: `{near}` here, or `{given}` in the code"));
            ground.add_of(&[given, near], found, &[&deployment.path]);
        }
    }
}

/// Whether two names of several words differ in one of them: not the same name with something before it.
fn differs_once(one: &str, other: &str) -> bool {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split('_').collect(), other.split('_').collect());
    one.len() > 1 && one.len() == other.len() && one.iter().zip(&other).filter(|(a, b)| a != b).count() == 1
}

fn anywhere(ground: &Ground<'_>, component: &Component, wanted: &str) -> bool {
    let lower = wanted.to_lowercase();
    ground
        .repository
        .below(&component.context)
        .filter(|p| !component.dockerfiles.iter().any(|d| d == p))
        .any(|p| ground.repository.contents(p).is_some_and(|text| mentions(&text.to_lowercase(), &lower)))
}

/// What is given when the container starts, and was needed when it was built.
fn inlined(ground: &mut Ground<'_>, component: &Component, images: &[Image], own: &[&Deployment]) {
    let own_images: Vec<&Image> = images.iter().filter(|i| component.dockerfiles.contains(&i.path)).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for deployment in own.iter().filter(|d| !d.commanded) {
        for (given, span) in &deployment.given {
            let Some(read) = component.reads.iter().filter(|r| r.name == *given).max_by_key(|r| r.in_browser) else {
                continue;
            };
            if !INLINED.iter().any(|p| given.starts_with(p)) || done.contains(given.as_str()) {
                continue;
            }
            let Some((image, build)) = own_images.iter().find_map(|i| Some((*i, builds(i)?))) else { continue };
            if own_images.iter().any(|i| knows(i, given)) || in_files(ground, component, given) {
                continue;
            }
            done.insert(given);
            let severity = if read.in_browser { Severity::Error } else { Severity::Warning };
            let message = format!(
                "`{given}` is set too late: the build of `{}` has already written it into the browser's code",
                component.name
            );
            let mut found = Diagnostic::new("env-inlined-at-build", severity, message)
                .at(*span, "set when the container starts")
                .and(read.span, "replaced by its value when the image is built")
                .and(image.place(ground.sources, build, "run build"), format!("built without `{given}`"));
            if let Some((_, argument)) = deployment.args.iter().find(|(n, _)| n == given) {
                let at = image.docker.instructions[build].span.start as usize;
                found.edits.push(Edit { span: Span::new(image.file, at, at), replacement: format!("ARG {given}\n") });
                found = found
                    .and(*argument, "given to the build, which does not declare it")
                    .fix(format!("add `ARG {given}` before the build in `{}`", image.path));
            } else {
                found = found.fix(format!(
                    "add `ARG {given}` before the build in `{}`, and build with `--build-arg {given}=…`",
                    image.path
                ));
            }
            ground.add_of(&[given], found, &[&deployment.path, &image.path]);
        }
    }
}

/// The instruction that builds for production; nothing for an image that runs a development server.
fn builds(image: &Image) -> Option<usize> {
    let start = image.docker.last("CMD").or_else(|| image.docker.last("ENTRYPOINT"));
    if start.is_some_and(|s| s.arguments.split(|c: char| !c.is_alphanumeric()).any(|w| w == "dev")) {
        return None;
    }
    let all = image.docker.instructions.iter();
    all.enumerate().find_map(|(index, i)| (i.keyword == "RUN" && i.arguments.contains("build")).then_some(index))
}

/// Whether the Dockerfile says anything about the variable, or starts a script that may write it anew.
fn knows(image: &Image, name: &str) -> bool {
    let script = |i: &&crate::check::dockerfile::Instruction| {
        matches!(i.keyword.as_str(), "CMD" | "ENTRYPOINT")
            && (i.arguments.contains(".sh") || i.arguments.contains("entrypoint"))
    };
    image.docker.instructions.iter().any(|i| mentions(&i.arguments, name))
        || image.docker.last_stage().any(|i| script(&i))
}

/// Whether a file of settings that the build reads may bring it.
fn in_files(ground: &Ground<'_>, component: &Component, name: &str) -> bool {
    [".env", ".env.production", ".env.local", ".env.production.local"].iter().any(|file| {
        let path = join(&component.context, file);
        match ground.repository.contents(&path) {
            Some(text) => mentions(&text, name),
            None => ground.repository.exists(&path),
        }
    })
}
