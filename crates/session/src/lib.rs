//! Who watches, who drives, what runs: the state machine that decides.
