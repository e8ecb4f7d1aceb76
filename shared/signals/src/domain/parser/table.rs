//! A table of words that is laid out when the program is compiled.
//!
//! Open addressing over FNV-1a: a message has some thirty words, and looking
//! each up costs a few nanoseconds and no memory of its own.

/// Words with what they mean. `SLOTS` is a power of two, at least twice as
/// many as there are words.
pub(super) struct Table<T: 'static, const SLOTS: usize> {
    /// One more than the index of a word; zero is free.
    slots: [u16; SLOTS],
    words: &'static [(&'static str, T)],
}

impl<T: Copy, const SLOTS: usize> Table<T, SLOTS> {
    /// Lays the words out.
    pub(super) const fn new(words: &'static [(&'static str, T)]) -> Self {
        assert!(SLOTS.is_power_of_two() && words.len() * 2 <= SLOTS);
        let mut slots = [0_u16; SLOTS];
        let mut index = 0;
        while index < words.len() {
            let mut at = hash(words[index].0.as_bytes()) & (SLOTS - 1);
            while slots[at] != 0 {
                at = (at + 1) & (SLOTS - 1);
            }
            index += 1;
            // There are at most half as many words as a table of this kind has slots.
            #[expect(clippy::cast_possible_truncation, reason = "a few hundred words")]
            {
                slots[at] = index as u16;
            }
        }
        Self { slots, words }
    }

    /// What a word means.
    pub(super) fn get(&self, word: &[u8]) -> Option<T> {
        let mut at = hash(word) & (SLOTS - 1);
        loop {
            let index = usize::from(self.slots[at]).checked_sub(1)?;
            let (known, meaning) = self.words[index];
            if known.as_bytes() == word {
                return Some(meaning);
            }
            at = (at + 1) & (SLOTS - 1);
        }
    }
}

const fn hash(word: &[u8]) -> usize {
    let mut hash = 0x811C_9DC5_u32;
    let mut at = 0;
    while at < word.len() {
        hash = (hash ^ word[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 15)) as usize
}

/// Several lists as one. `N` is the sum of their lengths.
pub(super) const fn join<T: Copy, const N: usize>(
    lists: &[&[(&'static str, T)]],
    first: (&'static str, T),
) -> [(&'static str, T); N] {
    let mut all = [first; N];
    let (mut list, mut at) = (0, 0);
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            all[at] = lists[list][index];
            at += 1;
            index += 1;
        }
        list += 1;
    }
    assert!(at == N, "the length is the sum of the lists'");
    all
}

/// How many words several lists have.
pub(super) const fn count<T>(lists: &[&[(&'static str, T)]]) -> usize {
    let (mut list, mut sum) = (0, 0);
    while list < lists.len() {
        sum += lists[list].len();
        list += 1;
    }
    sum
}
