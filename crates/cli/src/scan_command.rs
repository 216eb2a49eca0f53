//! `facefiction scan`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use scan::analysis::{Analysis, Baseline, BaselineClip, VerdictCode};
use scan::base::{CancelToken, Cancelled, Ctx, Warning, WarningCode};
use scan::models::{DetectorError, NetsError};
use scan::{
    Batch, DeviceChoice, FaceFinder, Finished, Item, Pipeline, Rate, Resume, ScanError, ScanOptions, SecondLook, Store,
};

use crate::args::{self, FailOn, Format, ScanArgs};
use crate::baseline;
use crate::exit::Exit;
use crate::explanations::Pictures;
use crate::glyphs::Glyphs;
use crate::models_dir;
use crate::progress::{Bars, Noise};
use crate::reports::{Reporting, Unmade};
use crate::sink::{Ending, Folder, Output, Unprinted};
use crate::text::TextStyle;
use crate::words::{Tally, Words};

/// Runs the command.
///
/// # Errors
/// What has no better place than one line on standard error.
pub(crate) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let words = args.lang.words();
    let bars = Bars::new(words, if args.quiet { Noise::Quiet } else { Noise::Shown });
    let cancel = crate::stop::on_signals()?;
    let pipeline = match load(args) {
        Ok(pipeline) => pipeline,
        Err(error) => {
            bars.error(&error.to_string());
            return Ok(exit_of_setup(&error));
        }
    };
    let told = pipeline.warnings().iter().filter(|w| !(args.device == args::Device::Auto && is_fallback(w)));
    tell_warnings(&bars, words, None, &told.cloned().collect::<Vec<_>>());
    let listing = Ctx::new(cancel.clone(), |progress| bars.listing(progress));
    let listed = match &args.out {
        Some(out) => scan::list_without(&args.paths, out, &listing),
        None => scan::list(&args.paths, &listing),
    };
    let Ok(items) = listed else { return Ok(Exit::Cancelled) };
    tell_skipped(&bars, words, &listing.take_warnings());
    bars.begin(items.len());

    let glyphs = Glyphs::choose(|variable| std::env::var(variable).ok());
    let style = TextStyle { words, glyphs, policies: pipeline.policies() };
    let folder = args.out.as_deref().map(|out| Folder::open(out, &style)).transpose()?;
    let store = args.out.as_deref().map(|out| Store::open(&out.join("analyses"), pipeline.configuration()));
    let store = store.transpose()?;
    let pictures = args.out.as_deref().filter(|_| args.explain).map(Pictures::open).transpose()?;
    let baseline = match baseline::clips(args, &pipeline, &cancel, &bars) {
        Ok(clips) => clips,
        Err(unmade) => return Ok(unmade.told()),
    };
    let reporting = args.report.then(|| Reporting::new(args, pipeline.models_dir()));
    let explaining = pictures.map(|pictures| Explaining { pictures, items: &items, pipeline: &pipeline });
    let mut report = Report {
        args,
        words,
        bars: &bars,
        cancel: &cancel,
        explaining,
        baseline,
        reporting,
        items: &items,
        store: store.as_ref(),
        folder,
        tally: Tally::default(),
        broken: None,
        unprinted: None,
        unmade: false,
    };

    let mut output = match Output::open(io::stdout(), args.format, &style) {
        Ok(output) => Some(output),
        Err(error) => {
            report.mute(error);
            None
        }
    };
    let resume = if args.resume { Resume::On } else { Resume::Off };
    let batch = Batch { pipeline: &pipeline, store: store.as_ref(), resume };
    let on_progress = |index: usize, progress| {
        let path = items.get(index).map(|item| item.path.to_string_lossy()).unwrap_or_default();
        bars.item(index, &path, progress);
    };
    let ended = batch.run(&items, &cancel, &on_progress, &mut |finished| report.item(finished, &mut output));
    bars.clear();
    if let Some(output) = &mut output
        && items.len() > report.tally.failed
        && let Err(error) = output.close()
    {
        report.mute(error);
    }
    report.close(ended, began.elapsed().as_secs_f64())
}

fn load(args: &ScanArgs) -> Result<Pipeline, Setup> {
    let models = models_dir::find(args.models_dir.as_deref())?;
    let options = options(args);
    // With --resume the first file may be in the store already.
    Ok(match args.paths.first().filter(|_| !args.resume) {
        Some(first) => Pipeline::load_for(&models, &options, first)?,
        None => Pipeline::load(&models, &options)?,
    })
}

/// Why the work could not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Setup {
    #[error(transparent)]
    Models(#[from] models_dir::NotFound),
    #[error(transparent)]
    Scan(#[from] ScanError),
}

/// What was asked for and does not exist is wrong usage; what is broken is a failure.
pub(crate) fn exit_of_setup(error: &Setup) -> Exit {
    match error {
        Setup::Models(_)
        | Setup::Scan(ScanError::Option { .. } | ScanError::NoModels { .. } | ScanError::NoSecondLook { .. }) => {
            Exit::Usage
        }
        Setup::Scan(ScanError::Nets(
            NetsError::NoSuchModel { .. } | NetsError::NoEncoder { .. } | NetsError::DeviceUnavailable { .. },
        )) => Exit::Usage,
        Setup::Scan(ScanError::Detector(DetectorError::NotADetector { .. })) => Exit::Usage,
        Setup::Scan(_) => Exit::Failed,
    }
}

fn options(args: &ScanArgs) -> ScanOptions {
    let rate = match (args.every_frame, args.fps) {
        (true, _) => Rate::EveryFrame,
        (false, Some(fps)) => Rate::PerSecond(fps),
        (false, None) => Rate::FromCard,
    };
    let (finder, device) = (finder_of(args.detector), device_of(args.device));
    let threads = args.threads.map(usize::from);
    let second_look = if args.deep { SecondLook::On } else { SecondLook::Off };
    ScanOptions { rate, models: args.models.clone(), second_look, finder, device, threads, ..ScanOptions::default() }
}

pub(crate) fn finder_of(named: args::FaceFinder) -> FaceFinder {
    match named {
        args::FaceFinder::Mtcnn => FaceFinder::Mtcnn,
        args::FaceFinder::Blazeface => FaceFinder::BlazeFace,
    }
}

pub(crate) fn device_of(named: args::Device) -> DeviceChoice {
    match named {
        args::Device::Auto => DeviceChoice::Auto,
        args::Device::Cpu => DeviceChoice::Cpu,
        args::Device::Cuda => DeviceChoice::Cuda,
        args::Device::Metal => DeviceChoice::Metal,
    }
}

/// What `--explain` needs.
struct Explaining<'a> {
    pictures: Pictures,
    items: &'a [Item],
    pipeline: &'a Pipeline,
}

/// What happens to results as they come.
struct Report<'a> {
    args: &'a ScanArgs,
    words: &'static dyn Words,
    bars: &'a Bars,
    cancel: &'a CancelToken,
    explaining: Option<Explaining<'a>>,
    /// Clips known to be real; empty when none were given.
    baseline: Vec<BaselineClip>,
    reporting: Option<Reporting<'a>>,
    items: &'a [Item],
    store: Option<&'a Store>,
    folder: Option<Folder<'a>>,
    tally: Tally,
    /// Why the folder could not be written to; ends the batch.
    broken: Option<anyhow::Error>,
    /// Why results did not all reach standard output.
    unprinted: Option<Unprinted>,
    /// Whether a report or an explanation that was asked for could not be had.
    unmade: bool,
}

impl Report<'_> {
    fn item<W: Write>(&mut self, finished: Finished, output: &mut Option<Output<'_, W>>) {
        let Finished { index, mut analysis, not_kept, .. } = finished;
        self.explain(index, &mut analysis);
        if !self.baseline.is_empty() && analysis.error.is_none() {
            analysis.baseline = Some(Baseline::of(&analysis, &self.baseline));
            self.keep(&analysis);
        }
        self.write_report(index, &analysis);
        self.bars.finish(index);
        self.count(&analysis);
        let json = match analysis.to_json_line() {
            Ok(json) => json,
            Err(error) => return self.broke(error.into()),
        };
        if let Some(error) = not_kept {
            self.broke(error.into());
        }
        if let Some(folder) = &mut self.folder
            && let Err(error) = folder.item(&analysis, &json)
        {
            self.broke(error.into());
        }
        self.tell(&analysis);
        let printed = output.as_mut().map(|output| self.bars.aside(|| output.item(&analysis, &json)));
        if let Some(Err(error)) = printed {
            *output = None;
            self.mute(error);
        }
    }

    /// Nothing more can be printed: without a folder the rest would be for nothing.
    fn mute(&mut self, error: Unprinted) {
        self.unprinted.get_or_insert(error);
        if self.folder.is_none() {
            self.cancel.cancel();
        }
    }

    /// Explanations that could not be had are told of and make the command fail; the result stands without them.
    fn explain(&mut self, index: usize, analysis: &mut Analysis) {
        let Some(Explaining { pictures, items, pipeline }) = &self.explaining else { return };
        let (Some(item), None) = (items.get(index), &analysis.error) else { return };
        let name = item.path.to_string_lossy();
        let ctx = Ctx::new(self.cancel.clone(), |progress| self.bars.item(index, &name, progress));
        let kept = self.store.zip(analysis.file.sha256.as_deref()).map(|(store, sha256)| store.place(sha256));
        // Maps are named as the analysis is: those of another file or of other models never take their place.
        let stem = kept.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_else(|| format!("{:05}", index + 1));
        match pictures.explain(&stem, &item.path, analysis, pipeline, &ctx) {
            Ok(()) => self.keep(analysis),
            Err(error @ ScanError::Write { .. }) => self.broke(error.into()),
            Err(_) if self.cancel.is_cancelled() => {}
            Err(error) => {
                self.unmade = true;
                self.bars.error(&error.to_string());
            }
        }
    }

    /// The stored analysis, with what was added to it.
    fn keep(&mut self, analysis: &Analysis) {
        if let Some(Err(error)) = self.store.map(|store| store.keep(analysis)) {
            self.broke(error.into());
        }
    }

    /// A report that could not be made is told of and makes the command fail; the result stands without it.
    fn write_report(&mut self, index: usize, analysis: &Analysis) {
        let (Some(reporting), Some(item)) = (&self.reporting, self.items.get(index)) else { return };
        let name = item.path.to_string_lossy();
        let ctx = Ctx::new(self.cancel.clone(), |progress| self.bars.item(index, &name, progress));
        match reporting.write(index, &item.path, analysis, self.store, &ctx) {
            Ok(None) => {}
            Ok(Some(note)) => self.bars.note(&note),
            Err(Unmade::Cancelled) => {}
            Err(error) => {
                self.unmade = true;
                self.bars.error(&error.to_string());
            }
        }
    }

    fn count(&mut self, analysis: &Analysis) {
        let counter = match (&analysis.error, analysis.verdict.code) {
            (Some(_), _) => &mut self.tally.failed,
            (None, VerdictCode::NotExamined) => &mut self.tally.not_examined,
            (None, VerdictCode::NoIndication) => &mut self.tally.no_indication,
            (None, VerdictCode::Inconclusive) => &mut self.tally.inconclusive,
            (None, VerdictCode::Suspected) => &mut self.tally.suspected,
        };
        *counter += 1;
    }

    /// Errors and warnings of one item. Text on a terminal shows the errors where the results are.
    fn tell(&self, analysis: &Analysis) {
        let shown = self.args.format == Format::Text && io::stdout().is_terminal();
        if let Some(error) = &analysis.error
            && !shown
        {
            self.bars.error(&error.message);
        }
        let own = analysis.run.warnings.iter().filter(|w| is_about_an_item(w));
        let own: Vec<Warning> = own.cloned().collect();
        tell_warnings(self.bars, self.words, Some(&analysis.file.path), &own);
    }

    fn broke(&mut self, error: anyhow::Error) {
        self.cancel.cancel();
        self.broken.get_or_insert(error);
    }

    fn close(mut self, ended: Result<(), Cancelled>, seconds: f64) -> anyhow::Result<Exit> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let ending = if ended.is_ok() { Ending::Complete } else { Ending::Cancelled };
        let left = self.items.len().saturating_sub(self.tally.all());
        let stopped = (ending == Ending::Cancelled).then(|| self.words.stopped(left, self.args.out.is_some()));
        if let Some(folder) = self.folder.take() {
            folder.close(ending, stopped.as_deref())?;
        }
        self.bars.note(&self.words.tally(&self.tally, seconds));
        if let Some(error) = self.unprinted.take_if(|error| !error.is_closed()) {
            return Err(error.into());
        }
        if let Some(stopped) = stopped {
            self.bars.note(&stopped);
        }
        Ok(match ending {
            Ending::Cancelled => Exit::Cancelled,
            Ending::Complete if self.args.fail_on == Some(FailOn::Suspected) && self.tally.suspected > 0 => {
                Exit::Suspected
            }
            Ending::Complete if self.tally.failed > 0 || self.unmade => Exit::Failed,
            Ending::Complete => Exit::Finished,
        })
    }
}

fn tell_warnings(bars: &Bars, words: &dyn Words, path: Option<&str>, warnings: &[Warning]) {
    for warning in warnings {
        let what = words.about(words.warning(warning.code), &warning.detail);
        match path.map(Path::new) {
            Some(path) => bars.note(&format!("{what}: {}", path.display())),
            None => bars.note(&what),
        }
    }
}

/// Who lets the program choose a device has nothing to do about its choice; results carry it.
fn is_fallback(warning: &Warning) -> bool {
    warning.code == WarningCode::DeviceFallback
}

/// Lines about skipped entries of folders before only their number is told.
const SKIPPED_SHOWN: usize = 5;

fn tell_skipped(bars: &Bars, words: &dyn Words, skipped: &[Warning]) {
    let (shown, rest) = skipped.split_at(skipped.len().min(SKIPPED_SHOWN));
    tell_warnings(bars, words, None, shown);
    if !rest.is_empty() {
        bars.note(&words.skipped_more(rest.len()));
    }
}

/// What every result of the run carries was told once, at the start.
fn is_about_an_item(warning: &Warning) -> bool {
    !matches!(warning.code, WarningCode::DeviceFallback | WarningCode::ModelExpired | WarningCode::ControlsFailed)
}
