CREATE TABLE cases (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE analyses (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id       INTEGER REFERENCES cases (id) ON DELETE CASCADE,
    -- Shown among the recent ones; what is neither listed nor in a case goes when the program starts again.
    listed        INTEGER NOT NULL,
    name          TEXT NOT NULL,
    -- The exact bytes of the path, and the file's size and time of change when it was examined.
    path          BLOB NOT NULL,
    bytes         INTEGER,
    modified_us   INTEGER,
    sha256        TEXT,
    -- Everything that changes results, as one hash.
    configuration TEXT NOT NULL,
    -- For lists, so that no document has to be unpacked: JSON of the kind, the verdict and the error.
    kind          TEXT,
    verdict       TEXT NOT NULL,
    error         TEXT,
    people        INTEGER NOT NULL,
    duration_us   INTEGER,
    analysed_at   TEXT NOT NULL,
    note          TEXT NOT NULL DEFAULT '',
    -- Deflated JSON: facefiction.analysis/1, and what the shell keeps beside it.
    document      BLOB NOT NULL,
    basis         BLOB NOT NULL
) STRICT;
CREATE INDEX analyses_by_case ON analyses (case_id);
CREATE INDEX analyses_by_content ON analyses (sha256, configuration);
CREATE INDEX analyses_by_size ON analyses (bytes, configuration);
CREATE INDEX analyses_by_time ON analyses (analysed_at);

-- Ranges that were examined again at every frame: deflated JSON of their frames.
CREATE TABLE refined (
    analysis_id INTEGER NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
    from_us     INTEGER NOT NULL,
    to_us       INTEGER NOT NULL,
    frames      BLOB NOT NULL,
    PRIMARY KEY (analysis_id, from_us, to_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE thumbnails (
    analysis_id INTEGER NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    jpeg        BLOB NOT NULL,
    PRIMARY KEY (analysis_id, name)
) STRICT, WITHOUT ROWID;

-- Row 2n is analysis n, row 2n + 1 is case n. Deleted words are removed from the index at once.
CREATE VIRTUAL TABLE words USING fts5 (title, note, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
