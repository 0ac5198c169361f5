//! What spreadsheets make of ids when they take them for numbers or days.

use super::ids::{GENERATED, is_base32};

/// How an id was damaged. Finishes the sentence "'TEXT' ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpreadsheetDamage {
    /// `1.23E+15`
    Scientific,
    /// `12345678901234600000`: spreadsheets keep 15 digits and fill up with zeros.
    Rounded,
    /// `2-Jan`
    Date,
    /// `#NAME?`, `#####`
    Error,
    /// A GUID, or an id that this program made, with characters lost or changed.
    Shortened,
}

impl SpreadsheetDamage {
    /// What was done to the text, if something very probably was.
    pub fn of(text: &str) -> Option<Self> {
        let looks = [
            (is_scientific as fn(&str) -> bool, Self::Scientific),
            (is_rounded, Self::Rounded),
            (is_named_date, Self::Date),
            (is_error, Self::Error),
            (is_shortened, Self::Shortened),
        ];
        let found = looks.into_iter().find(|(is_so, _)| is_so(text.trim()));
        found.map(|(_, damage)| damage)
    }

    /// Whether a cell holds a spreadsheet's error.
    pub fn is_error(text: &str) -> bool {
        is_error(text.trim())
    }

    /// The same of an id that nobody knows: such a one may be a date in figures too.
    pub fn of_unknown(text: &str) -> Option<Self> {
        Self::of(text).or_else(|| is_numeric_date(text.trim()).then_some(Self::Date))
    }

    /// For people: what happened and what to do.
    pub fn describe(self) -> String {
        let what = match self {
            Self::Scientific => "is a number in scientific notation",
            Self::Rounded => "is a number rounded to 15 digits",
            Self::Date => "is a date",
            Self::Error => "is a spreadsheet's error",
            Self::Shortened => "has lost, gained or changed characters",
        };
        format!(
            "{what}: a spreadsheet changed this id. Put back what the report had, and format the column \
             as text"
        )
    }
}

/// As spreadsheets write it: with a sign and two digits at least, which people rarely do.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or_default();
    whole.len() == 1 && are_digits(whole) && are_digits(fraction) && {
        digits.len() >= 2 && are_digits(digits)
    }
}

fn is_rounded(text: &str) -> bool {
    text.len() > 15
        && are_digits(text)
        && !text.starts_with('0')
        && text[15..].bytes().all(|byte| byte == b'0')
}

/// `2-Jan`, `Jan-02`, `02. Jan 26`: a month's short name and figures, in English or German.
fn is_named_date(text: &str) -> bool {
    const MONTHS: [&str; 16] = [
        "jan", "feb", "mar", "mrz", "mär", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct",
        "okt", "nov", "dec",
    ];
    let parts: Vec<&str> = date_parts(text).collect();
    let is_month = |part: &&&str| {
        let part = part.to_lowercase();
        MONTHS.contains(&part.as_str()) || part == "dez"
    };
    let is_figure = |part: &&&str| matches!(part.len(), 1 | 2 | 4) && are_digits(part);
    (2..=3).contains(&parts.len())
        && parts.iter().filter(is_month).count() == 1
        && parts.iter().filter(is_figure).count() == parts.len() - 1
}

/// `02.01.2026`, `1/2/26`, `2026-01-02`.
fn is_numeric_date(text: &str) -> bool {
    let parts: Vec<&str> = date_parts(text).collect();
    let sizes: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let has_form = matches!(sizes[..], [1 | 2, 1 | 2, 2 | 4] | [4, 1 | 2, 1 | 2]);
    has_form && parts.iter().all(|part| are_digits(part))
}

fn date_parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['-', '.', '/', ' '])
        .filter(|part| !part.is_empty())
}

fn is_error(text: &str) -> bool {
    const ERRORS: [&str; 8] = [
        "#NAME?", "#REF!", "#VALUE!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!", "Err:",
    ];
    let is_filled = text.len() > 1 && text.bytes().all(|byte| byte == b'#');
    is_filled || ERRORS.iter().any(|error| text.starts_with(error))
}

/// Five groups of hexadecimal digits that are not 8-4-4-4-12, or one of our own ids that has not
/// its 26 characters, or capitals.
fn is_shortened(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let is_hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let sizes: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits: usize = sizes.iter().sum();
    let is_guid = groups.len() == 5 && digits >= 20 && groups.iter().all(is_hex);
    let lower = text.to_ascii_lowercase();
    let own = lower
        .strip_prefix("ec-")
        .or_else(|| lower.strip_prefix("r1"));
    let is_own = own.is_some_and(|rest| (20..=32).contains(&rest.len()) && is_base32(rest));
    let is_whole = own.is_some_and(|rest| rest.len() == GENERATED) && lower == text;
    is_guid && sizes != [8, 4, 4, 4, 12] || is_own && !is_whole
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_make_of_ids_is_seen() {
        for (text, expected) in [
            ("1.23E+15", SpreadsheetDamage::Scientific),
            ("1,23457E+19", SpreadsheetDamage::Scientific),
            ("5E-05", SpreadsheetDamage::Scientific),
            ("12345678901234600000", SpreadsheetDamage::Rounded),
            ("1234567890123450", SpreadsheetDamage::Rounded),
            ("2-Jan", SpreadsheetDamage::Date),
            ("Jan-02", SpreadsheetDamage::Date),
            ("02. Mrz", SpreadsheetDamage::Date),
            ("02-Jan-26", SpreadsheetDamage::Date),
            ("#NAME?", SpreadsheetDamage::Error),
            ("#####", SpreadsheetDamage::Error),
            (
                "3f0c6c1e-0000-4000-8000-00000000001",
                SpreadsheetDamage::Shortened,
            ),
            (
                "3f0c6c1e-0000-4000-800-000000000001",
                SpreadsheetDamage::Shortened,
            ),
            ("r1abcdefghijklmnopqrstuvwxy", SpreadsheetDamage::Shortened),
            ("ec-abcdefghijklmnopqrstuvwxy", SpreadsheetDamage::Shortened),
            (
                "EC-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                SpreadsheetDamage::Shortened,
            ),
        ] {
            assert_eq!(SpreadsheetDamage::of(text), Some(expected), "{text}");
        }
        assert_eq!(SpreadsheetDamage::of("02.01.2026"), None);
        assert_eq!(
            SpreadsheetDamage::of_unknown("02.01.2026"),
            Some(SpreadsheetDamage::Date)
        );
    }

    #[test]
    fn ids_that_people_make_are_left_alone() {
        for text in [
            "",
            "1",
            "42",
            "1E5",
            "deal-1-2",
            "jan-feb",
            "ana-02",
            "123456789012345",
            "1234567890123456",
            "#1",
            "ec-order-12",
            "r1",
            "3f0c6c1e-0000-4000-8000-000000000001",
            "r1abcdefghijklmnopqrstuvwxyz",
            "ec-abcdefghijklmnopqrstuvwxyz",
        ] {
            assert_eq!(SpreadsheetDamage::of_unknown(text), None, "{text}");
        }
    }
}
