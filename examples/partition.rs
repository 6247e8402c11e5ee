//! How do I separate errors from values? And how do I fail with all errors, not only the first?
//!
//! In asyncio: `[r for r in results if isinstance(r, Exception)]`, and an `ExceptionGroup`. Here:
//! `partition`, and `all_ok`, which returns all errors as one.
//!
//! `cargo run --example partition`

use std::{error::Error, fmt, io, num::ParseIntError};

use gather::{Outcomes as _, gather};

type BoxError = Box<dyn Error + Send + Sync>;

#[derive(Debug)]
struct BadSize(ParseIntError);

impl fmt::Display for BadSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the size is no number")
    }
}

impl Error for BadSize {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Stands for a request of a size.
async fn size(path: &str) -> Result<u32, BoxError> {
    match path {
        "/orders" => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
        "/archive" => {
            let parts = gather(["/2023", "/2024", "/2025"].map(part));
            // Fails with all errors of the parts: a group within the other group.
            Ok(parts.await.all_ok()?.iter().sum())
        }
        _ => Ok(512),
    }
}

async fn part(path: &str) -> Result<u32, BoxError> {
    let text = if path == "/2024" { "1024" } else { "n/a" };
    text.parse().map_err(|error| BadSize(error).into())
}

fn main() {
    let paths = ["/users", "/orders", "/prices", "/archive"];

    let (sizes, errors) = smol::block_on(gather(paths.map(size))).partition();
    println!("{} OK: {sizes:?}", sizes.len());
    println!("{} failed, first {}", errors.len(), paths[errors[0].0]);

    if let Err(errors) = smol::block_on(gather(paths.map(size))).all_ok() {
        println!("{errors}");
    }
}
