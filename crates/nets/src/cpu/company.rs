//! Keeps the threads of a pool at hand while one image is worked on.
//!
//! Layers of one image last some tens of microseconds. A thread that has nothing to do falls asleep after a few, and waking
//! it takes as long as such a layer.

use rayon::Yield;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Most threads that are kept at hand: small layers are not cut into more parts.
const COMPANIONS: usize = 3;
/// Vain looks for work, some 50 ns each, before the processor is offered to others.
const PATIENCE: u32 = 32;

/// How many calls of [`in_company`] are under way.
static COMPANIES: AtomicUsize = AtomicUsize::new(0);

/// Whether threads are kept at hand, perhaps for other work than the caller's.
pub(crate) fn is_kept() -> bool {
    COMPANIES.load(Ordering::Relaxed) > 0
}

/// Runs `work` on the current rayon pool, whose other threads wait for its parts without falling asleep until it ends, or
/// do what else the pool has to do.
pub(crate) fn in_company<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let others = (rayon::current_num_threads() - 1).min(COMPANIONS);
    if others == 0 {
        return work();
    }
    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        let (here, done) = (rayon::current_thread_index(), &done);
        for _ in 0..others {
            scope.spawn(move |_| {
                // The thread that works, should it come upon this itself, would wait for its own end.
                if rayon::current_thread_index() != here {
                    wait(done);
                }
            });
        }
        COMPANIES.fetch_add(1, Ordering::Relaxed);
        // Also when `work` panics: the scope waits for the others.
        let _end = End(done);
        work()
    })
}

/// Takes up what other threads have to share until `done`.
fn wait(done: &AtomicBool) {
    let mut idle = 0u32;
    while !done.load(Ordering::Acquire) {
        if rayon::yield_now() == Some(Yield::Executed) {
            idle = 0;
            continue;
        }
        idle += 1;
        // Where other programs want the processor, perhaps for what is waited for, they get it.
        if idle.is_multiple_of(PATIENCE) {
            std::thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        COMPANIES.fetch_sub(1, Ordering::Relaxed);
        self.0.store(true, Ordering::Release);
    }
}
