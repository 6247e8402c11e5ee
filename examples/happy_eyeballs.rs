//! How do I try several addresses, each a little after the last, and take the first that connects?
//!
//! In asyncio: `create_connection(.., happy_eyeballs_delay=0.25)`. Here: a `group`. The attempt that
//! connects ends it with `finish`. The other attempts are dropped.
//!
//! `cargo run --example happy_eyeballs`

use std::time::{Duration, Instant};
use std::{convert::Infallible, error::Error, io, mem, net::SocketAddr, pin::pin, sync::Mutex};

use futures::future::select;
use gather::{Errors, group};
use smol::Timer;
use smol::net::{TcpListener, TcpStream};

/// The next attempt starts after this time, or when one fails. RFC 8305 recommends 250 ms.
const DELAY: u64 = 100;

/// A name, its address, and a delay in ms, as loopback itself is never slow.
type Server = (&'static str, SocketAddr, u64);

async fn sleep(ms: u64) {
    Timer::after(Duration::from_millis(ms)).await;
}

/// Returns the first that connects, or all errors.
async fn connect(servers: &[Server]) -> Result<(&'static str, TcpStream), Errors<io::Error>> {
    let (start, failed) = (Instant::now(), &Mutex::new(Vec::new()));
    let log = move |name: &str, what: &str| {
        println!("{:.1} s  {name}: {what}", start.elapsed().as_secs_f64());
    };
    let winner: Result<_, Errors<Infallible>> = group(async |g| {
        for (index, &(name, address, ms)) in servers.iter().enumerate() {
            let group = g.clone();
            let attempt = g.spawn(async move {
                log(name, "tried");
                sleep(ms).await;
                match TcpStream::connect(address).await {
                    Ok(stream) => {
                        log(name, "connected");
                        group.finish(Some((name, stream)));
                    }
                    // Not returned from the child: an error would end the group.
                    Err(error) => {
                        log(name, &error.to_string());
                        failed.lock().unwrap().push((index, error));
                    }
                }
                Ok(())
            });
            select(attempt, pin!(sleep(DELAY))).await;
        }
        Ok(None) // The value if all others fail as well.
    })
    .await;
    let failed = || mem::take(&mut *failed.lock().unwrap());
    let winner = winner.expect("no child fails");
    winner.ok_or_else(|| failed().into_iter().collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let open = listener.local_addr()?;
        let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;

        let servers = [
            ("refused", closed, 0),
            ("slow", open, 60_000),
            ("quick", open, 20),
        ];
        let (name, stream) = connect(&servers).await?;
        println!("{name} won, at {}\n", stream.peer_addr()?);
        println!("{}", connect(&[servers[0]; 2]).await.unwrap_err());
        Ok(())
    })
}
