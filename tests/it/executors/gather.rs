//! The same jobs on every executor: timers, channels, threads and yields in one job. `src/guide/executors.md` has the list.

use std::{future, sync::Arc, thread, time::Duration};

use gather::gather;

use super::{
    forty_lines::Tasks,
    gather_jobs::{CHILDREN, job, local_job},
};
use crate::support::{current_thread, two_threads, yielding};

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

    // Each poll may be by another of the threads.
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
