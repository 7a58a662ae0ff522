//! Definitions of custom kinds, for clusters that lack them.

use std::path::Path;

use super::cluster::Cluster;
use super::{Space, tools};

/// Installs definitions, and waits until the server knows them.
#[track_caller]
fn define(cluster: &Cluster, path: &Path) {
    let path = path.canonicalize().unwrap().display().to_string();
    cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &path]).exits(0);
    cluster.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", &path]).exits(0);
}

/// Those of the Prometheus operator and of other makers that the testbed has.
pub fn install(cluster: &Cluster) {
    define(cluster, &tools::testbed_bin().parent().unwrap().join("share/definitions"));
}

/// Stand-ins for kagent's definitions, which no registry has: any fields. Level 1 tries the real ones where they are.
pub fn stand_in_for_agents(cluster: &Cluster, space: &Space) {
    let one = |kind: &str, plural: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{ name: {plural}.kagent.dev, labels: {{ bowline.dev/stand-in: \"true\" }} }}\nspec:\n  group: kagent.dev\n  scope: Namespaced\n  names: {{ kind: {kind}, plural: {plural}, singular: {} }}\n  versions:\n    - name: v1alpha2\n      served: true\n      storage: true\n      schema: {{ openAPIV3Schema: {{ type: object, x-kubernetes-preserve-unknown-fields: true }} }}\n",
            kind.to_lowercase()
        )
    };
    let all = [one("Agent", "agents"), one("ModelConfig", "modelconfigs"), one("RemoteMCPServer", "remotemcpservers")];
    space.write("definitions-of-agents.yaml", all.join("---\n"));
    define(cluster, &space.join("definitions-of-agents.yaml"));
}
