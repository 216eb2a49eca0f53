//! Progress on standard error: a bar for the batch, a line for each item under way.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use scan::base::{Progress, Stage};

use crate::safe::one_line;
use crate::words::Words;

/// Longest name shown beside a bar.
const NAME_COLUMNS: usize = 32;

/// Whether progress and warnings are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    /// On standard error, where that is a terminal.
    Shown,
    /// Not at all.
    Quiet,
}

/// The bars, and the only way to write to standard error while they stand.
pub(crate) struct Bars {
    all: MultiProgress,
    batch: ProgressBar,
    items: Mutex<HashMap<usize, (Stage, ProgressBar)>>,
    words: &'static dyn Words,
    noise: Noise,
}

impl Bars {
    /// Bars on standard error; nothing is drawn where that is not a terminal.
    pub(crate) fn new(words: &'static dyn Words, noise: Noise) -> Self {
        let target = match noise {
            Noise::Shown => ProgressDrawTarget::stderr(),
            Noise::Quiet => ProgressDrawTarget::hidden(),
        };
        let all = MultiProgress::with_draw_target(target);
        let batch = all.add(ProgressBar::new_spinner());
        Self { all, batch, items: Mutex::default(), words, noise }
    }

    /// Progress of listing.
    pub(crate) fn listing(&self, progress: Progress) {
        self.batch.set_message(self.words.stage(Stage::Listing));
        self.batch.set_position(progress.done);
    }

    /// So many items will come.
    pub(crate) fn begin(&self, items: usize) {
        self.batch.set_length(items as u64);
        self.batch.set_message("");
        self.batch.set_style(styled(&template_of_batch(self.words.left())));
        self.batch.reset();
        if items < 2 {
            self.batch.set_draw_target(ProgressDrawTarget::hidden());
        }
    }

    /// An item has come so far.
    pub(crate) fn item(&self, index: usize, path: &str, progress: Progress) {
        if self.all.is_hidden() {
            return;
        }
        let mut items = self.lock();
        let (stage, bar) = items.entry(index).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new_spinner());
            bar.set_prefix(shortened(path));
            bar.enable_steady_tick(Duration::from_millis(200));
            (Stage::Listing, bar)
        });
        if *stage != progress.stage {
            *stage = progress.stage;
            bar.set_style(styled(&template_of_item(progress, self.words.left())));
            bar.set_message(self.words.stage(progress.stage));
            bar.reset();
        }
        match progress.total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
        bar.set_position(progress.done);
    }

    /// Something that is none of the batch's items is done.
    pub(crate) fn drop_item(&self, index: usize) {
        if let Some((_, bar)) = self.lock().remove(&index) {
            bar.finish_and_clear();
        }
    }

    /// An item is done.
    pub(crate) fn finish(&self, index: usize) {
        if let Some((_, bar)) = self.lock().remove(&index) {
            bar.finish_and_clear();
        }
        self.batch.inc(1);
    }

    /// Everything is done: nothing stays on the screen.
    pub(crate) fn clear(&self) {
        for (_, (_, bar)) in self.lock().drain() {
            bar.finish_and_clear();
        }
        self.batch.finish_and_clear();
    }

    /// Runs `print` while no bar is in the way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.all.suspend(print)
    }

    /// A line on standard error, whatever was asked for.
    pub(crate) fn error(&self, line: &str) {
        // Nobody can be told that standard error is closed.
        let _ = self.aside(|| writeln!(io::stderr(), "facefiction: {}", one_line(line)));
    }

    /// A line on standard error, unless it should be quiet.
    pub(crate) fn note(&self, line: &str) {
        if self.noise == Noise::Shown {
            self.error(line);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, (Stage, ProgressBar)>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn template_of_batch(left: &str) -> String {
    format!("[{{wide_bar}}] {{pos}}/{{len}}  {{rate}}  {{elapsed}}, {{eta}} {left}")
}

fn template_of_item(progress: Progress, left: &str) -> String {
    let name = "  {prefix}  {msg}";
    match (progress.stage, progress.total) {
        (Stage::Analysing, Some(total)) if total > 0 => {
            format!("{name} [{{bar:24}}] {{media}}  {{speed}}  {{elapsed}}, {{eta}} {left}")
        }
        (Stage::Hashing, Some(_)) => {
            format!("{name} [{{bar:24}}] {{bytes}}/{{total_bytes}}  {{bytes_per_sec}}  {{eta}} {left}")
        }
        _ => format!("{name} {{spinner}} {{elapsed}}"),
    }
}

fn styled(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style
        .progress_chars("=> ")
        .with_key("media", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let at = |us: u64| format!("{}:{:02}", us / 60_000_000, us / 1_000_000 % 60);
            let _ = write!(out, "{} / {}", at(state.pos()), at(state.len().unwrap_or_default()));
        })
        .with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.1}/s", state.per_sec());
        })
        .with_key("speed", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.1} x", state.per_sec() / 1e6);
        })
}

/// The end of a path is what tells files apart.
fn shortened(path: &str) -> String {
    let path = one_line(path);
    let letters: Vec<char> = path.chars().collect();
    match letters.len().checked_sub(NAME_COLUMNS) {
        Some(more) if more > 0 => letters.iter().skip(more + 1).fold("…".to_owned(), |mut name, c| {
            name.push(*c);
            name
        }),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(shortened("clip.mp4"), "clip.mp4");
        let long = shortened(&format!("{}/clip.mp4", "é".repeat(80)));
        assert_eq!((long.chars().count(), long.ends_with("/clip.mp4")), (NAME_COLUMNS, true));
    }

    #[test]
    fn every_stage_has_a_template_that_indicatif_accepts() {
        assert!(ProgressStyle::with_template(&template_of_batch("left")).is_ok());
        for (stage, total) in [(Stage::Analysing, Some(9)), (Stage::Hashing, Some(9)), (Stage::Probing, None)] {
            let template = template_of_item(Progress { stage, done: 1, total }, "left");
            assert!(ProgressStyle::with_template(&template).is_ok(), "{template}");
        }
        let bars = Bars::new(Lang::Fr.words(), Noise::Quiet);
        for stage in [Stage::Probing, Stage::Hashing, Stage::Analysing, Stage::Aggregating] {
            bars.item(0, "a", Progress { stage, done: 1, total: Some(2) });
        }
        bars.finish(0);
        bars.clear();
    }
}
