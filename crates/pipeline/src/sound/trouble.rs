//! Says once that something is missing, and once that it is there again.

use super::SoundNotice;

/// Whether the last attempt failed.
#[derive(Default)]
pub(super) struct Trouble {
    lost: bool,
}

impl Trouble {
    pub(super) fn lost(&mut self, why: &dyn ToString, tell: &dyn Fn(SoundNotice)) {
        if !self.lost {
            self.lost = true;
            tell(SoundNotice::Lost(why.to_string()));
        }
    }

    pub(super) fn over(&mut self, tell: &dyn Fn(SoundNotice)) {
        if self.lost {
            self.lost = false;
            tell(SoundNotice::Back);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn each_turn_is_told_once() {
        let told = RefCell::new(Vec::new());
        let tell = |notice| told.borrow_mut().push(notice);
        let mut trouble = Trouble::default();
        trouble.over(&tell);
        trouble.lost(&"gone", &tell);
        trouble.lost(&"still gone", &tell);
        trouble.over(&tell);
        trouble.over(&tell);
        let expected = [SoundNotice::Lost("gone".to_owned()), SoundNotice::Back];
        assert_eq!(*told.borrow(), expected);
    }
}
