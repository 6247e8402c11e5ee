//! Events in an interrupt of their own, as of a peripheral. Each is awaited by one child.

use core::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    task::{Poll, Waker},
};

use cortex_m::{interrupt::InterruptNumber, peripheral::NVIC};
use cortex_m_rt::exception;
use critical_section::Mutex;

/// More than a node has bits (32).
pub(crate) const EVENTS: usize = 40;

/// An interrupt that only this program triggers.
pub(crate) const INTERRUPT: Interrupt = Interrupt;

#[derive(Clone, Copy)]
pub(crate) struct Interrupt;

// SAFETY: both machines have an interrupt of this number.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        20
    }
}

static STATE: Mutex<RefCell<State>> = Mutex::new(RefCell::new(State {
    happened: [false; EVENTS],
    wakers: [const { None }; EVENTS],
}));

/// How many events the next interrupts are to bring: at once, and in all.
static FIRING: Mutex<Cell<(usize, usize)>> = Mutex::new(Cell::new((0, 0)));
/// How many have happened since the last `fire`.
static FIRED: Mutex<Cell<usize>> = Mutex::new(Cell::new(0));
static POLLS: Mutex<Cell<usize>> = Mutex::new(Cell::new(0));

struct State {
    happened: [bool; EVENTS],
    wakers: [Option<Waker>; EVENTS],
}

/// Has events 0 to `count` happen, one at each tick.
pub(crate) fn fire(count: usize) {
    fire_in_batches(count, 1);
}

/// As `fire`, with several in each interrupt.
pub(crate) fn fire_in_batches(count: usize, batch: usize) {
    critical_section::with(|cs| {
        FIRED.borrow(cs).set(0);
        FIRING.borrow(cs).set((batch, count));
    });
}

/// How often events were polled since this was last asked.
#[cfg(feature = "heap")]
pub(crate) fn polls() -> usize {
    critical_section::with(|cs| POLLS.borrow(cs).take())
}

/// Waits for the event. Gives its index.
pub(crate) fn event(index: usize) -> impl Future<Output = usize> {
    poll_fn(move |cx| {
        let (polled, before) = critical_section::with(|cs| {
            POLLS.borrow(cs).set(POLLS.borrow(cs).get() + 1);
            let mut state = STATE.borrow_ref_mut(cs);
            if core::mem::take(&mut state.happened[index]) {
                return (Poll::Ready(index), None);
            }
            let kept = &mut state.wakers[index];
            let before = match kept {
                Some(waker) if waker.will_wake(cx.waker()) => None,
                _ => kept.replace(cx.waker().clone()),
            };
            (Poll::Pending, before)
        });
        // Foreign code does not run in a critical section.
        drop(before);
        polled
    })
}

/// At each tick, from SysTick's handler.
pub(crate) fn tick() {
    let left = critical_section::with(|cs| FIRING.borrow(cs).get().1 - FIRED.borrow(cs).get());
    if left > 0 {
        NVIC::pend(INTERRUPT);
    }
}

#[exception]
unsafe fn DefaultHandler(interrupt: i16) {
    assert_eq!(interrupt, 20);
    let (batch, count) = critical_section::with(|cs| FIRING.borrow(cs).get());
    for _ in 0..batch {
        let waker = critical_section::with(|cs| {
            let fired = FIRED.borrow(cs).get();
            if fired == count {
                return None;
            }
            FIRED.borrow(cs).set(fired + 1);
            // Not in the order of the children: 7 is prime to every `count` used.
            let index = (fired * 7 + count / 2) % count;
            let mut state = STATE.borrow_ref_mut(cs);
            state.happened[index] = true;
            state.wakers[index].take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
