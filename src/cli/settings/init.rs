//! `init`: a mapping file for any list.

use std::path::{Path, PathBuf};

use super::mistaken_file::require_list;
use super::reading::{input_options, is_standard_input, open_input};
use super::service::ServiceSettings;
use crate::cli::args::InitArgs;
use crate::cli::{Endpoint, Environment, Failure};
use crate::job::SessionId;
use crate::manifest::{InputFile, InputOptions, STANDARD_INPUT};
use crate::support::one_line;

/// `init`.
pub struct Init {
    /// The list.
    pub list: PathBuf,
    /// Where the mapping file goes.
    pub output: MappingOutput,
    /// The session to copy, and the service that is asked for it.
    pub online: Option<(SessionId, Endpoint, ServiceSettings)>,
    /// How the list is read, where its name and its bytes don't say it.
    input: InputOptions,
}

/// Where a mapping file goes.
pub enum MappingOutput {
    /// A new file.
    File(PathBuf),
    /// Standard output; the file is what its user will probably call it.
    Standard(PathBuf),
}

impl Init {
    pub(super) fn from_args(args: InitArgs, environment: &Environment) -> Result<Self, Failure> {
        let online = args.online.as_deref().map(source_id).transpose()?;
        let online = match (online, args.endpoint.as_deref()) {
            (None, _) => None,
            (Some(_), None) => {
                let text = "--online needs --endpoint: it asks that service";
                return Err(Failure::usage(text));
            }
            (Some(source), Some(endpoint)) => {
                let endpoint = Endpoint::parse(endpoint)?;
                let service = ServiceSettings::from_args(args.service, environment)?;
                Some((source, endpoint, service))
            }
        };
        require_list("init", &args.list)?;
        Ok(Self {
            output: output(&args.list, args.output)?,
            list: args.list,
            online,
            input: input_options(args.format, &args.text),
        })
    }

    /// Opens the list.
    ///
    /// # Errors
    /// When it can't be read, or nothing says its form.
    pub fn open(&self) -> Result<InputFile, Failure> {
        open_input(&self.list, &self.input)
    }
}

fn source_id(text: &str) -> Result<SessionId, Failure> {
    let id = SessionId::parse(text.trim());
    id.map_err(|error| Failure::usage(format!("--online: '{}' {error}", one_line(text, 80))))
}

fn output(list: &Path, named: Option<PathBuf>) -> Result<MappingOutput, Failure> {
    match named {
        Some(file) if file == Path::new(STANDARD_INPUT) => {
            Ok(MappingOutput::Standard(default_output(list)))
        }
        Some(file) => Ok(MappingOutput::File(file)),
        None if is_standard_input(list) => Err(Failure::usage(
            "standard input has no name to call the mapping file after; add --output FILE",
        )),
        None => Ok(MappingOutput::File(default_output(list))),
    }
}

/// Next to the list: `crm.csv.gz` has `crm.mapping.toml`.
fn default_output(list: &Path) -> PathBuf {
    let is_compressed = list
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    let plain = match is_compressed {
        true => list.with_extension(""),
        false => list.to_owned(),
    };
    let name = match is_standard_input(list) {
        true => "list".into(),
        false => plain.file_stem().unwrap_or_default().to_string_lossy(),
    };
    list.with_file_name(format!("{name}.mapping.toml"))
}
