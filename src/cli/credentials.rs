//! The credentials, from variables or from files that variables name.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use secrecy::SecretString;

use super::variables::{API_KEY, SALT, TOKEN};
use super::{Environment, Failure, Message, Output};
use crate::executor::Credentials;
use crate::support::without_byte_order_mark;

/// So many bytes of a file are a secret; more are another file.
const MAX_SIZE: u64 = 64 * 1024;

/// Reads the credentials: a ready token, or the encrypted key with its salt, each from a
/// variable or from the file that `..._FILE` names. No message shows a value.
///
/// # Errors
/// When they are missing, said twice, or can't be read.
pub fn read(environment: &Environment) -> Result<Credentials, Failure> {
    let secret = |name| secret(environment, name);
    let (token, key, salt) = (secret(TOKEN)?, secret(API_KEY)?, secret(SALT)?);
    match (token, key, salt) {
        (Some(token), None, _) => Ok(Credentials::Token(token)),
        (None, Some(encrypted), Some(salt)) => Ok(Credentials::Key { encrypted, salt }),
        (Some(_), Some(_), _) => Err(Failure::usage(
            "both ESIGN_COPY_TOKEN and ESIGN_COPY_API_KEY are set; keep one of them",
        )),
        (None, Some(_), None) => Err(Failure::usage(
            "ESIGN_COPY_API_KEY is set, but not ESIGN_COPY_SALT, the salt that the key was encrypted with",
        )),
        (None, None, _) => Err(Failure::usage(
            "no credentials: set ESIGN_COPY_API_KEY (the encrypted key) and ESIGN_COPY_SALT, or \
             ESIGN_COPY_TOKEN. To read a value from a file, add _FILE to its name",
        )),
    }
}

/// Warns of files of credentials that everybody on the machine can read. Not with `-q`: it is so every
/// night.
pub fn warn_of_open_files(environment: &Environment, output: &Output) {
    for name in [TOKEN, API_KEY, SALT].map(|name| format!("{name}_FILE")) {
        let file = environment.variable(&name);
        let file = file.and_then(|path| std::fs::metadata(path).ok());
        if file.is_some_and(|file| file.mode() & 0o006 != 0) {
            let text = format!(
                "warning: everybody on this machine can read or change the file that {name} names. Run `chmod o-rwx` \
                 on it"
            );
            output.emit(&Message::info("credentials_open", text).with("variable", name));
        }
    }
}

fn secret(environment: &Environment, name: &str) -> Result<Option<SecretString>, Failure> {
    let file_name = format!("{name}_FILE");
    let (source, value) = match (environment.variable(name), environment.variable(&file_name)) {
        (Some(_), Some(_)) => {
            let text = format!("both {name} and {file_name} are set; keep one of them");
            return Err(Failure::usage(text));
        }
        (Some(value), None) => {
            let not_text = |_| Failure::usage(format!("{name} is not text in UTF-8"));
            (name.to_owned(), value.into_string().map_err(not_text)?)
        }
        (None, Some(path)) => {
            let unusable = |error| Failure::usage(format!("{file_name}: {error}"));
            let value = read_secret_file(Path::new(&path)).map_err(unusable)?;
            (format!("the file that {file_name} names"), value)
        }
        (None, None) => return Ok(None),
    };
    let value =
        trim_secret(&value).map_err(|problem| Failure::usage(format!("{source} {problem}")))?;
    Ok(Some(value.to_owned().into()))
}

/// What a file holds. Its path is shown in no error: it may be the
/// secret itself, put into the wrong variable. A named pipe would be waited for, and a device has no end.
fn read_secret_file(path: &Path) -> Result<String, String> {
    let unreadable =
        |error: std::io::Error| format!("the file that it names can't be read: {error}");
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let file = options.open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("it does not name a regular file".into());
    }
    let mut bytes = Vec::new();
    let read = file.take(MAX_SIZE + 1).read_to_end(&mut bytes);
    if read.map_err(unreadable)? as u64 > MAX_SIZE {
        let most = MAX_SIZE / 1024;
        return Err(format!(
            "the file that it names is over {most} KiB, too large for a secret"
        ));
    }
    String::from_utf8(without_byte_order_mark(bytes))
        .map_err(|_| "the file that it names is not text in UTF-8".into())
}

/// A secret without what is around it: white space, and the quotation marks that `docker --env-file`
/// hands over as part of the value.
fn trim_secret(value: &str) -> Result<&str, &'static str> {
    let value = value.trim_matches('\u{feff}').trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let within = value.strip_prefix(quote)?.strip_suffix(quote)?;
        Some(within.trim())
    });
    let value = quoted.unwrap_or(value);
    if value.is_empty() {
        return Err("is empty");
    }
    if value.starts_with(['"', '\'']) || value.ends_with(['"', '\'']) {
        return Err("begins or ends with a quotation mark; write the value without it");
    }
    if value.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err("has characters that an HTTP header can't carry");
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_what_an_env_file_leaves_around_it() {
        for value in [
            "k3y==",
            " k3y==\r\n",
            "\"k3y==\"",
            "'k3y=='",
            "\u{feff}k3y==",
        ] {
            assert_eq!(trim_secret(value), Ok("k3y=="), "{value:?}");
        }
        assert_eq!(
            trim_secret("a\"b'c"),
            Ok("a\"b'c"),
            "only those around it go"
        );
        for value in [
            "",
            " ",
            "\"\"",
            "\"k3y",
            "k3y'",
            "\"k3y'",
            "\"\"k3y\"\"",
            "k\n3y",
            "“k3y”",
        ] {
            assert!(trim_secret(value).is_err(), "{value:?}");
        }
    }
}
