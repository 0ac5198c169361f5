//! A disk that keeps what was synced, and of the rest whatever it likes.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;

use crate::trace::Event;

/// What a power cut leaves of that which was not synced yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Luck {
    /// Only what was synced, of contents and of the folder's entries.
    Nothing,
    /// All of it.
    Everything,
    /// All entries, and any of the writes.
    SomeWrites,
    /// Any of the writes, each torn into sectors of which any are there; any of the entries.
    SomeSectors,
    /// All writes, and none of the entries.
    NoEntries,
}

pub const LUCKS: [Luck; 5] = [
    Luck::Nothing,
    Luck::Everything,
    Luck::SomeWrites,
    Luck::SomeSectors,
    Luck::NoEntries,
];

const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

#[derive(Debug, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Entry {
    Set(String, usize),
    Rename(String, String),
    Remove(String),
}

/// A folder on a disk, in the middle of being worked on.
#[derive(Debug, Default)]
pub struct Disk {
    contents: Vec<Content>,
    /// An inode number is used again once its file is gone: the latest file that has it.
    by_inode: HashMap<u64, usize>,
    durable_entries: BTreeMap<String, usize>,
    pending_entries: Vec<Entry>,
}

impl Disk {
    /// The next thing happens.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Create { name, inode } => {
                let content = self.new_content(*inode);
                self.pending_entries.push(Entry::Set(name.clone(), content));
            }
            // What was there before the trace began was durable; only its changes are ours.
            Event::Open { name, inode } if !self.by_inode.contains_key(inode) => {
                let content = self.new_content(*inode);
                self.durable_entries.insert(name.clone(), content);
            }
            Event::Write {
                inode,
                offset,
                bytes,
            } => {
                let (offset, bytes) = (*offset as usize, bytes.clone());
                self.of(*inode)
                    .pending
                    .push(Change::Write { offset, bytes });
            }
            Event::Truncate { inode, length } => {
                let change = Change::Truncate(*length as usize);
                self.of(*inode).pending.push(change);
            }
            Event::Sync { inode } => {
                let content = self.of(*inode);
                for change in std::mem::take(&mut content.pending) {
                    make(&mut content.durable, &change);
                }
            }
            Event::SyncFolder => {
                for entry in std::mem::take(&mut self.pending_entries) {
                    enter(&mut self.durable_entries, entry);
                }
            }
            Event::Rename { from, to } => {
                let entry = Entry::Rename(from.clone(), to.clone());
                self.pending_entries.push(entry);
            }
            Event::Unlink { name } => self.pending_entries.push(Entry::Remove(name.clone())),
            Event::Open { .. } | Event::Start | Event::Send { .. } | Event::Close { .. } => {}
        }
    }

    fn new_content(&mut self, inode: u64) -> usize {
        self.contents.push(Content::default());
        let content = self.contents.len() - 1;
        self.by_inode.insert(inode, content);
        content
    }

    fn of(&mut self, inode: u64) -> &mut Content {
        let content = self.by_inode[&inode];
        &mut self.contents[content]
    }

    /// The folder as it may be found after a power cut now.
    pub fn image(&self, luck: Luck, random: &mut Rng) -> BTreeMap<String, Vec<u8>> {
        let entries = self.entries(luck, random);
        let content = |content: usize| self.content(content, luck, random);
        let (names, contents): (Vec<String>, Vec<usize>) = entries.into_iter().unzip();
        let contents: Vec<Vec<u8>> = contents.into_iter().map(content).collect();
        names.into_iter().zip(contents).collect()
    }

    fn entries(&self, luck: Luck, random: &mut Rng) -> BTreeMap<String, usize> {
        // A rename whose source is not there does nothing; so entries are entered as if all
        // were, and a name that a lost change would have given is left as it was.
        let mut all = self.durable_entries.clone();
        let mut kept = self.durable_entries.clone();
        for entry in &self.pending_entries {
            let is_kept = match luck {
                Luck::Nothing | Luck::NoEntries => false,
                Luck::Everything | Luck::SomeWrites => true,
                Luck::SomeSectors => random.bool(),
            };
            let moved = match entry {
                Entry::Rename(from, to) => Some((from.clone(), to.clone(), all.get(from).copied())),
                _ => None,
            };
            enter(&mut all, entry.clone());
            match moved {
                _ if !is_kept => {}
                Some((from, to, content)) => {
                    kept.remove(&from);
                    kept.extend(content.map(|content| (to, content)));
                }
                None => enter(&mut kept, entry.clone()),
            }
        }
        kept
    }

    fn content(&self, content: usize, luck: Luck, random: &mut Rng) -> Vec<u8> {
        let content = &self.contents[content];
        let mut bytes = content.durable.clone();
        for change in &content.pending {
            match (luck, change) {
                (Luck::Nothing, _) => {}
                (Luck::Everything | Luck::NoEntries, change) => make(&mut bytes, change),
                (Luck::SomeSectors, Change::Write { offset, bytes: new }) => {
                    for (number, sector) in new.chunks(SECTOR).enumerate() {
                        if random.bool() {
                            write(&mut bytes, offset + number * SECTOR, sector);
                        }
                    }
                }
                (Luck::SomeWrites | Luck::SomeSectors, change) => {
                    if random.bool() {
                        make(&mut bytes, change);
                    }
                }
            }
        }
        bytes
    }
}

fn enter(entries: &mut BTreeMap<String, usize>, entry: Entry) {
    match entry {
        Entry::Set(name, content) => drop(entries.insert(name, content)),
        Entry::Remove(name) => drop(entries.remove(&name)),
        Entry::Rename(from, to) => {
            let content = entries.remove(&from);
            entries.extend(content.map(|content| (to, content)));
        }
    }
}

fn make(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, bytes } => write(content, *offset, bytes),
        Change::Truncate(length) => content.resize(*length, 0),
    }
}

fn write(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}
