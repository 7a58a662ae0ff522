//! Second layer: structure. Field names, types and required fields of the kinds of several Kubernetes releases.

mod embedded;
#[cfg(test)]
mod oracle;
mod walk;

pub use embedded::{Field, Schema, Type, newest, versions};
pub use walk::{Problem, Visit, problems, visit};

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::tree::Node;

/// Everything that is wrong with the structure of one object.
pub fn check(schema: &Schema, node: &Node) -> Vec<Diagnostic> {
    let (Some(api), Some(kind)) = (node.get_str("apiVersion"), node.get_str("kind")) else {
        let missing = if node.get_str("kind").is_none() { "kind" } else { "apiVersion" };
        let found = Diagnostic::error("schema-no-kind", format!("the object has no `{missing}`"));
        return vec![found.at(node.span(), "this object").fix(format!("add `{missing}:` at the top"))];
    };
    let Some(ty) = schema.kind(api, kind) else { return vec![unknown(schema, node, api, kind)] };
    problems(schema, ty, node).into_iter().map(|p| diagnostic(kind, &p)).collect()
}

/// What is wrong with a part of an object of a kind, which may leave out what the whole one needs. Kinds that are not
/// known here have nothing wrong.
pub fn part(schema: &Schema, kind: &str, node: &Node) -> Vec<Diagnostic> {
    let ty = schema.versions_of(kind).first().and_then(|api| schema.kind(api, kind));
    let problems = ty.map(|ty| problems(schema, ty, node)).unwrap_or_default();
    let wrong = problems.iter().filter(|p| !matches!(p, Problem::Missing { .. }));
    wrong.map(|p| diagnostic(kind, p)).collect()
}

fn unknown(schema: &Schema, node: &Node, api: &str, kind: &str) -> Diagnostic {
    let served = schema.versions_of(kind);
    let place = node.get("apiVersion").and_then(Node::span);
    let group = |version: &str| version.rsplit_once('/').map_or("", |(g, _)| g).to_owned();
    if served.iter().any(|v| group(v) == group(api)) || (!served.is_empty() && !api.contains('.')) {
        return Diagnostic::error(
            "schema-not-served",
            format!("Kubernetes {} does not serve `{kind}` as `{api}`", schema.version),
        )
        .at(place, "not served")
        .fix(format!("use `{}`", served.join("` or `")));
    }
    let near = schema.kinds_near(api, kind);
    let found = Diagnostic::note("schema-unknown-kind", format!("`{api}` `{kind}` is not a kind that is known here"))
        .at(node.get("kind").and_then(Node::span), "its fields were not checked");
    match near {
        Some(near) => found.fix(near),
        None => found,
    }
}

fn diagnostic(kind: &str, problem: &Problem<'_>) -> Diagnostic {
    match problem {
        Problem::Unknown { path, name, span, known } => {
            let found = Diagnostic::error("schema-unknown-field", format!("`{kind}` has no field `{path}`"))
                .at(*span, "unknown field");
            let meant = did_you_mean(name, known.iter().copied());
            found.fix(meant.unwrap_or_else(|| "remove it; the API server refuses or drops it".to_owned()))
        }
        Problem::Missing { path, name, span } => {
            Diagnostic::error("schema-missing-field", format!("`{kind}` needs `{path}`"))
                .at(*span, format!("`{name}` is missing here"))
                .fix(format!("add `{name}`"))
        }
        Problem::Type { path, wanted, found, span } => {
            Diagnostic::error("schema-wrong-type", format!("`{path}` of `{kind}` is {found}, not {wanted}"))
                .at(*span, format!("should be {wanted}"))
                .fix(format!("write {wanted}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Sources;
    use crate::read::yaml::{Piece, parse};

    fn findings(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let node = parse(&Piece::at(file, text, 0)).unwrap();
        let found = check(newest(), &node);
        found
            .iter()
            .map(|d| {
                let at = d.primary.as_ref().map_or(0, |l| sources.position(l.span).line);
                format!("{at} {} {} ({})", d.code, d.message, d.fix.as_deref().unwrap_or_default())
            })
            .collect()
    }

    #[test]
    fn all_errors_are_reported_each_at_its_line() {
        let text = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
  labels: { a: 1 }
spec:
  replicas: \"2\"
  template:
    spec:
      containers:
        - image: todo/backend
          livenesProbe: {}
          ports: [ { name: http } ]
          resources: { limits: { cpu: 1, memory: [] } }
";
        assert_eq!(
            findings(text),
            [
                "5 schema-wrong-type `metadata.labels.a` of `Deployment` is the number 1, not text (write text)",
                "6 schema-missing-field `Deployment` needs `spec.selector` (add `selector`)",
                "7 schema-wrong-type `spec.replicas` of `Deployment` is text, not a whole number (write a whole number)",
                "11 schema-missing-field `Deployment` needs `spec.template.spec.containers[0].name` (add `name`)",
                "12 schema-unknown-field `Deployment` has no field `spec.template.spec.containers[0].livenesProbe` (did you mean `livenessProbe`)",
                "13 schema-missing-field `Deployment` needs `spec.template.spec.containers[0].ports[0].containerPort` (add `containerPort`)",
                "14 schema-wrong-type `spec.template.spec.containers[0].resources.limits.memory` of `Deployment` is a list, not a quantity (write a quantity)",
            ]
        );
    }

    #[test]
    fn kinds_that_are_missing_old_or_unknown() {
        assert!(findings("metadata: { name: a }\n")[0].contains("schema-no-kind"));
        assert!(findings("apiVersion: v1\n")[0].contains("has no `kind`"));
        assert_eq!(
            findings("apiVersion: apps/v1beta1\nkind: Deployment\n"),
            [format!(
                "1 schema-not-served Kubernetes {} does not serve `Deployment` as `apps/v1beta1` (use `apps/v1`)",
                newest().version
            )]
        );
        assert!(
            findings("apiVersion: kagent.dev/v1alpha2\nkind: Agent\nspec: { x: 1 }\n")[0]
                .starts_with("2 schema-unknown-kind")
        );
        assert!(findings("apiVersion: apps/v1\nkind: Deploymnt\n")[0].contains("did you mean `Deployment`"));
        assert!(findings("apiVersion: apps/v1\nkind: Deployment\n")[0].contains("needs `spec`"));
    }

    #[test]
    fn every_embedded_release_loads() {
        for version in versions() {
            let schema = Schema::of(version).unwrap();
            assert!(schema.kind("apps/v1", "Deployment").is_some(), "{version}");
            assert!(schema.kind("apiextensions.k8s.io/v1", "CustomResourceDefinition").is_some(), "{version}");
        }
        assert_eq!(Schema::nearest("1.34").version, "1.34");
        assert_eq!(Schema::nearest("1.35").version, "1.34");
        assert_eq!(Schema::nearest("1.20").version, "1.31");
        assert_eq!(Schema::nearest("v1.34.2").version, "1.34");
    }
}
