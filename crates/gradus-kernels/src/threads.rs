//! Pieces of work, shared among threads. Pieces depend on shapes alone, so results do not depend on the number of threads.

/// Runs `body(i)` for every piece i below `pieces`, in any order and on any thread. Pieces must not depend on each other.
pub fn for_each_piece(pieces: usize, body: impl Fn(usize) + Sync) {
    for i in 0..pieces {
        body(i);
    }
}

/// Cuts `out` into pieces of `piece` elements (the last may be shorter) and runs `body(start, piece)` on each.
pub fn for_each_chunk<T: Send>(out: &mut [T], piece: usize, body: impl Fn(usize, &mut [T]) + Sync) {
    for (i, chunk) in out.chunks_mut(piece.max(1)).enumerate() {
        body(i * piece, chunk);
    }
}
