//! A private desktop of our own: X server, window manager, programs, supervised.
