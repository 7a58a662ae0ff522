//! Pictures of the graph: DOT, Mermaid, JSON. Same nodes, same names, same order in each.

mod dot;
mod json;
mod mermaid;
mod picture;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use picture::{Picture, State, picture};
