//! `Gather` as a job that can be observed and ended early.

use alloc::vec::Vec;
use core::{
    future::Future,
    task::{Context, Poll},
};

use super::Gather;
use crate::job::{Job, Observable};

impl<F: Future> Job for Gather<F> {
    type Partial = Vec<Option<F::Output>>;

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.table.poll(cx)
    }

    fn cancel(&mut self) {
        self.table.cancel();
    }

    fn into_partial(self) -> Self::Partial {
        self.into_partial()
    }
}

impl<F: Future> Observable for Gather<F> {
    type Item = F::Output;
    type Outputs = Vec<F::Output>;

    fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        self.table.poll_until(cx, stop)
    }

    fn take_outputs(&mut self, cx: &mut Context<'_>, of: &str) -> Vec<F::Output> {
        let outputs = self.table.take_outputs(cx, of, |output| output);
        self.terminated = true;
        outputs
    }

    fn is_terminated(&self) -> bool {
        self.terminated
    }
}
