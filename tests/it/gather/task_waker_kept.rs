//! The clone of the task waker: a parked job keeps one, and the first wake consumes it, however long that takes.

use std::{
    future::poll_fn,
    mem::ManuallyDrop,
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker},
    thread,
};

use gather::{Gather, gather};

use crate::support::{Child, Remote, Task, yielding};

fn sizes() -> [usize; 5] {
    [2, 30, 31, 64, 65]
}

/// How often a task waker was cloned, dropped, woken by value and by reference.
#[derive(Default)]
struct Calls([AtomicUsize; 4]);

impl Calls {
    fn waker(&'static self) -> Waker {
        static VTABLE: RawWakerVTable = RawWakerVTable::new(
            |data| {
                calls(data).count(0);
                RawWaker::new(data, &VTABLE)
            },
            |data| calls(data).count(2),
            |data| calls(data).count(3),
            |data| calls(data).count(1),
        );
        fn calls(data: *const ()) -> &'static Calls {
            // SAFETY: the data is what `waker` was called on.
            unsafe { &*data.cast() }
        }
        let data: *const Self = self;
        // SAFETY: the functions only count, and may be called from any thread.
        unsafe { Waker::new(data.cast(), &VTABLE) }
    }

    fn count(&self, call: usize) {
        self.0[call].fetch_add(1, SeqCst);
    }

    fn so_far(&self) -> [usize; 4] {
        self.0.each_ref().map(|calls| calls.load(SeqCst))
    }
}

#[test]
fn a_job_clones_the_task_waker_once_a_parking_and_a_wake_consumes_the_clone() {
    for n in sizes() {
        let calls: &Calls = Box::leak(Box::default());
        let waker = ManuallyDrop::new(calls.waker());
        let cx = &mut Context::from_waker(&waker);
        let (remotes, children) = Remote::many(n);
        let mut job = gather(children);
        assert!(Pin::new(&mut job).poll(cx).is_pending());
        for round in 0..100 {
            // One wake, then two.
            remotes[round % n].wake();
            if round % 2 == 1 {
                remotes[(round + 1) % n].wake();
            }
            assert_eq!(calls.so_far(), [round + 1, 0, round + 1, 0]);
            assert!(Pin::new(&mut job).poll(cx).is_pending());
            // A spurious poll does nothing.
            assert!(Pin::new(&mut job).poll(cx).is_pending());
            assert_eq!(calls.so_far(), [round + 2, 0, round + 1, 0]);
        }
        remotes.iter().for_each(|remote| remote.finish(1));
        assert!(Pin::new(&mut job).poll(cx).is_ready());
        assert_eq!(calls.so_far(), [101, 0, 101, 0]);
    }
}

#[test]
fn a_clone_that_no_wake_has_used_is_kept_for_the_next_parking() {
    for n in sizes() {
        let [calls, others]: [&Calls; 2] = [(); 2].map(|()| &*Box::leak(Box::default()));
        let waker = ManuallyDrop::new(calls.waker());
        let cx = &mut Context::from_waker(&waker);
        let mut job = gather((0..n).map(|_| yielding(3, 1)));
        for round in 1..=3 {
            // A child wakes itself, so the job does not park.
            assert!(Pin::new(&mut job).poll(cx).is_pending());
            assert_eq!(calls.so_far(), [1, 0, 0, round]);
        }
        assert!(Pin::new(&mut job).poll(cx).is_ready());
        assert_eq!(calls.so_far(), [1, 1, 0, 3]);

        let (remotes, children) = Remote::<usize>::many(n);
        let mut job = gather(children);
        assert!(Pin::new(&mut job).poll(cx).is_pending());
        assert_eq!(calls.so_far(), [2, 1, 0, 3]);
        let other = ManuallyDrop::new(others.waker());
        let polled = Pin::new(&mut job).poll(&mut Context::from_waker(&other));
        assert!(polled.is_pending());
        assert_eq!(
            calls.so_far(),
            [2, 2, 0, 3],
            "another clone has replaced it"
        );
        drop(job);
        assert_eq!(others.so_far(), [1, 1, 0, 0]);
        remotes.iter().for_each(Remote::wake);
        assert_eq!(
            (calls.so_far(), others.so_far()),
            ([2, 2, 0, 3], [1, 1, 0, 0])
        );
    }
}

/// A task whose first wake blocks until `let_go`.
#[derive(Default)]
struct Slow {
    wakes: Mutex<usize>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Before,
    In,
    LetGo,
}

impl Wake for Slow {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.wakes.lock().unwrap() += 1;
        let mut state = self.state.lock().unwrap();
        if *state == State::Before {
            *state = State::In;
            self.changed.notify_all();
            let waited = self.changed.wait_while(state, |state| *state == State::In);
            drop(waited.unwrap());
        }
    }
}

impl Slow {
    fn wait_until_in(&self) {
        let state = self.state.lock().unwrap();
        let before = |state: &mut State| *state == State::Before;
        drop(self.changed.wait_while(state, before).unwrap());
    }

    fn let_go(&self) {
        *self.state.lock().unwrap() = State::LetGo;
        self.changed.notify_all();
    }

    fn woken(&self) -> usize {
        std::mem::take(&mut self.wakes.lock().unwrap())
    }
}

type Job = Gather<Child<usize>>;

/// Calls `meanwhile` while a thread that wakes child 0 is still in the task's `wake`.
fn while_it_is_woken(n: usize, meanwhile: impl FnOnce(&Arc<Slow>, &[Remote<usize>], Job)) {
    let slow = Arc::new(Slow::default());
    let (remotes, children) = Remote::many(n);
    let mut job = gather(children);
    let waker = Waker::from(slow.clone());
    assert!(
        Pin::new(&mut job)
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(waker);
    let first = remotes[0].clone();
    let waking = thread::spawn(move || first.finish(1));
    slow.wait_until_in();
    assert_eq!(slow.woken(), 1);
    meanwhile(&slow, &remotes, job);
    slow.let_go();
    waking.join().unwrap();
    assert_eq!(
        Arc::strong_count(&slow),
        1,
        "all clones are dropped, {n} children"
    );
}

fn poll(slow: &Arc<Slow>, job: &mut Job) -> Poll<Vec<usize>> {
    Pin::new(job).poll(&mut Context::from_waker(&Waker::from(slow.clone())))
}

#[test]
fn a_job_can_be_polled_during_a_slow_wake_of_its_task() {
    for n in sizes() {
        while_it_is_woken(n, |slow, remotes, mut job| {
            for (index, remote) in remotes.iter().enumerate().skip(1) {
                assert!(poll(slow, &mut job).is_pending());
                assert_eq!((job.running(), slow.woken()), (n - index, 0));
                remote.finish(1);
                assert_eq!(slow.woken(), 1);
            }
            assert_eq!(poll(slow, &mut job), Poll::Ready(vec![1; n]));
        });
    }
}

#[test]
fn a_new_task_is_woken_during_a_slow_wake_of_the_old_one() {
    for n in sizes() {
        while_it_is_woken(n, |slow, remotes, mut job| {
            let tasks = [Task::new(), Task::new()];
            for task in &tasks {
                assert!(task.poll(&mut job).is_pending());
                assert_eq!(task.clones(), 1);
            }
            remotes[1].wake();
            let woken = tasks.each_ref().map(Task::woken);
            assert_eq!((woken, slow.woken()), ([0, 1], 0));
            drop(job);
            assert_eq!(tasks.each_ref().map(Task::clones), [0, 0]);
        });
    }
}

#[test]
fn a_job_may_be_dropped_during_a_slow_wake_of_its_task() {
    for n in sizes() {
        while_it_is_woken(n, |slow, remotes, job| {
            drop(job);
            // This one, and the wake's.
            assert_eq!(Arc::strong_count(slow), 2);
            remotes[1].wake();
            assert_eq!(slow.woken(), 0);
        });
    }
}

#[test]
fn a_child_that_only_ever_wakes_itself_is_polled_again_and_again() {
    for n in sizes() {
        let polls = AtomicUsize::new(0);
        let children = (0..n).map(|index| {
            let (mut left, polls) = (3, &polls);
            poll_fn(move |cx| {
                polls.fetch_add(1, SeqCst);
                if left == 0 {
                    return Poll::Ready(index);
                }
                left -= 1;
                // Several wakes count as one.
                (0..=left).for_each(|_| cx.waker().wake_by_ref());
                Poll::Pending
            })
        });
        let task = Task::new();
        let (outputs, _) = task.run(gather(children));
        assert!(outputs.into_iter().eq(0..n));
        assert_eq!(polls.load(SeqCst), 4 * n);
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}
