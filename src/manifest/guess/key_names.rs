//! Which names of columns are those of a row's own number.

use super::header_words::{HeaderWords, Meaning};
use super::role_words::{is_among, role_of};

/// A header with one of these words next to the number holds something else's number, not the row's.
const NOT_OF_ROWS: &str = "haus house hausnr tel telefon phone fax mobil mobile handy konto bank account iban bic \
                           blz plz post postal zip steuer tax vat ust siret wohnung wohnungs wohn unit flat apartment \
                           apt room zimmer appartement logement lot piso vivienda puerta area country land \
                           strasse street building gebaude sort cp rue calle telephone portable movil telefono \
                           owner createdby parent company bedrooms rooms children employees";

/// Words of those whom the rows are about.
const OF_ROWS: &str = "contract contrat contrato vertrag vertrags dossier record lead person personal policy police \
                       invoice rechnung rechnungs order bestellung case akte akten vorgang vorgangs debitor debitoren \
                       external kunden mandanten mieter mitglieds";

/// How well a column's name fits a key; the least is best. None if it does not.
pub(super) fn key_rank(words: &HeaderWords) -> Option<u32> {
    let is_key = words.meaning == Some(Meaning::Key);
    let is_other = words.rest.iter().any(|word| is_among(NOT_OF_ROWS, word));
    let is_of_row = |word: &String| is_among(OF_ROWS, word) || role_of(word).is_some();
    (is_key && !is_other).then(|| match words.rest.as_slice() {
        [] => 1,
        rest if rest.iter().any(is_of_row) => 0,
        _ => 2,
    })
}
