//! A moment in time that a caller gives: this crate has no clock.

/// Seconds since 1970-01-01T00:00:00Z, and the minutes by which the caller's clocks are ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since the epoch.
    pub unix_seconds: i64,
    /// Minutes ahead of UTC.
    pub offset_minutes: i32,
}

/// The parts of a date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: i64,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

const DAY: i64 = 86_400;

impl Moment {
    /// A moment told in UTC.
    pub const fn utc(unix_seconds: i64) -> Self {
        Self { unix_seconds, offset_minutes: 0 }
    }

    /// Reads RFC 3339, `2026-11-21T14:02:00Z` or with an offset; a fraction of a second is dropped. `None`
    /// for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| {
            let digits = text.get(from..to)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i64>().ok()).flatten()
        };
        let sign = |at: usize, allowed: &[u8]| text.as_bytes().get(at).filter(|b| allowed.contains(b)).copied();
        sign(4, b"-")?;
        sign(7, b"-")?;
        sign(10, b"Tt ")?;
        sign(13, b":")?;
        sign(16, b":")?;
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        if !valid {
            return None;
        }
        let mut at = 19;
        if sign(at, b".").is_some() {
            at += 1;
            while sign(at, b"0123456789").is_some() {
                at += 1;
            }
        }
        let offset_minutes = match sign(at, b"Zz+-")? {
            b'Z' | b'z' if text.len() == at + 1 => 0,
            ahead @ (b'+' | b'-') if text.len() == at + 6 && sign(at + 3, b":").is_some() => {
                let minutes = number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?;
                i32::try_from(if ahead == b'-' { -minutes } else { minutes }).ok()?
            }
            _ => return None,
        };
        let local = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        Some(Self { unix_seconds: local - i64::from(offset_minutes) * 60, offset_minutes })
    }

    /// RFC 3339 in UTC.
    pub fn rfc3339(self) -> String {
        let c = Self::utc(self.unix_seconds).civil();
        format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second)
    }

    /// Date and time of day where the caller is. Years are those of four digits.
    pub(crate) fn civil(self) -> Civil {
        let local = self.unix_seconds + i64::from(self.offset_minutes) * 60;
        let (days, seconds) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        // Howard Hinnant, "chrono-compatible low-level date algorithms": civil_from_days.
        let z = days + 719_468;
        let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let m = (5 * of_year + 2) / 153;
        let month = if m < 10 { m + 3 } else { m - 9 };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (of_year - (153 * m + 2) / 5 + 1) as u8,
            hour: (seconds / 3600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
        }
    }

    /// `UTC`, `UTC+1`, `UTC−3:30`.
    pub(crate) fn zone(self) -> String {
        let (hours, minutes) = (self.offset_minutes.unsigned_abs() / 60, self.offset_minutes.unsigned_abs() % 60);
        let sign = if self.offset_minutes < 0 { '\u{2212}' } else { '+' };
        match (hours, minutes) {
            (0, 0) => "UTC".to_owned(),
            (h, 0) => format!("UTC{sign}{h}"),
            (h, m) => format!("UTC{sign}{h}:{m:02}"),
        }
    }
}

/// Days since 1970-01-01 (Hinnant, days_from_civil).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_goes_there_and_back() {
        for text in ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2026-11-21T14:02:00Z"] {
            assert_eq!(Moment::parse(text).unwrap().rfc3339(), text);
        }
        let paris = Moment::parse("2026-11-21T14:02:00.25+01:00").unwrap();
        assert_eq!((paris.rfc3339().as_str(), paris.zone().as_str()), ("2026-11-21T13:02:00Z", "UTC+1"));
        assert_eq!(paris.civil().hour, 14);
        assert_eq!(Moment::parse("2026-11-21T14:02:00-03:30").unwrap().zone(), "UTC\u{2212}3:30");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "",
            "2026-11-21",
            "2026-13-21T14:02:00Z",
            "2026-11-21T14:02:00",
            "2026-11-21T14:02:00+1",
            "é026-11-21T14:02:00Z",
            "2026-11-21T14:02:00Zx",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }
}
