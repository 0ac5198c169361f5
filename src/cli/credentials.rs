use secrecy::SecretString;

use super::context::Context;
use super::exit::Failure;
use crate::executor::Credentials;

const TOKEN: &str = "ESIGN_COPY_TOKEN";
const API_KEY: &str = "ESIGN_COPY_API_KEY";
const SALT: &str = "ESIGN_COPY_SALT";

/// The variables that are read.
pub fn variables() -> impl Iterator<Item = String> {
    let names = [TOKEN, API_KEY, SALT].into_iter();
    names.flat_map(|name| [name.to_owned(), format!("{name}_FILE")])
}

/// Reads the credentials: a ready token, or the encrypted key with its salt, each from a
/// variable or from the file that `..._FILE` names. No message shows a value.
///
/// # Errors
/// When they are missing, said twice, or can't be read.
pub fn read(context: &Context) -> Result<Credentials, Failure> {
    let token = secret(context, TOKEN)?;
    let key = secret(context, API_KEY)?;
    let salt = secret(context, SALT)?;
    match (token, key, salt) {
        (Some(token), None, _) => Ok(Credentials::Token(token)),
        (None, Some(encrypted), Some(salt)) => Ok(Credentials::Key { encrypted, salt }),
        (Some(_), Some(_), _) => Err(Failure::usage(
            "both ESIGN_COPY_TOKEN and ESIGN_COPY_API_KEY are set; keep one of them",
        )),
        (None, Some(_), None) => Err(Failure::usage(
            "ESIGN_COPY_API_KEY is set but ESIGN_COPY_SALT, which encrypted the key, is not",
        )),
        (None, None, _) => Err(Failure::usage(
            "no credentials: set ESIGN_COPY_API_KEY (the encrypted key) and ESIGN_COPY_SALT, or \
             ESIGN_COPY_TOKEN, or the same names with _FILE",
        )),
    }
}

fn secret(context: &Context, name: &str) -> Result<Option<SecretString>, Failure> {
    let file_name = format!("{name}_FILE");
    let mut source = name.to_owned();
    let value = match (context.variable(name), context.variable(&file_name)) {
        (Some(_), Some(_)) => {
            return Err(Failure::usage(format!(
                "both {name} and {file_name} are set; keep one of them"
            )));
        }
        (Some(value), None) => value
            .into_string()
            .map_err(|_| Failure::usage(format!("{name} is not text in UTF-8")))?,
        (None, Some(path)) => {
            let path = std::path::PathBuf::from(path);
            source = format!("{file_name}: {}", path.display());
            fs_err::read_to_string(path)
                .map_err(|error| Failure::usage(format!("{file_name}: {error}")))?
        }
        (None, None) => return Ok(None),
    };
    let value = value.trim();
    if value.is_empty() || value.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err(Failure::usage(format!(
            "{source} is empty or holds characters that no HTTP header can carry"
        )));
    }
    Ok(Some(value.to_owned().into()))
}
