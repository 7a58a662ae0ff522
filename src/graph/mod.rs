//! From documents to one graph: the typed blocks become an app, tasks and artifacts are joined and ordered.

pub mod budget;
pub mod defaults;
pub mod environments;
pub mod expand;
pub mod merge;
pub mod resolve;
pub mod shape;

#[cfg(test)]
mod tests;
