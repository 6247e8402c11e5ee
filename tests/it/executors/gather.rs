//! The same jobs on every executor: timers, channels, threads and yields in one table.
//!
//! | executor | run as | needs |
//! |---|---|---|
//! | pollster | `block_on` | nothing |
//! | futures | `block_on`, `LocalPool`, `ThreadPool` | nothing |
//! | futures-lite | `block_on` | nothing |
//! | async-executor | `Executor`, run by one thread and by three; `LocalExecutor` | nothing |
//! | async-global-executor | `block_on`, `spawn`, `spawn_local` | nothing |
//! | smol | `block_on`, `spawn`, `LocalExecutor` | nothing |
//! | async-std | `block_on`, `spawn` | nothing |
//! | tokio, one thread | `block_on`, `spawn`, `LocalSet` | its timers and tasks: a runtime around them, as ever |
//! | tokio, two threads | `block_on`, `spawn` | the same |
//! | 40 lines of this test | tasks in a queue, one thread | nothing |
//! | embassy | Cortex-M3 and Cortex-M0 in QEMU: `.ci/firmware` | its timers: embassy-time's generic queue, or `with_task_waker` |
//! | JavaScript's microtasks | Node, wasm32-unknown-unknown: `.ci/wasm` | nothing |

use std::{
    future,
    rc::Rc,
    sync::{Arc, mpsc::channel},
    thread,
    time::Duration,
};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::{mpsc, oneshot},
    future::{BoxFuture, Either, LocalBoxFuture, select},
};
use gather::{gather, try_gather};
use smol::Timer;

use super::forty_lines::Tasks;
use crate::support::{current_thread, two_threads, yield_now, yielding};

/// Enough for three words of wakers.
const CHILDREN: usize = 130;

/// Children that wait in each way there is, for each other too.
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

/// Awaits such children in every way.
fn job() -> BoxFuture<'static, ()> {
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

/// The same with children that are bound to their thread.
fn local_job() -> LocalBoxFuture<'static, ()> {
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

#[test]
fn pollster() {
    pollster::block_on(job());
    pollster::block_on(local_job());
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
    let spawned = pool.spawner().spawn_local_with_handle(local_job()).unwrap();
    pool.spawner().spawn_local(local_job()).unwrap();
    pool.run_until(spawned);
    pool.run_until(job());
    pool.run();
}

#[test]
fn futures_thread_pool() {
    use futures::{executor::ThreadPool, task::SpawnExt};

    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    let spawned: Vec<_> = (0..4)
        .map(|_| pool.spawn_with_handle(job()).unwrap())
        .collect();
    futures::executor::block_on(gather(spawned));
}

// smol's `future` is futures-lite, and its executors are async-executor's.
#[test]
fn futures_lite_block_on() {
    use ::smol::future::block_on;

    block_on(job());
    block_on(local_job());
}

#[test]
fn async_executor() {
    use ::smol::{Executor, LocalExecutor, channel::unbounded, future::block_on};

    let executor = Executor::new();
    block_on(executor.run(gather([executor.spawn(job()), executor.spawn(job())])));
    let local = LocalExecutor::new();
    block_on(local.run(local.spawn(local_job())));

    // Any of the threads may poll a task, and each poll may be another's.
    let (running, end) = unbounded::<()>();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| block_on(executor.run(end.recv())).unwrap_err());
        }
        block_on(gather((0..4).map(|_| executor.spawn(job()))));
        drop(running);
    });
}

#[test]
fn async_global_executor() {
    use ::async_global_executor::{block_on, spawn, spawn_local};

    block_on(job());
    block_on(local_job());
    block_on(gather([spawn(job()), spawn(job())]));
    block_on(spawn_local(local_job()));
}

#[test]
fn forty_lines() {
    let tasks = Tasks::default();
    for _ in 0..3 {
        tasks.spawn(job());
        tasks.spawn(local_job());
    }
    tasks.run();
}

#[test]
fn smol() {
    use ::smol::{LocalExecutor, block_on, spawn};

    block_on(job());
    block_on(gather([spawn(job()), spawn(job())]));
    let executor = LocalExecutor::new();
    let spawned = executor.spawn(local_job());
    block_on(executor.run(spawned));
}

#[test]
fn async_std() {
    use ::async_std::task::{block_on, spawn};

    block_on(job());
    block_on(gather([spawn(job()), spawn(job())]));
    block_on(local_job());
}

#[test]
fn tokio_current_thread() {
    use tokio::task::LocalSet;

    let runtime = current_thread();
    runtime.block_on(job());
    runtime.block_on(runtime.spawn(job())).unwrap();
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        tokio::task::spawn_local(local_job()).await.unwrap();
        local_job().await;
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
    runtime.block_on(job_of_tokio());
    runtime.block_on(runtime.spawn(job_of_tokio())).unwrap();
}

/// With tokio's own timers, channels and tasks.
async fn job_of_tokio() {
    use tokio::{sync::Semaphore, task, time};

    let permits = Arc::new(Semaphore::new(3));
    let children = (0..CHILDREN).map(|index| {
        let permits = permits.clone();
        async move {
            let _permit = permits.acquire().await.unwrap();
            match index % 3 {
                0 => time::sleep(Duration::from_micros(index as u64)).await,
                1 => task::yield_now().await,
                _ => task::spawn(task::yield_now()).await.unwrap(),
            }
            index
        }
    });
    let children: Vec<_> = children.collect();
    assert!(gather(children).await.into_iter().eq(0..CHILDREN));

    let mut endless = gather((0..3).map(|index| async move {
        yielding(index, ()).await;
        if index == 2 {
            future::pending::<()>().await;
        }
        index
    }));
    assert_eq!(endless.until(|index, _| index == 1).await, Some(1));
    let timeout = time::timeout(Duration::from_millis(1), &mut endless);
    assert!(timeout.await.is_err());
    assert_eq!(endless.into_partial(), [Some(0), Some(1), None]);
}
