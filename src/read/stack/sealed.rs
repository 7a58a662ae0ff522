//! A SealedSecret in a file: its name and the names of its keys. The values are encrypted for one cluster.

use std::collections::BTreeSet;

use crate::base::source::Sources;
use crate::base::tree::Node;
use crate::read::yaml::{Piece, parse};

/// What a SealedSecret manifest says in the open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Name of the Secret that the controller makes of it.
    pub name: String,
    pub namespace: Option<String>,
    pub keys: BTreeSet<String>,
}

/// Reads a manifest; `None` when it is something else.
pub fn read(text: &str) -> Option<Sealed> {
    if !text.contains("SealedSecret") {
        return None;
    }
    let mut sources = Sources::default();
    let file = sources.add("sealed", text);
    let node = parse(&Piece::at(file, text, 0)).ok()?;
    if node.get_str("kind") != Some("SealedSecret") {
        return None;
    }
    let keys = node.get("spec.encryptedData").and_then(Node::as_map).map(|m| m.keys().cloned().collect());
    let name = node.get_str("metadata.name")?;
    Some(Sealed {
        name: name.to_owned(),
        namespace: node.get_str("metadata.namespace").map(str::to_owned),
        keys: keys.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_and_something_else() {
        let text = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: keys, namespace: todo }\nspec:\n  encryptedData: { A: AgB, B: AgC }\n";
        let sealed = read(text).unwrap();
        assert_eq!((sealed.name.as_str(), sealed.namespace.as_deref()), ("keys", Some("todo")));
        assert_eq!(sealed.keys.iter().map(String::as_str).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(read("kind: Secret\nmetadata: { name: x }\n"), None);
        assert_eq!(read("# SealedSecret\nA=b\n"), None);
    }
}
