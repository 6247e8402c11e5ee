//! How much stack jobs take, also in debug builds: with large children, and with nested jobs.

use std::{
    cell::Cell,
    future::Future,
    hint::black_box,
    iter,
    pin::Pin,
    task::{Context, Poll},
    thread,
};

use futures::StreamExt;
use gather::{GatherSet, at_most, first_ok, gather, try_gather};
#[cfg(feature = "std")]
use gather::{Group, group, local_group};

use crate::support::{Task, yielding};

fn on_a_stack_of(mebibytes: usize, test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(mebibytes << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

/// A child of 100 KB that is pending once.
struct Large {
    polls: u8,
    memory: [u8; 100_000],
}

impl Future for Large {
    type Output = Result<u8, u8>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.polls += 1;
        if self.polls == 2 {
            return Poll::Ready(Ok(black_box(&self.memory)[99_999]));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn large() -> impl Iterator<Item = Large> {
    iter::repeat_with(|| Large {
        polls: 0,
        memory: [7; 100_000],
    })
    .take(3)
}

#[test]
fn children_of_100_kb_run_on_2_mib_in_every_combinator() {
    fn run(job: impl Future + Unpin) {
        Task::new().run(job);
    }

    let jobs: &[fn()] = &[
        || run(gather(large())),
        || run(gather(large()).until(|_, _| false)),
        || run(gather(large()).inspect(|_, _| {})),
        || run(gather(large()).completions().count()),
        || run(try_gather(large())),
        || run(first_ok(large())),
        || run(at_most(2).gather(large())),
        || run(at_most(2).try_gather(large())),
        || run(at_most(2).completions(large()).count()),
        || run(large().collect::<GatherSet<_>>().count()),
        #[cfg(feature = "std")]
        || {
            run(group(async |g| {
                large().for_each(|child| drop(g.spawn(child)));
                Ok(())
            }))
        },
        #[cfg(feature = "std")]
        || {
            run(local_group(async |g| {
                large().for_each(|child| drop(g.spawn(child)));
                Ok(())
            }))
        },
    ];
    for &job in jobs {
        on_a_stack_of(2, job);
    }
}

type Boxed = Pin<Box<dyn Future<Output = Result<u8, u8>> + Send>>;

fn leaf() -> Boxed {
    Box::pin(yielding(1, Ok(1)))
}

/// A job of two children, of which one is a job of two, and so on. `of` makes a job.
fn nested(debug: usize, release: usize, of: fn([Boxed; 2]) -> Boxed) {
    let depth = if cfg!(debug_assertions) {
        debug
    } else {
        release
    };
    on_a_stack_of(8, move || {
        let job = (0..depth).fold(leaf(), |inner, _| of([inner, leaf()]));
        assert_eq!(Task::new().run(job).0, Ok(1));
    });
}

#[test]
fn nested_jobs_run_on_8_mib() {
    nested(1000, 10_000, |two| Box::pin(async { gather(two).await[0] }));
    nested(1000, 10_000, |two| {
        Box::pin(async { Ok(try_gather(two).await?[0]) })
    });
    nested(1000, 10_000, |two| {
        Box::pin(async { Ok(first_ok(two).await.unwrap()) })
    });
    nested(1000, 10_000, |two| {
        Box::pin(async { at_most(2).gather(two).await[0] })
    });
}

#[cfg(feature = "std")]
#[test]
fn nested_groups_run_on_8_mib() {
    // Each level takes one more poll of all levels above it: more levels take too long.
    nested(1000, 3000, |[one, other]| {
        let job = group(async |g: Group<'static, u8, u8>| {
            let handles = [g.spawn(one), g.spawn(other)];
            Ok(gather(handles).await[0])
        });
        Box::pin(async { Ok(job.await.unwrap()) })
    });
}

thread_local! {
    static ADDRESS: Cell<usize> = const { Cell::new(0) };
}

/// Notes how far the stack has grown.
struct Bottom;

impl Future for Bottom {
    type Output = Result<u8, u8>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let here = 0u8;
        ADDRESS.set(black_box(&raw const here).addr());
        Poll::Ready(Ok(1))
    }
}

/// A job as the child of another one.
struct Level<J>(J);

impl<J: Future + Unpin> Future for Level<J> {
    type Output = Result<u8, u8>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|_| Ok(1))
    }
}

#[test]
fn does_a_level_of_nested_jobs_take_at_most_2_kb_of_stack() {
    fn address(depth: usize, of: fn([Boxed; 2]) -> Boxed) -> usize {
        let bottom: Boxed = Box::pin(Bottom);
        let job = (0..depth).fold(bottom, |inner, _| of([inner, leaf()]));
        assert!(Task::new().run(job).0.is_ok());
        ADDRESS.get()
    }

    let kinds: &[fn([Boxed; 2]) -> Boxed] = &[
        |two| Box::pin(Level(gather(two))),
        |two| Box::pin(Level(try_gather(two))),
        |two| Box::pin(Level(first_ok(two))),
        |two| Box::pin(Level(at_most(2).gather(two))),
        |two| Box::pin(Level(at_most(2).try_gather(two))),
        #[cfg(feature = "std")]
        |two| {
            Box::pin(Level(group(|g: Group<'static, (), u8>| {
                two.into_iter().for_each(|child| drop(g.spawn(child)));
                std::future::ready(Ok(()))
            })))
        },
    ];
    for &of in kinds {
        let bytes = (address(10, of) - address(20, of)) / 10;
        let most = if cfg!(debug_assertions) { 2048 } else { 1024 };
        assert!((1..=most).contains(&bytes), "{bytes}");
    }
}
