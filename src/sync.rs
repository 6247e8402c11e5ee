//! Atomics, the unsafe cell and the lock behind one name: std's, `portable-atomic`'s, or loom's.

#[cfg(all(gather_loom, feature = "std"))]
pub(crate) use loom::sync::atomic::fence;
#[cfg(gather_loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize},
};

#[cfg(all(not(gather_loom), not(feature = "portable-atomic")))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};

#[cfg(all(not(gather_loom), feature = "portable-atomic"))]
pub(crate) use portable_atomic::{AtomicBool, AtomicPtr, AtomicUsize};

pub(crate) use core::sync::atomic::Ordering;

#[cfg(all(gather_loom, feature = "std"))]
pub(crate) use loom::sync::Mutex;

#[cfg(all(not(gather_loom), feature = "std"))]
pub(crate) use std::sync::Mutex;

#[cfg(all(not(gather_loom), feature = "std"))]
pub(crate) use core::sync::atomic::fence;

/// `core`'s cell with loom's interface, through which loom sees every access.
#[cfg(not(gather_loom))]
pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

#[cfg(not(gather_loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}

/// Tells loom that all uses of `atomic` are over.
#[cfg(gather_loom)]
pub(crate) fn see_freed(atomic: &mut AtomicUsize) {
    atomic.with_mut(|_| ());
}

#[cfg(not(gather_loom))]
pub(crate) fn see_freed(_: &mut AtomicUsize) {}
