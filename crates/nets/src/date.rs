//! Calendar days as model cards write them.

use serde::{Deserialize, Serialize};

/// A day of the Gregorian calendar, written `2026-11-21`. Days order by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// `None` when there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, day })
    }

    /// The day on which `seconds` after 1970-01-01T00:00:00Z falls in UTC; `None` before 1970 or after 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        // H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days, for days >= 0.
        let z = u64::try_from(seconds).ok()? / 86_400 + 719_468;
        let (era, doe) = (z / 146_097, z % 146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + u64::from(month <= 2);
        let day = doy - (153 * mp + 2) / 5 + 1;
        Self::new(u16::try_from(year).ok().filter(|y| *y <= 9999)?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl From<Date> for String {
    fn from(d: Date) -> Self {
        d.to_string()
    }
}

impl TryFrom<String> for Date {
    type Error = NotADay;

    fn try_from(text: String) -> Result<Self, NotADay> {
        parse(&text).ok_or(NotADay(text))
    }
}

/// A text that is no day.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a day written like 2026-11-21")]
pub struct NotADay(String);

fn parse(text: &str) -> Option<Date> {
    let shape_ok = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let mut parts = text.split('-').map(str::parse::<u16>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let d = Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    (shape_ok && parts.next().is_none()).then_some(d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_read() {
        for good in ["2026-11-21", "2024-02-29", "2000-02-29"] {
            assert_eq!(Date::try_from(good.to_owned()).unwrap().to_string(), good);
        }
        for bad in
            ["", "2026-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "2026-11-21-1", "26-11-2100", "2026-11-00"]
        {
            assert!(Date::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_since_1970_become_dates() {
        let day = |s| Date::from_unix_seconds(s).map(|d| d.to_string());
        assert_eq!(day(0).as_deref(), Some("1970-01-01"));
        assert_eq!(day(951_782_400).as_deref(), Some("2000-02-29"));
        assert_eq!(day(1_795_219_199).as_deref(), Some("2026-11-20"));
        assert_eq!(day(1_795_219_200).as_deref(), Some("2026-11-21"));
        assert_eq!(day(-1), None);
    }

    #[test]
    fn days_order_by_time() {
        assert!(Date::new(2026, 11, 21) < Date::new(2027, 1, 1));
    }
}
