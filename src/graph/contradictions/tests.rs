//! Each contradiction with the whole text that says it, and silence where there is none.
