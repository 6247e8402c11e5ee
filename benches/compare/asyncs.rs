//! Children as programs have them: `async` blocks and functions.

use std::array;
use std::future::Future;
use std::hint::black_box;

use tokio::sync::oneshot::{Receiver, error::RecvError};

use crate::children::Leaves;
use crate::kind::{Kind, Named};
use crate::stage::{Lost, Stage, output};

/// Children that wait for a message on a channel of tokio's, two functions deep.
pub(crate) enum Requests {}

impl Kind for Requests {
    type Output = Result<u64, Lost>;

    const EMPTY: Self::Output = Err(Lost);

    fn children(
        stage: &Stage,
    ) -> impl ExactSizeIterator<Item = impl Future<Output = Self::Output>> {
        (0..stage.len()).map(|index| look_up(stage.channel(index)))
    }
}

async fn look_up(receiver: Receiver<usize>) -> Result<u64, Lost> {
    let index = receive(receiver).await?;
    Ok(output(index))
}

async fn receive(receiver: Receiver<usize>) -> Result<usize, RecvError> {
    receiver.await
}

/// Blocks of `WORDS` 8-byte words that wait for nothing.
pub(crate) enum Blocks<const WORDS: usize> {}

impl<const WORDS: usize> Kind for Blocks<WORDS> {
    type Output = u64;

    const EMPTY: u64 = 0;

    fn children(stage: &Stage) -> impl ExactSizeIterator<Item = impl Future<Output = u64>> {
        (0..stage.len()).map(|index| {
            let words: [u64; WORDS] = array::from_fn(|_| output(index));
            async move { words.into_iter().fold(0, |all, word| all | word) }
        })
    }
}

/// Blocks that wait for their channel, with a buffer of 2 kB.
pub(crate) enum Wide {}

impl Kind for Wide {
    type Output = u64;

    const EMPTY: u64 = 0;

    fn children(stage: &Stage) -> impl ExactSizeIterator<Item = impl Future<Output = u64>> {
        Leaves::named(stage).map(|leaf| async move {
            // Without these the compiler removes the buffer.
            let mut buffer = [0u8; 2048];
            black_box(&mut buffer);
            let output = leaf.await;
            black_box(&mut buffer);
            output
        })
    }
}
