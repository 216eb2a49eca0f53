-- Heat maps of the explanations in an analysis's document, by their place there: the picture that a report shows, and
-- the map alone for the window. PNG.
CREATE TABLE heat_maps (
    analysis_id INTEGER NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
    place       INTEGER NOT NULL,
    picture     BLOB NOT NULL,
    overlay     BLOB NOT NULL,
    PRIMARY KEY (analysis_id, place)
) STRICT, WITHOUT ROWID;
