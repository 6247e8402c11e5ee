//! Many errors as one: [`Errors`].

mod boxed;
mod draw;
mod drop;
mod iter;
mod key;
mod known;

use alloc::{boxed::Box, vec::Vec};
use core::{error::Error, fmt, mem};

use self::{
    drop::{DropError, drop_boxed},
    known::AsError,
};

/// The usual box of an error.
type BoxError = Box<dyn Error + Send + Sync>;

/// A boxed error that is not a leaf.
type Group = Errors<BoxError>;

/// The errors of several children as one error, each with the index or the key of its child.
///
/// [`Outcomes::all_ok`](crate::Outcomes::all_ok), [`first_ok`](crate::first_ok()) and
/// [`group`](crate::group()) return it.
///
/// ```
/// use gather::{Outcomes, gather};
///
/// # smol::block_on(async {
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
/// If the children have [a key](crate::ChildExt::keyed), it takes the place of the index:
///
/// ```
/// use gather::{ChildExt, Outcomes, gather};
///
/// # smol::block_on(async {
/// async fn fetch(path: &str) -> Result<(), String> {
///     Err(format!("503, no {path}"))
/// }
///
/// let jobs = ["/down", "/off"].map(|path| fetch(path).keyed(path));
/// let errors = gather(jobs).await.all_ok().unwrap_err();
///
/// assert_eq!(errors["/off"], "503, no /off");
/// assert_eq!(
///     errors.to_string(),
///     "2 errors\n\
///      ├─ /down: 503, no /down\n\
///      └─ /off: 503, no /off",
/// );
/// # })
/// ```
///
/// # Order
///
/// Errors are in input order; those of a [`group`](crate::group()) in the order in which they occurred.
///
/// # Printing
///
/// | format | output |
/// |---|---|
/// | `{}` | a tree: the number of errors, then a line for each with its index or key, and its causes below it |
/// | `{:#}` | one line: `2 errors (0: no route; 3: bad reply: unexpected end)` |
/// | `{:?}` | the tree, as `unwrap` and `main` print errors with it |
/// | `{:#?}` | what `#[derive(Debug)]` prints |
///
/// An `Errors` inside another one is a branch of the tree. Below level 64, lines are not indented further.
///
/// The causes ([`source`](Error::source)) of boxed errors are printed. To print those of another `E`, use
/// [`with_causes`](Self::with_causes) or [`boxed`](Self::boxed). Without either, the tree prints an `E` with its
/// own `{:#}`, with which `anyhow::Error` prints its causes. In `{:?}`, such an `E` and all keys are printed
/// with their own `{:?}`, and need not be [`Display`](fmt::Display).
///
/// # As an error
///
/// `Errors<E>` implements [`Error`] if `E` can be printed, so `?` converts it into a `Box<dyn Error>`. Its `source`
/// is `None`, as it prints all errors itself. Keys that are references prevent most conversions, since boxes
/// are usually `'static`: convert the keys with [`map_keys`](Self::map_keys) first.
///
/// # Nested errors
///
/// An `Errors<Box<dyn Error + Send + Sync>>` that is boxed as an error of another one is a *group* of it. All other
/// errors, and `Errors` with keys, are *leaves*. [`split_type`](Errors::split_type) and
/// [`split_leaves`](Errors::split_leaves) split by leaf, and keep the structure of groups.
///
/// Groups can be nested to any depth: printing and splitting them does not use more stack. Dropping them does not
/// either, if the outermost was collected from an iterator, returned by [`boxed`](Self::boxed), split, or
/// returned by a [`group`](crate::group()). `Errors` that were returned by `all_ok`, `first_ok` or `map` are
/// dropped recursively.
///
/// # Errors that borrow
///
/// `Errors<E>` can be printed, and collected from an iterator, if `E` is `'static`. Convert an error that borrows
/// with [`map`](Self::map):
///
/// ```
/// use gather::{Outcomes, gather};
///
/// # smol::block_on(async {
/// let text = String::from("some text");
/// let words = gather(text.split(' ').map(|word| async move { Err::<(), &str>(word) })).await;
/// if let Err(errors) = words.all_ok() {
///     let errors = errors.map(|word| format!("no such word: {word}"));
///     assert_eq!(errors[1], "no such word: text");
///     println!("{errors}");
/// }
/// # })
/// ```
pub struct Errors<E, K = usize> {
    errors: Vec<(K, E)>,
    /// For an `E` that only the caller knows to be an error.
    as_error: Option<AsError<E>>,
    /// For an `E` that may be a group.
    drop_error: Option<DropError<E>>,
}

impl<E, K> Errors<E, K> {
    pub(crate) fn new(errors: Vec<(K, E)>) -> Self {
        Self {
            errors,
            as_error: None,
            drop_error: None,
        }
    }

    /// Returns the number of errors. A nested `Errors` counts as one.
    ///
    /// ```
    /// let errors: gather::Errors<u16> = [(0, 503), (2, 404)].into_iter().collect();
    /// assert_eq!(errors.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// Returns `true` if there are no errors, as from `first_ok` without children.
    ///
    /// ```
    /// # smol::block_on(async {
    /// let none = [async { Ok::<u8, u16>(1) }; 0];
    /// assert!(gather::first_ok(none).await.unwrap_err().is_empty());
    /// # });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Returns the first error, with the index or the key of its child.
    ///
    /// ```
    /// let errors: gather::Errors<u16> = [(0, 503), (2, 404)].into_iter().collect();
    /// assert_eq!(errors.first(), Some((&0, &503)));
    /// ```
    pub fn first(&self) -> Option<(&K, &E)> {
        self.iter().next()
    }

    /// Iterates over the errors, each with the index or the key of its child.
    ///
    /// ```
    /// let errors: gather::Errors<u16> = [(0, 503), (2, 404)].into_iter().collect();
    /// for (index, status) in errors.iter() {
    ///     println!("input {index}: status {status}");
    /// }
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &E)> + ExactSizeIterator {
        self.into_iter()
    }

    /// Splits the errors into those for which `matches` returns `true`, and the others.
    ///
    /// Both keep their order and their indices or keys. A half without errors is `None`.
    ///
    /// ```
    /// use gather::Errors;
    ///
    /// let errors: Errors<u16> = [(0, 503), (2, 404), (3, 500)].into_iter().collect();
    /// let (server, client) = errors.split(|status| *status >= 500);
    /// assert_eq!(server.unwrap().first(), Some((&0, &503)));
    /// assert_eq!(client.unwrap().first(), Some((&2, &404)));
    /// ```
    ///
    /// A nested `Errors` is one error here. To split by leaf, use [`split_leaves`](Errors::split_leaves).
    pub fn split<P>(self, mut matches: P) -> (Option<Self>, Option<Self>)
    where
        P: FnMut(&E) -> bool,
    {
        let (as_error, drop_error) = (self.as_error, self.drop_error);
        let half = |errors: Vec<_>| {
            let half = Self {
                errors,
                as_error,
                drop_error,
            };
            (!half.is_empty()).then_some(half)
        };
        let (matched, rest) = self
            .into_iter()
            .partition(|(_, error): &(K, E)| matches(error));
        (half(matched), half(rest))
    }

    /// Converts each error with `map`.
    ///
    /// ```
    /// use gather::Errors;
    ///
    /// let errors: Errors<u16> = [(0, 503), (2, 404)].into_iter().collect();
    /// let errors = errors.map(|status| format!("status {status}"));
    /// assert_eq!(errors[2], "status 404");
    /// ```
    pub fn map<U, M>(self, mut map: M) -> Errors<U, K>
    where
        M: FnMut(E) -> U,
    {
        let each = |(key, error)| (key, map(error));
        Errors::new(self.into_iter().map(each).collect())
    }

    /// Converts each index or key with `map`: for example, references into owned keys, so that `?` can box
    /// the errors.
    ///
    /// ```
    /// use gather::{ChildExt, Outcomes, gather};
    ///
    /// # type BoxError = Box<dyn std::error::Error + Send + Sync>;
    /// # async fn fetch(_: &str) -> Result<u8, std::io::Error> { Ok(7) }
    /// async fn fetch_all(paths: &[&str]) -> Result<usize, BoxError> {
    ///     let pages = gather(paths.iter().map(|path| fetch(path).keyed(*path))).await;
    ///     let pages = pages.all_ok().map_err(|errors| errors.map_keys(str::to_owned))?;
    ///     Ok(pages.len())
    /// }
    /// # assert_eq!(smol::block_on(fetch_all(&["/", "/a"])).unwrap(), 2);
    /// ```
    pub fn map_keys<L, M>(mut self, mut map: M) -> Errors<E, L>
    where
        M: FnMut(K) -> L,
    {
        let each = |(key, error)| (map(key), error);
        Errors {
            errors: mem::take(&mut self.errors).into_iter().map(each).collect(),
            as_error: self.as_error,
            drop_error: self.drop_error,
        }
    }

    /// Boxes each error.
    ///
    /// Boxed errors are printed with their causes, and can be nested and [split by type](Errors::split_type).
    /// Each takes an allocation.
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
    /// # smol::block_on(fetch_both()).unwrap();
    /// ```
    pub fn boxed(self) -> Errors<Box<dyn Error + Send + Sync>, K>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut boxed = self.map(Into::into);
        boxed.drop_error = Some(drop_boxed);
        boxed
    }

    /// Prints the errors with their causes from now on, also after a [`split`](Self::split).
    ///
    /// Boxed errors always are.
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
        E: Error + 'static,
    {
        self.as_error = Some(|error| error);
        self
    }
}

impl<E: Clone, K: Clone> Clone for Errors<E, K> {
    fn clone(&self) -> Self {
        Self {
            errors: self.errors.clone(),
            as_error: self.as_error,
            drop_error: self.drop_error,
        }
    }
}

impl<E: PartialEq, K: PartialEq> PartialEq for Errors<E, K> {
    fn eq(&self, other: &Self) -> bool {
        self.errors == other.errors
    }
}

impl<E: Eq, K: Eq> Eq for Errors<E, K> {}

impl<E: fmt::Debug + 'static, K: fmt::Debug> fmt::Debug for Errors<E, K> {
    /// Prints the tree; with `{:#?}`, what `#[derive(Debug)]` prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            draw::debug(self, f)
        } else {
            draw::debug_tree(self, f)
        }
    }
}

impl<E: fmt::Display + 'static, K: fmt::Display> fmt::Display for Errors<E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The minus has no meaning in std. An `Errors` prints a nested one with it, which draws a branch then.
        if f.alternate() && !f.sign_minus() {
            draw::line(self, f)
        } else {
            draw::tree(self, f)
        }
    }
}

// Not `E: Error`: boxed errors do not implement it, nor does `anyhow::Error`, and coherence allows no second
// impl for them. What they have in common is that they can be printed. There is no `source`, as an error
// should not both print another one and return it as its source.
impl<E, K> Error for Errors<E, K>
where
    E: fmt::Debug + fmt::Display + 'static,
    K: fmt::Debug + fmt::Display,
{
}
