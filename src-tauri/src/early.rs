//! Files that another start of the program names while this one still opens its library.

use std::path::PathBuf;
use std::sync::Mutex;

use crate::lock::lock;

/// Keeps paths until there is a desk to open them.
#[derive(Debug, Default)]
pub(crate) struct Early(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    paths: Vec<PathBuf>,
    is_over: bool,
}

impl Early {
    /// Gives the paths back when there is a desk to open them; else they are kept for [`Early::end`].
    pub(crate) fn offer(&self, paths: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
        let mut inner = lock(&self.0);
        if inner.is_over {
            return Some(paths);
        }
        inner.paths.extend(paths);
        None
    }

    /// There is a desk: gives what came before, in order. From now on nothing is kept.
    pub(crate) fn end(&self) -> Vec<PathBuf> {
        let mut inner = lock(&self.0);
        inner.is_over = true;
        std::mem::take(&mut inner.paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_there_is_a_desk_waits_for_it() {
        let (early, named) = (Early::default(), |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(early.offer(named(&["a.jpg", "b.jpg"])), None);
        assert_eq!(early.offer(named(&["c.mp4"])), None);
        assert_eq!(early.end(), named(&["a.jpg", "b.jpg", "c.mp4"]));
        assert_eq!(early.offer(named(&["d.jpg"])), Some(named(&["d.jpg"])));
        assert_eq!(early.end(), named(&[]));
    }
}
