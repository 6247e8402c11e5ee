//! Groups on every executor: spawned as they are, and within tasks whose locals their children borrow.

use std::{
    error::Error, fmt, future::pending, rc::Rc, sync::mpsc::channel, thread, time::Duration,
};

use futures::{
    FutureExt,
    channel::oneshot,
    future::{BoxFuture, LocalBoxFuture},
};
use gather::{Errors, Group, gather, group, local_group};
use smol::Timer;

use crate::support::{current_thread, two_threads, yield_now, yielding};

/// Enough for several tables.
const CHILDREN: usize = 130;

type BoxError = Box<dyn Error + Send + Sync>;
type Handle = Group<'static, usize, BoxError>;

/// Children that wait in each way there is, for each other too; their sum is `expected`.
async fn body(g: Handle) -> Result<usize, BoxError> {
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

fn expected() -> usize {
    (0..CHILDREN).sum::<usize>() + 1000
}

/// Children that borrow the task's locals, in both ways to write a body.
async fn borrowing() {
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

/// What a group of any ending does, in one task.
fn job() -> BoxFuture<'static, ()> {
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

/// The same with children that are bound to their thread.
fn local_job() -> LocalBoxFuture<'static, ()> {
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

/// A group that is spawned as it is.
fn bare()
-> impl Future<Output = Result<usize, Errors<BoxError>>> + Send + Unpin + fmt::Debug + 'static {
    group(body)
}

#[test]
fn pollster() {
    pollster::block_on(job());
    pollster::block_on(local_job());
    assert_eq!(pollster::block_on(bare()).unwrap(), expected());
}

#[test]
fn futures_block_on() {
    futures::executor::block_on(job());
    futures::executor::block_on(local_job());
}

#[test]
fn futures_local_pool() {
    use futures::{executor::LocalPool, task::LocalSpawnExt};

    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let spawned = spawner.spawn_local_with_handle(local_job()).unwrap();
    let local = local_group(async |g| Ok::<_, Rc<()>>(*g.spawn(async { Ok(Rc::new(7)) }).await));
    let local = spawner.spawn_local_with_handle(local).unwrap();
    let bare = spawner.spawn_local_with_handle(bare()).unwrap();
    pool.run_until(spawned);
    assert_eq!(pool.run_until(local).unwrap(), 7);
    assert_eq!(pool.run_until(bare).unwrap(), expected());
    pool.run_until(job());
}

#[test]
fn futures_thread_pool() {
    use futures::{
        executor::{ThreadPool, block_on},
        task::SpawnExt,
    };

    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    let spawned = (0..4).map(|_| pool.spawn_with_handle(job()).unwrap());
    block_on(gather(spawned.collect::<Vec<_>>()));
    let bare = pool.spawn_with_handle(bare()).unwrap();
    assert_eq!(block_on(bare).unwrap(), expected());
    block_on(pool.spawn_with_handle(borrowing()).unwrap());
}

#[test]
fn smol() {
    use ::smol::{LocalExecutor, block_on, spawn};

    block_on(job());
    block_on(gather([spawn(job()), spawn(job())]));
    assert_eq!(block_on(spawn(group(body))).unwrap(), expected());
    block_on(spawn(borrowing()));
    let executor = LocalExecutor::new();
    let spawned = executor.spawn(local_job());
    block_on(executor.run(spawned));
}

#[test]
fn async_std() {
    use ::async_std::task::{block_on, spawn};

    block_on(job());
    block_on(gather([spawn(job()), spawn(job())]));
    assert_eq!(block_on(spawn(group(body))).unwrap(), expected());
    block_on(spawn(borrowing()));
    block_on(local_job());
}

#[test]
fn tokio_current_thread() {
    use tokio::task::LocalSet;

    let runtime = current_thread();
    runtime.block_on(job());
    runtime.block_on(runtime.spawn(job())).unwrap();
    let spawned = runtime.spawn(group(body));
    assert_eq!(runtime.block_on(spawned).unwrap().unwrap(), expected());
    LocalSet::new().block_on(&runtime, async {
        tokio::task::spawn_local(local_job()).await.unwrap();
    });
    runtime.block_on(job_of_tokio());
}

#[test]
fn tokio_multi_thread() {
    let runtime = two_threads();
    runtime.block_on(job());
    runtime.block_on(local_job());
    let spawned: Vec<_> = (0..4).map(|_| runtime.spawn(job())).collect();
    assert!(runtime.block_on(gather(spawned)).iter().all(Result::is_ok));
    runtime.block_on(async {
        assert_eq!(
            tokio::spawn(group(body)).await.unwrap().unwrap(),
            expected()
        );
        tokio::spawn(borrowing()).await.unwrap();
    });
    runtime.block_on(runtime.spawn(job_of_tokio())).unwrap();
}

/// With tokio's own timers, locks and tasks, and more children than its budget allows in a poll.
async fn job_of_tokio() {
    use tokio::{sync::Mutex, task, time};

    let sum = Mutex::new(0);
    let result: Result<_, Errors<BoxError>> = group(async |g| {
        for index in 0..1000 {
            let sum = &sum;
            g.spawn(async move {
                match index % 3 {
                    0 => time::sleep(Duration::from_micros(index as u64)).await,
                    1 => task::yield_now().await,
                    _ => task::spawn(task::yield_now()).await?,
                }
                *sum.lock().await += index;
                Ok(())
            });
        }
        Ok(7)
    })
    .await;
    assert_eq!((result.unwrap(), sum.into_inner()), (7, 999 * 500));

    let mut endless = group(async |g| {
        g.spawn(pending::<Result<(), BoxError>>());
        pending::<Result<(), _>>().await
    });
    let timeout = time::timeout(Duration::from_millis(1), &mut endless);
    assert!(timeout.await.is_err());
}
