//! Text to data: documents, typed blocks, YAML. Reports everything it could not understand.

pub mod stack;
pub mod yaml;
