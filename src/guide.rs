//! How to use this crate, page by page. Documentation only.
//!
//! | page | contents |
//! |---|---|
//! | [`recipes`] | short programs: timeouts, retries, deadlines, limits, progress |
//! | [`groups`] | short programs with `group`: shutdown, cancellation, children that spawn children |
//! | [`mistakes`] | messages of rustc for common mistakes, and what to write instead |
//! | [`coming_from`] | from asyncio, `join_all`, `FuturesUnordered`, `buffered`, `JoinSet` |
//! | [`behaviour`] | order, drop, panic, cancellation, wakers and cost of all items |
//! | [`executors`] | tested executors, and what each needs |
//! | [`design`] | how it works |

#[doc = include_str!("guide/recipes.md")]
pub mod recipes {}

#[doc = include_str!("guide/groups.md")]
pub mod groups {}

#[doc = include_str!("guide/mistakes.md")]
pub mod mistakes {}

#[doc = include_str!("guide/coming_from.md")]
pub mod coming_from {}

#[doc = include_str!("guide/behaviour.md")]
pub mod behaviour {}

#[doc = include_str!("guide/executors.md")]
pub mod executors {}

#[doc = include_str!("guide/design.md")]
pub mod design {}
