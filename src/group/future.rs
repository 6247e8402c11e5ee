//! The group itself: the future that runs its body and its children.

use alloc::{sync::Arc, vec::Vec};
use core::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use std::panic::{self, AssertUnwindSafe};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

use super::{
    Handle,
    child::{Child, Ended, hopeless},
    growing::Growing,
    shared::{Rest, Shared},
};
use crate::errors::Errors;

/// A poll that has started this many children starts no more generations of them: a child that
/// spawns a child, and so on without end, does not keep the parent from its other work.
const PATIENCE: usize = 256;

/// The body runs as a child too, under this number.
const BODY: usize = usize::MAX;

type Outcome<G> = Result<<G as Handle>::Value, Errors<<G as Handle>::Error>>;

/// The future of [`group`](super::group()) and [`local_group`](super::local_group()).
///
/// `G` is the handle that the body was given.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct GroupFuture<G: Handle> {
    shared: Arc<Shared<G::Child, G::Value>>,
    tasks: Growing<G::Child>,
    body: Child<G::Value>,
    /// In the order in which they came.
    errors: Vec<(usize, G::Error)>,
    /// Children to be started. At first that is the body.
    mail: Vec<(usize, G::Child)>,
    /// Children may go on after the group was cancelled.
    graceful: bool,
    signalled: bool,
    terminated: bool,
}

// Children are pinned in their tables, and nothing else is ever pinned.
impl<G: Handle> Unpin for GroupFuture<G> {}

impl<G: Handle> GroupFuture<G> {
    pub(super) fn new(
        shared: Arc<Shared<G::Child, G::Value>>,
        body: G::Child,
        value: Child<G::Value>,
    ) -> Self {
        Self {
            shared,
            tasks: Growing::new(),
            body: value,
            errors: Vec::new(),
            mail: alloc::vec![(BODY, body)],
            graceful: false,
            signalled: false,
            terminated: false,
        }
    }

    /// Gives the children a time in which to end, once the group is cancelled: by a failure, or by
    /// [`finish`](super::Group::finish).
    ///
    /// [`cancelled`](super::Group::cancelled) resolves then, and all go on until they have ended or
    /// `deadline` is ready; only after that, those that still run are dropped. Children may be
    /// spawned meanwhile. Errors on the way are in the [`Errors`] too, and win over a value.
    ///
    /// `deadline` is polled from the cancellation on. Timers mostly count from when they are made: an
    /// `async` block makes one that counts from the cancellation.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    /// use std::time::Duration;
    ///
    /// let log = std::sync::Mutex::new(Vec::new());
    /// let job = group(async |g| {
    ///     let (cancelled, log) = (g.cancelled(), &log);
    ///     g.spawn(async move {
    ///         cancelled.await;
    ///         log.lock().unwrap().push("flushed");
    ///         Ok(())
    ///     });
    ///     Err::<(), _>("no more input")
    /// });
    /// let grace = async {
    ///     smol::Timer::after(Duration::from_secs(5)).await;
    /// };
    /// let errors = job.grace(grace).await.unwrap_err();
    /// assert_eq!(errors.to_string(), "1 error\n└─ 1: no more input");
    /// assert_eq!(*log.lock().unwrap(), ["flushed"]);
    /// # });
    /// ```
    pub fn grace<D: Future>(mut self, deadline: D) -> Grace<G, D> {
        self.graceful = true;
        self.shared.be_graceful();
        Grace {
            group: self,
            deadline,
        }
    }

    /// One pass: polls the children that were woken, starts those that were spawned. Ready once the
    /// group is over. `is_due` polls the deadline.
    fn turn(
        &mut self,
        cx: &mut Context<'_>,
        is_due: impl FnOnce(&mut Context<'_>) -> bool,
    ) -> Poll<()> {
        if self.shared.wake_up() && !self.graceful {
            return Poll::Ready(());
        }
        if !self.tasks.begin(cx) {
            return Poll::Pending;
        }
        while let Some((child, ended)) = self.tasks.poll_next(cx) {
            self.end_child(child, ended);
        }
        let mut patience = PATIENCE;
        let cancelled = loop {
            patience = patience.saturating_sub(self.mail.len());
            self.start(cx);
            if patience == 0 {
                // The rest is left in the inbox.
                cx.waker().wake_by_ref();
                break self.shared.wake_up();
            }
            match self.shared.rest(&mut self.mail, cx.waker()) {
                Rest::Mail => {}
                Rest::Asleep { cancelled } => break cancelled,
            }
        };
        // Those that were started.
        let ended = self.tasks.poll_next(cx);
        debug_assert!(ended.is_none());
        if patience > 0 && self.tasks.running() == 0 && (cancelled || self.body.has_value()) {
            return Poll::Ready(());
        }
        if !cancelled {
            return Poll::Pending;
        }
        if !mem::replace(&mut self.signalled, true) {
            self.shared.signal();
        }
        if self.graceful && !is_due(cx) {
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn start(&mut self, cx: &mut Context<'_>) {
        // They stay here until then: if one panics, the others are not dropped as it unwinds.
        self.mail.reverse();
        while let Some((child, future)) = self.mail.pop() {
            if let Some(ended) = self.tasks.start(child, future, cx) {
                self.end_child(child, ended);
            }
        }
    }

    fn end_child(&mut self, child: usize, ended: Ended<G::Error>) {
        if let Some(error) = ended {
            self.shared.fail();
            let index = match child {
                BODY => self.shared.next_index(),
                child => child,
            };
            self.errors.push((index, *error));
        }
    }

    fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        is_due: impl FnOnce(&mut Context<'_>) -> bool,
    ) -> Poll<Outcome<G>> {
        assert!(!self.terminated, "a group was polled after completion");
        match panic::catch_unwind(AssertUnwindSafe(|| {
            hopeless::within(|| self.turn(cx, is_due))
        })) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => {
                let value = self.end();
                let errors = mem::take(&mut self.errors);
                Poll::Ready(match value {
                    Some(value) if errors.is_empty() => Ok(value),
                    _ => Err(Errors::new(errors)),
                })
            }
            Err(panic) => {
                let ended = panic::catch_unwind(AssertUnwindSafe(|| drop(self.end())));
                // The first panic is the one to tell of. A second one's drop might panic again.
                ended.unwrap_or_else(mem::forget);
                panic::resume_unwind(panic)
            }
        }
    }

    /// Drops the body and the children: first those that run, in the order of their slots, then
    /// those that were not started. The value, if there is one.
    fn end(&mut self) -> Option<G::Value> {
        self.terminated = true;
        self.tasks.close();
        let (spawned, value) = self.shared.close();
        let unstarted = (mem::take(&mut self.mail), spawned);
        drop(mem::replace(&mut self.tasks, Growing::new()));
        drop(unstarted);
        value.or_else(|| self.body.take())
    }
}

impl<G: Handle> Drop for GroupFuture<G> {
    fn drop(&mut self) {
        if !self.terminated {
            drop(self.end());
        }
    }
}

impl<G: Handle> fmt::Debug for GroupFuture<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupFuture")
            .field("running", &self.tasks.running())
            .field("errors", &self.errors.len())
            .finish_non_exhaustive()
    }
}

impl<G: Handle<Error: 'static>> Future for GroupFuture<G> {
    type Output = Result<G::Value, Errors<G::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_until(cx, |_| false)
    }
}

impl<G: Handle<Error: 'static>> FusedFuture for GroupFuture<G> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

pin_project! {
    /// The future of [`GroupFuture::grace`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Grace<G: Handle, D> {
        group: GroupFuture<G>,
        #[pin]
        deadline: D,
    }
}

impl<G: Handle, D> fmt::Debug for Grace<G, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Grace").field(&self.group).finish()
    }
}

impl<G: Handle<Error: 'static>, D: Future> Future for Grace<G, D> {
    type Output = Result<G::Value, Errors<G::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let deadline = this.deadline;
        this.group.poll_until(cx, |cx| deadline.poll(cx).is_ready())
    }
}

impl<G: Handle<Error: 'static>, D: Future> FusedFuture for Grace<G, D> {
    fn is_terminated(&self) -> bool {
        self.group.terminated
    }
}
