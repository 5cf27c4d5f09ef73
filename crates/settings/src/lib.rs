//! Every setting, declared once: parse, merge, clamp, explain.
