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
    /// A metric: its name without the prefix, its kind, what it means, and its samples by their labels.
    pub fn metric<'a, const N: usize>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([(&'a str, &'a str); N], impl Display)>,
    ) {
        self.header(name, kind, help);
        for (labels, value) in samples {
            self.sample(name, &labels, value);
        }
    }

    /// A gauge of one sample without labels.
    pub fn single(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(name, "gauge", help, [([], value)]);
    }

    /// What begins a metric.
    pub fn header(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {PREFIX}{name} {help}"));
        self.line(format_args!("# TYPE {PREFIX}{name} {kind}"));
    }

    /// One sample of a metric, with its labels.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let label = |(name, value): &(&str, &str)| format!("{name}=\"{}\"", escaped(value));
        let mut labels = labels.iter().map(label).collect::<Vec<_>>().join(",");
        if !labels.is_empty() {
            labels = format!("{{{labels}}}");
        }
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
        let samples = [([("manifest", "a \"b\"\\\n.csv")], 3)];
        text.metric("rows", "gauge", "Rows by status.", samples);
        assert_eq!(
            text.finish(),
            "# HELP esign_copy_rows Rows by status.\n# TYPE esign_copy_rows gauge\n\
             esign_copy_rows{manifest=\"a \\\"b\\\"\\\\\\n.csv\"} 3\n"
        );
    }
}
