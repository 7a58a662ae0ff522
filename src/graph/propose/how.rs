//! Whether and how a component becomes an image: by a template of Bowline's, by its own Dockerfile, or not at all.

use crate::model::proposal::{Change, Found, Place};
use crate::read::repository::{self, Repository};
use crate::read::stack::component::{Component, Framework};
use crate::read::stack::version::{Language, pin};

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
    pub manager: &'static str,
    pub version: String,
    /// What asks for that version.
    pub asked: Option<Found<String>>,
    /// Without the arguments for host and port; empty where the template knows it.
    pub entrypoint: Vec<String>,
    pub changes: Vec<Change>,
}

/// Decides for one component.
pub fn decide(repository: &Repository, component: &Component) -> How {
    let template = match component.framework.value {
        Framework::FastApi => fastapi(repository, component),
        Framework::NextJs => nextjs(repository, component),
        Framework::Dockerfile => return How::Own,
        other => {
            let what = if other == Framework::Static { "a page for browsers" } else { other.title() };
            Err(format!("it is {what}, and Bowline has templates for FastAPI and Next.js"))
        }
    };
    match template {
        Ok(template) => How::Template(template),
        Err(_) if component.dockerfile.is_some() => How::Own,
        Err(reason) => {
            let place = repository::join(&component.folder, "Dockerfile");
            How::Not(format!("{reason}; write `{place}`, and run `bowline init` again"))
        }
    }
}

fn fastapi(repository: &Repository, component: &Component) -> Result<Template, String> {
    let list = repository::join(&component.folder, "requirements.txt");
    if !repository.has_file(&list) {
        let export = match component.manager.as_ref().map(|m| m.value.as_str()) {
            Some("uv") => "uv export --no-dev --no-hashes --no-emit-project -o requirements.txt",
            Some("poetry") => "poetry export -o requirements.txt",
            _ => "pip freeze > requirements.txt",
        };
        return Err(format!(
            "the template installs from `{list}`, which is not there (`{export}` in that folder writes it)"
        ));
    }
    let Some(application) = &component.entrypoint else {
        return Err(
            "no `app = FastAPI(` at the beginning of a line was found, so nothing says what to start".to_owned()
        );
    };
    let version = pinned(Language::Python, component)?;
    let mut changes = Vec::new();
    if !["uvicorn", "fastapi[standard]", "fastapi[all]"].iter().any(|p| component.uses(p).is_some()) {
        let old = repository.contents(&list).unwrap_or_default();
        let newline = if old.contains("\r\n") { "\r\n" } else { "\n" };
        let gap = if old.is_empty() || old.ends_with('\n') { "" } else { newline };
        let why = "the image starts the app with uvicorn, which nothing installs".to_owned();
        changes.push(Change { path: list, new: format!("{old}{gap}uvicorn{newline}"), old: Some(old), why });
    }
    Ok(Template {
        framework: "fastapi",
        manager: "pip",
        version,
        asked: component.version.clone(),
        entrypoint: application.value.clone(),
        changes,
    })
}

fn nextjs(repository: &Repository, component: &Component) -> Result<Template, String> {
    let lock = repository::join(&component.folder, "package-lock.json");
    if !repository.has_file(&lock) {
        let other = component.manager.as_ref().filter(|m| m.value != "npm");
        let found = other.map(|m| format!(", and found `{}`", m.at.file)).unwrap_or_default();
        return Err(format!(
            "the template installs with npm from `{lock}`, which is not there{found} (`npm install --package-lock-only` writes it)"
        ));
    }
    let next = component.next.clone().unwrap_or_default();
    if next.build.is_none() {
        return Err(format!("`{}` has no script `build`", repository::join(&component.folder, "package.json")));
    }
    let version = pinned(Language::Node, component)?;
    let mut changes = Vec::new();
    if next.standalone.is_none() {
        let path = next.config.clone().unwrap_or_else(|| repository::join(&component.folder, "next.config.mjs"));
        let old = next.config.as_ref().and_then(|p| repository.contents(p));
        let new = standalone(old.as_deref()).ok_or_else(|| {
            format!("`{path}` does not say `output: \"standalone\"`, which the template needs, and no certain place for it was found: add it")
        })?;
        let why = "the image holds the folder that `output: \"standalone\"` makes, and runs without node_modules (build-next-standalone)".to_owned();
        changes.push(Change { path, old, new, why });
    }
    Ok(Template {
        framework: "nextjs",
        manager: "npm",
        version,
        asked: component.version.clone(),
        entrypoint: Vec::new(),
        changes,
    })
}

fn pinned(language: Language, component: &Component) -> Result<String, String> {
    let wanted = component.version.as_ref().map_or("*", |v| v.value.as_str());
    pin(language, wanted).map_err(|e| match &component.version {
        Some(v) => format!("{}: {e}", v.at),
        None => e,
    })
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
