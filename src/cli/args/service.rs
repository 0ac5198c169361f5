//! The flags of the way to the service.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use super::values::{concurrency, duration, duration_or_zero};
use super::{OF_RETRY, PACE, SERVICE};
use crate::support::Rate;

/// How requests go to the service.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// The sessions' owner (e-mail); look-ups need it
    #[arg(long, env = "ESIGN_COPY_USERNAME", value_name = "EMAIL", help_heading = SERVICE)]
    pub username: Option<String>,
    /// Limit on requests: 5/s (per second), 300/m (per minute), or max
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_RATE", default_value = "5/s",
          help_heading = PACE)]
    pub rate: Rate,
    /// How many requests may wait for their answer at once
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_CONCURRENCY", value_name = "N",
          default_value_t = 4, value_parser = concurrency, help_heading = PACE)]
    pub concurrency: u16,
    /// Longest wait that the service may ask for; a longer one stops the run
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_MAX_PAUSE", value_name = "DURATION",
          default_value = "15m", value_parser = duration_or_zero, help_heading = PACE)]
    pub max_pause: Duration,
    /// How long a token is used again; 0s fetches a new one for every call
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_TOKEN_REUSE", value_name = "DURATION",
          default_value = "0s", value_parser = duration_or_zero, help_heading = SERVICE)]
    pub token_reuse: Duration,
    /// How long one request may take
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_TIMEOUT", value_name = "DURATION",
          default_value = "120s", value_parser = duration, help_heading = SERVICE)]
    pub timeout: Duration,
    /// How long it may take to connect (DNS, TCP and TLS)
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_CONNECT_TIMEOUT", value_name = "DURATION",
          default_value = "10s", value_parser = duration, help_heading = SERVICE)]
    pub connect_timeout: Duration,
    /// Use this proxy; HTTP_PROXY and the like are ignored
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_PROXY", value_name = "URL",
          hide_env_values = true, help_heading = SERVICE)]
    pub proxy: Option<SecretString>,
    /// Trust these certificates as well as the system's
    ///
    /// SSL_CERT_FILE and SSL_CERT_DIR, if set, replace the system's.
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_CA_FILE", value_name = "PEM",
          help_heading = SERVICE)]
    pub ca_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::args::Cli;

    #[test]
    fn a_proxy_s_password_is_no_debug_output() {
        let proxy = "http://me:hunter2@proxy.example.com:8080";
        let words = [
            "esign-copy",
            "run",
            "m.csv",
            "--endpoint",
            "stage",
            "--proxy",
            proxy,
        ];
        let shown = format!("{:?}", Cli::try_parse_from(words).unwrap());
        assert!(
            shown.contains("m.csv") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
