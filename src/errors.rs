//! Many errors that are one: [`Errors`].

mod boxed;
mod draw;
mod drop;
mod key;
mod known;

use alloc::{boxed::Box, vec, vec::Vec};
use core::{error::Error, fmt, iter, mem, slice};

use self::{
    drop::{DropError, drop_boxed, drop_error},
    known::AsError,
};

/// What most code boxes its errors as.
type BoxError = Box<dyn Error + Send + Sync>;

/// What a boxed error may be, if it is not a leaf.
type Group = Errors<BoxError>;

/// The errors of many children, each with the index of its child, or with its key: one error to
/// return, print or take apart.
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
/// Where the children have keys ([`keyed`](crate::ChildExt::keyed)), these are in place of the index:
///
/// ```
/// use gather::{ChildExt, Outcomes, gather};
///
/// # pollster::block_on(async {
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
/// By the children's index; those of a group of tasks in the order in which they came.
///
/// # Printing
///
/// `{}` is a tree of as many lines as it needs: a line that counts, then one an error with its
/// child's index or key, its causes ([`source`](Error::source)) beneath it, and an `Errors` in it as
/// a branch. Below the 64th level lines are not indented further. `{:#}` is the same in one line:
/// `2 errors (0: no route; 3: bad reply: unexpected end)`. There may be none: `no errors`.
///
/// The causes of any boxed error show. Of another `E` no more is known than that it can be
/// printed: use [`with_causes`](Self::with_causes), or [`boxed`](Self::boxed). Such an `E` is
/// printed with `{:#}`, by which `anyhow` and its like show their causes themselves.
///
/// `{:?}` is the tree too, since that is what `unwrap` prints, and `main` when it returns an error.
/// Boxed errors and those with causes read as in `{}`; other errors, and the keys, are printed with
/// their own `{:?}`, as they do not have to be [`Display`](fmt::Display) for it. `{:#?}` is what
/// `#[derive(Debug)]` would give.
///
/// # As an error
///
/// `Errors<E>` is an [`Error`] for every `E` that can be printed, so `?` turns it into a
/// `Box<dyn Error>` or the like. Its `source` is `None`: what it prints has all the errors in it
/// already, and reporters that follow sources would print the first of them twice. Keys that borrow
/// keep it from being `'static`, which most boxes ask for: see [`map_keys`](Self::map_keys).
///
/// # Groups
///
/// An `Errors<Box<dyn Error + Send + Sync>>` that was itself boxed and is in another one is a
/// *group* of it, with a shape that [`split_type`](Errors::split_type) and
/// [`split_leaves`](Errors::split_leaves) keep. Anything else is a *leaf*, and so are errors with keys:
/// those keep theirs when they are printed within others, but are not looked into.
///
/// Groups may be nested to any depth: printing and splitting them takes no more stack. Neither does
/// dropping them, where the outermost was collected from an iterator, [`boxed`](Self::boxed) or split, or
/// comes from a group of tasks. Those that `all_ok`, `first_ok` and `map` make are
/// dropped as any boxed errors in boxed errors are, each within the other.
///
/// # Errors that borrow
///
/// Are welcome, but whether one is boxed can only be told of an `E: 'static`. So nothing else is
/// printed, as text or for debugging, or collected from an iterator. [`map`](Self::map) turns them into
/// errors that can be.
///
/// ```
/// use gather::{Outcomes, gather};
///
/// # pollster::block_on(async {
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
    /// For an `E` of which only the caller knew that it is an error.
    as_error: Option<AsError<E>>,
    /// For an `E` that may be a group.
    drop_error: Option<DropError<E>>,
}

impl<E, K> Errors<E, K> {
    /// Of errors of which nothing is known.
    pub(crate) fn new(errors: Vec<(K, E)>) -> Self {
        Self {
            errors,
            as_error: None,
            drop_error: None,
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

    /// The first error, with its child's index or key.
    pub fn first(&self) -> Option<(&K, &E)> {
        self.iter().next()
    }

    /// The errors, each with its child's index or key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &E)> + ExactSizeIterator {
        self.into_iter()
    }

    /// Those for which `matches` is true, and the others, in order and with their indices or
    /// keys. Where there are none, that half is `None`.
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
    /// This does not look into groups: [`split_leaves`](Errors::split_leaves) does.
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

    /// Turns each error into another one, in order.
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

    /// Turns each index or key into another key, in order: keys that borrow into such that do not, say,
    /// so that `?` can box the errors.
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
    /// # assert_eq!(pollster::block_on(fetch_all(&["/", "/a"])).unwrap(), 2);
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
    pub fn boxed(self) -> Errors<Box<dyn Error + Send + Sync>, K>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut boxed = self.map(Into::into);
        boxed.drop_error = Some(drop_boxed);
        boxed
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
    /// The tree; with `{:#?}` what `#[derive(Debug)]` would give.
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
impl<E, K> Error for Errors<E, K>
where
    E: fmt::Debug + fmt::Display + 'static,
    K: fmt::Debug + fmt::Display,
{
}

impl<E: 'static, K> FromIterator<(K, E)> for Errors<E, K> {
    /// Keeps the order and the indices or keys as they are.
    fn from_iter<I: IntoIterator<Item = (K, E)>>(errors: I) -> Self {
        Self {
            errors: errors.into_iter().collect(),
            as_error: None,
            drop_error: drop_error(),
        }
    }
}

impl<E, K> IntoIterator for Errors<E, K> {
    type Item = (K, E);
    type IntoIter = vec::IntoIter<(K, E)>;

    fn into_iter(mut self) -> Self::IntoIter {
        mem::take(&mut self.errors).into_iter()
    }
}

/// A type of std's, so that there is no more to name and to document.
type Iter<'a, E, K> = iter::Map<slice::Iter<'a, (K, E)>, fn(&(K, E)) -> (&K, &E)>;

impl<'a, E, K> IntoIterator for &'a Errors<E, K> {
    type Item = (&'a K, &'a E);
    type IntoIter = Iter<'a, E, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.iter().map(|(key, error)| (key, error))
    }
}
