use super::CloseReason;

impl CloseReason {
    /// Every reason there is.
    pub const ALL: [Self; 5] = [
        Self::ShuttingDown,
        Self::Superseded,
        Self::Refused,
        Self::TooLarge,
        Self::Full,
    ];

    /// The status code (RFC 6455 §7.4; 4000 and up are free for applications).
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Self::ShuttingDown => 4000,
            Self::Superseded => 1000,
            Self::Refused => 1008,
            Self::TooLarge => 1009,
            Self::Full => 1013,
        }
    }

    /// The text beside the code. Pages look for the word `superseded` in it, and nothing else.
    #[must_use]
    pub fn text(&self) -> &'static str {
        match self {
            Self::ShuttingDown => "server shutting down",
            Self::Superseded => "Superseded by new client",
            Self::Refused => "refused",
            Self::TooLarge => "message too large",
            Self::Full => "no room for another viewer",
        }
    }
}
