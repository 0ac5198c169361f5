//! What is above and below the table.

use std::io;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::advice::{SECTIONS, Section, advice, unnamed};
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
        "<title>" (cell(&facts.manifest, 100)) ": copies</title>\n"
        "<style>" [STYLE] "</style>\n<script>" [EARLY_SCRIPT] "</script>\n"
    }
    Ok(())
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
        "<h1>" (summary.sentence(facts.is_working)) "</h1>\n"
        if (facts.is_rehearsal) {
            "<p class=note>This was a rehearsal: no real service was asked, and nobody got \
             anything. What is wrong with a row must be corrected in the list, which is then sent; \
             corrections in a rehearsal's report never reach it.</p>\n"
        }
        if (facts.is_working) {
            "<p class=note>A run is still at work; rows in flight count as uncertain until they \
             are answered.</p>\n"
        }
        for stop in (facts.stop.iter().filter(|_| !facts.is_working)) {
            "<p class=note>The last run was stopped before its end: <bdi>" (cell(stop, 500))
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
pub(super) fn causes(out: &mut Markup, summary: &HtmlSummary) -> io::Result<()> {
    for section in &SECTIONS {
        let causes = summary.causes.of(section.status);
        if causes.is_empty() {
            continue;
        }
        html! { out,
            "<section class=" (section.status) "><h2>" [section.heading] ": "
            (thousands(summary.counts.of(section.status))) "</h2>\n"
            "<p>" [section.meaning] "</p>\n<ul class=causes>\n"
        }
        for (place, key, cause) in causes.iter().take(MAX_SHOWN_CAUSES) {
            write_cause(out, section, *place, key, cause)?;
        }
        let more = causes.len().saturating_sub(MAX_SHOWN_CAUSES);
        html! { out,
            "</ul>\n"
            if (more > 0) {
                "<p>And " (thousands(more as u64)) " rarer causes, each told in its rows below.</p>\n"
            }
            "</section>\n"
        }
    }
    Ok(())
}

fn write_cause(
    out: &mut Markup,
    section: &Section,
    place: usize,
    key: &CauseKey,
    cause: &Cause,
) -> io::Result<()> {
    html! { out,
        "<li><p class=words><b>" (thousands(cause.count)) [singular_or(cause.count, " row", " rows")]
        "</b> <q dir=auto>"
        if (cause.words.is_empty()) { [unnamed(section.status)] }
        (cell(&cause.words, 300))
        "</q></p>\n<p><b>What to do:</b> "
        [advice(section.status, key.class, key.http_status)]
        "</p><button type=button class=show data-cause=" (place) ">Show "
        [singular_or(cause.count, "this row", "these rows")] "</button></li>\n"
    }
    Ok(())
}

/// Writes what is below the table.
pub(super) fn foot(out: &mut Markup, facts: &HtmlFacts) -> io::Result<()> {
    html! { out,
        "</main>\n<footer><p>This page holds personal data. It shows what was known at "
        (facts.time()) "; the CSV report has every column of the list. It loads nothing from \
         anywhere and works offline.</p></footer>\n<script>" [SCRIPT] "</script>\n</body></html>\n"
    }
    Ok(())
}
