//! Text to data: documents, typed blocks, YAML. Reports everything it could not understand.

pub mod adopted;
mod cited;
pub mod compose;
pub mod constitution;
pub mod deltas;
pub mod documents;
pub mod env_reads;
pub mod existing;
pub mod layout;
pub mod links;
pub mod markdown;
pub mod names;
pub mod notes;
pub mod order;
mod path_bytes;
mod path_words;
pub mod paths;
mod piece_set;
pub mod prose;
pub mod repository;
pub mod requirements;
pub mod score;
mod segments;
pub mod stack;
pub mod table;
pub mod tasks;
pub mod verbs;
mod word_set;
pub mod yaml;

pub use documents::documents;
