//! The jobs that run on every executor, also on those of `tests/executors`: timers, channels, threads and yields in one job.

use std::{rc::Rc, sync::mpsc::channel, thread, time::Duration};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::{mpsc, oneshot},
    future::{BoxFuture, Either, LocalBoxFuture, select},
};
use gather::{gather, try_gather};
use smol::Timer;

use crate::support::{yield_now, yielding};

/// Enough for a root and three leaves.
pub(crate) const CHILDREN: usize = 130;

/// Children that wait in every way, also for each other.
fn children() -> Vec<BoxFuture<'static, usize>> {
    let (to_thread, from_children) = channel::<(usize, oneshot::Sender<usize>)>();
    thread::spawn(move || {
        for (index, reply) in from_children {
            reply.send(index).unwrap();
        }
    });
    let mut passed_on = None;
    let (sender, mut receiver) = mpsc::channel(1);
    let mut children: Vec<BoxFuture<'static, usize>> = vec![];
    for index in 0..CHILDREN - 1 {
        children.push(match index % 6 {
            0 => async move { index }.boxed(),
            1 => yielding(index % 4, index).boxed(),
            2 => {
                let (reply, replied) = oneshot::channel();
                let to_thread = to_thread.clone();
                async move {
                    to_thread.send((index, reply)).unwrap();
                    replied.await.unwrap()
                }
                .boxed()
            }
            3 => async move {
                Timer::after(Duration::from_micros(index as u64)).await;
                index
            }
            .boxed(),
            // One sibling waits for the next, and both for the last, which empties the channel.
            4 => {
                let (reply, replied) = oneshot::channel();
                passed_on = Some(reply);
                async move { replied.await.unwrap() }.boxed()
            }
            _ => {
                let reply = passed_on.take().unwrap();
                let mut sender = sender.clone();
                async move {
                    sender.send(index).await.unwrap();
                    yield_now().await;
                    reply.send(index - 1).unwrap();
                    index
                }
                .boxed()
            }
        });
    }
    drop(sender);
    let last = async move {
        while let Some(index) = receiver.next().await {
            assert_eq!(index % 6, 5);
        }
        CHILDREN - 1
    };
    children.push(last.boxed());
    children
}

/// Awaits such children by every combinator.
pub(crate) fn job() -> BoxFuture<'static, ()> {
    async {
        assert!(gather(children()).await.into_iter().eq(0..CHILDREN));

        let mut seen = vec![];
        let outputs = gather(children())
            .inspect(|index, _| seen.push(index))
            .await;
        assert!(outputs.into_iter().eq(0..CHILDREN));
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..CHILDREN));

        let mut job = gather(children());
        let stop = CHILDREN / 2;
        assert_eq!(job.until(|index, _| index == stop).await, Some(stop));
        assert_eq!(job.get(stop), Some(&stop));
        let mut stream = job.completions();
        let mut given = vec![];
        while let Some((index, output)) = stream.next().await {
            assert_eq!(index, output);
            given.push(index);
        }
        given.sort_unstable();
        assert!(given.into_iter().eq(0..CHILDREN));

        let all = try_gather(children().into_iter().map(|child| child.map(Ok::<_, ()>)));
        assert!(all.await.unwrap().into_iter().eq(0..CHILDREN));
        let failing = children()
            .into_iter()
            .map(|child| child.map(|index| if index == stop { Err(index) } else { Ok(index) }));
        assert_eq!(try_gather(failing).await, Err(stop));

        let mut job = gather(children());
        let outputs = match select(&mut job, Timer::after(Duration::ZERO)).await {
            Either::Left((outputs, _)) => outputs,
            Either::Right((_, job)) => job.await,
        };
        assert!(outputs.into_iter().eq(0..CHILDREN));
    }
    .boxed()
}

/// The same jobs with children that are not `Send`.
pub(crate) fn local_job() -> LocalBoxFuture<'static, ()> {
    async {
        let held = Rc::new(());
        let bound = children().into_iter().map(|child| {
            let held = held.clone();
            async move {
                let output = child.await;
                drop(held);
                output
            }
        });
        assert!(gather(bound).await.into_iter().eq(0..CHILDREN));
        assert_eq!(Rc::strong_count(&held), 1);
    }
    .boxed_local()
}
