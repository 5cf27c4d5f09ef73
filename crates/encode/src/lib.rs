//! Video backends: libx264 and libjpeg-turbo.
