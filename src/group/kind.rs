//! What a group for one thread and a group for many differ in, and the group for one.

use alloc::{boxed::Box, rc::Rc};
use core::{cell::RefCell, future::Future, ops::Deref, pin::Pin, task::Waker};

use super::child::Ended;

/// How children are boxed, and how things are shared. Nothing else can implement it.
pub trait Kind: Sized {
    type Boxed<'env, E>: Future<Output = Ended<E>>;
    type Pointer<S>: Clone + Deref<Target = S>;
    type Lock<S>;

    /// A number of this thread, that is not 0, and that no other thread has meanwhile.
    fn thread() -> usize;

    fn pointer<S>(shared: S) -> Self::Pointer<S>;
    /// Whether there is no other one. What was done through others is seen then.
    fn is_only<S>(pointer: &Self::Pointer<S>) -> bool;
    fn lock<S>(value: S) -> Self::Lock<S>;
    /// `with` is to do nothing but move values: no wake, no clone or drop of what is foreign.
    fn with<S, R>(lock: &Self::Lock<S>, with: impl FnOnce(&mut S) -> R) -> R;

    /// The same for what may have to keep a waker. If it gives `None`, it is called once more, with a
    /// clone of `waker`. That is made, and what is left in its place is dropped, without the lock.
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

/// Keeps a waker as good as `waker` in `place`: what is there, or else the clone of it, if there is
/// one yet.
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

/// What a type is of, if it does not say so.
#[cfg(feature = "std")]
pub(super) type Usual = super::threads::Threads;
#[cfg(not(feature = "std"))]
pub(super) type Usual = Local;

/// Everything stays where it is, and nothing is atomic.
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
