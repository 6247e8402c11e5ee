//! What is `Send`, `Sync` and `Unpin`: exactly what the parts allow. That it compiles is the test.

use std::marker::{PhantomData, PhantomPinned};

use futures::StreamExt;
use gather::{
    AtMost, AtMostCompletions, AtMostFirstOk, AtMostGather, AtMostOrdered, AtMostTryGather,
    ChildExt, Completions, Deadline, FirstOk, FromStream, Gather, Inspect, Outputs, TryGather,
    Until, at_most, first_ok, from_stream, gather, try_gather,
};

use crate::support::{Fut, Neither, OnlySend, OnlySync, assert_impl, assert_not_impl};

/// An iterator that has the traits of `P`, whatever it gives.
struct Iter<P, F>(PhantomData<(P, fn() -> F)>);

impl<P, F> Iterator for Iter<P, F> {
    type Item = F;

    fn next(&mut self) -> Option<F> {
        None
    }
}

type Both = ();

assert_impl!(OnlySend: Send);
assert_not_impl!(OnlySend: Sync);
assert_impl!(OnlySync: Sync);
assert_not_impl!(OnlySync: Send);

/// Asserts that a job has the traits that its future, its output and all else in it have.
macro_rules! as_its_parts {
    ($($part:ident: $job:ty;)+) => {
        $(
            const _: () = {
                mod both {
                    use super::*;
                    type $part = Both;
                    assert_impl!($job: Send, Sync, Unpin);
                }
                mod only_send {
                    use super::*;
                    type $part = OnlySend;
                    assert_impl!($job: Send, Unpin);
                    assert_not_impl!($job: Sync);
                }
                mod only_sync {
                    use super::*;
                    type $part = OnlySync;
                    assert_impl!($job: Sync, Unpin);
                    assert_not_impl!($job: Send);
                }
                mod neither {
                    use super::*;
                    type $part = Neither;
                    assert_impl!($job: Unpin);
                    assert_not_impl!($job: Send, Sync);
                }
                mod pinned {
                    use super::*;
                    type $part = PhantomPinned;
                    assert_impl!($job: Send, Sync, Unpin);
                }
            };
        )+
    };
}

as_its_parts! {
    P: Gather<Fut<P, Both>>;
    P: Gather<Fut<Both, P>>;
    P: TryGather<Fut<P, Both>>;
    P: TryGather<Fut<Both, P>>;
    P: FirstOk<Fut<P, Both>>;
    P: FirstOk<Fut<Both, P>>;
    P: Completions<Fut<P, Both>>;
    P: Completions<Fut<Both, P>>;
    P: Inspect<Gather<Fut<P, Both>>, Both>;
    P: Inspect<Gather<Fut<Both, P>>, Both>;
    P: Inspect<Gather<Fut<Both, Both>>, P>;
    P: Until<'static, Gather<Fut<P, Both>>, Both>;
    P: Until<'static, Gather<Fut<Both, P>>, Both>;
    P: Until<'static, Gather<Fut<Both, Both>>, P>;
    P: Deadline<Gather<Fut<P, Both>>, Both>;
    P: Deadline<Gather<Fut<Both, P>>, Both>;
    P: Outputs<Completions<Fut<P, Both>>>;
    P: Outputs<Completions<Fut<Both, P>>>;
    P: AtMostCompletions<Iter<P, Both>, Fut<Both, Both>>;
    P: AtMostCompletions<Iter<Both, Both>, Fut<P, Both>>;
    P: AtMostCompletions<Iter<Both, Both>, Fut<Both, P>>;
    P: AtMostGather<Iter<P, Both>, Fut<Both, Both>>;
    P: AtMostGather<Iter<Both, Both>, Fut<P, Both>>;
    P: AtMostGather<Iter<Both, Both>, Fut<Both, P>>;
    P: AtMostTryGather<Iter<P, Both>, Fut<Both, Result<Both, Both>>>;
    P: AtMostTryGather<Iter<Both, Both>, Fut<P, Result<Both, Both>>>;
    P: AtMostTryGather<Iter<Both, Both>, Fut<Both, Result<P, Both>>>;
    P: AtMostTryGather<Iter<Both, Both>, Fut<Both, Result<Both, P>>>;
    P: AtMostTryGather<Iter<Both, Both>, Fut<Both, (P, Result<Both, Both>)>>;
    P: AtMostFirstOk<Iter<P, Both>, Fut<Both, Result<Both, Both>>>;
    P: AtMostFirstOk<Iter<Both, Both>, Fut<P, Result<Both, Both>>>;
    P: AtMostFirstOk<Iter<Both, Both>, Fut<Both, Result<P, Both>>>;
    P: AtMostFirstOk<Iter<Both, Both>, Fut<Both, Result<Both, P>>>;
    P: AtMostFirstOk<Iter<Both, Both>, Fut<Both, (P, Result<Both, Both>)>>;
    P: Until<'static, AtMostTryGather<Iter<Both, Both>, Fut<Both, Result<Both, P>>>, Both>;
    P: Inspect<AtMostTryGather<Iter<Both, Both>, Fut<Both, Result<Both, P>>>, Both>;
    P: Deadline<AtMostTryGather<Iter<Both, Both>, Fut<Both, Result<Both, P>>>, Both>;
    P: AtMostOrdered<Iter<P, Both>, Fut<Both, Both>>;
    P: AtMostOrdered<Iter<Both, Both>, Fut<P, Both>>;
    P: AtMostOrdered<Iter<Both, Both>, Fut<Both, P>>;
    P: FromStream<Iter<P, Both>>;
}

assert_impl!(AtMost: Send, Sync, Unpin);

/// A deadline holds its timer, which is pinned.
type PinnedTimer = Deadline<Gather<Fut<Both, Both>>, PhantomPinned>;
assert_impl!(PinnedTimer: Send, Sync);
assert_not_impl!(PinnedTimer: Unpin);
type SendTimer = Deadline<Gather<Fut<Both, Both>>, OnlySend>;
assert_impl!(SendTimer: Send, Unpin);
assert_not_impl!(SendTimer: Sync);

#[test]
fn a_job_of_children_that_are_send_can_be_spawned_in_an_async_block() {
    fn spawnable(_: impl Future + Send + 'static) {}

    let children = || (0..3).map(|index| async move { index });
    spawnable(async move {
        let mut job = gather(children());
        job.until(|_, _| true).await;
        job.inspect(|_, _| {}).await
    });
    spawnable(async move { gather(children()).completions().next().await });
    spawnable(try_gather([async { Ok::<_, ()>(1) }]));
    spawnable(first_ok([async { Ok::<_, ()>(1) }]));
    spawnable(at_most(2).gather(children()));
    spawnable(async move { at_most(2).completions(children()).next().await });
    spawnable(at_most(2).try_gather([async { Ok::<_, ()>(1) }]));
}

#[test]
// The closures are what is tested.
#[allow(clippy::redundant_closure)]
fn a_job_of_children_that_borrow_can_be_spawned_in_an_async_block() {
    fn spawnable<F: Future + Send + 'static>(_: F) {}

    async fn fetch(url: &str) -> Result<usize, String> {
        Ok(url.len())
    }

    let urls: Vec<String> = vec![];
    let all = urls.clone();
    spawnable(async move { at_most(4).gather(all.iter().map(|url| fetch(url))).await });
    let all = urls.clone();
    spawnable(async move {
        let mut job = at_most(4).gather(all.iter().map(|url| fetch(url)));
        job.until(|_, outcome| outcome.is_err()).await;
        job.inspect(|_, _| {}).deadline(async {}).await.0
    });
    let all = urls.clone();
    spawnable(async move {
        at_most(4)
            .try_gather(all.iter().map(|url| fetch(url)))
            .await
    });
    let all = urls.clone();
    spawnable(async move {
        let keyed = |url| fetch(url).keyed(url);
        let mut job = at_most(4).try_gather(all.iter().map(|url| keyed(url)));
        job.until(|_, &(url, length)| url.len() > length).await;
        job.inspect(|_, _| {}).deadline(async {}).await.is_ok()
    });
    let all = urls.clone();
    spawnable(async move { at_most(4).first_ok(all.iter().map(|url| fetch(url))).await });
    let all = urls.clone();
    spawnable(async move {
        at_most(4)
            .ordered(all.iter().map(|url| fetch(url)))
            .next()
            .await
    });
    let all = urls.clone();
    spawnable(async move {
        at_most(4)
            .unordered(all.iter().map(|url| fetch(url)))
            .next()
            .await
    });
    let all = urls.clone();
    spawnable(async move {
        let children = futures::stream::iter(all.iter()).map(|url| fetch(url));
        at_most(4).gather(from_stream(children)).await
    });
    spawnable(async move {
        let children = urls.iter().map(|url| fetch(url));
        gather(children).deadline(async {}).await.len()
    });
}
