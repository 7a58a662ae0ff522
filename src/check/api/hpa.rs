//! `api-hpa-target`: an autoscaler needs a target that is there, alone, and measurable.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::tree::Node;
use crate::check::findings::Findings;
use crate::check::view::{Object, Scope, list};

const CODE: &str = "api-hpa-target";

pub(super) fn check(scope: &Scope<'_>, out: &mut Findings) {
    let mut owners: BTreeMap<(&str, &str), Object<'_>> = BTreeMap::new();
    for hpa in scope.of_kind("HorizontalPodAutoscaler") {
        let target = |key: &str| hpa.node.get("spec.scaleTargetRef").and_then(|t| t.get(key));
        let (Some(kind), Some(name)) = (target("kind").and_then(Node::as_str), target("name")) else { continue };
        let text = name.as_str().unwrap_or_default();
        if let Some(first) = owners.insert((kind, text), hpa) {
            let found = Diagnostic::error(CODE, format!("two autoscalers scale {}/{text}", kind.to_lowercase()))
                .at(hpa.place(), "again here")
                .and(first.place(), "first here")
                .fix("keep one of them");
            out.object(scope, &hpa, found);
        }
        let Some(workload) = scope.find(kind, text) else {
            let names: Vec<&str> = scope.of_kind(kind).map(|o| o.name()).collect();
            let fix = did_you_mean(text, names).unwrap_or_else(|| "name a workload that is there".to_owned());
            let message = format!("{} scales {}/{text}, which is not there", hpa.label(), kind.to_lowercase());
            out.object(scope, &hpa, Diagnostic::error(CODE, message).at(name.span(), "not there").fix(fix));
            continue;
        };
        if let Some(version) = target("apiVersion")
            && version.as_str() != Some(workload.api_version())
        {
            let message = format!("{} names {} under the wrong apiVersion", hpa.label(), workload.label());
            let fix = format!("write `{}`", workload.api_version());
            out.object(scope, &hpa, Diagnostic::error(CODE, message).at(version.span(), "not its version").fix(fix));
        }
        measurable(scope, &hpa, &workload, out);
    }
}

/// A share of the request can be computed only where something is requested.
fn measurable(scope: &Scope<'_>, hpa: &Object<'_>, workload: &Object<'_>, out: &mut Findings) {
    for metric in list(hpa.node, "spec.metrics") {
        if metric.get_str("resource.target.type") != Some("Utilization") {
            continue;
        }
        let Some(resource) = metric.get_str("resource.name") else { continue };
        for container in workload.containers() {
            let request = container.get("resources.requests").and_then(|r| r.get(resource));
            let limit = container.get("resources.limits").and_then(|r| r.get(resource));
            if request.or(limit).is_none() {
                let name = container.get_str("name").unwrap_or_default();
                let message = format!(
                    "{} scales by {resource}, and the container `{name}` of {} requests none",
                    hpa.label(),
                    workload.label()
                );
                let found = Diagnostic::error(CODE, message)
                    .at(metric.get("resource.name").and_then(Node::span), "a share of what is requested")
                    .and(container.span(), "requests none")
                    .fix(format!("add `resources.requests.{resource}` to the container"));
                out.object(scope, hpa, found);
            }
        }
    }
}
