//! Drops nested groups one after the other, without recursion.

use alloc::{vec, vec::Vec};
use core::{any::Any, mem};

use super::{BoxError, Errors, Group};

/// How to drop one of the errors.
///
/// Only a boxed error can be a group, and the type of an `E` can be compared only if it is `'static`. `Drop` has no
/// such bound, as the struct has none, so the type is compared where the errors are collected. Errors that may
/// borrow are dropped normally. There is no other place for this: the box is made by the `From` of std,
/// and an `E` whose drop is delayed must not borrow.
pub(super) type DropError<E> = fn(E);

pub(super) fn drop_error<E: 'static>() -> Option<DropError<E>> {
    let drop_boxed: DropError<BoxError> = drop_boxed;
    let drop_error: &dyn Any = &drop_boxed;
    drop_error.downcast_ref().copied()
}

pub(super) fn drop_boxed(error: BoxError) {
    match error.downcast() {
        Ok(group) => each_leaf(*group, drop),
        Err(leaf) => drop(leaf),
    }
}

/// Passes all leaves to `each`, in order.
pub(super) fn each_leaf(group: Group, mut each: impl FnMut(BoxError)) {
    let mut groups = vec![group.into_iter()];
    while let Some(group) = groups.last_mut() {
        match group.next().map(|(_, error)| error.downcast::<Group>()) {
            Some(Ok(inner)) => groups.push(inner.into_iter()),
            Some(Err(leaf)) => each(leaf),
            None => drop(groups.pop()),
        }
    }
}

impl<E, K> Drop for Errors<E, K> {
    fn drop(&mut self) {
        if let Some(drop_error) = self.drop_error {
            let errors: Vec<_> = mem::take(&mut self.errors);
            errors.into_iter().for_each(|(_, error)| drop_error(error));
        }
    }
}
