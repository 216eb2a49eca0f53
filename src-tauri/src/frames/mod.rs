//! Pixels for the window: frames of files that this program handed out a number for, as JPEG; heat maps (PNG) and
//! pages of reports (SVG) that were made before.
//!
//! Two threads decode, one for large pictures and one for small ones, so that a preview does not wait
//! for the frame and playing is not disturbed by previews. Each keeps its last decoders open
//! ([`player`]): the next frame of a video that is being played costs one frame of decoding.

mod address;
mod cache;
mod player;
mod thumbnail;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use image::RgbImage;
use scan::base::Timestamp;
use scan::picture;

pub use self::address::{Address, Owner, Picture};
use self::cache::Cache;
use self::player::Players;
use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};
use crate::lock::lock;

/// JPEGs kept in memory.
const CACHE_BYTES: usize = 24 << 20;
/// Pictures up to this width are previews.
const SMALL: u32 = 320;
/// Decoders that nobody asks are closed after this time.
const IDLE: Duration = Duration::from_secs(10);
/// Visually lossless at the sizes shown; the evidence itself is never re-encoded.
const QUALITY: u8 = 88;

/// What is handed to the web view.
pub type Jpeg = Arc<Vec<u8>>;

/// Takes the answer.
pub type Answer = Box<dyn FnOnce(Result<Jpeg, CommandError>) + Send>;

/// Decodes and remembers.
pub struct Frames {
    cache: Mutex<Cache>,
    large: OnceLock<Sender<Request>>,
    small: OnceLock<Sender<Request>>,
}

struct Request {
    address: Address,
    answer: Answer,
}

impl Default for Frames {
    fn default() -> Self {
        Self { cache: Mutex::new(Cache::new(CACHE_BYTES)), large: OnceLock::new(), small: OnceLock::new() }
    }
}

impl Frames {
    /// Answers with the picture at `address`, now or from another thread.
    pub fn serve(desk: &Arc<Desk>, address: Address, answer: Answer) {
        let frames = &desk.frames;
        if let Some(jpeg) = lock(&frames.cache).get(&address) {
            return answer(Ok(jpeg));
        }
        let is_small = match address.picture {
            Picture::At { width, .. } => width <= SMALL,
            Picture::Face(_) | Picture::Poster | Picture::Heat(_) | Picture::Page(_) => true,
        };
        let lane = if is_small { &frames.small } else { &frames.large };
        let sender = lane.get_or_init(|| {
            let (sender, requests) = channel();
            desk.spawn("frames", move |desk| work(desk, &requests));
            sender
        });
        if let Err(unsent) = sender.send(Request { address, answer }) {
            (unsent.0.answer)(Err(CommandError::new(ErrorCode::Internal, "nothing decodes pictures")));
        }
    }

    /// Forgets the pictures of everything.
    pub fn forget(&self) {
        lock(&self.cache).clear();
    }
}

fn work(desk: &Desk, requests: &Receiver<Request>) {
    let mut players = Players::default();
    loop {
        match requests.recv_timeout(IDLE) {
            Ok(Request { address, answer }) => answer(picture(desk, &mut players, &address)),
            Err(RecvTimeoutError::Timeout) => players = Players::default(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if desk.queue.is_closed() {
            return;
        }
    }
}

fn picture(desk: &Desk, players: &mut Players, address: &Address) -> Result<Jpeg, CommandError> {
    if let Some(jpeg) = lock(&desk.frames.cache).get(address) {
        return Ok(jpeg);
    }
    let jpeg = match address.picture {
        Picture::At { pts, width } => frame(&path_of(desk, address.owner)?, pts, width, players)?,
        Picture::Face(track) => thumbnail::face(desk, players, address.owner, track)?,
        Picture::Poster => thumbnail::poster(desk, players, address.owner)?,
        Picture::Heat(place) => heat(desk, address.owner, place)?,
        // Kept where it was made, for as long as its dialog is open.
        Picture::Page(number) => return desk.handover.page(number),
    };
    let jpeg = Arc::new(jpeg);
    lock(&desk.frames.cache).keep(address.clone(), Arc::clone(&jpeg));
    Ok(jpeg)
}

fn frame(path: &std::path::Path, pts: Timestamp, width: u32, players: &mut Players) -> Result<Vec<u8>, CommandError> {
    encode(&*players.at(path, pts, width)?)
}

fn heat(desk: &Desk, owner: Owner, place: u32) -> Result<Vec<u8>, CommandError> {
    let none = || CommandError::no_such("heat map", place);
    let Owner::Analysis(id) = owner else { return Err(none()) };
    let map = desk.with_library(|library| library.heat_map(id, place))?;
    map.map(|map| map.overlay).ok_or_else(none)
}

/// Where the file is; only files that have a number can be asked for.
fn path_of(desk: &Desk, owner: Owner) -> Result<PathBuf, CommandError> {
    match owner {
        Owner::Analysis(id) => desk.with_library(|library| Ok(library.evidence(id)?.path)),
        Owner::Job(id) => match desk.queue.file_of(id) {
            Some((path, _)) => Ok(path),
            None => Err(CommandError::no_such("item of the queue", id)),
        },
        Owner::Preview => Err(CommandError::new(ErrorCode::Invalid, "a report is no file that was examined")),
    }
}

fn encode(picture: &RgbImage) -> Result<Vec<u8>, CommandError> {
    picture::jpeg(picture, QUALITY).ok_or_else(|| CommandError::new(ErrorCode::Internal, "an empty picture"))
}
