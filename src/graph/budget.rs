//! The ResourceQuota that fits an app: the sum of what its units may use, with room for one upgrade.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::tree::Node;
use crate::model::quantity;

use super::environments::most_pods;

/// Limits and requests of a container that states none.
pub fn limit_range() -> Json {
    json!({ "default": { "cpu": "250m", "memory": "256Mi" }, "defaultRequest": { "cpu": "50m", "memory": "64Mi" } })
}

/// Hard limits over the models of one environment.
pub fn quota(models: impl Iterator<Item = Node>) -> BTreeMap<String, String> {
    let (mut pods, mut claims) = (0, 0);
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for model in models.filter(|m| m.get_str("kind") != Some("External")) {
        // one more than the most: an upgrade starts a pod before it ends one
        let count = most_pods(&model) + i64::from(model.get_str("kind") != Some("StatefulSet"));
        pods += count;
        claims += i64::from(model.get("storage").is_some());
        claims += model.get("claims").and_then(Node::as_list).map_or(0, |l| i64::try_from(l.len()).unwrap_or(0));
        let proxy = model.get_str("mesh.kind").map_or([0.0; 4], proxy);
        for part in ["requests", "limits"] {
            for leaf in ["cpu", "memory"] {
                let amount =
                    model.get_str(&format!("resources.{part}.{leaf}")).and_then(quantity::parse).unwrap_or(0.0);
                let beside = proxy[usize::from(part == "limits") * 2 + usize::from(leaf == "memory")];
                #[expect(clippy::cast_precision_loss, reason = "a number of pods is small")]
                let total = (amount + beside) * count as f64;
                *sums.entry(format!("{part}.{leaf}")).or_default() += total;
            }
        }
    }
    let mut out: BTreeMap<String, String> =
        sums.into_iter().map(|(key, sum)| (key.clone(), rounded(&key, sum))).collect();
    out.insert("pods".to_owned(), (pods + 4).to_string());
    out.insert("persistentvolumeclaims".to_owned(), (claims + 1).to_string());
    out
}

/// What the proxy of a mesh asks for beside each container: requests and limits of CPU, then of memory.
fn proxy(mesh: &str) -> [f64; 4] {
    const MEBI: f64 = 1024.0 * 1024.0;
    // Istio's own defaults; Linkerd states none, so the namespace's LimitRange holds
    if mesh == "istio" { [0.1, 128.0 * MEBI, 2.0, 1024.0 * MEBI] } else { [0.05, 64.0 * MEBI, 0.25, 256.0 * MEBI] }
}

/// Whole cores, and memory in steps of 256 Mi, both upwards.
fn rounded(key: &str, sum: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sums of quantities are small and positive"
    )]
    let up = |n: f64| n.ceil() as u64;
    if key.ends_with("cpu") {
        up(sum).max(1).to_string()
    } else {
        format!("{}Mi", up(sum / (256.0 * 1024.0 * 1024.0)).max(1) * 256)
    }
}
