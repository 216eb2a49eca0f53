//! `facefiction evaluate`: what `scan` says of labelled files, and how often it is right.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use scan::analysis::{Analysis, MediaKind};
use scan::base::{CancelToken, Cancelled, Ctx, WarningCode};
use scan::{
    APP, Batch, Delivery, Examine, Finished, GivenFace, Item, Pipeline, Resume, ScanOptions, rfc3339, scan_given,
    scan_item, sha256_of, unix_seconds,
};
use train::TrainError;
use train::evaluate::{
    Evaluation, Faces, Journal, Key, LeftOut, Manifest, Measured, ModelFacts, Row, RunFacts, Scored, Tier,
    clear_results, write_results,
};

use crate::args::Device;
use crate::evaluate_args::EvaluateArgs;
use crate::exit::Exit;
use crate::models_dir;
use crate::progress::{Bars, Noise};
use crate::scan_command::{Setup, device_of, exit_of_setup, finder_of};
use crate::words::{Lang, Words};

/// Runs the command.
///
/// # Errors
/// What has no better place than one line on standard error: a disk that refuses.
pub(crate) fn run(args: &EvaluateArgs) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let words = Lang::En.words();
    let bars = Bars::new(words, if args.quiet { Noise::Quiet } else { Noise::Shown });
    let cancel = crate::stop::on_signals()?;
    let Prepared { manifests, tiers, pipelines } = match prepared(args, &bars) {
        Ok(prepared) => prepared,
        Err(exit) => return Ok(exit),
    };
    let Some(first) = pipelines.first() else { return Ok(Exit::Usage) };
    std::fs::create_dir_all(&args.out).map_err(|cause| TrainError::File { cause, path: args.out.clone() })?;
    clear_results(&args.out)?;
    let journal = if args.resume { Journal::resume(&args.out) } else { Journal::begin(&args.out) }?;
    let rows: Vec<(&Manifest, &Row)> = manifests.iter().flat_map(|m| m.rows.iter().map(move |r| (m, r))).collect();
    let mut work = Work::new(&rows, &bars, &cancel, words, journal);
    bars.begin(rows.len() * tiers.len());
    let mut measured = Vec::with_capacity(tiers.len());
    for pipeline in &pipelines {
        match work.tier(pipeline)? {
            Ok(of_tier) => measured.push(of_tier),
            Err(Cancelled) => {
                bars.clear();
                let kept = work.journal.len();
                bars.note(&format!("stopped; {kept} results are kept: go on with the same command and --resume"));
                return Ok(Exit::Cancelled);
            }
        }
    }
    bars.clear();
    // A file is one however many tiers it was given in.
    let failed = (0..rows.len()).filter(|i| measured.iter().any(|tier| tier.get(*i).is_some_and(|m| m.failed))).count();
    let run = run_facts(args, first, began.elapsed().as_secs_f64(), work.resumed);
    let rows = joined(&rows, &tiers, measured);
    let models = model_facts(first);
    let (by, left_out) = (in_order_once(&args.by), left_out(args));
    let evaluation = Evaluation { rows, manifests: &manifests, models, tiers, by, left_out, run };
    let told = write_results(&evaluation, &args.out)?;
    writeln!(io::stdout(), "{told}results in {}", crate::safe::one_line(&args.out.to_string_lossy()))?;
    if failed > 0 {
        bars.note(&format!("{failed} files could not be examined; summary.md names them"));
    }
    Ok(if failed > 0 { Exit::Failed } else { Exit::Finished })
}

/// What is known before the work begins.
struct Prepared {
    manifests: Vec<Manifest>,
    tiers: Vec<Tier>,
    /// One a delivery.
    pipelines: Vec<Pipeline>,
}

/// Everything that can be wrong is found here and told; nothing was written yet.
fn prepared(args: &EvaluateArgs, bars: &Bars) -> Result<Prepared, Exit> {
    let usage = |error: &dyn std::fmt::Display| {
        bars.error(&error.to_string());
        Exit::Usage
    };
    let manifests = lists(args).map_err(|e| usage(&e))?;
    let tiers = in_order_once(&args.tiers);
    let pipelines = pipelines(args, &tiers).map_err(|error| {
        bars.error(&error.to_string());
        exit_of_setup(&error)
    })?;
    if let Some(first) = pipelines.first() {
        let words = Lang::En.words();
        // Who lets the program choose a device has nothing to do about its choice; metrics.json names it.
        let chosen = args.device == Device::Auto;
        for warning in first.warnings().iter().filter(|w| !(chosen && w.code == WarningCode::DeviceFallback)) {
            bars.note(&words.about(words.warning(warning.code), &warning.detail));
        }
        check_left_out(args, first).map_err(|e| usage(&e))?;
    }
    Ok(Prepared { manifests, tiers, pipelines })
}

/// Reads and checks the lists, and that every column named on the command line is in one of them.
fn lists(args: &EvaluateArgs) -> Result<Vec<Manifest>, TrainError> {
    let faces = if args.crops { Faces::Listed } else { Faces::Found };
    let stills = args.stills.iter().map(|path| Manifest::read(path, MediaKind::Image, faces, &args.conditions));
    let videos = args.videos.iter().map(|p| Manifest::read(p, MediaKind::Video, Faces::Found, &args.conditions));
    let manifests: Vec<Manifest> = stills.chain(videos).collect::<Result<_, _>>()?;
    let Some(first) = manifests.first() else { return Ok(manifests) };
    let refuse = |what: String| Err(TrainError::Manifest { what, path: first.path.clone() });
    for (option, column) in args.by.iter().map(|c| ("--by", c)).chain(args.group.iter().map(|c| ("--group", c))) {
        if manifests.iter().all(|m| m.column(column).is_none()) {
            return refuse(format!(
                "no list has the column `{column}` of {option}; there are: {}",
                first.columns.join(", ")
            ));
        }
    }
    if manifests.iter().all(|m| m.rows.is_empty()) {
        let met = args.conditions.iter().map(|c| format!(" --where {c}")).collect::<String>();
        return refuse(format!("no row to examine{met}"));
    }
    Ok(manifests)
}

/// One pipeline a delivery: the way frames are spoilt is part of what is loaded.
fn pipelines(args: &EvaluateArgs, tiers: &[Tier]) -> Result<Vec<Pipeline>, Setup> {
    let folder = models_dir::find(args.models_dir.as_deref())?;
    let load = |tier: &Tier| {
        let options = ScanOptions {
            models: args.models.clone(),
            finder: finder_of(args.detector),
            device: device_of(args.device),
            threads: args.threads.map(usize::from),
            delivery: tier.spoils().map(|(longest, quality)| Delivery { longest, quality }),
            ..ScanOptions::default()
        };
        Pipeline::load(&folder, &options)
    };
    Ok(tiers.iter().map(load).collect::<Result<_, _>>()?)
}

/// A value that is left out must be of a model that takes part, or the table would mark nothing.
fn check_left_out(args: &EvaluateArgs, pipeline: &Pipeline) -> Result<(), String> {
    let ids: Vec<&str> = pipeline.policies().iter().map(|p| p.id.as_str()).collect();
    match args.left_out.iter().find(|l| l.other || !ids.contains(&l.column.as_str())) {
        Some(unknown) => Err(format!("--left-out names the model `{}`; there are: {}", unknown.column, ids.join(", "))),
        None => Ok(()),
    }
}

fn left_out(args: &EvaluateArgs) -> LeftOut {
    let mut left = LeftOut::default();
    for l in &args.left_out {
        left.0.entry(l.column.clone()).or_default().insert(l.value.clone());
    }
    left
}

fn in_order_once<T: Clone + PartialEq>(all: &[T]) -> Vec<T> {
    let mut once: Vec<T> = Vec::with_capacity(all.len());
    for one in all {
        if !once.contains(one) {
            once.push(one.clone());
        }
    }
    once
}

/// The examination of all rows.
struct Work<'a> {
    rows: &'a [(&'a Manifest, &'a Row)],
    bars: &'a Bars,
    cancel: &'a CancelToken,
    words: &'static dyn Words,
    journal: Journal,
    /// SHA-256 of each row's file, as far as it was needed.
    hashes: Vec<Option<String>>,
    resumed: usize,
    /// Items told to the bars so far.
    begun: usize,
}

/// Every how many files a line is written where no bar can be drawn.
const LINE_EVERY: usize = 100;

impl<'a> Work<'a> {
    fn new(
        rows: &'a [(&'a Manifest, &'a Row)],
        bars: &'a Bars,
        cancel: &'a CancelToken,
        words: &'static dyn Words,
        journal: Journal,
    ) -> Self {
        Self { rows, bars, cancel, words, journal, hashes: vec![None; rows.len()], resumed: 0, begun: 0 }
    }

    /// What comes of every row in one delivery. What is known from an earlier run is not examined again.
    ///
    /// # Errors
    /// Outside, a journal that cannot be written to; inside, [`Cancelled`].
    fn tier(&mut self, pipeline: &Pipeline) -> anyhow::Result<Result<Vec<Measured>, Cancelled>> {
        let mut measured: Vec<Option<Measured>> = Vec::with_capacity(self.rows.len());
        for index in 0..self.rows.len() {
            match self.known(index, pipeline) {
                Ok(known) => measured.push(known),
                Err(Cancelled) => return Ok(Err(Cancelled)),
            }
        }
        let begun = self.begun;
        self.begun += self.rows.len();
        let rows = self.rows;
        let open: Vec<(usize, &Row)> = (0..)
            .zip(rows)
            .filter(|(i, _)| measured.get(*i).is_some_and(Option::is_none))
            .map(|(i, r)| (i, r.1))
            .collect();
        (0..rows.len() - open.len()).for_each(|_| self.bars.finish(usize::MAX));
        self.resumed += rows.len() - open.len();
        let items: Vec<Item> = open.iter().map(|(_, r)| Item { path: r.path.clone(), problem: None }).collect();
        let examine: &Examine<'_> = &|at, path, pipeline, ctx| {
            examine(open.get(at).and_then(|(_, row)| row.face.as_ref()), path, pipeline, ctx)
        };
        let (bars, cancel, words) = (self.bars, self.cancel, self.words);
        let on_progress = |at: usize, progress| {
            let name = open.get(at).map(|(_, r)| r.file.as_str()).unwrap_or_default();
            bars.item(begun + at, name, progress);
        };
        let mut broken: Option<TrainError> = None;
        let mut done = 0;
        let mut finished = |f: Finished| {
            bars.finish(begun + f.index);
            done += 1;
            if done % LINE_EVERY == 0 && !io::stderr().is_terminal() {
                bars.note(&format!("{done} of {} files", items.len()));
            }
            let Some((index, row)) = open.get(f.index) else { return };
            let result = Measured::of(&f.analysis, pipeline.policies(), &|r| words.reason(r).to_owned());
            if let Err(error) = self.journal_of(&f.analysis, pipeline, row, &result) {
                cancel.cancel();
                broken.get_or_insert(error);
            }
            if let Some(place) = measured.get_mut(*index) {
                *place = Some(result);
            }
        };
        let batch = Batch { pipeline, store: None, resume: Resume::Off };
        let ended = batch.run_with(&items, cancel, &on_progress, &mut finished, examine);
        if let Some(error) = broken {
            return Err(error.into());
        }
        Ok(ended.map(|()| measured.into_iter().flatten().collect()))
    }

    fn journal_of(
        &mut self,
        analysis: &Analysis,
        pipeline: &Pipeline,
        row: &Row,
        result: &Measured,
    ) -> Result<(), TrainError> {
        match &analysis.file.sha256 {
            Some(sha256) => self.journal.keep(Key::new(pipeline.configuration(), sha256, row.face.as_ref()), result),
            None => Ok(()),
        }
    }

    fn known(&mut self, index: usize, pipeline: &Pipeline) -> Result<Option<Measured>, Cancelled> {
        let (Some((_, row)), Some(hash)) = (self.rows.get(index), self.hashes.get_mut(index)) else { return Ok(None) };
        if self.journal.is_empty() {
            return Ok(None);
        }
        if hash.is_none() {
            *hash = sha256_of(&row.path, &Ctx::new(self.cancel.clone(), |_| {}))?;
        }
        let key = |sha: &String| Key::new(pipeline.configuration(), sha, row.face.as_ref());
        Ok(hash.as_ref().map(key).and_then(|key| self.journal.find(&key).cloned()))
    }
}

/// A file whose face the list gives, or one whose faces are looked for.
fn examine(
    face: Option<&train::evaluate::ListedFace>,
    path: &Path,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Analysis, Cancelled> {
    match face {
        Some(face) => scan_given(path, &[GivenFace { rect: face.rect, landmarks: face.landmarks }], pipeline, ctx),
        None => scan_item(path, pipeline, ctx),
    }
}

/// Rows in order of the lists, each with its deliveries.
fn joined<'a>(rows: &[(&'a Manifest, &'a Row)], tiers: &[Tier], measured: Vec<Vec<Measured>>) -> Vec<Scored<'a>> {
    let mut columns: Vec<_> = tiers.iter().zip(measured).map(|(tier, of)| (*tier, of.into_iter())).collect();
    let mut all = Vec::with_capacity(rows.len() * tiers.len());
    for (list, row) in rows {
        for (tier, results) in &mut columns {
            all.extend(results.next().map(|measured| Scored { list, row, tier: *tier, measured }));
        }
    }
    all
}

fn model_facts(pipeline: &Pipeline) -> Vec<ModelFacts> {
    let facts = |p: &scan::analysis::ModelPolicy| {
        let model = pipeline.models().iter().find(|m| m.id == p.id)?;
        let points = p.points(MediaKind::Image)?;
        Some(ModelFacts {
            id: p.id.clone(),
            sha256: model.sha256.clone(),
            task: p.task,
            calibration: p.calibration,
            suspected: points.suspected().threshold.get(),
            no_indication: points.no_indication().get(),
        })
    };
    pipeline.policies().iter().filter_map(facts).collect()
}

fn run_facts(args: &EvaluateArgs, pipeline: &Pipeline, seconds: f64, resumed: usize) -> RunFacts {
    let named = |paths: &[PathBuf]| paths.iter().map(|p| p.to_string_lossy().into_owned()).collect::<Vec<_>>();
    RunFacts {
        app: APP.to_owned(),
        device: pipeline.device().to_owned(),
        threads: pipeline.threads(),
        day: today(),
        seconds,
        resumed,
        manifests: [named(&args.stills), named(&args.videos)].concat(),
        conditions: args.conditions.iter().map(ToString::to_string).collect(),
        crops: args.crops,
        group: args.group.clone().unwrap_or_else(|| "group".to_owned()),
    }
}

/// `2026-11-21`, in UTC.
pub(crate) fn today() -> String {
    rfc3339(unix_seconds(SystemTime::now())).chars().take(10).collect()
}
