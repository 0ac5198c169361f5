//! What the name of a column says, in English, German, French and Spanish.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::role_words::{is_among, is_filler, role_of};

/// What a column's name says of its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Email,
    FirstName,
    LastName,
    /// A whole name, in an order of its parts.
    FullName(NameOrder),
    /// A first, last or whole name: the other columns show which.
    Name,
    /// A number or id by which somebody knows the row.
    Key,
    /// The session to copy.
    Source,
    /// A day on which something ends.
    Expiry,
}

/// Which part of a whole name without a comma comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameOrder {
    /// The last word is the last name.
    LastWord,
    /// The first word is the last name.
    LastNameFirst,
    /// The first word is the first name, as in Spanish, where two last names follow.
    FirstWord,
}

/// The words of a column's name: what they mean, and those that say whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeaderWords {
    pub(super) meaning: Option<Meaning>,
    /// The other words.
    pub(super) rest: Vec<String>,
}

/// Words in a row, without spaces and accents, and what they mean.
const PHRASES: [(Meaning, &str); 8] = [
    (
        Meaning::Email,
        "email emails emailaddress emailaddresses emailadresse emailadressen emailadress mail mailadresse \
         mailaddress courriel adressemail adresseemail adressecourriel adresseelectronique \
         courrierelectronique mel correo correoelectronico direcciondecorreo \
         direcciondecorreoelectronico direccionemail",
    ),
    (
        Meaning::FirstName,
        "firstname givenname forename fname vorname vornamen rufname prenom prenoms nombres \
         primernombre nombredepila",
    ),
    (
        Meaning::LastName,
        "lastname surname familyname lname nachname familienname zuname nomdefamille nomfamille \
         nomdusage apellido apellidos primerapellido",
    ),
    (
        Meaning::FullName(NameOrder::LastWord),
        "fullname firstandlastname firstnamelastname vornamename vornamenachname vorundnachname \
         vorundzuname vollername vollstandigername displayname anzeigename nomcomplet prenomnom prenometnom",
    ),
    (
        Meaning::FullName(NameOrder::LastNameFirst),
        "lastnamefirstname namevorname nameundvorname nachnamevorname nomprenom nometprenom nomprenoms \
         nomsetprenoms apellidosynombre apellidosynombres apellidosnombre",
    ),
    (
        Meaning::FullName(NameOrder::FirstWord),
        "nombrecompleto nombreyapellido nombreyapellidos nombreapellidos",
    ),
    (Meaning::Name, "name namen nom nombre"),
    (
        Meaning::Key,
        "id nr no num number nummer numero nro ref reference referenz referencia key schlussel kennung \
         kennzeichen aktenzeichen matricule expediente uuid guid recordid",
    ),
];

/// Names that mean something only where nothing else stands beside them.
const WHOLE: [(Meaning, &str); 4] = [
    (Meaning::FirstName, "first given"),
    (Meaning::LastName, "last family"),
    (
        Meaning::Source,
        "sourcesessionid sourcesession sourceid signingsessionid sessionid session source vorlage \
         vorlageid vorlagenid templateid template sessionsource modeleid plantillaid",
    ),
    (
        Meaning::Expiry,
        "expireson expirydate expirationdate expires expiry validuntil deadline duedate gultigbis \
         ablaufdatum fristende frist datedexpiration dateexpiration echeance datelimite fechalimite \
         fechadevencimiento fechavencimiento vencimiento",
    ),
];

/// German words at the end of longer ones: `Mietervorname`, `Kundennr`.
const ENDINGS: [(Meaning, &str); 7] = [
    (Meaning::LastName, "nachname"),
    (Meaning::LastName, "familienname"),
    (Meaning::FirstName, "vorname"),
    (Meaning::Email, "email"),
    (Meaning::Email, "mail"),
    (Meaning::Key, "nummer"),
    (Meaning::Key, "nr"),
];

/// A header with one of these words next to the address tells something about an address (when it was
/// confirmed, say), and does not hold one.
const NOT_AN_ADDRESS: &str = "opt optin optout newsletter status bounce bounced typ type tipo display \
                              displayname anzeigename domain domaine template consent verified sent count date \
                              datum subject betreff";

/// The longest name of a column, in words.
const LONGEST_PHRASE: usize = 4;

impl HeaderWords {
    pub(super) fn of(header: &str) -> Self {
        let words = words(header);
        let whole = words.concat();
        if let Some(meaning) = found_in(&WHOLE, &whole) {
            let rest = Vec::new();
            return Self {
                meaning: Some(meaning),
                rest,
            };
        }
        let (meaning, rest) = phrase(&words).or_else(|| ending(&words)).unzip();
        let rest = rest.unwrap_or(words);
        let rest: Vec<String> = rest.into_iter().filter(|word| !is_filler(word)).collect();
        let meaning = meaning.filter(|meaning| is_meant(*meaning, &rest));
        Self { meaning, rest }
    }

    /// Every word of a name that has some weight.
    pub(super) fn all(name: &str) -> Vec<String> {
        words(name)
            .into_iter()
            .filter(|word| !is_filler(word))
            .collect()
    }
}

/// Whether a word means what it says beside these others.
fn is_meant(meaning: Meaning, rest: &[String]) -> bool {
    match meaning {
        Meaning::Email => !rest.iter().any(|word| is_among(NOT_AN_ADDRESS, word)),
        // A company, a street or a file has a name too.
        Meaning::Name | Meaning::FullName(_) => rest.iter().all(|word| {
            role_of(word).is_some() || word.chars().all(|letter| letter.is_ascii_digit())
        }),
        _ => true,
    }
}

/// The longest phrase among the words, and the words around it.
fn phrase(words: &[String]) -> Option<(Meaning, Vec<String>)> {
    for length in (1..=LONGEST_PHRASE.min(words.len())).rev() {
        for start in 0..=words.len() - length {
            let end = start + length;
            if let Some(meaning) = found_in(&PHRASES, &words[start..end].concat()) {
                let around = words[..start].iter().chain(&words[end..]);
                return Some((meaning, around.cloned().collect()));
            }
        }
    }
    None
}

/// The first word that ends in one, with the beginning of that word among the others.
fn ending(words: &[String]) -> Option<(Meaning, Vec<String>)> {
    let mut numbered = words.iter().enumerate();
    let found = numbered.find_map(|(at, word)| Some((at, taken_apart(word)?)));
    let (at, (meaning, start)) = found?;
    let mut rest = words.to_vec();
    rest[at] = start.to_owned();
    Some((meaning, rest))
}

/// A German word's beginning, and what its end means.
fn taken_apart(word: &str) -> Option<(Meaning, &str)> {
    let of_person = || {
        let start = word.strip_suffix("name")?;
        role_of(start).map(|_| (Meaning::FullName(NameOrder::LastWord), start))
    };
    let mut endings = ENDINGS.iter();
    let found = endings.find_map(|(meaning, end)| Some((*meaning, word.strip_suffix(end)?)));
    let found = found.or_else(of_person);
    found.filter(|(_, start)| start.chars().count() > 2)
}

fn found_in(table: &[(Meaning, &str)], phrase: &str) -> Option<Meaning> {
    let mut lines = table.iter();
    let found = lines.find(|(_, phrases)| is_among(phrases, phrase));
    found.map(|(meaning, _)| *meaning)
}

/// A name's words in lower case, without accents: `Straße2` is `strasse`, `2`.
fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in header.replace(['°', 'º'], "o").nfkd() {
        if is_combining_mark(letter) {
            continue;
        }
        let is_new = !before.is_alphanumeric()
            || before.is_lowercase() && letter.is_uppercase()
            || before.is_ascii_digit() != letter.is_ascii_digit();
        if letter.is_alphanumeric() {
            if is_new || words.is_empty() {
                words.push(String::new());
            }
            let word = words.last_mut().expect("one was just put there");
            match letter {
                'ß' => word.push_str("ss"),
                letter => word.extend(letter.to_lowercase()),
            }
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (header, expected) in [
            ("E-Mail-Adresse", "e mail adresse"),
            ("Tenant1Email", "tenant 1 email"),
            ("Prénom du locataire", "prenom du locataire"),
            ("N° de dossier", "no de dossier"),
            ("Straße", "strasse"),
            ("signer_email", "signer email"),
            ("EMAIL", "email"),
            ("  (2) ", "2"),
            ("", ""),
        ] {
            assert_eq!(words(header).join(" "), expected, "{header}");
        }
    }

    #[test]
    fn names_in_four_languages_are_understood() {
        use Meaning::{Email, Expiry, FirstName, FullName, Key, LastName, Name, Source};
        let last_word = FullName(NameOrder::LastWord);
        for (meaning, headers) in [
            (
                Email,
                "E-Mail|Email Address|courriel|Adresse e-mail|Correo electrónico|Kundenmail|E-mail 2 Address",
            ),
            (
                FirstName,
                "Vorname|First Name|Prénom|Given name|Mietervorname|First",
            ),
            (
                LastName,
                "Nachname|Familienname|Last Name|Surname|Nom de famille|Apellidos|Mieternachname",
            ),
            (
                last_word,
                "Full Name|Vor- und Nachname|Mietername|Nom complet",
            ),
            (
                FullName(NameOrder::LastNameFirst),
                "Nom et prénom|Name, Vorname|Apellidos y nombre",
            ),
            (
                FullName(NameOrder::FirstWord),
                "Nombre completo|Nombre y apellidos",
            ),
            (Name, "Name|Nom|Nombre|Name des Mieters|Tenant name"),
            (
                Key,
                "Kundennr.|Mandantennummer|contract no|N° de dossier|ID|Nº expediente|CustomerId",
            ),
            (Source, "Source Session ID|Vorlage|Session"),
            (Expiry, "Gültig bis|Valid until|Date d'expiration"),
        ] {
            for header in headers.split('|') {
                let read = HeaderWords::of(header);
                assert_eq!(read.meaning, Some(meaning), "{header}: {read:?}");
            }
        }
        for header in
            "Straße|Firmenname|Company Name|Account Name|Email Opt Out|E-mail Display Name|Nombre \
             d'enfants|Nom de la société|Wohnung|"
                .split('|')
        {
            let read = HeaderWords::of(header);
            assert_eq!(read.meaning, None, "{header}: {read:?}");
        }
    }
}
