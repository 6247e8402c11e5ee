//! A job with a limit takes memory for the children that are alive and for the outputs, and no more.

use std::{
    cell::Cell,
    future::{Future, poll_fn, ready},
    num::NonZeroU64,
    task::Poll,
};

use futures::{future::FutureExt, stream::StreamExt};
use gather::at_most;

use crate::{
    counting::{Count, counted},
    run,
};

const LIMIT: usize = 64;

/// An output that is no larger as an `Option`, so that outputs take as much memory while they are gathered as
/// afterwards.
type Output = NonZeroU64;

fn output(index: usize) -> Output {
    NonZeroU64::new(index as u64 + 1).unwrap()
}

/// How many children are alive, now and at most.
#[derive(Default)]
struct Alive(Cell<usize>, Cell<usize>);

struct Guard<'a>(&'a Alive);

impl<'a> Guard<'a> {
    fn new(alive: &'a Alive) -> Self {
        alive.0.set(alive.0.get() + 1);
        alive.1.set(alive.1.get().max(alive.0.get()));
        Self(alive)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.0.set(self.0.0.get() - 1);
    }
}

/// `count` children of half a kilobyte, made as they are pulled. Some are ready at once, and the others wake
/// themselves once or twice.
fn children(count: usize, alive: &Alive) -> impl Iterator<Item = impl Future<Output = Output>> {
    (0..count).map(move |index| {
        let guard = Guard::new(alive);
        let mut left = [index % 3; 64];
        poll_fn(move |cx| {
            let _ = &guard;
            if left[index % 64] == 0 {
                return Poll::Ready(output(index));
            }
            left[index % 64] -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    })
}

/// The memory that a job takes.
struct Memory {
    beyond_outputs: isize,
    allocations: usize,
    reallocations: usize,
    alive: usize,
}

fn memory_of(count: usize, job: fn(usize, &Alive) -> Vec<Output>) -> Memory {
    let alive = Alive::default();
    let (outputs, memory) = counted(|| job(count, &alive));
    assert!(outputs.iter().copied().eq((0..count).map(output)));
    let all = (outputs.capacity() * size_of::<Output>()) as isize;
    assert_eq!((memory.bytes, alive.0.get()), (all, 0));
    Memory {
        beyond_outputs: memory.peak - all,
        allocations: memory.allocations,
        reallocations: memory.reallocations,
        alive: alive.1.get(),
    }
}

#[test]
fn a_million_children_take_no_more_memory_than_ten_thousand_but_for_outputs() {
    let jobs: [fn(usize, &Alive) -> Vec<Output>; 2] = [
        |count, alive| run(at_most(LIMIT).gather(children(count, alive))),
        |count, alive| {
            let children = children(count, alive).map(|child| async { Ok::<_, ()>(child.await) });
            run(at_most(LIMIT).try_gather(children)).unwrap()
        },
    ];
    for job in jobs {
        let (some, many) = (memory_of(10_000, job), memory_of(1_000_000, job));
        assert_eq!((some.alive, many.alive), (LIMIT, LIMIT));
        assert_eq!(some.beyond_outputs, many.beyond_outputs);
        // The children in their slots.
        let bytes = many.beyond_outputs;
        assert!(bytes < 2 * LIMIT as isize * 600, "{bytes} bytes");

        assert_eq!(some.allocations, many.allocations);
        assert!(many.allocations < 10, "{} allocations", many.allocations);
        // From a megabyte on, the outputs grow to four times their size.
        assert_eq!(many.reallocations - some.reallocations, 2);
    }
}

/// An iterator with a size hint of its own.
struct Hinted<I>(I, usize);

impl<I: Iterator> Iterator for Hinted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, None)
    }
}

/// The memory that children take without room for their outputs.
fn streamed<F: Future>(children: impl Iterator<Item = F>) -> Count {
    counted(|| run(at_most(LIMIT).completions(children).for_each(async |_| ()))).1
}

#[test]
fn outputs_take_one_allocation_if_the_size_hint_is_right_and_few_if_not() {
    // How many outputs there are, and are said to be; how often they are reallocated; room for how many
    // they take at most.
    const MEGABYTE: usize = (1 << 20) / size_of::<Output>();
    for (count, hint, reallocations, most) in [
        (0, 0, 0, 0),
        (0, usize::MAX, 0, 0),
        (1000, 1000, 0, 1000),
        (MEGABYTE, MEGABYTE, 0, MEGABYTE),
        (5 * MEGABYTE, 5 * MEGABYTE, 2, 5 * MEGABYTE),
        // It grows to twice its size each time.
        (1024, 0, 8, 1024),
        (1024, 1, 9, 1024),
        (1001, 1000, 1, 2000),
        // At the end it is shrunk to fit.
        (1000, 1001, 0, 1001),
        (1000, usize::MAX >> 24, 1, MEGABYTE),
        (1000, usize::MAX, 1, MEGABYTE),
        (MEGABYTE + 1, usize::MAX, 2, 4 * MEGABYTE),
    ] {
        let children = || (0..count).map(|index| ready(output(index)));
        let fallible = || children().map(|child| child.map(Ok::<_, ()>));
        let gathered = counted(|| run(at_most(LIMIT).gather(Hinted(children(), hint))));
        let tried = counted(|| run(at_most(LIMIT).try_gather(Hinted(fallible(), hint))).unwrap());
        let jobs = [
            (gathered, streamed(Hinted(children(), hint))),
            (tried, streamed(Hinted(fallible(), hint))),
        ];
        for ((outputs, memory), stream) in jobs {
            assert!(outputs.into_iter().eq((0..count).map(output)));
            let taken = (
                memory.allocations - stream.allocations,
                memory.reallocations - stream.reallocations,
            );
            let once = usize::from(count > 0);
            assert_eq!(taken, (once, reallocations), "{count} of {hint}");
            let room = (memory.peak - stream.peak) as usize / size_of::<Output>();
            assert!(room <= most, "{count} of {hint}: room for {room}");
        }
    }
}

#[test]
fn a_stream_of_a_million_children_takes_no_more_memory_than_one_of_a_hundred() {
    let counted = |count| {
        let alive = Alive::default();
        let (seen, memory) = counted(|| {
            let stream = at_most(LIMIT).completions(children(count, &alive));
            run(stream.fold(0, async |seen, (index, found)| {
                assert_eq!(found, output(index));
                seen + 1
            }))
        });
        assert_eq!((seen, alive.0.get(), memory.bytes), (count, 0, 0));
        (memory, alive.1.get())
    };
    let some = counted(100);
    assert_eq!(some.1, LIMIT);
    assert_eq!(some, counted(10_000));
    assert_eq!(some, counted(1_000_000));
}

#[test]
fn children_below_the_limit_take_memory_for_as_many_as_there_are() {
    let peak = |limit: usize| {
        let alive = Alive::default();
        let (outputs, memory) = counted(|| run(at_most(limit).gather(children(LIMIT, &alive))));
        assert_eq!(outputs.len(), LIMIT);
        memory.peak
    };
    assert_eq!(peak(usize::MAX), peak(1000));
    assert!(peak(usize::MAX) < 3 * LIMIT as isize * 600);
}

#[test]
fn the_outputs_hold_at_most_twice_their_memory() {
    for count in [1000, 10_000, 1_000_000] {
        // Larger as an `Option`.
        let children = (0..count as u64).map(std::future::ready);
        let outputs = run(at_most(LIMIT).gather(children));
        assert!(
            outputs.capacity() <= 2 * count,
            "{count} outputs in room for {}",
            outputs.capacity()
        );
    }
}

#[test]
fn few_children_without_a_size_hint_take_little_memory() {
    let peak = |children: &dyn Fn() -> Count| children().peak;
    let small = || streamed(Hinted((0..3).map(|_| ready(1_u8)), 0));
    let large = || streamed(Hinted((0..3).map(|_| async { [0_u8; 16_384] }), 0));
    for (bytes, most) in [(peak(&small), 64 << 10), (peak(&large), 128 << 10)] {
        assert!(bytes < most, "{bytes} bytes");
    }
}
