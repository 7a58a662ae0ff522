//! What a cluster answers when it does not do what is asked.

use crate::change::failure::{Failure, Fault};
use crate::change::object::ObjectId;

/// A field that somebody else manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldConflict {
    pub manager: String,
    /// `.spec.replicas`
    pub field: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error("no kubeconfig context: no cluster is configured")]
    NoContext,
    #[error("there is no context `{name}`; there are: {}", names(.known))]
    UnknownContext { name: String, known: Vec<String> },
    /// The text of the file is not shown: it holds credentials.
    #[error("cannot read the kubeconfig: {0}")]
    Kubeconfig(String),
    #[error("the cluster of context `{context}` does not answer at {server}: {why}")]
    Unreachable { context: String, server: String, why: String },
    #[error("{}", conflict(.object, .fields))]
    Conflict { object: Box<ObjectId>, fields: Vec<FieldConflict> },
    #[error("`{object}` was changed by somebody else at the same time")]
    Changed { object: Box<ObjectId> },
    #[error("`{object}` exists already")]
    Exists { object: Box<ObjectId> },
    #[error("the API server refuses `{object}`: {message}")]
    Refused { object: Box<ObjectId>, message: String },
    #[error("not allowed: {message}")]
    Denied { message: String },
    #[error("the cluster has no API for {kind} of `{group_version}`")]
    NoSuchKind { kind: String, group_version: String },
    #[error("the namespace `{0}` is not there")]
    NoNamespace(String),
    #[error("{0}")]
    Other(String),
}

fn names(known: &[String]) -> String {
    if known.is_empty() { "none".into() } else { known.join(", ") }
}

fn conflict(object: &ObjectId, fields: &[FieldConflict]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for conflict in fields {
        parts.push(format!("`{}` manages `{}`", conflict.manager, conflict.field));
    }
    format!("`{object}` is not changed: {}", parts.join(", "))
}

impl ClusterError {
    pub fn failure(&self) -> Failure {
        let text = self.to_string();
        match self {
            Self::NoContext => {
                Failure::world("no-cluster", text).fix("start one: `minikube start` or `kind create cluster`")
            }
            Self::UnknownContext { .. } => Failure::world("unknown-context", text),
            Self::Kubeconfig(_) => Failure::world("kubeconfig", text),
            Self::Unreachable { .. } => Failure::world("cluster-unreachable", text)
                .fix("start the cluster, or name another one with `--context`"),
            Self::Conflict { object, .. } => Failure::new("field-conflict", Fault::Conflict, text)
                .on((**object).clone())
                .fix("take the field out of the spec, or let the other manager give it up"),
            Self::Changed { object } | Self::Exists { object } => {
                Failure::new("changed-meanwhile", Fault::Conflict, text).on((**object).clone()).fix("run it again")
            }
            Self::Refused { object, .. } if text.contains("exceeded quota") => {
                Failure::world("quota-exceeded", text).on((**object).clone()).fix("raise the quota, or ask for less")
            }
            Self::Refused { object, .. } => Failure::new("refused", Fault::Documents, text).on((**object).clone()),
            Self::Denied { .. } => Failure::world("denied", text).fix("use a context that may do this"),
            Self::NoSuchKind { .. } => Failure::world("no-such-kind", text).fix("install what defines it first"),
            Self::NoNamespace(_) => Failure::world("no-namespace", text),
            Self::Other(_) => Failure::world("cluster", text),
        }
    }
}
