//! How do I start coroutines that end together, and handle their errors by type?
//!
//! In asyncio: `async with TaskGroup()`, and `except*`. Here: `group`, and `split_type` of its errors.
//! Children can borrow from outside the group, and leave their results there.
//!
//! `cargo run --example task_group`

use std::{error::Error, io, num::ParseIntError, time::Duration};

use gather::{Errors, gather, group};
use smol::Timer;

type BoxError = Box<dyn Error + Send + Sync>;

/// Stands for a request of a size.
async fn fetch(path: &str) -> Result<u32, BoxError> {
    let (ms, body) = match path {
        "/users" => (300, "512"),
        "/orders" => (200, "n/a"),
        "/prices" => (100, "64"),
        _ => return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
    };
    Timer::after(Duration::from_millis(ms)).await;
    Ok(body.parse()?)
}

type Sizes = [Option<u32>];

/// Returns all sizes, or the errors. `known` has the sizes that were ready before the first error.
async fn sizes(paths: &[&str], known: &mut Sizes) -> Result<Vec<u32>, Errors<BoxError>> {
    let places = paths.iter().zip(known);
    let all = group(async move |g| {
        let children =
            places.map(|(path, size)| g.spawn(async move { Ok(*size.insert(fetch(path).await?)) }));
        // The handles are futures, too. If a child fails, the body is dropped here.
        Ok(gather(children).await)
    });
    all.await
}

fn main() {
    let requests: [&[&str]; 2] = [&["/users", "/prices"], &["/users", "/orders", "/prices"]];
    for paths in requests {
        let mut known = vec![None; paths.len()];
        match smol::block_on(sizes(paths, &mut known)) {
            Ok(sizes) => println!("OK     {sizes:?}"),
            Err(errors) => {
                let (parse, rest) = errors.split_type::<ParseIntError>();
                if let Some(errors) = parse {
                    println!("ERROR  bad sizes: {errors:#}");
                }
                if let Some(errors) = rest {
                    println!("ERROR  {errors:#}");
                }
                println!("       known by then: {known:?}");
            }
        }
    }
}
