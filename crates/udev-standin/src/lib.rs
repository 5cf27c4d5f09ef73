//! udev-standin
