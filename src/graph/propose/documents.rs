//! The documents that `init` writes: where they lie in the layout that is there, and what stands in them.

use std::collections::BTreeSet;

use crate::model::proposal::{Part, Place, Proposal, Remark};
use crate::model::workspace::{Documents, Layout};

use super::block::{self, Numbers};

/// Where the documents of the new feature go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    pub layout: Layout,
    pub spec: String,
    pub plan: String,
}

/// The layout that is there, and the first free place in it. `has` tells whether a folder or file is in the repository,
/// `folders` are those below `specs`.
pub fn paths(documents: &Documents, app: &str, has: &dyn Fn(&str) -> bool, folders: &[String]) -> Paths {
    let used = |layout: Layout| documents.features.iter().any(|f| f.layout == layout);
    let inside = |folder: String, layout: Layout, names: [&str; 2]| Paths {
        layout,
        spec: format!("{folder}/{}", names[0]),
        plan: format!("{folder}/{}", names[1]),
    };
    if used(Layout::SpecKit) || has(".specify") {
        // of several roots the outermost
        let roots = documents.features.iter().filter(|f| f.layout == Layout::SpecKit);
        let roots =
            roots.filter_map(|f| f.id.0.rsplit_once('/')).map(|(root, _)| root).filter(|r| r.ends_with("specs"));
        let root = roots.min_by_key(|r| (r.matches('/').count(), *r)).unwrap_or("specs");
        return inside(format!("{root}/{}", numbered(root, folders)), Layout::SpecKit, ["spec.md", "plan.md"]);
    }
    if used(Layout::Kiro) || has(".kiro") {
        let name = free("deployment", &|n| has(&format!(".kiro/specs/{n}")));
        return inside(format!(".kiro/specs/{name}"), Layout::Kiro, ["requirements.md", "design.md"]);
    }
    if used(Layout::OpenSpec) || has("openspec") {
        let name = free("deployment", &|n| has(&format!("openspec/changes/{n}")));
        return inside(format!("openspec/changes/{name}"), Layout::OpenSpec, ["proposal.md", "design.md"]);
    }
    let flat: Vec<&str> = documents.features.iter().filter(|f| f.layout == Layout::Flat).map(|f| &*f.id.0).collect();
    let name = match flat[..] {
        [only] => only.to_owned(),
        _ if flat.contains(&app) || !has(&format!("specs/{app}.md")) => app.to_owned(),
        _ => free(&format!("{app}-deployment"), &|n| has(&format!("specs/{n}.md"))),
    };
    Paths { layout: Layout::Flat, spec: format!("specs/{name}.md"), plan: format!("plans/{name}.md") }
}

/// `005-deployment`: one more than the highest number below `root`, as wide as the others.
fn numbered(root: &str, folders: &[String]) -> String {
    let numbers = folders.iter().filter_map(|f| {
        let name = f.strip_prefix(root)?.strip_prefix('/')?.split('/').next()?;
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        // a date is no number to count on from
        let number: u32 = name[..digits].parse().ok().filter(|_| digits < 8)?;
        Some((number, digits))
    });
    let (highest, width) =
        numbers.fold((0, 3), |(n, w), (number, digits)| if number >= n { (number, digits.max(3)) } else { (n, w) });
    format!("{:0width$}-deployment", highest.saturating_add(1))
}

fn free(name: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let mut all = std::iter::once(name.to_owned()).chain((2..1000).map(|n| format!("{name}-{n}")));
    all.find(|n| !taken(n)).unwrap_or_else(|| name.to_owned())
}

/// A new spec.
pub fn spec(proposal: &Proposal, layout: Layout) -> String {
    let parts: Vec<String> = proposal.services.iter().map(|p| format!("`{}`", p.name)).collect();
    let mut text = match layout {
        Layout::SpecKit | Layout::Flat => format!("# Feature Specification: Deployment of {}\n", proposal.app),
        Layout::Kiro => format!("# Requirements Document: Deployment of {}\n", proposal.app),
        Layout::OpenSpec => format!("# Deployment of {}\n", proposal.app),
    };
    let intro = format!(
        "How {} runs in a Kubernetes cluster: {}. The block under *Deployment* is read by `bowline`; the rest is for people.",
        proposal.app,
        listed(&parts)
    );
    text += &format!("\n{}", wrapped(&intro, ""));
    text += "\n## User Scenarios & Testing\n\n### User Story 1 - Run the app with one command (Priority: P1)\n\n";
    text += "Whoever works on the app brings all of it into a local cluster, and again after each change.\n\n";
    text += "**Independent Test**: `bowline up`; every service becomes ready.\n\n";
    text += "## Requirements\n\n### Functional Requirements\n\n";
    text + &section(proposal, Numbers { first: 1 })
}

/// What is appended to a spec that is there; requirements are numbered on from `first`.
pub fn appended(proposal: &Proposal, before: &str, first: usize) -> String {
    let newline = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if before.is_empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n") {
        ""
    } else if before.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    let text = format!("{gap}## Running {}\n\n{}", proposal.app, section(proposal, Numbers { first }));
    text.replace('\n', newline)
}

/// Requirements, block, evidence, open points.
fn section(proposal: &Proposal, numbers: Numbers) -> String {
    let mut text = String::new();
    for (index, requirement) in proposal.requirements.iter().enumerate() {
        text += &wrapped(&format!("- **{}**: {requirement}", numbers.id(index)), "  ");
    }
    text += "\n## Deployment\n\nWhat the block does not say has a default; `bowline why FILE:LINE` names it.\n\n";
    text += &format!("```yaml bowline\n{}```\n", block::text(proposal, numbers));
    text += "\n### Evidence\n\n| value | why | found in |\n|---|---|---|\n";
    for part in proposal.services.iter().chain(&proposal.resources) {
        text += &rows(part);
    }
    for (title, remarks) in [("Left out", &proposal.left_out), ("To decide", &proposal.questions)] {
        if !remarks.is_empty() {
            text += &format!("\n### {title}\n\n{}", items(remarks));
        }
    }
    text
}

fn rows(part: &Part) -> String {
    let mut text = String::new();
    for field in part.fields.iter().filter(|f| !f.why.is_empty()) {
        let mut seen: Vec<&Place> = Vec::new();
        for place in &field.at {
            if !seen.contains(&place) {
                seen.push(place);
            }
        }
        let places = if seen.is_empty() {
            "–".to_owned()
        } else {
            seen.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ")
        };
        let value = block::flow(&field.value).replace('|', "\\|");
        text += &format!("| `{}.{}: {value}` | {} | {places} |\n", part.name, field.key, field.why);
    }
    text
}

/// Remarks as a list; several about one thing stand together as they come.
pub fn items(remarks: &[Remark]) -> String {
    let item = |r: &Remark| {
        let place = r.at.as_ref().map(|p| format!("`{p}`: ")).unwrap_or_default();
        wrapped(&format!("- {place}{}", r.text), "  ")
    };
    remarks.iter().map(item).collect()
}

/// A new plan; what the checks say of the constitution is added once they have been asked.
pub fn plan(proposal: &Proposal, paths: &Paths, tasks: &str) -> String {
    let app = &proposal.app;
    let mut text = format!(
        "# Implementation Plan: Deployment of {app}\n\n**Spec**: `{}` | **Tasks**: `{tasks}`\n\n## Summary\n\n",
        paths.spec
    );
    text += &wrapped(
        "The code stays as it is. Images, manifests and a chart are made from the block in the spec, one task for each, and go to a local cluster in the order of the tasks.",
        "",
    );
    text += "\n## Technical Context\n\n";
    for part in &proposal.services {
        text += &format!("- `{}`: {}\n", part.name, language(part));
    }
    for part in &proposal.resources {
        let kind = part.get("type").and_then(|t| t.as_str()).unwrap_or("resource");
        text += &format!("- `{}`: {kind}, in the cluster\n", part.name);
    }
    text += "- Target: Kubernetes on Minikube or kind, Linux containers, restricted Pod Security Standard\n";
    text += "\n## Layers\n\n| layer | what | where |\n|---|---|---|\n";
    text += &format!("| 1 code | {} | never touched |\n", folders(proposal));
    text += &format!(
        "| 2 images | a Dockerfile for each service that has none, Compose | `out/{app}/images/`, `out/{app}/compose.yaml` |\n"
    );
    text += &format!(
        "| 3 manifests | one file for each object and environment | `out/{app}/local/`, `out/{app}/production/` |\n"
    );
    text += &format!("| 4 chart | one chart with values for each environment | `charts/{app}/` |\n");
    text += "\n## Decisions\n\n";
    for (index, decision) in decisions(proposal).iter().enumerate() {
        text += &wrapped(&format!("{}. {decision}", index + 1), "   ");
    }
    text += "\n## Complexity Tracking\n\n| Violation | Why Needed | Simpler Alternative Rejected Because |\n|---|---|---|\n| none | | |\n";
    text
}

fn language(part: &Part) -> String {
    let runtime = part.get("runtime");
    let word = |key: &str| runtime.and_then(|r| r.get(key)).and_then(|v| v.as_str()).unwrap_or_default();
    let listens = part.get("ports").and_then(|p| p.get(0)).map(|p| format!(", port {p}")).unwrap_or_default();
    match word("framework") {
        "fastapi" => format!("FastAPI on Python {}, packages by {}{listens}", word("version"), word("packageManager")),
        "django" => format!("Django on Python {}, packages by {}{listens}", word("version"), word("packageManager")),
        "python" => format!("Python {}, packages by {}{listens}", word("version"), word("packageManager")),
        "nextjs" => format!("Next.js on Node {}, packages by {}{listens}", word("version"), word("packageManager")),
        "express" => format!("Express on Node {}, packages by {}{listens}", word("version"), word("packageManager")),
        "node" => format!("Node {}, packages by {}{listens}", word("version"), word("packageManager")),
        "go" => format!("Go {}{listens}", word("version")),
        "rust" => format!("Rust {}{listens}", word("version")),
        "java" => format!("Java {}, built with Maven{listens}", word("version")),
        "static" => format!("a page that nginx serves{listens}"),
        _ if part.get("image").is_some() => format!("an image that exists{listens}"),
        _ => format!("built with its own Dockerfile{listens}"),
    }
}

fn folders(proposal: &Proposal) -> String {
    let folder = |build: &serde_json::Value| {
        let folder = build.as_str().or_else(|| build.get("context")?.as_str()).unwrap_or_default();
        format!("`{folder}`")
    };
    let all: BTreeSet<String> = proposal.services.iter().filter_map(|p| p.get("build")).map(folder).collect();
    listed(&all.into_iter().collect::<Vec<_>>())
}

fn decisions(proposal: &Proposal) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(database) = proposal.resources.first() {
        all.push(format!("**The database runs in the cluster** as `{}`: the app works without an account anywhere, and a volume keeps the data.", database.name));
        if database.get("migrations").is_some() {
            all.push(
                "**Migrations are a Job** named after its image; services that need the schema wait for it.".to_owned(),
            );
        }
    }
    if let Some(part) = proposal.services.iter().find(|p| p.get("ingress").is_some()) {
        all.push(format!(
            "**`{}` is the one door**: it alone has an Ingress; everything else is reached inside the cluster.",
            part.name
        ));
    }
    all.push("**Nothing is allowed that is not written**: traffic is denied by default, and each dependency and each host outside opens one way.".to_owned());
    all.push(
        "**Image tags are digests of what went in**, so an upgrade happens when, and only when, something changed."
            .to_owned(),
    );
    if proposal.services.iter().any(|p| p.get("secrets").is_some()) {
        all.push("**Secrets pass through no file of the repository**: `bowline up` reads them from the environment or from `.env`.".to_owned());
    }
    all
}

/// `a`, `b` and `c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// Text in lines of at most 120 characters, later ones indented.
fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > 120 {
            out += &line;
            out.push('\n');
            indent.clone_into(&mut line);
            line += word;
        } else {
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line += word;
        }
    }
    out + &line + "\n"
}

/// Where the tasks of the feature lie.
pub fn tasks_path(paths: &Paths) -> String {
    match paths.layout {
        Layout::Flat => paths.plan.replacen("plans/", "tasks/", 1),
        _ => format!("{}/tasks.md", paths.spec.rsplit_once('/').map_or("", |(folder, _)| folder)),
    }
}
