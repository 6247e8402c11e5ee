//! `Errors` as text: a tree, a line, or what `{:#?}` shows. Groups are followed with a stack of
//! their own, so that no depth of them overflows the thread's.

use alloc::vec::Vec;
use core::{
    error::Error,
    fmt::{self, Write},
    slice,
};

use super::{Errors, Group};

/// Deeper lines are not indented further: they would take quadratic space.
const DEEPEST: usize = 64;

pub(super) fn tree<E: fmt::Display + 'static, K: fmt::Display>(
    errors: &Errors<E, K>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    draw(
        errors,
        &mut Tree::new(f),
        |tree, key, place| tree.member(format_args!("{key}"), place),
        |tree, error| tree.plain(error),
    )
}

pub(super) fn line<E: fmt::Display + 'static, K: fmt::Display>(
    errors: &Errors<E, K>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    draw(
        errors,
        &mut Line { f },
        |line, key, place| line.member(format_args!("{key}"), place),
        |line, error| line.plain(error),
    )
}

/// Writes the tree with `{:?}` of its errors and keys.
pub(super) fn debug_tree<E: fmt::Debug + 'static, K: fmt::Debug>(
    errors: &Errors<E, K>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    draw(
        errors,
        &mut Tree::new(f),
        |tree, key, place| tree.member(format_args!("{key:?}"), place),
        |tree, error| write!(tree, "{error:?}"),
    )
}

pub(super) fn debug<E: fmt::Debug + 'static, K: fmt::Debug>(
    errors: &Errors<E, K>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    draw(
        errors,
        &mut Debug { f, depth: 0 },
        |debug, key, place| debug.member(format_args!("{key:?}"), place),
        |debug, error| debug.plain(error),
    )
}

/// Writes the parts of a group, in the order of these methods.
trait Style {
    fn open(&mut self, count: usize) -> fmt::Result;
    fn member(&mut self, key: fmt::Arguments<'_>, place: Place) -> fmt::Result;
    /// Writes a member with its causes. If one of these is a group, returns it, to be written next.
    fn error<'a>(
        &mut self,
        error: &'a (dyn Error + 'static),
    ) -> Result<Option<&'a Group>, fmt::Error>;
    fn close(&mut self, count: usize) -> fmt::Result;
}

struct Place {
    first: bool,
    last: bool,
}

/// Writes `errors`: their keys with `member`, and those that are not known to be errors with `plain`.
fn draw<E: 'static, K, S: Style>(
    errors: &Errors<E, K>,
    style: &mut S,
    member: impl Fn(&mut S, &K, Place) -> fmt::Result,
    plain: impl Fn(&mut S, &E) -> fmt::Result,
) -> fmt::Result {
    let count = errors.len();
    style.open(count)?;
    for (at, (key, error)) in errors.iter().enumerate() {
        let place = Place {
            first: at == 0,
            last: at + 1 == count,
        };
        member(style, key, place)?;
        match errors.as_error(error) {
            Some(error) => draw_error(error, style)?,
            None => plain(style, error)?,
        }
    }
    style.close(count)
}

fn draw_error(error: &(dyn Error + 'static), style: &mut impl Style) -> fmt::Result {
    let mut open: Vec<(&Group, slice::Iter<'_, _>)> = Vec::new();
    let mut next = Some(error);
    loop {
        if let Some(error) = next.take() {
            if let Some(group) = style.error(error)? {
                style.open(group.len())?;
                open.push((group, group.errors.iter()));
            }
        }
        let Some((group, members)) = open.last_mut() else {
            return Ok(());
        };
        let first = members.len() == group.len();
        if let Some((index, error)) = members.next() {
            let last = members.len() == 0;
            style.member(format_args!("{index}"), Place { first, last })?;
            next = Some(&**error);
        } else {
            style.close(group.len())?;
            open.pop();
        }
    }
}

/// Writes `error` and its causes, with `between` before each cause, up to the first group.
fn causes<'a, S: Write>(
    out: &mut S,
    error: &'a (dyn Error + 'static),
    between: impl Fn(&mut S) -> fmt::Result,
    plain: impl Fn(&mut S, &dyn fmt::Display) -> fmt::Result,
) -> Result<Option<&'a Group>, fmt::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(group) = error.downcast_ref() {
            return Ok(Some(group));
        }
        next = error.source();
        if next.is_some() {
            // Not as `plain` does: that may show causes, which come now.
            write!(out, "{error}")?;
            between(out)?;
        } else {
            plain(out, &error)?;
        }
    }
    Ok(None)
}

/// Writes `text` with `newline` in place of each line break.
fn write_lines(
    f: &mut fmt::Formatter<'_>,
    text: &str,
    newline: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            newline(f)?;
        }
        f.write_str(line)?;
    }
    Ok(())
}

struct Tree<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    /// For each open group, the member that is being written.
    levels: Vec<Level>,
}

struct Level {
    last: bool,
    /// Whether a cause is being written. A group among the causes is a branch of that cause.
    causes: bool,
}

impl<'a, 'f> Tree<'a, 'f> {
    fn new(f: &'a mut fmt::Formatter<'f>) -> Self {
        let levels = Vec::new();
        Self { f, levels }
    }

    fn caused_by(&mut self) -> fmt::Result {
        if let Some(level) = self.levels.last_mut() {
            level.causes = true;
        }
        self.write_str("\ncaused by: ")
    }

    /// Writes an error whose causes are not known. It may print them itself with `{:#}`. If it is an `Errors`
    /// of another type, the minus makes it print a tree.
    fn plain(&mut self, error: &dyn fmt::Display) -> fmt::Result {
        write!(self, "{error:-#}")
    }
}

impl Write for Tree<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_lines(self.f, text, |f| {
            f.write_char('\n')?;
            let mut levels = self.levels.iter().take(DEEPEST);
            levels.try_for_each(|level| {
                f.write_str(if level.last { "   " } else { "│  " })?;
                f.write_str(if level.causes { "   " } else { "" })
            })
        })
    }
}

impl Style for Tree<'_, '_> {
    fn open(&mut self, count: usize) -> fmt::Result {
        write_count(self.f, count)
    }

    fn member(&mut self, key: fmt::Arguments<'_>, place: Place) -> fmt::Result {
        if !place.first {
            self.levels.pop();
        }
        self.write_char('\n')?;
        let last = place.last;
        self.levels.push(Level {
            last,
            causes: false,
        });
        let branch = if last { "└─" } else { "├─" };
        write!(self, "{branch} {key}: ")
    }

    fn error<'a>(
        &mut self,
        error: &'a (dyn Error + 'static),
    ) -> Result<Option<&'a Group>, fmt::Error> {
        causes(self, error, Self::caused_by, Self::plain)
    }

    fn close(&mut self, count: usize) -> fmt::Result {
        if count > 0 {
            self.levels.pop();
        }
        Ok(())
    }
}

struct Line<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
}

impl Line<'_, '_> {
    fn plain(&mut self, error: &dyn fmt::Display) -> fmt::Result {
        write!(self, "{error:#}")
    }
}

impl Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_lines(self.f, text, |f| f.write_char(' '))
    }
}

impl Style for Line<'_, '_> {
    fn open(&mut self, count: usize) -> fmt::Result {
        write_count(self.f, count)?;
        self.f.write_str(if count > 0 { " (" } else { "" })
    }

    fn member(&mut self, key: fmt::Arguments<'_>, place: Place) -> fmt::Result {
        let between = if place.first { "" } else { "; " };
        write!(self, "{between}{key}: ")
    }

    fn error<'a>(
        &mut self,
        error: &'a (dyn Error + 'static),
    ) -> Result<Option<&'a Group>, fmt::Error> {
        causes(self, error, |line| line.f.write_str(": "), Self::plain)
    }

    fn close(&mut self, count: usize) -> fmt::Result {
        self.f.write_str(if count > 0 { ")" } else { "" })
    }
}

fn write_count(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    match count {
        0 => f.write_str("no errors"),
        1 => f.write_str("1 error"),
        _ => write!(f, "{count} errors"),
    }
}

/// Prints what the `{:#?}` of a map in std does.
struct Debug<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    depth: usize,
}

impl Debug<'_, '_> {
    fn plain(&mut self, error: &dyn fmt::Debug) -> fmt::Result {
        write!(self, "{error:#?}")
    }
}

impl Write for Debug<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_lines(self.f, text, |f| {
            f.write_char('\n')?;
            let mut levels = 0..self.depth.min(DEEPEST);
            levels.try_for_each(|_| f.write_str("    "))
        })
    }
}

impl Style for Debug<'_, '_> {
    fn open(&mut self, _: usize) -> fmt::Result {
        self.depth += 1;
        self.f.write_str("Errors {")
    }

    fn member(&mut self, key: fmt::Arguments<'_>, place: Place) -> fmt::Result {
        self.write_str(if place.first { "\n" } else { ",\n" })?;
        write!(self, "{key}: ")
    }

    fn error<'a>(
        &mut self,
        error: &'a (dyn Error + 'static),
    ) -> Result<Option<&'a Group>, fmt::Error> {
        let group = error.downcast_ref();
        if group.is_none() {
            self.plain(&error)?;
        }
        Ok(group)
    }

    fn close(&mut self, count: usize) -> fmt::Result {
        self.depth -= 1;
        if count > 0 {
            self.write_str(",\n")?;
        }
        self.f.write_str("}")
    }
}
