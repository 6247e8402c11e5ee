//! `gather!` and `try_gather!`: children of different types, without allocation.

#![cfg(not(gather_loom))]

#[macro_use]
mod traits;

mod allocations;
mod common;

use std::{
    cell::Cell,
    future::{self, Future, IntoFuture, pending, poll_fn, ready},
    marker::PhantomPinned,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use allocations::allocations;
use common::{Child, Holding, Log, Parent, Remote, panic_of, poll_once, yielding};
use futures::{
    executor::block_on,
    future::{Either, FusedFuture, select},
};
use gather::{GatherFixed, TryGatherFixed, gather, try_gather};

#[test]
fn children_of_different_types_give_a_tuple_in_input_order() {
    async fn name() -> &'static str {
        yielding(3, "a").await
    }
    async fn number() -> u32 {
        7
    }
    assert_eq!(
        block_on(async { gather!(name(), number()).await }),
        ("a", 7)
    );
    let mixed = gather!(
        ready(1_u8),
        yielding(2, String::from("b")),
        async {},
        yielding(1, [3; 4])
    );
    assert_eq!(block_on(mixed), (1, "b".to_string(), (), [3; 4]));
}

/// For each number of children: all ready at once, the last first, and one that fails.
macro_rules! each_size {
    ($($n:literal: $($index:literal)+;)+) => {
        #[test]
        fn one_to_twelve_children_can_be_gathered() {
            let parent = Parent::new();
            $({
                assert_eq!(poll_once(gather!($(ready($index)),+)), Poll::Ready(($($index,)+)));
                assert_eq!(poll_once(try_gather!($(ready(Ok::<u8, ()>($index))),+)), Poll::Ready(Ok(($($index,)+))));

                let (remotes, children) = Remote::<usize>::many($n);
                let mut children = children.into_iter();
                let mut job = gather!($({ let _ = $index; children.next().unwrap() }),+);
                for index in (0..$n).rev() {
                    assert!(parent.poll(&mut job).is_pending());
                    remotes[index].finish(index);
                    assert_eq!(parent.woken(), 1);
                }
                assert_eq!(parent.poll(&mut job), Poll::Ready(($($index,)+)));
                for (index, remote) in remotes.iter().enumerate() {
                    assert_eq!((remote.polls(), remote.drops()), ($n - index + 1, 1));
                }

                for failing in 0..$n {
                    let (remotes, children) = Remote::<Result<usize, usize>>::many($n);
                    let mut children = children.into_iter();
                    let mut job = try_gather!($({ let _ = $index; children.next().unwrap() }),+);
                    assert!(parent.poll(&mut job).is_pending());
                    remotes[failing].finish(Err(failing));
                    assert_eq!(parent.woken(), 1);
                    assert_eq!(parent.poll(&mut job), Poll::Ready(Err(failing)));
                    assert!(remotes.iter().all(|remote| remote.drops() == 1));
                }

                for panicked in 0..$n {
                    let child = |index| poll_fn(move |_| {
                        if index == panicked { panic!("ouch") }
                        Poll::Ready(index)
                    });
                    let mut job = gather!($(child($index)),+);
                    assert_eq!(panic_of(|| parent.poll(&mut job)), "ouch");
                    assert_eq!(parent.woken(), 1);
                    let message = format!("`gather!` has no output of child {panicked}, which panicked");
                    assert_eq!(panic_of(|| parent.poll(&mut job)), message);
                }
            })+
        }
    };
}

each_size! {
    1: 0;
    2: 0 1;
    3: 0 1 2;
    4: 0 1 2 3;
    5: 0 1 2 3 4;
    6: 0 1 2 3 4 5;
    7: 0 1 2 3 4 5 6;
    8: 0 1 2 3 4 5 6 7;
    9: 0 1 2 3 4 5 6 7 8;
    10: 0 1 2 3 4 5 6 7 8 9;
    11: 0 1 2 3 4 5 6 7 8 9 10;
    12: 0 1 2 3 4 5 6 7 8 9 10 11;
}

#[test]
fn children_are_whatever_becomes_a_future() {
    struct Request(u32);
    impl IntoFuture for Request {
        type Output = Result<u32, ()>;
        type IntoFuture = future::Ready<Result<u32, ()>>;
        fn into_future(self) -> Self::IntoFuture {
            ready(Ok(self.0))
        }
    }
    assert_eq!(
        poll_once(gather!(Request(1), async { 2 })),
        Poll::Ready((Ok(1), 2))
    );
    assert_eq!(
        poll_once(try_gather!(Request(1), async { Ok(2) })),
        Poll::Ready(Ok((1, 2)))
    );
}

#[test]
fn nothing_runs_before_the_first_poll() {
    let started = Cell::new(0);
    let child = || poll_fn(|_| Poll::Ready(started.set(started.get() + 1)));
    let job = gather!(child(), child());
    assert_eq!(started.get(), 0);
    assert_eq!(poll_once(job), Poll::Ready(((), ())));
    assert_eq!(started.get(), 2);
}

#[test]
fn any_expression_is_a_child_and_a_comma_may_trail() {
    fn early(fail: bool) -> Result<u8, &'static str> {
        let child = if fail { Err("early") } else { Ok(ready(1)) };
        let job = gather!(
            child?,
            match 0 {
                _ => ready(2),
            },
            if fail { ready(3) } else { ready(4) },
        );
        let Poll::Ready((a, b, c)) = poll_once(job) else {
            unreachable!()
        };
        Ok(a + b + c)
    }
    assert_eq!(early(false), Ok(7));
    assert_eq!(early(true), Err("early"));
    assert_eq!(
        poll_once(try_gather!(ready(Ok::<_, ()>(1)),)),
        Poll::Ready(Ok((1,)))
    );
    // A temporary of the expression lives as long as the statement.
    async fn len(text: &str) -> usize {
        yielding(1, text.len()).await
    }
    let lens =
        block_on(async { gather!(len(&String::from("ab")), len(&format!("{}", 123))).await });
    assert_eq!(lens, (2, 3));
}

mod shadowed {
    //! No name that the macros use is looked up here.
    #![allow(dead_code, non_camel_case_types, unused_macros)]

    use super::{Poll as ThePoll, poll_once};

    mod core {}
    mod std {}
    mod gather {}
    struct Ok;
    struct Err;
    struct Some;
    struct None;
    struct Poll;
    struct Future;
    struct IntoFuture;
    struct GatherFixed;
    struct TryGatherFixed;
    struct ControlFlow;
    macro_rules! compile_error {
        () => {};
    }
    macro_rules! panic {
        () => {};
    }

    #[test]
    fn names_of_the_macros_can_be_taken_by_others() {
        let child = ::std::future::ready(1);
        let (slots, cx, this, children, a) = (2, 3, 4, 5, 6);
        let job = ::gather::gather!(child, async move { slots + cx }, async move {
            this + children + a
        });
        assert_eq!(poll_once(job), ThePoll::Ready((1, 5, 15)));
        let value = ::std::result::Result::<u8, ()>::Ok(1);
        let job = ::gather::try_gather!(async move { value });
        assert_eq!(
            poll_once(job),
            ThePoll::Ready(::std::result::Result::Ok((1,)))
        );
    }
}

#[test]
fn generic_code_can_name_and_gather_its_children() {
    fn both<A: Future, B: Future>(a: A, b: B) -> GatherFixed<(A, B)> {
        gather!(a, b)
    }
    async fn sum<A, B, E>(a: A, b: B) -> Result<u32, E>
    where
        A: Future<Output = Result<u32, E>>,
        B: IntoFuture<Output = Result<u32, E>>,
    {
        let (a, b) = try_gather!(a, b).await?;
        Ok(a + b)
    }
    assert_eq!(poll_once(both(ready(1), ready("b"))), Poll::Ready((1, "b")));
    assert_eq!(
        block_on(sum(yielding(1, Ok::<_, ()>(1)), ready(Ok(2)))),
        Ok(3)
    );
}

#[test]
fn the_type_of_the_error_is_found_from_any_child() {
    let job = try_gather!(async { Ok(1) }, async { Err::<u8, _>("no") }, async {
        Ok("c")
    });
    assert_eq!(poll_once(job), Poll::Ready(Err("no")));
}

#[test]
fn children_may_be_borrowed_and_go_on_afterwards() {
    let parent = Parent::new();
    let (remote, mut child) = Remote::new();
    let words = [String::from("a")];
    {
        let word = pin!(async { words[0].as_str() });
        let mut job = gather!(&mut child, word);
        assert!(parent.poll(&mut job).is_pending());
    }
    remote.finish(1);
    assert_eq!(parent.poll(&mut child), Poll::Ready(1));
    assert_eq!((remote.polls(), remote.drops()), (2, 0));
}

#[test]
fn a_job_can_be_a_child() {
    let inner = try_gather!(yielding(3, Ok::<_, ()>(3)), ready(Ok(4)));
    let job = gather!(gather!(yielding(1, 1), yielding(2, "b")), inner);
    assert_eq!(block_on(job), ((1, "b"), Ok((3, 4))));
}

#[test]
fn a_job_of_unpin_children_can_be_polled_by_reference_in_a_select() {
    let (remote, child) = Remote::new();
    let parent = Parent::new();
    let mut job = gather!(child, ready("b"));
    let timer = ready(());
    assert!(matches!(
        parent.poll(&mut select(&mut job, timer)),
        Poll::Ready(Either::Right(_))
    ));
    remote.finish(1);
    assert_eq!(parent.poll(&mut job), Poll::Ready((1, "b")));
}

#[test]
fn children_get_the_task_waker_itself() {
    let parent = Parent::new();
    let same =
        |waker: &Waker| waker.will_wake(parent.waker()) && waker.data() == parent.waker().data();
    let child = || poll_fn(|cx| Poll::Ready(same(cx.waker())));
    assert_eq!(
        parent.poll(&mut gather!(child(), child())),
        Poll::Ready((true, true))
    );
    assert_eq!((parent.clones(), parent.woken()), (0, 0));
}

/// Gives what was polled, in order.
fn order_of(
    log: &Log,
    parent: &Parent,
    job: &mut (impl Future<Output: std::fmt::Debug> + Unpin),
) -> Vec<usize> {
    assert!(parent.poll(job).is_pending());
    log.take()
}

#[test]
fn the_first_poll_is_in_index_order_and_each_later_one_starts_at_the_next_child() {
    let (log, parent) = (Log::default(), Parent::new());
    let child = |index| {
        let log = log.clone();
        poll_fn(move |_| {
            log.note(index);
            Poll::<Result<(), ()>>::Pending
        })
    };
    let mut job = gather!(child(0), child(1), child(2));
    let mut fallible = try_gather!(child(0), child(1), child(2));
    for _ in 0..3 {
        for expected in [[0, 1, 2], [1, 2, 0], [2, 0, 1]] {
            assert_eq!(order_of(&log, &parent, &mut job), expected);
            assert_eq!(order_of(&log, &parent, &mut fallible), expected);
        }
    }
}

#[test]
fn no_child_is_starved_by_siblings_that_spend_the_budget() {
    let (budget, parent) = (Cell::new(0), Parent::new());
    let greedy = |needs: usize| {
        let (budget, mut needs) = (&budget, needs);
        poll_fn(move |cx| {
            while budget.get() > 0 {
                if needs == 0 {
                    return Poll::Ready(());
                }
                budget.set(budget.get() - 1);
                needs -= 1;
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    };
    let mut job = gather!(greedy(usize::MAX), greedy(100), greedy(100));
    for _ in 0..60 {
        budget.set(10);
        assert!(parent.poll(&mut job).is_pending());
    }
    assert_eq!(format!("{job:?}"), "GatherFixed([Running, Done, Done])");
}

#[test]
fn a_child_that_is_ready_is_dropped_at_once_and_not_polled_again() {
    let parent = Parent::new();
    let (slow, child) = Remote::new();
    let (quick, second) = Remote::new();
    let mut job = gather!(child, second);
    quick.put(2);
    for polls in 1..4 {
        assert!(parent.poll(&mut job).is_pending());
        assert_eq!((quick.polls(), quick.drops()), (1, 1));
        assert_eq!((slow.polls(), slow.drops()), (polls, 0));
    }
    slow.finish("a");
    assert_eq!(parent.poll(&mut job), Poll::Ready(("a", 2)));
    assert_eq!((slow.polls(), slow.drops()), (4, 1));
}

#[test]
fn a_child_that_cannot_be_moved_stays_where_it_is() {
    struct Still(Option<*const Self>, usize, PhantomPinned);
    impl Future for Still {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            // SAFETY: nothing is moved.
            let this = unsafe { self.get_unchecked_mut() };
            let address: *const Self = this;
            assert_eq!(*this.0.get_or_insert(address), address);
            this.1 -= 1;
            if this.1 == 0 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }
    }
    impl Drop for Still {
        fn drop(&mut self) {
            let address: *const Self = self;
            assert!(self.0.is_none_or(|polled| polled == address));
        }
    }
    let still = |polls| Still(None, polls, PhantomPinned);
    let parent = Parent::new();
    let mut job = Box::pin(gather!(still(1), still(3), still(2)));
    assert!(parent.poll(&mut job).is_pending());
    assert!(parent.poll(&mut job).is_pending());
    assert_eq!(parent.poll(&mut job), Poll::Ready(((), (), ())));
}

#[test]
fn an_error_drops_the_siblings_in_input_order_before_it_is_returned() {
    let (log, parent) = (Log::default(), Parent::new());
    let (remotes, children) = Remote::<Result<_, &str>>::many(4);
    let mut children = children.into_iter().enumerate();
    let mut child = || {
        let (index, child) = children.next().unwrap();
        Holding(child, log.on_drop(index))
    };
    let mut job = try_gather!(child(), child(), child(), child());
    remotes[1].put(Ok(log.on_drop(10)));
    assert!(parent.poll(&mut job).is_pending());
    assert_eq!(log.take(), [1]);
    remotes[2].finish(Err("no"));
    assert!(matches!(parent.poll(&mut job), Poll::Ready(Err("no"))));
    assert_eq!(log.take(), [2, 0, 10, 3]);
    // The second poll started at child 1: child 3 was not polled again.
    assert_eq!(common::polls(&remotes), [1, 1, 2, 1]);
    assert!(job.is_terminated());
    drop(job);
    assert_eq!(log.take(), []);
}

#[test]
fn a_sibling_whose_drop_panics_after_an_error_keeps_no_other_from_being_dropped() {
    let (log, parent) = (Log::default(), Parent::new());
    let hold = |index, armed| Holding(pending::<Result<(), ()>>(), log.noted(index, armed));
    let failing = ready(Err::<(), ()>(()));
    let mut job = try_gather!(hold(0, false), hold(1, true), hold(2, false), failing);
    assert_eq!(panic_of(|| parent.poll(&mut job)), "drop of 1");
    assert_eq!(log.take(), [0, 1, 2]);
    assert_eq!(parent.woken(), 0, "the job is over");
    assert_eq!(
        panic_of(|| parent.poll(&mut job)),
        "`try_gather!` polled after completion"
    );
}

#[test]
fn to_drop_a_job_drops_children_and_outputs_in_input_order_also_if_a_drop_panics() {
    for bomb in 0..4 {
        let (log, parent) = (Log::default(), Parent::new());
        let (remote, child) = Remote::new();
        let hold = |index| Holding(pending::<()>(), log.noted(index, index == bomb));
        let mut job = gather!(hold(0), hold(1), child, hold(3));
        remote.put(log.noted(2, bomb == 2));
        assert!(parent.poll(&mut job).is_pending());
        assert_eq!(panic_of(|| drop(job)), format!("drop of {bomb}"));
        assert_eq!(log.take(), [0, 1, 2, 3]);
    }
}

#[test]
fn after_a_panic_the_siblings_can_be_polled_on_and_then_the_child_is_named() {
    let (log, parent) = (Log::default(), Parent::new());
    let (remotes, children) = Remote::<u8>::many(2);
    let [first, last] = <[Child<u8>; 2]>::try_from(children).ok().unwrap();
    let mut polls = 0;
    let bad = poll_fn(|_| -> Poll<u8> {
        polls += 1;
        panic!("ouch")
    });
    let mut job = gather!(first, Holding(bad, log.on_drop(1)), last);
    assert_eq!(panic_of(|| parent.poll(&mut job)), "ouch");
    assert_eq!(log.take(), [1]);
    assert_eq!(parent.woken(), 1, "child 2 was not polled");
    assert_eq!(common::polls(&remotes), [1, 0]);
    assert!(parent.poll(&mut job).is_pending());
    assert_eq!(common::polls(&remotes), [2, 1]);
    remotes[0].finish(0);
    remotes[1].finish(2);
    for _ in 0..2 {
        let message = panic_of(|| parent.poll(&mut job));
        assert_eq!(
            message,
            "`gather!` has no output of child 1, which panicked"
        );
    }
    assert!(!job.is_terminated());
    drop(job);
    assert_eq!(polls, 1);
}

#[test]
fn after_a_panic_another_child_may_still_fail() {
    let parent = Parent::new();
    let bad = poll_fn(|_| -> Poll<Result<(), &str>> { panic!("ouch") });
    let mut job = try_gather!(bad, ready(Err::<(), _>("no")));
    assert_eq!(panic_of(|| parent.poll(&mut job)), "ouch");
    assert_eq!(parent.poll(&mut job), Poll::Ready(Err("no")));
}

#[test]
fn a_ready_child_whose_drop_panics_loses_no_output() {
    for bomb in 0..3 {
        let (log, parent) = (Log::default(), Parent::new());
        let hold = |index| Holding(ready(index), log.noted(index, index == bomb));
        let mut job = gather!(hold(0), hold(1), hold(2));
        assert_eq!(
            panic_of(|| parent.poll(&mut job)),
            format!("drop of {bomb}")
        );
        assert_eq!(parent.woken(), 1);
        assert_eq!(parent.poll(&mut job), Poll::Ready((0, 1, 2)));
        let mut dropped = log.take();
        dropped.sort_unstable();
        assert_eq!(dropped, [0, 1, 2]);
    }
}

#[test]
fn the_panic_of_a_failed_childs_drop_takes_the_place_of_its_error() {
    let (log, parent) = (Log::default(), Parent::new());
    let bad = Holding(ready(Err::<(), ()>(())), log.bomb(0));
    let mut job = try_gather!(bad, ready(Ok(1)));
    assert_eq!(panic_of(|| parent.poll(&mut job)), "drop of 0");
    assert_eq!(parent.woken(), 1);
    let message = panic_of(|| parent.poll(&mut job));
    assert_eq!(
        message,
        "`try_gather!` has no output of child 0, which panicked"
    );
}

#[cfg(feature = "std")]
#[test]
fn a_waker_that_panics_while_a_child_panics_does_not_abort() {
    use std::{sync::Arc, task::Wake};

    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("wake");
        }
    }
    let waker = Waker::from(Arc::new(Bad));
    let bad = poll_fn(|_| -> Poll<()> { panic!("ouch") });
    let mut job = gather!(bad, ready(1));
    let poll = || Pin::new(&mut job).poll(&mut Context::from_waker(&waker));
    assert_eq!(panic_of(poll), "ouch");
}

#[test]
fn a_job_that_is_over_says_so_and_panics_when_polled() {
    let parent = Parent::new();
    let mut job = gather!(ready(1), Box::pin(yielding(1, 2)));
    assert!(!job.is_terminated());
    assert!(parent.poll(&mut job).is_pending());
    assert!(!job.is_terminated());
    assert!(parent.poll(&mut job).is_ready());
    assert!(job.is_terminated());
    assert_eq!(
        panic_of(|| parent.poll(&mut job)),
        "`gather!` polled after completion"
    );

    let mut job = try_gather!(ready(Ok::<u8, ()>(1)));
    assert!(parent.poll(&mut job).is_ready());
    assert!(job.is_terminated());
    assert_eq!(
        panic_of(|| parent.poll(&mut job)),
        "`try_gather!` polled after completion"
    );
}

#[test]
fn large_children_run_on_a_small_stack() {
    async fn child(index: u8) -> u8 {
        let large = [index; 100_000];
        yielding(1, ()).await;
        large[usize::from(index)]
    }
    let run = || block_on(gather!(child(1), child(2)));
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    assert_eq!(thread.spawn(run).unwrap().join().unwrap(), (1, 2));
}

#[test]
fn debug_shows_what_runs_and_asks_nothing_of_the_children() {
    let mut job = try_gather!(
        ready(Ok::<_, ()>(PhantomPinned)),
        pending::<Result<u8, _>>()
    );
    assert_eq!(format!("{job:?}"), "TryGatherFixed([Running, Running])");
    assert!(Parent::new().poll(&mut job).is_pending());
    assert_eq!(format!("{job:?}"), "TryGatherFixed([Done, Running])");
}

#[test]
fn nothing_is_allocated() {
    let run = || {
        let job = gather!(yielding(2, 1), yielding(3, "b"), async {
            yielding(1, 3).await
        });
        let outputs = pollster::block_on(async {
            try_gather!(async { Ok::<_, ()>(job.await) }, ready(Ok(4))).await
        });
        assert_eq!(outputs, Ok(((1, "b", 3), 4)));
    };
    // The executor's own.
    let (_, executor) = allocations(|| pollster::block_on(yielding(3, 1)));
    assert_eq!(allocations(run).1, executor);
}

#[test]
fn a_job_is_the_children_and_a_word() {
    fn size<F: Future>(_: F) -> usize {
        size_of::<F>()
    }
    let word = size_of::<usize>();
    let child = || poll_fn(|_| Poll::Ready([0_u64; 4]));
    let slot = size(futures::future::maybe_done(child()));
    assert_eq!(size(gather!(child(), child())), 2 * slot + word);
    let (a, b, c) = (ready(1_u8), ready(1_u64), async { [0_u8; 100] });
    let slots = size_of_val(&(
        futures::future::maybe_done(a.clone()),
        futures::future::maybe_done(b.clone()),
    ));
    assert!(size(gather!(a.clone(), b.clone())) <= slots + word);
    assert!(
        size(gather!(a.clone(), b.clone(), c))
            <= size(async { futures::join!(a, b, async { [0_u8; 100] }) }) + word
    );
    let fallible = || ready(Ok::<u64, [u64; 9]>(1));
    assert!(
        size(try_gather!(fallible(), fallible()))
            <= size(async { futures::try_join!(fallible(), fallible()) }) + word
    );
}

/// A future that has the traits of `P`, whatever its output is.
struct Fut<P, T>(std::marker::PhantomData<(P, fn() -> T)>);

impl<P, T> Future for Fut<P, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        Poll::Pending
    }
}

type OnlySend = Cell<u8>;
type OnlySync = std::sync::MutexGuard<'static, u8>;
type Neither = Rc<u8>;
type Fallible<T> = Result<T, ()>;

// Each is what all children and outputs are.
assert_impl!(GatherFixed<(Fut<(), u8>, Fut<u8, ()>)>: Send, Sync, Unpin);
assert_impl!(GatherFixed<(Fut<OnlySend, u8>, Fut<u8, OnlySend>)>: Send, Unpin);
assert_not_impl!(GatherFixed<(Fut<OnlySend, u8>, Fut<(), ()>)>: Sync);
assert_not_impl!(GatherFixed<(Fut<(), ()>, Fut<(), OnlySend>)>: Sync);
assert_impl!(GatherFixed<(Fut<OnlySync, u8>, Fut<u8, OnlySync>)>: Sync, Unpin);
assert_not_impl!(GatherFixed<(Fut<OnlySync, u8>, Fut<(), ()>)>: Send);
assert_not_impl!(GatherFixed<(Fut<(), ()>, Fut<(), OnlySync>)>: Send);
assert_not_impl!(GatherFixed<(Fut<Neither, ()>,)>: Send, Sync);
assert_impl!(GatherFixed<(Fut<(), PhantomPinned>,)>: Send, Sync, Unpin);
assert_impl!(GatherFixed<(Fut<PhantomPinned, ()>, Fut<(), ()>)>: Send, Sync);
assert_not_impl!(GatherFixed<(Fut<PhantomPinned, ()>, Fut<(), ()>)>: Unpin);
assert_impl!(TryGatherFixed<(Fut<(), Fallible<u8>>,)>: Send, Sync, Unpin);
assert_not_impl!(TryGatherFixed<(Fut<(), Fallible<u8>>, Fut<(), Fallible<Neither>>)>: Send, Sync);
assert_not_impl!(TryGatherFixed<(Fut<Neither, Fallible<u8>>, Fut<(), Fallible<u8>>)>: Send, Sync);
assert_not_impl!(TryGatherFixed<(Fut<PhantomPinned, Fallible<u8>>,)>: Unpin);
// An error is handed out at once: the job never holds one.
assert_impl!(TryGatherFixed<(Fut<(), Result<u8, Neither>>,)>: Send, Sync, Unpin);

#[test]
fn a_job_in_an_async_block_can_be_spawned_also_over_borrowed_items() {
    fn spawnable<T: Send>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send {
        future
    }
    async fn len(text: &str) -> usize {
        yielding(1, text.len()).await
    }
    let job = spawnable(async {
        let words = [String::from("ab"), String::from("c")];
        let closure = |word| len(word);
        let both = gather!(closure(&words[0]), closure(&words[1])).await;
        let fallible = async |word: &String| Ok::<_, ()>(len(word).await);
        let again = try_gather!(fallible(&words[0]), fallible(&words[1])).await;
        let array = gather::gather_array(words.each_ref().map(|word| len(word))).await;
        (both, again, array)
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let outputs = runtime.block_on(async { tokio::spawn(job).await.unwrap() });
    assert_eq!(outputs, ((2, 1), Ok((2, 1)), [2, 1]));
}

#[test]
fn it_runs_on_every_executor() {
    use std::time::Duration;

    async fn job() -> (u8, &'static str, u32) {
        let (sender, receiver) = futures::channel::oneshot::channel();
        let timer = async {
            smol::Timer::after(Duration::from_millis(1)).await;
            sender.send(3).unwrap();
            1
        };
        gather!(timer, yielding(5, "b"), async { receiver.await.unwrap() }).await
    }
    let expected = (1, "b", 3);
    assert_eq!(smol::block_on(job()), expected);
    assert_eq!(pollster::block_on(job()), expected);
    assert_eq!(block_on(job()), expected);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(runtime.block_on(job()), expected);
}
