-- One file is one ledger, of format 4. A report is `records` joined with `rows`.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row is one copy to make. status: pending, sending (a request may be out), copied, failed, uncertain.
CREATE TABLE rows (
    id             INTEGER PRIMARY KEY,
    row_id         TEXT NOT NULL UNIQUE,
    fields         TEXT NOT NULL, -- the known cells, as they are or will be sent
    constants      TEXT NOT NULL, -- JSON array: the columns whose value came from --set or is a mapping's own
    taken          TEXT, -- JSON object: what a mapping's templates took from the list's cells, where that is not the text in `fields`
    seal           BLOB, -- of `fields` and `taken`, where there is `taken`: `hash` does not cover the words of templates
    hash           BLOB NOT NULL, -- of the content that `fields` holds
    audience       TEXT NOT NULL, -- source session and signers' e-mails
    lookalike      BLOB, -- what rows without a key of their own share that look alike
    transaction_id TEXT NOT NULL,
    expires_on     TEXT,
    status         TEXT NOT NULL,
    new_session_id TEXT UNIQUE,
    error_class    TEXT,
    error          TEXT NOT NULL DEFAULT '',
    http_status    INTEGER,
    attempts       INTEGER NOT NULL DEFAULT 0, -- requests that may have left this machine
    first_sent_at  INTEGER, -- this and all times: milliseconds since 1970, UTC
    finished_at    INTEGER,
    -- The last attempt of all that had begun when this row's last one ended: the order of what
    -- happened, whatever the clock said.
    ended_after    INTEGER,
    is_over_limit  INTEGER -- 1: failed by --max-per-address
) STRICT;
-- A service may take ids that differ only in case for one.
CREATE INDEX rows_of_transaction ON rows (transaction_id COLLATE NOCASE);
-- `audience` begins with the source session, 36 characters.
CREATE INDEX copies_of_source ON rows (substr(audience, 1, 36), ended_after)
    WHERE status = 'copied';

CREATE INDEX rows_of_lookalike ON rows (lookalike) WHERE lookalike IS NOT NULL;

-- Every content that a row has had.
CREATE TABLE contents (
    hash BLOB NOT NULL,
    row  INTEGER NOT NULL REFERENCES rows (id),
    PRIMARY KEY (hash, row)
) STRICT, WITHOUT ROWID;

-- Every attempt: committed before its request's first byte is written, never deleted.
CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY,
    row         INTEGER NOT NULL REFERENCES rows (id),
    run         INTEGER NOT NULL REFERENCES runs (id),
    began_at    INTEGER NOT NULL,
    ended_at    INTEGER,
    class       TEXT, -- copied, refused, not_sent, unknown; none while the request is out
    http_status INTEGER,
    text        TEXT
) STRICT;
CREATE INDEX attempts_of_row ON attempts (row);

-- What was found out about uncertain rows, by looking up or by asking a person; never deleted.
CREATE TABLE settlements (
    id             INTEGER PRIMARY KEY,
    row            INTEGER NOT NULL REFERENCES rows (id),
    run            INTEGER REFERENCES runs (id), -- none: a person's answer
    settled_at     INTEGER NOT NULL,
    status         TEXT NOT NULL, -- what the row became
    new_session_id TEXT,
    text           TEXT NOT NULL
) STRICT;
CREATE INDEX settlements_of_row ON settlements (row);

-- Rows that a report without its ledger calls failed or pending, with what it says of them; they
-- are uncertain until a look-up bears that out.
CREATE TABLE taken_over (
    row         INTEGER PRIMARY KEY REFERENCES rows (id),
    error_class TEXT,
    error       TEXT NOT NULL,
    http_status INTEGER
) STRICT;

CREATE TABLE manifests (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    size        INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    sha256      BLOB NOT NULL,
    options     TEXT NOT NULL, -- the flags that change what an import means
    columns     TEXT NOT NULL, -- JSON array: the headers, canonical where known
    imported_at INTEGER NOT NULL,
    separator   TEXT, -- how it was written as CSV, for its report; none: not known, or no CSV
    has_mark    INTEGER, -- whether it began with a byte order mark
    mapped_from TEXT -- JSON array: its own columns that the templates of its mapping name; none: no mapping
) STRICT;

-- The records of each manifest's latest import.
CREATE TABLE records (
    manifest INTEGER NOT NULL REFERENCES manifests (id),
    number   INTEGER NOT NULL,
    line     INTEGER NOT NULL,
    row      INTEGER NOT NULL REFERENCES rows (id),
    hash     BLOB NOT NULL, -- of the content that the record had
    other    TEXT NOT NULL, -- JSON object: the cells of the other columns
    PRIMARY KEY (manifest, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_of_row ON records (row);

-- Rows that were edited in a manifest while they could not take it: what their record says has
-- never been theirs. (What was since corrected in a report has been. A record without a hash is a
-- line of a report that became a ledger: what its row has.)
CREATE VIEW changed AS
    SELECT records.row, records.manifest FROM records JOIN rows ON rows.id = records.row
    WHERE records.hash <> rows.hash AND records.hash <> x''
      AND NOT EXISTS (SELECT 1 FROM contents
          WHERE contents.row = rows.id AND contents.hash = records.hash);

-- Rows that a manifest had once and no longer has.
CREATE TABLE former (
    manifest INTEGER NOT NULL REFERENCES manifests (id),
    row      INTEGER NOT NULL REFERENCES rows (id),
    hash     BLOB NOT NULL,
    other    TEXT NOT NULL,
    PRIMARY KEY (manifest, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id        INTEGER PRIMARY KEY,
    manifest  INTEGER NOT NULL REFERENCES manifests (id),
    command   TEXT NOT NULL, -- as typed; nothing secret can stand there
    report    TEXT NOT NULL DEFAULT '', -- where its report is
    username  TEXT,
    pid       INTEGER NOT NULL,
    host      TEXT NOT NULL,
    began_at  INTEGER NOT NULL,
    ended_at  INTEGER,
    exit_code INTEGER,
    stop      TEXT, -- what stopped it, in words
    trouble   TEXT -- what its user must know of before the next command
) STRICT;

-- Report files that hold nothing that is not here.
CREATE TABLE reports (
    sha256   BLOB PRIMARY KEY,
    noted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The addresses of the latest --exclude list, as they are compared.
CREATE TABLE excluded_addresses (
    address BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- That look-ups of a username find a known copy of a source session.
CREATE TABLE proofs (
    username   TEXT NOT NULL,
    source     TEXT NOT NULL,
    known_copy TEXT NOT NULL,
    proven_at  INTEGER NOT NULL,
    PRIMARY KEY (username, source)
) STRICT, WITHOUT ROWID;
