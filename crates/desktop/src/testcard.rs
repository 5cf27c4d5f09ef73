//! A desktop without a display server.
