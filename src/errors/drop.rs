//! Groups in groups are dropped one after the other, not each within the drop of the one around it.

use alloc::{vec, vec::Vec};
use core::{any::Any, mem};

use super::{BoxError, Errors, Group};

/// How to drop one of the errors.
///
/// Only a boxed one may be a group, and whether an `E` is that can only be told of an `E: 'static`. So it
/// is found out where the errors are collected, and not in the drop: `Drop` must do with the bounds of
/// the struct, and that has none. Errors that may borrow are dropped as they are. Nothing else would do:
/// the box is made by std's own `From`, so there is no place to unnest or to count on the way in; and
/// to put off the drop of an `E` until the drops around it are done, it must not borrow.
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

/// Gives all leaves to `each`, in order.
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
