//! A world in which anything may panic: children, their drops, iterators, callbacks, the task waker.

use std::{
    future::{Future, IntoFuture},
    mem::ManuallyDrop,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, RawWaker, RawWakerVTable, Waker},
    thread,
};

use super::Random;

#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<State>>);

pub(crate) struct State {
    pub(crate) random: Random,
    /// One call in how many panics, and how many more may.
    chance: usize,
    panics: usize,
    pub(crate) children: Vec<Record>,
    /// The children that gave an output, in order of completion.
    pub(crate) done: Vec<usize>,
    /// The children whose output a callback has observed.
    pub(crate) observed: Vec<usize>,
}

/// What is known of a child.
#[derive(Default)]
pub(crate) struct Record {
    waker: Option<Waker>,
    polls: usize,
    drops: usize,
    /// Woken since its last poll began.
    pub(crate) is_woken: bool,
    /// The next poll is to give the output.
    is_finished: bool,
    /// How often it still wakes itself when it is pending.
    restless: usize,
    pub(crate) is_over: bool,
    pub(crate) has_panicked: bool,
    /// Whether its output is an `Ok`.
    pub(crate) is_ok: bool,
    /// How many of its outputs live.
    outputs: usize,
}

impl Record {
    pub(crate) fn is_running(&self) -> bool {
        self.polls > 0 && !self.is_over
    }
}

impl World {
    /// A world in which nothing panics yet.
    pub(crate) fn new(random: Random) -> Self {
        Self(Arc::new(Mutex::new(State {
            random,
            chance: 0,
            panics: 0,
            children: vec![],
            done: vec![],
            observed: vec![],
        })))
    }

    /// `with` must not panic, nor call foreign code.
    pub(crate) fn with<R>(&self, with: impl FnOnce(&mut State) -> R) -> R {
        with(&mut self.0.lock().unwrap())
    }

    pub(crate) fn below(&self, end: usize) -> usize {
        self.with(|state| state.random.below(end))
    }

    pub(crate) fn may_panic(&self, what: &'static str) {
        // A second panic would end the process, and hide the first.
        if !thread::panicking() {
            self.may_panic_twice(what);
        }
    }

    /// Also while another panic unwinds.
    fn may_panic_twice(&self, what: &'static str) {
        let panics = self.with(|state| {
            let panics = state.panics > 0 && state.random.below(state.chance) == 0;
            state.panics -= usize::from(panics);
            panics
        });
        if panics {
            // Prints no message.
            resume_unwind(Box::new(what));
        }
    }

    /// From now on one call in `chance` panics, in all no more than `panics`.
    pub(crate) fn arm(&self, chance: usize, panics: usize) {
        self.with(|state| (state.chance, state.panics) = (chance, panics));
    }

    /// A child that is yet to be made into a future. One in `errors` gives an `Err`.
    pub(crate) fn child(&self, errors: usize) -> Unmade {
        let index = self.with(|state| {
            let record = Record {
                is_ok: state.random.below(errors) > 0,
                restless: [0, 0, 1, 5][state.random.below(4)],
                is_finished: state.random.below(3) == 0,
                ..Record::default()
            };
            state.children.push(record);
            state.children.len() - 1
        });
        Unmade(Some(Child(self.clone(), index)))
    }

    fn record<R>(&self, index: usize, with: impl FnOnce(&mut Record) -> R) -> R {
        self.with(|state| with(&mut state.children[index]))
    }

    /// Wakes a child, from outside or while another one is polled.
    pub(crate) fn wake(&self, index: usize) {
        let waker = self.record(index, |child| {
            child.is_woken = child.is_running();
            child.waker.take()
        });
        if let Some(waker) = waker {
            let wake = || {
                // A single child has the task waker, whose clone may panic.
                let clone = || (self.below(2) == 0).then(|| waker.clone());
                match catch_unwind(AssertUnwindSafe(clone)) {
                    Ok(Some(waker)) => waker.wake(),
                    _ => waker.wake_by_ref(),
                }
            };
            let _ = catch_unwind(AssertUnwindSafe(wake));
            self.record(index, |child| child.waker = Some(waker));
        }
    }

    /// Has a child give its output when it is polled next.
    pub(crate) fn finish(&self, index: usize) {
        self.record(index, |child| child.is_finished = true);
        self.wake(index);
    }

    /// The indices of the children for which it is true.
    pub(crate) fn those(&self, mut are: impl FnMut(&Record) -> bool) -> Vec<usize> {
        self.with(|state| {
            let children = state.children.iter().enumerate();
            let those = children.filter(|(_, child)| are(child));
            those.map(|(index, _)| index).collect()
        })
    }

    /// After all was dropped: once each.
    pub(crate) fn check(&self) {
        let wakers: Vec<_> = self.with(|state| {
            let children = state.children.iter_mut();
            children.map(|child| child.waker.take()).collect()
        });
        drop(wakers);
        let amiss = self.those(|child| child.drops != 1 || child.outputs != 0);
        assert!(amiss.is_empty(), "dropped twice or never: {amiss:?}");
    }
}

pub(crate) struct Unmade(Option<Child>);

impl IntoFuture for Unmade {
    type Output = Result<Output, Output>;
    type IntoFuture = Child;

    fn into_future(mut self) -> Child {
        let child = self.0.take().unwrap();
        child.0.record(child.1, |child| child.has_panicked = true);
        child.0.may_panic("into_future");
        child.0.record(child.1, |child| child.has_panicked = false);
        child
    }
}

/// May panic when it is polled and when it is dropped, and wakes itself and others.
pub(crate) struct Child(World, usize);

/// The number of its child. It is counted.
pub(crate) struct Output(World, usize);

impl Output {
    pub(crate) fn index(&self) -> usize {
        self.1
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.record(self.1, |child| child.outputs -= 1);
    }
}

impl Future for Child {
    type Output = Result<Output, Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self(world, index) = &*self;
        let keep = world.below(2) == 0;
        let waker = world.record(*index, |child| {
            assert!(!child.is_over, "polled after its end");
            child.polls += 1;
            child.is_woken = false;
            // The child is over if it panics now.
            (child.is_over, child.has_panicked) = (true, true);
            let known = child.waker.as_ref();
            (!keep || !known.is_some_and(|known| known.will_wake(cx.waker())))
                .then(|| child.waker.take())
        });
        if let Some(old) = waker {
            // The task waker if it is a single child: its drop and clone may panic.
            drop(old);
            let waker = cx.waker().clone();
            world.record(*index, |child| child.waker = Some(waker));
        }
        world.may_panic("child");
        let restless = world.with(|state| {
            let child = &mut state.children[*index];
            child.has_panicked = false;
            if child.restless == 0 && child.is_finished {
                child.outputs += 1;
                state.done.push(*index);
                return None;
            }
            child.is_over = false;
            let restless = child.restless > 0;
            child.restless -= usize::from(restless);
            child.is_woken = restless;
            Some(restless)
        });
        let Some(restless) = restless else {
            let output = Output(world.clone(), *index);
            let is_ok = world.record(*index, |child| child.is_ok);
            return Poll::Ready(if is_ok { Ok(output) } else { Err(output) });
        };
        if restless {
            // The task waker if it is a single child.
            let wake = || cx.waker().wake_by_ref();
            let _ = catch_unwind(AssertUnwindSafe(wake));
        }
        if world.below(4) == 0 {
            let other = world.with(|state| state.random.below(state.children.len()));
            world.wake(other);
        }
        Poll::Pending
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let waker = self.0.record(self.1, |child| {
            child.is_over = true;
            child.drops += 1;
            // Some are kept, and woken late.
            ((child.drops + self.1) % 2 == 0).then(|| child.waker.take())
        });
        drop(waker);
        self.0.may_panic("drop of a child");
    }
}

/// A task whose waker may panic as it is cloned, woken or dropped.
pub(crate) struct PanickyTask(Arc<Wakes>);

struct Wakes {
    world: World,
    /// How often it was woken since its last poll began; and how often without a panic.
    all: AtomicUsize,
    calm: AtomicUsize,
}

impl PanickyTask {
    pub(crate) fn new(world: &World) -> Self {
        Self(Arc::new(Wakes {
            world: world.clone(),
            all: AtomicUsize::new(0),
            calm: AtomicUsize::new(0),
        }))
    }

    pub(crate) fn poll<R>(&self, poll: impl FnOnce(&mut Context<'_>) -> R) -> thread::Result<R> {
        self.forget();
        // SAFETY: it is what the functions expect, and no reference is given back, as it is not dropped.
        let waker = unsafe { Waker::new(Arc::as_ptr(&self.0).cast(), &VTABLE) };
        let waker = ManuallyDrop::new(waker);
        catch_unwind(AssertUnwindSafe(|| poll(&mut Context::from_waker(&waker))))
    }

    /// Counts from zero again.
    pub(crate) fn forget(&self) {
        self.0.all.store(0, SeqCst);
        self.0.calm.store(0, SeqCst);
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.0.all.load(SeqCst) > 0
    }

    /// How often it was woken without a panic.
    pub(crate) fn wakes(&self) -> usize {
        self.0.calm.load(SeqCst)
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: a waker, or the task itself, has a reference.
    let task = unsafe { ManuallyDrop::new(Arc::from_raw(data.cast::<Wakes>())) };
    task.world.may_panic("clone of the task waker");
    std::mem::forget(Arc::clone(&task));
    RawWaker::new(data, &VTABLE)
}

fn wake_task(task: &Wakes) {
    task.all.fetch_add(1, SeqCst);
    if cfg!(feature = "std") {
        // Without std it would end the process.
        task.world.may_panic_twice("wake");
    } else {
        task.world.may_panic("wake");
    }
    task.calm.fetch_add(1, SeqCst);
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the reference is the waker's.
    let task = unsafe { Arc::from_raw(data.cast::<Wakes>()) };
    wake_task(&task);
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as in `clone`.
    let task = unsafe { ManuallyDrop::new(Arc::from_raw(data.cast::<Wakes>())) };
    wake_task(&task);
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the reference is the waker's.
    let task = unsafe { Arc::from_raw(data.cast::<Wakes>()) };
    task.world.may_panic("drop of the task waker");
}
