//! Where results go: standard output in one form, and the folder of `--out` in all of them.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use report::csv;
use scan::analysis::Analysis;
use scan::{Draft, ScanError};

use crate::args::Format;
use crate::text::TextStyle;

/// Names of the files in the folder of `--out`.
const JSON_LINES: &str = "analyses.jsonl";
const TABLE: &str = "analyses.csv";
const SUMMARY: &str = "summary.txt";

/// Standard output takes no more.
#[derive(Debug, thiserror::Error)]
#[error("standard output: {0}")]
pub(crate) struct Unprinted(io::Error);

impl Unprinted {
    /// Whether whoever read it has closed it, and needs no telling.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every item was dealt with.
    Complete,
    /// It was stopped before.
    Cancelled,
}

/// Standard output in one form.
pub(crate) struct Output<'a, W: Write> {
    writer: W,
    format: Format,
    style: &'a TextStyle<'a>,
}

impl<'a, W: Write> Output<'a, W> {
    /// Writes what comes before the first item.
    pub(crate) fn open(writer: W, format: Format, style: &'a TextStyle<'a>) -> Result<Self, Unprinted> {
        let mut output = Self { writer, format, style };
        if format == Format::Csv {
            output.print(&csv::header())?;
        }
        Ok(output)
    }

    /// One item, at once.
    pub(crate) fn item(&mut self, analysis: &Analysis, json: &str) -> Result<(), Unprinted> {
        match self.format {
            Format::Text => self.print(&self.style.item(analysis)),
            Format::Json => self.print(&format!("{json}\n")),
            Format::Csv => self.print(&csv::rows(analysis)),
        }
    }

    /// What comes after the last item.
    pub(crate) fn close(&mut self) -> Result<(), Unprinted> {
        if self.format == Format::Text { self.print(&self.style.footer()) } else { Ok(()) }
    }

    fn print(&mut self, text: &str) -> Result<(), Unprinted> {
        self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()).map_err(Unprinted)
    }
}

/// The folder of `--out`: drafts that get their names when the batch ends.
pub(crate) struct Folder<'a> {
    path: PathBuf,
    json_lines: Draft,
    table: Draft,
    summary: Draft,
    style: &'a TextStyle<'a>,
    items: usize,
}

impl<'a> Folder<'a> {
    /// Opens or creates the folder.
    ///
    /// # Errors
    /// [`ScanError::Write`] when that is refused.
    pub(crate) fn open(path: &Path, style: &'a TextStyle<'a>) -> Result<Self, ScanError> {
        fs::create_dir_all(path).map_err(|source| ScanError::Write { path: path.to_path_buf(), source })?;
        scan::sweep(path);
        let mut table = Draft::create(&path.join(TABLE))?;
        table.write(csv::header().as_bytes())?;
        let (json_lines, summary) = (Draft::create(&path.join(JSON_LINES))?, Draft::create(&path.join(SUMMARY))?);
        Ok(Self { path: path.to_path_buf(), json_lines, table, summary, style, items: 0 })
    }

    /// One item in every form.
    ///
    /// # Errors
    /// [`ScanError::Write`] when the disk refuses.
    pub(crate) fn item(&mut self, analysis: &Analysis, json: &str) -> Result<(), ScanError> {
        self.json_lines.write(json.as_bytes())?;
        self.json_lines.write(b"\n")?;
        self.table.write(csv::rows(analysis).as_bytes())?;
        self.summary.write(self.style.item(analysis).as_bytes())?;
        self.items += 1;
        Ok(())
    }

    /// Gives the files their names. A cancelled batch does not replace the files of one that had come
    /// further; its finished items stand in `analyses/` all the same. `stopped` says in the summary that some are missing.
    ///
    /// # Errors
    /// [`ScanError::Write`] when the disk refuses.
    pub(crate) fn close(mut self, ending: Ending, stopped: Option<&str>) -> Result<(), ScanError> {
        if ending == Ending::Cancelled && lines(&self.path.join(JSON_LINES)) > self.items {
            return Ok(());
        }
        if let Some(stopped) = stopped {
            self.summary.write(format!("{stopped}\n\n").as_bytes())?;
        }
        self.summary.write(self.style.footer().as_bytes())?;
        self.json_lines.publish()?;
        self.table.publish()?;
        self.summary.publish()
    }
}

fn lines(path: &Path) -> usize {
    fs::File::open(path).map_or(0, |file| BufReader::new(file).split(b'\n').map_while(Result::ok).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glyphs::Glyphs;
    use crate::tests::analysis;
    use crate::words::Lang;
    use scan::analysis::{Reason, Verdict};

    const STYLE: fn() -> TextStyle<'static> =
        || TextStyle { words: Lang::En.words(), glyphs: Glyphs::Unicode, policies: &[] };

    #[test]
    fn a_closed_output_is_told_not_panicked_over() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let style = STYLE();
        assert!(Output::open(Broken, Format::Csv, &style).is_err_and(|error| error.is_closed()));
        let mut text = Output::open(Broken, Format::Text, &style).unwrap();
        let item = text.item(&analysis("a", Verdict::not_examined([Reason::NoFace])), "");
        assert!(item.is_err_and(|error| error.is_closed()));
    }

    #[test]
    fn a_cancelled_batch_does_not_replace_a_longer_one() {
        let (dir, style) = (tempfile::tempdir().unwrap(), STYLE());
        let item = analysis("a", Verdict::not_examined([Reason::NoFace]));
        let write = |items: usize, ending| {
            let mut folder = Folder::open(dir.path(), &style).unwrap();
            for _ in 0..items {
                folder.item(&item, "{}").unwrap();
            }
            folder.close(ending, (ending == Ending::Cancelled).then_some("stopped")).unwrap();
            assert!(
                ending == Ending::Complete || fs::read_to_string(dir.path().join(SUMMARY)).unwrap().contains("stopped")
            );
            lines(&dir.path().join(JSON_LINES))
        };
        assert_eq!(write(2, Ending::Cancelled), 2);
        assert_eq!(write(1, Ending::Cancelled), 2);
        assert_eq!(write(1, Ending::Complete), 1);
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [TABLE, JSON_LINES, SUMMARY]);
    }
}
