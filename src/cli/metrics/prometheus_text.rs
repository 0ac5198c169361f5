//! The text format of Prometheus.

use std::fmt::{Display, Write};

/// What every metric's name begins with.
const PREFIX: &str = "esign_copy_";
/// What a file of ours begins with: the help of a metric.
pub const METRICS_START: &str = "# HELP esign_copy_";

/// Metrics as text, in the order in which they are written.
#[derive(Debug, Default)]
pub struct PrometheusText(String);

impl PrometheusText {
    /// Begins a metric: its name without the prefix, its kind and what it means.
    pub fn metric(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {PREFIX}{name} {help}"));
        self.line(format_args!("# TYPE {PREFIX}{name} {kind}"));
    }

    /// One value of a metric, with its labels.
    pub fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        self.line(format_args!("{PREFIX}{name}{labels} {value}"));
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, line: impl Display) {
        writeln!(self.0, "{line}").expect("a text takes every line");
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = PrometheusText::default();
        text.metric("rows", "gauge", "Rows by status.");
        text.value("rows", &[("manifest", "a \"b\"\\\n.csv")], 3);
        assert_eq!(
            text.finish(),
            "# HELP esign_copy_rows Rows by status.\n# TYPE esign_copy_rows gauge\n\
             esign_copy_rows{manifest=\"a \\\"b\\\"\\\\\\n.csv\"} 3\n"
        );
    }
}
