use std::path::Path;

use secrecy::ExposeSecret;
use url::Url;

use super::args::{
    Duplicates, ManifestFormat, OnUncertain, ReadingArgs, ServiceArgs, SetArgs, WorkArgs,
};
use super::context::{Context, today};
use super::endpoint::Endpoint;
use super::exit::Failure;
use super::next_command::value_of;
use crate::executor::{LinkSettings, RunSettings};
use crate::job::{Column, is_email};
use crate::manifest::{
    ColumnName, Format, Manifest, ReadOptions, STANDARD_INPUT, constant_problem, text_problem,
};
use crate::transport::TransportSettings;

/// How rows are sent, resolved from what was typed.
#[derive(Debug, Clone)]
pub struct WorkSettings {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// For the executor.
    pub run: RunSettings,
    /// What was asked for; settling needs an owner.
    on_uncertain: Option<OnUncertain>,
}

impl WorkSettings {
    /// Resolves the flags.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn resolve(args: &WorkArgs) -> Result<Self, Failure> {
        if args.verbose && args.log.quiet {
            return Err(Failure::usage(
                "-v tells everything and -q nothing; say one of them",
            ));
        }
        let endpoint = Endpoint::parse(&args.endpoint)?;
        let link = link_settings(&args.service)?;
        let has_owner = link.username.is_some() || endpoint == Endpoint::Sandbox;
        if args.on_uncertain == Some(OnUncertain::Settle) && !has_owner {
            return Err(Failure::usage(
                "--on-uncertain settle needs --username: look-ups are made for an owner",
            ));
        }
        let settles = link.username.is_some() && args.on_uncertain != Some(OnUncertain::Hold);
        let run = RunSettings {
            link,
            max_attempts: args.max_attempts,
            max_failures: args.max_failures.0,
            max_uncertain: args.max_uncertain.0,
            settles,
            settle_window: args.settle_window,
            has_canary: !args.no_canary,
            limit: args.limit,
            grace: args.grace,
            today,
        };
        Ok(Self {
            endpoint,
            run,
            on_uncertain: args.on_uncertain,
        })
    }

    /// Takes the sandbox's owner for a rehearsal that names none.
    pub fn set_owner(&mut self, owner: &str) {
        self.run
            .link
            .username
            .get_or_insert_with(|| owner.to_owned());
        self.run.settles = self.on_uncertain != Some(OnUncertain::Hold);
    }
}

/// How requests go to the service.
///
/// # Errors
/// Wrong usage: a username that is no e-mail address.
pub fn link_settings(args: &ServiceArgs) -> Result<LinkSettings, Failure> {
    let username = args.username.as_deref().map(str::trim);
    if let Some(username) = username.filter(|username| !is_email(username)) {
        return Err(Failure::usage(format!(
            "--username: '{username}' is not an e-mail address"
        )));
    }
    Ok(LinkSettings {
        rate: args.rate,
        concurrency: usize::from(args.concurrency),
        max_pause: args.max_pause,
        token_reuse: args.token_reuse,
        username: username.map(str::to_owned),
    })
}

/// The client's settings for a base URL.
///
/// # Errors
/// Wrong usage: a proxy that is none, or a password where everybody can read it.
pub fn transport_settings(
    args: &ServiceArgs,
    base: Url,
    is_sandbox: bool,
    fresh_connections: bool,
    context: &Context,
) -> Result<TransportSettings, Failure> {
    let proxy = args.proxy.as_ref().filter(|_| !is_sandbox);
    if let Some(proxy) = proxy {
        check_proxy(proxy.expose_secret(), &base, context)?;
    }
    Ok(TransportSettings {
        base,
        timeout: args.timeout,
        // Only the connect timeout proves that nothing left; it must fire first.
        connect_timeout: args.connect_timeout.min(args.timeout.mul_f64(0.8)),
        fresh_connections,
        proxy: proxy.cloned(),
        ca_file: args.ca_file.clone(),
    })
}

/// A proxy sees the whole of a request that is not encrypted: names, addresses and credentials. So there
/// is none for an `http://` endpoint.
fn check_proxy(proxy: &str, base: &Url, context: &Context) -> Result<(), Failure> {
    let proxy = Url::parse(proxy).ok().filter(is_proxy);
    let proxy = proxy.ok_or_else(|| {
        Failure::usage("--proxy: write it as http://HOST:PORT or https://HOST:PORT")
    })?;
    if base.scheme() == "http" {
        return Err(Failure::usage(
            "--proxy: with an http:// endpoint the proxy would read the credentials and the whole list; \
             leave --proxy out (ESIGN_COPY_PROXY too), or say an https:// endpoint",
        ));
    }
    let has_secret = !proxy.username().is_empty() || proxy.password().is_some();
    if has_secret && value_of(&context.arguments, "--proxy").is_some() {
        return Err(Failure::usage(
            "--proxy: a user name or password on the command line can be read by everybody on this \
             machine; set ESIGN_COPY_PROXY instead",
        ));
    }
    Ok(())
}

/// Of other kinds, the client would take no notice.
fn is_proxy(url: &Url) -> bool {
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare
}

/// How a manifest is read, resolved from what was typed.
///
/// # Errors
/// Wrong usage.
pub fn read_options(args: &ReadingArgs) -> Result<ReadOptions, Failure> {
    Ok(ReadOptions {
        constants: constants(&args.set, &args.other_column)?,
        other_columns: args.other_column.clone(),
        skip_invalid: args.set.skip_invalid,
        expect_rows: args.expect_rows,
        read_before: Vec::new(),
    })
}

/// The `--set` constants.
///
/// # Errors
/// Wrong usage: no `=`, a misspelt column, a column that can't be constant, or one said twice.
pub fn constants(args: &SetArgs, others: &[String]) -> Result<Vec<(ColumnName, String)>, Failure> {
    let mut constants: Vec<(ColumnName, String)> = Vec::new();
    for text in &args.set {
        let refused = |reason: &str| Failure::usage(format!("--set {text}: {reason}"));
        let (column, value) = text
            .split_once('=')
            .ok_or_else(|| refused("write it as COLUMN=VALUE"))?;
        let name = ColumnName::read(column.trim(), others).map_err(|reason| refused(&reason))?;
        if name == ColumnName::Known(Column::RowId) {
            return Err(refused("rows can't share one row id"));
        }
        if column.trim().is_empty() || value.trim().is_empty() {
            return Err(refused("the column and the value must not be empty"));
        }
        let is_stray = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        if let Some(problem) = text_problem(value) {
            return Err(refused(&format!("the value {problem}")));
        }
        if value.contains(is_stray) {
            return Err(refused("the value holds control characters"));
        }
        if constants.iter().any(|(known, _)| *known == name) {
            return Err(refused("this column is set already"));
        }
        if let ColumnName::Known(column) = &name
            && let Some(problem) = constant_problem(column, value)
        {
            return Err(refused(&problem));
        }
        constants.push((name, value.trim().to_owned()));
    }
    Ok(constants)
}

/// The flags that change what an import means, as one text for the ledger.
pub fn import_identity(args: &ReadingArgs, options: &ReadOptions) -> String {
    let constants = options
        .constants
        .iter()
        .map(|(name, value)| (name.in_report(), value));
    serde_json::json!({
        "set": constants.collect::<std::collections::BTreeMap<_, _>>(),
        "other_column": options.other_columns,
        "skip_invalid": options.skip_invalid,
        "expect_rows": options.expect_rows,
        "duplicates_skip": args.duplicates == Duplicates::Skip,
        "keep_source_signers": args.set.keep_source_signers,
        // A list that an earlier version imported is judged by these rules once.
        "rules": 2,
    })
    .to_string()
}

/// Opens the manifest that was named.
///
/// # Errors
/// When it can't be read or its form is not told: wrong usage for standard input, which has no
/// name that could tell.
pub fn open_manifest(path: &Path, args: &ReadingArgs) -> Result<Manifest, Failure> {
    let format = args.format.map(|format| match format {
        ManifestFormat::Csv => Format::Csv,
        ManifestFormat::Json => Format::Json,
        ManifestFormat::Jsonl => Format::JsonLines,
    });
    if !is_standard_input(path) {
        return Ok(Manifest::open(path, format)?);
    }
    let format = format.ok_or_else(|| {
        Failure::usage(
            "standard input has no name; say what it is with --format csv, json or jsonl",
        )
    })?;
    Ok(Manifest::of_standard_input(
        std::io::stdin().lock(),
        format,
    )?)
}

/// Whether a manifest's path stands for standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}
