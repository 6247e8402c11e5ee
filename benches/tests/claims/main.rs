//! What the docs say of other crates, asserted of the versions in use.
//!
//! `cargo test --manifest-path benches/Cargo.toml` runs it. A test that fails here after an update of a peer says
//! which sentence of the docs is no longer true: each names the row of the table in `README.md` or in
//! `src/guide/coming_from.md` that it stands for.
//!
//! Every table has `gather` in it, so that the same test says what is true of it.

mod allocations;
mod drops;
mod limits;
mod panics;
mod stage;
mod tasks;
mod wakes;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;
