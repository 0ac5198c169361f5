//! Byte strings of any number: the newest in memory, the others in a file without a name. So a
//! rehearsal's memory hardly grows with its sessions, and no database has to be asked for them.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// How much is gathered in memory before it is put away. No record may be larger.
const CHUNK: usize = 256 * 1024;

/// Where a record is.
#[derive(Clone, Copy)]
pub struct Place {
    at: u32,
    length: u32,
}

/// The records. None is ever changed or removed.
#[derive(Default)]
pub struct RecordFile {
    file: Option<File>,
    /// How many bytes are in the file.
    stored: u64,
    /// What follows in memory: one chunk, or more where no file can be had.
    recent: Vec<u8>,
}

impl RecordFile {
    /// Keeps a record. `None` when it is larger than a chunk or 4 GiB are full.
    pub fn push(&mut self, record: &[u8]) -> Option<Place> {
        if record.len() > CHUNK {
            return None;
        }
        if self.recent.len() + record.len() > CHUNK {
            self.put_away();
        }
        let place = Place {
            at: u32::try_from(self.stored + self.recent.len() as u64).ok()?,
            length: record.len() as u32,
        };
        self.recent.extend_from_slice(record);
        Some(place)
    }

    /// The record that was kept at `place`.
    pub fn read(&self, place: Place) -> Vec<u8> {
        let (at, length) = (u64::from(place.at), place.length as usize);
        if let Some(at) = at.checked_sub(self.stored) {
            return self.recent[at as usize..][..length].to_vec();
        }
        let mut record = vec![0; length];
        let file = self.file.as_ref().expect("what is stored has a file");
        file.read_exact_at(&mut record, at)
            .expect("our own file can be read");
        record
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_from_memory_and_file() {
        let mut records = RecordFile::default();
        let text = |number: usize| vec![number as u8; number % 1500];
        let places: Vec<_> = (0..3000)
            .map(|number| records.push(&text(number)))
            .collect();
        assert!(records.stored > 0 && records.recent.len() <= CHUNK);
        for (number, place) in places.into_iter().enumerate() {
            let read = records.read(place.expect("it fits"));
            assert_eq!(read, text(number), "{number}");
        }
        assert!(records.push(&vec![0; CHUNK + 1]).is_none());
    }
}
