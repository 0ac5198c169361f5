use std::io;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::advice::{SECTIONS, advice, unnamed};
use super::markup::Markup;
use super::{HTML_REPORT_START, HtmlFacts, HtmlSummary};
use crate::job::Status;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Runs before the rows are read, so that the browser never lays out all of them.
const EARLY_SCRIPT: &str = "document.documentElement.className=\"js\"";

/// Causes shown of one status; the rest is a number.
const SHOWN_CAUSES: usize = 12;

/// The browser is told to run only what was compiled in, and to load nothing.
pub(super) fn head(out: &mut Markup, facts: &HtmlFacts) -> io::Result<()> {
    out.markup(HTML_REPORT_START)?;
    out.markup("\n<meta charset=utf-8>\n<meta http-equiv=Content-Security-Policy content=\"")?;
    out.markup("default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-")?;
    out.text(&hash(STYLE))?;
    out.markup("'; script-src 'sha256-")?;
    out.text(&hash(EARLY_SCRIPT))?;
    out.markup("' 'sha256-")?;
    out.text(&hash(SCRIPT))?;
    out.markup("'\">\n<meta name=viewport content=\"width=device-width, initial-scale=1\">\n")?;
    out.markup("<meta name=referrer content=no-referrer>\n")?;
    out.markup("<meta name=color-scheme content=\"light dark\">\n<title>")?;
    out.cell(&facts.manifest, 100)?;
    out.markup(": copies</title>\n<style>")?;
    out.markup(STYLE)?;
    out.markup("</style>\n<script>")?;
    out.markup(EARLY_SCRIPT)?;
    out.markup("</script>\n")
}

fn hash(text: &str) -> String {
    BASE64.encode(&Sha256::digest(text))
}

pub(super) fn summary(
    out: &mut Markup,
    facts: &HtmlFacts,
    summary: &HtmlSummary,
) -> io::Result<()> {
    out.markup("<body>\n<header>\n<p class=of><bdi>")?;
    out.cell(&facts.manifest, 100)?;
    out.markup("</bdi> · ")?;
    out.cell(&facts.endpoint, 200)?;
    out.markup(" · as of <time>")?;
    out.text(&facts.made_at.strftime("%Y-%m-%d %H:%M UTC").to_string())?;
    out.markup("</time></p>\n<h1>")?;
    out.text(&summary.sentence(facts.is_working))?;
    out.markup("</h1>\n")?;
    if facts.is_rehearsal {
        out.markup("<p class=note>This was a rehearsal: no real service was asked, and nobody ")?;
        out.markup(
            "got anything. What is wrong with a row must be corrected in the list, which is ",
        )?;
        out.markup("then sent; corrections in a rehearsal's report never reach it.</p>\n")?;
    }
    if facts.is_working {
        out.markup("<p class=note>A run is still at work; rows in flight count as uncertain ")?;
        out.markup("until they are answered.</p>\n")?;
    } else if let Some(stop) = &facts.stop {
        out.markup("<p class=note>The last run was stopped before its end: <bdi>")?;
        out.cell(stop, 500)?;
        out.markup("</bdi></p>\n")?;
    }
    out.markup("<dl class=counts>\n")?;
    for status in Status::ALL {
        out.markup("<div class=")?;
        out.text(status.as_str())?;
        if summary.count(status) == 0 {
            out.markup(" data-none")?;
        }
        out.markup("><dt>")?;
        out.text(status.as_str())?;
        out.markup("</dt><dd>")?;
        out.count(summary.count(status))?;
        out.markup("</dd></div>\n")?;
    }
    out.markup("</dl>\n</header>\n<main>\n")
}

/// Rows without a copy by cause, with what to do about each.
pub(super) fn causes(out: &mut Markup, summary: &HtmlSummary) -> io::Result<()> {
    for section in &SECTIONS {
        let causes = summary.causes.of(section.status);
        if causes.is_empty() {
            continue;
        }
        out.markup("<section class=")?;
        out.text(section.status.as_str())?;
        out.markup("><h2>")?;
        out.markup(section.heading)?;
        out.markup(": ")?;
        out.count(summary.count(section.status))?;
        out.markup("</h2>\n<p>")?;
        out.markup(section.meaning)?;
        out.markup("</p>\n<ul class=causes>\n")?;
        for cause in causes.iter().take(SHOWN_CAUSES) {
            out.markup("<li><p class=words><b>")?;
            out.count(cause.count)?;
            out.markup(if cause.count == 1 { " row" } else { " rows" })?;
            out.markup("</b> <q dir=auto>")?;
            match cause.words.is_empty() {
                true => out.markup(unnamed(section.status))?,
                false => out.cell(&cause.words, 300)?,
            }
            out.markup("</q></p>\n<p><b>What to do:</b> ")?;
            out.markup(advice(section.status, cause.class, cause.http_status))?;
            out.markup("</p><button type=button class=show data-cause=")?;
            out.number(cause.key as u64)?;
            out.markup(">Show ")?;
            out.markup(if cause.count == 1 {
                "this row"
            } else {
                "these rows"
            })?;
            out.markup("</button></li>\n")?;
        }
        out.markup("</ul>\n")?;
        if let Some(more) = causes
            .len()
            .checked_sub(SHOWN_CAUSES)
            .filter(|more| *more > 0)
        {
            out.markup("<p>And ")?;
            out.count(more as u64)?;
            out.markup(" rarer causes, each told in its rows below.</p>\n")?;
        }
        out.markup("</section>\n")?;
    }
    Ok(())
}

pub(super) fn foot(out: &mut Markup, facts: &HtmlFacts) -> io::Result<()> {
    out.markup("</main>\n<footer><p>This page holds personal data. It shows what was known at ")?;
    out.text(&facts.made_at.strftime("%Y-%m-%d %H:%M UTC").to_string())?;
    out.markup("; the CSV report has every column of the list. It loads nothing from anywhere ")?;
    out.markup("and works offline.</p></footer>\n<script>")?;
    out.markup(SCRIPT)?;
    out.markup("</script>\n</body></html>\n")
}
