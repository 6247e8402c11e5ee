//! Keeps outputs of one kind, and stops at the first one of the other kind.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    task::{Context, Poll, ready},
};

use super::{
    kept::Kept,
    limited::{ALL, Limited},
    source::Source,
};

pub(super) struct Stops<S, F, K, B> {
    limited: Limited<S, F>,
    kept: Kept<K>,
    /// Until the children that run have been dropped.
    stopped: Option<B>,
}

impl<S, F, K, B> Stops<S, F, K, B> {
    pub(super) fn new(limited: Limited<S, F>, hint: usize) -> Self {
        Self {
            limited,
            kept: Kept::new(hint),
            stopped: None,
        }
    }

    pub(super) fn is_terminated(&self) -> bool {
        self.kept.terminated
    }
}

impl<S, F, K, B> Stops<S, F, K, B>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    /// Ready with all that `keep` keeps, or with the first thing at which it breaks, when the others are dropped.
    /// `of` is the type that the caller knows.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        of: &str,
        keep: impl Fn(F::Output) -> ControlFlow<B, K>,
    ) -> Poll<ControlFlow<B, Vec<K>>> {
        let Self {
            limited,
            kept,
            stopped,
        } = self;
        kept.check(of);
        if stopped.is_none() {
            let _ = ready!(limited.poll(cx, ALL, |index, output| match keep(output) {
                ControlFlow::Continue(output) => {
                    kept.put(index, output);
                    ControlFlow::Continue(())
                }
                ControlFlow::Break(output) => {
                    *stopped = Some(output);
                    ControlFlow::Break(())
                }
            }));
        }
        let Some(stopped) = stopped.take() else {
            return Poll::Ready(ControlFlow::Continue(kept.take(of, limited)));
        };
        kept.terminated = true;
        limited.end();
        kept.clear();
        Poll::Ready(ControlFlow::Break(stopped))
    }
}

impl<S, F, K, B> fmt::Debug for Stops<S, F, K, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.limited.fmt(f)
    }
}
