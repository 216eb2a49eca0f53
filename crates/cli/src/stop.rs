//! Ctrl-C and its kin.

use anyhow::Context as _;
use scan::base::CancelToken;

use crate::exit::Exit;

/// A token that the first SIGINT, SIGTERM or SIGHUP (Ctrl-C on Windows) raises: what is under way stops,
/// what is finished is written. The second ends the program at once; decoders notice by their pipe.
///
/// # Errors
/// When the system refuses a handler.
pub(crate) fn on_signals() -> anyhow::Result<CancelToken> {
    let token = CancelToken::default();
    let raised = token.clone();
    ctrlc::set_handler(move || {
        if raised.is_cancelled() {
            std::process::exit(Exit::Cancelled.code().into());
        }
        raised.cancel();
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(token)
}
