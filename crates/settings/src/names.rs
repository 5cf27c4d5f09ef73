//! From the many names of a setting to the setting, and back.

use crate::definition::{Definition, Spec};
use crate::legacy;
use crate::table::definitions;

/// The prefix of our environment variables.
pub(crate) const PREFIX: &str = "SELKIES_";

impl Definition {
    /// The flag, with its dashes.
    #[must_use]
    pub fn flag(&self) -> String {
        flag(self.name)
    }

    /// The environment variables that set it, strongest first.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let ours = std::iter::once(&self.name)
            .chain(self.former)
            .map(|name| variable(name));
        ours.chain(self.aliases.iter().map(|&alias| alias.to_owned()))
            .collect()
    }
}

/// Finds a setting by its name or a former one; dashes count as underscores.
pub(crate) fn find(name: &str) -> Option<&'static Definition> {
    let name = name.replace('-', "_");
    definitions()
        .iter()
        .find(|definition| definition.name == name || definition.former.contains(&name.as_str()))
}

/// Whether a flag exists, and then whether it may stand without a value.
pub(crate) fn is_switch(name: &str) -> Option<bool> {
    if legacy::CLIPBOARD_SWITCHES.contains(&name) {
        return Some(true);
    }
    if legacy::ignored(&variable(name)).is_some() {
        return Some(false);
    }
    find(name).map(|definition| matches!(definition.spec, Spec::Bool { .. }))
}

/// Whether a `SELKIES_` variable is one that somebody reads.
pub(crate) fn is_known_variable(name: &str) -> bool {
    let Some(setting) = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else {
        return true;
    };
    legacy::CONTAINER.contains(&name)
        || (is_switch(&setting).is_some() && variable(&setting) == name)
}

/// `my_setting` as `--my-setting`.
pub(crate) fn flag(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

/// `my_setting` as `SELKIES_MY_SETTING`.
pub(crate) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

/// The setting whose name is most like `name`, if any is alike enough to be meant.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let name: String = name
        .to_ascii_lowercase()
        .replace('-', "_")
        .chars()
        .take(64)
        .collect();
    let names = definitions()
        .iter()
        .flat_map(|definition| std::iter::once(&definition.name).chain(definition.former));
    let (far, best) = names
        .map(|&candidate| (distance(&name, candidate), candidate))
        .min()?;
    (far <= 2.max(name.len() / 3)).then_some(best)
}

/// Levenshtein distance in bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, byte) in left.bytes().enumerate() {
        let mut diagonal = above;
        let mut beside = above + 1;
        let mut next = vec![beside];
        for (other, &up) in right.bytes().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(byte != other);
            beside = replaced.min(up + 1).min(beside + 1);
            diagonal = up;
            next.push(beside);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_found_by_either_generation_of_its_name() {
        for name in ["video_crf", "video-crf", "h264_crf", "h264-crf"] {
            assert_eq!(
                find(name).map(|definition| definition.name),
                Some("video_crf"),
                "{name}"
            );
        }
        assert!(find("video_crff").is_none());
    }

    #[test]
    fn distance_counts_insertions_removals_and_replacements() {
        assert_eq!(distance("framerate", "framerate"), 0);
        assert_eq!(distance("framrate", "framerate"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_may_be_meant() {
        assert_eq!(nearest("frame-rate"), Some("framerate"));
        assert_eq!(nearest("zzzzqqqq"), None);
    }
}
