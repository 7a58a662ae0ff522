//! Text to data: documents, typed blocks, YAML. Reports everything it could not understand.

pub mod compose;
pub mod constitution;
pub mod documents;
pub mod env_reads;
pub mod layout;
pub mod markdown;
pub mod names;
pub mod notes;
pub mod paths;
pub mod prose;
pub mod repository;
pub mod requirements;
pub mod score;
pub mod stack;
pub mod table;
pub mod tasks;
pub mod verbs;
pub mod yaml;

pub use documents::documents;
