//! Artifacts: templates rendered once and printed many times, stamped, digested, stored.

pub mod artifact;
pub mod lint;
pub mod literal;
pub mod load;
pub mod mark;
pub mod print;
pub mod set;
pub mod template;
pub mod draw;
pub mod stamp;
pub mod ingredients;
pub mod run;
pub mod values;
