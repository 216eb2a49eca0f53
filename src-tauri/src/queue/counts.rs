//! The queue as a whole.

use std::collections::BTreeMap;

use super::Inner;
use crate::ipc::{QueueCounts, QueueState, VerdictCount};

/// Examinations from which the pace is taken.
const PACE: usize = 20;

impl Inner {
    pub(super) fn counts(&self) -> QueueCounts {
        let mut counts = QueueCounts { is_paused: self.paused, ..QueueCounts::default() };
        let mut by_verdict = BTreeMap::new();
        for row in self.rows.values() {
            counts.total += 1;
            let counter = match row.state {
                QueueState::Waiting => &mut counts.waiting,
                QueueState::Running => &mut counts.running,
                QueueState::Paused => &mut counts.paused,
                QueueState::Done => &mut counts.done,
                QueueState::Failed => &mut counts.failed,
                QueueState::Cancelled => &mut counts.cancelled,
                QueueState::Skipped => &mut counts.skipped,
            };
            *counter += 1;
            if let Some(verdict) = &row.verdict {
                *by_verdict.entry(verdict.code).or_default() += 1;
            }
        }
        counts.by_verdict = by_verdict.into_iter().map(|(code, count)| VerdictCount { code, count }).collect();
        counts.seconds_left = self.seconds_left(counts.waiting);
        counts
    }

    /// What the examination under way still takes, and the mean of the last ones for each that waits.
    fn seconds_left(&self, waiting: u32) -> Option<f64> {
        let running = self.rows.values().find(|row| row.state == QueueState::Running);
        let under_way = running.map(|row| row.job.seconds_left());
        let mean = (!self.pace.is_empty()).then(|| self.pace.iter().sum::<f64>() / self.pace.len() as f64);
        match (waiting, under_way, mean) {
            (0, None, _) => None,
            (0, Some(left), mean) => left.or(mean),
            (waiting, under_way, Some(mean)) => {
                Some(f64::from(waiting) * mean + under_way.map_or(0.0, |left| left.unwrap_or(mean)))
            }
            (_, _, None) => None,
        }
    }

    pub(super) fn keep_pace(&mut self, seconds: f64) {
        if self.pace.len() >= PACE {
            self.pace.remove(0);
        }
        self.pace.push(seconds);
    }
}
