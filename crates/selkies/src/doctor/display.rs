//! The display: one that is there, or what a desktop of our own needs.

use selkies_desktop_x11::{Description, Server, X11Desktop};
use selkies_embedded::{Survey, install_line};

use super::Look;
use super::finding::{Finding, State};

const TOPIC: &str = "display";

pub(super) fn look(display: anyhow::Result<Option<String>>, for_one_command: bool) -> Look {
    Look::at(TOPIC, true, move || match display {
        Err(error) => Finding::new(State::Fails, error.to_string())
            .advise("leave one of the two away")
            .vital(),
        Ok(Some(display)) => attached(&display),
        Ok(None) => embedded(&Survey::take(for_one_command, false)),
    })
}

fn attached(display: &str) -> Finding {
    match X11Desktop::new(Server::new(display)).check() {
        Ok(description) => describe(display, &description),
        Err(error) => Finding::new(State::Fails, format!("{display}: {error}"))
            .advise(
                "start it, name another one by --display, or --embedded for a desktop of our own; \
                 XAUTHORITY names the file with its secret",
            )
            .vital(),
    }
}

fn describe(display: &str, description: &Description) -> Finding {
    let says = format!("{display}: {description}");
    let lacks: Vec<&str> = description
        .missing
        .iter()
        .map(|extension| match *extension {
            "DAMAGE" | "XFIXES" => "it cannot be shown without",
            "MIT-SHM" => "pictures are copied through the socket",
            "RANDR" => "its size does not follow the page",
            "XTEST" | "XKEYBOARD" => "no keyboard, no pointer",
            _ => "something is missing",
        })
        .collect();
    if lacks.is_empty() {
        return Finding::new(State::Works, says);
    }
    let state = if description
        .missing
        .iter()
        .any(|extension| matches!(*extension, "DAMAGE" | "XFIXES"))
    {
        State::Fails
    } else {
        State::Partly
    };
    Finding::new(state, format!("{says}: {}", lacks.join(", ")))
        .advise("start the X server with these extensions (+extension NAME), or use --embedded")
        .vital()
}

fn embedded(survey: &Survey) -> Finding {
    if let Some(missing) = survey.missing.iter().find(|missing| missing.is_vital()) {
        return Finding::new(
            State::Fails,
            format!("a desktop of our own: {} is not installed", missing.program),
        )
        .advise(install_line(&survey.missing))
        .vital();
    }
    if let Err(error) = &survey.sockets {
        return Finding::new(State::Fails, "a desktop of our own cannot have a socket")
            .advise(error.to_string())
            .vital();
    }
    let (folder, writable) = &survey.private;
    if let Err(error) = writable {
        let says = format!("no private directory in {}: {error}", folder.display());
        return Finding::new(State::Fails, says)
            .advise("set XDG_RUNTIME_DIR to a directory that only you can write to")
            .vital();
    }
    if survey.missing.is_empty() {
        return Finding::new(
            State::Works,
            "a desktop of our own: all it needs is installed",
        );
    }
    let lacks: Vec<String> = survey
        .missing
        .iter()
        .map(|missing| format!("{} ({})", missing.program, missing.lacks))
        .collect();
    Finding::new(
        State::Partly,
        format!("a desktop of our own, without {}", lacks.join(", ")),
    )
    .advise(install_line(&survey.missing))
}

#[cfg(test)]
mod tests {
    use selkies_media::Size;

    use super::*;

    fn description(missing: &[&'static str]) -> Finding {
        describe(
            ":1",
            &Description {
                vendor: "The X.Org Foundation".to_owned(),
                release: 1,
                size: Size::new(640, 480),
                depth: 24,
                present: Vec::new(),
                missing: missing.to_vec(),
            },
        )
    }

    #[test]
    fn what_an_x_server_lacks_decides_what_works() {
        assert_eq!(description(&[]).state, State::Works);
        let partly = description(&["XTEST"]);
        assert_eq!(partly.state, State::Partly);
        assert!(partly.says.contains("no keyboard"), "{}", partly.says);
        assert_eq!(description(&["RANDR", "DAMAGE"]).state, State::Fails);
    }

    #[test]
    fn nobody_behind_a_display_is_the_end_and_says_what_to_do() {
        let finding = attached(":59999");
        assert_eq!((finding.state, finding.vital), (State::Fails, true));
        assert!(
            finding
                .advice
                .is_some_and(|text| text.contains("--display"))
        );
    }
}
