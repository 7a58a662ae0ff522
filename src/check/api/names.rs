//! `api-name`: names that the API server refuses.

use crate::base::source::Span;
use crate::base::tree::Node;
use crate::check::schema::Visit;
use crate::model::dns::is_dashed;

use super::Typed;

const CODE: &str = "api-name";

/// What a name may look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// RFC 1123 subdomain: most objects.
    Subdomain,
    /// RFC 1123 label: containers, namespaces.
    Label,
    /// RFC 1035 label: Services, because their name becomes an environment variable.
    Service,
    /// RBAC: anything that can stand in a path.
    Path,
}

pub(super) fn object(to: &mut Typed<'_, '_>) {
    let object = to.object;
    let Some(name) = object.node.get("metadata.name") else {
        if object.node.get("metadata.generateName").is_none() {
            let message = format!("a `{}` has no name", object.kind());
            let at = object.node.get("metadata").and_then(Node::key_span).or_else(|| object.place());
            to.error(CODE, message, at, "no `name` here", "add `metadata.name`");
        }
        return;
    };
    let Some(text) = name.as_str() else { return };
    let (form, most) = match object.kind() {
        "Service" => (Form::Service, 63),
        "Namespace" => (Form::Label, 63),
        // a CronJob adds eleven characters to make the names of its Jobs, a Job puts its name into a label
        "CronJob" => (Form::Subdomain, 52),
        "Job" => (Form::Subdomain, 63),
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => (Form::Path, 253),
        _ => (Form::Subdomain, 253),
    };
    named(to, text, name.span(), &format!("the name of this {}", object.kind()), form, most);
    if let Some(namespace) = object.node.get("metadata.namespace")
        && let Some(text) = namespace.as_str()
    {
        named(to, text, namespace.span(), "a namespace", Form::Label, 63);
    }
}

pub(super) fn visit(v: &Visit<'_>, to: &mut Typed<'_, '_>) {
    let Some(text) = v.node.as_str() else {
        if matches!((v.ty, v.field), ("core.v1.ConfigMap" | "core.v1.Secret", "data" | "stringData" | "binaryData")) {
            data_keys(v.node, to);
        }
        return;
    };
    let at = v.node.span();
    match (v.ty, v.field) {
        ("core.v1.Container" | "core.v1.Volume" | "core.v1.EphemeralContainer", "name") => {
            let what = if v.ty.ends_with("Volume") { "the name of a volume" } else { "the name of a container" };
            named(to, text, at, what, Form::Label, 63);
        }
        ("core.v1.ContainerPort", "name") => port(to, text, at),
        ("core.v1.ServicePort", "name") => named(to, text, at, "the name of a port", Form::Label, 63),
        ("core.v1.EnvVar", "name") => variable(to, text, at),
        _ => {}
    }
}

fn named(to: &mut Typed<'_, '_>, text: &str, at: Option<Span>, what: &str, form: Form, most: usize) {
    let (good, rule) = match form {
        Form::Subdomain => (
            text.split('.').all(is_dashed),
            "lower-case letters, digits, `-` and `.`, a letter or digit first and last",
        ),
        Form::Label => (is_dashed(text), "lower-case letters, digits and `-`, a letter or digit first and last"),
        Form::Service => (
            is_dashed(text) && text.starts_with(|c: char| c.is_ascii_lowercase()),
            "lower-case letters, digits and `-`, a letter first",
        ),
        Form::Path => {
            (!text.is_empty() && text != "." && text != ".." && !text.contains(['/', '%']), "anything but `/` and `%`")
        }
    };
    if !good {
        let fix = format!("use {rule}{}", suggestion(text, form));
        to.error(CODE, format!("`{text}` cannot be {what}"), at, "refused by the API server", &fix);
    } else if text.len() > most {
        let message = format!("`{text}` is too long for {what}: {} characters, {most} at most", text.len());
        to.error(CODE, message, at, "too long", "shorten it");
    }
}

/// `: `backend-svc`` when the name turned into lower case with dashes is a good one.
fn suggestion(text: &str, form: Form) -> String {
    let dashed: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || (c == '.' && form == Form::Subdomain) { c } else { '-' })
        .collect();
    let dashed = dashed.to_ascii_lowercase();
    let dashed = dashed.trim_matches(['-', '.']);
    let first = dashed.starts_with(|c: char| c.is_ascii_lowercase());
    if form == Form::Path || !first { String::new() } else { format!(": `{dashed}`") }
}

fn port(to: &mut Typed<'_, '_>, text: &str, at: Option<Span>) {
    let good =
        text.len() <= 15 && is_dashed(text) && text.bytes().any(|b| b.is_ascii_lowercase()) && !text.contains("--");
    if !good {
        let fix = "use at most 15 lower-case letters, digits and single `-`, with a letter among them";
        to.error(CODE, format!("`{text}` cannot be the name of a port"), at, "refused by the API server", fix);
    }
}

fn variable(to: &mut Typed<'_, '_>, text: &str, at: Option<Span>) {
    let good = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // newer releases accept more; a shell and most programs do not
    if !good {
        let fix = "use letters, digits and `_`, no digit first";
        to.error(
            CODE,
            format!("`{text}` cannot be the name of an environment variable"),
            at,
            "no program reads it",
            fix,
        );
    }
}

fn data_keys(data: &Node, to: &mut Typed<'_, '_>) {
    for (key, value) in data.as_map().into_iter().flatten() {
        let good = !key.is_empty()
            && key.len() <= 253
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            && key != "."
            && !key.starts_with("..");
        if !good {
            let message = format!("`{key}` cannot be a key of a {}", to.object.kind());
            to.error(
                CODE,
                message,
                value.key_span(),
                "refused by the API server",
                "use letters, digits, `-`, `_` and `.`",
            );
        }
    }
}
