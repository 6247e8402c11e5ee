//! How to use this crate, page by page. Documentation only.
//!
//! | page | says |
//! |---|---|
//! | [`recipes`] | how to do it: timeouts, retries, deadlines, limits, shutdown; and what compilers report |
//! | [`coming_from`] | what a loop you know becomes: asyncio, `join_all`, `FuturesUnordered`, `buffered`, `JoinSet` |
//! | [`behaviour`] | order, drop, panic, cancellation, wakers and cost, once for all items |
//! | [`executors`] | what it was run on, and what each executor needs |
//! | [`design`] | how it works |

#[doc = include_str!("guide/recipes.md")]
pub mod recipes {}

#[doc = include_str!("guide/coming_from.md")]
pub mod coming_from {}

#[doc = include_str!("guide/behaviour.md")]
pub mod behaviour {}

#[doc = include_str!("guide/executors.md")]
pub mod executors {}

#[doc = include_str!("guide/design.md")]
pub mod design {}
