//! An X11 desktop: XShm and XDamage capture, XTEST input, RandR outputs.
