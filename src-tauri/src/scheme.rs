//! The `frame:` scheme: pixels for `<img>`, by number.

use std::sync::Arc;

use tauri::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use tauri::http::{Request, Response, StatusCode};
use tauri::{AppHandle, Manager, UriSchemeResponder};

use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};
use crate::frames::{Address, Frames, Jpeg};

/// Its name.
pub(crate) const NAME: &str = "frame";

/// Answers from another thread.
pub(crate) fn answer(app: &AppHandle, request: &Request<Vec<u8>>, responder: UriSchemeResponder) {
    let uri = request.uri();
    let path = uri.path_and_query().map_or(uri.path(), |both| both.as_str());
    let desk = app.try_state::<Arc<Desk>>();
    match (Address::parse(path), desk) {
        (Some(address), Some(desk)) => {
            Frames::serve(&desk, address, Box::new(move |answer| responder.respond(response(answer))));
        }
        _ => responder.respond(response(Err(CommandError::new(ErrorCode::NotFound, "there is no such picture")))),
    }
}

/// Of pictures: whatever an SVG holds, it may draw and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// `no-store`: the web view keeps no pictures on the disk.
fn response(answer: Result<Jpeg, CommandError>) -> Response<Vec<u8>> {
    let (status, kind, body) = match answer {
        Ok(picture) => (StatusCode::OK, kind_of(&picture), picture.to_vec()),
        Err(error) => (StatusCode::NOT_FOUND, "text/plain; charset=utf-8", error.message.into_bytes()),
    };
    let built = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, kind)
        .header(CACHE_CONTROL, "no-store")
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(body);
    built.unwrap_or_default()
}

/// Frames are JPEG, heat maps PNG, pages and figures SVG.
fn kind_of(picture: &[u8]) -> &'static str {
    match picture {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ => "image/svg+xml",
    }
}
