//! What is above and below the table.

use std::io;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::advice::{SECTIONS, unnamed, write_advice, write_section_advice};
use super::causes::{Cause, CauseKey};
use super::markup::{Markup, cell, html};
use super::{HTML_REPORT_START, HtmlFacts, HtmlSummary};
use crate::job::Status;
use crate::support::{singular_or, thousands};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Runs before the rows are read, so that the browser never lays out all of them.
const EARLY_SCRIPT: &str = "document.documentElement.className=\"js\"";

/// Causes shown of one status; the rest is a number.
const MAX_SHOWN_CAUSES: usize = 12;

/// The browser may run only what was compiled in, and load nothing.
pub(super) fn head(out: &mut Markup, facts: &HtmlFacts) -> io::Result<()> {
    html! { out,
        [HTML_REPORT_START] "\n<meta charset=utf-8>\n"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; base-uri 'none'; \
         form-action 'none'; style-src 'sha256-" (hash(STYLE)) "'; script-src 'sha256-"
        (hash(EARLY_SCRIPT)) "' 'sha256-" (hash(SCRIPT)) "'\">\n"
        "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=referrer content=no-referrer>\n"
        "<meta name=color-scheme content=\"light dark\">\n"
        "<meta name=esign-copy-job content=\"" (cell(&facts.key, 200)) "\">\n"
        "<title>" (cell(&facts.manifest, 100)) ": copies</title>\n"
        "<style>" [STYLE] "</style>\n<script>" [EARLY_SCRIPT] "</script>\n"
    }
    Ok(())
}

/// What a page of the job with this key has in its head.
pub fn page_marker(key: &str) -> String {
    format!("<meta name=esign-copy-job content=\"{key}\">")
}

fn hash(text: &str) -> String {
    BASE64.encode(&Sha256::digest(text))
}

/// What happened, in a sentence and in numbers.
pub(super) fn summary(
    out: &mut Markup,
    facts: &HtmlFacts,
    summary: &HtmlSummary,
) -> io::Result<()> {
    html! { out,
        "<body>\n<header>\n<p class=of><bdi>" (cell(&facts.manifest, 100)) "</bdi> · "
        (cell(&facts.endpoint, 200)) " · as of <time>" (facts.time()) "</time></p>\n"
        "<h1>" if (facts.is_rehearsal) { "Rehearsal: " } (summary.sentence(facts.is_working)) "</h1>\n"
        if (facts.is_rehearsal) {
            "<p class=note>This was a rehearsal: nothing was sent to the real service, and nobody \
             received anything. If a row is wrong, correct it in <bdi>"
            (cell(&facts.commands.list, 200)) "</bdi>, which is what you send later.</p>\n"
        }
        if (facts.is_working) {
            "<p class=note>A run is still working. A row that waits for its answer counts as \
             uncertain until the answer arrives. Write this page again when the run has \
             ended.</p>\n"
        }
        for stop in (facts.stop.iter().filter(|_| !facts.is_working)) {
            "<p class=note>The last run stopped early: <bdi>" (cell(stop, 500))
            "</bdi></p>\n"
        }
        "<dl class=counts>\n"
        for (status, count) in (Status::ALL.map(|status| (status, summary.counts.of(status)))) {
            "<div class=" (status) if (count == 0) { " data-none" } "><dt>" (status) "</dt><dd>"
            (thousands(count)) "</dd></div>\n"
        }
        "</dl>\n</header>\n<main>\n"
    }
    Ok(())
}

/// Rows without a copy by cause, with what to do about each.
pub(super) fn causes(out: &mut Markup, facts: &HtmlFacts, summary: &HtmlSummary) -> io::Result<()> {
    for (status, heading) in SECTIONS {
        let causes = summary.causes.of(status);
        if causes.is_empty() {
            continue;
        }
        html! { out,
            "<section class=" (status) "><h2>" [heading] ": " (thousands(summary.counts.of(status)))
            "</h2>\n"
        }
        write_section_advice(out, status, facts)?;
        html! { out, "<ul class=causes>\n" }
        for (place, key, cause) in causes.iter().take(MAX_SHOWN_CAUSES) {
            write_cause(out, facts, status, (*place, key, cause))?;
        }
        let more = causes.len().saturating_sub(MAX_SHOWN_CAUSES);
        html! { out,
            "</ul>\n"
            if (more > 0) {
                "<p>And " (thousands(more as u64)) " rarer reasons; see the rows in the table below.</p>\n"
            }
            "</section>\n"
        }
    }
    Ok(())
}

fn write_cause(
    out: &mut Markup,
    facts: &HtmlFacts,
    status: Status,
    (place, key, cause): (usize, &CauseKey, &Cause),
) -> io::Result<()> {
    html! { out,
        "<li><p class=words><b>" (thousands(cause.count)) [singular_or(cause.count, " row", " rows")]
        ":</b> <q dir=auto>"
        if (cause.words.is_empty()) { [unnamed(status)] }
        (cell(&cause.words, 300))
        "</q></p>\n"
    }
    write_advice(out, status, key, cause, facts)?;
    html! { out,
        "<button type=button class=show data-cause=" (place) ">Show "
        [singular_or(cause.count, "this row", "these rows")] "</button></li>\n"
    }
    Ok(())
}

/// Writes what is below the table.
pub(super) fn foot(out: &mut Markup, facts: &HtmlFacts) -> io::Result<()> {
    html! { out,
        "</main>\n<footer><p>This page holds personal data. It was made at " (facts.time())
        " and does not change by itself; it works without a network. The CSV report has every \
         column of the list.</p></footer>\n<script>" [SCRIPT] "</script>\n</body></html>\n"
    }
    Ok(())
}
