//! Many errors that are one: [`Errors`].

mod boxed;
mod draw;

use alloc::{boxed::Box, vec, vec::Vec};
use core::{any::Any, error::Error, fmt, iter, mem, slice};

/// What most code boxes its errors as.
type BoxError = Box<dyn Error + Send + Sync>;

/// A way to see an `E` as the error that it is.
type AsError<E> = fn(&E) -> &(dyn Error + 'static);

/// The errors of many children, each with the index of its child: one error to return, print or
/// take apart.
///
/// [`Outcomes::all_ok`](crate::Outcomes::all_ok) makes one, and so does everything else here that
/// can fail in more than one place.
///
/// ```
/// use gather::{Outcomes, gather};
///
/// # pollster::block_on(async {
/// let jobs = ["8", "x", "13", ""].map(|text| async { text.parse::<u8>() });
/// let errors = gather(jobs).await.all_ok().unwrap_err();
///
/// assert_eq!(errors.len(), 2);
/// assert!(errors.get(1).is_some());
/// assert_eq!(
///     errors.to_string(),
///     "2 errors\n\
///      ├─ 1: invalid digit found in string\n\
///      └─ 3: cannot parse integer from empty string",
/// );
/// # })
/// ```
///
/// # Order
///
/// By the children's index; those of a group of tasks in the order in which they came.
///
/// # Printing
///
/// `{}` is a tree of as many lines as it needs: a line that counts, then one an error with its
/// child's index, its causes ([`source`](Error::source)) beneath it, and an `Errors` in it as a
/// branch. Below the 64th level lines are not indented further. `{:#}` is the same in one line:
/// `2 errors (0: no route; 3: bad reply: unexpected end)`. There may be none: `no errors`.
///
/// The causes of any boxed error show. Of another `E` no more is known than that it can be
/// printed: use [`with_causes`](Self::with_causes), or [`boxed`](Self::boxed). Such an `E` is
/// printed with `{:#}`, by which `anyhow` and its like show their causes themselves.
///
/// # As an error
///
/// `Errors<E>` is an [`Error`] for every `E` that can be printed, so `?` turns it into a
/// `Box<dyn Error>` or the like. Its `source` is `None`: what it prints has all the errors in it
/// already, and reporters that follow sources would print the first of them twice.
///
/// # Groups
///
/// An `Errors<Box<dyn Error + Send + Sync>>` that was itself boxed and is in another one is a
/// *group* of it, with a shape that [`split_type`](Errors::split_type) and
/// [`split_leaves`](Errors::split_leaves) keep. Anything else is a *leaf*.
///
/// Groups may be nested to any depth: printing, splitting and dropping them takes no more stack.
pub struct Errors<E: 'static> {
    errors: Vec<(usize, E)>,
    /// For an `E` of which only the caller knew that it is an error.
    as_error: Option<AsError<E>>,
}

impl<E> Errors<E> {
    pub(crate) fn new(errors: Vec<(usize, E)>) -> Self {
        Self {
            errors,
            as_error: None,
        }
    }

    /// How many errors there are. A nested `Errors` counts as one.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// Whether there are none, as when `first_ok` had no children.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The first error, with its child's index.
    pub fn first(&self) -> Option<(usize, &E)> {
        self.iter().next()
    }

    /// The error of child `index`: the first one, if there are more. Takes a search from the start.
    pub fn get(&self, index: usize) -> Option<&E> {
        self.iter()
            .find_map(|(child, error)| (child == index).then_some(error))
    }

    /// The errors, each with its child's index.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &E)> + ExactSizeIterator {
        self.into_iter()
    }

    /// Those for which `matches` is true, and the others, with their order and indices. Where
    /// there are none, that half is `None`.
    ///
    /// ```
    /// use gather::Errors;
    ///
    /// let errors: Errors<u16> = [(0, 503), (2, 404), (3, 500)].into_iter().collect();
    /// let (server, client) = errors.split(|status| *status >= 500);
    /// assert_eq!(server.unwrap().first(), Some((0, &503)));
    /// assert_eq!(client.unwrap().first(), Some((2, &404)));
    /// ```
    ///
    /// This does not look into groups: [`split_leaves`](Errors::split_leaves) does.
    pub fn split<P>(self, mut matches: P) -> (Option<Self>, Option<Self>)
    where
        P: FnMut(&E) -> bool,
    {
        let as_error = self.as_error;
        let half = |errors: Vec<_>| (!errors.is_empty()).then_some(Self { errors, as_error });
        let (matched, rest) = self
            .into_iter()
            .partition(|(_, error): &(usize, E)| matches(error));
        (half(matched), half(rest))
    }

    /// Turns each error into another one, in order.
    ///
    /// ```
    /// use gather::Errors;
    ///
    /// let errors: Errors<u16> = [(0, 503), (2, 404)].into_iter().collect();
    /// let errors = errors.map(|status| format!("status {status}"));
    /// assert_eq!(errors.get(2).unwrap(), "status 404");
    /// ```
    pub fn map<U, M>(self, mut map: M) -> Errors<U>
    where
        M: FnMut(E) -> U,
    {
        let each = |(index, error)| (index, map(error));
        self.into_iter().map(each).collect()
    }

    /// The same errors as `Box<dyn Error + Send + Sync>`: they show their causes, different kinds
    /// fit together, and they can be a group. Takes an allocation an error.
    ///
    /// ```
    /// use gather::{Outcomes, gather};
    ///
    /// # async fn fetch(_: &str) -> Result<(), std::io::Error> { Ok(()) }
    /// async fn fetch_both() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    ///     let both = gather([fetch("a"), fetch("b")]).await;
    ///     both.all_ok().map_err(|errors| errors.boxed())?;
    ///     Ok(())
    /// }
    /// # pollster::block_on(fetch_both()).unwrap();
    /// ```
    pub fn boxed(self) -> Errors<Box<dyn Error + Send + Sync>>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.map(Into::into)
    }

    /// The same errors, which from now on show their causes when they are printed, also in what
    /// they are [`split`](Self::split) into. Boxed errors always do.
    ///
    /// ```
    /// use gather::Errors;
    /// use std::io::{Error, ErrorKind};
    ///
    /// #[derive(Debug)]
    /// struct Load(Error);
    /// # impl std::fmt::Display for Load {
    /// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    /// #         f.write_str("cannot load the list")
    /// #     }
    /// # }
    /// impl std::error::Error for Load {
    ///     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
    ///         Some(&self.0)
    ///     }
    /// }
    ///
    /// let load = Load(Error::from(ErrorKind::TimedOut));
    /// let errors: Errors<Load> = [(4, load)].into_iter().collect();
    /// assert_eq!(
    ///     errors.with_causes().to_string(),
    ///     "1 error\n\
    ///      └─ 4: cannot load the list\n\
    ///      \x20     caused by: timed out",
    /// );
    /// ```
    pub fn with_causes(mut self) -> Self
    where
        E: Error,
    {
        self.as_error = Some(|error| error);
        self
    }

    fn as_error<'a>(&self, error: &'a E) -> Option<&'a (dyn Error + 'static)> {
        match self.as_error {
            Some(as_error) => Some(as_error(error)),
            None => known(error),
        }
    }
}

/// `error`, if it is of a type that is an error, or has one in it.
fn known<E: 'static>(error: &E) -> Option<&(dyn Error + 'static)> {
    let error: &dyn Any = error;
    if let Some(error) = error.downcast_ref::<BoxError>() {
        Some(&**error)
    } else if let Some(error) = error.downcast_ref::<Errors<BoxError>>() {
        Some(error)
    } else if let Some(error) = error.downcast_ref::<Box<dyn Error + Send>>() {
        Some(&**error)
    } else if let Some(error) = error.downcast_ref::<Box<dyn Error>>() {
        Some(&**error)
    } else {
        known_arc(error)
    }
}

#[cfg(target_has_atomic = "ptr")]
fn known_arc(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    let error = error.downcast_ref::<alloc::sync::Arc<dyn Error + Send + Sync>>()?;
    Some(&**error)
}

/// There is no `Arc` here.
#[cfg(not(target_has_atomic = "ptr"))]
fn known_arc(_: &dyn Any) -> Option<&(dyn Error + 'static)> {
    None
}

impl<E: Clone> Clone for Errors<E> {
    fn clone(&self) -> Self {
        Self {
            errors: self.errors.clone(),
            as_error: self.as_error,
        }
    }
}

impl<E: PartialEq> PartialEq for Errors<E> {
    fn eq(&self, other: &Self) -> bool {
        self.errors == other.errors
    }
}

impl<E: Eq> Eq for Errors<E> {}

impl<E: fmt::Debug> fmt::Debug for Errors<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        draw::debug(self, f)
    }
}

impl<E: fmt::Display> fmt::Display for Errors<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The minus has no meaning in std: one `Errors` tells another by it to draw its branch.
        if f.alternate() && !f.sign_minus() {
            draw::line(self, f)
        } else {
            draw::tree(self, f)
        }
    }
}

// Not `E: Error`: boxed errors are none, nor are `anyhow`'s, and std may yet make them some, so
// that no second impl for them is allowed. To be printed is all that they have in common.
// No `source`, by the rule that what an error prints is not its source too.
impl<E: fmt::Debug + fmt::Display> Error for Errors<E> {}

impl<E> FromIterator<(usize, E)> for Errors<E> {
    /// Keeps the order and the indices as they are.
    fn from_iter<I: IntoIterator<Item = (usize, E)>>(errors: I) -> Self {
        Self::new(errors.into_iter().collect())
    }
}

impl<E> IntoIterator for Errors<E> {
    type Item = (usize, E);
    type IntoIter = vec::IntoIter<(usize, E)>;

    fn into_iter(mut self) -> Self::IntoIter {
        mem::take(&mut self.errors).into_iter()
    }
}

/// A type of std's, so that there is no more to name and to document.
type Iter<'a, E> = iter::Map<slice::Iter<'a, (usize, E)>, fn(&(usize, E)) -> (usize, &E)>;

impl<'a, E> IntoIterator for &'a Errors<E> {
    type Item = (usize, &'a E);
    type IntoIter = Iter<'a, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.iter().map(|(index, error)| (*index, error))
    }
}
