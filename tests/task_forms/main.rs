//! Tasks files of many dialects: what the reader finds beside what a person wrote down by hand, and the law that
//! nothing is lost in silence.

mod law;
mod naive;
mod truth;
