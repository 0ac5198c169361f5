//! What is honest now and then, and a slip more often: a warning with its count, and sent.

use unicode_script::{Script, UnicodeScript};

use crate::job::{Column, CopyRequest, Fields, Signer, SignerColumn, SpreadsheetDamage};

/// What is worth a second look in a row about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowWarning {
    /// A signer with an address but neither last name nor id: the service's documented error.
    NoLastName,
    /// One address for two signers of a row.
    Twice,
    /// A signer who is the sessions' owner.
    Owner,
    /// A domain whose letters only look alike.
    MixedScripts,
    /// Letters and signs in one word of a text as a wrong encoding makes them.
    StrangeLetters,
    /// A program's word for nothing or for an error.
    NoValue,
    /// `&amp;` for `&`.
    Entity,
}

impl RowWarning {
    /// The sentence for a warning, which begins with the count.
    pub fn describe(self, count: u64) -> String {
        let (rows, cells) = match count {
            1 => ("row has", "cell has"),
            _ => ("rows have", "cells have"),
        };
        let (subject, what) = match self {
            Self::NoLastName => (
                rows,
                "a signer's e-mail address without a last name or id, which the service may refuse",
            ),
            Self::Twice => (rows, "the same e-mail address for two signers"),
            Self::Owner => (rows, "the sessions' owner (--username) as a signer"),
            Self::MixedScripts => (rows, "an e-mail address whose domain mixes alphabets"),
            Self::StrangeLetters => (
                cells,
                "letters and signs that are not written together; is the file's encoding right?",
            ),
            Self::NoValue => (
                cells,
                "what programs write for a missing value or an error; is that intended?",
            ),
            Self::Entity => (cells, "an HTML entity, which is sent as it is written"),
        };
        format!("{subject} {what}")
    }
}

/// Looks at one row. With each warning comes the cell that gives rise to it.
pub fn row_warnings<'a>(
    fields: &Fields,
    request: &'a CopyRequest,
    username: Option<&str>,
    mut report: impl FnMut(RowWarning, &str),
) {
    let email = |signer: &'a Signer| signer.text(&SignerColumn::Email);
    let lacks = |signer: &Signer, member| signer.text(&member).is_none();
    let is_nameless =
        |signer: &&Signer| lacks(signer, SignerColumn::LastName) && lacks(signer, SignerColumn::Id);
    let mut nameless = request.signers.iter().filter(is_nameless);
    let emails: Vec<&str> = request.signers.iter().filter_map(email).collect();
    let is_same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let again = |(at, email): (usize, &&'a str)| {
        let is_again = emails[..at].iter().any(|one| is_same(one, email));
        is_again.then_some(*email)
    };
    let is_owner = |email: &&str| username.is_some_and(|username| is_same(username, email));
    let mut each = emails.iter().copied();
    for (warning, email) in [
        (RowWarning::NoLastName, nameless.find_map(email)),
        (RowWarning::Twice, emails.iter().enumerate().find_map(again)),
        (RowWarning::Owner, each.clone().find(is_owner)),
        (
            RowWarning::MixedScripts,
            each.find(|email| has_mixed_domain(email)),
        ),
    ] {
        if let Some(email) = email {
            report(warning, email);
        }
    }
    for (column, text) in fields.iter() {
        if *column != Column::RowId && is_no_value(text) {
            report(RowWarning::NoValue, text);
        }
        if column.is_free_text() && has_strange_letters(text) {
            report(RowWarning::StrangeLetters, text);
        }
        if *column != Column::ReturnUrl && has_entity(text) {
            report(RowWarning::Entity, text);
        }
    }
}

/// Whether a label of an address's domain has letters of several scripts that are not written
/// together.
fn has_mixed_domain(email: &str) -> bool {
    let domain = email.rsplit('@').next().unwrap_or_default();
    if domain.is_ascii() && !domain.to_ascii_lowercase().contains("xn--") {
        return false;
    }
    let (domain, _) = idna::domain_to_unicode(domain);
    domain.split('.').any(is_mixed)
}

fn is_mixed(label: &str) -> bool {
    use Script::{Bopomofo, Common, Han, Hangul, Hiragana, Inherited, Katakana, Latin};
    // Those of UTS 39's "highly restrictive" level.
    const TOGETHER: [&[Script]; 3] = [
        &[Latin, Han, Hiragana, Katakana],
        &[Latin, Han, Hangul],
        &[Latin, Han, Bopomofo],
    ];
    let mut scripts: Vec<Script> = label.chars().map(|c| c.script()).collect();
    scripts.retain(|script| !matches!(script, Common | Inherited));
    let are_one = |group: &&[Script]| scripts.iter().all(|script| group.contains(script));
    let is_mixed = scripts.iter().any(|script| *script != scripts[0]);
    is_mixed && !TOGETHER.iter().any(are_one)
}

/// Whether a word mixes scripts that are not written together (`Bjцrn`), or has a sign between its letters that
/// no name has (`M¸ller`): what a wrong encoding makes of letters with accents.
fn has_strange_letters(text: &str) -> bool {
    const SIGNS: &str = "¢£¥¦§¨©¬®±¶¸¼½¾ˆ˜‰™∂∏∑√∞∫≠≤≥◊ﬁﬂ";
    if text.is_ascii() {
        return false;
    }
    let is_sign = |c: char| SIGNS.contains(c);
    text.split(|c: char| !c.is_alphabetic() && !is_sign(c))
        .any(|word| {
            let begins_as_one = word.chars().next().is_some_and(char::is_alphabetic);
            let letters = word.chars().filter(|c| c.is_alphabetic()).count();
            word.chars().any(is_sign) && begins_as_one && letters > 1 || is_mixed(word)
        })
}

/// In the spelling of programs: `Null` and `Nan` are people's names.
fn is_no_value(text: &str) -> bool {
    const WORDS: &str = "nan NaN NAN NaT null NULL (null) <null> None NONE nil undefined Undefined \
        UNDEFINED N/A n/a #n/a <NA> \\N";
    WORDS.split(' ').any(|word| word == text) || SpreadsheetDamage::is_error(text)
}

/// Whether a text holds an HTML entity: by name, or by number.
fn has_entity(text: &str) -> bool {
    const NAMES: &str = " amp lt gt quot apos nbsp iexcl cent pound yen sect copy laquo raquo reg deg \
        plusmn acute micro para middot frac12 szlig Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil \
        Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml Ntilde Ograve Oacute Ocirc Otilde Ouml Oslash \
        Ugrave Uacute Ucirc Uuml Yacute agrave aacute acirc atilde auml aring aelig ccedil egrave eacute \
        ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml oslash ugrave \
        uacute ucirc uuml yacute thorn yuml OElig oelig Scaron scaron ndash mdash lsquo rsquo sbquo ldquo \
        rdquo bdquo hellip bull euro trade shy zwj zwnj lrm rlm ";
    text.match_indices('&').any(|(at, _)| {
        let behind = &text[at + 1..];
        let Some(end) = behind.find(';').filter(|end| (2..=10).contains(end)) else {
            return false;
        };
        let name = &behind[..end];
        match name.strip_prefix('#') {
            Some(number) => match number.strip_prefix(['x', 'X']) {
                Some(hex) => !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
                None => number.bytes().all(|byte| byte.is_ascii_digit()),
            },
            None => {
                name.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && NAMES.contains(&format!(" {name} "))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[(&str, &str)]) -> Vec<RowWarning> {
        let mut fields = Fields::default();
        let source = "3f0c6c1e-0000-4000-8000-000000000001";
        fields.set(Column::SourceSessionId, source);
        for (column, text) in cells {
            fields.set(column.parse().unwrap(), text);
        }
        let request = CopyRequest::from_fields(&fields).unwrap();
        let mut found = Vec::new();
        let username = Some("owner@example.com");
        row_warnings(&fields, &request, username, |warning, _| {
            found.push(warning);
        });
        found
    }

    #[test]
    fn slips_are_seen_and_honest_rows_pass() {
        let (email, name) = ("signer_1_email", ("signer_1_last_name", "Li"));
        let ana = (email, "ana@example.com");
        assert_eq!(of(&[ana]), [RowWarning::NoLastName]);
        assert_eq!(of(&[ana, name]), []);
        assert_eq!(of(&[ana, ("signer_1_id", "S-1")]), []);
        assert_eq!(of(&[("signer_1_id", "S-1")]), []);
        let again = ("signer_2_email", "ANA@example.com");
        let twice = [ana, name, again, ("signer_2_id", "S-2")];
        assert_eq!(of(&twice), [RowWarning::Twice]);
        let owner = (email, "Owner@Example.com");
        assert_eq!(of(&[owner, name]), [RowWarning::Owner]);
    }

    #[test]
    fn mixed_scripts_are_distinguished_from_languages_that_mix_them() {
        let is_told = |domain: &str| has_mixed_domain(&format!("a@{domain}"));
        for domain in ["exаmple.com", "xn--exmple-4nf.com", "раypal.example"] {
            assert!(is_told(domain), "{domain}");
        }
        for domain in [
            "example.com",
            "bücher.example",
            "xn--bcher-kva.example",
            "пример.com",
            "東京タワーのひ.jp",
            "한국字.kr",
            "例え-abc.jp",
            "한국abc.kr",
            "a-1.example",
        ] {
            assert!(!is_told(domain), "{domain}");
        }
    }

    #[test]
    fn words_of_programs_are_distinguished_from_names() {
        for word in ["nan", "NULL", "None", "undefined", "#N/A", "#NAME?", "NaN"] {
            assert!(is_no_value(word), "{word}");
        }
        for word in ["Null", "Nan", "Nona", "Undef", "Anna", "#1"] {
            assert!(!is_no_value(word), "{word}");
        }
        for text in ["Smith &amp; Co", "Caf&eacute;", "it&#39;s", "&#x2019;"] {
            assert!(has_entity(text), "{text}");
        }
        for text in ["Smith & Co; Ltd", "AT&T;", "a&b", "&;", "&nothing;"] {
            assert!(!has_entity(text), "{text}");
        }
    }

    #[test]
    fn words_that_a_wrong_encoding_made_are_strange() {
        for text in [
            "Bjцrn",
            "M¸ller",
            "Bjˆrn Schrˆder",
            "Kˆnigstraﬂe",
            "M√ºller",
        ] {
            assert!(has_strange_letters(text), "{text}");
        }
        for text in [
            "Müller",
            "Straße",
            "Łukasz",
            "O’Brien",
            "12 m²",
            "5 €",
            "Miete: 100 £",
            "§ 5",
            "© 2026",
            "Бьёрн",
            "Tokyo 東京",
            "N.º 5",
            "a ≤ b",
        ] {
            assert!(!has_strange_letters(text), "{text}");
        }
    }
}
