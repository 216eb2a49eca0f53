//! Wall time of a run, for the `run` part of the result only.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use nets::date::Date;

/// When an item was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    began: SystemTime,
    ticking: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { began: SystemTime::now(), ticking: Instant::now() }
    }

    /// RFC 3339 in UTC, to the second.
    pub(crate) fn started(&self) -> String {
        rfc3339(unix_seconds(self.began))
    }

    /// Seconds since, to the millisecond.
    pub(crate) fn seconds(&self) -> f64 {
        (self.ticking.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
    }
}

/// Seconds since 1970-01-01T00:00:00Z; 0 for a clock set before that.
pub fn unix_seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0)
}

/// RFC 3339 in UTC, to the second, of seconds since 1970.
pub fn rfc3339(seconds: i64) -> String {
    let date = Date::from_unix_seconds(seconds).map_or_else(|| "1970-01-01".into(), String::from);
    let s = seconds.rem_euclid(86_400);
    format!("{date}T{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_868_799), "2000-02-29T23:59:59Z");
    }
}
