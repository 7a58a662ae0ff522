//! `secret-fallback-public`: a secret with a value that whoever reads the repository knows.

use std::ops::Range;

use crate::base::base64::from_base64;
use crate::base::diag::{Diagnostic, Edit, Severity};
use crate::base::source::{FileId, Span, on_characters};
use crate::base::tree::{Node, Tree};
use crate::make::stamp::{self, Reading};
use crate::read::repository::name;
use crate::read::yaml::{self, Piece};

use super::Ground;
use super::chart::Chart;
use super::code::Component;
use super::compose::Service;
use super::given::{Deployment, mentions};
use super::gotemplate;
use super::objects::Object;
use super::secret_names::{is_placeholder, is_secret, is_value};

/// A public value of a secret.
struct Leak {
    /// Whose it is, as the file names it.
    what: String,
    span: Span,
    placeholder: bool,
    /// Whether it holds always, and not for want of another.
    always: bool,
}

pub(super) fn check(ground: &mut Ground<'_>, charts: &[Chart], objects: &[Object], services: &[Service]) {
    for chart in charts {
        templates(ground, chart);
        values(ground, chart);
    }
    for object in objects.iter().filter(|o| o.chart.is_none()) {
        manifest(ground, object);
    }
    compose(ground, services);
}

/// Says it, and hides the value in every report.
fn say(
    ground: &mut Ground<'_>,
    leak: &Leak,
    severity: Severity,
    how: &str,
    fix: String,
    edit: Option<Edit>,
    about: &[&str],
) {
    ground.sources.mask(leak.span);
    let kind = if leak.placeholder { "a placeholder" } else { "a value" };
    let has = if leak.always { "has" } else { "falls back to" };
    let message = format!("`{}` {has} {kind} that stands in the repository", leak.what);
    let label = if leak.placeholder { format!("a placeholder, and {how}") } else { how.to_owned() };
    let mut found = Diagnostic::new("secret-fallback-public", severity, message).at(leak.span, label).fix(fix);
    found.edits.extend(edit);
    ground.add_of(&[&leak.what], found, about);
}

/// `{{ .Values.jwtSecret | default "…" }}` for a key or a value of a secret's name.
fn templates(ground: &mut Ground<'_>, chart: &Chart) {
    for (path, file, template) in &chart.templates {
        let text = ground.sources.text(*file).to_owned();
        for action in &template.actions {
            let Some(literal) = default(&text, &action.inner) else { continue };
            let read = gotemplate::values(&text, &action.inner);
            let [(value, _)] = read.as_slice() else { continue };
            let last = value.last().map(String::as_str).unwrap_or_default();
            let key = key_before(&text, action.range.start);
            let holds = matches!(key, "name" | "secretName" | "key" | "existingSecret");
            if holds || !(is_secret(last) || is_secret(key)) || !is_value(&text[literal.text.clone()]) {
                continue;
            }
            let whole = value.join(".");
            let leak = Leak {
                what: if is_secret(key) { key.to_owned() } else { whole.clone() },
                span: Span::new(*file, literal.text.start, literal.text.end),
                placeholder: is_placeholder(&text[literal.text.clone()]),
                always: false,
            };
            let edit = Edit {
                span: Span::new(*file, literal.call.start, literal.call.end),
                replacement: format!("required \"set {whole}\""),
            };
            let how = format!("used whenever `{whole}` is not given");
            let fix = format!("ask for it: `required \"set {whole}\"` in place of `default`");
            say(ground, &leak, Severity::Error, &how, fix, Some(edit), &[path]);
        }
    }
}

/// `default "text"` in an action.
struct Default {
    /// With the word and the quotes.
    call: Range<usize>,
    /// Inside the quotes.
    text: Range<usize>,
}

fn default(text: &str, inner: &Range<usize>) -> Option<Default> {
    let body = &text[inner.clone()];
    let at = body.find("default ").filter(|at| !body[..*at].ends_with(|c: char| c.is_alphanumeric()))?;
    let rest = &body[at + "default ".len()..];
    let open = rest.len() - rest.trim_start().len();
    let quote = rest[open..].chars().next().filter(|c| matches!(c, '"' | '`'))?;
    let length = rest[open + 1..].find(quote)?;
    let start = inner.start + at;
    let from = start + "default ".len() + open + 1;
    Some(Default { call: start..from + length + 1, text: from..from + length })
}

/// The key of the YAML line on which a place stands; empty where none does.
fn key_before(text: &str, at: usize) -> &str {
    let near = &text[on_characters(text, at.saturating_sub(1000)..at)];
    let line = near.rsplit('\n').next().unwrap_or_default();
    let Some((key, _)) = line.split_once(':') else { return "" };
    let key = key.trim().trim_start_matches("- ").trim_matches(['"', '\'']);
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if key.chars().all(part) { key } else { "" }
}

/// Secrets with a value in `values.yaml`.
fn values(ground: &mut Ground<'_>, chart: &Chart) {
    let own: Vec<String> = ground
        .repository
        .below(&chart.path)
        .filter(|p| name(p).starts_with("values") && (p.ends_with(".yaml") || p.ends_with(".yml")))
        .filter(|p| !["example", "sample"].iter().any(|w| p.contains(w)) && !p.contains("/charts/"))
        .map(str::to_owned)
        .collect();
    for path in own {
        let Some(file) = ground.text(&path) else { continue };
        if is_generated(ground, file) {
            continue;
        }
        let Ok(node) = yaml::parse(&Piece::at(file, ground.sources.text(file), 0)) else { continue };
        let mut leaks = Vec::new();
        literals(&node, &mut leaks);
        for leak in leaks {
            let severity = if leak.placeholder { Severity::Warning } else { Severity::Error };
            let how = "deployed whenever no other is given";
            let fix = format!("leave `{}` empty, and give it with `--set` or a file that Git does not take", leak.what);
            say(ground, &leak, severity, how, fix, None, &[&path]);
        }
    }
}

/// Whether Bowline wrote the file; one that was adopted is a person's.
fn is_generated(ground: &Ground<'_>, file: FileId) -> bool {
    let reading = stamp::read(ground.sources.path(file), ground.sources.text(file).as_bytes());
    matches!(reading, Reading::Intact(_) | Reading::Edited(_))
}

/// Texts below keys that are names of secrets, and `name:`/`value:` pairs of variables.
fn literals(node: &Node, leaks: &mut Vec<Leak>) {
    match &node.tree {
        Tree::Map(map) => {
            let variable = map.get("name").and_then(Node::as_str).zip(map.get("value"));
            if let Some((name, value)) = variable {
                leaks.extend(literal(name, value));
                return;
            }
            for (key, value) in map {
                if value.as_str().is_some() {
                    leaks.extend(literal(key, value));
                } else {
                    literals(value, leaks);
                }
            }
        }
        Tree::List(list) => list.iter().for_each(|n| literals(n, leaks)),
        _ => {}
    }
}

fn literal(name: &str, value: &Node) -> Option<Leak> {
    let text = value.as_str()?;
    let span = value.span()?;
    let known = is_secret(name) && is_value(text) && span.start < span.end;
    // `secret: notes-secrets` names an object
    let reference = matches!(name, "secret" | "token" | "credentials") && text.contains("secret");
    (known && !reference).then(|| Leak {
        what: name.to_owned(),
        span,
        placeholder: is_placeholder(text),
        always: false,
    })
}

/// Values in a Secret and in variables of containers.
fn manifest(ground: &mut Ground<'_>, object: &Object) {
    if is_generated(ground, object.file) {
        return;
    }
    let mut leaks = Vec::new();
    match object.node.get_str("kind") {
        Some("Secret") => {
            for path in ["stringData", "data"] {
                for (key, value) in object.node.get(path).and_then(Node::as_map).into_iter().flatten() {
                    let Some((text, span)) = value.as_str().zip(value.span()) else { continue };
                    let decoded = if path == "data" { decoded(text) } else { Some(text.to_owned()) };
                    let Some(plain) = decoded.filter(|p| is_value(p) && is_secret(key)) else { continue };
                    leaks.push(Leak { what: key.clone(), span, placeholder: is_placeholder(&plain), always: true });
                }
            }
        }
        Some("Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" | "Pod" | "ConfigMap") => {
            literals(&object.node, &mut leaks);
            leaks.iter_mut().for_each(|l| l.always = true);
        }
        _ => {}
    }
    for leak in leaks {
        let severity = if leak.placeholder { Severity::Warning } else { Severity::Error };
        let fix =
            "make the Secret from values that Git does not take: `kubectl create secret generic … --from-env-file`";
        say(ground, &leak, severity, "what the cluster gets", fix.to_owned(), None, &[&object.path]);
    }
}

/// The text of base64 on one line; nothing when it is none.
fn decoded(text: &str) -> Option<String> {
    let digits = text.trim().trim_end_matches('=');
    if digits.contains(|c: char| c == '=' || c.is_ascii_whitespace()) {
        return None;
    }
    String::from_utf8(from_base64(digits)?).ok()
}

/// `${JWT_SECRET:-…}` in a compose file. It is for one machine, so that this is a warning.
fn compose(ground: &mut Ground<'_>, services: &[Service]) {
    for service in services {
        if is_generated(ground, service.file) {
            continue;
        }
        for (key, _, value) in &service.environment {
            let Some((_, span)) = value else { continue };
            let text = ground.sources.slice(*span);
            let known = |(name, literal): &(&str, Range<usize>)| {
                (is_secret(name) || is_secret(key)) && is_value(&text[literal.clone()])
            };
            let leaks = fallbacks(text).into_iter().filter(known).map(|(name, literal)| Leak {
                what: name.to_owned(),
                placeholder: is_placeholder(&text[literal.clone()]),
                always: false,
                span: Span::new(span.file, span.start as usize + literal.start, span.start as usize + literal.end),
            });
            for leak in leaks.collect::<Vec<_>>() {
                let how = format!("used by `{}` whenever the variable is not set", service.name);
                let fix = format!("ask for it: `${{{0}:?set {0}}}`", leak.what);
                say(ground, &leak, Severity::Warning, &how, fix, None, &[&service.path]);
            }
        }
    }
}

/// The name and the place of the default of each `${NAME:-default}`; of those inside of each other the innermost.
fn fallbacks(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut all = Vec::new();
    let mut at = 0;
    for piece in text.split("${") {
        let start = at;
        at += piece.len() + 2;
        let Some(end) = piece.find('}').filter(|_| start > 0) else { continue };
        let Some(dash) = piece[..end].find('-') else { continue };
        let name = piece[..dash].trim_end_matches(':');
        if !name.contains([':', '?', '$']) {
            all.push((name, start + dash + 1..start + end));
        }
    }
    all
}

/// Defaults in the code: an error where the code is deployed to a cluster without the variable, so that the default
/// is what holds.
pub(super) fn code(ground: &mut Ground<'_>, components: &[Component], deployments: &[Deployment]) {
    for (index, component) in components.iter().enumerate() {
        for read in &component.reads {
            let Some(literal) = read.literal else { continue };
            let text = ground.sources.slice(literal);
            if !is_secret(&read.name) || !is_value(text) || text.len() < 4 {
                continue;
            }
            let leak =
                Leak { what: read.name.clone(), span: literal, placeholder: is_placeholder(text), always: false };
            let without = deployments.iter().find(|d| {
                let known = d.in_cluster && !d.open && !d.commanded && !component.from_file;
                d.component == index && known && !mentions(&d.text, &read.name)
            });
            let severity = if without.is_some() { Severity::Error } else { Severity::Warning };
            let fix = format!("read it without a default, so that a deployment without `{}` does not start", read.name);
            let path = ground.sources.path(literal.file).to_owned();
            say(ground, &leak, severity, "used whenever the variable is not set", fix, None, &[&path]);
            if let Some((deployment, found)) = without.zip(ground.found.last_mut()) {
                found.diagnostic = found.diagnostic.clone().and(deployment.at, "deployed here without it");
            }
        }
    }
}
