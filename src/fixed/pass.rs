//! A poll of all running children.

use core::{
    mem,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

use super::children::Children;
use crate::unwind::WakeOnUnwind;

/// The value of `next` after completion.
pub(super) const OVER: usize = usize::MAX;

/// Polls the running children from `next` to the last, then from the first on. `name` is for panic messages.
///
/// `next` moves on with each poll: if a cooperative budget is spent in each poll, every child still makes progress.
#[inline]
pub(super) fn poll<R, C: Children<R>>(
    mut slots: Pin<&mut C::Slots>,
    next: &mut usize,
    cx: &mut Context<'_>,
    name: &str,
) -> Poll<ControlFlow<C::End, C::Outputs>> {
    let first = *next;
    if first == OVER {
        polled_after_completion(name, C::SUFFIX);
    }
    *next = if first + 1 < C::LEN { first + 1 } else { 0 };

    let guard = WakeOnUnwind(cx.waker());
    let mut polled = ControlFlow::Continue(false);
    // In a loop, so that the children's polls are inlined once.
    for range in [first..C::LEN, 0..first] {
        let ControlFlow::Continue(running) = polled else {
            break;
        };
        polled = C::poll(slots.as_mut(), range, cx).map_continue(|more| running | more);
    }
    mem::forget(guard);
    let running = match polled {
        ControlFlow::Continue(running) => running,
        ControlFlow::Break(end) => {
            *next = OVER;
            clear_all::<R, C>(slots);
            return Poll::Ready(ControlFlow::Break(end));
        }
    };
    if running {
        return Poll::Pending;
    }
    match C::take(slots) {
        Ok(outputs) => {
            *next = OVER;
            Poll::Ready(ControlFlow::Continue(outputs))
        }
        Err(index) => lacks_output(name, C::SUFFIX, index),
    }
}

#[cold]
#[inline(never)]
fn polled_after_completion(name: &str, suffix: &str) -> ! {
    panic!("`{name}{suffix}` polled after completion");
}

#[cold]
#[inline(never)]
fn lacks_output(name: &str, suffix: &str, index: usize) -> ! {
    panic!("`{name}{suffix}` has no output of child {index}, which panicked");
}

/// Drops the content of all slots in input order, even if one of the drops panics.
#[inline(never)]
fn clear_all<R, C: Children<R>>(slots: Pin<&mut C::Slots>) {
    let mut rest = Rest::<R, C> { slots, from: 0 };
    rest.clear();
}

struct Rest<'a, R, C: Children<R>> {
    slots: Pin<&'a mut C::Slots>,
    from: usize,
}

impl<R, C: Children<R>> Rest<'_, R, C> {
    fn clear(&mut self) {
        while self.from < C::LEN {
            self.from += 1;
            C::clear(self.slots.as_mut(), self.from - 1);
        }
    }
}

impl<R, C: Children<R>> Drop for Rest<'_, R, C> {
    fn drop(&mut self) {
        self.clear();
    }
}
