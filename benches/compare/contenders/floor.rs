//! A loop over the children with no combinator, written for this stage alone.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::kind::Named;
use crate::stage::Stage;

/// It is told which children were fired, so it polls no other and gives all of them the task waker. A combinator
/// cannot know that.
pub(crate) fn floor<K: Named>(stage: &Stage) -> impl Future<Output = Vec<u64>> {
    let mut children: Vec<_> = K::named(stage).map(Some).collect();
    let mut outputs = vec![0; children.len()];
    let mut running = children.len();
    poll_fn(move |cx| {
        for index in stage.woken() {
            let slot = &mut children[index];
            let Some(child) = slot else { continue };
            if let Poll::Ready(output) = Pin::new(child).poll(cx) {
                *slot = None;
                outputs[index] = output;
                running -= 1;
            }
        }
        if running > 0 {
            return Poll::Pending;
        }
        Poll::Ready(std::mem::take(&mut outputs))
    })
}
