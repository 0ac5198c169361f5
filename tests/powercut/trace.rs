//! The records that shim.c writes, read back in their order.

use std::path::Path;

/// What a record says happened. Paths are names inside the watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A process began: its file descriptors have nothing to do with an earlier one's.
    Start,
    /// A file that was not there was opened.
    Create {
        name: String,
        inode: u64,
    },
    /// A file that was there was opened.
    Open {
        name: String,
        inode: u64,
    },
    Write {
        inode: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    Truncate {
        inode: u64,
        length: u64,
    },
    /// All of a file's content is durable.
    Sync {
        inode: u64,
    },
    /// All of the folder's entries are durable.
    SyncFolder,
    Rename {
        from: String,
        to: String,
    },
    Unlink {
        name: String,
    },
    /// Bytes left over a socket.
    Send {
        socket: u32,
        bytes: Vec<u8>,
    },
    Close {
        socket: u32,
    },
}

/// Reads a trace to its end.
pub fn read(path: &Path) -> Vec<Event> {
    let bytes = std::fs::read(path).unwrap();
    let mut reader = Reader { bytes: &bytes };
    let mut events = Vec::new();
    while !reader.bytes.is_empty() {
        events.push(reader.event());
    }
    events
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(count);
        self.bytes = rest;
        taken
    }

    fn u32(&mut self) -> u32 {
        u32::from_ne_bytes(self.take(4).try_into().unwrap())
    }

    fn u64(&mut self) -> u64 {
        u64::from_ne_bytes(self.take(8).try_into().unwrap())
    }

    /// `struct record` of shim.c, then its path and its data.
    fn event(&mut self) -> Event {
        let (kind, socket) = (self.u32(), self.u32());
        let (inode, offset) = (self.u64(), self.u64());
        let (path_bytes, data_bytes) = (self.u32() as usize, self.u32() as usize);
        let name = String::from_utf8(self.take(path_bytes).to_vec()).unwrap();
        let bytes = self.take(data_bytes).to_vec();
        match kind {
            1 => Event::Start,
            2 => Event::Create { name, inode },
            3 => Event::Open { name, inode },
            4 => Event::Write {
                inode,
                offset,
                bytes,
            },
            5 => Event::Truncate {
                inode,
                length: offset,
            },
            6 => Event::Sync { inode },
            7 => Event::SyncFolder,
            8 => Event::Rename {
                from: name,
                to: String::from_utf8(bytes).unwrap(),
            },
            9 => Event::Unlink { name },
            10 => Event::Send { socket, bytes },
            11 => Event::Close { socket },
            _ => panic!("the trace has a record of kind {kind}"),
        }
    }
}
