//! One file for each command.

pub mod adopt;
pub mod apply;
pub mod check;
pub mod compare;
pub mod constitution;
pub mod diff;
pub mod down;
pub mod generate;
pub mod graph;
pub mod help;
pub mod init;
pub mod open;
pub mod print;
pub mod rollback;
pub mod status;
pub mod tasks;
pub mod templates;
pub mod up;
pub mod why;
