//! Errors that have a cause.

use std::{error::Error, fmt, iter};

use super::failures::BoxError;

/// A message and its cause.
#[derive(Debug)]
pub(crate) struct Because(&'static str, BoxError);
impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.1)
    }
}

pub(crate) fn because(message: &'static str, cause: impl Into<BoxError>) -> Because {
    Because(message, cause.into())
}

/// Like `anyhow::Error`: no `Error`, but `{:#}` prints its causes.
#[derive(Debug)]
pub(crate) struct Report(pub(crate) Because);
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        if f.alternate() {
            let causes = iter::successors(self.0.source(), |&error| error.source());
            causes
                .into_iter()
                .try_for_each(|cause| write!(f, ": {cause}"))?;
        }
        Ok(())
    }
}
