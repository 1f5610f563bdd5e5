CREATE TABLE ledger (
    id TEXT NOT NULL,                    -- drawn when it was made: a copy has the same, another ledger has not
    age INTEGER NOT NULL                 -- transactions that changed something; an older copy has fewer
);
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,           -- --account, by default the host
    ceiling_bytes INTEGER,               -- a body of this size was refused as too large
    counting TEXT,                       -- how its answers count errors: apart, inside
    paused_until REAL,                   -- epoch seconds by the clock of the 429 that asked to wait until then
    clock_offset REAL                    -- its Date header minus our clock, seconds
);
CREATE TABLE accesses (
    address TEXT NOT NULL,               -- host, port and path in their normal form
    key_fingerprint TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (address, key_fingerprint)
);
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id)
);
CREATE TABLE batches (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    number INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    phones BLOB NOT NULL,                -- every number of the batch in order, packed
    PRIMARY KEY (run_id, number)
);
CREATE TABLE pieces (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    batch INTEGER NOT NULL,
    offsets BLOB NOT NULL,               -- places in the batch, packed
    state TEXT NOT NULL,
    history TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    imported INTEGER, skipped INTEGER, errors INTEGER,
    named BLOB,                          -- contacts that differ from the piece, packed
    not_before_wall REAL, not_before_monotonic REAL, boot TEXT,
    FOREIGN KEY (run_id, batch) REFERENCES batches (run_id, number)
);
CREATE INDEX pieces_of_batch ON pieces (run_id, batch);
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    run_id TEXT NOT NULL,
    piece_id INTEGER REFERENCES pieces (id),
    batch INTEGER,
    kind TEXT NOT NULL,                  -- bulk, probe, list, create, update, delete
    rows INTEGER NOT NULL,
    body_sha256 TEXT,
    begun_wall REAL NOT NULL, begun_monotonic REAL NOT NULL, boot TEXT NOT NULL,
    ended_monotonic REAL,                -- when its answer had come or was given up, as begun_monotonic
    date REAL,                           -- its answer's own Date header, epoch seconds
    verdict TEXT,                        -- null: the outcome is not known
    status INTEGER,
    trouble TEXT,
    reply BLOB,                          -- a bulk answer's first 256 KiB, as received
    seconds REAL,
    clock_offset REAL                    -- the API's clock minus ours, as its answer told, or the last one before it
);
CREATE INDEX attempts_of_account ON attempts (account_id, begun_wall);
CREATE INDEX attempts_of_run ON attempts (run_id, batch);
CREATE TABLE removals (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    batch INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,           -- place in the batch
    contact_id TEXT NOT NULL,
    state TEXT NOT NULL,                 -- intended, removed, gone (somebody else was first), failed
    detail TEXT,
    at REAL NOT NULL,                    -- epoch seconds
    PRIMARY KEY (run_id, batch, "offset")
);
CREATE TABLE capabilities (
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,                 -- what a write check saw
    proven_at REAL NOT NULL,             -- epoch seconds
    PRIMARY KEY (account_id, name)
);
CREATE TABLE updates (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    position INTEGER NOT NULL,           -- of the row in the run, from 0
    contact_id TEXT,                     -- null where no contact with the number was found
    state TEXT NOT NULL,                 -- ready, intended, updated, same (nothing to change), absent, refused, suppressed
    detail TEXT,
    at REAL NOT NULL,                    -- epoch seconds
    PRIMARY KEY (run_id, position)
);
CREATE TABLE readings (
    run_id TEXT PRIMARY KEY REFERENCES runs (run_id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    put_away REAL NOT NULL,              -- epoch seconds
    reading BLOB NOT NULL                -- a pass over the account's list that was broken off
);
