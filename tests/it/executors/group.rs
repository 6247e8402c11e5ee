//! Groups on every executor: spawned as tasks, and inside tasks from which their children borrow.

use std::{fmt, future::pending, rc::Rc, time::Duration};

use gather::{Errors, gather, group, local_group};

use super::group_jobs::{BoxError, body, borrowing, expected, job, local_job};
use crate::support::{current_thread, two_threads};

/// A group to be spawned as a task.
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
    let bare = futures::executor::block_on(bare());
    assert_eq!(bare.unwrap(), expected());
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
