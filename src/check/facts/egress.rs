//! `egress-undeclared`: the key of a provider on the internet, and no way out to it.

use std::collections::BTreeSet;

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::base::tree::{Node, Tree};

use super::Ground;
use super::chart::Chart;
use super::code::Component;
use super::given::Deployment;
use super::objects::{Object, is_printed};

/// Keys that are used for nothing but calls to a host on the internet.
const PROVIDERS: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "OpenAI"),
    ("GEMINI_API_KEY", "Gemini"),
    ("GOOGLE_API_KEY", "Google"),
    ("ANTHROPIC_API_KEY", "Anthropic"),
    ("COHERE_API_KEY", "Cohere"),
    ("GROQ_API_KEY", "Groq"),
    ("MISTRAL_API_KEY", "Mistral"),
    ("OPENROUTER_API_KEY", "OpenRouter"),
    ("STRIPE_SECRET_KEY", "Stripe"),
    ("STRIPE_API_KEY", "Stripe"),
    ("SENDGRID_API_KEY", "SendGrid"),
    ("RESEND_API_KEY", "Resend"),
];

pub(super) fn check(
    ground: &mut Ground<'_>,
    components: &[Component],
    charts: &[Chart],
    objects: &[Object],
    deployments: &[Deployment],
) {
    let groups: BTreeSet<Option<&String>> = objects.iter().map(|o| o.chart.as_ref()).collect();
    for group in groups {
        let here: Vec<&Object> = objects.iter().filter(|o| o.chart.as_ref() == group).collect();
        let chart = charts.iter().find(|c| Some(&c.path) == group);
        let Some(denial) = closed(ground, chart, &here) else { continue };
        let mut said: BTreeSet<(usize, &str)> = BTreeSet::new();
        for deployment in deployments.iter().filter(|d| here.iter().any(|o| o.path == d.path)) {
            for (name, at) in &deployment.given {
                let Some((_, provider)) = PROVIDERS.iter().find(|(key, _)| key == name) else { continue };
                if !said.insert((deployment.component, name)) {
                    continue;
                }
                let component = &components[deployment.component].name;
                let found = Diagnostic::error(
                    "egress-undeclared",
                    format!("`{component}` cannot reach {provider}: no policy lets it out"),
                )
                .at(*at, format!("a key for calls to {provider}"))
                .and(denial, "denies every way out, and no other policy opens one")
                .fix(format!("add a NetworkPolicy that lets the pods of `{component}` reach port 443 outside"));
                ground.add_of(&[name], found, &[&deployment.path]);
            }
        }
    }
}

/// The policy that denies all egress to all pods, when no policy of the group opens a way to the internet.
fn closed(ground: &Ground<'_>, chart: Option<&Chart>, here: &[&Object]) -> Option<Span> {
    let policies: Vec<&&Object> =
        here.iter().filter(|o| o.node.get_str("kind").is_some_and(|k| k.contains("NetworkPolicy"))).collect();
    if policies.iter().any(|p| p.node.get_str("kind") != Some("NetworkPolicy")) {
        return None;
    }
    // a policy that could not be read may open anything
    let unread = chart.is_some_and(|c| {
        c.templates.iter().any(|(path, file, template)| {
            let text = ground.sources.text(*file);
            let loops = template.actions.iter().any(|a| {
                let words = &text[a.inner.clone()];
                words.starts_with("range") || words.contains("toYaml") || words.starts_with("include")
            });
            text.contains("NetworkPolicy") && (loops || !here.iter().any(|o| o.path == *path))
        })
    });
    let opens = policies.iter().any(|p| p.node.get("spec.egress").is_some_and(lets_out));
    if unread || opens {
        return None;
    }
    let denies = |policy: &&&&Object| {
        let node = &policy.node;
        let all =
            node.get("spec.podSelector").is_some_and(|s| s.as_map().is_some_and(std::collections::BTreeMap::is_empty));
        let egress = node.get("spec.policyTypes").and_then(Node::as_list).unwrap_or_default();
        let nothing =
            node.get("spec.egress").is_none_or(|e| e.is_null() || e.as_list().is_some_and(<[Node]>::is_empty));
        all && nothing && egress.iter().any(|t| t.as_str() == Some("Egress"))
    };
    let policy = policies.iter().find(denies)?;
    policy.node.get("metadata.name").or_else(|| policy.node.get("kind")).and_then(Node::span)
}

/// Whether a list of egress rules lets anything out of the cluster; a name server alone is no way out.
fn lets_out(egress: &Node) -> bool {
    let Some(rules) = egress.as_list() else { return !egress.is_null() };
    rules.iter().any(|rule| {
        let ports = rule.get("ports").and_then(Node::as_list).unwrap_or_default();
        let names = |p: &Node| matches!(p.get("port").map(|p| &p.tree), Some(Tree::Int(53)));
        let only_names = !ports.is_empty() && ports.iter().all(names);
        let to = rule.get("to").filter(|t| !t.is_null());
        let outside = to.is_none_or(|to| match to.as_list() {
            None => true,
            Some(list) => {
                list.is_empty() || list.iter().any(|t| t.get("ipBlock").is_some() || t.as_str().is_some_and(is_printed))
            }
        });
        outside && !only_names
    })
}
