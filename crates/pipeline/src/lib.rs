//! Capture thread, mailbox, encode thread, fan-out: the hot road of pictures.
