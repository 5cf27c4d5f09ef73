//! What was found, and what it comes to.

/// Whether something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Works,
    Partly,
    Fails,
    /// On what cannot be seen from here, such as a proxy in front.
    Depends,
    /// A setting says so.
    Off,
}

impl State {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Partly => "partly",
            Self::Fails => "fails",
            Self::Depends => "depends",
            Self::Off => "off",
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) state: State,
    pub(crate) says: String,
    /// What to do about it: a command or a setting.
    pub(crate) advice: Option<String>,
    /// If it fails, there is no server.
    pub(crate) vital: bool,
}

impl Finding {
    pub(crate) fn new(state: State, says: impl Into<String>) -> Self {
        Self {
            state,
            says: says.into(),
            advice: None,
            vital: false,
        }
    }

    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(crate) fn vital(mut self) -> Self {
        self.vital = true;
        self
    }
}

/// All answers, by topic.
pub(crate) struct Report(pub(crate) Vec<(&'static str, Finding)>);

/// What they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It would run with everything.
    Everything,
    /// It would run, and something that is wanted is missing.
    Something,
    /// It would not run.
    Nothing,
}

impl Verdict {
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Everything => 0,
            Self::Something => 1,
            Self::Nothing => 2,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Something => "something",
            Self::Nothing => "nothing",
        }
    }
}

impl Report {
    pub(crate) fn verdict(&self) -> Verdict {
        let mut verdict = Verdict::Everything;
        for (_, finding) in &self.0 {
            match finding.state {
                State::Fails if finding.vital => return Verdict::Nothing,
                State::Fails | State::Partly => verdict = Verdict::Something,
                State::Works | State::Depends | State::Off => {}
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_answer_decides_and_only_a_vital_one_stops_the_server() {
        let verdict = |findings: &[Finding]| {
            Report(findings.iter().map(|one| ("x", one.clone())).collect()).verdict()
        };
        let found = |state| Finding::new(state, "");
        let fine = [State::Works, State::Depends, State::Off].map(found);
        assert_eq!(verdict(&fine), Verdict::Everything);
        assert_eq!(verdict(&[found(State::Partly).vital()]), Verdict::Something);
        assert_eq!(
            verdict(&[found(State::Fails), found(State::Works)]),
            Verdict::Something
        );
        assert_eq!(
            verdict(&[found(State::Fails).vital(), found(State::Partly)]),
            Verdict::Nothing
        );
    }
}
