//! The identity of a child in a set: [`Id`].

/// The identity of a child in a [`GatherSet`](super::GatherSet), returned by [`push`](super::GatherSet::push).
///
/// A set never uses an `Id` twice. Ids compare in the order of pushing. In another set, an `Id` has no meaning, and
/// may be that of another child.
///
/// ```
/// use std::future::ready;
/// use gather::{GatherSet, Id};
///
/// let mut set = GatherSet::new();
/// let (first, second): (Id, Id) = (set.push(ready(1)), set.push(ready(2)));
/// assert!(first < second);
/// set.clear();
/// assert_ne!(set.push(ready(1)), first);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    // First, for the order of comparison.
    pub(super) child: u64,
    pub(super) slot: usize,
}
