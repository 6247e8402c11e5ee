//! The jobs of `tests/it/executors` on executors of one thread per core, whose leaves use io_uring. They fail on a kernel without it.

#[path = "../it/support/yields.rs"]
mod support;

#[path = "../it/executors/gather_jobs.rs"]
mod gather_jobs;
#[path = "../it/executors/group_jobs.rs"]
mod group_jobs;

use std::time::{Duration, Instant};

use futures::future::{Either, select};
use gather::{at_most, gather, gather_array};

/// The jobs with threads, channels and smol's timers.
async fn jobs() {
    gather!(gather_jobs::job(), gather_jobs::local_job()).await;
    gather!(group_jobs::job(), group_jobs::local_job()).await;
}

/// With the executor's own timers.
async fn timers<F: Future<Output = ()>>(sleep: impl Fn(Duration) -> F) {
    let sleep = |milliseconds| {
        let slept = sleep(Duration::from_millis(milliseconds));
        async move {
            slept.await;
            milliseconds
        }
    };
    let start = Instant::now();
    let outputs = gather((0..100).map(|index| sleep(100 - index))).await;
    assert!(outputs.into_iter().eq((0..100).map(|index| 100 - index)));
    assert!(start.elapsed() < Duration::from_secs(2), "together");
    assert_eq!(gather_array([9, 1, 5].map(sleep)).await, [9, 1, 5]);
    let outputs = at_most(3).gather((0..20).map(|index| sleep(index % 4)));
    assert!(outputs.await.into_iter().eq((0..20).map(|index| index % 4)));

    let job = gather([1, 1_000_000].map(sleep));
    let Either::Right((_, job)) = select(job, Box::pin(sleep(30))).await else {
        panic!("in time");
    };
    assert_eq!(job.into_partial(), [Some(1), None]);
}

#[test]
fn glommio() {
    use glommio::{LocalExecutorBuilder, Placement, spawn_local, timer::sleep};

    let executor = LocalExecutorBuilder::new(Placement::Unbound)
        .make()
        .expect("a kernel with io_uring, and 512 KiB that may be locked in memory");
    executor.run(async {
        jobs().await;
        gather([spawn_local(jobs()), spawn_local(jobs())]).await;
        timers(sleep).await;
    });
}

#[test]
fn monoio_on_io_uring() {
    let mut runtime = monoio::RuntimeBuilder::<monoio::IoUringDriver>::new()
        .enable_timer()
        .build()
        .unwrap();
    runtime.block_on(of_monoio());
}

#[test]
fn monoio_on_epoll() {
    let mut runtime = monoio::RuntimeBuilder::<monoio::LegacyDriver>::new()
        .enable_timer()
        .build()
        .unwrap();
    runtime.block_on(of_monoio());
}

async fn of_monoio() {
    jobs().await;
    gather([monoio::spawn(jobs()), monoio::spawn(jobs())]).await;
    timers(monoio::time::sleep).await;
}
