//! A runtime of tokio's, for contenders that cannot be polled by another executor.

use std::future::Future;

use tokio::runtime::{self, Runtime};

/// The note on contenders that run in it.
pub(crate) const REMARK: &str =
    "in a runtime of its own, of one thread: it cannot be polled by another executor";

std::thread_local! {
    static RUNTIME: Runtime = runtime::Builder::new_current_thread().build().expect("a runtime can be made");
}

pub(crate) fn block_on<T>(job: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(job))
}
