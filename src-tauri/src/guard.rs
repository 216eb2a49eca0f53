//! Keeps the web view on its own page.
//!
//! A content security policy does not stop a page from navigating: `location.href`, a refresh tag or a
//! form may lead anywhere. This does. What is left (preconnect hints, link targets) ends at a proxy that
//! is not there, see `tauri.conf.json`.

use tauri::plugin::{Builder, TauriPlugin};
use tauri::{Runtime, Url};

/// The plugin.
pub(crate) fn plugin<R: Runtime>() -> TauriPlugin<R> {
    Builder::new("navigation-guard").on_navigation(|_, url| is_own_page(url)).build()
}

/// `tauri://localhost/…`, and `http://tauri.localhost/…` on Windows.
fn is_own_page(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) => true,
        ("http", Some("tauri.localhost")) => cfg!(windows),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_page_is_ever_opened() {
        let own = |url: &str| is_own_page(&Url::parse(url).unwrap());
        assert!(own("tauri://localhost/index.html#/cases"));
        for url in [
            "http://localhost/",
            "https://tauri.localhost/",
            "tauri://example.org/",
            "tauri://localhost.example.org/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "about:blank",
            "blob:tauri://localhost/1",
            "javascript:alert(1)",
        ] {
            assert!(!own(url), "{url}");
        }
    }
}
