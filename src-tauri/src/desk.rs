//! Everything the window works with, and the threads behind it. Knows no window: what it has to say goes
//! through [`Notice`].

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use library::{Durability, Library, LibraryError};
use scan::Pipeline;

use crate::engine::Engine;
use crate::errand::Errands;
use crate::error::{CommandError, ErrorCode};
use crate::folders::Folders;
use crate::frames::Frames;
use crate::handover::Handover;
use crate::installed;
use crate::ipc::{AppInfo, ModelView, QueueCounts, Selection, Settings, SystemLanguage};
use crate::lock::lock;
use crate::queue::{NEWS, Queue, worker};
use crate::selection::{Gathered, Patience, Selections, gather};
use crate::settings::Choices;

/// What a page takes from its first question to its first picture, on a slow machine.
const FIRST_PAINT: Duration = Duration::from_millis(400);
/// How long models wait for files that were dragged over the window: longer than anybody hesitates.
const HOVERED: Duration = Duration::from_secs(20);

/// News from the last use of the models to tidying up for the last time.
const UNTIDY: u8 = 12;
/// How many are left when it is done for the first time: threads end, and free what they held, a little later, and
/// the page looks once more at what changed.
const STILL_UNTIDY: u8 = 10;

/// Name of the library's folder among this user's data.
const LIBRARY: &str = "library";

/// What the window is told without asking.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Something is dragged over the window, or nothing any more.
    Hover(Option<Selection>),
    /// Files were dropped or opened.
    Selected(Selection),
    /// The queue has nothing left to do.
    QueueFinished(QueueCounts),
    /// The models were loaded, or cannot be.
    Changed(AppInfo),
}

/// Where notices go.
pub type Teller = Box<dyn Fn(Notice) + Send + Sync>;

/// Everything the window works with.
pub struct Desk {
    /// What is to be examined.
    pub queue: Queue,
    /// What was chosen.
    pub selections: Selections,
    /// Pixels.
    pub frames: Frames,
    /// Work that is neither the queue's nor done at once.
    pub errands: Errands,
    /// Reports and packages.
    pub handover: Handover,
    engine: Engine,
    is_warming: AtomicBool,
    /// When something was last dragged over the window, while somebody waits for what comes of it.
    hovered: Mutex<Option<Instant>>,
    /// News until free memory is given back; 0: it was.
    untidy: AtomicU8,
    folders: Folders,
    choices: Mutex<Choices>,
    library: Mutex<Result<Library, CommandError>>,
    teller: Teller,
}

impl Desk {
    /// Opens the library and starts the threads; the models are loaded for the first file, or by [`Desk::warm_up_soon`].
    pub fn open(folders: Folders, teller: Teller) -> Arc<Self> {
        let choices = Choices::load(&folders.config);
        let library = open_library(&choices, &folders);
        let desk = Arc::new(Self {
            queue: Queue::default(),
            selections: Selections::default(),
            frames: Frames::default(),
            errands: Errands::default(),
            handover: Handover::default(),
            engine: Engine::default(),
            is_warming: AtomicBool::new(false),
            hovered: Mutex::new(None),
            untidy: AtomicU8::new(0),
            choices: Mutex::new(choices),
            library: Mutex::new(library),
            folders,
            teller,
        });
        desk.spawn("queue", worker::work);
        desk.spawn("news", |desk| {
            while !desk.queue.is_closed() {
                thread::sleep(NEWS);
                desk.queue.flush();
                desk.tidy();
            }
        });
        desk
    }

    /// Tries the models and the device in the background, soon: the page that asks first is still drawing itself, and both would
    /// be late if they shared the processors.
    pub fn warm_up_soon(self: &Arc<Self>) {
        if !self.is_warming.swap(true, Ordering::Relaxed) {
            self.spawn("models", |desk| {
                thread::sleep(FIRST_PAINT);
                desk.warm_up();
            });
        }
    }

    /// Runs `work` on a thread of its own; without a thread, in this one.
    pub fn spawn(self: &Arc<Self>, name: &str, work: impl FnOnce(&Self) + Send + 'static) {
        let desk = Arc::clone(self);
        // A thread that cannot be started is a machine at its end; nothing useful can be told there.
        let _ = thread::Builder::new().name(name.into()).spawn(move || work(&desk));
    }

    /// Says something to the window.
    pub fn tell(&self, notice: Notice) {
        (self.teller)(notice);
    }

    fn warm_up(&self) {
        // What went wrong is in the engine's state, and told with it.
        let _ = self.pipeline();
        self.tell(Notice::Changed(self.info()));
        if self.queue.is_idle() {
            self.rest();
        }
    }

    /// There is nothing to examine: the models leave the memory, until the next file.
    pub(crate) fn rest(&self) {
        self.engine.forget();
        self.untidy.store(UNTIDY, Ordering::Relaxed);
    }

    /// Gives free memory back to the system when it is time to.
    fn tidy(&self) {
        let one_less = |left: u8| left.checked_sub(1);
        if let Ok(1 | STILL_UNTIDY) = self.untidy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            scan::return_free_pages();
        }
    }

    /// The loaded models.
    ///
    /// # Errors
    /// A model or a tool that is missing or broken.
    pub fn pipeline(&self) -> Result<Arc<Pipeline>, CommandError> {
        self.pipeline_for(None)
    }

    /// The same; where they have yet to be loaded, this file is opened meanwhile.
    ///
    /// # Errors
    /// As [`Desk::pipeline`].
    pub fn pipeline_for(&self, first: Option<&Path>) -> Result<Arc<Pipeline>, CommandError> {
        let settings = self.choices().settings;
        self.engine.pipeline(&self.models_folder()?, &settings, first)
    }

    /// Where all models are that can be used.
    ///
    /// # Errors
    /// A folder that cannot be read or made.
    pub fn models_folder(&self) -> Result<PathBuf, CommandError> {
        installed::folder(&self.folders.models, &self.imported_models())
    }

    /// The models that came with the program.
    pub fn built_in_models(&self) -> &Path {
        &self.folders.models
    }

    /// The file of the key that seals packages.
    pub fn key(&self) -> &Path {
        &self.folders.key
    }

    /// Where imported models are.
    pub fn imported_models(&self) -> PathBuf {
        self.folders.data.join("models")
    }

    /// What the user has chosen.
    pub fn choices(&self) -> Choices {
        lock(&self.choices).clone()
    }

    /// Keeps new settings; the models are loaded again where they ask for it.
    ///
    /// # Errors
    /// A rate or a number of threads that makes no sense; a disk that refuses.
    pub fn save_settings(self: &Arc<Self>, settings: Settings) -> Result<AppInfo, CommandError> {
        check(&settings)?;
        let mut choices = lock(&self.choices);
        let changed = Choices { settings, ..choices.clone() };
        changed.save(&self.folders.config)?;
        *choices = changed;
        drop(choices);
        self.spawn("models", Self::warm_up);
        Ok(self.info())
    }

    /// The models changed: loads them again.
    pub fn reload_models(self: &Arc<Self>) {
        self.engine.forget();
        self.spawn("models", Self::warm_up);
    }

    /// Works with the library.
    ///
    /// # Errors
    /// A library that could not be opened, and whatever `work` says.
    pub fn with_library<T>(
        &self,
        work: impl FnOnce(&mut Library) -> Result<T, LibraryError>,
    ) -> Result<T, CommandError> {
        match &mut *lock(&self.library) {
            Ok(library) => Ok(work(library)?),
            Err(error) => Err(error.clone()),
        }
    }

    /// Every installed model, with the check of its weights.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn models(&self) -> Result<Vec<ModelView>, CommandError> {
        installed::views(&self.folders.models, &self.imported_models(), &self.choices().settings)
    }

    /// Works with the library to forget something, and forgets its pictures.
    ///
    /// # Errors
    /// As [`Desk::with_library`].
    pub fn forget(&self, work: impl FnOnce(&mut Library) -> Result<(), LibraryError>) -> Result<(), CommandError> {
        self.frames.forget();
        self.handover.forget();
        self.with_library(work)
    }

    /// Moves the library to another folder. The old one is overwritten when the new one is in use.
    ///
    /// # Errors
    /// A folder that has a library or cannot be written; then nothing changes.
    pub fn move_library(&self, folder: &Path) -> Result<(), CommandError> {
        let mut library = lock(&self.library);
        let folder = folder.join("FaceFiction");
        let moved = match &*library {
            Ok(old) => old.copy_to(&folder)?,
            Err(_) => Library::open(&folder, Durability::Full)?,
        };
        let mut choices = lock(&self.choices);
        let changed = Choices { library_folder: Some(folder), ..choices.clone() };
        changed.save(&self.folders.config)?;
        *choices = changed;
        match std::mem::replace(&mut *library, Ok(moved)) {
            Ok(old) => Ok(old.erase()?),
            Err(_) => Ok(()),
        }
    }

    /// What the program says about itself.
    pub fn info(&self) -> AppInfo {
        let (choices, engine) = (self.choices(), self.engine.state());
        let library = lock(&self.library);
        let problem = library.as_ref().err().cloned().or(engine.problem);
        let folder =
            library.as_ref().map_or_else(|_| library_folder(&choices, &self.folders), |l| l.folder().to_owned());
        AppInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            system_language: system_language(),
            settings: choices.settings,
            device_in_use: engine.device,
            threads_in_use: engine.threads,
            processors: thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
            library_folder: folder.display().to_string(),
            problem,
        }
    }

    /// Counts what is dragged over the window and tells it, unless something else is by then. The models are loaded
    /// meanwhile, and let go again when nothing comes of it.
    pub fn hover(self: &Arc<Self>, paths: Vec<PathBuf>) {
        let hover = self.selections.begin_hover();
        self.spawn("models", |desk| {
            // What went wrong is in the engine's state, and told with the examination.
            let _ = desk.pipeline();
            desk.wait_for_drop();
        });
        self.spawn("hover", move |desk| {
            let counted = gather(&paths, &desk.queue.paths(), Patience::Hover).selection;
            if desk.selections.is_hovering(hover) {
                desk.tell(Notice::Hover(Some(counted)));
            }
        });
    }

    /// Lets go of the models a while after the last drag, when nothing came of it; one thread waits for all drags.
    fn wait_for_drop(&self) {
        if lock(&self.hovered).replace(Instant::now()).is_some() {
            return;
        }
        loop {
            let mut hovered = lock(&self.hovered);
            let waited = hovered.map_or(HOVERED, |at| at.elapsed());
            if waited >= HOVERED {
                *hovered = None;
                break;
            }
            drop(hovered);
            thread::sleep(HOVERED - waited);
        }
        if self.queue.is_idle() {
            self.rest();
        }
    }

    /// Nothing is dragged over the window any more.
    pub fn end_hover(&self) {
        self.selections.begin_hover();
        self.tell(Notice::Hover(None));
    }

    /// Counts dropped or opened files and tells the window.
    pub fn opened(self: &Arc<Self>, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        self.spawn("opened", move |desk| {
            let selection = desk.select(&paths);
            if let Some(selection) = desk.selections.offer(selection) {
                desk.tell(Notice::Selected(selection));
            }
        });
    }

    /// Counts files and keeps their paths.
    pub fn select(&self, paths: &[PathBuf]) -> Selection {
        let gathered: Gathered = gather(paths, &self.queue.paths(), Patience::Endless);
        self.selections.keep(gathered)
    }

    /// The end: stops what is under way and forgets what was examined with the history off.
    pub fn close(&self) {
        self.queue.close();
        self.errands.close();
        // Tried again at the next start.
        let _ = self.with_library(Library::forget_unlisted);
    }
}

fn library_folder(choices: &Choices, folders: &Folders) -> PathBuf {
    choices.library_folder.clone().unwrap_or_else(|| folders.data.join(LIBRARY))
}

/// A folder that the user chose is never made again: it may lie on a volume that is not connected, and
/// evidence must not end up beside it.
fn open_library(choices: &Choices, folders: &Folders) -> Result<Library, CommandError> {
    let folder = library_folder(choices, folders);
    if choices.library_folder.is_some() && !folder.is_dir() {
        let message =
            format!("the folder of the library is not there; connect its disk and start again: {}", folder.display());
        return Err(CommandError::new(ErrorCode::Storage, message).at(&folder));
    }
    let mut library = Library::open(&folder, Durability::Full)?;
    library.forget_unlisted()?;
    Ok(library)
}

fn check(settings: &Settings) -> Result<(), CommandError> {
    use crate::ipc::SamplingChoice::PerSecond;
    let invalid = |what: &str| Err(CommandError::new(ErrorCode::Invalid, what));
    match (settings.sampling, settings.threads) {
        (PerSecond { fps }, _) if !(fps.is_finite() && fps > 0.0) => {
            invalid("frames a second must be a positive number")
        }
        (_, Some(0)) => invalid("at least one thread is needed"),
        _ => Ok(()),
    }
}

fn system_language() -> SystemLanguage {
    match sys_locale::get_locale() {
        Some(locale) if locale.to_ascii_lowercase().starts_with("fr") => SystemLanguage::Fr,
        _ => SystemLanguage::En,
    }
}
