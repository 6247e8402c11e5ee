//! Contenders that wait for a number of children known at compile time.

use std::array;
use std::future::Future;

use embassy_futures::join::{join, join_array, join3, join4, join5};
use futures_concurrency::future::Join;

use crate::kind::Kind;
use crate::stage::{Given, Stage};
use crate::workload::{Contender, Role};

/// Hands as many children to a macro as the stage has, one by one.
macro_rules! by_one {
    ($stage:ident, $K:ident, $join:ident) => {{
        let mut children = $K::children($stage);
        let mut next = || children.next().expect("there are as many");
        match $stage.len() {
            2 => run($stage, $join! { next(), next() }),
            3 => run($stage, $join! { next(), next(), next() }),
            5 => run($stage, $join! { next(), next(), next(), next(), next() }),
            8 => run(
                $stage,
                $join! { next(), next(), next(), next(), next(), next(), next(), next() },
            ),
            12 => run(
                $stage,
                $join! {
                    next(), next(), next(), next(), next(), next(),
                    next(), next(), next(), next(), next(), next()
                },
            ),
            n => unreachable!("{n} children"),
        }
    }};
}

macro_rules! futures_join {
    ($($child:expr),*) => { async { futures::join!($($child),*) } };
}

macro_rules! tokio_join {
    ($($child:expr),*) => { async { tokio::join!($($child),*) } };
}

macro_rules! concurrency_join {
    ($($child:expr),*) => { ($($child,)*).join() };
}

/// It has no more than five, so more are joined in two levels.
macro_rules! embassy_join {
    ($a:expr, $b:expr) => {
        join($a, $b)
    };
    ($a:expr, $b:expr, $c:expr) => {
        join3($a, $b, $c)
    };
    ($a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => {
        join5($a, $b, $c, $d, $e)
    };
    ($a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr) => {
        async {
            let halves = join(join4($a, $b, $c, $d), join4($e, $f, $g, $h));
            let ((a, b, c, d), (e, f, g, h)) = halves.await;
            (a, b, c, d, e, f, g, h)
        }
    };
    ($a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr, $i:expr, $j:expr, $k:expr, $l:expr) => {
        async {
            let thirds = join3(
                join4($a, $b, $c, $d),
                join4($e, $f, $g, $h),
                join4($i, $j, $k, $l),
            );
            let ((a, b, c, d), (e, f, g, h), (i, j, k, l)) = thirds.await;
            (a, b, c, d, e, f, g, h, i, j, k, l)
        }
    };
}

macro_rules! gather_join {
    ($($child:expr),*) => { gather::gather!($($child),*) };
}

/// Contenders for children of different types.
pub(crate) fn tuples<K: Kind<Output = u64>>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "gather!", |stage| {
            by_one!(stage, K, gather_join)
        }),
        Contender::new(Role::Peer, "futures::join!", |stage| {
            by_one!(stage, K, futures_join)
        }),
        Contender::new(Role::Peer, "tokio::join!", |stage| {
            by_one!(stage, K, tokio_join)
        }),
        Contender::new(Role::Peer, "futures_concurrency", |stage| {
            by_one!(stage, K, concurrency_join)
        }),
        Contender::new(Role::Peer, "embassy", |stage| {
            by_one!(stage, K, embassy_join)
        }),
    ]
}

/// Makes an array of as many children as the stage has, and hands it to a function.
macro_rules! at_once {
    ($stage:ident, $K:ident, $join:expr) => {
        match $stage.len() {
            2 => run($stage, $join(children::<$K, 2>($stage))),
            3 => run($stage, $join(children::<$K, 3>($stage))),
            5 => run($stage, $join(children::<$K, 5>($stage))),
            8 => run($stage, $join(children::<$K, 8>($stage))),
            12 => run($stage, $join(children::<$K, 12>($stage))),
            n => unreachable!("{n} children"),
        }
    };
}

/// Contenders for children of one type.
pub(crate) fn arrays<K: Kind<Output = u64>>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "gather_array", |stage| {
            at_once!(stage, K, gather::gather_array)
        }),
        Contender::new(Role::Peer, "futures_concurrency", |stage| {
            at_once!(stage, K, Join::join)
        }),
        Contender::new(Role::Peer, "embassy", |stage| {
            at_once!(stage, K, join_array)
        }),
    ]
}

fn children<K: Kind, const N: usize>(stage: &Stage) -> [impl Future<Output = K::Output>; N] {
    let mut children = K::children(stage);
    array::from_fn(|_| children.next().expect("there are as many"))
}

/// Nothing is allocated for the outputs, as little else is in these jobs.
fn run<const N: usize>(stage: &Stage, job: impl Future<Output: Into<[u64; N]>>) -> Given {
    Given::few(stage.run(job).into())
}
