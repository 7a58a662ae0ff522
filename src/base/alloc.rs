//! The allocator of the whole program: trees of many small values are made on several cores at once, for which
//! that of the C library is slow.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
