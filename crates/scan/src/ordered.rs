//! A parallel map that keeps order and bounds what is in flight: the joint between two stages.
//!
//! One thread pulls the source, the pool does the work, the caller takes the results in the order
//! of the source. At most `in_flight` values exist between the source and the caller: the source is
//! not asked for another one until the caller has come back for the next result, so a slow stage
//! slows the one before it and memory stays flat.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// A result on its way. A panic in the source or in the work travels to the caller.
type Slot<U> = Receiver<thread::Result<U>>;

/// The results, in the order of the source. Dropping it stops the source.
pub(crate) struct Ordered<U> {
    slots: Receiver<Slot<U>>,
    tickets: Sender<()>,
    /// Whether the previous result still holds its ticket.
    holds_ticket: bool,
}

/// Maps `work` over `source` on `pool`, with at most `in_flight` values alive at any time.
pub(crate) fn ordered_map<'scope, 'pool, T, U>(
    threads: &'scope thread::Scope<'scope, '_>,
    pool: &'scope rayon::Scope<'pool>,
    in_flight: usize,
    source: impl Iterator<Item = T> + Send + 'scope,
    work: impl Fn(T) -> U + Send + Sync + 'pool,
) -> Ordered<U>
where
    T: Send + 'pool,
    U: Send + 'pool,
{
    let (slot_sender, slots) = channel();
    let (tickets, ticket_receiver) = channel();
    for _ in 0..in_flight.max(1) {
        // The receiver is alive: it moves into the thread below.
        let _ = tickets.send(());
    }
    let work = Arc::new(work);
    threads.spawn(move || pull(source, &ticket_receiver, &slot_sender, pool, &work));
    Ordered { slots, tickets, holds_ticket: false }
}

fn pull<'pool, T, U>(
    mut source: impl Iterator<Item = T>,
    tickets: &Receiver<()>,
    slots: &Sender<Slot<U>>,
    pool: &rayon::Scope<'pool>,
    work: &Arc<impl Fn(T) -> U + Send + Sync + 'pool>,
) where
    T: Send + 'pool,
    U: Send + 'pool,
{
    // No ticket: the caller has gone.
    while tickets.recv().is_ok() {
        let value = match catch_unwind(AssertUnwindSafe(|| source.next())) {
            Ok(Some(value)) => value,
            Ok(None) => return,
            Err(panic) => {
                let (sender, slot) = channel();
                let _ = sender.send(Err(panic));
                let _ = slots.send(slot);
                return;
            }
        };
        let (sender, slot) = channel();
        if slots.send(slot).is_err() {
            return;
        }
        let work = Arc::clone(work);
        pool.spawn(move |_| {
            let result = catch_unwind(AssertUnwindSafe(|| work(value)));
            // Nobody takes the result of work that was under way when the caller stopped.
            let _ = sender.send(result);
        });
    }
}

impl<U> Iterator for Ordered<U> {
    type Item = U;

    fn next(&mut self) -> Option<U> {
        if self.holds_ticket {
            let _ = self.tickets.send(());
        }
        let slot = self.slots.recv().ok()?;
        match slot.recv().ok()? {
            Ok(value) => {
                self.holds_ticket = true;
                Some(value)
            }
            Err(panic) => resume_unwind(panic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    #[test]
    fn results_come_in_order_whatever_finishes_first() {
        let got = pool(3).in_place_scope(|p| {
            thread::scope(|t| {
                let slow_first = |n: u64| {
                    thread::sleep(Duration::from_millis(10 - n));
                    n * n
                };
                ordered_map(t, p, 4, 0..10_u64, slow_first).collect::<Vec<_>>()
            })
        });
        assert_eq!(got, (0..10).map(|n| n * n).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_than_in_flight_values_are_alive() {
        static ALIVE: AtomicUsize = AtomicUsize::new(0);
        static PEAK: AtomicUsize = AtomicUsize::new(0);
        struct Counted;
        impl Counted {
            fn new() -> Self {
                PEAK.fetch_max(ALIVE.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                Self
            }
        }
        impl Drop for Counted {
            fn drop(&mut self) {
                ALIVE.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let source = std::iter::repeat_with(Counted::new).take(50);
        pool(2).in_place_scope(|p| {
            thread::scope(|t| {
                for value in ordered_map(t, p, 3, source, |c| c) {
                    thread::sleep(Duration::from_millis(1));
                    drop(value);
                }
            });
        });
        assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
        assert!(PEAK.load(Ordering::SeqCst) <= 3, "{}", PEAK.load(Ordering::SeqCst));
    }

    #[test]
    fn two_maps_chain_on_one_thread_of_pool() {
        let got = pool(1).in_place_scope(|p| {
            thread::scope(|t| {
                let first = ordered_map(t, p, 2, 0..20, |n| n + 1);
                ordered_map(t, p, 2, first, |n| n * 2).collect::<Vec<i32>>()
            })
        });
        assert_eq!(got, (0..20).map(|n| (n + 1) * 2).collect::<Vec<_>>());
    }

    #[test]
    fn dropping_the_results_stops_an_endless_source() {
        let first = pool(2).in_place_scope(|p| thread::scope(|t| ordered_map(t, p, 2, 0.., |n| n).next()));
        assert_eq!(first, Some(0));
    }

    #[test]
    fn panics_reach_the_caller() {
        for (in_source, text) in [(true, "source"), (false, "work")] {
            let source = (0..5).inspect(move |n| assert!(!(in_source && *n == 3), "source"));
            let caught = catch_unwind(AssertUnwindSafe(|| {
                pool(1).in_place_scope(|p| {
                    thread::scope(|t| {
                        let work = |n: i32| assert!(n != 3, "work");
                        ordered_map(t, p, 2, source, work).count()
                    })
                })
            }));
            let payload = caught.unwrap_err();
            assert_eq!(payload.downcast_ref::<&str>(), Some(&text));
        }
    }
}
