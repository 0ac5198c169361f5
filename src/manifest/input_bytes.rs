//! The bytes of an input file on their way to text: hashed as they stand, unpacked, decoded.

use std::io::{self, Read, Seek};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use flate2::read::MultiGzDecoder;
use fs_err::File;
use sha2::{Digest, Sha256};

/// What a file begins with that is compressed by gzip.
pub(super) const GZIP_MARK: &[u8] = b"\x1f\x8b";

/// A file's bytes from their beginning.
pub(super) enum Bytes {
    File(File),
    /// Read by position: every reader of the copy has its own.
    Copy(Arc<std::fs::File>, u64),
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Copy(file, position) => {
                let length = file.read_at(buffer, *position)?;
                *position += length as u64;
                Ok(length)
            }
        }
    }
}

/// Bytes on their way past a hash.
pub(super) struct Hashed<R> {
    inner: R,
    digest: Sha256,
}

impl<R: Read> Hashed<R> {
    pub(super) fn new(inner: R) -> Self {
        let digest = Sha256::new();
        Self { inner, digest }
    }

    /// Reads what is left, and says the hash of all.
    pub(super) fn finish(mut self) -> io::Result<[u8; 32]> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.sha256())
    }

    /// The hash of what was read.
    pub(super) fn sha256(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.digest.update(&buffer[..length]);
        Ok(length)
    }
}

/// A file's bytes without what they are packed in.
pub(super) enum Unpacked<R: Read> {
    Plain(R),
    Gzip(Box<MultiGzDecoder<R>>),
    /// A workbook's sheet as CSV. What the workbook itself is read from stays unread.
    Sheet(Bytes),
}

impl<R: Read> Unpacked<R> {
    /// The bytes of a file of which nothing is known.
    pub(super) fn of_file(mut file: R) -> io::Result<Self>
    where
        R: Seek,
    {
        let mut start = Vec::new();
        file.by_ref().take(2).read_to_end(&mut start)?;
        file.rewind()?;
        Ok(match start == GZIP_MARK {
            true => Self::gzip(file),
            false => Self::Plain(file),
        })
    }

    pub(super) fn gzip(bytes: R) -> Self {
        Self::Gzip(Box::new(MultiGzDecoder::new(bytes)))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(bytes) => bytes.read(buffer),
            Self::Gzip(bytes) => bytes.read(buffer).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::InvalidData => io::Error::other(format!(
                    "the gzip archive is damaged or cut off ({error}); get or make it again"
                )),
                _ => error,
            }),
            Self::Sheet(bytes) => bytes.read(buffer),
        }
    }
}

/// Bytes as UTF-8 text: a byte order mark is obeyed and dropped.
pub(super) type Decoded<R> = DecodeReaderBytes<R, Vec<u8>>;

/// Text of an encoding that was named. Without one, what is no UTF-8 passes as it is.
pub(super) fn decode<R: Read>(bytes: R, encoding: Option<&'static Encoding>) -> Decoded<R> {
    DecodeReaderBytesBuilder::new()
        .encoding(encoding.filter(|named| *named != UTF_8))
        .bom_override(true)
        .utf8_passthru(true)
        .strip_bom(true)
        .build(bytes)
}
