//! The picture of when rows reached their status.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;

use super::markup::{Markup, html};
use crate::job::Status;
use crate::support::{singular_or, thousands};

/// Bars at most, whatever the number of rows.
const MAX_BARS: i64 = 60;

/// A bar with the gap behind it, in the picture's own units; it is stretched to the page's width.
const BAR_WIDTH: u64 = 10;
const BAR_GAP: u64 = 1;

/// Lengths of a bar in seconds; each divides the next, so that bars can be joined.
const BAR_LENGTHS: [i64; 10] = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 86_400];

/// The statuses drawn, from the ground up.
const DRAWN_STATUSES: [Status; 3] = [Status::Copied, Status::Uncertain, Status::Failed];

/// How many rows reached which status when.
#[derive(Debug)]
pub(super) struct Timeline {
    length: i64,
    bars: BTreeMap<i64, [u64; DRAWN_STATUSES.len()]>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            length: BAR_LENGTHS[0],
            bars: BTreeMap::new(),
        }
    }
}

impl Timeline {
    /// Counts a row.
    pub(super) fn add(&mut self, status: Status, finished_at: Timestamp) {
        let Some(place) = DRAWN_STATUSES.iter().position(|drawn| *drawn == status) else {
            return;
        };
        let bar = finished_at.as_second().div_euclid(self.length);
        self.bars.entry(bar).or_default()[place] += 1;
        while self.bar_count() > MAX_BARS {
            self.merge_bars();
        }
    }

    /// How many bars there are from the first to the last, empty ones included.
    fn bar_count(&self) -> i64 {
        match (self.bars.first_key_value(), self.bars.last_key_value()) {
            (Some((first, _)), Some((last, _))) => last - first + 1,
            _ => 0,
        }
    }

    fn merge_bars(&mut self) {
        let longer = BAR_LENGTHS.into_iter().find(|length| *length > self.length);
        let longer = longer.unwrap_or(self.length * 2);
        let factor = longer / self.length;
        for (bar, counts) in std::mem::take(&mut self.bars) {
            let joined = self.bars.entry(bar.div_euclid(factor)).or_default();
            for (sum, count) in joined.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        self.length = longer;
    }

    /// Draws the picture; two bars say no more than the counts do.
    pub(super) fn write(&self, out: &mut Markup) -> io::Result<()> {
        let (Some((first, _)), true) = (self.bars.first_key_value(), self.bar_count() > 2) else {
            return Ok(());
        };
        let tallest = self.bars.values().map(|counts| counts.iter().sum::<u64>());
        let tallest = tallest.max().unwrap_or(1).max(1);
        html! { out,
            "<section class=time><h2>Over time</h2>\n<figure><svg viewBox=\"0 0 "
            (self.bar_count().unsigned_abs() * BAR_WIDTH)
            " 120\" role=img preserveAspectRatio=none aria-labelledby=when>\n"
        }
        for (bar, counts) in &self.bars {
            let left = (bar - first).unsigned_abs() * BAR_WIDTH;
            self.write_bar(out, *bar, left, counts, tallest)?;
        }
        html! { out,
            "</svg>\n<figcaption id=when><span class=ends><span>" (self.time(*first))
            "</span><span>" (self.time(first + self.bar_count())) "</span></span>"
            "<span class=\"key copied\">copied</span> "
            "<span class=\"key uncertain\">uncertain</span> "
            "<span class=\"key failed\">failed</span> Each bar is " (duration(self.length))
            "; the tallest is " (thousands(tallest)) [singular_or(tallest, " row", " rows")]
            ". Times are UTC.</figcaption></figure></section>\n"
        }
        Ok(())
    }

    fn write_bar(
        &self,
        out: &mut Markup,
        bar: i64,
        left: u64,
        counts: &[u64],
        tallest: u64,
    ) -> io::Result<()> {
        html! { out,
            "<g><title>" (self.time(bar))
            for (status, count) in (DRAWN_STATUSES.iter().zip(counts)) { ", " (thousands(*count)) " " (status) }
            "</title>"
        }
        let mut top = 118;
        for (status, count) in DRAWN_STATUSES
            .iter()
            .zip(counts)
            .filter(|(_, count)| **count > 0)
        {
            // A single failure among thousands must still be visible.
            let height = (count * 106 / tallest).max(3);
            top -= height;
            html! { out,
                "<rect class=" (status) " x=" (left) " y=" (top) " width=" (BAR_WIDTH - BAR_GAP)
                " height=" (height) " />"
            }
        }
        html! { out, "</g>\n" }
        Ok(())
    }

    fn time(&self, bar: i64) -> String {
        let time = Timestamp::from_second(bar * self.length).unwrap_or_default();
        let format = match self.length {
            ..60 => "%Y-%m-%d %H:%M:%S",
            60..86_400 => "%Y-%m-%d %H:%M",
            _ => "%Y-%m-%d",
        };
        time.strftime(format).to_string()
    }
}

fn duration(seconds: i64) -> String {
    let (length, unit) = match seconds {
        ..60 => (1, "second"),
        60..3_600 => (60, "minute"),
        3_600..86_400 => (3_600, "hour"),
        _ => (86_400, "day"),
    };
    match seconds / length {
        1 => format!("one {unit}"),
        many => format!("{many} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(times: impl Iterator<Item = i64>) -> (Timeline, String) {
        let mut timeline = Timeline::default();
        times.for_each(|time| timeline.add(Status::Copied, Timestamp::from_second(time).unwrap()));
        let mut file = Vec::new();
        timeline.write(&mut Markup::new(&mut file)).unwrap();
        (timeline, String::from_utf8(file).unwrap())
    }

    #[test]
    fn the_picture_is_bounded_and_counts_every_row() {
        for step in [1, 7, 600, 100_000, 40_000_000] {
            let (timeline, svg) = drawn((0..1_000).map(|n| 1_700_000_000 + n * step));
            let count: u64 = timeline.bars.values().flatten().sum();
            assert_eq!(count, 1_000);
            assert!(
                (3..=MAX_BARS).contains(&timeline.bar_count()),
                "{step}: {}",
                timeline.bar_count()
            );
            assert!(svg.len() < 20_000);
        }
    }

    #[test]
    fn an_instant_is_no_picture() {
        assert_eq!(drawn([].into_iter()).1, "");
        assert_eq!(drawn([5, 5, 6].into_iter()).1, "");
        assert!(
            drawn([5, 6, 7].into_iter())
                .1
                .contains("Each bar is one second")
        );
    }
}
