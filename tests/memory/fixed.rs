//! `gather!` and `gather_array`, which do not allocate.

use std::future::ready;

use futures::future::Either;
use gather::{gather, gather_array, try_gather, try_gather_array};

use crate::{counting::counted, yields::yielding};

#[test]
fn gather_and_try_gather_allocate_nothing() {
    let run = || {
        let job = gather!(yielding(2, 1), yielding(3, "b"), async {
            yielding(1, 3).await
        });
        let outputs = pollster::block_on(async {
            try_gather!(async { Ok::<_, ()>(job.await) }, ready(Ok(4))).await
        });
        assert_eq!(outputs, Ok(((1, "b", 3), 4)));
    };
    // The executor's own.
    let (_, executor) = counted(|| pollster::block_on(yielding(3, 1)));
    assert_eq!(counted(run).1.allocations, executor.allocations);
}

#[test]
fn gather_array_and_try_gather_array_allocate_nothing() {
    let run = || {
        let job = gather_array([3, 1, 2].map(|times| yielding(times, times)));
        let job = async {
            try_gather_array(
                [Either::Left(job), Either::Right(ready([0; 3]))]
                    .map(async |job| Ok::<_, ()>(job.await)),
            )
            .await
        };
        assert_eq!(pollster::block_on(job), Ok([[3, 1, 2], [0; 3]]));
    };
    // The executor's own.
    let (_, executor) = counted(|| pollster::block_on(yielding(3, 1)));
    assert_eq!(counted(run).1.allocations, executor.allocations);
}
