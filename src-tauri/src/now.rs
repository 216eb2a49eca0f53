//! The time of day, for what is kept.

use std::time::{SystemTime, UNIX_EPOCH};

use scan::models::Date;

/// RFC 3339 in UTC, to the second.
pub(crate) fn now() -> String {
    rfc3339(seconds_since_1970())
}

/// Today in UTC.
pub(crate) fn today() -> Option<Date> {
    Date::from_unix_seconds(seconds_since_1970())
}

/// Now.
pub(crate) fn seconds_since_1970() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0)
}

fn rfc3339(seconds: i64) -> String {
    let date = Date::from_unix_seconds(seconds).map_or_else(|| "1970-01-01".into(), String::from);
    let s = seconds.rem_euclid(86_400);
    format!("{date}T{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(951_868_799), "2000-02-29T23:59:59Z");
    }
}
