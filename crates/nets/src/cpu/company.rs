//! Keeps the threads of a pool at hand while one image is worked on.
//!
//! Layers of one image last some tens of microseconds. A thread that has nothing to do falls asleep after a few, and waking
//! it takes as long as such a layer.

use rayon::Yield;
use std::sync::atomic::{AtomicBool, Ordering};

/// Most threads that are kept at hand: small layers are not cut into more parts.
const COMPANIONS: usize = 3;

/// Runs `work` on the current rayon pool, whose other threads wait for its parts without falling asleep until it ends.
/// For a caller outside the pool; inside one, other work keeps the threads awake, and this just runs `work`.
pub(crate) fn in_company<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let others = (rayon::current_num_threads() - 1).min(COMPANIONS);
    if others == 0 || rayon::current_thread_index().is_some() {
        return work();
    }
    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        for _ in 0..others {
            scope.spawn(|_| wait(&done));
        }
        // Also when `work` panics: the scope waits for the others.
        let _end = End(&done);
        work()
    })
}

/// Takes up what other threads have to share until `done`.
fn wait(done: &AtomicBool) {
    while !done.load(Ordering::Acquire) {
        if rayon::yield_now() != Some(Yield::Executed) {
            std::hint::spin_loop();
        }
    }
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
