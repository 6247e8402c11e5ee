//! The kind of `group`: [`Threads`]. Its lock needs the standard library.

use alloc::{boxed::Box, sync::Arc};
use core::{future::Future, pin::Pin};
use std::sync::PoisonError;

use super::{kind::Kind, task::Ended};
use crate::sync::{Mutex, Ordering, fence};

/// For many threads: children are `Send`, and handles can be used on other threads.
#[derive(Debug)]
pub enum Threads {}

impl Kind for Threads {
    type Boxed<'env, E> = Pin<Box<dyn Future<Output = Ended<E>> + Send + 'env>>;
    type Pointer<S> = Arc<S>;
    type Lock<S> = Mutex<S>;

    #[inline]
    fn thread() -> usize {
        std::thread_local!(static HERE: u8 = const { 0 });
        HERE.with(|here| core::ptr::from_ref(here).addr())
    }

    fn pointer<S>(shared: S) -> Arc<S> {
        Arc::new(shared)
    }

    #[inline]
    fn is_only<S>(pointer: &Arc<S>) -> bool {
        let only = Arc::strong_count(pointer) == 1;
        if only {
            fence(Ordering::Acquire);
        }
        only
    }

    fn lock<S>(value: S) -> Mutex<S> {
        Mutex::new(value)
    }

    #[inline]
    fn with<S, R>(lock: &Mutex<S>, with: impl FnOnce(&mut S) -> R) -> R {
        // Never poisoned, as nothing panics under the lock.
        with(&mut lock.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
