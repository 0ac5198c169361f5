//! Byte strings kept by number: the newest in memory, the others in a file without a name. So a
//! rehearsal's memory hardly grows with its sessions.

use std::borrow::Cow;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// How much is gathered in memory before it is put away. No string may be larger.
const CHUNK: usize = 256 * 1024;

/// What is read at once: nearly every string is shorter.
const READ: usize = 512;

/// How many bytes tell a string's length.
const LENGTH: usize = 4;

/// The strings, laid one after another. Nothing is ever freed, and growing moves nothing.
#[derive(Default)]
pub(in crate::sandbox) struct Arena {
    /// Gone with the process, however that ends.
    file: Option<File>,
    /// How many bytes the file holds.
    stored: u64,
    /// What follows in memory: one chunk, or more where no file can be had.
    recent: Vec<u8>,
}

impl Arena {
    /// Keeps `bytes` and tells where. `None` when they are larger than a chunk or the arena is
    /// full at 4 GiB.
    pub(in crate::sandbox) fn push(&mut self, bytes: &[u8]) -> Option<u32> {
        if bytes.len() + LENGTH > CHUNK {
            return None;
        }
        if self.recent.len() + LENGTH + bytes.len() > CHUNK {
            self.put_away();
        }
        let at = u32::try_from(self.stored + self.recent.len() as u64).ok()?;
        let length = u32::try_from(bytes.len()).ok()?;
        self.recent.extend(length.to_le_bytes());
        self.recent.extend_from_slice(bytes);
        Some(at)
    }

    /// The string that was kept at `at`.
    pub(in crate::sandbox) fn read(&self, at: u32) -> Cow<'_, [u8]> {
        match u64::from(at).checked_sub(self.stored) {
            Some(at) => {
                let (length, rest) = parts(&self.recent[at as usize..]);
                Cow::Borrowed(&rest[..length])
            }
            None => Cow::Owned(self.read_stored(u64::from(at))),
        }
    }

    fn read_stored(&self, at: u64) -> Vec<u8> {
        let file = self.file.as_ref().expect("what is stored has a file");
        let mut start = [0; READ];
        let known = READ.min(usize::try_from(self.stored - at).unwrap_or(READ));
        file.read_exact_at(&mut start[..known], at)
            .expect("our own file can be read");
        let (length, rest) = parts(&start[..known]);
        if length <= rest.len() {
            return rest[..length].to_vec();
        }
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, at + LENGTH as u64)
            .expect("our own file can be read");
        bytes
    }

    /// Moves what is in memory to the file. A full disk, or no folder to put it in, must not end
    /// a rehearsal: then it stays where it is, and the next chunk tries again.
    fn put_away(&mut self) {
        if self.file.is_none() {
            self.file = tempfile::tempfile().ok();
        }
        let Some(file) = &self.file else { return };
        if file.write_all_at(&self.recent, self.stored).is_ok() {
            self.stored += self.recent.len() as u64;
            self.recent.clear();
        }
    }
}

fn parts(bytes: &[u8]) -> (usize, &[u8]) {
    let (length, rest) = bytes.split_first_chunk().expect("a length stands first");
    (u32::from_le_bytes(*length) as usize, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_from_memory_and_file() {
        let mut arena = Arena::default();
        let text = |number: usize| vec![number as u8; number % 1500];
        let places: Vec<_> = (0..3000).map(|number| arena.push(&text(number))).collect();
        assert!(arena.stored > 0 && arena.recent.len() <= CHUNK);
        for (number, at) in places.into_iter().enumerate() {
            let read = arena.read(at.expect("it fits"));
            assert_eq!(*read, text(number), "{number}");
        }
        assert_eq!(arena.push(&vec![0; CHUNK]), None);
    }
}
