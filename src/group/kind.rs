//! The differences between `group` and `local_group`: [`Kind`]. The kind of `local_group`: [`Local`].

use alloc::{boxed::Box, rc::Rc};
use core::{cell::RefCell, future::Future, ops::Deref, pin::Pin, task::Waker};

use super::task::Ended;

/// How a group boxes its children, and shares state with handles. It is not exported, so it is sealed.
pub trait Kind: Sized {
    type Boxed<'env, E>: Future<Output = Ended<E>>;
    type Pointer<S>: Clone + Deref<Target = S>;
    type Lock<S>;

    /// Returns a number for the current thread, which is not 0 and unique among running threads.
    fn thread() -> usize;

    fn pointer<S>(shared: S) -> Self::Pointer<S>;
    /// Whether no other pointer is left. If so, all writes through the others are visible.
    fn is_only<S>(pointer: &Self::Pointer<S>) -> bool;
    fn lock<S>(value: S) -> Self::Lock<S>;
    /// Calls `with` under the lock. It must only move values: no wake, and no clone or drop of foreign types.
    fn with<S, R>(lock: &Self::Lock<S>, with: impl FnOnce(&mut S) -> R) -> R;

    /// Like `with`, for code that may store a waker. If `with` returns `None`, it is called again with a clone of
    /// `waker`. That clone is made outside the lock, and so is the drop of what `with` leaves in its place.
    fn with_waker<S, R>(
        lock: &Self::Lock<S>,
        waker: &Waker,
        mut with: impl FnMut(&mut S, &mut Option<Waker>) -> Option<R>,
    ) -> R {
        let mut own = None;
        loop {
            if let Some(done) = Self::with(lock, |state| with(state, &mut own)) {
                return done;
            }
            own = Some(waker.clone());
        }
    }
}

/// Makes sure that `place` holds a waker for the task of `waker`: the present one, or the clone in `own`. Returns
/// `None` if there is no clone yet.
pub(super) fn keep(
    place: &mut Option<Waker>,
    waker: &Waker,
    own: &mut Option<Waker>,
) -> Option<()> {
    if !place.as_ref().is_some_and(|known| known.will_wake(waker)) {
        let waker = own.take()?;
        *own = place.replace(waker);
    }
    Some(())
}

/// The default kind of the public types.
#[cfg(feature = "std")]
pub(super) type Usual = super::threads::Threads;
#[cfg(not(feature = "std"))]
pub(super) type Usual = Local;

/// For one thread: nothing needs to be `Send`, and nothing is atomic.
#[derive(Debug)]
pub enum Local {}

impl Kind for Local {
    type Boxed<'env, E> = Pin<Box<dyn Future<Output = Ended<E>> + 'env>>;
    type Pointer<S> = Rc<S>;
    type Lock<S> = RefCell<S>;

    #[inline]
    fn thread() -> usize {
        1
    }

    fn pointer<S>(shared: S) -> Rc<S> {
        Rc::new(shared)
    }

    #[inline]
    fn is_only<S>(pointer: &Rc<S>) -> bool {
        Rc::strong_count(pointer) == 1
    }

    fn lock<S>(value: S) -> RefCell<S> {
        RefCell::new(value)
    }

    #[inline]
    fn with<S, R>(lock: &RefCell<S>, with: impl FnOnce(&mut S) -> R) -> R {
        with(&mut lock.borrow_mut())
    }
}
