//! `gather!` and `try_gather!`: children of different types, without allocation.

use std::{
    cell::Cell,
    future::{Future, pending, poll_fn, ready},
    marker::PhantomPinned,
    pin::pin,
    task::Poll,
};

use crate::support::{IntoReady, Remote, Task, panic_of, poll_once, yielding};
use futures::{
    executor::block_on,
    future::{Either, select},
};
use gather::{GatherFixed, gather, try_gather};

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
            let task = Task::new();
            $({
                assert_eq!(poll_once(gather!($(ready($index)),+)), Poll::Ready(($($index,)+)));
                assert_eq!(poll_once(try_gather!($(ready(Ok::<u8, ()>($index))),+)), Poll::Ready(Ok(($($index,)+))));

                let (remotes, children) = Remote::<usize>::many($n);
                let mut children = children.into_iter();
                let mut job = gather!($({ let _ = $index; children.next().unwrap() }),+);
                for index in (0..$n).rev() {
                    assert!(task.poll(&mut job).is_pending());
                    remotes[index].finish(index);
                    assert_eq!(task.woken(), 1);
                }
                assert_eq!(task.poll(&mut job), Poll::Ready(($($index,)+)));
                for (index, remote) in remotes.iter().enumerate() {
                    assert_eq!((remote.polls(), remote.drops()), ($n - index + 1, 1));
                }

                for failing in 0..$n {
                    let (remotes, children) = Remote::<Result<usize, usize>>::many($n);
                    let mut children = children.into_iter();
                    let mut job = try_gather!($({ let _ = $index; children.next().unwrap() }),+);
                    assert!(task.poll(&mut job).is_pending());
                    remotes[failing].finish(Err(failing));
                    assert_eq!(task.woken(), 1);
                    assert_eq!(task.poll(&mut job), Poll::Ready(Err(failing)));
                    assert!(remotes.iter().all(|remote| remote.drops() == 1));
                }

                for panicked in 0..$n {
                    let child = |index| poll_fn(move |_| {
                        if index == panicked { panic!("ouch") }
                        Poll::Ready(index)
                    });
                    let mut job = gather!($(child($index)),+);
                    assert_eq!(panic_of(|| task.poll(&mut job)), "ouch");
                    assert_eq!(task.woken(), 1);
                    let message = format!("`gather!` has no output of child {panicked}, which panicked");
                    assert_eq!(panic_of(|| task.poll(&mut job)), message);
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
fn children_may_be_any_into_future() {
    assert_eq!(
        poll_once(gather!(IntoReady(1), async { 2 })),
        Poll::Ready((1, 2))
    );
    assert_eq!(
        poll_once(try_gather!(IntoReady(Ok::<_, ()>(1)), async { Ok(2) })),
        Poll::Ready(Ok((1, 2)))
    );
}

#[test]
fn nothing_runs_before_the_first_poll() {
    let started = Cell::new(0);
    let child = || async { started.set(started.get() + 1) };
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
            match fail {
                true => ready(0),
                false => ready(2),
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
    //! The macros look up no name here.
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
    fn names_that_the_macros_use_may_be_defined_otherwise() {
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
    let task = Task::new();
    let (remote, mut child) = Remote::new();
    let words = [String::from("a")];
    {
        let padded = pin!(async { words[0].as_str() });
        let mut job = gather!(&mut child, padded);
        assert!(task.poll(&mut job).is_pending());
    }
    remote.finish(1);
    assert_eq!(task.poll(&mut child), Poll::Ready(1));
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
    let task = Task::new();
    let mut job = gather!(child, ready("b"));
    let timer = ready(());
    assert!(matches!(
        task.poll(&mut select(&mut job, timer)),
        Poll::Ready(Either::Right(_))
    ));
    remote.finish(1);
    assert_eq!(task.poll(&mut job), Poll::Ready((1, "b")));
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
fn debug_shows_which_children_run_and_needs_no_bound() {
    let mut job = try_gather!(
        ready(Ok::<_, ()>(PhantomPinned)),
        pending::<Result<u8, _>>()
    );
    assert_eq!(format!("{job:?}"), "TryGatherFixed([Running, Running])");
    assert!(Task::new().poll(&mut job).is_pending());
    assert_eq!(format!("{job:?}"), "TryGatherFixed([Done, Running])");
}

#[test]
fn a_job_is_its_children_and_one_usize() {
    fn size<F: Future>(_: F) -> usize {
        size_of::<F>()
    }
    // Padded to the children's alignment where a `usize` is smaller.
    let padded = size_of::<usize>().max(align_of::<u64>());
    let child = || poll_fn(|_| Poll::Ready([0_u64; 4]));
    let slot = size(futures::future::maybe_done(child()));
    assert_eq!(size(gather!(child(), child())), 2 * slot + padded);
    let (a, b, c) = (ready(1_u8), ready(1_u64), async { [0_u8; 100] });
    let slots = size_of_val(&(
        futures::future::maybe_done(a.clone()),
        futures::future::maybe_done(b.clone()),
    ));
    assert!(size(gather!(a.clone(), b.clone())) <= slots + padded);
    assert!(
        size(gather!(a.clone(), b.clone(), c))
            <= size(async { futures::join!(a, b, async { [0_u8; 100] }) }) + padded
    );
    let fallible = || ready(Ok::<u64, [u64; 9]>(1));
    assert!(
        size(try_gather!(fallible(), fallible()))
            <= size(async { futures::try_join!(fallible(), fallible()) }) + padded
    );
}

#[cfg(not(target_family = "wasm"))]
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
