//! What of `gather!` and `gather_array` is `Send`, `Sync` and `Unpin`: exactly what the parts allow. That it
//! compiles is the test.

use std::{future::Future, marker::PhantomPinned};

use crate::support::{Fut, Neither, OnlySend, OnlySync, assert_impl, assert_not_impl, yielding};
use gather::{GatherFixed, TryGatherFixed, gather, gather_array, try_gather};

type Fallible<T> = Result<T, ()>;

// Each is what all children and outputs are.
assert_impl!(GatherFixed<(Fut<(), u8>, Fut<u8, ()>)>: Send, Sync, Unpin);
assert_impl!(GatherFixed<(Fut<OnlySend, u8>, Fut<u8, OnlySend>)>: Send, Unpin);
assert_not_impl!(GatherFixed<(Fut<OnlySend, u8>, Fut<(), ()>)>: Sync);
assert_not_impl!(GatherFixed<(Fut<(), ()>, Fut<(), OnlySend>)>: Sync);
assert_impl!(GatherFixed<(Fut<OnlySync, u8>, Fut<u8, OnlySync>)>: Sync, Unpin);
assert_not_impl!(GatherFixed<(Fut<OnlySync, u8>, Fut<(), ()>)>: Send);
assert_not_impl!(GatherFixed<(Fut<(), ()>, Fut<(), OnlySync>)>: Send);
assert_not_impl!(GatherFixed<(Fut<Neither, ()>,)>: Send, Sync);
assert_impl!(GatherFixed<(Fut<(), PhantomPinned>,)>: Send, Sync, Unpin);
assert_impl!(GatherFixed<(Fut<PhantomPinned, ()>, Fut<(), ()>)>: Send, Sync);
assert_not_impl!(GatherFixed<(Fut<PhantomPinned, ()>, Fut<(), ()>)>: Unpin);
assert_impl!(TryGatherFixed<(Fut<(), Fallible<u8>>,)>: Send, Sync, Unpin);
assert_not_impl!(TryGatherFixed<(Fut<(), Fallible<u8>>, Fut<(), Fallible<Neither>>)>: Send, Sync);
assert_not_impl!(TryGatherFixed<(Fut<Neither, Fallible<u8>>, Fut<(), Fallible<u8>>)>: Send, Sync);
assert_not_impl!(TryGatherFixed<(Fut<PhantomPinned, Fallible<u8>>,)>: Unpin);
// An error is handed out at once: the job never holds one.
assert_impl!(TryGatherFixed<(Fut<(), Result<u8, Neither>>,)>: Send, Sync, Unpin);

assert_impl!(GatherFixed<[Fut<(), u8>; 2]>: Send, Sync, Unpin);
assert_impl!(GatherFixed<[Fut<OnlySend, OnlySend>; 2]>: Send, Unpin);
assert_not_impl!(GatherFixed<[Fut<OnlySend, ()>; 2]>: Sync);
assert_not_impl!(GatherFixed<[Fut<(), OnlySend>; 2]>: Sync);
assert_not_impl!(GatherFixed<[Fut<Neither, ()>; 2]>: Send, Sync);
assert_not_impl!(GatherFixed<[Fut<(), Neither>; 2]>: Send, Sync);
assert_impl!(GatherFixed<[Fut<(), PhantomPinned>; 2]>: Send, Sync, Unpin);
assert_not_impl!(GatherFixed<[Fut<PhantomPinned, ()>; 2]>: Unpin);
assert_impl!(TryGatherFixed<[Fut<(), Fallible<u8>>; 2]>: Send, Sync, Unpin);
assert_not_impl!(TryGatherFixed<[Fut<(), Fallible<Neither>>; 2]>: Send, Sync);
assert_not_impl!(TryGatherFixed<[Fut<PhantomPinned, Fallible<u8>>; 2]>: Unpin);

#[cfg(not(target_family = "wasm"))]
#[test]
fn a_job_in_an_async_block_can_be_spawned_also_over_borrowed_items() {
    fn spawnable<T: Send>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send {
        future
    }
    async fn len(text: &str) -> usize {
        yielding(1, text.len()).await
    }
    let job = spawnable(async {
        let words = [String::from("ab"), String::from("c")];
        let closure = |word| len(word);
        let both = gather!(closure(&words[0]), closure(&words[1])).await;
        let fallible = async |word: &String| Ok::<_, ()>(len(word).await);
        let again = try_gather!(fallible(&words[0]), fallible(&words[1])).await;
        let array = gather_array(words.each_ref().map(|word| len(word))).await;
        (both, again, array)
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let outputs = runtime.block_on(async { tokio::spawn(job).await.unwrap() });
    assert_eq!(outputs, ((2, 1), Ok((2, 1)), [2, 1]));
}
