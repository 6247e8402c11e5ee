//! The contenders, by the kind of job.

pub(crate) mod fixed;
pub(crate) mod groups;
pub(crate) mod joins;
pub(crate) mod limits;
pub(crate) mod sets;
pub(crate) mod streams;
pub(crate) mod tries;

mod floor;
mod outputs;
mod runtime;
