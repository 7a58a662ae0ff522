//! Java by Maven: which jar is made, and whether it runs by itself.

use super::Look;

pub(super) fn look(look: &mut Look<'_>) {
    if !look.has("pom.xml") {
        let fix = "name your own Dockerfile: `build: { context: …, dockerfile: Dockerfile }`";
        look.lack("build-lock", "has no `pom.xml`, and Bowline builds Java with Maven", "not a Maven project", fix, "");
        return;
    }
    look.stack.package_manager = Some("maven".to_owned());
    let text = look.text("pom.xml");
    let property = |name: &str| between(&text, &format!("<{name}>"), &format!("</{name}>"));
    let wanted = ["maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source"];
    look.stack.version = wanted.iter().find_map(|n| property(n)).map(str::to_owned);
    look.manifests(["pom.xml"], "pom.xml");
    if text.contains("<modules>") {
        let fix = "build from the folder of one module, or name your own Dockerfile";
        look.lack("build-entrypoint", "is a Maven project of several modules", "which one runs?", fix, "target");
        return;
    }
    if !["spring-boot-maven-plugin", "<mainClass>", "quarkus-maven-plugin"].iter().any(|w| text.contains(w)) {
        let fix = "add `spring-boot-maven-plugin`, or a `mainClass` for `maven-jar-plugin` or `maven-shade-plugin`";
        look.lack("build-entrypoint", "makes a jar that does not say what it runs", "no main class", fix, "entrypoint");
    }
    if text.contains("spring-boot-starter-actuator") {
        look.stack.health = Some("/actuator/health".to_owned());
        look.see("health", "pom.xml");
    }
    let own = own(&text);
    let parent = between(&text, "<parent>", "</parent>").unwrap_or_default();
    let tag = |text: &str, name: &str| {
        between(text, &format!("<{name}>"), &format!("</{name}>")).map(|t| t.trim().to_owned())
    };
    let name = between(&text, "<finalName>", "</finalName>").map(|t| t.trim().to_owned()).or_else(|| {
        let version = tag(&own, "version").or_else(|| tag(parent, "version"))?;
        Some(format!("{}-{version}", tag(&own, "artifactId")?))
    });
    match name.filter(|n| !n.contains("${")) {
        Some(name) => look.fact("target", format!("target/{name}.jar"), "pom.xml"),
        None => {
            let fix = "add `<finalName>app</finalName>` to `<build>`, or `runtime: { target: target/app.jar }`";
            look.lack("build-entrypoint", "does not say plainly how its jar is called", "which file?", fix, "target");
        }
    }
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inside, _)| inside)
}

/// The project's own coordinates: without its parent, dependencies and plugins.
fn own(text: &str) -> String {
    let mut own = text.to_owned();
    for section in ["parent", "dependencies", "dependencyManagement", "build", "profiles", "properties"] {
        let (open, close) = (format!("<{section}>"), format!("</{section}>"));
        while let Some(at) = own.find(&open) {
            let Some(end) = own[at..].find(&close) else { break };
            own.replace_range(at..at + end + close.len(), "");
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_of_the_project_itself() {
        let text = "<project><parent><artifactId>p</artifactId><version>3</version></parent><artifactId>a</artifactId><build><artifactId>x</artifactId></build></project>";
        let own = own(text);
        assert_eq!(between(&own, "<artifactId>", "</artifactId>"), Some("a"));
        assert_eq!(between(&own, "<version>", "</version>"), None);
    }
}
