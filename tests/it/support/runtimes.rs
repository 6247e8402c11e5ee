//! Runtimes of tokio, and other executors.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

pub(crate) fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

pub(crate) fn two_threads() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap()
}

/// Runs a job on executors of one thread, and as a task on one of two.
pub(crate) fn on_each_executor<F>(job: fn() -> F)
where
    F: Future<Output: Send> + Send + 'static,
{
    futures::executor::block_on(job());
    smol::block_on(job());
    two_threads().block_on(async { tokio::spawn(job()).await.unwrap() });
}
