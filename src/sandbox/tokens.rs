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
const SWEEP: usize = 10_000;

/// A secret that nobody else on the machine can guess: sessions hold people's names and addresses.
pub(super) fn secret() -> String {
    // Keyed with randomness of the operating system's.
    let random = RandomState::new();
    [0, 1]
        .map(|part| format!("{:016x}", random.hash_one(part)))
        .concat()
}

/// Encrypts `plain` under `salt`: the same each time, and reversible.
pub(super) fn encrypt(plain: &str, salt: &str) -> String {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(masked(plain.as_bytes(), salt));
    // Without a check a wrong salt would give some text instead of none.
    bytes.extend(checksum(plain.as_bytes(), salt).to_be_bytes());
    BASE64.encode(&bytes)
}

/// What [`encrypt`] encrypted; `None` when the salt is another or the text no ciphertext.
pub(super) fn decrypt(sealed: &str, salt: &str) -> Option<String> {
    let bytes = BASE64.decode(sealed.as_bytes()).ok()?;
    let (cipher, check) = bytes.strip_prefix(&MAGIC)?.split_last_chunk::<4>()?;
    let plain: Vec<u8> = masked(cipher, salt).collect();
    let genuine = checksum(&plain, salt).to_be_bytes() == *check;
    genuine.then(|| String::from_utf8(plain).ok()).flatten()
}

/// Adds the salt's key stream to the text, or takes it away.
fn masked(text: &[u8], salt: &str) -> impl Iterator<Item = u8> {
    let mut key = fastrand::Rng::with_seed(u64::from(checksum(b"key", salt)));
    text.iter().map(move |byte| byte ^ key.u8(..))
}

/// FNV-1a over salt and text.
fn checksum(bytes: &[u8], salt: &str) -> u32 {
    salt.bytes()
        .chain(bytes.iter().copied())
        .fold(0x811c_9dc5, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
}

/// Issues and checks tokens. A token carries its own time of issue, so live ones need no memory:
/// a client may ask for one with every copy.
pub(super) struct Tokens {
    key: RandomState,
    started: Instant,
    issued: u64,
    life: Duration,
    single_use: bool,
    /// The numbers of those that are used up, with their times of issue.
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
        self.token(self.issued, self.now_ms())
    }

    /// Whether the token is ours, alive, and not used up. A single-use token is used up by this.
    pub(super) fn accept(&mut self, token: &str) -> bool {
        let Some((number, issued_ms)) = self.read(token) else {
            return false;
        };
        let (now_ms, life) = (self.now_ms(), self.life.as_millis());
        let is_alive = |issued_ms: u64| u128::from(now_ms.saturating_sub(issued_ms)) <= life;
        if !is_alive(issued_ms) || !self.single_use {
            return is_alive(issued_ms);
        }
        if self.used.len() >= SWEEP {
            self.used.retain(|_, issued_ms| is_alive(*issued_ms));
        }
        self.used.insert(number, issued_ms).is_none()
    }

    fn read(&self, token: &str) -> Option<(u64, u64)> {
        let bytes = BASE64.decode(token.as_bytes()).ok()?;
        let (number, rest) = bytes.strip_prefix(&MAGIC)?.split_first_chunk()?;
        let (issued_ms, _) = rest.split_first_chunk()?;
        let (number, issued_ms) = (u64::from_be_bytes(*number), u64::from_be_bytes(*issued_ms));
        (token == self.token(number, issued_ms)).then_some((number, issued_ms))
    }

    fn token(&self, number: u64, issued_ms: u64) -> String {
        let check = self.key.hash_one((number, issued_ms));
        let parts = [number, issued_ms, check].map(u64::to_be_bytes);
        BASE64.encode(&[&MAGIC, parts.as_flattened()].concat())
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_with_its_salt_only() {
        let sealed = encrypt("secret key", "abc123");
        assert!(sealed.contains('/') && sealed.contains('+'));
        assert_eq!(decrypt(&sealed, "abc123").as_deref(), Some("secret key"));
        assert_eq!(decrypt(&sealed, "abc124"), None);
        assert_eq!(decrypt("secret key", "abc123"), None);
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
