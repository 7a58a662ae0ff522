//! Whether and how a component becomes an image: by a template of Bowline's, by its own Dockerfile, or not at all.

use crate::graph::runtime;
use crate::model::proposal::{Change, Found, Place};
use crate::read::repository::{self, Repository};
use crate::read::stack::component::{Component, Framework};
use crate::read::stack::{self, Asked, Stack};

/// The way to an image.
#[derive(Clone, Debug, PartialEq)]
pub enum How {
    Template(Template),
    /// The component's own Dockerfile, which stays as it is.
    Own,
    /// Left out, and why; what to do about it is part of the text.
    Not(String),
}

/// What a Dockerfile template is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub framework: &'static str,
    pub manager: Option<String>,
    pub version: Option<String>,
    /// What asks for that version.
    pub asked: Option<Found<String>>,
    /// Without the arguments for host and port; empty where it is found again by itself.
    pub entrypoint: Vec<String>,
    pub changes: Vec<Change>,
}

/// Decides for one component.
pub fn decide(repository: &Repository, component: &Component) -> How {
    let framework = match component.framework.value {
        Framework::FastApi => "fastapi",
        Framework::Django => "django",
        Framework::Flask | Framework::Python => "python",
        Framework::NextJs => "nextjs",
        Framework::Express => "express",
        Framework::Node => "node",
        Framework::Go => "go",
        Framework::Rust => "rust",
        Framework::Spring => "java",
        Framework::Static => "static",
        Framework::Dockerfile => return How::Own,
    };
    match template(repository, component, framework) {
        Ok(template) => How::Template(template),
        Err(_) if component.dockerfile.is_some() => How::Own,
        Err(reason) => {
            let place = repository::join(&component.folder, "Dockerfile");
            How::Not(format!("{reason}; or write `{place}`, and run `bowline init` again"))
        }
    }
}

/// The port of a component, once it is decided how it is made: a page is served without root.
pub fn port(how: &How, component: &Component, found: Option<Found<u16>>) -> Option<Found<u16>> {
    let at = || component.framework.at.clone();
    if matches!(how, How::Template(t) if t.framework == "static") {
        return Some(Found { value: 8080, at: at() });
    }
    found.or_else(|| Some(Found { value: component.framework.value.usual_port()?, at: at() }))
}

fn template(repository: &Repository, component: &Component, framework: &'static str) -> Result<Template, String> {
    let asked = Asked { context: component.context(), framework: Some(framework), manager: None };
    let stack = stack::detect(repository.root(), &asked);
    let mut changes = Vec::new();
    for lack in &stack.lacks {
        let list = repository::join(&component.folder, "requirements.txt");
        match lack.package {
            Some(package) if repository.has_file(&list) => changes.push(with_package(repository, list, package)),
            _ => {
                let title = component.framework.value.title();
                return Err(format!("it is {title}, and {}: {}", lack.what, lack.fix));
            }
        }
    }
    if framework == "nextjs" {
        changes.extend(standalone_of(repository, component)?);
    }
    let built = framework != "static" || stack.package_manager.is_some();
    let asked = component.version.clone().filter(|_| built);
    let wanted = Stack { version: asked.as_ref().map(|v| v.value.clone()).or(stack.version), ..Stack::default() };
    let version = runtime::version(None, framework, &wanted).map_err(|e| match &asked {
        Some(v) => format!("{}: {e}", v.at),
        None => e,
    })?;
    let entrypoint = component.entrypoint.clone().filter(|_| framework == "fastapi");
    Ok(Template {
        framework,
        manager: stack.package_manager.filter(|m| m != "maven"),
        version: built.then_some(version),
        asked,
        entrypoint: entrypoint.map(|e| e.value).unwrap_or_default(),
        changes,
    })
}

/// The list of packages with one more.
fn with_package(repository: &Repository, list: String, package: &str) -> Change {
    let old = repository.contents(&list).unwrap_or_default();
    let newline = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if old.is_empty() || old.ends_with('\n') { "" } else { newline };
    let why = format!("the image starts the app with {package}, which nothing installs");
    Change { path: list, new: format!("{old}{gap}{package}{newline}"), old: Some(old), why }
}

/// `output: "standalone"` for a Next.js that does not say it.
fn standalone_of(repository: &Repository, component: &Component) -> Result<Option<Change>, String> {
    let next = component.next.clone().unwrap_or_default();
    if next.standalone.is_some() {
        return Ok(None);
    }
    let path = next.config.clone().unwrap_or_else(|| repository::join(&component.folder, "next.config.mjs"));
    let old = next.config.as_ref().and_then(|p| repository.contents(p));
    let new = standalone(old.as_deref()).ok_or_else(|| {
        format!("`{path}` does not say `output: \"standalone\"`, which the template needs, and no certain place for it was found: add it")
    })?;
    let why = "the image holds the folder that `output: \"standalone\"` makes, and runs without node_modules (build-next-standalone)".to_owned();
    Ok(Some(Change { path, old, new, why }))
}

/// A configuration of Next.js that asks for a folder that runs by itself; `None` when no place is certain.
fn standalone(old: Option<&str>) -> Option<String> {
    const LINE: &str = "output: \"standalone\",";
    let Some(old) = old else {
        return Some(format!(
            "/** @type {{import('next').NextConfig}} */\nconst nextConfig = {{\n  {LINE}\n}};\n\nexport default nextConfig;\n"
        ));
    };
    let newline = if old.contains("\r\n") { "\r\n" } else { "\n" };
    if old.lines().any(|l| l.trim_start().starts_with("output:") || l.trim_start().starts_with("output :")) {
        return None;
    }
    let mut offset = 0;
    let mut places = Vec::new();
    for line in old.split_inclusive('\n') {
        let code = line.trim_end();
        let opens = code.ends_with('{') || code.contains("{}");
        let names = [
            "onfig = {",
            "onfig: NextConfig = {",
            "module.exports = {",
            "export default {",
            "onfig({",
            "NextConfig} = {",
        ];
        let said = names.iter().find_map(|n| code.find(n).map(|at| at + n.len() - 1));
        if let Some(at) = said.filter(|_| opens && !code.trim_start().starts_with("//")) {
            places.push(offset + at);
        }
        offset += line.len();
    }
    let [place] = places[..] else { return None };
    let (before, after) = old.split_at(place + 1);
    let rest = after.strip_prefix('}').map_or_else(|| after.to_owned(), |tail| format!("{newline}}}{tail}"));
    Some(format!("{before}{newline}  {LINE}{rest}"))
}

/// Where a component is known from, for remarks about it.
pub fn place(component: &Component) -> Place {
    component.framework.at.clone()
}

#[cfg(test)]
mod tests {
    use super::standalone;

    #[test]
    fn the_line_stands_in_the_configuration() {
        assert_eq!(
            standalone(Some("const nextConfig = {\n  reactStrictMode: true,\n};\n")).as_deref(),
            Some("const nextConfig = {\n  output: \"standalone\",\n  reactStrictMode: true,\n};\n")
        );
        assert_eq!(
            standalone(Some("const nextConfig: NextConfig = {};\r\nexport default nextConfig;\r\n")).as_deref(),
            Some(
                "const nextConfig: NextConfig = {\r\n  output: \"standalone\",\r\n};\r\nexport default nextConfig;\r\n"
            )
        );
        assert!(standalone(None).is_some_and(|t| t.contains("standalone")));
        for text in ["export default () => x;\n", "const c = {\n  output: \"export\",\n};\n", "// module.exports = {\n"]
        {
            assert_eq!(standalone(Some(text)), None, "{text}");
        }
    }
}
