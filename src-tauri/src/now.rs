//! The time of day, for what is kept.

use std::time::SystemTime;

use scan::models::Date;
use scan::{rfc3339, unix_seconds};

/// RFC 3339 in UTC, to the second.
pub(crate) fn now() -> String {
    rfc3339(unix_seconds(SystemTime::now()))
}

/// Today in UTC.
pub(crate) fn today() -> Option<Date> {
    Date::from_unix_seconds(seconds_since_1970())
}

/// Now.
pub(crate) fn seconds_since_1970() -> i64 {
    unix_seconds(SystemTime::now())
}
