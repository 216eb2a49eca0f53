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
use scan::evaluation::{Drawing, drawing};
use scan::picture;

pub(crate) use self::address::fingerprint;
pub use self::address::{Address, Owner, Picture};
use self::cache::Cache;
use self::player::Players;
use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};
use crate::evidence::Hashes;
use crate::installed;
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
    /// Of the files that thumbnails are cut from.
    pub(crate) hashes: Hashes,
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
        Self {
            hashes: Hashes::default(),
            cache: Mutex::new(Cache::new(CACHE_BYTES)),
            large: OnceLock::new(),
            small: OnceLock::new(),
        }
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
            _ => true,
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
        self.hashes.forget();
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
        Picture::At { pts, width } => frame(desk, address.owner, (pts, width), players)?,
        Picture::Face(track) => thumbnail::face(desk, players, address.owner, track)?,
        Picture::Poster => thumbnail::poster(desk, players, address.owner)?,
        Picture::Heat(place) => heat(desk, address.owner, place)?,
        // Kept where it was made, for as long as its dialog is open.
        Picture::Page(number) => return desk.handover.page(number),
        Picture::Figure(which) => figure(desk, address.owner, which)?,
    };
    let jpeg = Arc::new(jpeg);
    lock(&desk.frames.cache).keep(address.clone(), Arc::clone(&jpeg));
    Ok(jpeg)
}

/// What is being examined is shown from the pixels that are examined; a decoder of its own would take its time from it.
fn frame(
    desk: &Desk,
    owner: Owner,
    (pts, width): (Timestamp, u32),
    players: &mut Players,
) -> Result<Vec<u8>, CommandError> {
    let at_hand = match owner {
        Owner::Job(id) => desk.queue.job(id).and_then(|job| job.picture(pts)),
        _ => None,
    };
    match at_hand.and_then(|rgb| picture::at_most(rgb, width)) {
        Some(shown) => encode(&shown),
        None => encode(&*players.at(&path_of(desk, owner)?, pts, width)?),
    }
}

fn figure(desk: &Desk, owner: Owner, which: Drawing) -> Result<Vec<u8>, CommandError> {
    let none = || CommandError::new(ErrorCode::NotFound, "the model brings no such figure");
    let Owner::Model(weights) = owner else { return Err(none()) };
    let folder = installed::folder_of(&desk.models_folder()?, weights).ok_or_else(none)?;
    drawing(&folder, which).ok_or_else(none)
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
        Owner::Preview | Owner::Model(_) => {
            Err(CommandError::new(ErrorCode::Invalid, "that is no file that was examined"))
        }
    }
}

fn encode(picture: &RgbImage) -> Result<Vec<u8>, CommandError> {
    picture::jpeg(picture, QUALITY).ok_or_else(|| CommandError::new(ErrorCode::Internal, "an empty picture"))
}
