//! Pictures of the graph: DOT, Mermaid, JSON. Same nodes, same names, same order in each.

mod dot;
mod fold;
mod json;
mod mermaid;
mod picture;

pub use dot::dot;
pub use fold::{Level, fold, level};
pub use json::json;
pub use mermaid::mermaid;
pub use picture::{Picture, State, picture};
