//! Jobs whose children borrow, inside of `tokio::spawn`: the compiler finds them `Send` there.

use std::future::Future;

use futures::StreamExt;
use gather::{at_most, first_ok, gather, try_gather};

use crate::support::two_threads;

async fn fetch(url: &str) -> usize {
    tokio::task::yield_now().await;
    url.len()
}

async fn try_fetch(url: &str) -> Result<usize, String> {
    Ok(fetch(url).await)
}

fn urls() -> Vec<String> {
    ["/", "/a", "/list"].map(String::from).into()
}

const LENGTHS: [usize; 3] = [1, 2, 5];

fn spawned<T: Send + 'static>(job: impl Future<Output = T> + Send + 'static) -> T {
    let tokio = two_threads();
    tokio.block_on(async { tokio::spawn(job).await.unwrap() })
}

macro_rules! tests {
    ($($name:ident, $urls:ident, $children:expr, $fallible:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let job = async move {
                    let $urls = urls();
                    gather($children).await
                };
                assert_eq!(spawned(job), LENGTHS);
                let job = async move {
                    let $urls = urls();
                    try_gather($fallible).await
                };
                assert_eq!(spawned(job).unwrap(), LENGTHS);
                let job = async move {
                    let $urls = urls();
                    first_ok($fallible).await
                };
                assert_eq!(spawned(job).unwrap(), LENGTHS[0]);
                let job = async move {
                    let $urls = urls();
                    at_most(4).gather($children).await
                };
                assert_eq!(spawned(job), LENGTHS);
                let job = async move {
                    let $urls = urls();
                    at_most(4).try_gather($fallible).await
                };
                assert_eq!(spawned(job).unwrap(), LENGTHS);
                let job = async move {
                    let $urls = urls();
                    at_most(1).completions($children).collect::<Vec<_>>().await
                };
                assert_eq!(spawned(job), [(0, 1), (1, 2), (2, 5)]);
            }
        )+
    };
}

tests! {
    plain_functions, urls, urls.iter().map(|u| fetch(u)), urls.iter().map(|u| try_fetch(u));
    async_blocks, urls,
        urls.iter().map(|u| async move { fetch(u).await }),
        urls.iter().map(|u| async move { try_fetch(u).await });
    async_closures, urls,
        urls.iter().map(async |u| fetch(u).await),
        urls.iter().map(async |u| try_fetch(u).await);
}
