//! A change to one object, for one task: `templates/NAME.patch.yaml`.

use crate::base::source::Span;
use crate::base::tree::Node;

use super::ids::Identity;

/// How the files of patches end.
pub const ENDING: &str = ".patch.yaml";

/// A typed patch. It is the same in every environment: what differs between them stands in the spec.
#[derive(Clone, Debug)]
pub struct Patch {
    /// File name below `templates/`.
    pub name: String,
    /// The object that it changes.
    pub object: Identity,
    pub object_span: Option<Span>,
    /// The task that asks for it, as written.
    pub task: String,
    pub task_span: Option<Span>,
    /// The part of the object that is different: maps merge, lists of things with a `name` merge by it, other lists
    /// and values replace, null removes.
    pub body: Node,
}
