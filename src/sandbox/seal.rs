//! The toy cipher, and the tokens made with it. Nothing here protects anything: it only behaves
//! like the service, whose cipher is not published. (D)

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use data_encoding::BASE64;

/// Three bytes that Base64 writes as `++//`: a client that puts a ciphertext into a path, or
/// forgets to undo `\/`, shall notice at once.
const MAGIC: [u8; 3] = [0xfb, 0xef, 0xff];

/// Used tokens are forgotten in sweeps, once this many have gathered.
const USED_TOKENS_SWEEP: usize = 10_000;

/// Encrypts `plain` under `salt`: the same each time, and reversible.
pub(super) fn seal(plain: &str, salt: &str) -> String {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(
        plain
            .bytes()
            .zip(key_stream(salt))
            .map(|(byte, key)| byte ^ key),
    );
    // Without a check a wrong salt would give some text instead of none.
    bytes.extend(checksum(plain.as_bytes(), salt).to_be_bytes());
    BASE64.encode(&bytes)
}

/// What [`seal`] encrypted; `None` when the salt is another or the text no ciphertext.
pub(super) fn unseal(sealed: &str, salt: &str) -> Option<String> {
    let bytes = BASE64.decode(sealed.as_bytes()).ok()?;
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (cipher, check) = rest.split_last_chunk::<4>()?;
    let plain: Vec<u8> = cipher
        .iter()
        .zip(key_stream(salt))
        .map(|(byte, key)| byte ^ key)
        .collect();
    let genuine = checksum(&plain, salt).to_be_bytes() == *check;
    genuine.then(|| String::from_utf8(plain).ok()).flatten()
}

fn key_stream(salt: &str) -> impl Iterator<Item = u8> {
    let mut random = fastrand::Rng::with_seed(u64::from(checksum(b"key", salt)));
    std::iter::repeat_with(move || random.u8(..))
}

/// FNV-1a over salt and text.
fn checksum(bytes: &[u8], salt: &str) -> u32 {
    salt.bytes()
        .chain(bytes.iter().copied())
        .fold(0x811c_9dc5, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
}

/// Issues and checks tokens. A token carries its own time of issue, so live ones need no memory.
pub(super) struct Tokens {
    key: RandomState,
    started: Instant,
    issued: u64,
    life: Duration,
    single_use: bool,
    used: HashMap<u64, u64>,
}

impl Tokens {
    pub(super) fn new(life: Duration, single_use: bool) -> Self {
        Self {
            key: RandomState::new(),
            started: Instant::now(),
            issued: 0,
            life,
            single_use,
            used: HashMap::new(),
        }
    }

    /// A new token.
    pub(super) fn issue(&mut self) -> String {
        self.issued += 1;
        let (number, time) = (self.issued, self.now());
        let mut bytes = MAGIC.to_vec();
        bytes.extend(number.to_be_bytes());
        bytes.extend(time.to_be_bytes());
        bytes.extend(self.key.hash_one((number, time)).to_be_bytes());
        BASE64.encode(&bytes)
    }

    /// Whether the token is ours, alive, and not used up. A single-use token is used up by this.
    pub(super) fn accept(&mut self, token: &str) -> bool {
        let Some((number, time)) = self.read(token) else {
            return false;
        };
        let now = self.now();
        let life = u64::try_from(self.life.as_millis()).unwrap_or(u64::MAX);
        if now.saturating_sub(time) > life {
            return false;
        }
        if !self.single_use {
            return true;
        }
        if self.used.len() >= USED_TOKENS_SWEEP {
            self.used
                .retain(|_, time| now.saturating_sub(*time) <= life);
        }
        self.used.insert(number, time).is_none()
    }

    fn read(&self, token: &str) -> Option<(u64, u64)> {
        let bytes = BASE64.decode(token.as_bytes()).ok()?;
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let (time, check) = rest.split_first_chunk::<8>()?;
        let (number, time) = (u64::from_be_bytes(*number), u64::from_be_bytes(*time));
        (check == self.key.hash_one((number, time)).to_be_bytes()).then_some((number, time))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_with_its_salt_only() {
        let sealed = seal("secret key", "abc123");
        assert!(sealed.contains('/') && sealed.contains('+'));
        assert_eq!(unseal(&sealed, "abc123").as_deref(), Some("secret key"));
        assert_eq!(unseal(&sealed, "abc124"), None);
        assert_eq!(unseal("secret key", "abc123"), None);
    }

    #[test]
    fn tokens_expire_and_may_be_single_use() {
        let mut tokens = Tokens::new(Duration::from_secs(60), false);
        let token = tokens.issue();
        assert!(tokens.accept(&token) && tokens.accept(&token));
        assert!(!tokens.accept("++//AAAA"));
        let mut single = Tokens::new(Duration::from_secs(60), true);
        assert!(!single.accept(&token), "another sandbox's");
        let token = single.issue();
        assert!(single.accept(&token) && !single.accept(&token));
        let mut short = Tokens::new(Duration::ZERO, false);
        let token = short.issue();
        std::thread::sleep(Duration::from_millis(5));
        assert!(!short.accept(&token));
    }
}
