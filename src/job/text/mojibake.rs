//! UTF-8 that a program read as Windows-1252: `José` becomes `JosÃ©`.

/// What a mangled text was, or `None` for a sound one: the whole text, or a word of it, taken back to
/// its bytes, is UTF-8 with more than ASCII in it. Honest text hardly ever is: `SÃO` is none.
pub(super) fn meant(text: &str) -> Option<String> {
    if text.is_ascii() || !may_be_mangled(text) {
        return None;
    }
    read_again(text).or_else(|| {
        let mut is_mangled = false;
        let words = text.split_inclusive([' ', '\t', '\r', '\n']);
        let words = words.map(|word| match read_again(word) {
            Some(meant) => {
                is_mangled = true;
                meant
            }
            None => word.to_owned(),
        });
        let meant: String = words.collect();
        is_mangled.then_some(meant)
    })
}

/// Whether a character that begins a mangled one is followed by one that goes on, or by nothing.
fn may_be_mangled(text: &str) -> bool {
    let is_lead = |character: char| matches!(u32::from(character), 0xc2..=0xf4);
    let mut before = '\0';
    let has_pair = text.chars().any(|character| {
        let is_pair = is_lead(before) && matches!(byte_of(character), Some(0x80..=0xbf));
        before = character;
        is_pair
    });
    has_pair || before == 'Ã'
}

fn read_again(text: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
    let mut bytes = bytes?;
    // The second half of `à` is a space that was cut off with the others.
    if let [.., before, 0xc3] = bytes[..]
        && before.is_ascii_lowercase()
    {
        bytes.push(0xa0);
    }
    let meant = String::from_utf8(bytes).ok()?;
    (!meant.is_ascii() && is_telling(text)).then_some(meant)
}

/// Whether some character pair is surely no text. A capital word may end with `Ã`, and a quotation
/// mark or a space that keeps words together may follow: `“BOA MANHÃ”`.
fn is_telling(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let is_capital = |at: Option<usize>| at.is_some_and(|at| characters[at].is_uppercase());
    let is_letter = |at: usize| {
        characters
            .get(at)
            .is_some_and(|next| next.is_alphanumeric())
    };
    let mut pairs = characters.windows(2).enumerate();
    let ends_open = characters.last() == Some(&'Ã');
    ends_open
        || pairs.any(|(at, pair)| {
            let is_lead = matches!(byte_of(pair[0]), Some(0xc2..=0xf4));
            let is_follower = matches!(byte_of(pair[1]), Some(0x80..=0xbf));
            let may_be_text = is_capital(at.checked_sub(1))
                && pair[0].is_uppercase()
                && match pair[1] {
                    '\u{a0}' => true,
                    '“' | '”' | '„' | '‘' | '’' | '‚' | '«' | '»' | '‹' | '›' | '–' | '—' | '…' => {
                        !is_letter(at + 2)
                    }
                    _ => false,
                };
            is_lead && is_follower && !may_be_text
        })
}

/// The byte that Windows-1252, or Latin-1, reads as this character.
fn byte_of(character: char) -> Option<u8> {
    const FROM_80: [(char, u8); 27] = [
        ('€', 0x80),
        ('‚', 0x82),
        ('ƒ', 0x83),
        ('„', 0x84),
        ('…', 0x85),
        ('†', 0x86),
        ('‡', 0x87),
        ('ˆ', 0x88),
        ('‰', 0x89),
        ('Š', 0x8a),
        ('‹', 0x8b),
        ('Œ', 0x8c),
        ('Ž', 0x8e),
        ('‘', 0x91),
        ('’', 0x92),
        ('“', 0x93),
        ('”', 0x94),
        ('•', 0x95),
        ('–', 0x96),
        ('—', 0x97),
        ('˜', 0x98),
        ('™', 0x99),
        ('š', 0x9a),
        ('›', 0x9b),
        ('œ', 0x9c),
        ('ž', 0x9e),
        ('Ÿ', 0x9f),
    ];
    u8::try_from(u32::from(character)).ok().or_else(|| {
        let found = FROM_80.iter().find(|(known, _)| *known == character);
        found.map(|(_, byte)| *byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a program does that takes UTF-8 for Windows-1252.
    fn mangled(text: &str) -> String {
        let read = |byte: &u8| {
            let mut all = (0x80..0x2200).filter_map(char::from_u32);
            let windows = all.find(|c| u32::from(*c) > 0xff && byte_of(*c) == Some(*byte));
            windows.unwrap_or(char::from(*byte))
        };
        text.as_bytes().iter().map(read).collect()
    }

    #[test]
    fn every_letter_is_taken_back() {
        assert_eq!(mangled("José"), "JosÃ©");
        assert_eq!(mangled("Jürgen"), "JÃ¼rgen");
        for text in [
            "José",
            "Jürgen Öztürk",
            "Ærø Ål",
            "Straße",
            "Łódź",
            "Ñandú",
            "O’Connor",
            "Миет",
            "東京",
            "À Paris",
            "Voilà, Maria",
            "50 €",
            "JÖRG BÄR",
            "😀",
        ] {
            assert_eq!(meant(&mangled(text)).as_deref(), Some(text), "{text}");
        }
        assert_eq!(meant("CittÃ").as_deref(), Some("Città"));
        // One word of several, beside honest ones.
        let mixed = format!("Mietvertrag für {} – Größe", mangled("José"));
        let whole = "Mietvertrag für José – Größe";
        assert_eq!(meant(&mixed).as_deref(), Some(whole));
    }

    #[test]
    fn honest_text_stays_as_it_is() {
        for text in [
            "José",
            "SÃO PAULO",
            "Ã",
            "MAÇÃ",
            "“BOA MANHÃ”",
            "IRMÃ\u{a0}MARIA",
            "IRMÃ – MÃE",
            "Grüße an Zoë",
            "Łódź",
            "ÂME",
            "Bail «Les Lilas»",
            "Ærøskøbing",
            "50 €",
            "Straße 5",
            "東京",
            "naïve façade – œuvre…",
            "PHÚ QUỐC",
        ] {
            assert_eq!(meant(text), None, "{text}");
        }
    }
}
