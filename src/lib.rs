#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
mod completions;
#[cfg(feature = "alloc")]
mod gather;
mod outcomes;
#[cfg(feature = "alloc")]
#[allow(unsafe_code)]
mod slots;
#[cfg(feature = "alloc")]
mod sync;
#[cfg(feature = "alloc")]
mod table;
#[cfg(feature = "alloc")]
mod try_gather;
#[cfg(feature = "alloc")]
#[allow(unsafe_code)]
mod wakers;

#[cfg(feature = "alloc")]
pub use self::{
    completions::Completions,
    gather::{Gather, Inspect, Until, gather},
    outcomes::Outcomes,
    try_gather::{TryGather, try_gather},
};
