//! Whether two texts of a cell mean the same: spreadsheets write numbers, true and false anew.

use super::Column;

/// How a text stands to another one of the same cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellEquivalence {
    /// The same value of a column that holds yes or no, or a whole number.
    SameValue,
    /// The same number, or true or false, in a column whose text is sent as it stands.
    SameNumber,
    /// Something else.
    Different,
}

impl CellEquivalence {
    /// Compares two texts of a column's cell.
    pub fn of(column: &Column, one: &str, other: &str) -> Self {
        let (one, other) = (one.trim(), other.trim());
        if one == other
            || is_same_but_for_line_ends(one, other)
            || column.kind().has_canonical_form()
                && column.canonical_value(one) == column.canonical_value(other)
        {
            Self::SameValue
        } else if is_same_number(one, other)
            || is_same_truth(one, other)
            || is_same_day(one, other)
            || is_same_day(other, one)
        {
            Self::SameNumber
        } else {
            Self::Different
        }
    }
}

/// Spreadsheets write a line break within a cell as their system does.
fn is_same_but_for_line_ends(one: &str, other: &str) -> bool {
    let has_carriage = one.contains('\r') || other.contains('\r');
    has_carriage && one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
}

fn is_same_truth(one: &str, other: &str) -> bool {
    ["true", "false"].contains(&one.to_lowercase().as_str()) && one.eq_ignore_ascii_case(other)
}

fn is_same_number(one: &str, other: &str) -> bool {
    match (Number::read(one), Number::read(other)) {
        (Some(one), Some(other)) => one.value == other.value && !one.is_ambiguous_next_to(&other),
        _ => false,
    }
}

/// Whether a text is a day as YYYY-MM-DD, which is what a workbook's dates are read as, and another one the
/// same day as people write it: `1.4.2026`, `4/1/26`.
fn is_same_day(iso: &str, other: &str) -> bool {
    let numbers = |text: &str, mark: char| {
        let parts: Option<Vec<u32>> = text.split(mark).map(|part| part.parse().ok()).collect();
        parts.and_then(|parts| <[u32; 3]>::try_from(parts).ok())
    };
    let is_iso = iso.len() == 10 && !iso.contains('+');
    let Some([year, month, day]) = numbers(iso, '-').filter(|_| is_iso) else {
        return false;
    };
    let is_year = |other| other == year || other < 100 && other == year % 100;
    let is_day = |[one, two, three]: [u32; 3]| [one, two] == [day, month] && is_year(three);
    // Who writes it with a stroke may name the month first.
    let by_strokes = numbers(other, '/');
    let is_month_first = |[one, two, three]: [u32; 3]| is_day([two, one, three]);
    numbers(other, '.').is_some_and(is_day)
        || by_strokes.is_some_and(|parts| is_day(parts) || is_month_first(parts))
}

/// A number as spreadsheets write it: sign, `.` or `,` before the fraction and between thousands,
/// exponent, `%`.
struct Number {
    value: Value,
    separator: Option<char>,
    /// `1,217` is a thousand to some people and about one to others.
    may_be_thousands: bool,
}

/// The exact value: the digits without zeros around them, times ten to the exponent.
#[derive(PartialEq, Eq)]
struct Value {
    is_negative: bool,
    digits: String,
    exponent: i64,
    is_percent: bool,
}

impl Number {
    fn read(text: &str) -> Option<Self> {
        let (is_percent, text) = match text.strip_suffix('%') {
            Some(number) => (true, number.trim_end()),
            None => (false, text),
        };
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let mantissa = &ungrouped(mantissa);
        let separator = mantissa.chars().find(|c| matches!(c, '.' | ','));
        let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_end_matches('0');
        let zeros = (all.len() - digits.len()) as i64;
        let digits = digits.trim_start_matches('0');
        let is_zero = digits.is_empty();
        let exponent = i64::from(exponent) + zeros - fraction.len() as i64;
        let may_be_thousands =
            matches!(whole.len(), 1..=3) && !whole.starts_with('0') && fraction.len() == 3;
        Some(Self {
            value: Value {
                is_negative: is_negative && !is_zero,
                digits: digits.to_owned(),
                exponent: if is_zero { 0 } else { exponent },
                is_percent,
            },
            separator,
            may_be_thousands,
        })
    }

    fn is_ambiguous_next_to(&self, other: &Self) -> bool {
        let differ =
            matches!((self.separator, other.separator), (Some(one), Some(two)) if one != two);
        differ && (self.may_be_thousands || other.may_be_thousands)
    }
}

/// A number without the marks between its thousands, where they can be nothing else: two of them, or
/// one with the other mark behind it. `1,217` alone may be a fraction.
fn ungrouped(number: &str) -> String {
    let is_mark = |c: char| matches!(c, '.' | ',');
    let Some(mark) = number.chars().find(|c| is_mark(*c)) else {
        return number.to_owned();
    };
    let end = number.rfind(|c| is_mark(c) && c != mark);
    let (whole, fraction) = number.split_at(end.unwrap_or(number.len()));
    let mut groups = whole.split(mark);
    let is_first = |group: &str| (1..=3).contains(&group.len()) && !group.starts_with('0');
    let are_groups = groups.next().is_some_and(is_first) && groups.all(|group| group.len() == 3);
    let is_sure = end.is_some() || whole.matches(mark).count() > 1;
    match are_groups && is_sure {
        true => whole.replace(mark, "") + fraction,
        false => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::SignerColumn;

    fn title(one: &str, other: &str) -> CellEquivalence {
        assert_eq!(
            CellEquivalence::of(&Column::Title, one, other),
            CellEquivalence::of(&Column::Title, other, one)
        );
        CellEquivalence::of(&Column::Title, one, other)
    }

    #[test]
    fn the_same_number_is_seen_in_every_spelling() {
        for (one, other) in [
            ("008", "8"),
            ("1E5", "1.00E+05"),
            ("1E5", "100000"),
            ("10%", "10.00%"),
            ("1217.50", "1217.5"),
            ("1217.50", "1217,5"),
            ("1.500", "1.5"),
            ("+49", "49"),
            ("-0.0", "0"),
            (".5", "0,50"),
            ("5E-3", "0.005"),
            ("true", "TRUE"),
            ("False", "FALSE"),
            ("1,328.00", "1328"),
            ("1.328,50", "1328.5"),
            ("1,234,567", "1234567"),
            ("12,345,678.90", "12345678,9"),
            ("12345678901234567890", "12345678901234567890.0"),
            ("01.04.2026", "2026-04-01"),
            ("1.4.26", "2026-04-01"),
            ("4/1/2026", "2026-04-01"),
            ("01/04/26", "2026-04-01"),
        ] {
            assert_eq!(
                title(one, other),
                CellEquivalence::SameNumber,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn other_numbers_and_other_texts_are_corrections() {
        for (one, other) in [
            ("1234567890123456", "1234567890123450"),
            ("12345678901234567890", "1.23457E+19"),
            ("10%", "0.1"),
            ("10%", "10"),
            ("8", "-8"),
            ("1,217", "1.217"),
            ("1,500", "1.5"),
            ("1,217", "1217"),
            ("1.2.3", "1.23"),
            ("1.2,3", "12.3"),
            ("1,32.00", "132"),
            ("0,328.00", "328"),
            ("1,328.000.00", "1328"),
            ("1,234,567", "1.234567"),
            ("1234,567.0", "1234567"),
            ("1E", "1"),
            ("1E99999999999", "1E99999999998"),
            ("0x10", "16"),
            ("", "0"),
            ("Lease", "lease"),
            ("true", "FALSE"),
            ("a\nb", "a b"),
            ("01.04.2026", "2026-01-04"),
            ("01.04.2026", "04.01.2026"),
            ("01.04.1926", "2026-04-01"),
            ("1.4", "2026-04-01"),
            ("1.", "."),
        ] {
            assert_eq!(
                title(one, other),
                CellEquivalence::Different,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_line_break_is_one_in_every_system() {
        assert_eq!(title("a\r\nb", "a\nb"), CellEquivalence::SameValue);
    }

    #[test]
    fn values_have_many_spellings_and_addresses_one() {
        let invites = |other| CellEquivalence::of(&Column::SendSignerInvites, "false", other);
        assert_eq!(invites("FALSE"), CellEquivalence::SameValue);
        assert_eq!(invites("true"), CellEquivalence::Different);
        let version = |other| CellEquivalence::of(&Column::Version, "3", other);
        assert_eq!(version("03"), CellEquivalence::SameValue);
        assert_eq!(version("3.00"), CellEquivalence::SameNumber);
        let email = Column::Signer(1, SignerColumn::Email);
        let case = CellEquivalence::of(&email, "Ana@example.com", "ana@example.com");
        assert_eq!(case, CellEquivalence::Different);
    }
}
