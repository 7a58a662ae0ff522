//! Artifacts: templates rendered once and printed many times, stamped, digested, stored.

pub mod artifact;
pub mod draw;
pub mod ingredients;
pub mod lint;
pub mod literal;
pub mod load;
pub mod mark;
pub mod print;
pub mod run;
pub mod set;
pub mod stamp;
pub mod template;
pub mod values;
