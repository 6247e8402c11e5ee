//! What to do with many results.

/// TODO
pub trait Outcomes<T, E> {}
