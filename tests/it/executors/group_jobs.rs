//! The groups that run on every executor, also on those of `tests/executors`.

use std::{error::Error, future::pending, rc::Rc, sync::mpsc::channel, thread, time::Duration};

use futures::{
    FutureExt,
    channel::oneshot,
    future::{BoxFuture, LocalBoxFuture},
};
use gather::{Errors, Group, gather, group, local_group};
use smol::Timer;

use crate::support::{yield_now, yielding};

/// Enough for four chunks, with the body.
pub(super) const CHILDREN: usize = 130;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;
type Handle = Group<'static, usize, BoxError>;

/// Children that wait in every way, also for each other. Their sum is `expected`.
pub(crate) async fn body(g: Handle) -> Result<usize, BoxError> {
    let (to_thread, from_children) = channel::<(usize, oneshot::Sender<usize>)>();
    let (inner, from_thread) = (g.clone(), oneshot::channel());
    thread::spawn(move || {
        for (index, reply) in from_children {
            reply.send(index).unwrap();
        }
        from_thread
            .0
            .send(inner.spawn(async { Ok(1000) }))
            .ok()
            .unwrap();
    });
    let mut handles = vec![];
    for index in 0..CHILDREN {
        let to_thread = to_thread.clone();
        let handle = match index % 5 {
            0 => g.spawn(async move { Ok(index) }),
            1 => g.spawn(yielding(index % 4, Ok(index))),
            2 => g.spawn(async move {
                let (reply, replied) = oneshot::channel();
                to_thread.send((index, reply))?;
                Ok(replied.await?)
            }),
            3 => g.spawn(async move {
                Timer::after(Duration::from_micros(index as u64)).await;
                Ok(index)
            }),
            _ => {
                let (g, before) = (g.clone(), handles.pop().unwrap());
                handles.push(g.spawn(async { Ok(0) }));
                g.clone().spawn(async move {
                    let child = g.spawn(yielding(2, Ok(index)));
                    Ok(before.await + child.await)
                })
            }
        };
        handles.push(handle);
    }
    drop(to_thread);
    let sum: usize = gather(handles).await.into_iter().sum();
    Ok(sum + from_thread.1.await?.await)
}

pub(crate) fn expected() -> usize {
    (0..CHILDREN).sum::<usize>() + 1000
}

/// Children that borrow from the task, in both ways to write a body.
pub(crate) async fn borrowing() {
    let names = vec!["a".to_string(), "bc".to_string(), "def".to_string()];
    let lengths: Result<_, Errors<BoxError>> = group(async |g| {
        let lengths = names.iter().map(|name| {
            g.spawn(async move {
                yield_now().await;
                Ok(name.len())
            })
        });
        Ok(gather(lengths.collect::<Vec<_>>()).await)
    })
    .await;
    assert_eq!(lengths.unwrap(), [1, 2, 3]);

    let names = &names;
    let last: Result<&str, Errors<&'static str>> = group(|g| async move {
        let last = g.spawn(async { names.last().map(String::as_str).ok_or("none") });
        yield_now().await;
        Ok(last.await)
    })
    .await;
    assert_eq!(last.unwrap(), "def");
}

/// Groups that end in every way, in one task.
pub(crate) fn job() -> BoxFuture<'static, ()> {
    async {
        assert_eq!(group(body).await.unwrap(), expected());
        borrowing().await;

        // A failure, a value from elsewhere, a deadline.
        let failed: Result<(), Errors<BoxError>> = group(async |g| {
            g.spawn(pending::<Result<(), _>>());
            g.spawn(async {
                Timer::after(Duration::from_micros(50)).await;
                Err::<(), _>("late".into())
            });
            pending().await
        })
        .await;
        assert_eq!(failed.unwrap_err().to_string(), "1 error\n└─ 1: late");

        let finished: Result<_, Errors<BoxError>> = group(|g: Group<'_, _, _>| {
            let other = g.clone();
            thread::spawn(move || other.finish(7));
            async move {
                g.spawn(pending::<Result<(), _>>()).await;
                Ok(8)
            }
        })
        .await;
        assert_eq!(finished.unwrap(), 7);

        let deadline = async {
            Timer::after(Duration::from_micros(50)).await;
        };
        let dropped: Result<(), Errors<BoxError>> = group(async |g| {
            g.spawn(pending::<Result<(), _>>());
            Err("bad".into())
        })
        .grace(deadline)
        .await;
        assert_eq!(dropped.unwrap_err().len(), 1);
    }
    .boxed()
}

/// The same groups with children that are not `Send`.
pub(crate) fn local_job() -> LocalBoxFuture<'static, ()> {
    async {
        let held = Rc::new(());
        let result: Result<_, Errors<Rc<()>>> = local_group(async |g| {
            let children = (0..CHILDREN).map(|index| {
                let held = held.clone();
                g.spawn(async move {
                    yielding(index % 4, ()).await;
                    drop(held);
                    Ok(Rc::new(index))
                })
            });
            Ok(gather(children.collect::<Vec<_>>()).await)
        })
        .await;
        assert!(
            result
                .unwrap()
                .into_iter()
                .map(|value| *value)
                .eq(0..CHILDREN)
        );
        assert_eq!(Rc::strong_count(&held), 1);
    }
    .boxed_local()
}
