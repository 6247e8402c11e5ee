//! How do I make ten thousand requests, but not all at once?
//!
//! In asyncio: a `Semaphore` around each coroutine, all of which are made at the start. Here:
//! `at_most(64)`, which makes a child when there is room for it. With a progress bar.
//!
//! `cargo run --example crawl`

use std::{cell::Cell, io, net::SocketAddr};

use gather::{Outcomes as _, at_most};
use indicatif::ProgressBar;
use smol::net::{TcpListener, TcpStream};
use smol::{io::BufReader, prelude::*};

async fn fetch(server: SocketAddr, id: u64) -> io::Result<usize> {
    let mut stream = TcpStream::connect(server).await?;
    let request = format!("GET /{id} HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut page = String::new();
    stream.read_to_string(&mut page).await?;
    let body = page.strip_prefix("HTTP/1.0 200 OK\r\n\r\n").map(str::len);
    body.ok_or_else(|| io::Error::other(page.trim_end().to_owned()))
}

/// The server: one of a hundred pages is missing.
async fn answer(client: io::Result<TcpStream>) -> io::Result<()> {
    let (mut client, mut head) = (BufReader::new(client?), Vec::new());
    while client.read_until(b'\n', &mut head).await? > "\r\n".len() {}
    let missing = head.windows(3).any(|part| part == b"99 ");
    let page = ["200 OK\r\n\r\nHello", "404 Not Found\r\n\r\n"][usize::from(missing)];
    let page = format!("HTTP/1.0 {page}");
    client.get_mut().write_all(page.as_bytes()).await
}

fn main() -> io::Result<()> {
    smol::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = listener.local_addr()?;
        let each = |client| smol::spawn(answer(client)).detach();
        smol::spawn(async move { listener.incoming().for_each(each).await }).detach();

        let (bar, most) = (ProgressBar::new(10_000), Cell::new(0));
        // Pulled when there is room: `id` children were made before, `position` have finished.
        let ids = (0..10_000).inspect(|id| most.set(most.get().max(id + 1 - bar.position())));
        let requests = ids.map(async |id| {
            let page = fetch(server, id).await;
            bar.inc(1);
            page
        });
        let (pages, errors) = at_most(64).gather(requests).await.partition();
        bar.finish_and_clear();

        let (ok, failed, most) = (pages.len(), errors.len(), most.get());
        println!("{ok} OK, {failed} ERROR, {most} alive at most");
        println!("the first: request {} got {}", errors[0].0, errors[0].1);
        Ok(())
    })
}
