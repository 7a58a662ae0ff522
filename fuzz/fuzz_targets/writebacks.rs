//! The law `writebacks` of `tests/laws/law.rs` on any text.
#![no_main]

#[allow(dead_code, reason = "the other target uses the rest")]
#[path = "../../tests/laws/law.rs"]
mod law;

libfuzzer_sys::fuzz_target!(|text: &str| law::writebacks(text));
