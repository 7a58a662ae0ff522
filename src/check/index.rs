//! Finding objects by kind, name and labels without looking at all of them: checks stay linear in the workspace.

use std::collections::BTreeMap;

use crate::base::tree::Node;

use super::view::{Object, texts};

pub(super) type Labels<'a> = BTreeMap<&'a str, &'a str>;

/// Key and value.
type Label<'a> = (&'a str, &'a str);

/// Positions in a scope's list of objects.
pub(super) struct Index<'a> {
    pub(super) kinds: BTreeMap<&'a str, Vec<usize>>,
    /// The first of each kind and name.
    pub(super) names: BTreeMap<(&'a str, &'a str), usize>,
    /// What makes pods, with their labels.
    pub(super) pods: Vec<(usize, Labels<'a>)>,
    /// Positions in `pods` by label.
    carriers: BTreeMap<Label<'a>, Vec<usize>>,
    /// Policies and budgets by kind and one label that they ask for; `None` for those that ask for none.
    selectors: BTreeMap<(&'a str, Option<Label<'a>>), Vec<usize>>,
    /// Autoscalers by kind and name of what they scale.
    pub(super) scaled: BTreeMap<(&'a str, &'a str), usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(objects: &[Object<'a>]) -> Self {
        let mut index = Self {
            kinds: BTreeMap::new(),
            names: BTreeMap::new(),
            pods: Vec::new(),
            carriers: BTreeMap::new(),
            selectors: BTreeMap::new(),
            scaled: BTreeMap::new(),
        };
        for (position, object) in objects.iter().enumerate() {
            let kind = object.kind();
            index.kinds.entry(kind).or_default().push(position);
            index.names.entry((kind, object.name())).or_insert(position);
            if object.template().is_some() {
                let labels = object.pod_labels();
                for (key, value) in &labels {
                    index.carriers.entry((key, value)).or_default().push(index.pods.len());
                }
                index.pods.push((position, labels));
            }
            let selector = match kind {
                "NetworkPolicy" => object.node.get("spec.podSelector"),
                "PodDisruptionBudget" => object.node.get("spec.selector"),
                _ => None,
            };
            if matches!(kind, "NetworkPolicy" | "PodDisruptionBudget") {
                let label = selector.and_then(|s| texts(s, "matchLabels").into_iter().next());
                index.selectors.entry((kind, label)).or_default().push(position);
            }
            if kind == "HorizontalPodAutoscaler" {
                let target = |key: &str| object.node.get("spec.scaleTargetRef")?.get(key).and_then(Node::as_str);
                if let (Some(kind), Some(name)) = (target("kind"), target("name")) {
                    index.scaled.entry((kind, name)).or_insert(position);
                }
            }
        }
        index
    }

    /// Pods that may carry all of `wanted`: those with the rarest of these labels, or all.
    pub(super) fn near(&self, wanted: &Labels<'_>) -> Vec<&(usize, Labels<'a>)> {
        let none = Vec::new();
        let rarest = wanted.iter().map(|(k, v)| self.carriers.get(&(*k, *v)).unwrap_or(&none)).min_by_key(|c| c.len());
        match rarest {
            Some(carriers) => carriers.iter().map(|i| &self.pods[*i]).collect(),
            None => self.pods.iter().collect(),
        }
    }

    /// Objects of the kind that may select these labels, in the order of the files.
    pub(super) fn selecting(&self, kind: &'static str, labels: &Labels<'_>) -> Vec<usize> {
        let asked = labels.iter().map(|(k, v)| Some((*k, *v))).chain([None]);
        let mut found: Vec<usize> = asked.filter_map(|l| self.selectors.get(&(kind, l))).flatten().copied().collect();
        found.sort_unstable();
        found
    }
}
