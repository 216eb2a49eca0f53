//! What ffprobe says about a video.

use std::process::Command;
use std::time::Duration;

use base::{Ctx, Timestamp};
use ffmpeg_sidecar::ffprobe::ffprobe_path;
use serde::Deserialize;

use crate::child::{self, Answer};
use crate::source::Source;
use crate::video::{Colours, Planes};
use crate::{Limits, MediaError, MediaInfo};

/// Packets looked at to tell a variable frame rate from a constant one.
const PACKETS: usize = 300;
/// Packets at the end of that range that are left out, because frames stored later may be shown
/// between them (H.264 and HEVC reorder at most 16).
const REORDER: usize = 16;
/// Spacing of frames may differ by this much and still count as constant: containers that keep
/// milliseconds round each time by up to half of one.
pub(crate) const JITTER_US: i64 = 2_000;

/// Formats that hold their pictures themselves. Playlists, patterns of file names, concatenations
/// and captures from devices are not among them, so that no second file or address is ever opened.
pub(crate) const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,kux,asf,asf_o,mpeg,mpegts,\
mpegtsraw,mpegvideo,m4v,h263,h264,hevc,vc1,vc1test,av1,obu,ivf,ogg,mxf,gxf,nut,rm,ivr,dv,dirac,cavsvideo,avs2,avs3,\
wtv,pva,nsv,nsp,nuv,swf,yuv4mpegpipe,mjpeg,mjpeg_2000,mpjpeg,smjpeg,amv,apng,r3d,roq,smk,bink,fli,flic,film_cpk,4xm,\
dhav,ipmovie,lmlm4,mtv,mv,psxstr,thp,vivo,vmd,xmv,yop,dxa,ea,cdxl,idcin,mp3,aac,wav,w64,flac,aiff,ac3,eac3,amr,caf,\
ape,au,dts,mpc,mpc8,tak,tta,wv,truehd,voc,oma,loas,dsf,aa,aax";

/// A video stream as far as decoding needs to know it.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub info: MediaInfo,
    /// Its number in the file.
    pub index: u32,
    /// Seconds a tick, as numerator and denominator.
    pub time_base: (u32, u32),
    /// Start in ticks.
    pub start: i64,
    /// Usual distance between two frames.
    pub frame_us: Option<i64>,
    /// Frames that the container counts; only a hint.
    pub frame_count: Option<u64>,
    /// Duration that belongs to this stream alone, not to the longest of all.
    pub own_duration_us: Option<i64>,
    /// Whether the pixels as stored are not square.
    pub anamorphic: bool,
    /// Whether its pictures come in planes that [`Colours`] turns into pixels.
    pub planes: Option<Planes>,
    /// What the stream states of its colours; a frame may differ.
    pub colours: Colours,
    /// What is wrong with the file, where that is known before decoding.
    pub cut_short: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Report {
    #[serde(default)]
    packets: Vec<Packet>,
    #[serde(default)]
    streams: Vec<StreamReport>,
    format: Option<FormatReport>,
}

#[derive(Debug, Deserialize)]
struct Packet {
    stream_index: u32,
    pts: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct FormatReport {
    duration: Option<String>,
}

#[derive(Debug, Deserialize)]
struct StreamReport {
    index: u32,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    sample_aspect_ratio: Option<String>,
    pix_fmt: Option<String>,
    color_range: Option<String>,
    color_space: Option<String>,
    r_frame_rate: Option<String>,
    avg_frame_rate: Option<String>,
    time_base: Option<String>,
    start_pts: Option<i64>,
    duration_ts: Option<i64>,
    nb_frames: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
    #[serde(default)]
    timed_thumbnails: u8,
}

#[derive(Debug, Default, Deserialize)]
struct Tags {
    #[serde(rename = "DURATION")]
    duration: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

/// Asks ffprobe about `source` and picks the first stream of moving pictures (cover art is none).
///
/// # Errors
/// `NotMedia`, `Damaged`, `NoVideoStream`, `TooLarge`, `DecoderMissing`, `DecoderFailed`, `TimedOut`,
/// `Cancelled`, `Unreadable`.
pub(crate) fn probe(source: &Source, limits: &Limits, ctx: &Ctx) -> Result<Stream, MediaError> {
    let path = || source.path.clone();
    let answer = child::ask(&mut command(source), "ffprobe", source, limits, ctx)?;
    if let Some(error) = child::too_old(&answer.messages, "ffprobe", &source.path) {
        return Err(error);
    }
    let report = parse(&answer).map_err(|detail| MediaError::DecoderFailed { path: path(), detail })?;
    let Some(format) = report.format.as_ref() else { return Err(refused(source, &answer)?) };
    let pictures = |s: &&StreamReport| s.disposition.attached_pic == 0 && s.disposition.timed_thumbnails == 0;
    let Some(stream) = report.streams.iter().find(pictures) else {
        return Err(MediaError::NoVideoStream { path: path() });
    };
    describe(source, stream, format, &report.packets, limits)
}

fn command(source: &Source) -> Command {
    let mut command = Command::new(ffprobe_path());
    command.args(["-hide_banner", "-loglevel", "repeat+level+error", "-protocol_whitelist", "file"]);
    command.args(["-format_whitelist", FORMATS, "-select_streams", "v"]);
    command.arg("-show_entries").arg(
        "format=duration:packet=stream_index,pts:stream=index,codec_name,width,height,sample_aspect_ratio,pix_fmt,\
         color_range,color_space,r_frame_rate,\
         avg_frame_rate,time_base,start_pts,duration_ts,nb_frames:stream_disposition=attached_pic,timed_thumbnails:\
         stream_tags=DURATION:stream_side_data=rotation",
    );
    command.args(["-read_intervals", &format!("%+#{PACKETS}"), "-of", "json", "-i"]);
    command.arg(child::input_url(source));
    command
}

/// Presentation times of the packets of `stream` in order, without those that are decoded but not shown.
///
/// # Errors
/// `DecoderMissing`, `DecoderFailed`, `TimedOut`, `Cancelled`.
pub(crate) fn frame_times(
    source: &Source,
    stream: &Stream,
    limits: &Limits,
    ctx: &Ctx,
) -> Result<Vec<Timestamp>, MediaError> {
    let mut command = Command::new(ffprobe_path());
    command.args(["-hide_banner", "-loglevel", "repeat+level+error", "-protocol_whitelist", "file"]);
    command.args(["-format_whitelist", FORMATS, "-select_streams", &stream.index.to_string()]);
    command.args(["-show_entries", "packet=pts,flags", "-of", "csv=print_section=0", "-i"]);
    command.arg(child::input_url(source));
    let answer = child::ask(&mut command, "ffprobe", source, limits, ctx)?;
    if let Some(error) = child::too_old(&answer.messages, "ffprobe", &source.path) {
        return Err(error);
    }
    let text = String::from_utf8_lossy(&answer.stdout);
    let mut times: Vec<Timestamp> = text.lines().filter_map(|line| time_of(line, stream.time_base)).collect();
    times.sort_unstable();
    times.dedup();
    Ok(times)
}

/// `512,K__`; flag `D`: decoded and thrown away, because an edit list leaves it out.
fn time_of(line: &str, (num, den): (u32, u32)) -> Option<Timestamp> {
    let (ticks, flags) = line.trim().split_once(',')?;
    if flags.contains('D') { None } else { Timestamp::from_ticks(ticks.parse().ok()?, num, den) }
}

fn parse(answer: &Answer) -> Result<Report, String> {
    if answer.stdout.iter().all(u8::is_ascii_whitespace) {
        return Ok(Report { packets: Vec::new(), streams: Vec::new(), format: None });
    }
    serde_json::from_slice(&answer.stdout).map_err(|error| format!("ffprobe's answer makes no sense: {error}"))
}

/// Why ffprobe could not open it: damaged when the first bytes are those of a video.
fn refused(source: &Source, answer: &Answer) -> Result<MediaError, MediaError> {
    let path = source.path.clone();
    let detail = answer.messages.first("ffprobe said nothing");
    Ok(if is_container(&source.head(400)?) {
        MediaError::Damaged { path, detail }
    } else {
        MediaError::NotMedia { path, detail }
    })
}

fn describe(
    source: &Source,
    stream: &StreamReport,
    format: &FormatReport,
    packets: &[Packet],
    limits: &Limits,
) -> Result<Stream, MediaError> {
    let path = || source.path.clone();
    let (stored_width, stored_height) = (stream.width.unwrap_or(0), stream.height.unwrap_or(0));
    if stored_width == 0 || stored_height == 0 {
        return Err(MediaError::Damaged { path: path(), detail: "the size of the pictures is not known".into() });
    }
    let rotation = stream.side_data_list.iter().find_map(|side| side.rotation).unwrap_or(0.0);
    let aspect = stream.sample_aspect_ratio.as_deref().and_then(|a| fraction(a, ':')).filter(|&(n, d)| n != d);
    let (width, height) = upright(stored_width, stored_height, aspect, rotation);
    let pixels = (u64::from(width) * u64::from(height)).max(u64::from(stored_width) * u64::from(stored_height));
    if pixels > limits.video_pixels {
        let (actual, limit) = (pixels, limits.video_pixels);
        return Err(MediaError::TooLarge { path: path(), what: "a frame in pixels", actual, limit });
    }
    let time_base = stream.time_base.as_deref().and_then(|t| fraction(t, '/')).unwrap_or((1, 1_000_000));
    let micros = |ticks: i64| Timestamp::from_ticks(ticks, time_base.0, time_base.1).map(Timestamp::micros);
    let own_duration_us = stream
        .duration_ts
        .and_then(micros)
        .or_else(|| stream.tags.duration.as_deref().and_then(clock))
        .filter(|&us| us > 0);
    let rate = [&stream.avg_frame_rate, &stream.r_frame_rate].into_iter().flatten().find_map(|r| fraction(r, '/'));
    // Where some packets have no time, gaps between the others say nothing.
    let own = packets.iter().filter(|p| p.stream_index == stream.index);
    let mut times: Vec<i64> = own.map(|p| p.pts.and_then(micros)).collect::<Option<_>>().unwrap_or_default();
    let cut_short = cut_short(source)?;
    let [range, space] = [&stream.color_range, &stream.color_space].map(|name| name.as_deref().unwrap_or_default());
    let colours = Colours::named(range, space);
    let info = MediaInfo {
        width,
        height,
        duration_us: own_duration_us.or_else(|| format.duration.as_deref().and_then(seconds)).filter(|&us| us > 0),
        frame_rate: rate.map(|(n, d)| format!("{n}/{d}")),
        variable_frame_rate: uneven(&mut times),
        codec: stream.codec_name.clone().unwrap_or_else(|| "unknown".into()),
        rotation: (-(rotation.round() as i32)).rem_euclid(360),
        damaged: cut_short.is_some(),
    };
    Ok(Stream {
        info,
        index: stream.index,
        time_base,
        start: stream.start_pts.unwrap_or(0),
        frame_us: rate.and_then(|(n, d)| Timestamp::from_ticks(1, d, n)).map(Timestamp::micros),
        frame_count: stream.nb_frames.as_deref().and_then(|n| n.parse().ok()).filter(|&n| n > 0),
        own_duration_us,
        anamorphic: aspect.is_some(),
        planes: stream.pix_fmt.as_deref().and_then(Planes::of).filter(|_| colours.known()),
        colours,
        cut_short,
    })
}

/// Size of the upright frame with square pixels. ffmpeg turns by quarter turns only within one
/// degree of them; at other angles it keeps the size. Not square: the width is stretched, as
/// players do, unless that makes it smaller, when the height is.
fn upright(width: u32, height: u32, aspect: Option<(u32, u32)>, rotation: f64) -> (u32, u32) {
    let (mut width, mut height) = (width, height);
    if let Some((num, den)) = aspect {
        let stretch = |side: u32, by: f64| (f64::from(side) * by).round().clamp(1.0, 65_535.0) as u32;
        let ratio = f64::from(num) / f64::from(den);
        if ratio > 1.0 {
            width = stretch(width, ratio);
        } else {
            height = stretch(height, 1.0 / ratio);
        }
    }
    let quarter = rotation.rem_euclid(180.0);
    if (quarter - 90.0).abs() < 1.0 { (height, width) } else { (width, height) }
}

/// Whether presentation times (any order, a prefix of the stream) are not evenly spaced.
fn uneven(times: &mut Vec<i64>) -> bool {
    times.sort_unstable();
    times.dedup();
    if times.len() + REORDER > PACKETS {
        times.truncate(times.len().saturating_sub(REORDER));
    }
    let gaps = || times.iter().zip(times.iter().skip(1)).map(|(a, b)| b - a);
    match (gaps().min(), gaps().max()) {
        (Some(least), Some(most)) => most - least > JITTER_US,
        _ => false,
    }
}

/// `30000/1001` or `16:11`; `None` unless both are positive.
fn fraction(text: &str, separator: char) -> Option<(u32, u32)> {
    let (n, d) = text.split_once(separator)?;
    Some((n.parse().ok()?, d.parse().ok()?)).filter(|&(n, d)| n > 0 && d > 0)
}

/// `12.345678` in microseconds.
fn seconds(text: &str) -> Option<i64> {
    let seconds: f64 = text.parse().ok()?;
    seconds.is_finite().then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()?.as_micros().try_into().ok()
}

/// `00:01:02.345000000` in microseconds.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hours, minutes) = (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
    let whole = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60_000_000)?;
    whole.checked_add(seconds(parts.next()?)?)
}

/// Whether the first bytes are those of a video or sound container.
fn is_container(head: &[u8]) -> bool {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let boxes: [&[u8]; 5] = [b"ftyp", b"moov", b"mdat", b"wide", b"free"];
    let starts: [&[u8]; 6] = [
        b"\x1a\x45\xdf\xa3",
        b"FLV\x01",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
        b"OggS",
        b"\0\0\x01\xba",
        b"\0\0\x01\xb3",
    ];
    boxes.iter().any(|name| at(4, name))
        || starts.iter().any(|magic| at(0, magic))
        || (at(0, b"RIFF") && (at(8, b"AVI ") || at(8, b"WAVE")))
        || (at(0, b"G") && at(188, b"G") && at(376, b"G"))
}

/// Whether a box of an ISO file or the RIFF chunk announces more bytes than the file has.
///
/// # Errors
/// `Unreadable`.
pub(crate) fn cut_short(source: &Source) -> Result<Option<String>, MediaError> {
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_be_bytes);
    let head = source.head(12)?;
    if head.starts_with(b"RIFF") {
        let size = u64::from(head.get(4..8).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)) + 8;
        return Ok((size > source.bytes() + 1).then(|| missing(size - source.bytes())));
    }
    if !is_container(&head) || !head.get(4..8).is_some_and(|name| name.iter().all(u8::is_ascii_lowercase)) {
        return Ok(None);
    }
    let mut at = 0u64;
    // Ordinary files have a handful of boxes; fragmented ones two for each few seconds.
    for _ in 0..100_000 {
        let mut header = [0; 16];
        let got = source.read_full(&mut header, at).map_err(MediaError::unreadable(&source.path))?;
        let (size, name, long) = (word(&header[..4]), &header[4..8], &header[8..16]);
        if got < 8 || !name.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            break;
        }
        let size = match size {
            0 => break,
            1 => long.try_into().map_or(0, u64::from_be_bytes),
            n => u64::from(n),
        };
        if size < 8 {
            break;
        }
        at = at.saturating_add(size);
        if at > source.bytes() {
            return Ok(Some(missing(at - source.bytes())));
        }
    }
    Ok(None)
}

fn missing(bytes: u64) -> String {
    format!("the file ends {bytes} bytes too early")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_fractions() {
        assert_eq!(fraction("30000/1001", '/'), Some((30_000, 1001)));
        assert_eq!(fraction("0/0", '/'), None);
        assert_eq!(fraction("16:11", ':'), Some((16, 11)));
        assert_eq!(clock("01:02:03.500000000"), Some(3_723_500_000));
        assert_eq!(clock("9999999999999999:0:0"), None);
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds("13.333333"), Some(13_333_333));
    }

    #[test]
    fn an_upright_frame_has_square_pixels() {
        assert_eq!(upright(1920, 1080, None, 90.0), (1080, 1920));
        assert_eq!(upright(1920, 1080, None, -180.0), (1920, 1080));
        assert_eq!(upright(720, 576, Some((16, 11)), 0.0), (1047, 576));
        assert_eq!(upright(720, 480, Some((8, 9)), -90.0), (540, 720));
        assert_eq!(upright(100, 50, Some((4_000_000, 1)), 0.0), (65_535, 50));
    }

    #[test]
    fn rounding_to_milliseconds_is_no_variable_rate() {
        assert!(!uneven(&mut vec![0, 33_000, 67_000, 100_000, 133_000]));
        assert!(uneven(&mut vec![0, 33_000, 67_000, 133_000]));
        assert!(!uneven(&mut vec![0]));
    }
}
