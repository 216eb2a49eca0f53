//! Videos made with ffmpeg's test sources: times, order, rotation, sampling, containers, colours.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod fixtures;

use std::path::Path;

use base::{CancelToken, Ctx};
use fixtures::{children, decode, ffmpeg, make, packet_times, source, times};
use media::{ErrorCode, Kind, Limits, Media, Sampling, identify};

/// Every frame has the time of its packet, and numbers count up from zero.
fn assert_times_are_ffprobes(path: &Path) -> usize {
    let (_, frames, coverage) = decode(path, Sampling::EveryFrame).unwrap();
    assert_eq!(times(&frames), packet_times(path), "{}", path.display());
    assert!(frames.iter().enumerate().all(|(i, f)| f.index.0 == i as u64));
    assert_eq!(coverage.frames, frames.len() as u64);
    assert_eq!(coverage.decoded, frames.len() as u64);
    assert!(!coverage.damaged, "{:?}", coverage.messages);
    assert_eq!((coverage.first, coverage.last), (frames.first().map(|f| f.pts), frames.last().map(|f| f.pts)));
    frames.len()
}

#[test]
fn times_of_a_constant_rate_with_b_frames() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "b.mp4", &format!("{} -c:v libx264 -bf 3", source("160x120", "30000/1001", "3")));
    assert_eq!(assert_times_are_ffprobes(&path), 90);
    let (media, ..) = decode(&path, Sampling::EveryFrame).unwrap();
    let info = media.info();
    assert_eq!((info.width, info.height, info.codec.as_str()), (160, 120, "h264"));
    assert_eq!(info.frame_rate.as_deref(), Some("30000/1001"));
    assert!(!info.variable_frame_rate);
    assert_eq!(info.duration_us, Some(3_003_000));
}

#[test]
fn times_of_a_variable_rate_that_does_not_start_at_zero() {
    let dir = tempfile::tempdir().unwrap();
    let args = format!(
        "{} -vf select='not(mod(n,3))+lt(mod(n,10),4)',setpts=PTS+0.7/TB -fps_mode vfr -c:v libx264 -bf 2",
        source("160x120", "30", "4")
    );
    for name in ["vfr.mp4", "vfr.mkv"] {
        let path = make(dir.path(), name, &args);
        assert!(assert_times_are_ffprobes(&path) < 120);
        let (media, frames, coverage) = decode(&path, Sampling::EveryFrame).unwrap();
        assert_eq!(frames[0].pts.micros(), 700_000, "{name}");
        assert!(media.info().variable_frame_rate && coverage.variable_frame_rate, "{name}");
    }
}

#[test]
fn times_of_a_trimmed_clip_follow_its_edit_list() {
    let dir = tempfile::tempdir().unwrap();
    let whole = make(dir.path(), "whole.mp4", &format!("{} -c:v libx264 -g 60 -bf 2", source("160x120", "30", "4")));
    let path = make(dir.path(), "cut.mp4", &format!("-ss 1.5 -i {} -c copy", whole.display()));
    let (_, frames, coverage) = decode(&path, Sampling::EveryFrame).unwrap();
    assert_eq!(times(&frames), packet_times(&path));
    assert!(!coverage.damaged, "{:?}", coverage.messages);
}

#[test]
fn sampling_keeps_true_times_and_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v libx264 -bf 2", source("160x120", "30", "3")));
    let all = packet_times(&path);
    let (_, frames, coverage) = decode(&path, Sampling::PerSecond(5.0)).unwrap();
    assert_eq!(frames.len(), 15);
    assert_eq!((coverage.frames, coverage.decoded), (15, 90));
    for (i, frame) in frames.iter().enumerate() {
        assert_eq!(frame.index.0, 6 * i as u64);
        assert_eq!(frame.pts.micros(), all[6 * i]);
    }
    let (_, every, _) = decode(&path, Sampling::EveryFrame).unwrap();
    assert_eq!(frames[3].rgb, every[18].rgb);
    let (_, more, _) = decode(&path, Sampling::PerSecond(1000.0)).unwrap();
    assert_eq!(more.len(), 90);
    let (_, fewer, _) = decode(&path, Sampling::PerSecond(0.1)).unwrap();
    assert_eq!(times(&fewer), [0]);
}

#[test]
fn sampling_of_a_variable_rate_takes_the_first_frame_of_each_cell() {
    let dir = tempfile::tempdir().unwrap();
    let args = format!(
        "{} -vf select='lt(mod(n,20),7)',setpts=PTS+1.25/TB -fps_mode vfr -c:v libx264",
        source("160x120", "30", "4")
    );
    let path = make(dir.path(), "vfr.mp4", &args);
    let all = packet_times(&path);
    let mut expected = Vec::new();
    for (i, &t) in all.iter().enumerate() {
        let cell = |t: i64| (t - all[0]) * 4 / 1_000_000;
        if i == 0 || cell(t) != cell(*expected.last().unwrap()) {
            expected.push(t);
        }
    }
    let (_, frames, _) = decode(&path, Sampling::PerSecond(4.0)).unwrap();
    assert_eq!(times(&frames), expected);
}

#[test]
fn a_sampling_rate_must_make_sense() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &source("64x64", "10", "1"));
    let ctx = Ctx::silent();
    let media = Media::open(&path, &Limits::default(), &ctx).unwrap();
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(media.frames(Sampling::PerSecond(rate), 1, &ctx).is_err(), "{rate}");
    }
}

#[test]
fn rotated_clips_come_out_upright() {
    let dir = tempfile::tempdir().unwrap();
    // Left half red, right half blue.
    let flat = make(
        dir.path(),
        "flat.mp4",
        "-f lavfi -i color=red:size=160x240:rate=10:duration=1 -f lavfi -i color=blue:size=160x240:rate=10:duration=1 \
         -filter_complex hstack -c:v libx264 -pix_fmt yuv420p",
    );
    for (turn, size) in [(90, (240, 320)), (180, (320, 240)), (270, (240, 320))] {
        let name = format!("r{turn}.mp4");
        let args = format!("-i {} -c copy -metadata:s:v:0 rotate={turn}", flat.display());
        let path = make(dir.path(), &name, &args);
        assert_times_are_ffprobes(&path);
        let (media, frames, _) = decode(&path, Sampling::EveryFrame).unwrap();
        let info = media.info();
        assert_eq!((info.width, info.height), size, "{turn}");
        let rgb = &frames[0].rgb;
        assert_eq!(rgb.dimensions(), size);
        // Where the red half went when the stored picture is turned clockwise by what info says.
        let (w, h) = size;
        let (red, blue) = match info.rotation {
            90 => ((w / 2, 10), (w / 2, h - 10)),
            180 => ((w - 10, h / 2), (10, h / 2)),
            270 => ((w / 2, h - 10), (w / 2, 10)),
            other => panic!("rotation {other} for {turn}"),
        };
        let (red, blue) = (rgb.get_pixel(red.0, red.1).0, rgb.get_pixel(blue.0, blue.1).0);
        assert!(red[0] > 200 && red[2] < 60 && blue[2] > 200 && blue[0] < 60, "{turn}: {red:?} {blue:?}");
    }
}

#[test]
fn pixels_that_are_not_square_become_square() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "sar.mp4", &format!("{} -vf setsar=16/11 -c:v libx264", source("160x120", "10", "1")));
    let (media, frames, _) = decode(&path, Sampling::EveryFrame).unwrap();
    assert_eq!((media.info().width, media.info().height), (233, 120));
    assert_eq!(frames[0].rgb.dimensions(), (233, 120));
}

/// The colour of a flat clip after decoding, for a colour space as tagged.
fn decoded_colour(dir: &Path, name: &str, args: &str) -> [u8; 3] {
    let args = format!("-f lavfi -i color=c=0x20A060:size=64x64:rate=5:duration=1 {args}");
    let (_, frames, coverage) = decode(&make(dir, name, &args), Sampling::EveryFrame).unwrap();
    assert!(!coverage.damaged, "{name}: {:?}", coverage.messages);
    frames[2].rgb.get_pixel(32, 32).0
}

#[test]
fn colours_follow_the_matrix_range_and_depth_of_the_stream() {
    let dir = tempfile::tempdir().unwrap();
    let encode = "-c:v libx264 -qp 1";
    let cases = [
        ("601.mp4", format!("-vf scale=out_color_matrix=bt601,format=yuv444p {encode} -colorspace smpte170m")),
        ("709.mp4", format!("-vf scale=out_color_matrix=bt709,format=yuv444p {encode} -colorspace bt709")),
        (
            "full.mp4",
            format!(
                "-vf scale=out_color_matrix=bt709:out_range=full,format=yuv444p {encode} -colorspace bt709 -color_range pc"
            ),
        ),
        ("10bit.mkv", "-vf scale=out_color_matrix=bt709,format=yuv420p10le -c:v ffv1 -colorspace bt709".to_owned()),
        ("gray.mkv", "-vf format=gray -c:v ffv1".to_owned()),
    ];
    for (name, args) in cases {
        let got = decoded_colour(dir.path(), name, &args);
        let expected = if name == "gray.mkv" { [114, 114, 114] } else { [0x20, 0xa0, 0x60] };
        let off = got.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        // swscale's fast conversion is up to 5 levels off; a wrong matrix or range would be 15 or more.
        assert!(off <= 6, "{name}: {got:?}");
    }
}

#[test]
fn a_stream_that_changes_its_size_keeps_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let a = make(dir.path(), "a.ts", &format!("{} -c:v libx264", source("160x120", "10", "1")));
    let b = make(dir.path(), "b.ts", &format!("{} -output_ts_offset 2 -c:v libx264", source("320x200", "10", "1")));
    let path = dir.path().join("both.ts");
    let both = [std::fs::read(a).unwrap(), std::fs::read(b).unwrap()].concat();
    std::fs::write(&path, both).unwrap();
    let (_, frames, _) = decode(&path, Sampling::EveryFrame).unwrap();
    assert_eq!(frames.len(), 20);
    assert!(frames.iter().all(|f| f.rgb.dimensions() == (160, 120)));
    assert!(frames.iter().enumerate().all(|(i, f)| f.index.0 == i as u64));
    assert!(frames.windows(2).all(|w| w[0].pts < w[1].pts));
}

#[test]
fn containers_and_codecs() {
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        ("a.mp4", "-c:v libx264"),
        ("hevc.mov", "-c:v libx265 -x265-params log-level=none -tag:v hvc1"),
        ("a.mkv", "-c:v libx264"),
        ("a.webm", "-c:v libvpx -deadline realtime -b:v 200k"),
        ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        ("av1.mp4", "-c:v libaom-av1 -cpu-used 8 -usage realtime"),
        ("a.avi", "-c:v mpeg4"),
        ("a.flv", "-c:v flv1"),
        ("a.wmv", "-c:v wmv2"),
        ("a.m4v", "-c:v mpeg4 -f mp4"),
        ("a.mpg", "-c:v mpeg2video"),
        ("a.ts", "-c:v libx264"),
        ("a.m2ts", "-c:v libx264"),
        ("a.3gp", "-c:v h263 -s 176x144"),
        ("a.ogv", "-c:v libtheora"),
        ("a.mxf", "-c:v mpeg2video"),
        ("mjpeg.avi", "-c:v mjpeg"),
        ("prores.mov", "-c:v prores_ks"),
    ];
    for (name, args) in cases {
        let path = make(dir.path(), name, &format!("{} {args}", source("176x144", "30", "1")));
        assert_eq!(identify(&path).unwrap(), Kind::Video, "{name}");
        let (media, frames, coverage) = decode(&path, Sampling::EveryFrame).unwrap();
        assert!(frames.len().abs_diff(30) <= 1, "{name}: {} frames", frames.len());
        assert!(!coverage.damaged && !media.info().damaged, "{name}: {:?}", coverage.messages);
        assert!(!media.info().variable_frame_rate && !coverage.variable_frame_rate, "{name}");
        assert!(media.info().duration_us.is_none_or(|us| (900_000..=1_100_000).contains(&us)), "{name}");
        assert!(frames.windows(2).all(|w| w[0].pts < w[1].pts), "{name}");
        // AVI states no presentation times at all; MPEG program streams leave out a few at the end.
        let (packets, times) = (packet_times(&path), times(&frames));
        assert!(packets.iter().all(|t| times.contains(t)), "{name}");
        assert!(
            packets.len() == times.len() || name.ends_with("avi") || name == "a.mpg",
            "{name}: {} packets",
            packets.len()
        );
    }
}

#[test]
fn a_raw_stream_without_times_is_timed_by_its_rate_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "raw.264", &format!("{} -c:v libx264 -bf 0 -f h264", source("64x64", "25", "2")));
    let (_, frames, coverage) = decode(&path, Sampling::PerSecond(5.0)).unwrap();
    assert_eq!(coverage.decoded, 50);
    assert_eq!(frames.len(), 10, "{:?}", times(&frames));
    assert!(frames.windows(2).all(|w| w[1].pts.micros() - w[0].pts.micros() == 200_000), "{:?}", times(&frames));
}

#[test]
fn cover_art_is_not_the_video() {
    let dir = tempfile::tempdir().unwrap();
    let cover = make(dir.path(), "cover.png", &format!("{} -frames:v 1", source("300x300", "1", "1")));
    let song = make(
        dir.path(),
        "song.mp3",
        &format!(
            "-f lavfi -i sine=duration=1 -i {} -map 0 -map 1 -c:v copy -disposition:v attached_pic",
            cover.display()
        ),
    );
    assert_eq!(identify(&song).unwrap_err().code(), ErrorCode::NoVideoStream);
    let clip = make(dir.path(), "clip.mp4", &format!("{} -c:v libx264", source("64x48", "10", "1")));
    let both = make(
        dir.path(),
        "both.mp4",
        &format!("-i {} -i {} -map 1 -map 0 -c copy -disposition:v:0 attached_pic", clip.display(), cover.display()),
    );
    let (media, frames, _) = decode(&both, Sampling::EveryFrame).unwrap();
    assert_eq!((media.info().width, frames.len()), (64, 10));
}

#[test]
fn strange_names_are_only_names() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let plain = make(dir.path(), "plain.mp4", &format!("{} -c:v libx264", source("64x64", "10", "1")));
    let names: [&[u8]; 9] = [
        b"-i.mp4",
        b"new\nline.mp4",
        b"it's \"quoted\".mp4",
        b"concat:a|b.mp4",
        b"http:example.org",
        b"frame%03d.png",
        b"not utf \xff\xfe.mp4",
        "émoji 🎬.jpg".as_bytes(),
        b"*?[a]{b}.txt",
    ];
    for name in names {
        let path = dir.path().join(std::ffi::OsStr::from_bytes(name));
        std::fs::copy(&plain, &path).unwrap();
        let (_, frames, coverage) = decode(&path, Sampling::EveryFrame).unwrap();
        assert_eq!((frames.len(), coverage.damaged), (10, false), "{}", path.display());
    }
    // A leading dash without any folder in front.
    let link = dir.path().join("link");
    std::os::unix::fs::symlink("-i.mp4", &link).unwrap();
    assert_eq!(identify(&link).unwrap(), Kind::Video);
}

#[test]
fn the_hash_beside_decoding_is_that_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v libx264", source("160x120", "10", "2")));
    let alone = Media::open(&path, &Limits::default(), &Ctx::silent()).unwrap().sha256(&Ctx::silent()).unwrap();
    let (media, ..) = decode(&path, Sampling::EveryFrame).unwrap();
    assert_eq!(media.sha256(&Ctx::silent()).unwrap(), alone);
    assert_eq!(media.sha256(&Ctx::silent()).unwrap(), alone);
    let output = std::process::Command::new("sha256sum").arg(&path).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().starts_with(alone.as_str()));
}

#[test]
fn a_file_that_grows_meanwhile_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.ts", &format!("{} -c:v libx264", source("160x120", "10", "2")));
    let ctx = Ctx::silent();
    let media = Media::open(&path, &Limits::default(), &ctx).unwrap();
    let mut frames = media.frames(Sampling::EveryFrame, 1, &ctx).unwrap();
    frames.next().unwrap().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.push(0);
    std::fs::write(&path, bytes).unwrap();
    for frame in &mut frames {
        frame.unwrap();
    }
    let coverage = frames.finish();
    assert!(coverage.changed);
    assert!(coverage.warnings().iter().any(|w| w.code == base::WarningCode::ChangedWhileReading));
}

#[test]
fn stopping_in_the_middle_leaves_no_child() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v libx264 -preset ultrafast", source("640x480", "30", "20")));
    let ctx = Ctx::silent();
    let media = Media::open(&path, &Limits::default(), &ctx).unwrap();
    assert_eq!(children(), [""; 0]);
    let mut frames = media.frames(Sampling::EveryFrame, 2, &ctx).unwrap();
    frames.next().unwrap().unwrap();
    assert_eq!(children().len(), 1);
    let pid = frames.child_id().unwrap();
    drop(frames);
    assert_eq!(children(), [""; 0]);
    assert!(!Path::new(&format!("/proc/{pid}")).exists());

    let mut frames = media.frames(Sampling::EveryFrame, 2, &ctx).unwrap();
    frames.next().unwrap().unwrap();
    let coverage = frames.finish();
    assert_eq!((coverage.frames, coverage.damaged), (1, false));
    assert_eq!(children(), [""; 0]);
}

#[test]
fn cancelling_ends_the_decoder() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v libx264 -preset ultrafast", source("640x480", "30", "20")));
    let cancel = CancelToken::default();
    let ctx = Ctx::new(cancel.clone(), |_| {});
    let media = Media::open(&path, &Limits::default(), &ctx).unwrap();
    // One frame in twenty seconds: the second call waits while all the others are decoded.
    let mut frames = media.frames(Sampling::PerSecond(0.01), 1, &ctx).unwrap();
    frames.next().unwrap().unwrap();
    let raise = std::thread::spawn(move || cancel.cancel());
    match frames.next() {
        Some(Err(error)) => assert_eq!(error.code(), ErrorCode::Cancelled),
        other => panic!("{other:?}"),
    }
    raise.join().unwrap();
    assert!(frames.next().is_none());
    assert_eq!(children(), [""; 0]);
    assert_eq!(Media::open(&path, &Limits::default(), &ctx).unwrap_err().code(), ErrorCode::Cancelled);
}

#[test]
fn a_decoder_that_says_nothing_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v libx264", source("64x64", "10", "1")));
    let limits = Limits { silence: std::time::Duration::ZERO, ..Limits::default() };
    let error = Media::open(&path, &limits, &Ctx::silent()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TimedOut);
    assert_eq!(children(), [""; 0]);
}

#[test]
fn a_frame_over_the_limit_is_refused_before_decoding() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v libx264", source("640x480", "10", "1")));
    let limits = Limits { video_pixels: 640 * 479, ..Limits::default() };
    let error = Media::open(&path, &limits, &Ctx::silent()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TooLarge);
    let limits = Limits { video_bytes: Some(10), ..Limits::default() };
    assert_eq!(Media::open(&path, &limits, &Ctx::silent()).unwrap_err().code(), ErrorCode::TooLarge);
}

#[test]
fn playlists_open_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clip = make(dir.path(), "a.ts", &format!("{} -c:v libx264", source("64x64", "10", "1")));
    let lists = [
        ("list.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", clip.display())),
        ("list.mp4", format!("ffconcat version 1.0\nfile '{}'\n", clip.display())),
        ("list.mpd", "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>".to_owned()),
        ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n".to_owned()),
    ];
    for (name, text) in lists {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(identify(&path).unwrap_err().code(), ErrorCode::NotMedia, "{name}");
    }
    // A pattern of file names must not be taken for the files that fit it.
    ffmpeg(["-i", clip.to_str().unwrap(), dir.path().join("p%03d.png").to_str().unwrap()]);
    assert_eq!(identify(&dir.path().join("p%03d.png")).unwrap_err().code(), ErrorCode::NotFound);
}
