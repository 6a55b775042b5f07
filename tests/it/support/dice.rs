//! Numbers that look drawn and are the same for the same seed.

/// xorshift, so a seed is not 0.
pub struct Dice(pub u64);

impl Dice {
    /// From 0 to `most` − 1.
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    pub fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len() as u64) as usize]
    }
}
