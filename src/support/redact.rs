//! Secrets taken out of words that somebody else has written.

use super::{is_invisible, is_terminal_control};

/// One character of a text, with the bytes of the text that stand for it.
#[derive(Debug, Clone, Copy)]
struct Spelt {
    character: char,
    start: usize,
    end: usize,
}

/// Escapes within escapes: a proxy may encode what a server has encoded already.
const DEPTH: usize = 3;

/// A secret of so many characters is known in whatever case; a shorter one may be a word.
const UNMISTAKABLE: usize = 12;

/// The text with `[secret]` in the place of each secret, also where it is spelt percent-encoded, as in
/// HTML or as in JSON, or torn apart by characters that are not shown.
pub fn redacted<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut reading: Vec<Spelt> = text
        .char_indices()
        .map(|(start, character)| Spelt {
            character,
            start,
            end: start + character.len_utf8(),
        })
        .filter(|spelt| is_shown(spelt.character))
        .collect();
    let secrets: Vec<Vec<char>> = secrets
        .into_iter()
        .map(|one| one.chars().filter(|c| is_shown(*c)).collect())
        .filter(|secret: &Vec<char>| !secret.is_empty())
        .collect();
    let mut found = Vec::new();
    for _ in 0..=DEPTH {
        for secret in &secrets {
            let places = reading.windows(secret.len());
            let is_long = secret.len() >= UNMISTAKABLE;
            let is_secret = |place: &&[Spelt]| {
                let is_same = |(spelt, wanted): (&Spelt, &char)| {
                    spelt.character == *wanted
                        || is_long && spelt.character.eq_ignore_ascii_case(wanted)
                };
                place.iter().zip(secret).all(is_same)
            };
            let spans = places.filter(is_secret);
            found.extend(spans.map(|place| (place[0].start, place[place.len() - 1].end)));
        }
        reading = decoded(&reading);
    }
    found.sort_unstable();
    let (mut clean, mut after) = (String::with_capacity(text.len()), 0);
    for (start, end) in found {
        if start >= after {
            clean.push_str(&text[after..start]);
            clean.push_str("[secret]");
        }
        after = after.max(end);
    }
    clean.push_str(&text[after..]);
    clean
}

/// The reading with one layer of escapes undone.
fn decoded(reading: &[Spelt]) -> Vec<Spelt> {
    let mut plain = Vec::with_capacity(reading.len());
    let mut at = 0;
    while at < reading.len() {
        let (character, length) = escape(&reading[at..]).unwrap_or((reading[at].character, 1));
        if is_shown(character) {
            plain.push(Spelt {
                character,
                start: reading[at].start,
                end: reading[at + length - 1].end,
            });
        }
        at += length;
    }
    plain
}

/// Whether a character is seen, and not taken out of a text or passed over by who reads it.
fn is_shown(character: char) -> bool {
    let is_passed_over = is_invisible(character) || character == '\u{fffd}';
    !is_passed_over && !character.is_whitespace() && !is_terminal_control(character)
}

/// The escapes that give a character's number in so many hexadecimal digits.
const NUMBERED: [(&str, usize); 3] = [("%", 2), ("\\x", 2), ("\\u", 4)];

/// The character that an escape at the start of a reading stands for, and the escape's length.
fn escape(reading: &[Spelt]) -> Option<(char, usize)> {
    let start = reading.iter().take(12).map(|spelt| spelt.character);
    let start: String = start.collect();
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    for (prefix, digits) in NUMBERED {
        if let Some(rest) = start.strip_prefix(prefix) {
            return Some((number(rest.get(..digits)?, 16)?, prefix.len() + digits));
        }
    }
    if let Some(rest) = start.strip_prefix('\\') {
        let escaped = rest.chars().next()?;
        return matches!(escaped, '/' | '"' | '\\').then_some((escaped, 2));
    }
    let entity = start.strip_prefix('&')?;
    let (name, around) = match entity.split_once(';') {
        Some((name, _)) => (name, 2),
        // Browsers take a number without its end as well.
        None => {
            let digits = entity.strip_prefix('#')?;
            let end = digits.find(|c: char| !c.is_ascii_digit());
            (&entity[..=end.unwrap_or(digits.len())], 1)
        }
    };
    let character = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?,
            None => number(digits, 10)?,
        },
        None => match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "plus" => '+',
            "sol" => '/',
            "equals" => '=',
            _ => return None,
        },
    };
    Some((character, name.chars().count() + around))
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn a_secret_is_found_however_it_is_spelt() {
        let secret = "a+b/c=d&\"e";
        for spelt in [
            "a+b/c=d&\"e",
            "a%2Bb%2fc%3Dd%26%22e",
            "%61%2B%62%2Fc%3Dd%26%22e",
            "a&#43;b&#x2F;c&equals;d&amp;&quot;e",
            "a+b\\/c=d&\\\"e",
            "a\\u002bb\\u002Fc\\u003dd\\u0026\\u0022e",
            "a+b/c\u{7}=d&\"e",
            "a\u{1b}+b\u{202e}/c=d\u{200b}&\"e",
            "a+b/\r\n c=d&\"e",
            "a%2B%07b/c=d&\"e",
            "a\\x2bb/c=d&\"e",
            "a&#43b/c=d&\"e",
            "a%252Bb%252Fc%253Dd%2526%2522e",
            "a&amp;#43;b/c=d&amp;amp;&amp;quot;e",
        ] {
            let text = format!("no: {spelt}! 100 % & x; {spelt}");
            let clean = redacted(&text, [secret]);
            assert_eq!(clean, "no: [secret]! 100 % & x; [secret]", "{spelt}");
        }
        let honest = "100% of a+b, &c; é%zz \\u12 %e2%82%ac";
        assert_eq!(redacted(honest, [secret, ""]), honest);
        assert_eq!(redacted("abcd", ["abc", "bcd"]), "[secret]");
        let long = "Salt0123456789";
        assert_eq!(redacted("SALT0123456789", [long]), "[secret]");
        assert_eq!(redacted("Bad Token", ["token"]), "Bad Token");
    }
}
