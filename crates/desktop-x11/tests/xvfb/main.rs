//! The X11 desktop on a real X server: what is drawn is captured, what is asked for is the size.

mod capture;
mod cursor;
mod drawn;
mod outputs;
mod painter;
mod pointer;
