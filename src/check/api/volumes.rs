//! `api-volume-resolves`: mounts name a volume of their pod, and a volume has one source.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::tree::Node;
use crate::check::view::list;

use super::Typed;

const CODE: &str = "api-volume-resolves";

pub(super) fn object(to: &mut Typed<'_, '_>) {
    let object = to.object;
    let Some(pod) = object.pod() else { return };
    let volumes = list(pod, "volumes");
    let claims = list(object.node, "spec.volumeClaimTemplates");
    let known: Vec<&str> = volumes
        .iter()
        .filter_map(|v| v.get_str("name"))
        .chain(claims.iter().filter_map(|c| c.get_str("metadata.name")))
        .collect();
    for volume in volumes {
        let sources = volume.as_map().map_or(0, |m| m.iter().filter(|(k, v)| *k != "name" && !v.is_null()).count());
        if sources > 1 {
            let name = volume.get_str("name").unwrap_or_default();
            let message = format!("the volume `{name}` of {} has {sources} sources", object.label());
            to.error(CODE, message, volume.span(), "more than one source", "keep one source");
        }
    }
    for container in object.all_containers() {
        let mut paths: BTreeMap<&str, &Node> = BTreeMap::new();
        for mount in list(container, "volumeMounts") {
            let Some(name) = mount.get("name") else { continue };
            let text = name.as_str().unwrap_or_default();
            if !known.contains(&text) {
                let message = format!("{} mounts the volume `{text}`, which it does not have", object.label());
                let fix = did_you_mean(text, known.iter().copied())
                    .unwrap_or_else(|| format!("add a volume `{text}` to the pod"));
                to.error(CODE, message, name.span(), "no such volume", &fix);
            }
            let Some(path) = mount.get("mountPath") else { continue };
            if let Some(first) = paths.insert(path.as_str().unwrap_or_default(), path) {
                let message =
                    format!("{} mounts two volumes at `{}`", object.label(), path.as_str().unwrap_or_default());
                let found = Diagnostic::error(CODE, message)
                    .at(path.span(), "again here")
                    .and(first.span(), "first here")
                    .fix("mount them at different paths");
                to.add(found);
            }
        }
    }
}
