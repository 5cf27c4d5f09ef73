//! Which Latin key is where another script has its own, so that commands reach programs.

/// A script's rows and the rows of a US keyboard below them, key by key.
const ROWS: [(&str, &str); 4] = [
    // Russian; then what Ukrainian and Belarusian have elsewhere.
    (
        "йцукенгшщзхъфывапролджэячсмитьбюё",
        "qwertyuiop[]asdfghjkl;'zxcvbnm,.`",
    ),
    ("іїєґў", "s]'\\o"),
    // Greek.
    ("ςερτυθιοπασδφγηξκλζχψωβνμ", "wertyuiopasdfghjklzxcvbnm"),
    // Hebrew. The slash and the quotation mark that moved are not of this script.
    ("קראטוןםפשדגכעיחלךףזסבהנמצתץ", "ertyuiopasdfghjkl;zxcvbnm,."),
];

/// The character of a US keyboard at the place where `character` is on the keyboard of its own
/// script. `None` for characters that are not Cyrillic, Greek or Hebrew letters of such a
/// keyboard. Case is kept.
pub(super) fn same_place(character: char) -> Option<char> {
    let small = single(character.to_lowercase())?;
    let latin = ROWS.iter().find_map(|(script, latin)| {
        let place = script.chars().position(|key| key == small)?;
        latin.chars().nth(place)
    })?;
    if small == character {
        Some(latin)
    } else {
        Some(latin.to_ascii_uppercase())
    }
}

/// Whether programs expect commands on other letters than this: Cyrillic, Greek and Hebrew.
pub(super) fn is_other_script(character: char) -> bool {
    matches!(character, '\u{370}'..='\u{52f}' | '\u{590}'..='\u{5ff}')
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    first.filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_equal_lengths() {
        for (script, latin) in ROWS {
            assert_eq!(script.chars().count(), latin.chars().count(), "{script}");
        }
    }

    #[test]
    fn letters_map_to_the_key_at_their_place() {
        for (letter, latin) in [
            ('с', 'c'),
            ('С', 'C'),
            ('я', 'z'),
            ('і', 's'),
            ('ψ', 'c'),
            ('Α', 'A'),
            ('ב', 'c'),
            ('ש', 'a'),
        ] {
            assert_eq!(same_place(letter), Some(latin), "{letter}");
            assert!(is_other_script(letter));
        }
        assert_eq!(same_place('c'), None);
        assert_eq!(same_place('漢'), None);
        assert!(!is_other_script('é'));
    }
}
