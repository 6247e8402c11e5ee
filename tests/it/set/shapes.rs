//! Can the things be built with this set that programs build with others, in as many lines?

use std::{
    collections::{HashMap, VecDeque},
    future::{Future, poll_fn},
    hash::Hash,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, SinkExt, Stream, StreamExt, channel::mpsc, select, stream};
use gather::{GatherSet, Id};

use crate::support::{Child, Remote, Task, poll_once, set::SIZES, yielding};

/// As in tower.
trait Service {
    type Response;
    type Future: Future<Output = Self::Response>;

    fn call(&mut self, request: u64) -> Self::Future;
}

struct Squares;

impl Service for Squares {
    type Response = u64;
    type Future = Pin<Box<dyn Future<Output = u64>>>;

    fn call(&mut self, request: u64) -> Self::Future {
        Box::pin(yielding((request % 5) as usize, request * request))
    }
}

/// One layer of a service: it is generic over the inner future, without a bound.
struct Call<F>(F);

impl<F: Future + Unpin> Future for Call<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

// This compiles without naming `Future`, for a future that has no such bound.
trait Bare {
    type Future;
}

impl Bare for u8 {
    type Future = u8;
}

struct BareServer<S: Bare> {
    calls: GatherSet<Call<S::Future>>,
}

impl<S: Bare> BareServer<S> {
    fn new() -> Self {
        Self {
            calls: GatherSet::new(),
        }
    }
}

struct Server<S: Service> {
    service: S,
    calls: GatherSet<Call<S::Future>>,
}

#[test]
fn can_a_server_hold_its_calls_without_naming_future() {
    assert!(BareServer::<u8>::new().calls.is_empty());
    let mut server = Server {
        service: Squares,
        calls: GatherSet::new(),
    };
    let call = server.service.call(3);
    server.calls.push(Call(call));
    assert_eq!(pollster::block_on(server.calls.next()), Some(9));
}

/// tower's: all requests of a stream are called, and what is answered is given in any order.
struct CallAllUnordered<S: Service, R> {
    server: Server<S>,
    requests: stream::Fuse<R>,
}

impl<S: Service + Unpin, R: Stream<Item = u64> + Unpin> Stream for CallAllUnordered<S, R>
where
    S::Future: Unpin,
{
    type Item = S::Response;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Response>> {
        let Self { server, requests } = &mut *self;
        loop {
            // A call is started before the set is asked again.
            if let Poll::Ready(Some(response)) = server.calls.poll_next_unpin(cx) {
                return Poll::Ready(Some(response));
            }
            match requests.poll_next_unpin(cx) {
                Poll::Ready(Some(request)) => {
                    let call = server.service.call(request);
                    server.calls.push(Call(call));
                }
                Poll::Ready(None) if server.calls.is_empty() => return Poll::Ready(None),
                _ => return Poll::Pending,
            }
        }
    }
}

#[test]
fn can_it_answer_all_calls_of_a_stream() {
    for n in SIZES {
        let n = n as u64;
        let requests = stream::iter(0..n).then(|n| yielding((n % 3) as usize, n));
        let calls = GatherSet::new();
        let answers = CallAllUnordered {
            server: Server {
                service: Squares,
                calls,
            },
            requests: Box::pin(requests).fuse(),
        };
        let (mut answers, _) = Task::new().run(answers.collect::<Vec<_>>());
        answers.sort_unstable();
        assert!(answers.into_iter().eq((0..n).map(|n| n * n)));
    }
}

/// tower's: services by key, those that are pending in a set; an eviction cancels.
struct ReadyCache<K, F: Future> {
    pending: GatherSet<F>,
    ids: HashMap<K, Id>,
    keys: HashMap<Id, K>,
    ready: HashMap<K, F::Output>,
}

impl<K: Clone + Eq + Hash, F: Future> ReadyCache<K, F> {
    fn new() -> Self {
        Self {
            pending: GatherSet::new(),
            ids: HashMap::new(),
            keys: HashMap::new(),
            ready: HashMap::new(),
        }
    }

    /// An earlier one of the same key is dropped.
    fn push(&mut self, key: K, service: F) {
        let id = self.pending.push(service);
        self.keys.insert(id, key.clone());
        if let Some(before) = self.ids.insert(key, id) {
            self.keys.remove(&before);
            assert!(self.pending.cancel(before));
        }
    }

    fn evict(&mut self, key: &K) -> bool {
        let id = self.ids.remove(key);
        if let Some(id) = id {
            self.keys.remove(&id);
            self.pending.cancel(id);
        }
        self.ready.remove(key).is_some() || id.is_some()
    }

    /// Ready when none is pending.
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some((id, service)) = ready!(self.pending.next_with_id().poll_unpin(cx)) {
            let key = self.keys.remove(&id).expect("it was pushed with a key");
            self.ids.remove(&key);
            self.ready.insert(key, service);
        }
        Poll::Ready(())
    }
}

#[test]
fn can_it_hold_the_pending_services_of_a_cache() {
    let mut cache = ReadyCache::new();
    let (remotes, children) = Remote::many(10);
    children
        .into_iter()
        .enumerate()
        .for_each(|(key, child)| cache.push(key, child));
    let poll = |cache: &mut ReadyCache<_, Child<usize>>| {
        poll_once(poll_fn(|cx| cache.poll_pending(cx))).is_ready()
    };
    assert!(!poll(&mut cache));
    assert!(cache.evict(&3) && !cache.evict(&3));
    assert_eq!(remotes[3].drops(), 1);
    // Late.
    remotes[3].wake();
    let (again, child) = Remote::new();
    cache.push(5, child);
    assert_eq!(remotes[5].drops(), 1);
    for index in [0, 1, 2, 4, 6, 7, 8, 9] {
        remotes[index].finish(index);
    }
    assert!(!poll(&mut cache));
    assert_eq!((cache.ready.len(), cache.pending.len()), (8, 1));
    again.finish(55);
    assert!(poll(&mut cache));
    assert_eq!(
        (cache.ready[&5], cache.ids.len(), cache.keys.len()),
        (55, 0, 0)
    );
    assert!(cache.evict(&5));
}

/// libp2p's: futures by key, a new one replaces the one that runs.
struct FuturesMap<K, F> {
    set: GatherSet<F>,
    ids: HashMap<K, Id>,
}

impl<K: Copy + Eq + Hash, F: Future> FuturesMap<K, F> {
    fn try_push(&mut self, key: K, future: F) -> bool {
        let id = self.set.push(future);
        let before = self.ids.insert(key, id);
        before.is_none_or(|before| !self.set.cancel(before))
    }

    async fn next(&mut self) -> Option<(K, F::Output)> {
        let (id, output) = self.set.next_with_id().await?;
        let key = self.ids.iter().find(|(_, other)| **other == id);
        let key = *key.expect("it runs").0;
        self.ids.remove(&key);
        Some((key, output))
    }
}

#[test]
fn can_it_replace_a_map_of_futures() {
    let mut map = FuturesMap {
        set: GatherSet::new(),
        ids: HashMap::new(),
    };
    for (index, key) in ["a", "b", "a", "c", "b", "a"].into_iter().enumerate() {
        assert_eq!(
            map.try_push(key, yielding(9 - index, index)),
            [0, 1, 3].contains(&index)
        );
    }
    let (seen, _) = Task::new().run(Box::pin(async {
        let mut seen = vec![];
        while let Some(item) = map.next().await {
            seen.push(item);
        }
        seen
    }));
    assert_eq!(seen, [("a", 5), ("b", 4), ("c", 3)]);
}

/// A server's main loop: it accepts, answers, retries, and drains at the end.
async fn serve(mut accepted: mpsc::Receiver<usize>, most: usize) -> (Vec<usize>, usize) {
    let (mut calls, mut waiting) = (GatherSet::new(), VecDeque::new());
    let (mut answers, mut peak) = (vec![], 0);
    let mut closed = false;
    while !closed || !calls.is_empty() {
        select! {
            call = accepted.next() => match call {
                Some(call) => waiting.push_back(call),
                None => closed = true,
            },
            answer = calls.select_next_some() => match answer {
                Ok(answer) => answers.push(answer),
                Err(failed) => waiting.push_back(failed),
            },
        }
        while let (true, Some(&call)) = (calls.len() < most, waiting.front()) {
            waiting.pop_front();
            calls.push(async move {
                let odd = yielding(call % 4, call % 2).await;
                // What is odd fails once.
                if odd == 1 { Err(call + 1001) } else { Ok(call) }
            });
        }
        peak = peak.max(calls.len());
    }
    (answers, peak)
}

#[test]
fn can_it_drive_the_main_loop_of_a_server() {
    let (mut sender, accepted) = mpsc::channel(4);
    let client = async {
        for call in 0..100 {
            sender.send(call).await.unwrap();
        }
        drop(sender);
    };
    let (_, (mut answers, peak)) =
        pollster::block_on(futures::future::join(client, serve(accepted, 8)));
    answers.sort_unstable();
    let expected = (0..100)
        .step_by(2)
        .chain((1..100).step_by(2).map(|call| call + 1001));
    assert!(answers.into_iter().eq(expected));
    assert_eq!(peak, 8);
}
